"""How right each rule is, measured on what inspectors answered to the same items."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from flask import Blueprint, render_template, request

from analytics.rules.scoring import MACHINE, weight_of
from analytics.sampling.interval import Interval, wilson
from calls.records import Review, SampleDraw, Score
from calls.reviewing import is_rating
from console.access import allow
from console.desk import the_desk
from console.rights import Right
from console.work.agreement import cohen_kappa
from console.work.calibrations import item_titles
from console.work.scorecards import Card, the_scorecards

blueprint = Blueprint("rulecheck", __name__)

#: Reviews that are counted at most, the latest.
MOST = 5000
#: A rule with less precision, or less recall, is called weak once so many hits (or faults) were seen.
WEAK, ENOUGH = 0.7, 10
R = TypeVar("R", Score, SampleDraw)


@dataclass(frozen=True, slots=True)
class Pair:
    """One item of one call, answered by both: whether each found a fault, and for how many it stands."""

    machine: bool
    person: bool
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its 95 % interval; ``count`` is on how many it rests."""

    value: float
    interval: Interval
    count: int


@dataclass(frozen=True, slots=True)
class RuleCheck:
    """How right a rule is.

    ``precision`` is the share of its hits where the inspector found a fault, too; ``recall`` the share of the
    inspectors' faults that it hits; both ``None`` where there are none. Counts are of calls, shares weighted.
    """

    both: int
    hits: int
    faults: int
    right: int
    precision: Share | None
    recall: Share | None
    kappa: float | None

    @property
    def weak(self) -> bool:
        """Whether it is wrong too often, as far as enough was seen to say so."""
        return any(
            share is not None and share.count >= ENOUGH and share.value < WEAK
            for share in (self.precision, self.recall)
        )


def check(pairs: Sequence[Pair]) -> RuleCheck:
    """Return how right a rule is.

    Parameters
    ----------
    pairs : sequence of Pair
        Items that the rule says nothing of are not among them. The interval is Wilson's, for the effective
        number (Σw)² / Σw² of calls (Kish 1965).
    """
    hits = [pair for pair in pairs if pair.machine]
    faults = [pair for pair in pairs if pair.person]
    return RuleCheck(
        len(pairs),
        len(hits),
        len(faults),
        sum(pair.person for pair in hits),
        _share([(pair.person, pair.weight) for pair in hits]),
        _share([(pair.machine, pair.weight) for pair in faults]),
        cohen_kappa([pair.machine for pair in pairs], [pair.person for pair in pairs]),
    )


def _share(rows: Sequence[tuple[bool, float]]) -> Share | None:
    if not rows:
        return None
    total = sum(weight for _, weight in rows)
    value = sum(weight for right, weight in rows if right) / total
    effective = total**2 / sum(weight**2 for _, weight in rows)
    return Share(value, wilson(value, effective), len(rows))


def pairs_of(
    reviews: Sequence[Review],
    scores: Iterable[Score],
    proposed: Iterable[Score],
    most: Mapping[str, float],
    stands_for: Mapping[tuple[str, str], float],
) -> dict[str, list[Pair]]:
    """Return, by item, what machine and person answered of the same calls on one form.

    An item is at fault where it lost points. It is left out where either says that it is not applicable, or
    the machine cannot tell. Of several reviews of a call the last one counts.

    Parameters
    ----------
    reviews : sequence of Review
        Oldest first.
    scores, proposed : iterable of Score
        The persons' of these reviews, and the machine's for their calls.
    most : mapping of str to float
        The points of each item.
    stands_for : mapping of (str, str) to float
        (plan, call) → how many calls of the frame it stands for; 1 without it.
    """
    machine = {(each.call_id, each.item): each.points for each in proposed}
    chosen = {review.id: review for review in {each.call_id: each for each in reviews}.values()}
    found: dict[str, list[Pair]] = defaultdict(list)
    for each in scores:
        review = chosen.get(each.review_id or "")
        points = machine.get((each.call_id, each.item))
        if review is None or points is None or each.points is None or each.item not in most:
            continue
        weight = stands_for.get((review.plan_id or "", each.call_id), 1.0)
        found[each.item].append(Pair(points == 0, each.points < most[each.item], weight))
    return dict(found)


@blueprint.get("/rules/agreement")
@allow(Right.CALIBRATE)
def page() -> str:
    """Show how right each rule of a form is, the weakest first."""
    store = the_desk().store
    latest = store.find(Review, order_by=("-created_at", "-id"), limit=MOST)
    judged = [each for each in reversed(latest) if each.form and not is_rating(each)]
    forms = list(dict.fromkeys(each.form for each in reversed(judged)))
    form = request.args.get("form", forms[0] if forms else "")
    chosen = [each for each in judged if each.form == form]
    ids, calls = [each.id for each in chosen], sorted({each.call_id for each in chosen})
    plans = {(each.plan_id, each.call_id) for each in chosen}
    stands_for = {
        (each.plan_id, each.call_id): 1 / each.inclusion_probability
        for each in store.find(SampleDraw, call_id=calls)
        if (each.plan_id, each.call_id) in plans
    }
    card = the_scorecards().of_version(store, form, chosen[-1].scorecard) if chosen else None
    found = pairs_of(
        chosen,
        store.find(Score, review_id=ids),
        store.find(Score, call_id=calls, by=f"{MACHINE}{form}"),
        _points(card) if card else {},
        stands_for,
    )
    checks = {item.partition(".")[2]: check(pairs) for item, pairs in found.items()}
    return render_template(
        "rulecheck.html",
        checks=sorted(checks.items(), key=_weakest_first),
        titles=item_titles(card),
        forms=forms,
        form=form,
        counted=len(chosen),
        unweighted=sum((each.plan_id or "", each.call_id) not in stands_for for each in chosen),
    )


def _points(card: Card) -> dict[str, float]:
    """Return the points of each item of all scorecards of a rule file, as scores name them."""
    rules = card.rules
    return {
        f"{name}.{item_name}": weight_of(rules, item)
        for name, scorecard in rules.scorecards.items()
        for _, item_name, item in scorecard.items()
    }


def _weakest_first(row: tuple[str, RuleCheck]) -> tuple[bool, float, str]:
    name, found = row
    shares = [share.value for share in (found.precision, found.recall) if share is not None]
    return not found.weak, min(shares, default=2.0), name
