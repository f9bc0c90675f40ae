from pathlib import Path

import pytest

from ivr.drawing.cards import ANY, START, Card, Exit, cards
from ivr.drawing.wording import Wording
from ivr.flow import Flow
from tests.ivr.drawing.every_kind import every_kind
from tests.ivr.flows import flow_of

pytestmark = pytest.mark.unit


def drawn(flow: Flow, language: str = "zh") -> dict[str, Card]:
    return {card.name: card for card in cards(flow, language, Wording(language))}


def test_what_inputs_share_is_one_card(tmp_path: Path) -> None:
    found = drawn(flow_of(tmp_path))
    assert found[ANY] == Card(
        ANY,
        "any",
        detail="* 返回 · # 重听",
        exits=(
            Exit("无输入 ×3", "lost", trouble=True),
            Exit("无匹配 ×3", "lost", trouble=True),
            Exit("0 人工", "agent", trouble=True),
        ),
    )
    assert [each.label for each in found["menu"].exits] == ["1 话费", "2 快递", "34", "345"]


def test_a_flow_whose_inputs_have_their_own_ways_has_no_such_card(tmp_path: Path) -> None:
    flow = flow_of(
        tmp_path,
        "{name: x, start: a, hot_keys: {}, defaults: {no_input: {next: b}, no_match: {next: b}},"
        " nodes: {a: {type: play, prompt: 好, next: b}, b: {type: hangup}}}",
    )
    assert list(drawn(flow)) == [START, "a", "b"]


def test_a_menu_shows_its_question_and_every_answer(tmp_path: Path) -> None:
    assert drawn(every_kind(tmp_path))["menu"] == Card(
        "menu",
        "menu",
        "账单请按一 <b>，密码请按二；再听请按三 & 评价请按四。",
        exits=(
            Exit("1 账单", "phone"),
            Exit("2", "password"),
            Exit("转接", "other"),
            Exit("4", "mark"),
            Exit("5", "hello", back=True),
            Exit("无匹配 ×4", "sub", trouble=True),
        ),
    )


@pytest.mark.parametrize(
    ("name", "kind", "detail"),
    [
        ("hello", "play", "● 告知录音"),
        ("open", "hours", "desk"),
        ("greet", "set", "level = vip"),
        ("phone", "collect", "→ phone · phone · 可说"),
        ("password", "collect", "→ password · digits · 保密"),
        ("look", "http", "GET https://example.cn/{phone}"),
        ("ring", "callback", "队列 general"),
        ("other", "transfer", "4001"),
        ("sub", "subflow", "other"),
        ("agent", "queue", "队列 general · 最长 60 秒"),
        ("message", "record", "最长 120 秒"),
        ("bye", "hangup", "已解决"),
    ],
)
def test_a_card_says_what_matters_about_its_kind(tmp_path: Path, name: str, kind: str, detail: str) -> None:
    card = drawn(every_kind(tmp_path))[name]
    assert (card.kind, card.detail) == (kind, detail)


def test_the_only_way_on_needs_no_label(tmp_path: Path) -> None:
    found = drawn(every_kind(tmp_path))
    assert found["hello"].exits == (Exit("", "open"),)
    assert found["again"].exits == (Exit("", "menu", back=True),)
    assert found["look"].exits == (Exit("下一步", "ring"), Exit("查询失败", "agent", trouble=True))


def test_another_language_has_its_prompts_and_words(tmp_path: Path) -> None:
    found = drawn(every_kind(tmp_path), "en")
    assert (found["hello"].text, found["hello"].detail) == (
        "This call is recorded.",
        "● tells of the recording",
    )
    assert [each.label for each in found["right"].exits] == ["confirmed", "refused", "gave up"]
