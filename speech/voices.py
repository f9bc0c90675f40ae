"""The synthetic voices of callers, agents and menus, and the :class:`Speaker` that lends them its tongue."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import TracebackType

import numpy as np
import numpy.typing as npt

from calls.errors import VoiceError
from speech.audio import resample, to_int16
from speech.espeak import PINYIN_VOICE, SAMPLE_RATE, tongues
from speech.voice_child import CRASHED, HEADER, READY, REFUSED, REQUEST, SOUND

#: Voice variants that the demo model never hears while it is trained, so that what it
#: recognises of the voices below is not what it was taught.
HELD_OUT_VARIANTS = ("m6", "f4", "linda", "robert", "steph2", "steph3", "Nguyen", "gustave", "announcer")
#: Silence left before and behind speech, in seconds.
MARGIN = 0.05
#: Level of speech, pauses left out, in dB relative to full scale: as loud as talkers nominally are.
LEVEL = -26.0


@dataclass(frozen=True, slots=True)
class Voice:
    """How a text is spoken.

    Parameters
    ----------
    name : str
        What scenarios and flows call it.
    variant : str
        One of espeak-ng's voice variants (``voices/!v``), which fix the vocal tract; ``""`` is the
        plain voice.
    rate : int
        Words per minute, 80–450, as espeak-ng counts them; 175 is its default.
    pitch : int
        Base pitch, 0–100; 50 is the variant's own.
    pitch_range : int
        Liveliness of the melody, 0 (monotone) – 100; 50 is the default.
    """

    name: str
    variant: str
    rate: int = 175
    pitch: int = 50
    pitch_range: int = 50


#: The voices that scenarios and flows may name: variants and pitches that stay clear through line noise.
VOICES: dict[str, Voice] = {
    voice.name: voice
    for voice in (
        Voice("system", "linda", rate=170, pitch=40, pitch_range=50),
        Voice("agent-1", "f4", rate=172, pitch=36, pitch_range=50),
        Voice("agent-2", "robert", rate=172, pitch=50, pitch_range=50),
        Voice("agent-3", "steph2", rate=170, pitch=34, pitch_range=50),
        Voice("caller-1", "m6", rate=170, pitch=48, pitch_range=50),
        Voice("caller-2", "linda", rate=176, pitch=32, pitch_range=56),
        Voice("caller-3", "robert", rate=180, pitch=62, pitch_range=60),
        Voice("caller-4", "steph3", rate=168, pitch=38, pitch_range=50),
        Voice("caller-5", "Nguyen", rate=175, pitch=45, pitch_range=50),
        Voice("caller-6", "f4", rate=182, pitch=44, pitch_range=60),
        Voice("caller-7", "robert", rate=160, pitch=38, pitch_range=40),
        Voice("caller-8", "m6", rate=188, pitch=58, pitch_range=60),
    )
}

_CANTONESE = ("zh-hk", "zh-mo")
_FRAME_SECONDS = 0.01
_SILENT_BELOW_LOUDEST = 40.0  # dB; also the weak beginnings of s and f stay above it
_PEAK = 10 ** (-1 / 20)  # no sample comes closer than 1 dB to overload
_START_SECONDS = 30.0  # for a cold disk
_GRACE_SECONDS = 5.0  # between the limit that the child keeps and the one at which it is given up


def is_mandarin(language: str) -> bool:
    """Return whether a BCP 47 tag means Mandarin: ``cmn``, and ``zh`` but for Hong Kong and Macao."""
    tag = language.lower()
    return tag.partition("-")[0] in ("zh", "cmn") and tag not in _CANTONESE


def reading(text: str, language: str = "zh") -> str:
    """Return ``text`` as it is given to the voice: Mandarin in numbered pinyin, all else as written.

    Raises
    ------
    VoiceError
        Nothing in the text can be said, or a Chinese character has no reading.
    """
    if is_mandarin(language):
        from speech.pinyin import utterance  # takes half a second to load, and may never be needed

        written = utterance(text)
    else:
        written = text.strip() if any(map(str.isalnum, text)) else ""
    if not written:
        raise VoiceError(f"there is nothing to say in {text!r}", "write some words")
    return written


def tongue(language: str) -> str:
    """Return the name of espeak-ng's voice for a language.

    Parameters
    ----------
    language : str
        A BCP 47 tag. Where there is no voice for the region (``en-AU``) the plain language speaks.

    Raises
    ------
    VoiceError
        There is no voice for it; the hint lists the languages that have one.
    """
    if is_mandarin(language):
        return PINYIN_VOICE
    tag = language.lower()
    for wanted in ("yue" if tag in _CANTONESE else tag, tag.partition("-")[0]):
        if wanted in tongues():
            return wanted
    known = ", ".join(sorted({"zh", *tongues()}))
    raise VoiceError(f"there is no voice for language {language!r}", f"known: {known}")


class Speaker:
    """Says text with the voices of espeak-ng, which lives in a child process.

    The child is restarted when it or the library in it dies, and the text is tried once more. It ends
    with the speaker, and by itself when this process dies. Any number of threads may ask; they are
    served one after the other. The samples depend on the text, the voice and the rate alone.

    Parameters
    ----------
    limit_seconds : float
        Longest time that one text may take; a minute of speech takes about 0.1 s.
    command : sequence of str, optional
        How to start the child.

    Attributes
    ----------
    engine : str
        Name and version of what speaks, for cache keys and model cards.

    Raises
    ------
    VoiceError
        The extra ``tts`` is not installed, or the child does not start.
    """

    def __init__(self, *, limit_seconds: float = 20.0, command: Sequence[str] | None = None) -> None:
        self._limit = limit_seconds
        self._command = list(command or (sys.executable, "-P", "-m", "speech.voice_child"))
        self._lock = Lock()
        self._closed = self._at_rest = False
        self._start()

    def __enter__(self) -> Speaker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """Process number of the child."""
        return self._process.pid

    def say(
        self, text: str, voice: Voice = VOICES["system"], rate_hz: int = 8000, language: str = "zh"
    ) -> npt.NDArray[np.int16]:
        """Say ``text``.

        Parameters
        ----------
        text : str
            As written; :mod:`speech.reading` and :mod:`speech.pinyin` say how Mandarin is read.
        voice : Voice
            Who says it.
        rate_hz : int
            Sampling rate of the result in hertz.
        language : str
            A BCP 47 tag, as :func:`tongue` takes it.

        Returns
        -------
        int16 array, shape (n,)
            Speech at :data:`LEVEL` with :data:`MARGIN` of silence on both sides.

        Raises
        ------
        VoiceError
            Nothing in the text can be said, a character has no reading, the voice does not exist or
            not in this language, or the voice died or hung twice over this text.
        """
        request = reading(text, language), tongue(language), voice
        with self._lock:
            if self._closed:
                raise VoiceError(f"the speaker was closed before it could say {text!r}", "open another")
            try:
                sound = self._ask(*request)
            except _ChildLost:
                try:
                    sound = self._ask(*request)
                except _ChildLost as loss:
                    raise VoiceError(
                        f"voice {voice.name!r} {loss}, twice, over {text!r}",
                        "word it differently, take another voice, or record it as a WAV file",
                    ) from loss
        speech = _levelled(_trimmed(sound.astype(np.float32) / np.float32(32768)))
        return to_int16(resample(speech, SAMPLE_RATE, rate_hz))

    def close(self) -> None:
        """End the child. Closing again does nothing."""
        with self._lock:
            self._closed = True
            self._end()

    def _start(self) -> None:
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_child_environment(),
            start_new_session=True,  # Ctrl-C is for this process, which then closes the child
        )
        self._end = weakref.finalize(self, _end_process, self._process)
        try:
            kind, body = self._receive(_START_SECONDS)
        except _ChildLost as loss:
            self._end()
            raise VoiceError(
                f"the voice {loss} at its start", "reinstall it: pip install 'huawu[tts]'"
            ) from loss
        if kind != READY:
            self._end()
            message, hint = json.loads(body)
            raise VoiceError(message, hint)
        self.engine = body.decode()
        self._at_rest = True

    def _ask(self, written: str, tongue_name: str, voice: Voice) -> npt.NDArray[np.int16]:
        variant = f"{tongue_name}+{voice.variant}" if voice.variant else tongue_name
        request = {
            "text": written,
            "voice": variant,
            "rate": voice.rate,
            "pitch": voice.pitch,
            "pitch_range": voice.pitch_range,
            "limit_seconds": self._limit,
        }
        body = json.dumps(request).encode()
        if not self._at_rest:
            self._end()
            self._start()
        # Until the answer is here: whatever interrupts us, a late answer must not meet the next text.
        self._at_rest = False
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(HEADER.pack(REQUEST, len(body)) + body)
            self._process.stdin.flush()
        except BrokenPipeError:
            raise _ChildLost("ended") from None
        kind, body = self._receive(self._limit + _GRACE_SECONDS)
        if kind == CRASHED:
            number = json.loads(body)
            if number == signal.SIGALRM:
                raise _ChildLost(f"took more than {self._limit:g} s")
            raise _ChildLost(f"died of {signal.strsignal(number) or 'an error'}" if number else "failed")
        self._at_rest = True
        if kind == REFUSED:
            message, hint = json.loads(body)
            raise VoiceError(message, hint)
        assert kind == SOUND
        return np.frombuffer(body, "<i2")

    def _receive(self, seconds: float) -> tuple[bytes, bytes]:
        deadline = time.monotonic() + seconds
        kind, length = HEADER.unpack(self._read(HEADER.size, deadline))
        return kind, self._read(length, deadline)

    def _read(self, count: int, deadline: float) -> bytes:
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        data = bytearray()
        while len(data) < count:
            ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise _ChildLost("did not answer")
            block = os.read(pipe, count - len(data))
            if not block:
                raise _ChildLost("ended")
            data += block
        return bytes(data)


class _ChildLost(Exception):
    """The child, or the library in it, died or hung; says which."""


def _child_environment() -> dict[str, str]:
    root = str(Path(__file__).resolve().parents[1])
    path = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    # One thread: a process that forks must not have others, and numpy's libraries would start some.
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path),
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }


def _end_process(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None and process.stdout is not None
    try:
        os.killpg(process.pid, signal.SIGKILL)  # it holds nothing that could be lost
    except ProcessLookupError:
        pass
    process.wait()
    process.stdout.close()
    try:
        process.stdin.close()
    except BrokenPipeError:
        pass


def _trimmed(sound: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return ``sound`` (22050 Hz) with :data:`MARGIN` of silence on both sides."""
    power = _frame_power(sound)
    loud = np.flatnonzero(power > power.max(initial=0.0) * 10 ** (-_SILENT_BELOW_LOUDEST / 10))
    margin = np.zeros(round(MARGIN * SAMPLE_RATE), np.float32)
    if len(loud) == 0:
        return margin
    frame = round(_FRAME_SECONDS * SAMPLE_RATE)
    return np.concatenate([margin, sound[loud[0] * frame : (loud[-1] + 1) * frame], margin])


def _levelled(sound: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return ``sound`` at :data:`LEVEL`, or below where its peaks would overload."""
    power = _frame_power(sound)
    active = power[power > power.max(initial=0.0) * 10 ** (-_SILENT_BELOW_LOUDEST / 10)]
    if len(active) == 0:
        return sound
    gain = min(10 ** (LEVEL / 20) / float(np.sqrt(active.mean())), _PEAK / float(np.abs(sound).max()))
    return np.asarray(sound * np.float32(gain))


def _frame_power(sound: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    frame = round(_FRAME_SECONDS * SAMPLE_RATE)
    whole = sound[: len(sound) // frame * frame].reshape(-1, frame)
    return np.asarray(np.mean(whole**2, axis=1))
