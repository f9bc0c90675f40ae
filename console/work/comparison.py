"""Ratings of one call set side by side: who said what of each item, and how far they agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from calls.records import Review, Score
from console.work.agreement import Label, beyond_chance, exact, krippendorff_alpha

#: What is compared beside the scorecard's items.
FIELDS = ("complaint", "severity", "topic", "sentiment")


@dataclass(frozen=True, slots=True)
class Compared:
    """One thing that was judged: what each rater said (``None``: nothing), and whether all say the same."""

    name: str
    answers: tuple[Label | None, ...]

    @property
    def agreed(self) -> bool | None:
        """Whether all who judged it agree; ``None`` where fewer than two did."""
        said = [each for each in self.answers if each is not None]
        return len(set(said)) == 1 if len(said) > 1 else None

    @property
    def most(self) -> Label | None:
        """What most said; ``None`` where no answer has more than any other."""
        said = [each for each in self.answers if each is not None]
        ranked = sorted(set(said), key=lambda each: (-said.count(each), str(each)))
        if not ranked or (len(ranked) > 1 and said.count(ranked[0]) == said.count(ranked[1])):
            return None
        return ranked[0]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Several raters on one call: all that was judged, and the agreement on the scorecard's items.

    ``measure`` is ``cohen`` or ``krippendorff``, as :func:`console.work.agreement.beyond_chance` chooses.
    """

    raters: tuple[str, ...]
    items: tuple[Compared, ...]
    fields: tuple[Compared, ...]
    exact: float | None
    measure: str
    value: float | None


def compare(given: dict[str, Review], scores: Sequence[Score], items: Sequence[str]) -> Comparison:
    """Compare the ratings of one call.

    Parameters
    ----------
    given : dict of str to Review
        By rater.
    scores : sequence of Score
        The answers of all of these reviews.
    items : sequence of str
        The items of the scorecard, in its order, as scores name them.
    """
    by_review = {(each.review_id, each.item): _answer(each) for each in scores}
    reviews = list(given.values())
    answered = tuple(
        Compared(item.partition(".")[2], tuple(by_review.get((each.id, item)) for each in reviews))
        for item in items
    )
    fields = tuple(Compared(name, tuple(_said(getattr(each, name)) for each in reviews)) for name in FIELDS)
    units = [each.answers for each in answered]
    measure, value = beyond_chance(units)
    return Comparison(tuple(given), answered, fields, exact(units), measure, value)


def over_calls(
    comparisons: Sequence[Sequence[Compared]],
) -> dict[str, tuple[int, float | None, float | None]]:
    """Return, by item, in how many calls it was compared, the exact agreement, and Krippendorff's α."""
    units: dict[str, list[tuple[Label | None, ...]]] = {}
    for items in comparisons:
        for each in items:
            if each.agreed is not None:
                units.setdefault(each.name, []).append(each.answers)
    return {name: (len(found), exact(found), krippendorff_alpha(found)) for name, found in units.items()}


def _answer(score: Score) -> str:
    return "na" if score.points is None else f"{score.points:g}"


def _said(value: object) -> Label | None:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return None if value is None else str(value)
