from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import timedelta

import pytest

from calls.records import Call, Case
from calls.reviewing import CaseStep
from console.complaints.casefigures import Group, MonthFigures, month_figures
from console.complaints.casesheet import COLUMNS, sheet
from console.csvtext import harmless
from tests.console.after_scene import NOW
from tests.console.scene import a_call

pytestmark = pytest.mark.unit

HOUR = timedelta(hours=1)


def a_case(number: int, *, closed_after: int | None = None, due_after: int = 48, **changes: object) -> Case:
    """Return case ``case-<number>``, closed so many hours after its opening."""
    known: dict[str, object] = {
        "id": f"case-{number}",
        "call_id": f"call-{number}",
        "level": "重大",
        "cause": "refund",
        "department": "service",
        "deadline": NOW + due_after * HOUR,
        "created_at": NOW,
        "state": "working" if closed_after is None else "closed",
        "closed_at": None if closed_after is None else NOW + closed_after * HOUR,
    }
    return Case(**{**known, **changes})  # type: ignore[arg-type]


def group(
    key: str, opened: int, closed: int, in_time: int, due: int, hours: float | None, again: int
) -> Group:
    return Group(
        key=key,
        opened=opened,
        closed=closed,
        in_time=in_time,
        due=due,
        time_to_close=None if hours is None else hours * HOUR,
        reopened=again,
    )


def test_a_month_is_counted_by_cause_and_by_department() -> None:
    cases = [
        a_case(1, closed_after=10),
        a_case(2, closed_after=48, department="财务部"),  # on the dot is in time
        a_case(3, closed_after=60),
        a_case(4, cause="delay"),  # overdue
        a_case(5, cause="delay", due_after=90),  # not due yet
        a_case(6, cause="", department="", due_after=90),
    ]
    steps = [CaseStep(case_id="case-3", by="lin", action="reopen")] * 2
    steps.append(CaseStep(case_id="case-1", by="lin", action="note"))

    figures = month_figures(cases, steps, NOW + 72 * HOUR)

    assert figures == MonthFigures(
        group("", 6, 3, 2, 4, 48, 1),
        (
            group("refund", 3, 3, 2, 3, 48, 1),
            group("delay", 2, 0, 0, 1, None, 0),
            group("", 1, 0, 0, 0, None, 0),
        ),
        (
            group("service", 4, 2, 1, 3, 35, 1),
            group("", 1, 0, 0, 0, None, 0),
            group("财务部", 1, 1, 1, 1, 48, 0),
        ),
    )
    assert [each.share_in_time for each in figures.causes] == [2 / 3, 0.0, None]


def test_a_month_without_cases() -> None:
    assert month_figures([], [], NOW) == MonthFigures(group("", 0, 0, 0, 0, None, 0), (), ())


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert harmless(text) == f"'{text}"


def test_the_sheet_of_a_month() -> None:
    cases = [
        a_case(1, closed_after=10, reply="=已退到卡 6222021234567890123，请查收"),
        a_case(2, department="=cmd|' /C calc'!A0", owner="lin"),
    ]
    calls: dict[str, Call] = {f"call-{number}": a_call(number) for number in (1, 2)}
    steps = [CaseStep(case_id="case-1", by="lin", action="reopen")]

    lines = sheet(cases, calls, steps, words=lambda _, value: value, headings=COLUMNS)

    text = b"".join(lines).decode()
    assert text.startswith('\ufeff"case","opened","caller",')
    first, second = csv.DictReader(io.StringIO(text[1:]))
    assert first == {
        "case": "case-1",
        "opened": first["opened"],
        "caller": "•••••••1001",
        "level": "重大",
        "cause": "refund",
        "department": "service",
        "owner": "",
        "state": "closed",
        "deadline": first["deadline"],
        "closed": first["closed"],
        "in-time": "yes",
        "reopened": "1",
        "reply": f"'=已退到卡 {'▇' * 19}，请查收",
    }
    assert (second["department"], second["owner"], second["closed"], second["in-time"]) == (
        "'=cmd|' /C calc'!A0",
        "lin",
        "",
        "",
    )


def test_an_old_case_without_a_deadline_is_closed_in_time() -> None:
    closed = replace(a_case(1, closed_after=900), deadline=None)

    assert month_figures([closed], [], NOW).total.in_time == 1
