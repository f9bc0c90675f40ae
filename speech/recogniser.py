"""Recognisers: 16-bit sound in, words with times and confidences out.

:class:`Recogniser` is what the rest of the house knows; :class:`VoskModel` makes the one that is always
there, :mod:`speech.engines` chooses. The guards here stand before calls of libvosk 0.3.45 that end the
process instead of raising: a folder that is no model, an empty grammar, a grammar set in the middle of an
utterance. Nothing here ever downloads a model: libvosk's wrapper is only given a folder that
:mod:`speech.models` has checked.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import soxr
import structlog
import vosk

from calls.errors import ModelError, RecogniserError
from calls.records import Word
from speech.joining import join
from speech.models import ModelFolder

#: What a grammar returns for speech that is none of its phrases.
UNKNOWN = "[unk]"
#: Longest piece of sound given to libvosk at once: it looks for the end of an utterance once per piece.
CHUNK_SECONDS = 0.2

_log = structlog.get_logger(__name__)

# Ctrl-C can end a constructor of the wrapper before the object has its handle; freeing none is allowed.
for _freed in (vosk.Model, vosk.KaldiRecognizer):
    _freed._handle = vosk._ffi.NULL


@dataclass(frozen=True, slots=True)
class Heard:
    """What was recognised of one utterance; times in seconds from the first sample ever fed."""

    text: str
    words: tuple[Word, ...] = ()


class Recogniser(Protocol):
    """A stream of sound being recognised. Not to be shared between threads."""

    def accept(self, samples: npt.NDArray[np.int16]) -> Heard | None:
        """Take the next samples; return an utterance when one has just ended."""

    def partial(self) -> str:
        """Return what is recognised so far of the utterance that is going on."""

    def finish(self) -> Heard:
        """End the utterance and return it; more sound may follow and begins another."""


class RecogniserModel(Protocol):
    """What makes recognisers; shared between threads."""

    @property
    def engine(self) -> str:
        """Name and version of the engine, for transcripts."""

    @property
    def name(self) -> str:
        """The model's name, for transcripts."""

    @property
    def sample_rate(self) -> int:
        """The rate in hertz that needs no resampling."""

    def recogniser(self, rate: int, grammar: Sequence[str] | None = None) -> Recogniser:
        """Return a new recogniser."""


