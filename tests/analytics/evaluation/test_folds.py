from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.evaluation.folds import Plan, deal, in_lockbox
from analytics.evaluation.openings import opening_groups
from calls.errors import AnalyticsError

pytestmark = pytest.mark.unit


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=40, max_size=80), st.integers(0, 100))
def test_no_group_is_on_both_sides_and_every_row_is_judged_once_a_repeat(
    groups: list[int], seed: int
) -> None:
    group = np.array([*groups, *range(100, 112)])
    labels = np.where(np.arange(len(group)) % 2 == 0, "a", "b")

    folds = deal(labels, group, Plan(3, 2), seed)

    assert [fold.repeat for fold in folds] == [0, 0, 0, 1, 1, 1]
    for fold in folds:
        assert not set(group[fold.train]) & set(group[fold.test])
    for repeat in range(2):
        judged = np.concatenate([fold.test for fold in folds if fold.repeat == repeat])
        assert sorted(judged) == list(range(len(group)))


def test_folds_are_alike_in_labels_and_dealt_anew() -> None:
    labels = np.array(["a"] * 20 + ["b"] * 80)

    folds = deal(labels, np.arange(100), Plan.of("5x3"))

    assert {int((labels[fold.test] == "a").sum()) for fold in folds} == {4}
    assert len({tuple(fold.test) for fold in folds}) == 15
    assert [tuple(f.test) for f in folds] == [tuple(f.test) for f in deal(labels, np.arange(100), Plan(5, 3))]


def test_too_few_rows_of_a_label_are_refused() -> None:
    with pytest.raises(AnalyticsError, match="label a: 2 rows or groups of rows, for 5 folds"):
        deal(np.array(["a"] * 4 + ["b"] * 9), np.array([0, 0, 0, 1, *range(2, 11)]), Plan(5, 1))


@pytest.mark.parametrize("text", ["5", "1x3", "5x0", "fivex3", "5x3x2", "-5x3"])
def test_a_plan_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(AnalyticsError, match="write folds x repeats: 5x3"):
        Plan.of(text)


def test_the_lockbox_holds_one_id_in_five_whatever_else_there_is() -> None:
    ids = [f"call-{number}" for number in range(5000)]
    locked = in_lockbox(ids)

    assert locked.mean() == pytest.approx(0.2, abs=0.02)
    assert in_lockbox(ids[2000:2100]).tolist() == locked[2000:2100].tolist()


def test_what_is_locked_away_stays_so() -> None:
    assert in_lockbox([f"call-{number}" for number in range(5, 10)]).tolist() == [0, 0, 1, 0, 0]


def test_openings_that_are_nearly_the_same_are_one_group() -> None:
    openings = [
        "宽带又断了，你们什么时候来修？",
        "我想问一下漫游资费怎么算",
        "@某某客服 宽带又断了!你们什么时候来修",
        "宽带又断了，你们到底什么时候来修啊",
        "",
        "好",
        "好！",
    ]

    assert opening_groups(openings).tolist() == [0, 1, 0, 0, 2, 3, 3]


def test_a_chain_of_alike_openings_is_one_group() -> None:
    chain = ["一二三四五六七八九十", "三四五六七八九十甲乙", "五六七八九十甲乙丙丁", "甲乙丙丁戊己庚辛壬癸"]

    assert opening_groups(chain).tolist() == [0, 0, 0, 1]


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    openings = [f"{number % 7}号窗口排队太久了没有人管" for number in range(20)]
    whole = opening_groups(openings)
    monkeypatch.setattr("analytics.evaluation.openings.BLOCK", 3)

    assert opening_groups(openings).tolist() == whole.tolist()
    assert opening_groups([]).tolist() == []
