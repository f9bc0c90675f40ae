from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from analytics.evaluation.contest import Setup, contest
from analytics.evaluation.folds import Plan, in_lockbox
from analytics.evaluation.metrics import Answer
from analytics.evaluation.sets import LabelledSet
from calls.errors import AnalyticsError

pytestmark = pytest.mark.unit


class Memory:
    """Knows the texts it has learnt and nothing else; keeps what it was told, for the tests."""

    made: list[Memory]

    def __init__(self) -> None:
        Memory.made.append(self)

    def fit(self, rows: LabelledSet[str], groups: np.ndarray) -> None:
        self.learnt = dict(zip(rows.rows, rows.labels, strict=True))
        self.groups = groups

    def answer(self, rows: Sequence[str]) -> Answer:
        self.asked = list(rows)
        labels = np.array([self.learnt.get(text, "fine") for text in rows])
        return Answer(labels, (labels == "bad").astype(float))


@pytest.fixture(autouse=True)
def nothing_made() -> None:
    Memory.made = []


def texts(*rows: tuple[str, str], name: str = "x.csv") -> LabelledSet[str]:
    said = tuple(text for text, _ in rows)
    return LabelledSet(name, said, said, np.array([label for _, label in rows]), said)


MANY = texts(
    *((f"{number}{number * 7}号", "bad" if number % 4 == 0 else "fine") for number in range(100, 180))
)
FEW = Setup(Plan(4, 2), resamples=10)


def test_every_row_is_judged_by_one_that_has_not_learnt_it() -> None:
    found = contest("texts", "bad", {"huawu": Memory}, MANY, None, FEW)

    assert (found.n, found.wanted_share, list(found.results)) == (80, 0.25, ["clean"])
    assert found.headline["huawu"].accuracy is not None and found.headline["huawu"].accuracy.value == 0.75
    assert len(Memory.made) == 8
    assert all(not set(each.asked) & set(each.learnt) for each in Memory.made)
    assert sorted(text for each in Memory.made[:4] for text in each.asked) == sorted(MANY.rows)
    assert found.protocol == "4x2 stratified cross-validation, near-identical openings on one side"


def test_locked_rows_take_no_part_and_the_lockbox_is_judged_from_the_others() -> None:
    locked = {text for text, shut in zip(MANY.rows, in_lockbox(MANY.ids), strict=True) if shut}
    setup = Setup(Plan(3, 1), locked=True, resamples=10)

    without = contest("texts", "bad", {"huawu": Memory}, MANY, None, setup)
    assert without.n == 80 - len(locked)
    assert all(not locked & {*each.asked, *each.learnt} for each in Memory.made)

    Memory.made = []
    only = contest("texts", "bad", {"huawu": Memory}, MANY, None, Setup(lockbox=True, resamples=10))
    assert (only.n, len(Memory.made)) == (len(locked), 1)
    assert set(Memory.made[0].asked) == locked
    assert set(Memory.made[0].learnt) == set(MANY.rows) - locked


def test_a_test_file_is_judged_without_what_begins_like_it() -> None:
    train = texts(("宽带断了三天没人来修", "bad"), ("谢谢你们", "fine"), ("退款一直不到账", "bad"))
    test = texts(("宽带断了三天没人来修理", "bad"), ("退货怎么办", "fine"), ("你好", "odd"), name="y.csv")

    apart = contest("texts", "bad", {"huawu": Memory}, train, test, Setup(resamples=10))
    assert (apart.train, apart.test, apart.n, apart.left_out) == ("x.csv", "y.csv", 2, {"odd": 1})
    assert "1 rows that begin like one of the other file were not learnt from" in apart.protocol
    assert list(Memory.made[0].learnt) == ["谢谢你们", "退款一直不到账"]

    contest("texts", "bad", {"huawu": Memory}, train, test, Setup(by_opening=False, resamples=10))
    assert list(Memory.made[1].learnt) == list(train.rows)


def test_noise_is_shown_three_ways_and_learnt_from_in_one() -> None:
    setup = Setup(Plan(2, 1), noise=0.3, resamples=10)

    found = contest("texts", "bad", {"huawu": Memory}, MANY, None, setup)

    assert list(found.results) == ["clean", "noisy", "trained-noisy"]
    assert found.headline is found.results["noisy"]
    assert found.noise is not None and found.noise.realised == pytest.approx(0.3, abs=0.01)
    clean = {text for each in Memory.made for text in each.learnt} & set(MANY.rows)
    assert clean == set(MANY.rows)
    assert [len(set(each.learnt) & set(MANY.rows)) > 35 for each in Memory.made] == [True, False, True, False]


def test_without_rows_to_learn_from_the_whole_file_is_judged() -> None:
    class Shipped(Memory):
        def fit(self, rows: LabelledSet[str], groups: np.ndarray) -> None:
            assert not len(rows)
            self.learnt = {MANY.rows[0]: "bad"}

    found = contest("texts", "bad", {"huawu": Shipped}, None, MANY, Setup(resamples=10))

    assert (found.train, found.n, found.protocol) == ("", 80, "nothing learnt from the rows")
    assert found.as_json()["baseline"] is None


def test_rows_that_do_not_allow_it_are_refused() -> None:
    test = texts(("你好", "odd"), name="y.csv")
    with pytest.raises(AnalyticsError, match=r"y.csv: none of its labels \(odd\) is in x.csv"):
        contest("texts", "bad", {"huawu": Memory}, MANY, test, FEW)
    one = MANY.select(np.arange(1))
    with pytest.raises(AnalyticsError, match="rows are in the lockbox"):
        contest("texts", "bad", {"huawu": Memory}, one, None, Setup(lockbox=True))
    with pytest.raises(AnalyticsError, match=r"every row begins like one of x.csv"):
        contest("texts", "bad", {"huawu": Memory}, one, MANY, FEW)
