from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.hot_words import NAMES, Row, keep, kept, measure, others
from speech.hotwordlist import HotWord

pytestmark = pytest.mark.unit

MEASURED = Row(
    half="unseen",
    list=1000,
    names=80,
    right_before=16,
    right_after=52,
    mended=36,
    spoiled=0,
    neutral=0,
    cer_before=0.1049,
    cer_after=0.0528,
)


def test_names_are_mended_and_nothing_is_spoiled_in_what_the_model_heard() -> None:
    listed = [*map(HotWord, NAMES["unseen"]), *others(980)]

    assert measure("unseen", kept()["unseen"], listed) == MEASURED


def test_a_list_that_holds_none_of_the_names_changes_nothing() -> None:
    row = measure("unseen", kept()["unseen"], others(1000))

    assert row == replace(MEASURED, right_after=row.right_before, mended=0, cer_after=row.cer_before)


def test_what_was_heard_is_kept_as_it_is(tmp_path: Path) -> None:
    keep(kept(), tmp_path / "heard.json")

    assert kept(tmp_path / "heard.json") == kept()
