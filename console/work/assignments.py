"""Who is to review which call of a sample: dealt out, given to another, taken back.

Every change is a compare-and-set: of two supervisors who change one assignment at once, the second changes
nothing. A call is given for the n-th time under an id that follows from plan, call and n, so that two who
deal out the same calls at once give each call once.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime

from calls.people import User
from calls.records import Review, SampleDraw
from calls.reviewing import Assignment, ReviewDraft
from calls.store import Store
from console.rights import RIGHTS, Right
from console.work.drafts import draft_id

OPEN, DONE, RECALLED = "open", "done", "recalled"
#: What a drawn call can be, in the order of reports.
STATES = ("unassigned", "open", "draft", "done")


@dataclass(frozen=True, slots=True)
class Place:
    """A drawn call of a plan: to whom it is given, if to anybody, and how far it is (:data:`STATES`)."""

    draw: SampleDraw
    assignment: Assignment | None
    state: str

    def overdue(self, now: datetime) -> bool:
        """Tell whether its day has passed and it is not done."""
        due = self.assignment.due_at if self.assignment else None
        return due is not None and due < now and self.state != "done"


def inspectors(store: Store) -> list[User]:
    """Return who can be given calls: everybody who may review and can sign in, by name."""
    roles = [str(role) for role, rights in RIGHTS.items() if Right.REVIEW in rights]
    found = store.find(User, role=roles, disabled=False)
    return sorted(found, key=lambda user: (user.name or user.id, user.id))


def deal(calls: Sequence[str], shares: Mapping[str, float]) -> dict[str, str]:
    """Deal calls out by shares; each inspector gets calls from all along the list.

    Each call goes to who has the fewest for the share (the divisor method of Sainte-Laguë), ties to the
    first named.

    Parameters
    ----------
    calls : sequence of str
        In the order of the sample.
    shares : mapping of str to float > 0
        Inspector → share; only their proportions matter.

    Returns
    -------
    dict of str to str
        Call → inspector.
    """
    given: Counter[str] = Counter()
    dealt = {}
    for call in calls:
        chosen = min(shares, key=lambda each: (2 * given[each] + 1) / shares[each])
        given[chosen] += 1
        dealt[call] = chosen
    return dealt


def places(store: Store, plan_id: str) -> list[Place]:
    """Return the drawn calls of a plan in their order, with whom they are given to and how far they are."""
    draws = store.find(SampleDraw, plan_id=plan_id, order_by=("position", "id"))
    given = {
        each.call_id: each
        for each in store.find(Assignment, plan_id=plan_id, state=[OPEN, DONE], order_by=("created_at", "id"))
    }
    reviewed = {each.call_id for each in store.find(Review, plan_id=plan_id)}
    drafted = begun(store, [each for each in given.values() if each.call_id not in reviewed])
    return [place_of(draw, given.get(draw.call_id), reviewed, drafted) for draw in draws]


def place_of(draw: SampleDraw, given: Assignment | None, reviewed: Set[str], drafted: Set[str]) -> Place:
    """Return how far a drawn call is, by the calls that are reviewed and the assignments with a draft."""
    if draw.call_id in reviewed:
        return Place(draw, given, "done")
    if given is None:
        return Place(draw, None, "unassigned")
    return Place(draw, given, "draft" if given.id in drafted else "open")


def begun(store: Store, given: Sequence[Assignment]) -> frozenset[str]:
    """Return which assignments have a draft that says something."""
    by_draft = {draft_id(each.call_id, each.inspector): each.id for each in given}
    drafts = store.find(ReviewDraft, user_id=sorted({each.inspector for each in given}))
    return frozenset(by_draft[each.id] for each in drafts if each.content and each.id in by_draft)


def assign(
    store: Store,
    plan_id: str,
    calls: Sequence[str],
    shares: Mapping[str, float],
    *,
    by: str,
    due: datetime | None,
    now: datetime,
) -> Counter[str]:
    """Deal out those of the calls that nobody has yet, and return how many each inspector was given."""
    taken: defaultdict[str, int] = defaultdict(int)
    busy = set()
    for each in store.find(Assignment, plan_id=plan_id):
        taken[each.call_id] += 1
        if each.state != RECALLED:
            busy.add(each.call_id)
    dealt = deal([each for each in calls if each not in busy], shares)
    made = [
        Assignment(
            id=_id(plan_id, call, taken[call]),
            plan_id=plan_id,
            call_id=call,
            inspector=inspector,
            assigned_by=by,
            due_at=due,
            created_at=now,
        )
        for call, inspector in dealt.items()
    ]
    store.ensure(*made)
    return Counter(dealt.values())


def give(
    store: Store, given: Assignment, inspector: str, *, by: str, due: datetime | None, now: datetime
) -> bool:
    """Give a call to another inspector; false where it was done or taken back meanwhile."""
    turn = store.count(Assignment, plan_id=given.plan_id, call_id=given.call_id)
    follower = Assignment(
        id=_id(given.plan_id, given.call_id, turn),
        plan_id=given.plan_id,
        call_id=given.call_id,
        inspector=inspector,
        assigned_by=by,
        due_at=due or given.due_at,
        created_at=now,
    )
    return store.change(replace(given, state=RECALLED), follower, state=OPEN)


def recall(store: Store, given: Assignment) -> bool:
    """Take a call back; false where it was done or taken back meanwhile."""
    return store.change(replace(given, state=RECALLED), state=OPEN)


def postpone(store: Store, given: Assignment, due: datetime | None) -> bool:
    """Set until when a call is to be done; false where it was done or taken back meanwhile."""
    return store.change(replace(given, due_at=due), state=OPEN)


def _id(plan_id: str, call_id: str, turn: int) -> str:
    return hashlib.sha256(f"{plan_id}\n{call_id}\n{turn}".encode()).hexdigest()[:32]
