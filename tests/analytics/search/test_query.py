from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.search import postgres_words, sqlite_words
from analytics.search.query import (
    All,
    Either,
    Node,
    Problem,
    QueryError,
    Run,
    Sound,
    Speaker,
    Word,
    parse,
    terms,
)

pytestmark = pytest.mark.unit

REFUND, COMPLAINT, RETURN = Word("退款"), Word("投诉"), Word("退货")
HEARD = Sound((("tui", "kuan"),))


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("退款", REFUND),
        ("  退款。", REFUND),
        ('"退款"', Run("退款")),
        ("“退款”", Run("退款")),
        ("退款没到账", Run("退款没到账")),
        ("退", Word("退")),
        ("退款 投诉", All((REFUND, COMPLAINT))),
        ("退款 AND 投诉", All((REFUND, COMPLAINT))),
        ("退款 & 投诉", All((REFUND, COMPLAINT))),
        ("退款 OR 投诉", Either((REFUND, COMPLAINT))),
        ("退款|投诉", Either((REFUND, COMPLAINT))),
        ("退款 OR 退货 投诉", Either((REFUND, All((RETURN, COMPLAINT))))),
        ("(退款 OR 退货) 投诉", All((Either((REFUND, RETURN)), COMPLAINT))),
        ("（退款 OR 退货）投诉", All((Either((REFUND, RETURN)), COMPLAINT))),
        ("退款 NOT 投诉", All((REFUND,), (COMPLAINT,))),
        ("-投诉 退款", All((REFUND,), (COMPLAINT,))),
        ("退款 －(投诉 OR 退货)", All((REFUND,), (Either((COMPLAINT, RETURN)),))),
        ("退款-投诉", Run("退款投诉")),
        ("~退款", HEARD),
        ("～退款", HEARD),
        ('~"tui kuan"', HEARD),
        ("~退", Word("退")),
        ("~银行", Sound((("yin", "xing"), ("yin", "hang")))),
        ("caller:退款", Word("退款", Speaker.CALLER)),
        ("客户：“退款” 坐席:~退款", All((Run("退款", Speaker.CALLER), Sound(HEARD.readings, Speaker.AGENT)))),
        ("Agent:退款", Word("退款", Speaker.AGENT)),
        ("3500元", Either((Run("三五零零元"), Run("三千五百元")))),
        ("退款 -30%", All((REFUND,), (Either((Run("三零"), Word("百分之三十"))),))),
        ("10086", Run("一零零八六")),
        ("ANDROID 手机", All((Word("android"), Word("手机")))),
        ("", None),
        (" \u3000", None),
    ],
)
def test_queries_are_read_as_they_are_meant(text: str, node: Node | None) -> None:
    assert parse(text) == node


def test_who_said_it_and_sound_may_be_asked_for_throughout() -> None:
    assert parse("退款 agent:投诉", Speaker.CALLER) == All(
        (Word("退款", Speaker.CALLER), Word("投诉", Speaker.AGENT))
    )
    assert parse("退款", by_sound=True) == HEARD


@pytest.mark.parametrize(
    ("text", "problem", "at"),
    [
        ("退" * 201, Problem.TOO_LONG, ""),
        (" ".join("退" * 25), Problem.TOO_MANY, ""),
        ("(" * 9 + "退" + ")" * 9, Problem.TOO_DEEP, ""),
        ("……", Problem.NOTHING, "……"),
        ('""', Problem.NOTHING, ""),
        ('退款 "没到', Problem.QUOTE, "没到"),
        ("(退款", Problem.BRACKET, "("),
        ("退款)", Problem.BRACKET, ")"),
        ("退款 OR", Problem.OPERAND, "OR"),
        ("AND", Problem.OPERAND, "AND"),
        ("退款 AND AND 投诉", Problem.OPERAND, "AND"),
        ("NOT NOT 退款", Problem.OPERAND, "NOT"),
        ("()", Problem.OPERAND, ")"),
        ("~", Problem.OPERAND, "~"),
        ("caller:", Problem.OPERAND, "caller:"),
        ("-投诉", Problem.ONLY_NOT, "-投诉"),
        ("退款 OR -投诉", Problem.ONLY_NOT, "-投诉"),
        ("boss:退款", Problem.SPEAKER, "boss"),
    ],
)
def test_what_cannot_be_understood_is_named(text: str, problem: Problem, at: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert (caught.value.problem, caught.value.at) == (problem, at)


def test_an_error_says_the_way_out() -> None:
    with pytest.raises(QueryError) as caught:
        parse("(退款")
    assert str(caught.value) == "search: a bracket at '(' has no partner → close each bracket that is opened"


def test_what_is_left_out_is_no_place_to_show() -> None:
    node = parse("(退款 OR 退货) -投诉")
    assert node is not None
    assert list(terms(node)) == [REFUND, RETURN]


def test_queries_are_written_as_each_database_takes_them() -> None:
    node = parse('退款 caller:"没到账" -~投诉')
    assert node is not None
    assert sqlite_words.expression(node, personal=True) == (
        '(("退款" AND {caller caller_personal} : "1没到 1到账") NOT ("2tou0su"))'
    )
    assert sqlite_words.expression(node, personal=False) == (
        '(({caller agent other} : "退款" AND {caller} : "1没到 1到账")'
        ' NOT ({caller agent other} : "2tou0su"))'
    )
    assert postgres_words.expression(node) == "(('退款') & ('1没到':A <-> '1到账':A) & !('2tou0su'))"


SIGNS = st.sampled_from([*"()\"~-:|&*^+.,'\\{}", " AND ", " OR ", " NOT ", "NEAR(", "caller:", "退款", "a"])


@given(st.lists(SIGNS | st.text(max_size=5), max_size=30).map("".join))
def test_nothing_that_is_typed_gets_past_the_quotation_marks(text: str) -> None:
    try:
        node = parse(text)
    except QueryError:
        return
    if node is not None:
        quoted = sqlite_words.expression(node, personal=True).split('"')[1::2]
        lexemes = postgres_words.expression(node).split("'")[1::2]
        assert all(each.replace(" ", "").isalnum() for each in [*quoted, *lexemes])
