"""What became of the complaint cases of a month, by cause and by department."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from calls.records import Case
from calls.reviewing import CaseStep
from console.complaints.case import Action, State, late_by


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The cases that have a cause, or a department, in common.

    Parameters
    ----------
    key : str
        The cause or the department, empty where none is known.
    opened : int
        Cases opened in the month.
    closed : int
        Those of them that are closed now.
    in_time : int
        Those of the closed that were closed by their deadline.
    due : int
        Those that are closed, or overdue now: what ``share_in_time`` is a share of.
    time_to_close : timedelta or None
        Median from the opening to the last closing, of the closed; ``None`` where none is.
    reopened : int
        Those that were reopened at least once.
    """

    key: str
    opened: int
    closed: int
    in_time: int
    due: int
    time_to_close: timedelta | None
    reopened: int

    @property
    def share_in_time(self) -> float | None:
        """The share of ``due`` that was closed in time; ``None`` while nothing is due."""
        return self.in_time / self.due if self.due else None


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """The cases of a month: all of them, by cause, and by department, the largest groups first."""

    total: Group
    causes: tuple[Group, ...]
    departments: tuple[Group, ...]


def month_figures(cases: Sequence[Case], steps: Sequence[CaseStep], now: datetime) -> MonthFigures:
    """Count the cases opened in a month.

    Parameters
    ----------
    cases : sequence of Case
        Those opened in the month.
    steps : sequence of CaseStep
        Their steps; only reopenings are looked at.
    now : datetime
        When the figures are read: cases that are unfinished and past their deadline count as not in time.
    """
    reopened = Counter(step.case_id for step in steps if step.action == Action.REOPEN)
    return MonthFigures(
        _group("", cases, reopened, now),
        _groups(cases, lambda case: case.cause, reopened, now),
        _groups(cases, lambda case: case.department, reopened, now),
    )


def closed_in_time(case: Case) -> bool:
    """Tell whether a case is closed, and was by its deadline."""
    if case.state != State.CLOSED or case.closed_at is None:
        return False
    return case.deadline is None or case.closed_at <= case.deadline


def _groups(
    cases: Sequence[Case], key: Callable[[Case], str], reopened: Counter[str], now: datetime
) -> tuple[Group, ...]:
    by_key: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        by_key[key(case)].append(case)
    groups = [_group(name, part, reopened, now) for name, part in by_key.items()]
    return tuple(sorted(groups, key=lambda group: (-group.opened, group.key)))


def _group(key: str, cases: Sequence[Case], reopened: Counter[str], now: datetime) -> Group:
    closed = [case for case in cases if case.state == State.CLOSED]
    late = sum(late_by(case, now) is not None for case in cases)
    times = [case.closed_at - case.created_at for case in closed if case.closed_at]
    return Group(
        key=key,
        opened=len(cases),
        closed=len(closed),
        in_time=sum(closed_in_time(case) for case in closed),
        due=len(closed) + late,
        time_to_close=median(times) if times else None,  # type: ignore[type-var]
        reopened=sum(case.id in reopened for case in cases),
    )
