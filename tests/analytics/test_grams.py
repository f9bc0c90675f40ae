"""Runs of characters and of syllables as numbers."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin.constants import PINYIN_DICT

from analytics.grams import Known, Line, hashes, key_of, line_of, points_of, runs_of, sounds_of, syllable_code
from analytics.words import syllable

pytestmark = pytest.mark.unit


def key(run: str) -> int:
    return key_of(points_of(run).astype(np.uint64))


def test_characters_keep_their_text_and_their_place() -> None:
    line = line_of(["ab", "", "好😡"])

    assert "".join(map(chr, line.code.tolist())) == "ab好😡"
    assert line.text.tolist() == [0, 0, 2, 2]
    assert list(zip(line.start.tolist(), line.end.tolist(), strict=True)) == [(0, 1), (1, 2), (0, 1), (1, 2)]


def test_a_table_reads_characters_as_others_and_leaves_some_out() -> None:
    table = np.arange(0x110000, dtype=np.uint32)
    table[ord("A")], table[ord(" ")] = ord("a"), 0

    line = line_of(["A b"], table)

    assert ("".join(map(chr, line.code.tolist())), line.start.tolist()) == ("ab", [0, 2])


def test_runs_stay_within_a_text_and_know_where_they_begin() -> None:
    runs = runs_of(line_of(["没用", "的"]), (1, 2))

    found = list(zip(runs.key.tolist(), runs.first.tolist(), runs.length.tolist(), strict=True))
    assert found == [(key("没"), 0, 1), (key("用"), 1, 1), (key("的"), 2, 1), (key("没用"), 0, 2)]


def test_a_run_has_another_number_in_another_view() -> None:
    line = line_of(["没用"])

    assert not set(runs_of(line, (1, 2)).key.tolist()) & set(runs_of(line, (1, 2), 1).key.tolist())


def test_there_are_no_runs_of_nothing_and_none_longer_than_the_line() -> None:
    assert [len(each) for each in hashes(line_of(["没"]).code, 3)] == [1]
    assert len(runs_of(line_of([]), (1, 2, 3)).key) == len(runs_of(line_of(["没"]), (2, 3)).key) == 0


def test_homophones_have_the_same_sound_and_what_has_none_stands_for_itself() -> None:
    said, heard = (sounds_of(line_of([text]).code) for text in ("投诉你a😡", "头速妮a😡"))

    assert said.tolist() == heard.tolist()
    assert said.tolist()[3:] == [ord("a"), ord("😡")]


def test_no_two_syllables_share_a_number() -> None:
    names = {syllable(chr(point)): chr(point) for point in PINYIN_DICT if point < 0xA000}

    assert len({syllable_code(character) for character in names.values()}) == len(names)


def test_part_of_a_line_may_be_read_otherwise() -> None:
    line = line_of(["一二"])

    kept = line.kept(np.array([False, True]), np.array([7, 8], np.uint64))

    assert [each.tolist() for each in (kept.code, kept.text, kept.start, kept.end)] == [[8], [0], [1], [2]]
    assert isinstance(kept, Line)


@given(st.sets(st.integers(0, 2**64 - 2), max_size=60), st.lists(st.integers(0, 2**64 - 2), max_size=20))
def test_known_runs_are_found_where_they_are(known: set[int], others: list[int]) -> None:
    keys = np.array(sorted(known), np.uint64)
    asked = [*sorted(known)[::2], *others]

    hit, place = Known(keys).find(np.array(asked, np.uint64))

    assert hit.tolist() == [number for number, each in enumerate(asked) if each in known]
    assert keys[place].tolist() == [each for each in asked if each in known]


def test_close_numbers_are_told_apart() -> None:
    keys = np.arange(5, 300, 5, dtype=np.uint64)

    hit, place = Known(keys).find(np.arange(300, dtype=np.uint64))

    assert (hit.tolist(), place.tolist()) == (keys.tolist(), list(range(len(keys))))
    assert all(one < other for one, other in pairwise(hit.tolist()))
