"""The sound of prompts for the media process: files for what is said often, bytes for one caller's ears.

Finding or speaking a prompt takes time, so it happens in threads; what a flow always says is made before
the first call.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import structlog

from ivr.flow import Flow
from ivr.prompt import FILLED, Prompt, variables_in
from speech.g711 import alaw_encode

if TYPE_CHECKING:  # what it stands on would make an engine that takes over start half a second later
    from ivr.engine import SoundOf

RATE = 8000
#: Name, text and language of what is said when a process dies under a call.
APOLOGY = ("apology", "非常抱歉，系统出现故障，请稍后再拨。", "zh")
_THREADS = 4
_BEEP_HERTZ, _BEEP_SECONDS, _BEEP_AMPLITUDE = 1000.0, 0.3, 6000.0
# ITU-T E.180, supplement 2: China's ringing tone is 450 Hz, 1 s on and 4 s off.
_RING_HERTZ, _RING_ON, _RING_OFF, _RING_AMPLITUDE = 450.0, 1.0, 4.0, 3000.0


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
        #: Comes before a message.
        self.beep = self._keep(_tone(_BEEP_HERTZ, _BEEP_SECONDS, _BEEP_AMPLITUDE))
        #: What a caller hears while another number rings.
        self.ringing = self._keep(
            np.concatenate(
                [
                    _tone(_RING_HERTZ, _RING_ON, _RING_AMPLITUDE),
                    np.zeros(round(_RING_OFF * RATE), np.int16),
                ]
            )
        )
        #: What a caller hears in a queue while nothing is said.
        self.hold_music = self._keep(hold_music())

    @property
    def apology(self) -> LoadedSound:
        """What a caller hears when the centre breaks under the call; silence where it cannot be spoken."""
        if self._apology is None:
            try:
                sound = self._sound_of(*APOLOGY)
            except Exception:
                sound = np.zeros(RATE, np.int16)
            self._apology = self._keep(sound)
        return self._apology

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
        _ = self.apology
        prompts = [each for part in parts.values() for each in part.prompts() if not variables_in(each.text)]
        for prompt in dict.fromkeys(prompts):
            try:
                self._make(prompt)
            except Exception as error:
                structlog.get_logger().error("a prompt cannot be made", prompt=prompt.name, why=str(error))

    def take_music(self, sound: npt.NDArray[np.int16]) -> None:
        """Play ``sound``, int16 at 8 kHz, as music on hold."""
        self.hold_music = self._keep(sound)

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

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


def _tone(hertz: float, seconds: float, amplitude: float) -> npt.NDArray[np.int16]:
    time = np.arange(round(seconds * RATE)) / RATE
    return (amplitude * np.sin(2 * np.pi * hertz * time)).astype(np.int16)


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
