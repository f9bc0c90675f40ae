"""What an agent gets for a call: the verdict, what was said of it, and the final one after an appeal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from calls.records import Appeal, Call, Review, Score
from calls.reviewing import Acknowledgement, is_rating
from calls.store import Span, Store
from console.verdicts.appeal import CLOSED
from console.verdicts.terms import Terms

R = TypeVar("R", Appeal, Acknowledgement)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A verdict on a call of an agent; ``final`` is the one that took its place after an appeal."""

    call: Call
    first: Review
    final: Review | None = None
    appeal: Appeal | None = None
    acknowledgement: Acknowledgement | None = None

    @property
    def current(self) -> Review:
        """The verdict that counts."""
        return self.final or self.first

    def may_acknowledge(self) -> bool:
        """Tell whether the agent has yet to confirm the verdict; while an appeal runs there is none to."""
        running = self.appeal is not None and self.appeal.state not in CLOSED
        return self.acknowledgement is None and not running

    def may_appeal(self, now: datetime, terms: Terms) -> bool:
        """Tell whether the agent can appeal: once, in time, and not against what was confirmed or decided."""
        untouched = self.final is None and self.appeal is None and self.acknowledgement is None
        return untouched and now < self.appeal_until(terms)

    def appeal_until(self, terms: Terms) -> datetime:
        """Return when the time to appeal ends."""
        return self.first.created_at + terms.appeal_time


def results_of(store: Store, agent_id: str, since: datetime, until: datetime) -> list[Result]:
    """Return an agent's results for the calls of a time, the latest verdict first."""
    calls = store.find(Call, agent_id=agent_id, started_at=Span(since, until))
    return _results(store, calls)


def result_of(store: Store, review_id: str, seen: Mapping[str, Any]) -> Result | None:
    """Return the result that a verdict, first or final, belongs to; ``None`` where there is none.

    Parameters
    ----------
    store : Store
        Where to look.
    review_id : str
        The verdict.
    seen : mapping
        The conditions of the calls that may be seen.
    """
    for review in store.find(Review, id=review_id):
        for result in _results(store, store.find(Call, id=review.call_id, **seen)):
            if review_id in (result.first.id, result.current.id):
                return result
    return None


def scores_of(store: Store, reviews: Iterable[Review]) -> dict[str, list[Score]]:
    """Return the answered items of reviews by the reviews' ids."""
    ids = [review.id for review in reviews]
    found: dict[str, list[Score]] = {review_id: [] for review_id in ids}
    for score in store.find(Score, review_id=ids):
        if score.review_id is not None:
            found[score.review_id].append(score)
    return found


def _results(store: Store, calls: Sequence[Call]) -> list[Result]:
    by_id = {call.id: call for call in calls}
    # verdicts that were given to compare inspectors are not the agent's
    reviews = [each for each in store.find(Review, call_id=list(by_id)) if not is_rating(each)]
    finals = {review.replaces: review for review in reviews if review.replaces}
    firsts = [each for each in reviews if not each.replaces]
    appeals = {each.review_id: each for each in _of_reviews(store, Appeal, firsts)}
    known = {each.review_id: each for each in _of_reviews(store, Acknowledgement, reviews)}
    found = []
    for first in firsts:
        final = finals.get(first.id)
        found.append(
            Result(
                call=by_id[first.call_id],
                first=first,
                final=final,
                appeal=appeals.get(first.id),
                acknowledgement=known.get((final or first).id),
            )
        )
    return sorted(found, key=lambda each: (each.current.created_at, each.current.id), reverse=True)


def _of_reviews(store: Store, kind: type[R], reviews: Sequence[Review]) -> list[R]:
    return store.find(kind, review_id=[review.id for review in reviews])
