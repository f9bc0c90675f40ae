"""Characters as the risk model reads them, and its cues."""

from __future__ import annotations

import pytest

from analytics.riskmodel.cues import AGENT, CUSTOMER, cue_keys
from analytics.riskmodel.written import run_key, written

pytestmark = pytest.mark.unit


def test_characters_are_plain_and_keep_their_places() -> None:
    read = written(["Ａ b", "", "９好"])

    assert "".join(map(chr, read.code.tolist())) == "ab0好"
    assert read.text.tolist() == [0, 0, 2, 2]
    assert read.start.tolist() == [0, 2, 0, 1]


@pytest.mark.parametrize("run", ["", "四个字的", "a b"])
def test_what_is_no_run_is_refused(run: str) -> None:
    with pytest.raises(ValueError, match="is not a run"):
        run_key(run)


@pytest.mark.parametrize("cues", [CUSTOMER, AGENT])
def test_a_word_belongs_to_one_cue(cues: dict[str, tuple[str, ...]]) -> None:
    words = [word for each in cues.values() for word in each]

    assert sorted(set(words)) == sorted(words)
    assert len({run_key(word) for word in words}) == len(words)


@pytest.mark.parametrize("speaker", ["customer", "agent"])
def test_every_cue_has_words(speaker: str) -> None:
    keys = cue_keys(speaker)

    assert set(keys.cue.tolist()) == set(range(len(keys.names)))
