from itertools import pairwise

import pytest

from ivr.drawing.chapters import CHAPTER, WHOLE, chapters
from ivr.drawing.layers import columns

pytestmark = pytest.mark.unit


def test_a_small_flow_stays_in_one_piece() -> None:
    names = [str(i) for i in range(WHOLE)]
    assert chapters(names, list(pairwise(names))) == [names]


def test_a_chain_is_cut_into_pieces_that_fit() -> None:
    names = [str(i) for i in range(30)]
    parts = chapters(names, list(pairwise(names)))
    assert [name for part in parts for name in part] == names
    assert all(len(part) <= CHAPTER for part in parts)


def test_where_many_ways_meet_a_chapter_begins() -> None:
    chain = [f"n{i}" for i in range(20)]
    ways = [*pairwise(chain), *((name, "agent") for name in chain[::3]), ("agent", "voicemail")]
    parts = chapters([*chain, "agent", "voicemail"], ways)
    assert ["agent", "voicemail"] in parts


def test_a_menu_begins_a_chapter_rather_than_a_step_on_the_way_there() -> None:
    before, behind = [f"b{i}" for i in range(6)], [f"m{i}" for i in range(7)]
    ways = [*pairwise(before), (before[-1], "m0"), *pairwise(behind), ("m0", "extra")]
    assert chapters([*before, *behind, "extra"], ways) == [before, [*behind, "extra"]]


def test_the_card_of_what_all_inputs_share_is_with_the_beginning() -> None:
    chain = [f"n{i}" for i in range(20)]
    parts = chapters(["start", "any", *chain], [("start", "n0"), ("any", "n19"), *pairwise(chain)])
    assert {"start", "any", "n0"} <= set(parts[0])


def test_every_node_is_in_one_chapter_and_none_is_wide() -> None:
    names = [str(i) for i in range(60)]
    ways = [*pairwise(names), *((str(i), str(min(59, i + i % 7 + 2))) for i in range(0, 58, 3))]
    parts = chapters(names, ways)
    assert sorted(name for part in parts for name in part) == sorted(names)
    for part in parts:
        inside = [way for way in ways if set(way) <= set(part)]
        assert max(columns(part, inside).values()) < CHAPTER
