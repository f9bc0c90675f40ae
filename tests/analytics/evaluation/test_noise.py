from __future__ import annotations

from dataclasses import replace
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.evaluation.distance import edit_distance
from analytics.evaluation.noise import corrupt, corrupt_calls
from analytics.seed.corpus import read_seed
from calls.errors import AnalyticsError
from speech.error_rate import DEFAULT, character_error_rate, pooled
from tests.analytics.dialogue import transcript

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def corpus() -> list[str]:
    return [row.text for row in islice(read_seed(), 0, None, 3)]


@given(st.text("甲乙丙a", max_size=12), st.text("甲乙丙a", max_size=12))
def test_the_distance_is_that_of_the_error_rate(one: str, other: str) -> None:
    assert edit_distance(one, other) == character_error_rate(one, other, str).errors


@pytest.mark.parametrize("rate", [0.01, 0.05, 0.2, 0.4, 0.6])
def test_the_rate_that_was_asked_for_is_measured(corpus: list[str], rate: float) -> None:
    heard, noise = corrupt(corpus, rate, seed=1)
    measured = sum(map(edit_distance, map(DEFAULT, corpus), heard)) / sum(len(DEFAULT(t)) for t in corpus)

    assert noise.realised == pytest.approx(measured)
    assert measured == pytest.approx(rate, abs=0.01)
    made = noise.substitutions + noise.deletions + noise.insertions
    assert noise.substitutions / made == pytest.approx(0.60, abs=0.01)
    assert noise.deletions / made == pytest.approx(0.25, abs=0.01)
    assert noise.insertions / made == pytest.approx(0.15, abs=0.01)
    assert noise.alike / noise.substitutions == pytest.approx(0.5, abs=0.05)


def test_an_alignment_finds_the_kinds_of_error_again(corpus: list[str]) -> None:
    heard, _ = corrupt(corpus[:300], 0.1)
    errors = pooled(map(character_error_rate, corpus[:300], heard))

    assert errors.substitutions / errors.errors == pytest.approx(0.60, abs=0.06)
    assert errors.deletions / errors.errors == pytest.approx(0.25, abs=0.06)
    assert errors.insertions / errors.errors == pytest.approx(0.15, abs=0.06)


def test_no_word_is_spared() -> None:
    heard, _ = corrupt(["我要投诉"] * 2000, 0.2)

    spared = sum("投诉" in text for text in heard) / 2000
    assert spared == pytest.approx(0.8**2, abs=0.04)


def test_the_same_seed_makes_the_same_errors(corpus: list[str]) -> None:
    texts = corpus[:50]

    assert corrupt(texts, 0.2, seed=7) == corrupt(texts, 0.2, seed=7)
    assert corrupt(texts, 0.2, seed=7)[0] != corrupt(texts, 0.2, seed=8)[0]


def test_signs_are_taken_away_and_a_rate_of_nothing_changes_nothing() -> None:
    assert corrupt(["你好，我要退款！"], 0.0)[0] == ["你好，我要退款！"]
    assert not set("，！") & set(corrupt(["你好，我要退款！" * 50], 0.01)[0][0])


def test_calls_keep_everything_but_their_words() -> None:
    call = transcript("c:我要投诉你们的宽带服务", "a:请您稍等我帮您查一下", "c:好的")

    (heard,), noise = corrupt_calls([call], 0.3)

    texts = [each.text for each in heard.utterances]
    said = [replace(each, text=text) for each, text in zip(call.utterances, texts, strict=True)]
    assert heard == replace(call, utterances=tuple(said))
    assert noise.characters == 23


@settings(max_examples=50)
@given(st.lists(st.text(max_size=20), max_size=4), st.floats(0, 0.6))
def test_any_text_can_be_corrupted(texts: list[str], rate: float) -> None:
    heard, noise = corrupt(texts, rate)

    assert len(heard) == len(texts)
    assert noise.realised >= 0.0


def test_a_rate_that_cannot_be_is_refused() -> None:
    with pytest.raises(AnalyticsError, match=r"0.7 → ask for one from 0 to 0.6"):
        corrupt(["你好"], 0.7)
