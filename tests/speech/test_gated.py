from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from calls.errors import RecogniserError
from calls.records import Word
from speech.audio import to_int16
from speech.gated import GatedRecogniser, cuts
from speech.recogniser import Heard
from tests.speech.toy_voice import say

pytestmark = pytest.mark.unit

RATE = 16_000


class Ruler:
    """Hears how long an utterance is, and says it as one word."""

    sample_rate = RATE

    def __init__(self) -> None:
        self.lengths: list[float] = []

    def hear(self, samples: npt.NDArray[np.int16]) -> Heard:
        seconds = len(samples) / RATE
        self.lengths.append(round(seconds, 2))
        return Heard("话", (Word(text="话", start=0.0, end=seconds),))


def fed(recogniser: GatedRecogniser, sound: npt.NDArray[np.int16], step: int) -> list[tuple[float, float]]:
    found = [recogniser.accept(sound[at : at + step]) for at in range(0, len(sound), step)]
    found.append(recogniser.finish())
    return [(word.start, word.end) for heard in found if heard for word in heard.words]


@pytest.mark.parametrize("step", [320, 4567, 10**6])
def test_the_gate_cuts_a_stream_into_utterances_however_it_is_fed(step: int) -> None:
    sound = to_int16(say("好不 行好"))

    assert fed(GatedRecogniser(Ruler(), RATE), sound, step) == [(0.18, 1.634), (2.1, 3.554)]


def test_times_run_on_after_the_end() -> None:
    recogniser = GatedRecogniser(Ruler(), RATE)
    sound = to_int16(say("好不"))
    first, second = fed(recogniser, sound, 1600), fed(recogniser, sound, 1600)

    length = len(sound) / RATE
    assert second == [
        (pytest.approx(start + length, abs=2e-3), pytest.approx(end + length, abs=2e-3))
        for start, end in first
    ]


def test_another_rate_is_converted() -> None:
    (found,) = fed(GatedRecogniser(Ruler(), 8000), to_int16(say("好不")[::2]), 800)

    assert found == (pytest.approx(0.18, abs=0.05), pytest.approx(1.634, abs=0.05))


def test_somebody_who_does_not_pause_is_heard_in_pieces_and_nothing_is_lost() -> None:
    ruler = Ruler()
    found = fed(GatedRecogniser(ruler, RATE), to_int16(say("好不行" * 50)), 8000)

    assert max(ruler.lengths) <= 20.0
    assert [start for start, _ in found[1:]] == [end for _, end in found[:-1]]
    assert found[-1][1] - found[0][0] == pytest.approx(sum(ruler.lengths), abs=0.05)


def test_silence_is_not_heard() -> None:
    recogniser = GatedRecogniser(Ruler(), RATE)

    assert fed(recogniser, np.zeros(5 * RATE, np.int16), 1600) == []
    assert recogniser.partial() == ""


def test_samples_of_another_kind_are_refused() -> None:
    with pytest.raises(RecogniserError, match="int16"):
        GatedRecogniser(Ruler(), RATE).accept(np.zeros(10, np.float32))  # type: ignore[arg-type]


def test_a_long_sound_is_cut_where_it_is_quiet() -> None:
    sound = np.full(30 * RATE, 1000, np.int16)
    sound[12 * RATE : 13 * RATE] = 0

    ((_, cut), (start, end)) = cuts(sound, RATE)

    assert (cut, end) == (start, 30 * RATE)
    assert 12 * RATE < cut < 13 * RATE
    assert cuts(sound[: 20 * RATE], RATE) == [(0, 20 * RATE)]
