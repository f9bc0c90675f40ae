"""espeak-ng in this process: text → samples, with the start of every phoneme; Mandarin in numbered pinyin.

Bound with ctypes to the library that the ``espeakng-loader`` wheel carries (espeak-ng 1.52, GPL-3.0:
the wheel is an optional extra). espeak-ng can end the process with a segmentation fault, about once
per ten thousand texts with some voice variants, so whoever must not die runs it in a child process
(:mod:`speech.voices` does).
"""

from __future__ import annotations

import ctypes
import os
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from calls.errors import VoiceError

#: The voice that reads numbered pinyin. The plain ``cmn`` voice spells many Hanzi in English letters.
PINYIN_VOICE = "cmn-latn-pinyin"
#: Native sampling rate of espeak-ng's voices, in hertz.
SAMPLE_RATE = 22050

_RATES = range(80, 451)  # words per minute, espeak-ng's own limits
_PERCENT = range(0, 101)

# speak_lib.h of espeak-ng 1.52
_OUTPUT_SYNCHRONOUS = 2
_PHONEME_EVENTS = 0x0001
_DONT_EXIT = 0x8000
_CHARS_UTF8 = 1
_POSITION_CHARACTER = 1
_PARAMETER_RATE, _PARAMETER_PITCH, _PARAMETER_RANGE = 1, 3, 4
_EVENT_END_OF_LIST, _EVENT_PHONEME = 0, 7
_OK = 0
_RANDOM_SEED = 1  # of the noise in a voice; the library's own default is the time of day
#: The voice takes jiong, qiong and xiong for English words; without the i they sound as they should.
_SPELT_OUT = re.compile(r"(?<=[jqx])iong(?=[1-5])")


