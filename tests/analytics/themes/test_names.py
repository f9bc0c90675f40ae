"""Names by kind."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.grams import line_of
from analytics.reading import read
from analytics.themes.gramspace import OF_NAMES, grams_of_topics
from analytics.themes.names import kind_symbol, names_in, read_names

pytestmark = pytest.mark.unit


def found(*texts: str) -> list[tuple[int, int, int]]:
    places = names_in(line_of(texts))
    return list(zip(places.first.tolist(), places.last.tolist(), places.kind.tolist(), strict=True))


def test_names_are_found_with_their_kind() -> None:
    assert found("打开微信听青花瓷") == [(2, 4, kind_symbol("software")), (5, 8, kind_symbol("song"))]


def test_the_longest_name_is_taken() -> None:
    assert found("看湖南卫视") == [(1, 5, kind_symbol("station"))]


def test_a_name_does_not_reach_into_the_next_text() -> None:
    assert found("打开微", "信用卡") == []
    assert found("", "") == []


def test_names_of_one_kind_are_alike_in_their_view() -> None:
    def keys(text: str) -> set[int]:
        grams = grams_of_topics(read([text]))
        return set(grams.key[grams.view == OF_NAMES].tolist())

    assert keys("播放周杰伦的歌") == keys("播放邓丽君的歌") != set()
    assert keys("播放我的歌") == set()


def test_a_name_has_its_place_in_the_text() -> None:
    grams = grams_of_topics(read(["去北京玩"]))
    alone = grams.take(np.flatnonzero((grams.view == OF_NAMES) & (grams.length == 1)))

    assert (alone.start.tolist(), alone.end.tolist()) == ([1], [3])


def test_no_name_is_listed_twice_in_a_kind() -> None:
    names = read_names()
    assert len(names) > 3000 and {"software", "city", "dish"} <= set(names.values())
