from __future__ import annotations

from pathlib import Path

import pytest

from calls.masking import masked
from ivr.entry import Verdict, judge, judge_pause
from ivr.flow import CollectNode, MenuNode
from tests.ivr.flows import flow_of

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("keys", "verdict", "after_a_pause"),
    [
        ("1", Verdict.DONE, Verdict.DONE),
        ("3", Verdict.MORE, Verdict.WRONG),
        ("34", Verdict.MORE, Verdict.DONE),
        ("345", Verdict.DONE, Verdict.DONE),
        ("35", Verdict.WRONG, Verdict.WRONG),
        ("9", Verdict.WRONG, Verdict.WRONG),
    ],
)
def test_keys_in_a_menu(tmp_path: Path, keys: str, verdict: Verdict, after_a_pause: Verdict) -> None:
    menu = flow_of(tmp_path).nodes["menu"]
    assert isinstance(menu, MenuNode)
    assert (judge(menu, keys), judge_pause(menu, keys)) == (verdict, after_a_pause)


@pytest.mark.parametrize(
    ("keys", "verdict", "after_a_pause"),
    [
        ("139", Verdict.MORE, Verdict.WRONG),
        ("1390", Verdict.MORE, Verdict.DONE),
        ("1390#", Verdict.DONE, Verdict.WRONG),
        ("139#", Verdict.WRONG, Verdict.WRONG),
        ("#", Verdict.WRONG, Verdict.WRONG),
        ("13*", Verdict.WRONG, Verdict.WRONG),
        ("139012", Verdict.DONE, Verdict.DONE),
        ("239012", Verdict.WRONG, Verdict.WRONG),
    ],
)
def test_keys_of_a_number(keys: str, verdict: Verdict, after_a_pause: Verdict) -> None:
    number = CollectNode(
        type="collect",
        prompt="号码",
        variable="phone",
        min_length=4,
        max_length=6,
        pattern=r"1[3-9]\d*",
        next="x",
    )
    assert (judge(number, keys), judge_pause(number, keys)) == (verdict, after_a_pause)


@pytest.mark.parametrize(
    ("number", "shown"), [("19900010001", "•••••••0001"), ("1234", "••••"), ("12345", "•2345"), ("", "")]
)
def test_a_number_shows_its_last_four_digits_at_most(number: str, shown: str) -> None:
    assert masked(number) == shown
