from __future__ import annotations

import pytest

from calls.errors import RecogniserError
from models.tiny_cn.variants import build_variant
from speech.audio import to_int16
from speech.grammar import Grammar, Match, segment
from speech.models import open_model
from speech.pinyin import syllables
from speech.recogniser import UNKNOWN, VoskModel, load
from tests.speech.conftest import Say

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def static(tmp_path_factory: pytest.TempPathFactory) -> VoskModel:
    return load(open_model(build_variant("static", tmp_path_factory.mktemp("models") / "static")))


def test_phrases_are_cut_into_words_that_the_model_has(model: VoskModel) -> None:
    grammar = Grammar(["人工服务", "查询 余额！", "魑魅", "wifi"], model)

    assert grammar.tokens[-1] == UNKNOWN
    assert "人工 服务" in grammar.tokens
    assert all(model.knows(word) for token in grammar.tokens for word in token.split())
    assert grammar.unheard == ("wifi",)
    assert grammar.usable


def test_the_longest_word_wins_and_characters_are_the_last_resort(model: VoskModel) -> None:
    assert segment("人工服务", model) == ["人工", "服务"]
    assert "".join(segment("饼干", model) or ()) == "饼干"
    assert segment("wifi密码", model) is None


def test_what_the_model_cannot_write_is_spelt_by_its_sounds(model: VoskModel, say: Say) -> None:
    grammar = Grammar(["魑魅", "人工服务"], model)
    assert not model.knows("魑")
    assert syllables(grammar.spelt["魑魅"]) == syllables("魑魅")
    recogniser = grammar.recogniser(8000)
    recogniser.accept(to_int16(say("魑魅", "caller-1")))
    assert grammar.match(recogniser.finish().text) == Match("魑魅", "exact")


@pytest.mark.parametrize("phrase", ["人工服务", "查询余额", "饼干", "是", "不是"])
def test_what_is_said_is_matched(model: VoskModel, say: Say, phrase: str) -> None:
    grammar = Grammar(["人工服务", "查询余额", "饼干", "是", "不是"], model)
    recogniser = grammar.recogniser(8000)
    recogniser.accept(to_int16(say(phrase, "caller-1")))
    assert grammar.match(recogniser.finish().text) == Match(phrase, "exact")


def test_other_speech_is_no_phrase(model: VoskModel, say: Say) -> None:
    grammar = Grammar(["人工服务", "查询余额"], model)
    recogniser = grammar.recogniser(8000)
    recogniser.accept(to_int16(say("我的快递什么时候能到", "caller-1")))
    assert grammar.match(recogniser.finish().text) is None


@pytest.mark.parametrize(
    ("heard", "phrase"),
    [
        ("人工服务", "人工 服务。"),
        ("人工 服务", "人工 服务。"),
        ("[unk]人工服务", None),
        ("人工服务人工服务", None),
        ("人工", None),
        ("", None),
    ],
)
def test_only_the_whole_phrase_counts(model: VoskModel, heard: str, phrase: str | None) -> None:
    match = Grammar(["人工 服务。", "查询余额"], model).match(heard)
    assert (match and match.phrase) == phrase


@pytest.mark.parametrize(
    ("phrases", "heard", "match"),
    [
        (["人工服务"], "人工服物", Match("人工服务", "pinyin")),
        (["宁波", "杭州"], "凌波", Match("宁波", "pinyin", 0.75)),
        (["查话费", "查花卉"], "查画费", Match("查话费", "pinyin")),
        (["话费"], "发挥", None),  # both syllables are only near
        (["是", "不是"], "四", None),  # nothing tells a single near syllable from another word
        (["账单", "帐单"], "丈单", None),  # two phrases sound so
        (["退款"], "对款", None),
        (["不要人工"], "布要人工", None),
        (["补卡"], "不卡", None),
        (["人工"], "不要人工", None),
    ],
)
def test_a_phrase_may_be_heard_by_its_sound(
    model: VoskModel, phrases: list[str], heard: str, match: Match | None
) -> None:
    assert Grammar(phrases, model).match(heard) == match


@pytest.mark.parametrize(
    ("heard", "whole"),
    [("投诉建议", True), ("投诉", False), ("退款", True), ("退", False), ("退款[unk]", False)],
)
def test_a_phrase_is_whole_when_no_other_begins_with_it(model: VoskModel, heard: str, whole: bool) -> None:
    assert Grammar(["投诉", "投诉建议", "退款"], model).is_whole(heard) == whole


@pytest.mark.parametrize(
    ("heard", "phrase"),
    [
        ("人工服务", "人工服务"),
        ("你好我要人工服务谢谢", "人工服务"),
        ("我要投诉建议", "投诉建议"),
        ("人工服务还是查询余额", None),
        ("我不要人工服务", None),
        ("人工服务不要", None),
        ("我要人工服物", "人工服务"),
        ("不要人工服物", None),
        ("我要头诉", None),
        ("不是", None),
        ("是", "是"),
        ("我要退款", None),
    ],
)
def test_on_a_static_graph_phrases_are_found_in_free_text(
    static: VoskModel, heard: str, phrase: str | None
) -> None:
    grammar = Grammar(["人工服务", "查询余额", "投诉", "投诉建议", "是"], static)
    assert not grammar.usable
    match = grammar.match(heard)
    assert (match and match.phrase) == phrase


def test_a_static_graph_listens_without_a_grammar(static: VoskModel, say: Say) -> None:
    grammar = Grammar(["人工服务", "查询余额"], static)
    recogniser = grammar.recogniser(8000)
    recogniser.accept(to_int16(say("人工服务", "caller-1")))
    assert grammar.match(recogniser.finish().text) == Match("人工服务", "exact")


@pytest.mark.parametrize(
    ("phrases", "message"),
    [
        ([], "has no phrase"),
        (["人工服务", "。"], "'。' has nothing to say"),
        (["wifi", "app"], "can hear none of wifi, app"),
    ],
)
def test_senseless_grammars_are_refused(model: VoskModel, phrases: list[str], message: str) -> None:
    with pytest.raises(RecogniserError, match=message):
        Grammar(phrases, model)
