"""A complaint case from open to closed: what may be done when, by whom, and what it needs.

A case is *open* until somebody calls back or answers the caller, *working* until it is closed, and can be
reopened. It is closed only after the caller got a reply, after a reopening another one. Pure: whoever
asks sees the case at all, and when it is, is told from outside.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from analytics.labels import SEVERITIES
from calls.people import User
from calls.records import Call, Case
from calls.reviewing import CaseStep
from console.rights import RIGHTS, Right
from console.verdicts.steps import MACHINE, StepRefused, checked_text
from console.verdicts.terms import Terms

#: Characters of the name of a department at most.
DEPARTMENT_LIMIT = 64

#: Between what was and what is, in the first line of a step that changes something.
ARROW = " → "


class State(StrEnum):
    """How far a case has come."""

    OPEN = "open"
    WORKING = "working"
    CLOSED = "closed"


class Action(StrEnum):
    """What somebody does with a case."""

    OPEN = "open"
    GUESS = "guess"  # the machine's first word on cause and department
    NOTE = "note"
    CALL_BACK = "call-back"
    REPLY = "reply"
    OWNER = "owner"
    LEVEL = "level"
    DEADLINE = "deadline"
    CLASSIFY = "classify"  # a person's word on cause and department
    CLOSE = "close"
    REOPEN = "reopen"


_CHANGES = (Action.NOTE, Action.OWNER, Action.LEVEL, Action.DEADLINE, Action.CLASSIFY)

#: (State, action) → the state after it; what is not here cannot be done.
STEPS: Mapping[tuple[State, Action], State] = {
    (State.OPEN, Action.GUESS): State.OPEN,
    **{(state, action): state for state in (State.OPEN, State.WORKING) for action in _CHANGES},
    (State.OPEN, Action.CALL_BACK): State.WORKING,
    (State.OPEN, Action.REPLY): State.WORKING,
    (State.WORKING, Action.CALL_BACK): State.WORKING,
    (State.WORKING, Action.REPLY): State.WORKING,
    (State.WORKING, Action.CLOSE): State.CLOSED,
    (State.CLOSED, Action.REOPEN): State.WORKING,
}

_WITH_TEXT = (
    Action.NOTE,
    Action.CALL_BACK,
    Action.REPLY,
    Action.LEVEL,
    Action.DEADLINE,
    Action.REOPEN,
)
_MUTABLE = ("level", "owner", "deadline", "cause", "department", "reply", "state", "closed_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants done: ``text`` is the note or the reason, the rest what is to become of a field."""

    action: Action
    text: str = ""
    owner: User | None = None
    level: str = ""
    deadline: datetime | None = None
    cause: str = ""
    department: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """A case after a step, and the step; to be stored together, where the case is as it was before."""

    case: Case
    step: CaseStep


def case_id(call_id: str) -> str:
    """Return the id of the case of a call: a call has one, whoever opens it, and however often."""
    return hashlib.sha256(f"case of {call_id}".encode()).hexdigest()[:32]


def opened(
    call: Call, level: str, by: str, *, at: datetime, terms: Terms, cause: str = "", department: str = ""
) -> tuple[Case, tuple[CaseStep, ...]]:
    """Return the new case of a call with its first steps.

    Parameters
    ----------
    call : Call
        The call with the complaint.
    level : str
        One of :data:`analytics.labels.SEVERITIES`.
    by : str
        Who found the complaint.
    at : datetime
        When.
    terms : Terms
        How long there is to close it.
    cause, department : str, optional
        The machine's guess, noted as such.
    """
    case = Case(
        id=case_id(call.id),
        call_id=call.id,
        level=level,
        deadline=at + terms.case_time(level),
        cause=cause,
        department=department,
        created_at=at,
    )
    steps = [CaseStep(id=f"{case.id}-0", case_id=case.id, by=by, action=Action.OPEN, text=level, at=at)]
    if cause or department:
        guess = _shift("", _classes(cause, department))
        step = CaseStep(
            id=f"{case.id}-1", case_id=case.id, by=MACHINE, action=Action.GUESS, text=guess, at=at
        )
        steps.append(step)
    return case, tuple(steps)


def take(case: Case, wish: Wish, who: User, *, at: datetime, terms: Terms, causes: Iterable[str]) -> Move:
    """Return the case after a step.

    Parameters
    ----------
    case : Case
        As it is now; ``who`` sees it.
    wish : Wish
        What ``who`` does.
    who : User
        The person.
    at : datetime
        When.
    terms : Terms
        How long cases of each level may take.
    causes : iterable of str
        The causes that there are.

    Raises
    ------
    StepRefused
        The person may not (403), the state does not allow it (409), or something is missing (400).
    """
    if Right.CASES not in RIGHTS[who.role]:
        raise StepRefused("fault.right", 403)
    state = STEPS.get((State(case.state), wish.action))
    if state is None or wish.action is Action.GUESS:
        raise StepRefused(f"case.refused.{case.state}", 409)
    # whoever takes a case that nobody had needs no reason
    needed = wish.action in _WITH_TEXT or (wish.action is Action.OWNER and case.owner != "")
    text = checked_text(wish.text, "text", needed=needed)
    after, said = _changed(replace(case, state=str(state)), wish, text, at, terms, causes)
    return Move(after, CaseStep(case_id=case.id, by=who.id, action=wish.action, text=said, at=at))


