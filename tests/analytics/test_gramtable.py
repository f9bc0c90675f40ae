"""Units of text found in a table, as they are found by name."""

from __future__ import annotations

import pytest

from analytics.gramtable import GramTable
from analytics.words import units

pytestmark = pytest.mark.unit

TEXTS = ["我要投诉你们", "", "阿里a套餐多少钱", "投诉"]


def found(table: GramTable, texts: list[str]) -> list[tuple[int, int]]:
    return sorted(zip(*(each.tolist() for each in table.find(texts)), strict=True))


def test_every_known_unit_is_found_as_often_as_it_is_said() -> None:
    names = sorted({unit.name for text in TEXTS for unit in units(text)})
    columns = {name: number for number, name in enumerate(names) if number % 3}

    expected = sorted(
        (number, columns[unit.name])
        for number, text in enumerate(TEXTS)
        for unit in units(text)
        if unit.name in columns
    )

    assert found(GramTable(columns), TEXTS) == expected


def test_syllables_are_alike_whatever_character_is_written() -> None:
    table = GramTable({"s:tou su": 7, "c:投": 3})

    assert found(table, ["投诉", "头速", "投"]) == [(0, 3), (0, 7), (1, 7), (2, 3)]


def test_runs_do_not_go_over_from_one_text_to_the_next() -> None:
    assert found(GramTable({"c:投诉": 0, "s:tou su": 1}), ["投", "诉"]) == []


def test_nothing_is_found_in_nothing() -> None:
    assert found(GramTable({"c:投": 0}), []) == []
    assert found(GramTable({}), ["投"]) == []
