import pytest

from ivr.drawing.lines import Piece, SharedLine, rounded

pytestmark = pytest.mark.unit

FIRST = [(0.0, 0.0), (50.0, 0.0), (50.0, 100.0), (90.0, 100.0)]


def test_the_first_way_is_drawn_to_the_card() -> None:
    assert SharedLine().joined(FIRST) == Piece(FIRST, False)


def test_a_way_ends_a_little_behind_where_it_joins() -> None:
    line = SharedLine()
    line.joined(FIRST)
    way = [(0.0, 40.0), (50.0, 40.0), (50.0, 100.0), (90.0, 100.0)]
    assert line.joined(way) == Piece([(0.0, 40.0), (50.0, 40.0), (50.0, 54.0)], True)


def test_a_way_from_beyond_joins_at_the_corner() -> None:
    line = SharedLine()
    line.joined(FIRST)
    way = [(0.0, 160.0), (50.0, 160.0), (50.0, 100.0), (90.0, 100.0)]
    assert line.joined(way) == Piece([(0.0, 160.0), (50.0, 160.0), (50.0, 100.0), (64.0, 100.0)], True)


def test_the_same_way_again_is_hardly_drawn() -> None:
    line = SharedLine()
    line.joined(FIRST)
    assert rounded(line.joined(FIRST).points) == "M0.0 0.0 L14.0 0.0"


def test_corners_are_round_and_small_steps_less_so() -> None:
    assert rounded(FIRST[:3]) == "M0.0 0.0 L43.0 0.0 Q50.0 0.0 50.0 7.0 L50.0 100.0"
    assert rounded([(0, 0), (50, 0), (50, 4), (90, 4)]) == (
        "M0.0 0.0 L48.0 0.0 Q50.0 0.0 50.0 2.0 L50.0 2.0 Q50.0 4.0 52.0 4.0 L90.0 4.0"
    )