class Intake:
    """Takes a stream of sound in, at the rate of a model.

    Parameters
    ----------
    rate, model_rate : int
        Samples per second of what comes, and of what is given.
    """

    def __init__(self, rate: int, model_rate: int) -> None:
        self._rates = rate, model_rate
        self._resampler = self._new_resampler()

    def take(self, samples: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
        """Return what the next samples are at the model's rate.

        Raises
        ------
        RecogniserError
            ``samples`` has another type or shape than int16 in one dimension.
        """
        if not isinstance(samples, np.ndarray) or samples.dtype != np.int16 or samples.ndim != 1:
            given = (
                f"{samples.dtype} {samples.shape}"
                if isinstance(samples, np.ndarray)
                else type(samples).__name__
            )
            raise RecogniserError(
                f"samples must be int16 in one dimension, not {given}", "see speech.audio.to_int16"
            )
        return samples if self._resampler is None else self._resampler.resample_chunk(samples)

    def end(self) -> npt.NDArray[np.int16]:
        """Return what is left of the stream; what is taken afterwards begins another."""
        nothing = np.zeros(0, np.int16)
        if self._resampler is None:
            return nothing
        rest: npt.NDArray[np.int16] = self._resampler.resample_chunk(nothing, last=True)
        self._resampler = self._new_resampler()
        return rest

    def _new_resampler(self) -> Any:
        rate, model_rate = self._rates
        return None if rate == model_rate else soxr.ResampleStream(rate, model_rate, 1, dtype="int16")


class VoskModel:
    """A loaded Vosk model; get one from :func:`load`.

    Attributes
    ----------
    folder : ModelFolder
        Where it was loaded from.
    """

    #: Name and version of the engine, for transcripts.
    engine = "vosk 0.3.45"

    def __init__(self, folder: ModelFolder, handle: Any) -> None:
        self.folder = folder
        self._handle = handle

    @property
    def name(self) -> str:
        """The model's name."""
        return self.folder.name

    @property
    def sample_rate(self) -> int:
        """The rate in hertz of the model's features."""
        return self.folder.sample_rate

    def knows(self, word: str) -> bool:
        """Tell whether ``word`` is in the model's vocabulary."""
        return bool(word) and "\0" not in word and self._handle.vosk_model_find_word(word) >= 0

    def recogniser(self, rate: int, grammar: Sequence[str] | None = None) -> VoskRecogniser:
        """Return a new recogniser.

        Parameters
        ----------
        rate : int
            Samples per second of what will be fed; resampled to the model's rate where it differs.
        grammar : sequence of str, optional
            Phrases of model words separated by spaces, usually from :class:`speech.grammar.Grammar`;
            without one, everything the model knows is heard.

        Raises
        ------
        RecogniserError
            The rate is no rate, the grammar is empty or has words that the model does not know, or the
            model's graph ignores grammars.
        """
        if not 4000 <= rate <= 192_000:
            raise RecogniserError(f"rate {rate} is no sampling rate", "give it in samples per second")
        text = None if grammar is None else self._grammar_text(grammar)
        arguments = (self._handle, float(self.sample_rate), *([] if text is None else [text]))
        try:
            handle = vosk.KaldiRecognizer(*arguments)
        except Exception as error:
            raise RecogniserError(f"libvosk made no recogniser: {error}", "check the model") from error
        handle.SetWords(True)
        return VoskRecogniser(self, handle, rate)

    def _grammar_text(self, phrases: Sequence[str]) -> str:
        if self.folder.graph == "static":
            raise RecogniserError(
                f"model {self.name} has a static graph and ignores grammars",
                "match free text instead: speech.grammar.Grammar.recogniser does",
            )
        if isinstance(phrases, str) or not any(phrase.split() for phrase in phrases):
            raise RecogniserError(
                "the grammar has no phrase", "give at least one, or none at all for free speech"
            )
        strange = sorted({w for phrase in phrases for w in phrase.split() if not self.knows(w)})
        if strange:
            raise RecogniserError(
                f"model {self.name} has no words {', '.join(map(repr, strange))}",
                "segment the phrases with speech.grammar.Grammar",
            )
        return json.dumps(
            [" ".join(phrase.split()) for phrase in phrases if phrase.split()], ensure_ascii=False
        )


class VoskRecogniser:
    """A stream of sound being recognised by Vosk; get one from :meth:`VoskModel.recogniser`."""

    def __init__(self, model: VoskModel, handle: Any, rate: int) -> None:
        self._model, self._handle = model, handle
        self._intake = Intake(rate, model.sample_rate)
        self._between_utterances = True

    def accept(self, samples: npt.NDArray[np.int16]) -> Heard | None:
        """Take the next samples.

        Parameters
        ----------
        samples : ndarray of int16, shape (n,)
            One channel; more than 0.2 s is fed in pieces.

        Returns
        -------
        Heard or None
            The utterance that ended within these samples; several are returned as one.

        Raises
        ------
        RecogniserError
            ``samples`` has another type or shape.
        """
        return self._decode(self._intake.take(samples))

    def partial(self) -> str:
        """Return what is recognised so far of the utterance that is going on, ``""`` between two."""
        # right after an utterance has ended libvosk answers with an empty "text" instead
        partial = (
            "" if self._between_utterances else json.loads(self._handle.PartialResult()).get("partial", "")
        )
        return _joined(partial)

    def finish(self) -> Heard:
        """End the utterance and return it; more sound may follow, and times run on."""
        ended = self._decode(self._intake.end())
        last = _heard(self._handle.FinalResult())
        self._between_utterances = True
        return together([ended, last]) if ended else last

    def set_grammar(self, grammar: Sequence[str] | None) -> None:
        """Listen for other phrases, or for everything with ``None``, from the next utterance on.

        Raises
        ------
        RecogniserError
            An utterance is going on (call :meth:`finish` first), or as :meth:`VoskModel.recogniser`.
        """
        if not self._between_utterances:
            raise RecogniserError("the grammar cannot change within an utterance", "call finish() first")
        self._handle.SetGrammar("[]" if grammar is None else self._model._grammar_text(grammar))

    def _decode(self, samples: npt.NDArray[np.int16]) -> Heard | None:
        step = int(CHUNK_SECONDS * self._model.sample_rate)
        heard = []
        for start in range(0, len(samples), step):
            self._between_utterances = False
            try:
                ended = self._handle.AcceptWaveform(samples[start : start + step].astype("<i2").tobytes())
            except Exception as error:
                raise RecogniserError(f"libvosk refused the sound: {error}", "check the model") from error
            if ended:
                heard.append(_heard(self._handle.Result()))
        return together(heard) if any(each.text for each in heard) else None


def load(folder: ModelFolder) -> VoskModel:
    """Load a checked model folder; about as much memory as the folder has bytes.

    Raises
    ------
    ModelError
        libvosk refuses it, or its path is not UTF-8.
    """
    vosk.SetLogLevel(-1)
    try:
        handle = vosk.Model(str(folder.path))
    except UnicodeEncodeError as error:
        raise ModelError(f"model path {folder.path!r} is not UTF-8", "move the folder") from error
    except Exception as error:
        raise ModelError(f"libvosk cannot load {folder.path}: {error}", "unpack or fetch it again") from error
    if folder.builtin:
        _log.info(
            "the built-in demo model hears huawu's own synthetic voices only; on real people it is at chance",
            model=folder.name,
            way_out="huawu models fetch vosk-model-small-cn-0.22",
        )
    return VoskModel(folder, handle)


def _heard(result: str) -> Heard:
    data = json.loads(result)
    words = tuple(
        Word(text=each["word"], start=each["start"], end=each["end"], confidence=_confidence(each["conf"]))
        for each in data.get("result", ())
    )
    return Heard(_joined(data["text"]), words)


def _confidence(value: float) -> float:
    return min(max(value, 0.0), 1.0) if math.isfinite(value) else 0.0


def _joined(text: str) -> str:
    return join(text.split())


def together(parts: Sequence[Heard]) -> Heard:
    """Return utterances that ended one after the other as one."""
    spoken = [part for part in parts if part.text]
    return Heard(join(part.text for part in spoken), tuple(word for part in spoken for word in part.words))
