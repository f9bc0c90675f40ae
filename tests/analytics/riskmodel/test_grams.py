"""Runs of characters and sounds."""

from __future__ import annotations

import numpy as np
import pytest
from pypinyin.constants import PINYIN_DICT

from analytics.riskmodel.cues import AGENT, CUSTOMER, cue_keys
from analytics.riskmodel.grams import (
    find_keys,
    pack,
    read_characters,
    runs_of,
    sounds_of,
    syllable_code,
)
from analytics.words import syllable

pytestmark = pytest.mark.unit


def test_characters_are_plain_and_keep_their_places() -> None:
    read = read_characters(["Ａ b", "", "９好"])

    assert "".join(map(chr, read.code.tolist())) == "ab0好"
    assert read.utterance.tolist() == [0, 0, 2, 2]
    assert read.place.tolist() == [0, 2, 0, 1]


def test_runs_stay_within_an_utterance() -> None:
    runs = runs_of(read_characters(["不好", "的"]))

    assert sorted(runs.key.tolist()) == sorted([pack("不"), pack("好"), pack("的"), pack("不好")])


def test_runs_know_where_they_begin_and_how_long_they_are() -> None:
    runs = runs_of(read_characters(["没有用"]))

    found = dict(
        zip(runs.key.tolist(), zip(runs.first.tolist(), runs.length.tolist(), strict=True), strict=True)
    )
    assert found[pack("有用")] == (1, 2)
    assert found[pack("没有用")] == (0, 3)


def test_homophones_have_the_same_sound() -> None:
    said, heard = (sounds_of(read_characters([text])) for text in ("投诉你a", "头速妮a"))

    assert (said == heard).all()


def test_no_two_syllables_share_a_number() -> None:
    sounds = {syllable(chr(point)) for point in PINYIN_DICT if point < 0xA000}

    assert len({syllable_code(sound) for sound in sounds}) == len(sounds)


@pytest.mark.parametrize("run", ["", "四个字的", "a b"])
def test_what_is_no_run_is_refused(run: str) -> None:
    with pytest.raises(ValueError, match="is not a run"):
        pack(run)


def test_keys_are_found_where_they_are() -> None:
    known = np.array([2, 5, 9], np.uint64)

    hit, place = find_keys(known, np.array([9, 1, 5, 10], np.uint64))

    assert (hit.tolist(), place.tolist()) == ([0, 2], [2, 1])
    assert [each.tolist() for each in find_keys(known[:0], known)] == [[], []]


@pytest.mark.parametrize("cues", [CUSTOMER, AGENT])
def test_a_word_belongs_to_one_cue(cues: dict[str, tuple[str, ...]]) -> None:
    words = [word for each in cues.values() for word in each]

    assert sorted(set(words)) == sorted(words)
    assert all(pack(word) for word in words)


@pytest.mark.parametrize("speaker", ["customer", "agent"])
def test_cue_keys_are_sorted(speaker: str) -> None:
    keys = cue_keys(speaker)

    assert (np.diff(keys.key.astype(object)) > 0).all()
    assert set(keys.cue.tolist()) == set(range(len(keys.names)))
