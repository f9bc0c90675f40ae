"""Planted weeks: what is new is found with its calls, what is not new is not."""

from __future__ import annotations

import random

import pytest

from analytics.themes.discovery import Discovery, discover
from analytics.themes.terms import heard, incidence, terms_of
from analytics.themes.topicmodel import TopicModel
from calls.records import Transcript
from tests.analytics.dialogue import transcript

pytestmark = pytest.mark.unit

#: What callers of two known topics say, in pieces that go together.
USUAL = {
    "delivery": (("快递", "包裹", "我买的东西"), ("还没送到", "到哪里了", "被放错地方", "箱子压坏了")),
    "network": (("宽带", "家里的网", "手机信号"), ("断了", "特别慢", "从昨天就不行", "时好时坏")),
}
#: A theme of which the model knows nothing.
PLANTED = (
    ("养老金", "退休工资"),
    ("这个月没有发", "年审在哪里做", "怎么少了一百块"),
    ("我妈", "老人家", "我爷爷"),
)


def call(words: str, call_id: str) -> Transcript:
    return transcript("a:您好请讲", f"c:{words}", "c:麻烦你了", "a:养老金不归我们管", call_id=call_id)


def trained() -> TopicModel:
    said = [
        (call(thing + matter, ""), [topic])
        for topic, (things, matters) in USUAL.items()
        for thing in things
        for matter in matters
    ]
    nothing = [
        (call(words, ""), []) for words in ("你好请问一下", "喂听得见吗", "我想问个事", "没事了", "打错了")
    ]
    return TopicModel(exclusive=False).fit(*zip(*said, *nothing, strict=True))


def usual(rng: random.Random, count: int, week: str) -> list[Transcript]:
    calls = []
    for number in range(count):
        things, matters = USUAL[rng.choice(list(USUAL))]
        calls.append(call(rng.choice(things) + rng.choice(matters), f"{week}-{number}"))
    return calls


def planted(rng: random.Random, count: int, week: str) -> list[Transcript]:
    whose, what, matter = PLANTED[2], PLANTED[0], PLANTED[1]
    return [
        call(f"{rng.choice(whose)}的{rng.choice(what)}{rng.choice(matter)}", f"{week}-planted-{number}")
        for number in range(count)
    ]


@pytest.fixture(scope="module")
def model() -> TopicModel:
    return trained()


@pytest.fixture(scope="module")
def found(model: TopicModel) -> Discovery:
    rng = random.Random(5)
    this_week = usual(rng, 120, "now") + planted(rng, 20, "now")
    return discover(this_week, usual(rng, 480, "before") + planted(rng, 8, "before"), model)


def test_the_planted_words_are_hot_with_their_figures_and_examples(found: Discovery):
    terms = {term.term: term for term in found.terms}

    assert "养老金" in terms  # agents say it in every call: only callers count
    assert all(term.q_value <= 0.05 and term.lift >= 1.5 for term in found.terms)
    assert not terms.keys() & {"快递", "宽带", "麻烦"}
    hot = terms["养老金"]
    assert hot.share == hot.calls / found.calls and hot.share_before == hot.calls_before / found.calls_before
    assert len(hot.examples) == 3
    for example in hot.examples:
        assert example.call_id.startswith("now-planted")
        assert (example.evidence.utterance, example.evidence.text) == (1, "养老金")


def test_the_planted_theme_is_found_among_calls_without_a_topic(found: Discovery):
    assert found.uncovered is not None and found.uncovered >= 15
    (theme, *_) = found.themes

    assert sum(call.startswith("now-planted") for call in theme.call_ids) == len(theme.call_ids) >= 5
    assert theme.calls == len(theme.call_ids)
    assert theme.q_value <= 0.05
    assert any("养老金" in name or "退休" in name for theme in found.themes for name in theme.names)


def test_without_anything_new_nothing_is_reported_and_without_a_model_no_theme():
    rng = random.Random(7)

    quiet = discover(usual(rng, 100, "now"), usual(rng, 400, "before"))

    assert (quiet.terms, quiet.themes, quiet.uncovered) == ((), (), None)
    assert quiet.terms_tested > 20


def test_weeks_without_calls_are_compared(model: TopicModel):
    assert discover([], [], model) == Discovery(
        calls=0, calls_before=0, terms=(), themes=(), terms_tested=0, themes_tested=0, uncovered=0
    )
    assert discover(planted(random.Random(1), 9, "now"), [], model).terms == ()


def test_a_term_counts_once_a_call():
    calls = [transcript("c:快递快递我的快递", call_id=str(number)) for number in range(3)]

    found = incidence(calls, 3)

    assert found.held[:, found.terms.index("快递")].toarray().ravel().tolist() == [1, 1, 1]


def test_terms_are_words_and_phrases_and_no_numbers():
    assert list(terms_of("我的话费一百")) == ["话费", "话费一百"]
    assert list(terms_of("快递丢了")) == ["快递", "快递丢"]


def test_where_a_term_is_heard_is_told_in_the_original_text():
    call = transcript("a:话费", "c:嗯，那个话-费呢？")

    evidence = heard(call, "话费")

    assert evidence is not None
    assert (evidence.utterance, evidence.text, evidence.span) == (1, "话-费", (4, 7))
    assert heard(call, "宽带") is None
