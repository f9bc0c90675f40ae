from __future__ import annotations

import pytest

from calls.errors import RecogniserError
from models.tiny_cn.variants import build_variant
from speech.audio import to_int16
from speech.grammar import Grammar, segment
from speech.models import open_model
from speech.recogniser import UNKNOWN, VoskModel, load
from tests.speech.conftest import Say

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def static(tmp_path_factory: pytest.TempPathFactory) -> VoskModel:
    return load(open_model(build_variant("static", tmp_path_factory.mktemp("models") / "static")))


def test_phrases_are_cut_into_words_that_the_model_has(model: VoskModel) -> None:
    grammar = Grammar(["人工服务", "查询 余额！", "魑魅", "鼹鼠"], model)

    assert grammar.tokens[-1] == UNKNOWN
    assert {"".join(token.split()) for token in grammar.tokens[:-1]} <= {"人工服务", "查询余额", "鼹鼠"}
    assert all(model.knows(word) for token in grammar.tokens for word in token.split())
    assert "魑魅" in grammar.unheard
    assert grammar.usable


def test_the_longest_word_wins_and_characters_are_the_last_resort(model: VoskModel) -> None:
    assert segment("人工服务", model) == ["人工", "服务"]
    spelt = segment("饼干", model)
    assert spelt is not None
    assert "".join(spelt) == "饼干"
    assert segment("魑魅", model) is None
    assert segment("wifi密码", model) is None


@pytest.mark.parametrize("phrase", ["人工服务", "查询余额", "饼干", "是", "不是"])
def test_what_is_said_is_matched(model: VoskModel, say: Say, phrase: str) -> None:
    grammar = Grammar(["人工服务", "查询余额", "饼干", "是", "不是"], model)
    recogniser = grammar.recogniser(8000)
    recogniser.accept(to_int16(say(phrase, "caller-1")))
    assert grammar.match(recogniser.finish().text) == phrase


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
    assert Grammar(["人工 服务。", "查询余额"], model).match(heard) == phrase


@pytest.mark.parametrize(
    ("heard", "phrase"),
    [
        ("人工服务", "人工服务"),
        ("你好我要人工服务谢谢", "人工服务"),
        ("我要投诉建议", "投诉建议"),
        ("人工服务还是查询余额", None),
        ("我不要人工服务", None),
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
    assert grammar.match(heard) == phrase


def test_a_static_graph_listens_without_a_grammar(static: VoskModel, say: Say) -> None:
    grammar = Grammar(["人工服务", "查询余额"], static)
    recogniser = grammar.recogniser(8000)
    recogniser.accept(to_int16(say("人工服务", "caller-1")))
    assert grammar.match(recogniser.finish().text) == "人工服务"


@pytest.mark.parametrize(
    ("phrases", "message"),
    [
        ([], "has no phrase"),
        (["人工服务", "。"], "'。' has nothing to say"),
        (["魑魅", "饕餮"], "can hear none of 魑魅, 饕餮"),
    ],
)
def test_senseless_grammars_are_refused(model: VoskModel, phrases: list[str], message: str) -> None:
    with pytest.raises(RecogniserError, match=message):
        Grammar(phrases, model)
