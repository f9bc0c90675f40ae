"""Intervals against published values."""

from __future__ import annotations

import pytest

from analytics.sampling.interval import korn_graubard, student, wilson

pytestmark = pytest.mark.unit


def test_student() -> None:
    assert student(10.0, 4.0, 10) == pytest.approx((10 - 2.228139 * 2, 10 + 2.228139 * 2), abs=1e-5)
    assert student(10.0, 0.0, 10) == (10.0, 10.0)
    assert student(10.0, 1.0, 0) == (float("-inf"), float("inf"))


def test_wilson_as_newcombe_tabulates_it() -> None:
    """Newcombe, Statistics in Medicine 1998, table I, method 3."""
    assert wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15 / 148, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(1 / 29, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)


def test_korn_graubard_is_clopper_pearson_where_the_size_is_whole() -> None:
    """The same table, method 5."""
    assert korn_graubard(81 / 263, 263) == pytest.approx((0.2527, 0.3676), abs=5e-5)
    assert korn_graubard(15 / 148, 148) == pytest.approx((0.0578, 0.1617), abs=5e-5)
    assert korn_graubard(0, 20) == pytest.approx((0.0, 0.1684), abs=5e-5)
    assert korn_graubard(1 / 29, 29) == pytest.approx((0.0009, 0.1776), abs=5e-5)
    assert korn_graubard(1, 20) == pytest.approx((0.8316, 1.0), abs=5e-5)
