"""Complaint cases with what their pages show: the call, the history, who may own them, what is late."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from calls.people import User, UserRole
from calls.records import Agent, Call, Case, Finding, Review
from calls.reviewing import CaseStep
from calls.store import Store
from console.complaints.case import Action, State, late_by, shift_of
from console.names import agent_names, user_names
from console.rights import RIGHTS, Right
from console.work.calibrations import shown_reviews

#: Cases on one page of the list.
PAGE_SIZE = 50
#: Cases looked through at most for one list; more are counted and said.
MOST = 2000

_NEVER = datetime.max.replace(tzinfo=UTC)

#: Choice of the list → the states that it shows.
CHOICES: Mapping[str, tuple[State, ...]] = {
    "unfinished": (State.OPEN, State.WORKING),
    "overdue": (State.OPEN, State.WORKING),
    **{str(each): (each,) for each in State},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilter:
    """What the listed cases have in common; an empty string leaves a field open.

    ``owner`` is the id of a user, or ``nobody``.
    """

    state: str = "unfinished"
    level: str = ""
    cause: str = ""
    department: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case in the list; ``late`` is for how long it is overdue, ``guessed`` that nobody classified it."""

    case: Case
    call: Call
    owner: str
    late: timedelta | None
    guessed: bool


@dataclass(frozen=True, slots=True)
class CaseListing:
    """One page of cases; ``left_out`` of those that match were not looked at."""

    rows: tuple[CaseRow, ...]
    total: int
    overdue: int
    page: int
    pages: int
    left_out: int


def list_cases(
    store: Store, wanted: CaseFilter, page: int, *, seen: Mapping[str, Any], now: datetime
) -> CaseListing:
    """Return one page of the cases that match: what is longest overdue first, of closed ones the latest."""
    where: dict[str, Any] = {"state": list(CHOICES[wanted.state])}
    where |= {
        name: getattr(wanted, name) for name in ("level", "cause", "department") if getattr(wanted, name)
    }
    if wanted.owner:
        where["owner"] = "" if wanted.owner == "nobody" else wanted.owner
    closed = wanted.state == State.CLOSED
    order = ("-closed_at", "-id") if closed else ("deadline", "id")
    matching = store.find(Case, order_by=order, limit=MOST, **where)
    left_out = store.count(Case, **where) - len(matching)
    calls = calls_of(store, matching, seen)
    cases = [case for case in matching if case.call_id in calls]
    if not closed:
        cases.sort(key=lambda case: (case.deadline or _NEVER, case.id))
    overdue = sum(late_by(case, now) is not None for case in cases)
    if wanted.state == "overdue":
        cases = cases[:overdue]
    part = cases[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    names = user_names(store, [case.owner for case in part])
    classified = _classified(store, part)
    rows = tuple(
        CaseRow(
            case,
            calls[case.call_id],
            names.get(case.owner, ""),
            late_by(case, now),
            case.id not in classified,
        )
        for case in part
    )
    return CaseListing(rows, len(cases), overdue, page, max(1, -(-len(cases) // PAGE_SIZE)), left_out)


def calls_of(store: Store, cases: Sequence[Case], seen: Mapping[str, Any]) -> dict[str, Call]:
    """Return the calls of cases by id, those that may be seen."""
    ids = sorted({case.call_id for case in cases})
    return {call.id: call for call in store.find(Call, id=ids, **seen)}


def steps_of(store: Store, cases: Sequence[Case], *actions: Action) -> list[CaseStep]:
    """Return the steps of cases, by default all kinds."""
    ids = [case.id for case in cases]
    kinds: dict[str, Any] = {"action": [str(action) for action in actions]} if actions else {}
    return store.find(CaseStep, case_id=ids, order_by=("at", "id"), **kinds)


def _classified(store: Store, cases: Sequence[Case]) -> set[str]:
    return {step.case_id for step in steps_of(store, cases, Action.CLASSIFY)}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """One case with everything that belongs to it; ``version`` changes with every step but notes."""

    case: Case
    call: Call
    agent: str
    reviews: tuple[Review, ...]
    steps: tuple[CaseStep, ...]
    names: Mapping[str, str]
    guessed: bool
    version: str


def open_case(store: Store, case: Case, call: Call, who: User) -> CaseFile:
    """Gather what belongs to a case, for somebody who may have to rate its call blind."""
    steps = store.find(CaseStep, case_id=case.id, order_by=("at", "id"))
    reviews = store.find(Review, call_id=call.id, complaint=True, order_by=("-created_at", "-id"))
    reviews = shown_reviews(store, reviews, call.id, who.id)
    shifted = (part for step in steps if step.action == Action.OWNER for part in _owners(step))
    people = [*(step.by for step in steps), *(each.reviewer for each in reviews), case.owner, *shifted]
    return CaseFile(
        case=case,
        call=call,
        agent=agent_names(store, [call.agent_id]).get(call.agent_id or "", ""),
        reviews=tuple(reviews),
        steps=tuple(steps),
        names=user_names(store, people),
        guessed=not any(step.action == Action.CLASSIFY for step in steps),
        version=version_of(steps),
    )


def version_of(steps: Iterable[CaseStep]) -> str:
    """Return what a form was made from: the number of the steps that can get into each other's way."""
    return str(sum(step.action != Action.NOTE for step in steps))


def owners_of(store: Store, call: Call) -> list[User]:
    """Return who may own the case of a call, by name: who works on cases and sees the call."""
    agents = store.find(Agent, id=call.agent_id) if call.agent_id else []
    team = agents[0].team if agents else ""
    users = [
        user
        for user in store.find(User, disabled=False)
        if Right.CASES in RIGHTS[user.role]
        and (user.role is not UserRole.TEAM_SUPERVISOR or (team and user.team == team))
    ]
    return sorted(users, key=lambda user: (user.name or user.id, user.id))


def guess_of(store: Store, call_id: str) -> tuple[str, str]:
    """Return what the machine takes for the cause and for the department of a complaint, or empty strings."""
    found = {"cause": "", "responsible": ""}
    order = ("probability", "id")
    for finding in store.find(Finding, call_id=call_id, kind=list(found), order_by=order):
        found[finding.kind] = finding.label
    return found["cause"], found["responsible"]


def departments(store: Store) -> list[str]:
    """Return the departments of the latest cases, each once."""
    cases = store.find(Case, order_by=("-created_at", "-id"), limit=MOST)
    return sorted({case.department for case in cases if case.department})


def _owners(step: CaseStep) -> tuple[str, ...]:
    shift = shift_of(step)
    return shift[:2] if shift else ()