class _EventId(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


@dataclass(frozen=True, slots=True)
class PhonemeMark:
    """Where a phoneme begins; ``_:`` is a pause. ``name`` is espeak-ng's, with tone and stress marks."""

    name: str
    start_seconds: float


@dataclass(frozen=True, slots=True)
class Spoken:
    """Speech: ``samples`` is int16, shape (n,), at 22050 Hz; ``phonemes`` are in order of time."""

    samples: npt.NDArray[np.int16]
    phonemes: list[PhonemeMark]


class Espeak:
    """The speech synthesiser of this process.

    The library keeps one global state, so there is one :class:`Espeak` per process in effect: a
    second object shares the first one's library, and neither may be used by two threads at once.
    A fresh process that says the same texts in the same order gives the same samples; within one
    process a repeated text differs a little, as the voices' flutter and noise run on.

    Raises
    ------
    VoiceError
        The ``espeakng-loader`` wheel is not installed, or its library or voice data do not load.
    """

    _library: ctypes.CDLL | None = None

    def __init__(self) -> None:
        if Espeak._library is None:
            Espeak._library = _initialised_library()
        self._lib = Espeak._library
        self._blocks: list[npt.NDArray[np.int16]] = []
        self._marks: list[PhonemeMark] = []
        self._callback = _Callback(self._receive)  # the library holds only a bare pointer to it

    def speak(self, text: str, voice: str, rate: int, pitch: int, pitch_range: int) -> Spoken:
        """Say ``text``.

        Parameters
        ----------
        text : str
            Numbered pinyin for :data:`PINYIN_VOICE`: ``"cha2xun2 yu2e2"``; as written for all others.
        voice : str
            Voice with an optional variant: ``"cmn-latn-pinyin+f3"``.
        rate : int
            Words per minute, 80 to 450.
        pitch, pitch_range : int
            0 to 100.

        Returns
        -------
        Spoken
            A few milliseconds of silence where ``text`` has nothing to say.

        Raises
        ------
        VoiceError
            The voice does not exist, a number is out of range, or the library reports an error.
        """
        for name, value, limits in (
            ("rate", rate, _RATES),
            ("pitch", pitch, _PERCENT),
            ("pitch_range", pitch_range, _PERCENT),
        ):
            if value not in limits:
                raise VoiceError(
                    f"{name} {value} is outside {limits[0]} to {limits[-1]}", "choose a value within"
                )
        self._select(voice)
        self._lib.espeak_SetSynthCallback(self._callback)
        self._lib.espeak_SetParameter(_PARAMETER_RATE, rate, 0)
        self._lib.espeak_SetParameter(_PARAMETER_PITCH, pitch, 0)
        self._lib.espeak_SetParameter(_PARAMETER_RANGE, pitch_range, 0)
        self._blocks, self._marks = [], []
        pinyin = voice.partition("+")[0] == PINYIN_VOICE
        data = (_SPELT_OUT.sub("ong", text) if pinyin else text).encode()
        status = self._lib.espeak_Synth(
            data, len(data) + 1, 0, _POSITION_CHARACTER, 0, _CHARS_UTF8, None, None
        )
        if status != _OK:
            raise VoiceError(f"espeak-ng cannot say {text!r}: status {status}", "shorten the text")
        samples = np.concatenate(self._blocks) if self._blocks else np.zeros(0, np.int16)
        return Spoken(samples, self._marks)

    def _select(self, voice: str) -> None:
        variant = voice.partition("+")[2]
        # The library accepts an unknown variant in silence and speaks with the plain voice.
        known = not variant or os.path.isfile(os.path.join(_data_path(), "voices", "!v", variant))
        if not known or self._lib.espeak_SetVoiceByName(voice.encode()) != _OK:
            raise VoiceError(f"espeak-ng has no voice {voice!r}", f"take {PINYIN_VOICE!r} with a variant")

    def _receive(self, wav: Any, count: int, events: Any) -> int:
        if wav and count > 0:
            self._blocks.append(np.ctypeslib.as_array(wav, (count,)).copy())
        index = 0
        while (event := events[index]).type != _EVENT_END_OF_LIST:
            if event.type == _EVENT_PHONEME:
                name = bytes(event.id.string).partition(b"\0")[0].decode("utf-8", "replace")
                self._marks.append(PhonemeMark(name, event.sample / SAMPLE_RATE))
            index += 1
        return 0


@lru_cache(maxsize=1)
def tongues() -> frozenset[str]:
    """Return the voices that the library's data holds, by language: ``en-us``, ``ja``, ``yue``.

    They are named as the data files are, in small letters: :meth:`Espeak.speak` takes each as a voice.
    """
    return frozenset(file.name.lower() for file in Path(_data_path(), "lang").rglob("*") if file.is_file())


def _data_path() -> str:
    try:
        import espeakng_loader
    except ImportError as error:
        raise VoiceError("there is no speech synthesiser", "pip install 'huawu[tts]'") from error
    return str(espeakng_loader.get_data_path())


def _initialised_library() -> ctypes.CDLL:
    data = _data_path()
    import espeakng_loader

    try:
        library = ctypes.CDLL(str(espeakng_loader.get_library_path()))
    except OSError as error:
        raise VoiceError(f"espeak-ng does not load: {error}", "reinstall espeakng-loader") from error
    # The data path compiled into the wheel's library is its build machine's: always give it.
    rate = library.espeak_Initialize(_OUTPUT_SYNCHRONOUS, 0, os.fsencode(data), _PHONEME_EVENTS | _DONT_EXIT)
    if rate != SAMPLE_RATE:
        raise VoiceError(
            f"espeak-ng cannot read its voices in {data}: status {rate}", "reinstall espeakng-loader"
        )
    library.espeak_ng_SetRandSeed(ctypes.c_long(_RANDOM_SEED))
    library.espeak_SetVoiceByName.argtypes = [ctypes.c_char_p]
    library.espeak_Synth.argtypes = [
        ctypes.c_char_p,
        ctypes.c_size_t,
        ctypes.c_uint,
        ctypes.c_int,
        ctypes.c_uint,
        ctypes.c_uint,
        ctypes.c_void_p,
        ctypes.c_void_p,
    ]
    return library
