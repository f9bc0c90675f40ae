"""How the linter reads prompts, phrases and conditions."""

from __future__ import annotations

import pytest

from calls.document import Location
from ivr.expression import Expression
from ivr.flow import BranchNode, ConfirmNode, MenuNode, Node, SurveyNode
from ivr.lint.conditions import compared_with, never_first, threshold_of
from ivr.lint.keys import keys_named, labels
from ivr.lint.labels import swapped
from ivr.lint.phrases import Said, fault_of
from ivr.lint.prompts import questions, requests, seconds_to_say
from ivr.lint.secrets import asked_for
from ivr.lint.variables import found_out
from speech.error_rate import DEFAULT
from speech.pinyin import syllables

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("话费请按一，快递请按2，人工请按０。", ["1", "2", "0"]),
        ("重听请按井号键，返回上一级请按*键。", ["#", "*"]),
        ("请按一到三打分", ["1", "2", "3"]),
        ("查询请按数字键五，其他按六或者七", ["5", "6", "7"]),
        ("分机请按一零二", ["102"]),
        ("请按一下井号键", ["#"]),
        ("请按下一步操作，按一次即可，一键查询更方便", []),
        ("查询{按一}的订单", []),
        (
            "For billing, press one; for repairs press 2 or 3, for help press the pound key.",
            ["1", "2", "3", "#"],
        ),
        ("中文请按一，for English press two.", ["1", "2"]),
        ("press 1 to 5", ["1", "2", "3", "4", "5"]),
        ("an express service for one person", []),
    ],
)
def test_the_keys_that_a_prompt_names(text: str, keys: list[str]) -> None:
    assert keys_named(text) == keys


@pytest.mark.parametrize(
    ("text", "language", "count"),
    [
        ("请问您要查话费吗？", "zh", 1),
        ("您要查话费吗？要转人工吗？", "zh", 2),
        ("请问您的姓名是什么，您的电话是多少？", "zh", 2),
        ("还有别的事请按一，没有了请按二。", "zh", 0),
        ("什么问题都可以问我们。", "zh", 0),
        ("Is that right? Shall I go on?", "en", 2),
        ("Ist das richtig? Weiter?", "de", 0),
    ],
)
def test_the_questions_in_a_prompt(text: str, language: str, count: int) -> None:
    assert questions(text, language) == count


@pytest.mark.parametrize(
    ("text", "language", "count"),
    [
        ("请输入或者说出您的手机号码。", "zh", 1),
        ("请输入订单号，然后输入日期。", "zh", 2),
        ("Please enter or say your number.", "en", 1),
        ("Please enter your card number, then enter the date.", "en", 2),
    ],
)
def test_the_values_that_a_prompt_asks_for(text: str, language: str, count: int) -> None:
    assert requests(text, language) == count


@pytest.mark.parametrize(
    ("text", "language", "seconds"),
    [
        ("尾号8001，请稍候。", "zh", 9 / 4.5),
        ("尾号{phone}。", "zh", 13 / 4.5),
        ("您好，{name}！", "zh", 6 / 4.5),
        ("Please hold the line.", "en", 4 / 2.5),
    ],
)
def test_how_long_a_prompt_takes(text: str, language: str, seconds: float) -> None:
    assert seconds_to_say(text, language, {"phone": 11}) == pytest.approx(seconds)


def said(phrase: str, answer: int) -> Said:
    location: Location = ("choices", answer, "phrases", 0)
    return Said(answer, location, phrase, DEFAULT(phrase), tuple(syllables(phrase)))


@pytest.mark.parametrize(
    ("one", "other", "rule"),
    [
        ("Wi-Fi", "ＷＩＦＩ", "same-phrase"),
        ("充值", "重置", "homophones"),
        ("四", "是", "near-homophones"),
        ("取消", "取消订单", "overlapping-phrases"),
        ("查订单", "订单", "contained-phrase"),
        ("有", "没有", None),
        ("四方", "是房", "near-homophones"),
        ("换货", "贩货", "near-homophones"),
        ("查话费", "报故障", None),
    ],
)
def test_what_two_phrases_have_in_common(one: str, other: str, rule: str | None) -> None:
    found = fault_of(said(one, 0), said(other, 1))
    assert (found[0] if found else None) == rule


def branch(*conditions: str) -> BranchNode:
    cases = [{"when": text, "next": "there"} for text in conditions]
    return BranchNode.model_validate({"type": "branch", "cases": cases, "otherwise": "elsewhere"})


