from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import vosk
from structlog.testing import capture_logs

from calls.errors import ModelError, RecogniserError
from models.tiny_cn.variants import build_variant
from speech.audio import resample, to_int16
from speech.models import ModelFolder, builtin_model, open_model
from speech.recogniser import UNKNOWN, VoskModel, VoskRecogniser, load
from tests.speech.conftest import Say

pytestmark = pytest.mark.integration

PHRASE = "人工服务"


@pytest.fixture(scope="module")
def phrase(say: Say) -> npt.NDArray[np.int16]:
    """One phrase with half a second of line before and after it."""
    quiet = np.zeros(4000, np.int16)
    return np.concatenate([quiet, to_int16(say(PHRASE, "caller-1")), quiet])


def feed(recogniser: VoskRecogniser, sound: npt.NDArray[np.int16], step: int = 1600) -> list[str]:
    heard = (recogniser.accept(sound[at : at + step]) for at in range(0, len(sound), step))
    return [each.text for each in heard if each]


@pytest.mark.parametrize("interrupted", [vosk.Model, vosk.KaldiRecognizer])
def test_an_object_interrupted_before_it_had_a_handle_is_freed_in_silence(interrupted: Any) -> None:
    unfinished = interrupted.__new__(interrupted)
    unfinished.__del__()


def test_free_speech_with_times_and_confidences(model: VoskModel, phrase: npt.NDArray[np.int16]) -> None:
    recogniser = model.recogniser(8000)
    texts = feed(recogniser, phrase)
    heard = recogniser.finish()

    assert "".join([*texts, heard.text]) == PHRASE
    assert "".join(word.text for word in heard.words) == heard.text
    assert all(0.4 < word.start < word.end < len(phrase) / 8000 for word in heard.words)
    assert all(0.5 < word.confidence <= 1 for word in heard.words)


