from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from calls.document import Section, read_document
from calls.errors import CalendarError, FlowError
from ivr.calendar import Calendar, shipped_calendar
from ivr.hours import Schedule, Span

pytestmark = pytest.mark.unit

CHINA = shipped_calendar("china")
OFFICE = Schedule(
    weekly={"mon-fri": ("09:00-12:00", "13:30-18:00"), "sat": ("10:00-16:00",)},  # type: ignore[dict-item]
    overrides={"2026-12-31": ("09:00-12:00",), "2026-10-01": ("10:00-12:00",), "2026-11-24": ()},  # type: ignore[dict-item]
    calendar="china",
)


def schedule(**fields: Any) -> Schedule:
    return Schedule(**{"weekly": {"mon-sun": ["09:00-18:00"]}, **fields})


def at(text: str) -> datetime:
    """Return a time in Shanghai, given in another zone."""
    return (datetime.fromisoformat(text) - timedelta(hours=8)).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("when", "state"),
    [
        ("2026-11-23 08:59", "closed"),
        ("2026-11-23 09:00", "open"),
        ("2026-11-23 11:59", "open"),
        ("2026-11-23 12:00", "closed"),
        ("2026-11-23 13:30", "open"),
        ("2026-11-21 10:00", "open"),
        ("2026-11-22 10:00", "closed"),
        # a holiday, the Sunday worked in exchange (with Monday's hours), and exceptions over both
        ("2026-02-17 10:00", "holiday"),
        ("2026-01-04 17:00", "open"),
        ("2026-01-04 18:00", "closed"),
        ("2026-10-01 11:00", "open"),
        ("2026-10-01 12:00", "closed"),
        ("2026-12-31 15:00", "closed"),
        ("2026-11-24 10:00", "closed"),
        # a year without a notice: the week alone
        ("2031-10-01 10:00", "open"),
    ],
)
def test_an_office(when: str, state: str) -> None:
    assert OFFICE.state(at(when), CHINA) == state


def test_no_calendar_no_holidays() -> None:
    new_year = at("2026-01-01 10:00")
    assert schedule().state(new_year, CHINA) == "open"
    assert schedule(calendar="china").state(new_year) == "open"
    assert schedule(calendar="china").state(new_year, CHINA) == "holiday"


def test_days_worked_in_exchange_can_have_hours_of_their_own() -> None:
    short = schedule(calendar="china", makeup=["10:00-12:00"])
    assert [short.state(at(f"2026-01-04 {hour}:00"), CHINA) for hour in ("09", "10", "12")] == [
        "closed",
        "open",
        "closed",
    ]


@pytest.mark.parametrize(
    ("when", "state"),
    [
        ("2026-11-23 19:59", "closed"),
        ("2026-11-23 20:00", "open"),
        ("2026-11-24 01:59", "open"),
        ("2026-11-24 02:00", "closed"),
        # the night before the holiday ends in it, and it has none of its own
        ("2026-09-25 01:00", "open"),
        ("2026-09-25 21:00", "holiday"),
    ],
)
def test_a_night_goes_on_into_the_next_day(when: str, state: str) -> None:
    night = schedule(weekly={"mon-sun": ["20:00-02:00"]}, calendar="china")
    assert night.state(at(when), CHINA) == state


def test_round_the_clock() -> None:
    always = schedule(weekly={"mon-sun": ["00:00-24:00"]})
    start = at("2026-11-23 00:00")
    assert {always.state(start + timedelta(minutes=n)) for n in range(0, 8 * 24 * 60, 7)} == {"open"}


def test_days_over_the_end_of_the_week() -> None:
    weekend = schedule(weekly={"sat-mon": ["09:00-10:00"]})
    days = [weekend.state(at(f"2026-11-{day} 09:30")) for day in range(21, 28)]
    assert days == ["open", "open", "open", "closed", "closed", "closed", "closed"]


def test_another_time_zone() -> None:
    tokyo = schedule(timezone="Asia/Tokyo")
    assert [tokyo.state(at(f"2026-11-23 {time}")) for time in ("07:59", "08:00", "17:00")] == [
        "closed",
        "open",
        "closed",
    ]


def test_a_time_needs_its_zone() -> None:
    with pytest.raises(ValueError, match="without its zone"):
        OFFICE.state(datetime(2026, 11, 23, 10))


