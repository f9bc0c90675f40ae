"""What a centre changes in the criteria and causes of complaints."""

from __future__ import annotations

from pathlib import Path

import pytest

from analytics.calltext import turns_of
from analytics.complaints import criteria_met
from analytics.complaints.overruling import SHIPPED, Rulings, fault_of, read_rulings, users_rulings
from analytics.complaints.speech import Speech
from calls.errors import AnalyticsError
from calls.records import Role
from tests.analytics.dialogue import transcript

pytestmark = pytest.mark.unit


def rulings(folder: Path, text: str) -> Rulings:
    path = folder / "criteria.yaml"
    path.write_text(text, "utf-8")
    return read_rulings(path)


def met(own: Rulings, *lines: str, earlier_calls: int | None = None) -> list[str]:
    turns = tuple(turn for turn in turns_of(transcript(*lines)) if turn.role is Role.CALLER)
    return [hit.criterion for hit in criteria_met(Speech(turns), earlier_calls, own)]


def test_a_wording_is_added_to_the_shipped_ones_and_found_by_its_sound(tmp_path: Path) -> None:
    own = rulings(tmp_path, "criteria:\n  media: {add: [找大微博主]}\n")

    assert met(own, "c:我要找大微博主", "c:我要曝光你们") == ["media", "media"]
    assert met(own, "c:我要找大威博主") == ["media"]
    assert met(SHIPPED, "c:我要找大微博主") == []


def test_what_is_added_must_be_meant_too(tmp_path: Path) -> None:
    own = rulings(tmp_path, "criteria:\n  media: {add: [找大微博主]}\n")

    assert met(own, "c:我不会找大微博主", "a:你要找大微博主吗") == []


def test_a_wording_takes_the_place_of_the_shipped_ones(tmp_path: Path) -> None:
    own = rulings(tmp_path, "criteria:\n  media: {only: ['=找<posts>大号']}\n")

    assert met(own, "c:我要曝光你们") == []
    assert met(own, "c:我去找抖音大号") == ["media"]


def test_a_criterion_is_left_out(tmp_path: Path) -> None:
    own = rulings(tmp_path, "criteria:\n  law: {off: true}\n  repeat: {off: true}\n")

    assert met(own, "c:我要起诉你们", earlier_calls=9) == []


def test_numbers_are_the_centres_own(tmp_path: Path) -> None:
    own = rulings(tmp_path, "criteria:\n  amount: {yuan: 5000}\n  repeat: {calls: 4}\n")

    assert met(own, "c:你们扣了我三千块") == []
    assert met(own, "c:你们扣了我六千块") == ["amount"]
    assert (met(own, "c:查一下", earlier_calls=3), met(own, "c:查一下", earlier_calls=4)) == ([], ["repeat"])


def test_an_empty_change_changes_nothing(tmp_path: Path) -> None:
    assert met(rulings(tmp_path, "causes: {}\n"), "c:我要起诉你们") == ["law"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("criteria:\n  medial: {off: true}\n", "criteria.yaml:2: criteria.medial: unknown field 'medial'"),
        (
            "criteria:\n  media:\n    add: ['(']\n",
            "criteria.yaml:3: criteria.media.add.0: no regular expression",
        ),
        ("criteria:\n  media: {only: []}\n", "criteria.yaml:2: criteria.media.only: "),
        ("criteria:\n  amount: {yuan: -1}\n", "criteria.yaml:2: criteria.amount.yuan: "),
        (
            "criteria:\n  law: {add: [去<palace>]}\n",
            "criteria.yaml:2: criteria.law.add.0: unknown part <palace>",
        ),
        ("causes:\n  weather: {off: true}\n", "criteria.yaml:2: causes.weather: unknown cause 'weather'"),
        ("causes:\n  delay: {add: ['等.*天']}\n", "criteria.yaml:2: causes.delay.add.0: * has no upper end"),
    ],
)
def test_a_fault_is_told_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(AnalyticsError) as caught:
        rulings(tmp_path, text)

    assert told in caught.value.message


@pytest.mark.parametrize(
    "pattern",
    [
        "曝光",
        "=找.{0,6}记者",
        "~起诉",
        r"\(曝光\)",
        "[+*]号",
        "(?:了|过){0,3}打",
        "(?<!不)告",
        "(?:了?过?){1,3}打",
    ],
)
def test_patterns_that_end_may_be_used(pattern: str) -> None:
    assert fault_of(pattern) == ("", "")


@pytest.mark.parametrize(
    "pattern",
    [
        "找.+记者",
        "找.{2,}记者",
        "(?:a{0,3}){0,9}b",
        "(?:a?){0,9}b",
        "(?:(?:a?)b?){4}c",
        ".{0,99}.{0,99}.{0,99}a",
        "了?",
    ],
)
def test_patterns_that_may_take_long_or_match_nothing_are_refused(pattern: str) -> None:
    problem, hint = fault_of(pattern)
    assert problem and hint


def test_the_environment_names_a_centres_own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rulings(tmp_path, "criteria:\n  media: {add: [找大微博主]}\n")
    monkeypatch.setenv("HUAWU_CRITERIA", str(tmp_path / "criteria.yaml"))
    users_rulings.cache_clear()
    try:
        assert met(users_rulings(), "c:我要找大微博主") == ["media"]
    finally:
        users_rulings.cache_clear()