@pytest.mark.parametrize("rate", [16000, 22050, 44100, 48000])
def test_other_rates_are_resampled_to_the_model(
    model: VoskModel, phrase: npt.NDArray[np.int16], rate: int
) -> None:
    sound = to_int16(resample((phrase / 32768).astype(np.float32), 8000, rate))
    recogniser = model.recogniser(rate)
    texts = feed(recogniser, sound, rate // 50)
    last = recogniser.finish()
    assert "".join([*texts, last.text]) == PHRASE


def test_telephone_sound_reaches_a_model_that_refuses_8_khz(
    tmp_path: Path, phrase: npt.NDArray[np.int16]
) -> None:
    model = load(open_model(build_variant("16k", tmp_path / "wide")))
    recogniser = model.recogniser(8000)
    texts = feed(recogniser, phrase)
    assert (model.sample_rate, "".join([*texts, recogniser.finish().text])) == (16000, PHRASE)


def test_partials_grow_and_end_with_the_utterance(model: VoskModel, phrase: npt.NDArray[np.int16]) -> None:
    recogniser = model.recogniser(8000)
    assert recogniser.partial() == ""
    partials = []
    for at in range(0, len(phrase), 1600):
        recogniser.accept(phrase[at : at + 1600])
        partials.append(recogniser.partial())
    assert PHRASE in partials
    assert all(len(a) <= len(b) for a, b in pairwise(partials[: partials.index(PHRASE) + 1]))
    recogniser.finish()
    assert recogniser.partial() == ""


def test_long_pieces_are_split(model: VoskModel, phrase: npt.NDArray[np.int16]) -> None:
    twice = np.concatenate([phrase, np.zeros(12000, np.int16), phrase])
    piecewise, at_once = model.recogniser(8000), model.recogniser(8000)
    small = [*feed(piecewise, twice), piecewise.finish().text]
    heard = at_once.accept(twice)
    assert heard is not None
    assert heard.text + at_once.finish().text == "".join(small) == PHRASE * 2


def test_times_run_on_after_finish(model: VoskModel, phrase: npt.NDArray[np.int16]) -> None:
    recogniser = model.recogniser(8000)
    recogniser.accept(phrase)
    first = recogniser.finish()
    recogniser.accept(phrase)
    second = recogniser.finish()
    assert first.text == second.text == PHRASE
    assert second.words[0].start - first.words[0].start == pytest.approx(len(phrase) / 8000, abs=0.05)


def test_a_grammar_hears_its_phrases(model: VoskModel, phrase: npt.NDArray[np.int16]) -> None:
    recogniser = model.recogniser(8000, ["人工 服务", "是", UNKNOWN])
    recogniser.accept(phrase)
    assert recogniser.finish().text == PHRASE


def test_the_grammar_changes_between_utterances_only(model: VoskModel, phrase: npt.NDArray[np.int16]) -> None:
    recogniser = model.recogniser(8000, ["是", UNKNOWN])
    recogniser.accept(phrase)
    with pytest.raises(RecogniserError, match="cannot change within an utterance"):
        recogniser.set_grammar(["人工 服务"])
    assert recogniser.finish().text != PHRASE
    for grammar in (["人工 服务", UNKNOWN], None):
        recogniser.set_grammar(grammar)
        recogniser.accept(phrase)
        assert recogniser.finish().text == PHRASE


@pytest.mark.parametrize("grammar", [[], [""], [" ", "  "], "人工服务"])
def test_an_empty_grammar_would_end_the_process(model: VoskModel, grammar: list[str]) -> None:
    with pytest.raises(RecogniserError, match="the grammar has no phrase"):
        model.recogniser(8000, grammar)


def test_unknown_words_are_named(model: VoskModel) -> None:
    with pytest.raises(RecogniserError, match="has no words '人工服务热线', '魑魅'"):
        model.recogniser(8000, ["魑魅", "人工服务热线", "是"])


def test_a_static_graph_says_that_it_ignores_grammars(tmp_path: Path) -> None:
    model = load(open_model(build_variant("static", tmp_path / "static")))
    with pytest.raises(RecogniserError, match="static graph and ignores grammars"):
        model.recogniser(8000, ["是"])


@pytest.mark.parametrize(
    "samples",
    [
        np.full(160, np.nan, np.float32),
        np.zeros((2, 160), np.int16),
        np.zeros(160, np.int32),
        b"\0" * 320,
    ],
)
def test_other_sound_is_refused(model: VoskModel, samples: object) -> None:
    recogniser = model.recogniser(8000)
    with pytest.raises(RecogniserError, match="must be int16 in one dimension"):
        recogniser.accept(samples)  # type: ignore[arg-type]


def test_no_sound_is_nothing(model: VoskModel) -> None:
    recogniser = model.recogniser(8000)
    assert recogniser.accept(np.zeros(0, np.int16)) is None
    assert recogniser.finish().text == ""
    with pytest.raises(RecogniserError, match="rate 0 is no sampling rate"):
        model.recogniser(0)


def test_one_model_serves_several_threads(model: VoskModel, phrase: npt.NDArray[np.int16]) -> None:
    def hear(number: int) -> str:
        recogniser = model.recogniser(8000, ["人工 服务", UNKNOWN] if number % 2 else None)
        return "".join([*feed(recogniser, phrase), recogniser.finish().text])

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(hear, range(8))) == {PHRASE}


def test_the_demo_model_says_what_it_is(tmp_path: Path) -> None:
    with capture_logs() as logs:
        load(builtin_model())
    assert [line["event"] for line in logs] == [
        "the built-in demo model hears huawu's own synthetic voices only; on real people it is at chance"
    ]


def test_a_folder_that_libvosk_refuses_is_an_error(tmp_path: Path) -> None:
    unchecked = ModelFolder(tmp_path, "empty", 8000, "lookahead")
    with pytest.raises(ModelError, match="libvosk cannot load"):
        load(unchecked)
