from __future__ import annotations

import pytest

from analytics.search.entries import Said
from analytics.search.passages import masked, passages
from analytics.search.query import Speaker, parse
from analytics.search.snippets import Snippet, snippets
from calls.records import Role

pytestmark = pytest.mark.unit


def said(*lines: tuple[Role, str]) -> list[Said]:
    return [Said(number, role, number * 3.0, text) for number, (role, text) in enumerate(lines)]


def shown(call: list[Said], query: str, hidden: dict[int, str] | None = None, **how: object) -> list[str]:
    node = parse(query)
    assert node is not None
    found = snippets(call, node, hidden, **how)  # type: ignore[arg-type]
    return ["".join(f"[{text}]" if marked else text for text, marked in each.pieces) for each in found]


CALL = said(
    (Role.AGENT, "您好，要退款吗？"),
    (Role.CALLER, "嗯，我要退，宽！"),
    (Role.CALLER, "再不退款我就去投诉"),
    (Role.CALLER, "我的电话是一三八零零一三八零零零"),
)


def test_the_utterances_that_hold_most_are_shown_as_they_were_said() -> None:
    assert shown(CALL, "退款") == ["您好，要[退款]吗？", "再不[退款]我就去投诉"]
    assert shown(CALL, "退款 投诉", limit=1) == ["再不[退款]我就去[投诉]"]
    assert shown(CALL, "~退款", limit=9) == [
        "您好，要[退款]吗？",
        "嗯，我要[退，宽]！",
        "再不[退款]我就去投诉",
    ]
    assert shown(CALL, "caller:退款") == ["再不[退款]我就去投诉"]
    assert shown(CALL, "退款 -投诉") == ["您好，要[退款]吗？", "再不[退款]我就去投诉"]


def test_a_snippet_says_who_said_it_and_when() -> None:
    node = parse("投诉")
    assert node is not None
    assert snippets(CALL, node) == (
        Snippet(2, Role.CALLER, 6.0, (("再不退款我就去", False), ("投诉", True))),
    )
    assert snippets(CALL, node)[0].text == "再不退款我就去投诉"


def test_long_utterances_are_cut_around_the_first_mark_unless_all_is_asked_for() -> None:
    call = said((Role.CALLER, "好" * 100 + "退款" + "吧" * 100))
    assert shown(call, "退款") == ["…" + "好" * 16 + "[退款]" + "吧" * 42 + "…"]
    assert shown(call, "退款", whole=True) == ["好" * 100 + "[退款]" + "吧" * 100]


def test_personal_data_are_neither_shown_nor_found_without_the_right() -> None:
    hidden = masked(CALL)
    assert hidden == {3: "我的电话是▇▇▇▇▇▇▇▇▇▇▇"}
    assert shown(CALL, "电话", hidden) == ["我的[电话]是▇▇▇▇▇▇▇▇▇▇▇"]
    assert shown(CALL, "13800138000", hidden) == []
    assert shown(CALL, "13800138000") == ["我的电话是[一三八零零一三八零零零]"]


def test_what_holds_personal_data_is_indexed_apart() -> None:
    made = passages(CALL)
    assert made.open[Speaker.CALLER] == ["嗯，我要退，宽！", "再不退款我就去投诉", "我的电话是"]
    assert made.personal == {
        Speaker.CALLER: ["我的电话是一三八零零一三八零零零"],
        Speaker.AGENT: [],
        Speaker.OTHER: [],
    }
