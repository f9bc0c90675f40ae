from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.error_rate import (
    DEFAULT,
    Aligned,
    CharacterErrors,
    Normaliser,
    case,
    character_error_rate,
    pooled,
    width,
    without_spaces,
)

pytestmark = pytest.mark.unit

texts = st.text(alphabet="一二三四ab", max_size=12)


def plain_distance(a: str, b: str) -> int:
    """Levenshtein's definition, letter by letter."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        row, above = [i], row
        for j, y in enumerate(b, start=1):
            row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (x != y)))
    return row[-1]


def test_errors_come_with_their_alignment() -> None:
    assert character_error_rate("要查询余额", "查询鱼额吗") == CharacterErrors(
        hits=3,
        substitutions=1,
        deletions=1,
        insertions=1,
        alignment=(
            Aligned("deletion", "要", ""),
            Aligned("hit", "查", "查"),
            Aligned("hit", "询", "询"),
            Aligned("substitution", "余", "鱼"),
            Aligned("hit", "额", "额"),
            Aligned("insertion", "", "吗"),
        ),
    )


@pytest.mark.parametrize(
    ("reference", "hypothesis", "rate"),
    [
        ("您好，请讲。", "您好 请讲", 0.0),
        ("ＷｉＦｉ 上网", "wifi上网", 0.0),
        ("", "", 0.0),
        ("", "喂", math.inf),
        ("是", "", 1.0),
        ("是", "不是的", 2.0),
        ("一百", "100", 1.5),
    ],
)
def test_what_counts(reference: str, hypothesis: str, rate: float) -> None:
    assert character_error_rate(reference, hypothesis).rate == rate


def test_the_normaliser_is_an_argument() -> None:
    exact = Normaliser(())
    assert character_error_rate("A 一", "a一", exact).errors == 2
    assert character_error_rate("A 一", "a一", exact.then(width, case, without_spaces)).errors == 0
    assert DEFAULT(" ５Ｇ，套餐！") == "5g套餐"


def test_pooled_errors_weigh_by_length() -> None:
    parts = [character_error_rate("一", "二"), character_error_rate("三四五", "三四五")]
    assert pooled(parts).rate == 0.25
    assert pooled([]) == CharacterErrors(0, 0, 0, 0)


@given(texts, texts)
def test_the_alignment_is_one_of_least_cost(reference: str, hypothesis: str) -> None:
    errors = character_error_rate(reference, hypothesis)
    assert errors.errors == plain_distance(reference, hypothesis)
    assert "".join(step.reference for step in errors.alignment) == reference
    assert "".join(step.hypothesis for step in errors.alignment) == hypothesis
    assert errors.reference_length == len(reference)
