"""A telephone of a rehearsal: says lines, presses keys, hears when it is quiet, hangs up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ivr.doors import RATE, Samples
from ivr.doors.line import Line
from ivr.live.party import Party
from ivr.wire import media
from speech.channel import Codec
from speech.g711 import alaw_encode

#: Silence after which what is said counts as over, in seconds: there are pauses within prompts.
QUIET_SECONDS = 0.6
_NOISE = 0
_NOISE_SECONDS = 8


class Telephone:
    """Holds a party (:class:`ivr.live.party.Holder`).

    Parameters
    ----------
    loop : asyncio.AbstractEventLoop
        Where it is used.
    folder : Path
        For sounds.
    line : (float, str)
        Speech over line noise in decibels, and the codec of the line.
    rng : numpy.random.Generator
        Makes the noise.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        folder: Path,
        line: tuple[float, Codec],
        rng: np.random.Generator,
    ) -> None:
        self.loop = loop
        self.party: Party | None = None
        #: Told when the other side has been quiet for a while, when the party is on the line, and when it
        #: is gone.
        self.quiet: Callable[[], None] = _nothing
        self.up: Callable[[], None] = _nothing
        self.gone: Callable[[], None] = _nothing
        self.opened: Callable[[], None] = _nothing
        self._folder = folder
        self._snr, self._codec = line
        self._rng = rng
        self._number = 0
        self._began = 0.0
        self._waiting: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def now(self) -> float:
        """Seconds since the party is on the line."""
        return self.loop.time() - self._began if self._began else 0.0

    def say(self, lines: list[tuple[float, Samples]]) -> None:
        """Say lines, each ``seconds`` from now."""
        line = Line(snr_db=self._snr, codec=self._codec, rng=self._rng)
        ends = [line.say(round(at * RATE), sound) for at, sound in lines]
        self._number += 1
        self._play(self._number, line.read(0, max(ends)), loop=False)

    def press(self, keys: str) -> None:
        """Press keys, one after the other."""
        self._send(media.SendDigits(self._leg, keys))

    def hang_up(self) -> None:
        """Hang up."""
        if self.party is not None:
            self.party.hang_up()
        self._over()

    # -- party.Holder -------------------------------------------------------------------------------

    def party_opened(self, party: Party) -> None:
        """Know the party."""
        self.party = party
        self.opened()

    def party_refused(self, party: Party, code: int, reason: str) -> None:
        """Give up."""
        self._over()

    def party_up(self, party: Party) -> None:
        """Begin, with the noise of the line."""
        self._began = self.loop.time()
        self._noise()
        self.up()

    def party_held(self, party: Party, held: bool) -> None:
        """Wait."""

    def party_digit(self, party: Party, key: str) -> None:
        """Hear a key."""

    def party_told(self, party: Party, message: Any) -> None:
        """Hear that somebody speaks, and when it is over."""
        match message:
            case media.VoiceActivity(_, on):
                if self._waiting is not None:
                    self._waiting.cancel()
                self._waiting = None if on else self.loop.call_later(QUIET_SECONDS, self._is_quiet)
            case media.PlayEnded():
                self._noise()
            case _:
                pass

    def party_left(self, party: Party, reason: str) -> None:
        """Put the receiver down."""
        self._over()

    def party_cut_off(self, party: Party) -> None:
        """Put the receiver down."""
        self._over()

    def party_closed(self, party: Party, closed: media.LegClosed | None) -> None:
        """Put the receiver down."""
        self._over()

    # -- inside -------------------------------------------------------------------------------------

    @property
    def _leg(self) -> str:
        return self.party.id if self.party is not None else ""

    def _send(self, message: Any) -> None:
        if self.party is not None:
            self.party.send(message)

    def _is_quiet(self) -> None:
        self._waiting = None
        self.quiet()

    def _noise(self) -> None:
        line = Line(snr_db=self._snr, codec=self._codec, rng=self._rng)
        self._play(_NOISE, line.read(0, _NOISE_SECONDS * RATE), loop=True)

    def _play(self, play: int, sound: Samples, *, loop: bool) -> None:
        name = f"{self._leg}-{play}"
        path = self._folder / f"{name}.alaw"
        if not path.exists():
            path.write_bytes(alaw_encode(sound))
            self._send(media.LoadSound(name, str(path)))
        self._send(media.Play(self._leg, play, name, loop))

    def _over(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
        if not self._closed:
            self._closed = True
            self.gone()


def _nothing() -> None:
    """Be told, and do nothing about it."""