def _changed(
    case: Case, wish: Wish, text: str, at: datetime, terms: Terms, causes: Iterable[str]
) -> tuple[Case, str]:
    """Return the case with what the wish changes, and what the step says of it."""
    match wish.action:
        case Action.REPLY:
            return replace(case, reply=text), text
        case Action.CLOSE:
            if not case.reply:
                raise StepRefused("case.needs-reply", field="text")
            return replace(case, closed_at=at), text
        case Action.REOPEN:
            # the clock and the need for a reply begin anew
            deadline = at + terms.case_time(case.level)
            return replace(case, closed_at=None, reply="", deadline=deadline), text
        case Action.OWNER:
            owner = _owner(wish.owner, case)
            return replace(case, owner=owner), _shift(case.owner, owner, text)
        case Action.LEVEL:
            _check(wish.level in SEVERITIES and wish.level != case.level, "case.needs-level", "level")
            deadline = _deadline_of_level(case, wish.level, at, terms)
            return replace(case, level=wish.level, deadline=deadline), _shift(case.level, wish.level, text)
        case Action.DEADLINE:
            if wish.deadline is None or wish.deadline <= at or wish.deadline == case.deadline:
                raise StepRefused("case.needs-deadline", field="deadline")
            was = case.deadline.isoformat() if case.deadline else ""
            return replace(case, deadline=wish.deadline), _shift(was, wish.deadline.isoformat(), text)
        case Action.CLASSIFY:
            _check(wish.cause in ("", *causes), "case.needs-cause", "cause")
            department = " ".join(wish.department.replace(ARROW.strip(), " ").split())
            _check(len(department) <= DEPARTMENT_LIMIT, "case.needs-department", "department")
            was, now = _classes(case.cause, case.department), _classes(wish.cause, department)
            return replace(case, cause=wish.cause, department=department), _shift(was, now, text)
        case _:
            return case, text


def possible(case: Case, who: User) -> tuple[Action, ...]:
    """Return what somebody who sees a case can do with it now."""
    if Right.CASES not in RIGHTS[who.role]:
        return ()
    found = (action for state, action in STEPS if state == case.state and action is not Action.GUESS)
    return tuple(action for action in found if action is not Action.CLOSE or case.reply)


def expected(case: Case) -> dict[str, Any]:
    """Return the conditions, for :meth:`calls.store.Store.change`, under which a case is still this one."""
    return {name: getattr(case, name) for name in _MUTABLE}


def late_by(case: Case, now: datetime) -> timedelta | None:
    """Return for how long an unfinished case is overdue; ``None`` where it is not."""
    if case.state == State.CLOSED or case.deadline is None or now <= case.deadline:
        return None
    return now - case.deadline


def _deadline_of_level(case: Case, level: str, at: datetime, terms: Terms) -> datetime:
    """Return the deadline of a case that gets another level.

    A graver case is due no later than before; a lesser one as if it had had that level from the beginning.
    """
    if SEVERITIES.index(level) > SEVERITIES.index(case.level):
        due = at + terms.case_time(level)
        return min(due, case.deadline) if case.deadline else due
    return case.created_at + terms.case_time(level)


def _owner(wanted: User | None, case: Case) -> str:
    if wanted is None or wanted.disabled or Right.CASES not in RIGHTS[wanted.role]:
        raise StepRefused("case.needs-owner", field="owner")
    if wanted.id == case.owner:
        raise StepRefused("case.same-owner", field="owner")
    return wanted.id


def _check(fine: bool, key: str, field: str) -> None:
    if not fine:
        raise StepRefused(key, field=field, limit=DEPARTMENT_LIMIT)


def _classes(cause: str, department: str) -> str:
    return f"{cause}/{department}" if cause or department else ""


def _shift(was: str, now: str, reason: str = "") -> str:
    """Return what became of a field, and on the lines after it why; :func:`shift_of` reads it."""
    return f"{was}{ARROW}{now}\n{reason}".strip("\n")


def shift_of(step: CaseStep) -> tuple[str, str, str] | None:
    """Return what a field was, what it became, and why; ``None`` for a step that changes no field."""
    if step.action not in (Action.GUESS, Action.OWNER, Action.LEVEL, Action.DEADLINE, Action.CLASSIFY):
        return None
    line, _, reason = step.text.partition("\n")
    was, _, now = line.partition(ARROW)
    return was, now, reason
