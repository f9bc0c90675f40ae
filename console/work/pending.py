"""What waits for somebody beside the calls to judge: appeals, and complaint cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for

from calls.people import User
from calls.records import Appeal, Case
from calls.store import Span, Store
from console.complaints.case import State as CaseState
from console.language import t
from console.rights import RIGHTS, Right, Scope, scope_of
from console.verdicts.appeal import State


@dataclass(frozen=True, slots=True)
class Pending:
    """Some things of one kind that wait: in words, where they are, whether any of them is late."""

    words: str
    address: str
    late: bool = False


def pending(store: Store, user: User, seen: Mapping[str, Any], now: datetime) -> list[Pending]:
    """Return what waits for a user, in the language of the present request.

    Parameters
    ----------
    store : Store
    user : User
    seen : mapping
        The conditions of the calls, and so of the appeals, that the user sees.
    now : datetime
    """
    return [*_appeals(store, user, seen), *_cases(store, user, now)]


def _appeals(store: Store, user: User, seen: Mapping[str, Any]) -> list[Pending]:
    asked: tuple[tuple[Right, State, dict[str, Any]], ...] = (
        (Right.FORWARD, State.OPEN, {}),
        (Right.ASSIGN_APPEAL, State.FORWARDED, {}),
        (Right.REVIEW, State.ASSIGNED, {"inspector": user.id}),
    )
    found = []
    for right, state, more in asked:
        if right not in RIGHTS[user.role]:
            continue
        if count := store.count(Appeal, state=str(state), **seen, **more):
            address = url_for("appeals.listing", state=str(state))
            found.append(Pending(t(f"pending.appeals-{state}", count=count), address))
    return found


def _cases(store: Store, user: User, now: datetime) -> list[Pending]:
    if Right.CASES not in RIGHTS[user.role]:
        return []
    running: dict[str, Any] = {"state": [str(CaseState.OPEN), str(CaseState.WORKING)]}
    found = []
    if count := store.count(Case, owner=user.id, **running):
        late = store.count(Case, owner=user.id, deadline=Span(None, now), **running)
        words = t("pending.cases-late" if late else "pending.cases", count=count, late=late)
        found.append(Pending(words, url_for("cases.listing", owner=user.id), late > 0))
    # whose calls somebody sees is not written on cases
    whole = scope_of(user.role) is Scope.ALL
    if whole and (count := store.count(Case, owner="", **running)):
        late = store.count(Case, owner="", deadline=Span(None, now), **running)
        words = t("pending.cases-nobody", count=count)
        found.append(Pending(words, url_for("cases.listing", owner="nobody"), late > 0))
    return found
