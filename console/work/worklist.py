"""The calls that somebody works through in their order, and how far the work has come.

That is one sample, or, for an inspector, the calls assigned from all samples: what is overdue first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from calls.records import Review, SampleDraw, SamplePlan
from calls.reviewing import Assignment
from calls.store import Span, Store
from console.work.assignments import DONE, OPEN, Place, begun, place_of

#: Stands for a plan's id where an inspector's own calls are meant.
MINE = "mine"
#: An inspector's calls that are worked with at a time; the rest is counted.
MOST = 500
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Worklist:
    """Calls being reviewed. ``judged`` holds the ids of those that are reviewed within their plan.

    For an inspector's own calls ``plan`` has the id :data:`MINE`; the draws know their real plans.
    """

    plan: SamplePlan
    draws: tuple[SampleDraw, ...]
    judged: frozenset[str]

    @property
    def done(self) -> int:
        """How many of the drawn calls have a review."""
        return sum(draw.call_id in self.judged for draw in self.draws)

    def position(self, call_id: str) -> int | None:
        """Return the place of a call in the sample, from 0; ``None`` where it was not drawn."""
        return next((place for place, draw in enumerate(self.draws) if draw.call_id == call_id), None)

    def neighbour(self, call_id: str, step: int) -> str | None:
        """Return the call ``step`` places after (negative: before) the given one."""
        place = self.position(call_id)
        if place is None or not 0 <= place + step < len(self.draws):
            return None
        return self.draws[place + step].call_id

    def next_open(self, call_id: str | None = None) -> str | None:
        """Return the next call without a review after the given one, round the end to the start."""
        place = -1 if call_id is None else self.position(call_id)
        first = 0 if place is None else place + 1
        for draw in (*self.draws[first:], *self.draws[:first]):
            if draw.call_id not in self.judged and draw.call_id != call_id:
                return draw.call_id
        return None


@dataclass(frozen=True, slots=True)
class MyCalls:
    """An inspector's assigned calls: those to do, the most urgent first, then those done; plans by id.

    ``left_out`` counts those to do beyond :data:`MOST`, which come when others are done.
    """

    places: tuple[Place, ...]
    plans: dict[str, SamplePlan]
    left_out: int = 0

    @property
    def done(self) -> int:
        """How many are done."""
        return sum(place.state == "done" for place in self.places)

    def worklist(self) -> Worklist:
        """Return them as a worklist; of a call that two samples ask for, the more urgent one."""
        first: dict[str, Place] = {}
        for place in self.places:
            first.setdefault(place.draw.call_id, place)
        plan = SamplePlan(
            id=MINE,
            name="",
            seed=0,
            frame_size=0,
            budget=max(len(first), 1),
            risk_share=0.0,
            created_at=max((each.created_at for each in self.plans.values()), default=_NEVER),
        )
        judged = frozenset(call for call, place in first.items() if place.state == "done")
        return Worklist(plan, tuple(place.draw for place in first.values()), judged)


def my_calls(store: Store, inspector: str) -> MyCalls | None:
    """Return what is assigned to an inspector; ``None`` where nothing ever was.

    All calls still to do are told of, and with them those done of the same plans; where all is done, those
    of the plan assigned last.
    """
    order = ("due_at", "created_at", "id")
    mine: dict[str, Any] = {"inspector": inspector, "state": OPEN}
    to_do = store.find(Assignment, order_by=order, limit=MOST, due_at=Span(_NEVER), **mine)
    if len(to_do) < MOST:
        to_do += store.find(Assignment, order_by=order, limit=MOST - len(to_do), due_at=None, **mine)
    waiting = store.count(Assignment, **mine) if len(to_do) == MOST else 0
    plan_ids = {each.plan_id for each in to_do}
    if not to_do:
        latest = store.find(
            Assignment, inspector=inspector, state=DONE, order_by=("-created_at", "-id"), limit=1
        )
        if not latest:
            return None
        plan_ids = {latest[0].plan_id}
    done = store.find(
        Assignment, inspector=inspector, state=DONE, plan_id=sorted(plan_ids), order_by=order, limit=MOST
    )
    given = [*to_do, *done]
    calls = sorted({each.call_id for each in given})
    draws = {
        (each.plan_id, each.call_id): each
        for each in store.find(SampleDraw, plan_id=sorted(plan_ids), call_id=calls)
    }
    reviewed = {(each.plan_id, each.call_id) for each in store.find(Review, call_id=calls)}
    drafted = begun(store, to_do)
    plans = {each.id: each for each in store.find(SamplePlan, id=sorted(plan_ids))}
    found = []
    for each in given:
        key = (each.plan_id, each.call_id)
        if key in draws:
            found.append(place_of(draws[key], each, {each.call_id} if key in reviewed else set(), drafted))
    found.sort(key=lambda place: _urgency(place, plans))
    return MyCalls(tuple(found), plans, max(waiting - MOST, 0))


def _urgency(place: Place, plans: dict[str, SamplePlan]) -> tuple[object, ...]:
    due = place.assignment.due_at if place.assignment else None
    return (
        place.state == "done",
        due is None,
        due.timestamp() if due else 0.0,
        plans[place.draw.plan_id].created_at,
        place.draw.position,
        place.draw.id,
    )


def load_worklist(store: Store, plan_id: str | None = None, inspector: str | None = None) -> Worklist | None:
    """Return the worklist of a plan, or of an inspector.

    Parameters
    ----------
    store : Store
    plan_id : str, optional
        A plan's id, or :data:`MINE`. Without it, the calls of the inspector if there are any, else the
        latest plan; ``None`` where there is no plan.
    inspector : str, optional
        Whose calls.

    Raises
    ------
    calls.errors.NotFound
        There is no plan with that id.
    """
    if inspector is not None and plan_id in (None, MINE):
        mine = my_calls(store, inspector)
        if mine is not None:
            return mine.worklist()
    if plan_id in (None, MINE):
        plans = store.find(SamplePlan, order_by=("-created_at", "-id"), limit=1)
        if not plans:
            return None
        plan = plans[0]
    else:
        plan = store.get(SamplePlan, str(plan_id))
    draws = store.find(SampleDraw, plan_id=plan.id, order_by=("position", "id"))
    reviews = store.find(Review, plan_id=plan.id)
    return Worklist(plan, tuple(draws), frozenset(review.call_id for review in reviews))
