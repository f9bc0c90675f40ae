"""The complaint cases of a month as a CSV file for a spreadsheet, without personal data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from analytics.redaction.redactor import redacted_text
from calls.masking import masked_number, masked_text
from calls.records import Call, Case
from calls.reviewing import CaseStep
from console.complaints.case import Action
from console.complaints.casefigures import closed_in_time
from console.csvtext import csv_lines
from console.figures import moment

COLUMNS = (
    "case",
    "opened",
    "caller",
    "level",
    "cause",
    "department",
    "owner",
    "state",
    "deadline",
    "closed",
    "in-time",
    "reopened",
    "reply",
)


def sheet(
    cases: Sequence[Case],
    calls: Mapping[str, Call],
    steps: Sequence[CaseStep],
    *,
    words: Callable[[str, str], str],
    headings: Sequence[str],
) -> Iterator[bytes]:
    """Yield the cases as CSV (:func:`console.csvtext.csv_lines`), a line each.

    Parameters
    ----------
    cases : sequence of Case
        The cases.
    calls : mapping
        Their calls by id.
    steps : sequence of CaseStep
        Their steps; only reopenings are looked at.
    words : callable
        Column and value → how it is written.
    headings : sequence of str
        One for each of :data:`COLUMNS`.
    """
    reopened = Counter(step.case_id for step in steps if step.action == Action.REOPEN)
    rows = (
        [
            case.id,
            moment(case.created_at),
            masked_number(calls[case.call_id].caller),
            words("level", case.level),
            words("cause", case.cause),
            words("department", case.department),
            words("owner", case.owner),
            words("state", case.state),
            moment(case.deadline) if case.deadline else "",
            moment(case.closed_at) if case.closed_at else "",
            words("in-time", "yes" if closed_in_time(case) else "no") if case.closed_at else "",
            reopened[case.id],
            masked_text(redacted_text(case.reply)),
        ]
        for case in cases
    )
    return csv_lines(headings, rows)
