"""Appeals with what their pages show of them: the call, both verdicts, the history, who waits for whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from calls.people import User
from calls.records import Appeal, Call, Recording, Review, Score
from calls.reviewing import AppealStep
from calls.store import Store
from console.names import agent_names, user_names
from console.verdicts.appeal import CLOSED, Action, State, may_decide, possible
from console.verdicts.result import scores_of
from console.work.calibrations import waiting

#: Appeals on one page of the list.
PAGE_SIZE = 50

RUNNING = tuple(state for state in State if state not in CLOSED)


@dataclass(frozen=True, slots=True)
class AppealRow:
    """One appeal in the list, in its state for as long as ``waits``; ``mine`` tells that it waits for me.

    ``blind`` tells that I have yet to rate the call without knowing what others said of it.
    """

    appeal: Appeal
    call: Call
    agent: str
    review: Review
    inspector: str
    waits: timedelta
    mine: bool
    blind: bool


@dataclass(frozen=True, slots=True)
class AppealListing:
    """One page of appeals, and how many there are in each state."""

    rows: tuple[AppealRow, ...]
    counts: Mapping[str, int]
    total: int
    page: int
    pages: int


def list_appeals(
    store: Store, states: Sequence[str], page: int, *, seen: Mapping[str, Any], who: User, now: datetime
) -> AppealListing:
    """Return one page of the appeals in some states: those that run oldest first, the others newest first."""
    where = {**seen, "state": list(states)}
    order = ("created_at", "id") if set(states) <= set(RUNNING) else ("-created_at", "-id")
    total = store.count(Appeal, **where)
    appeals = store.find(Appeal, order_by=order, limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE, **where)
    counts = {str(state): store.count(Appeal, **{**seen, "state": state}) for state in State}
    pages = max(1, -(-total // PAGE_SIZE))
    return AppealListing(_rows(store, appeals, who, now), counts, total, page, pages)


def _rows(store: Store, appeals: Sequence[Appeal], who: User, now: datetime) -> tuple[AppealRow, ...]:
    reviews = {each.id: each for each in store.find(Review, id=[each.review_id for each in appeals])}
    calls = {each.id: each for each in store.find(Call, id=[each.call_id for each in reviews.values()])}
    last: dict[str, datetime] = {}
    for step in store.find(AppealStep, appeal_id=[each.id for each in appeals], order_by="at"):
        last[step.appeal_id] = step.at
    agents = agent_names(store, (call.agent_id for call in calls.values()))
    names = user_names(store, [each.inspector for each in appeals])
    blind = {each.call_id for each in waiting(store, who.id)}
    found = []
    for appeal in appeals:
        review = reviews[appeal.review_id]
        call = calls[review.call_id]
        found.append(
            AppealRow(
                appeal,
                call,
                agents.get(call.agent_id or "", ""),
                review,
                names.get(appeal.inspector or "", ""),
                now - last.get(appeal.id, appeal.created_at),
                _waits_for(appeal, who, review.reviewer),
                call.id in blind,
            )
        )
    return tuple(found)


def _waits_for(appeal: Appeal, who: User, reviewer: str) -> bool:
    actions = possible(appeal, who, reviewer)
    # that the inspector can be changed does not make an assigned appeal wait for whoever assigns
    return any(action is not Action.ASSIGN or appeal.state == State.FORWARDED for action in actions)


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealFile:
    """One appeal with everything that belongs to it."""

    appeal: Appeal
    call: Call
    agent: str
    first: Review
    final: Review | None
    scores: Mapping[str, Sequence[Score]]
    steps: tuple[AppealStep, ...]
    recording: Recording | None
    names: Mapping[str, str]


def open_appeal(store: Store, appeal: Appeal) -> AppealFile:
    """Gather what belongs to an appeal."""
    first = store.get(Review, appeal.review_id)
    call = store.get(Call, first.call_id)
    finals = store.find(Review, call_id=call.id, replaces=first.id, order_by=("-created_at", "-id"))
    steps = store.find(AppealStep, appeal_id=appeal.id, order_by=("at", "id"))
    recordings = store.find(Recording, call_id=call.id, order_by="-id", limit=1)
    reviews = [first, *finals[:1]]
    people = [*(each.reviewer for each in reviews), *(step.by for step in steps), appeal.inspector]
    return AppealFile(
        appeal=appeal,
        call=call,
        agent=agent_names(store, [call.agent_id]).get(call.agent_id or "", ""),
        first=first,
        final=finals[0] if finals else None,
        scores=scores_of(store, reviews),
        steps=tuple(steps),
        recording=recordings[0] if recordings else None,
        names=user_names(store, people),
    )


def second_inspectors(store: Store, reviewer: str) -> list[User]:
    """Return who could decide an appeal against a verdict of ``reviewer``, by name."""
    users = [user for user in store.find(User, disabled=False) if may_decide(user, reviewer)]
    return sorted(users, key=lambda user: (user.name or user.id, user.id))