def test_the_linter_learns_how_far_the_calendar_reaches() -> None:
    assert (OFFICE.known_until(CHINA), schedule().known_until(CHINA)) == (date(2026, 12, 31), None)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"weekly": {"mon": ["9:00-18:00"]}}, "write a span as '09:00-18:00'"),
        ({"weekly": {"mon": ["09:00-18:60"]}}, "write a span as '09:00-18:00'"),
        ({"weekly": {"mon": ["24:00-02:00"]}}, "a day begins at 00:00 and ends at 24:00"),
        ({"weekly": {"mon": ["20:00-24:30"]}}, "a day begins at 00:00 and ends at 24:00"),
        ({"weekly": {"mon": ["09:00-09:00"]}}, "the whole day is '00:00-24:00'"),
        ({"weekly": {"mon": ["12:00-09:00"]}}, "ends before it begins, or a night of over 16 hours"),
        (
            {"weekly": {"mon": ["13:00-18:00", "09:00-13:30"]}},
            "mon: 09:00-13:30 and 13:00-18:00 overlap",
        ),
        ({"weekly": {"mon": ["20:00-02:00", "23:00-24:00"]}}, "20:00-02:00 and 23:00-24:00 overlap"),
        ({"weekly": {"mon-fri": [], "wed": []}}, "wed is given twice, by 'mon-fri' and 'wed'"),
        ({"weekly": {"周一": []}}, "unknown day '周一': write one of mon, tue,"),
        ({"weekly": {"mon-": []}}, "unknown day 'mon-'"),
        ({"weekly": {}}, "at least 1"),
        ({"overrides": {"2026-02-30": []}}, "'2026-02-30' is no date: write it as 2026-12-31"),
        ({"overrides": {20261231: []}}, "20261231 is no date"),
        ({"overrides": {date(2026, 1, 1): [], "2026-01-01": []}}, "2026-01-01 is given twice"),
        ({"overrides": {"2026-01-01": ["09:00-12:00", "11:00-13:00"]}}, "2026-01-01: 09:00-12:00 and"),
        ({"makeup": ["09:00-12:00", "11:00-13:00"]}, "09:00-12:00 and 11:00-13:00 overlap"),
        ({"timezone": "Asia/Peking"}, "unknown time zone: write one such as Asia/Shanghai"),
        ({"timezone": "../etc"}, "unknown time zone"),
        ({"timezone": "Asia"}, "unknown time zone"),
    ],
)
def test_hours_that_cannot_be_meant_are_refused(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError) as refused:
        schedule(**fields)
    assert complaint in str(refused.value)


def test_a_schedule_in_a_file_and_its_complaint(tmp_path: Path) -> None:
    class Centre(Section):
        hours: Schedule

    path = tmp_path / "centre.yaml"
    text = "hours:\n  weekly:\n    mon-fri: [09:00-18:00]\n  overrides:\n    2026-12-31: [09:00-12:00]\n"
    path.write_text(text)
    hours = read_document(path, FlowError).read_as(Centre).hours
    assert hours.overrides == {date(2026, 12, 31): (Span(540, 720),)}
    path.write_text(text.replace("18:00", "6pm"))
    with pytest.raises(FlowError) as refused:
        read_document(path, FlowError).read_as(Centre)
    assert str(refused.value) == (
        f"{path}:3: hours.weekly.mon-fri.0: write a span as '09:00-18:00', not '09:00-6pm'"
    )


def test_a_schedule_has_a_schema() -> None:
    weekly = Schedule.model_json_schema()["properties"]["weekly"]
    assert weekly["additionalProperties"]["items"]["type"] == "string"


# -- the calendar of mainland China -------------------------------------------------------------------


@pytest.mark.parametrize(("year", "holidays", "worked"), [(2024, 28, 8), (2025, 28, 5), (2026, 33, 6)])
def test_a_year_of_the_notices(year: int, holidays: int, worked: int) -> None:
    days = [date(year, 1, 1) + timedelta(n) for n in range(366)]
    kinds = {day: CHINA.kind(day) for day in days if day.year == year}
    assert list(kinds.values()).count("holiday") == holidays
    assert list(kinds.values()).count("workday") == worked
    # only a Saturday or a Sunday can be worked in exchange
    assert {day.weekday() for day, kind in kinds.items() if kind == "workday"} <= {5, 6}


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        ("2024-02-09", None),  # the eve that employers were only asked to give
        ("2024-09-15", "holiday"),
        ("2025-01-28", "holiday"),
        ("2025-10-08", "holiday"),
        ("2025-10-11", "workday"),
        ("2026-02-14", "workday"),
        ("2026-02-23", "holiday"),
        ("2026-11-23", None),
        ("2027-01-01", None),
    ],
)
def test_days_of_the_notices(day: str, kind: str | None) -> None:
    assert CHINA.kind(date.fromisoformat(day)) == kind


def test_every_year_names_its_notice() -> None:
    assert CHINA.years[2026] == (
        "国务院办公厅关于2026年部分节假日安排的通知，国办发明电〔2025〕7号，2025-11-04"
    )
    assert list(CHINA.years) == [2024, 2025, 2026]


@pytest.mark.parametrize(
    ("holiday", "complaint"),
    [
        (
            "{name: x, first: 2026-01-03, last: 2026-01-01}",
            "holidays.0.last: 2026-01-01 is before 2026-01-03",
        ),
        ("{name: x, first: 2025-12-31, last: 2026-01-01}", "holidays.0: 2025-12-31 is not in 2026"),
        ("{name: x, first: 2026-01-01, last: 2026-01-02, worked: [2026-01-02]}", "2026-01-02 is given twice"),
        ("{name: x, first: '2026-01-01', last: 2026-01-02}", "holidays.0.first:"),
    ],
)
def test_a_calendar_that_contradicts_itself_is_refused(tmp_path: Path, holiday: str, complaint: str) -> None:
    path = tmp_path / "calendar.yaml"
    path.write_text(
        f"name: x\nyears:\n  2026:\n    notice: n\n    issued: 2025-11-04\n    holidays: [{holiday}]\n"
    )
    with pytest.raises(CalendarError) as refused:
        Calendar.load(path)
    assert str(refused.value).startswith(f"{path}:6: years.2026.")
    assert complaint in str(refused.value)