@pytest.mark.parametrize(
    ("conditions", "way", "known"),
    [
        (["order != ''"], ("cases", 0, "next"), {"order"}),
        (["order == ''"], ("otherwise",), {"order"}),
        (["order == ''", "level == 'gold'"], ("cases", 1, "next"), {"order", "level"}),
        (["level == 'gold' and amount > 5"], ("cases", 0, "next"), {"level", "amount"}),
        (["level == 'gold' or amount > 5"], ("cases", 0, "next"), set()),
        (["level == 'gold' or(amount > 5) and size == 'big'"], ("cases", 0, "next"), set()),
        (["level != 'gold'"], ("cases", 0, "next"), set()),
        (["not (level == 'gold' and amount > 5)"], ("cases", 0, "next"), set()),
        (["true"], ("cases", 0, "next"), set()),
    ],
)
def test_what_a_branch_finds_out(conditions: list[str], way: Location, known: set[str]) -> None:
    assert all(Expression.parse(text) for text in conditions)
    assert found_out(branch(*conditions), way) == known


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("忘记密码也没关系，请输入预留的手机号码。", ["预留的手机号码"]),
        ("请勿输入密码，请输入卡号，再输入日期", ["卡号", "日期"]),
        ("验证码已发送，请输入。", ["验证码已发送，请输入。"]),
        ("查询密码，请输入六位数字", ["查询密码，请输入六位数字"]),
        ("请问您的密码是多少", ["请问您的密码是多少"]),
        ("Please enter your PIN, then hold.", ["your PIN"]),
    ],
)
def test_what_a_prompt_asks_for(text: str, asked: list[str]) -> None:
    assert asked_for(text) == asked


def test_what_a_prompt_says_for_its_keys() -> None:
    text = "您好。退票请按一，改签按2；按三办理行李，其他按四或者五。"
    assert [*labels(text)] == [("1", "退票请"), ("2", "改签"), ("3", "办理行李")]


MENU = MenuNode.model_validate(
    {
        "type": "menu",
        "prompt": "一",
        "choices": [
            {"digits": "1", "phrases": ["改签", "改时间"], "next": "change"},
            {"digits": "2", "phrases": ["退票"], "value": "退款", "next": "refund"},
            {"digits": "3", "phrases": ["国际航班"], "next": "abroad"},
            {"phrases": ["国际"], "next": "abroad"},
        ],
    }
)
CONFIRM = ConfirmNode.model_validate(
    {"type": "confirm", "prompt": "一", "variable": "v", "next": "a", "retry": "b", "give_up": "c"}
)
SURVEY = SurveyNode.model_validate({"type": "survey", "prompt": "一", "next": "a"})


@pytest.mark.parametrize(
    ("node", "text", "found"),
    [
        (MENU, "退票请按一，改签请按二", ("退票", "改签", "退款")),
        (MENU, "如果您要办理退票业务请按一", ("退票", "改签", "退款")),
        (MENU, "退款请按一", ("退款", "改签", "退款")),
        (MENU, "改签请按一，退票请按二", None),
        (MENU, "退票以外的请按一", None),  # whatever else it is about
        (MENU, "国际请按三", None),  # a part of its own phrase
        (MENU, "退票请按九", None),  # told of elsewhere
        (CONFIRM, "不对请按一，对请按二", ("不对", "yes", "no")),
        (CONFIRM, "取消请按一，确认请按二", ("取消", "yes", "no")),
        (CONFIRM, "取消请按一，不取消请按二", None),
        (CONFIRM, "正确请按一，重新输入请按二", None),
        (SURVEY, "一分请按五", ("一分", "mark 5", "mark 1")),
        (SURVEY, "非常满意请按五，不满意请按一", None),  # "very" may be left out
    ],
)
def test_what_a_prompt_says_of_the_wrong_key(
    node: Node, text: str, found: tuple[str, str, str] | None
) -> None:
    swap = swapped(text, node)
    assert (swap and (swap[0], swap[1].name, swap[2].name)) == found


@pytest.mark.parametrize(
    ("condition", "values"),
    [
        ("area == 'home' or area in ['far', \"off\"]", ["'home'", "'far'", '"off"']),
        ("1 == area and area != 'home'", ["'home'", "1"]),
        ("area == ''", []),
        ("other + area == 'home'", []),
        ("last(area, 2) == 'me' and my_area == 'home'", []),
    ],
)
def test_what_a_condition_compares_a_variable_with(condition: str, values: list[str]) -> None:
    assert Expression.parse(condition)
    assert compared_with(condition, "area") == values


@pytest.mark.parametrize(
    ("earlier", "later", "never"),
    [
        (["number(amount) > 0"], "amount > 50000", True),
        (["amount > 50000"], "amount > 0", False),
        (["amount >= 5"], "5 <= amount", True),
        (["amount > 5"], "amount >= 5", False),
        (["amount <= 5", "amount > 5"], "amount == 7", True),
        (["amount < 5", "amount > 5"], "amount == 5", False),
        (["amount < 5", "amount > 5"], "amount != 5", True),
    ],
)
def test_a_comparison_that_earlier_ones_leave_nothing(earlier: list[str], later: str, never: bool) -> None:
    parsed = [threshold_of(text) for text in (later, *earlier)]
    thresholds = [each for each in parsed if each is not None]
    assert [each.term for each in thresholds] == ["amount"] * len(parsed)
    assert never_first(thresholds[0], thresholds[1:]) == never


@pytest.mark.parametrize(
    "condition", ["amount > 5 and vip", "amount > limit", "not amount > 5", "level == 'a'"]
)
def test_no_comparison_with_a_number_alone(condition: str) -> None:
    assert Expression.parse(condition)
    assert threshold_of(condition) is None
