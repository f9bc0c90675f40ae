from __future__ import annotations

import math
import random

import pytest

from analytics.overview.funnel import (
    OUT,
    WATCH,
    Judged,
    effective_size,
    funnel_of_means,
    funnel_of_rates,
)

pytestmark = pytest.mark.unit


def judged(*values: float, weight: float = 1.0) -> list[Judged]:
    return [Judged(value, weight) for value in values]


def test_limits_of_means_narrow_with_the_root_of_the_size() -> None:
    funnel = funnel_of_means({"a": judged(70, 90), "b": judged(60, 80, 100)})

    # within groups: squares 200 + 800 over 3 degrees of freedom
    spread = math.sqrt(1000 / 3)
    assert funnel.centre == pytest.approx(80)
    assert funnel.limits(4, WATCH) == pytest.approx(
        (80 - 1.96 * spread / 2, min(100, 80 + 1.96 * spread / 2))
    )
    assert funnel.limits(1, OUT) == pytest.approx((80 - 3.09 * spread, 100))
    assert funnel.limits(400, WATCH) == pytest.approx((80 - 1.96 * spread / 20, 80 + 1.96 * spread / 20))


def test_a_bad_group_is_out_and_a_small_one_with_the_same_mean_is_not() -> None:
    chance = random.Random(1)
    groups = {f"good-{number}": judged(*(chance.gauss(85, 10) for _ in range(40))) for number in range(8)}
    groups["bad"] = judged(*(chance.gauss(65, 10) for _ in range(40)))
    groups["new"] = judged(65, 66)

    flags = {point.group: (point.flag, point.side) for point in funnel_of_means(groups).points}

    assert flags["bad"] == ("out", -1)
    assert flags["new"][0] != "out"
    assert [name for name, found in flags.items() if found == ("out", -1)] == ["bad"]


def test_limits_of_rates_are_the_papers() -> None:
    # Spiegelhalter 2005, A.1.1: r the smallest count with F(r) > p, moved by what F goes beyond p
    funnel = funnel_of_rates({"all": judged(*[1] * 10, *[0] * 90)})
    low, high = funnel.limits(100, WATCH)

    assert funnel.centre == pytest.approx(0.1)
    # F(4) = 0.0237, F(5) = 0.0576: 5 - (0.0576 - 0.0250) / 0.0339
    assert low * 100 == pytest.approx(4.038, abs=0.005)
    # F(15) = 0.9601, F(16) = 0.9794: 16 - (0.9794 - 0.9750) / 0.0193
    assert high * 100 == pytest.approx(15.77, abs=0.01)


def test_limits_of_rates_stay_between_none_and_all() -> None:
    funnel = funnel_of_rates({"few": judged(0, 1, 1), "many": judged(*[0] * 50, *[1] * 50)})

    assert all(0 <= bound <= 1 for size in (0.4, 1, 2, 7, 1000) for bound in funnel.limits(size, OUT))


@pytest.mark.parametrize(("values", "rate"), [([0, 0, 0], 0.0), ([1, 1], 1.0)])
def test_where_all_are_alike_nobody_stands_out(values: list[float], rate: float) -> None:
    (point,) = funnel_of_rates({"a": judged(*values)}).points

    assert (point.value, point.flag, point.side) == (rate, "", 0)


def test_calls_drawn_by_risk_do_not_count_as_many() -> None:
    """Two bad calls were drawn because they looked bad, two by chance stand for forty others."""
    by_risk, by_chance = judged(20, 30), judged(90, 80, weight=20)

    (point,) = funnel_of_means({"a": [*by_risk, *by_chance]}).points

    assert point.value == pytest.approx((50 + 170 * 20) / 42)
    assert point.size == pytest.approx(42**2 / (2 + 2 * 400))
    assert point.judged == 4


def test_equal_weights_are_worth_their_number() -> None:
    assert effective_size(judged(*range(7), weight=13)) == pytest.approx(7)
    assert effective_size([]) == 0


def test_no_group_makes_an_empty_funnel() -> None:
    assert funnel_of_means({}).points == funnel_of_rates({"a": []}).points == ()


def test_about_one_of_twenty_good_groups_crosses_the_inner_limits() -> None:
    chance = random.Random(7)
    crossed = watched = 0
    for _ in range(60):
        groups = {str(number): judged(*(chance.gauss(60, 8) for _ in range(30))) for number in range(20)}
        flags = [point.flag for point in funnel_of_means(groups).points]
        watched += len(flags) - flags.count("")
        crossed += flags.count("out")

    # of 1,200: 60 and 2.4 by chance; the bounds are five standard deviations away
    assert 25 <= watched <= 97
    assert crossed <= 10
