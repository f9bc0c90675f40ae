from itertools import pairwise

import pytest

from ivr.drawing.layers import Segment, columns, loops, ordered

pytestmark = pytest.mark.unit


def test_the_way_back_closes_the_loop() -> None:
    links = [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("d", "d")]
    assert loops(["a", "b", "c", "d"], links) == {2, 4}


def test_two_ways_to_one_node_are_no_loop() -> None:
    assert loops(["a", "b", "c"], [("a", "b"), ("a", "c"), ("b", "c")]) == set()


def test_a_long_chain_needs_no_deep_stack() -> None:
    names = [str(i) for i in range(20_000)]
    links = [*pairwise(names), (names[-1], names[0])]
    assert loops(names, links) == {len(links) - 1}


def test_a_node_stands_right_of_all_that_lead_to_it() -> None:
    links = [("a", "b"), ("b", "c"), ("a", "c"), ("c", "d")]
    assert columns(["a", "b", "c", "d"], links) == {"a": 0, "b": 1, "c": 2, "d": 3}


def test_what_nothing_leads_to_stands_near_to_where_it_leads() -> None:
    links = [("a", "b"), ("b", "c"), ("x", "c")]
    assert columns(["a", "b", "c", "x", "y"], links) == {"a": 0, "b": 1, "c": 2, "x": 1, "y": 0}


def test_crossings_are_taken_out() -> None:
    segments = [Segment("a", "y"), Segment("b", "x")]
    heights = dict.fromkeys("abxy", 10.0)
    assert ordered([["a", "b"], ["x", "y"]], segments, heights) in (
        [["a", "b"], ["y", "x"]],
        [["b", "a"], ["x", "y"]],
    )


def test_targets_stand_in_the_order_of_the_ways_that_lead_there() -> None:
    segments = [Segment("menu", name, port) for name, port in (("z", 10.0), ("y", 30.0), ("x", 50.0))]
    assert ordered([["menu"], ["x", "y", "z"]], segments, {"menu": 60.0, "x": 9.0, "y": 9.0, "z": 9.0}) == [
        ["menu"],
        ["z", "y", "x"],
    ]
