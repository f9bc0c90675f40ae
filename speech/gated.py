"""Recognisers that hear an utterance as a whole, behind the interface of those that hear a stream.

The voice gate says where an utterance ends; a long one is cut where it is quietest, since what these
networks take grows with the square of the length.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from speech.gate import SpeechStart, VoiceGate
from speech.recogniser import Heard, Intake, together

#: Longest sound that is given to a network at once, in seconds.
LONGEST = 20.0
#: A long sound is cut in the quietest stretch of this many seconds.
_QUIET_STRETCH = 0.1

Samples = npt.NDArray[np.int16]


@runtime_checkable
class UtteranceModel(Protocol):
    """A model that hears whole utterances; shared between threads."""

    @property
    def sample_rate(self) -> int:
        """The rate in hertz of what :meth:`hear` takes."""

    def hear(self, samples: Samples) -> Heard:
        """Recognise one utterance of any length; times in seconds from its first sample."""


def cuts(samples: Samples, rate: int, longest: float = LONGEST) -> list[tuple[int, int]]:
    """Return where to cut a sound so that no piece is longer than ``longest`` seconds.

    Parameters
    ----------
    samples : ndarray of int16, shape (n,)
    rate : int
        Samples per second.

    Returns
    -------
    list of (int, int)
        First and one past the last sample of each piece, without gaps.
    """
    most, stretch = int(longest * rate), max(1, int(_QUIET_STRETCH * rate))
    pieces, start = [], 0
    while len(samples) - start > most:
        part = samples[start + most // 2 : start + most].astype(np.float64) ** 2
        sums = np.concatenate([[0.0], np.cumsum(part)])
        quietest = int(np.argmin(sums[stretch:] - sums[:-stretch]))
        cut = start + most // 2 + quietest + stretch // 2
        pieces.append((start, cut))
        start = cut
    pieces.append((start, len(samples)))
    return pieces


class GatedRecogniser:
    """A stream of sound of which whole utterances are recognised, cut by the voice gate.

    Nothing is known of an utterance before it has ended, so :meth:`partial` is always empty. Sound that
    is no speech is dropped; what is kept of an utterance is at most :data:`LONGEST` seconds long.

    Parameters
    ----------
    model : UtteranceModel
        What recognises.
    rate : int
        Samples per second of what will be fed.
    """

    def __init__(self, model: UtteranceModel, rate: int) -> None:
        self._model = model
        self._intake = Intake(rate, model.sample_rate)
        self._gate = VoiceGate(model.sample_rate)
        self._held: Samples = np.zeros(0, np.int16)
        self._first = 0  # the sample, counted from the first ever fed, that _held begins with
        self._base = 0  # where this gate began to count
        self._speech: int | None = None

    def accept(self, samples: Samples) -> Heard | None:
        """Take the next samples; return what ended within them, several utterances as one.

        Raises
        ------
        RecogniserError
            ``samples`` are not int16 in one dimension.
        """
        heard = together(list(self._take(self._intake.take(samples))))
        return heard if heard.text else None

    def partial(self) -> str:
        """Return ``""``: nothing is known before the end."""
        return ""

    def finish(self) -> Heard:
        """End the utterance and return it; more sound may follow, and times run on."""
        rest = self._intake.end()
        heard = list(self._take(rest)) if len(rest) else []
        heard += list(self._follow(self._gate.finish()))
        self._first += len(self._held)
        self._held = np.zeros(0, np.int16)
        self._base, self._speech = self._first, None
        self._gate = VoiceGate(self._model.sample_rate)
        return together(heard)

    def _take(self, samples: Samples) -> Iterator[Heard]:
        self._held = np.concatenate([self._held, samples])
        yield from self._follow(self._gate.feed(np.divide(samples, 32768, dtype=np.float32)))
        rate = self._model.sample_rate
        if self._speech is None:
            # the gate reaches back for the beginning of speech
            self._drop(self._first + len(self._held) - rate)
        elif self._first + len(self._held) - self._speech > LONGEST * rate:
            self._drop(self._speech)
            _, cut = cuts(self._held, rate)[0]
            yield self._hear(self._speech, self._speech + cut)

    def _follow(self, events: Any) -> Iterator[Heard]:
        for event in events:
            at = self._base + round(event.at * self._model.sample_rate)
            if isinstance(event, SpeechStart):
                self._speech = max(at, self._first)
            elif self._speech is not None:
                yield self._hear(self._speech, at)
                self._speech = None

    def _hear(self, start: int, end: int) -> Heard:
        """Recognise from one sample to another; the utterance that is going on begins after them."""
        heard = self._model.hear(self._held[start - self._first : end - self._first])
        self._drop(end)
        self._speech = end
        return shifted(heard, start / self._model.sample_rate)

    def _drop(self, until: int) -> None:
        count = min(max(until - self._first, 0), len(self._held))
        self._held = self._held[count:]
        self._first += count


def shifted(heard: Heard, seconds: float) -> Heard:
    """Return an utterance with later times."""
    return Heard(
        heard.text,
        tuple(
            replace(word, start=round(word.start + seconds, 3), end=round(word.end + seconds, 3))
            for word in heard.words
        ),
    )
