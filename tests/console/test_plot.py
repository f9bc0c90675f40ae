from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from markupsafe import Markup

from console.plot import Band, Bar, Line, Mark, Stack, bar_plot, column_plot, funnel_plot, line_plot
from console.plot.drawing import ticks

pytestmark = pytest.mark.unit


def parsed(svg: Markup) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def of_class(svg: Markup, kind: str) -> list[ElementTree.Element]:
    return [each for each in parsed(svg).iter() if kind in each.get("class", "").split()]


@pytest.mark.parametrize(
    ("low", "high", "places"),
    [
        (0.0, 1.0, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (0.0, 7.0, [0.0, 2.0, 4.0, 6.0]),
        (58.0, 100.0, [60.0, 70.0, 80.0, 90.0, 100.0]),
        (0.0, 0.003, [0.0, 0.001, 0.002, 0.003]),
        (-3.0, 4.0, [-2.0, 0.0, 2.0, 4.0]),
        (5.0, 5.0, [5.0]),
    ],
)
def test_ticks_are_round_numbers_within_the_range(low: float, high: float, places: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(places)


def test_columns_are_as_high_as_their_values_and_stand_on_each_other() -> None:
    svg = column_plot("calls", ["a", "b"], [Stack("x", [4, 0]), Stack("y", [2, 6], 1)])

    columns = [(float(each.get("y", "")), float(each.get("height", ""))) for each in of_class(svg, "column")]

    (x_y, x_h), (ya_y, ya_h), (yb_y, yb_h) = columns  # nothing is drawn for zero
    assert x_h == pytest.approx(2 * ya_h, abs=0.2)
    assert yb_h == pytest.approx(x_h + ya_h, abs=0.2)
    assert ya_y + ya_h == pytest.approx(x_y, abs=0.2)
    assert yb_y == pytest.approx(ya_y, abs=0.2)
    assert [each.get("class") for each in of_class(svg, "tint-1")] == ["column tint-1"] * 2


def test_a_line_breaks_where_nothing_is_known_and_a_lone_value_is_a_dot() -> None:
    svg = line_plot("rate", list("abcde"), [Line("x", [1.0, 2.0, None, 3.0, None])])

    (path,) = of_class(svg, "line")
    assert re.sub(r"[\d. ]", "", path.get("d", "")) == "MLM"
    assert len(of_class(svg, "dot")) == 1


def test_a_band_covers_its_bounds_and_a_lone_one_is_a_whisker() -> None:
    bounds = [(0.1, 0.3), (0.2, 0.4), None, (0.0, 1.0)]
    svg = line_plot("rate", list("abcd"), [Line("x", [0.2, 0.3, None, 0.5], dots=True)], [Band(bounds)])

    (band,) = of_class(svg, "band")
    (whisker,) = of_class(svg, "whisker")
    assert len(band.get("points", "").split()) == 4
    assert float(whisker.get("y1", "")) > float(whisker.get("y2", ""))


def test_bars_are_as_long_as_their_values_and_flagged_ones_stand_out() -> None:
    svg = bar_plot("lost", [Bar("menu", 10), Bar("agent", 5, "/ 20", flagged=True)])

    one, two = of_class(svg, "column")
    assert float(one.get("width", "")) == pytest.approx(2 * float(two.get("width", "")), abs=0.2)
    assert two.get("class") == "column flagged"
    assert [each.text for each in parsed(svg).iter("text")] == ["menu", "10", "agent", "5 / 20"]


def test_a_funnel_marks_who_is_out_by_name() -> None:
    svg = funnel_plot(
        "score",
        [Mark("王静", 40, 88.0), Mark("陈晨", 40, 60.0, "out")],
        85.0,
        lambda size, z: (85 - z * 10 / size**0.5, 85 + z * 10 / size**0.5),
        (1.96, 3.09),
        bounds=(0, 100),
        size_label="calls",
    )

    good, bad = of_class(svg, "mark")
    assert (good.get("class"), bad.get("class")) == ("mark", "mark out")
    assert float(bad.get("cy", "")) > float(good.get("cy", ""))
    assert [each.text for each in of_class(svg, "name")] == ["陈晨"]
    assert len(of_class(svg, "limit")) == 4


@pytest.mark.parametrize(
    "svg",
    [
        column_plot("none", [], []),
        line_plot("none", [], []),
        line_plot("none", ["a"], [Line("x", [None])], low=None),
        bar_plot("none", []),
        funnel_plot("none", [], 0.5, lambda size, z: (0.0, 1.0), (1.96, 3.09), bounds=(0, 1), size_label="n"),
    ],
)
def test_nothing_to_plot_is_an_empty_plot(svg: Markup) -> None:
    assert parsed(svg).tag == "svg"


def test_names_cannot_break_out_of_the_drawing() -> None:
    evil = '"><script>alert(1)</script>'

    svg = bar_plot(evil, [Bar(evil, 1, evil)]) + column_plot(evil, [evil], [Stack(evil, [1])])

    assert "<script" not in svg
    assert "style=" not in svg and "onload" not in svg
