"""The sound of prompts for the media process: files for what is said often, bytes for one caller's ears.

Finding or speaking a prompt takes time, so it happens in threads; what a flow always says is made before
the first call.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import structlog

from ivr import tones
from ivr.flow import Flow
from ivr.prompt import FILLED, Prompt, variables_in
from speech.g711 import alaw_encode

if TYPE_CHECKING:  # what it stands on would make an engine that takes over start half a second later
    from ivr.engine import SoundOf

RATE = 8000
#: Name, text and language of what is said when a process dies under a call.
APOLOGY = ("apology", "非常抱歉，系统出现故障，请稍后再拨。", "zh")
_THREADS = 4
_INDEX = "prompts.json"


@dataclass(frozen=True, slots=True)
class LoadedSound:
    """A sound in a file, for :class:`ivr.wire.media.LoadSound`."""

    id: str
    path: str
    seconds: float


@dataclass(frozen=True, slots=True)
class SpokenSound:
    """A sound for one caller, A-law, for :class:`ivr.wire.media.Feed`; it is never in a file."""

    sound: bytes
    seconds: float


PromptSound = LoadedSound | SpokenSound


class SoundShelf:
    """Makes prompts ready for the media process.

    What was made before lies in the folder and is ready at once, so that an engine that takes over from a
    dead one need not make it again before its first caller hears anything; :meth:`prepare` looks whether it
    is still what is to be said.

    Parameters
    ----------
    folder : Path
        For the files; made if missing.
    sound_of : callable
        Name, text and language of a prompt → its sound, int16 at 8 kHz; may be slow, and is called in
        threads.
    """

    def __init__(self, folder: Path, sound_of: SoundOf) -> None:
        self._folder = folder
        self._sound_of = sound_of
        self._ready: dict[Prompt, LoadedSound] = {}
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="prompt")
        folder.mkdir(parents=True, exist_ok=True)
        self._apology: LoadedSound | None = None
        self._recall()
        #: Whether prompts are there that were made before.
        self.recalled = bool(self._ready)
        #: Comes before a message.
        self.beep = self._keep(tones.beep())
        #: What a caller hears while another number rings.
        self.ringing = self._keep(tones.ringing())
        #: What a caller hears in a queue while nothing is said.
        self.hold_music = self._keep(hold_music())

    @property
    def apology(self) -> LoadedSound:
        """What a caller hears when the centre breaks under the call; silence where it cannot be spoken."""
        ready = self._ready.get(Prompt(*APOLOGY), self._apology)
        if ready is None:
            try:
                sound = self._sound_of(*APOLOGY)
            except Exception:
                sound = np.zeros(RATE, np.int16)
            ready = self._apology = self._keep(sound)
        return ready

    def ready(self, prompt: Prompt) -> LoadedSound | None:
        """Return the sound of a prompt that was made before."""
        return self._ready.get(prompt)

    async def sound(self, prompt: Prompt) -> PromptSound:
        """Return the sound of a prompt, made now if need be.

        Raises
        ------
        VoiceError
            It can neither be found nor spoken.
        """
        found = self._ready.get(prompt)
        if found is not None:
            return found
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._make, prompt)

    def prepare(self, flows: Iterable[Flow]) -> None:
        """Make all that the flows, and those they lead into, always say; what cannot be spoken is logged."""
        parts = {each.name: each for flow in flows for each in (flow, *flow.flows.values())}
        always = [Prompt(*APOLOGY)]
        always += [each for part in parts.values() for each in part.prompts() if not variables_in(each.text)]
        for prompt in dict.fromkeys(always):
            try:
                self._make(prompt)
            except Exception as error:
                structlog.get_logger().error("a prompt cannot be made", prompt=prompt.name, why=str(error))
        _ = self.apology  # silence, if it could not be made
        self._note()

    def take_music(self, sound: npt.NDArray[np.int16]) -> None:
        """Play ``sound``, int16 at 8 kHz, as music on hold."""
        self.hold_music = self._keep(sound)

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _recall(self) -> None:
        """Take what an engine before this one noted, as far as it is still there."""
        try:
            noted = json.loads((self._folder / _INDEX).read_bytes())
            for name, text, language, sound, seconds in noted:
                path = self._folder / f"{sound}.alaw"
                if path.is_file():
                    self._ready[Prompt(name, text, language)] = LoadedSound(sound, str(path), seconds)
        except FileNotFoundError:
            return
        except (OSError, TypeError, ValueError) as error:
            structlog.get_logger().warning("prompts are made anew", why=str(error))

    def _note(self) -> None:
        """Note what is ready, for an engine that comes after this one."""
        noted = [
            (prompt.name, prompt.text, prompt.language, sound.id, sound.seconds)
            for prompt, sound in list(self._ready.items())
        ]
        draft = self._folder / f"{_INDEX}.new"
        try:
            draft.write_text(json.dumps(noted), encoding="utf-8")
            draft.replace(self._folder / _INDEX)
        except OSError as error:
            structlog.get_logger().warning("prompts are not noted", why=str(error))

    def _make(self, prompt: Prompt) -> PromptSound:
        sound = self._sound_of(prompt.name, prompt.text, prompt.language)
        if prompt.name.endswith(FILLED):
            return SpokenSound(alaw_encode(np.ascontiguousarray(sound)), len(sound) / RATE)
        self._ready[prompt] = made = self._keep(sound)
        return made

    def _keep(self, sound: npt.NDArray[np.int16]) -> LoadedSound:
        data = alaw_encode(np.ascontiguousarray(sound))
        name = hashlib.sha256(data).hexdigest()[:24]
        path = self._folder / f"{name}.alaw"
        if not path.exists():
            draft = path.with_suffix(f".{hashlib.sha256(str(id(data)).encode()).hexdigest()[:8]}")
            draft.write_bytes(data)
            draft.rename(path)
        return LoadedSound(name, str(path), len(sound) / RATE)


#: A tune in the pentatonic scale of G, as (semitones from A4, beats); our own.
_TUNE = (
    *((-2, 1), (0, 1), (2, 2), (5, 1), (2, 1), (0, 2), (-2, 1), (-5, 1), (-2, 2), (0, 4)),
    *((2, 1), (5, 1), (7, 2), (5, 1), (2, 1), (0, 2), (2, 1), (0, 1), (-2, 2), (-5, 4)),
)
_BEAT = 0.42  # seconds


def hold_music() -> npt.NDArray[np.int16]:
    """Return the built-in music on hold, int16 at 8 kHz: soft plucked tones, 17 s, to be repeated."""
    total = sum(beats for _, beats in _TUNE) * _BEAT
    sound = np.zeros(round(total * RATE))
    at = 0.0
    for semitones, beats in _TUNE:
        first = round(at * RATE)
        length = min(round(2.5 * _BEAT * beats * RATE), len(sound) - first)
        time = np.arange(length) / RATE
        hertz = 440.0 * 2 ** (semitones / 12) / 2
        tone = sum(np.sin(2 * np.pi * hertz * k * time) / k**2 for k in (1, 2, 3))
        sound[first : first + length] += tone * np.exp(-3.0 * time) * np.minimum(time / 0.01, 1.0)
        at += beats * _BEAT
    return np.asarray(np.clip(sound * 5000, -32000, 32000), np.int16)
