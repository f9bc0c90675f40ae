"""The calls of one sample in their order, and how far the work has come."""

from __future__ import annotations

from dataclasses import dataclass

from calls.records import Review, SampleDraw, SamplePlan
from calls.store import Store


@dataclass(frozen=True, slots=True)
class Worklist:
    """A sample being reviewed. ``judged`` holds the ids of the calls reviewed within the plan."""

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


def load_worklist(store: Store, plan_id: str | None = None) -> Worklist | None:
    """Return the worklist of a plan, by default of the latest; ``None`` where there is no plan.

    Raises
    ------
    calls.errors.NotFound
        There is no plan with that id.
    """
    if plan_id is None:
        plans = store.find(SamplePlan, order_by=("-created_at", "-id"), limit=1)
        if not plans:
            return None
        plan = plans[0]
    else:
        plan = store.get(SamplePlan, plan_id)
    draws = store.find(SampleDraw, plan_id=plan.id, order_by=("position", "id"))
    reviews = store.find(Review, plan_id=plan.id)
    return Worklist(plan, tuple(draws), frozenset(review.call_id for review in reviews))
