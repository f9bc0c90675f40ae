"""Scorecards filled in: by the machine, by people, both kept apart, and the score that follows.

A form's score is 100 times the weighted mean of its sections' shares, a section's share the weighted mean of
its items. What is not applicable, not available or not answered yet is left out of both means. An item that
may not fail and does, fails its section and the form: the score is 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from analytics.rules.inspector import RuleResult, Verdict
from analytics.rules.ruleset import Item, RuleSet
from calls.records import Score

#: Begins the name of who answered, where that was no person.
MACHINE = "machine:"

State = Literal["answered", "not-applicable", "not-available", "open"]


@dataclass(frozen=True, slots=True)
class ItemScore:
    """One item of a form.

    ``points`` lie between 0 and ``weight``, ``None`` unless the ``state`` is ``answered``. ``suggested`` is
    what the machine answered, whoever answered last; ``by`` is who did.
    """

    item: str
    weight: float
    state: State
    points: float | None = None
    automatic_fail: bool = False
    by: str = ""
    comment: str = ""
    suggested: float | None = None


@dataclass(frozen=True, slots=True)
class SectionScore:
    """A section: its share in [0, 1], ``None`` where no item counts."""

    section: str
    weight: float
    share: float | None
    automatic_fail: bool
    items: tuple[ItemScore, ...]


@dataclass(frozen=True, slots=True)
class FormScore:
    """A form: its ``score`` from 0 to 100, ``None`` where no item counts.

    ``points`` is what the score would be without ``automatic_fail``. ``complete`` is false while items are
    open or not available. ``version`` names the rule set and its version.
    """

    scorecard: str
    version: str
    score: float | None
    points: float | None
    automatic_fail: bool
    complete: bool
    sections: tuple[SectionScore, ...]

    @property
    def items(self) -> dict[str, ItemScore]:
        """The items by name."""
        return {item.item: item for section in self.sections for item in section.items}


def machine(rules: RuleSet) -> str:
    """Return the name under which the machine answers with these rules."""
    return f"{MACHINE}{rules.label}"


def machine_scores(
    rules: RuleSet, scorecard: str, results: Mapping[str, RuleResult], call_id: str
) -> list[Score]:
    """Return the machine's answers for one call, to be stored beside those of people.

    ``points`` is ``None`` where a rule is not applicable or not available; ``comment`` begins with the
    verdict. Items that are questions for people get none.
    """
    scores = []
    for _, name, item in rules.scorecards[scorecard].items():
        if item.rule is None:
            continue
        result = results[item.rule]
        points = {Verdict.PASSED: weight_of(rules, item), Verdict.FAILED: 0.0}.get(result.verdict)
        comment = f"{result.verdict.value}: {result.reason}" if result.reason else result.verdict.value
        scores.append(
            Score(
                call_id=call_id, item=f"{scorecard}.{name}", points=points, by=machine(rules), comment=comment
            )
        )
    return scores


def weight_of(rules: RuleSet, item: Item) -> float:
    """Return how much an item counts."""
    if item.weight is not None:
        return item.weight
    return rules.rules[item.rule].weight if item.rule is not None else 1.0


def may_not_fail(rules: RuleSet, item: Item) -> bool:
    """Tell whether failing an item fails the form."""
    if item.automatic_fail is not None:
        return item.automatic_fail
    return item.rule is not None and rules.rules[item.rule].severity == "fatal"


def form_score(rules: RuleSet, scorecard: str, scores: Iterable[Score]) -> FormScore:
    """Return what the answers for one call come to.

    Parameters
    ----------
    rules : RuleSet
    scorecard : str
        Name of one of its scorecards.
    scores : iterable of Score
        The answers for the call, oldest first. A person's answer, also ``None`` for *not applicable*, counts
        before the machine's; of several persons' the last. Answers of other rule versions' machines and for
        other scorecards are passed over. Points beyond an item's weight count as the weight.
    """
    card = rules.scorecards[scorecard]
    suggested: dict[str, Score] = {}
    answered: dict[str, Score] = {}
    for score in scores:
        if score.by.startswith(MACHINE):
            if score.by == machine(rules):
                suggested[score.item] = score
        else:
            answered[score.item] = score
    sections = []
    for name, section in card.sections.items():
        items = tuple(
            _item(
                rules, each, item, answered.get(f"{scorecard}.{each}"), suggested.get(f"{scorecard}.{each}")
            )
            for each, item in section.items.items()
        )
        sections.append(_section(name, section.weight, items))
    return _form(scorecard, rules.label, sections)


def _item(rules: RuleSet, name: str, item: Item, answer: Score | None, suggestion: Score | None) -> ItemScore:
    weight = weight_of(rules, item)
    proposed = suggestion.points if suggestion is not None else None
    score = answer or suggestion
    if score is None:
        return ItemScore(name, weight, "open")
    if score.points is None:
        missing = answer is None and score.comment.startswith(Verdict.NOT_AVAILABLE)
        state: State = "not-available" if missing else "not-applicable"
        return ItemScore(name, weight, state, by=score.by, comment=score.comment)
    points = min(max(score.points, 0.0), weight)
    return ItemScore(
        name,
        weight,
        "answered",
        points,
        automatic_fail=points == 0 and may_not_fail(rules, item),
        by=score.by,
        comment=score.comment,
        suggested=proposed,
    )


def _section(name: str, weight: float | None, items: tuple[ItemScore, ...]) -> SectionScore:
    counted = [(item.points, item.weight) for item in items if item.points is not None]
    total = sum(each for _, each in counted)
    failed = any(item.automatic_fail for item in items)
    share = sum(points for points, _ in counted) / total if counted else None
    return SectionScore(
        name, weight if weight is not None else total, 0.0 if failed else share, failed, items
    )


def _form(scorecard: str, version: str, sections: Sequence[SectionScore]) -> FormScore:
    counted = [each for each in sections if each.share is not None]
    total = sum(each.weight for each in counted)
    points = None
    if counted:
        shares = [(each.weight, _unfailed(each)) for each in counted]
        points = 100 * sum(weight * share for weight, share in shares) / total
    failed = any(each.automatic_fail for each in sections)
    return FormScore(
        scorecard,
        version,
        0.0 if failed else points,
        points,
        failed,
        all(item.state in ("answered", "not-applicable") for each in sections for item in each.items),
        tuple(sections),
    )


def _unfailed(section: SectionScore) -> float:
    """Return a section's share as if failing an item were no more than that."""
    counted = [(item.points, item.weight) for item in section.items if item.points is not None]
    return sum(points for points, _ in counted) / sum(weight for _, weight in counted)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often people answered an item as the machine did: of ``both`` answers, ``equal`` were the same."""

    both: int
    equal: int

    @property
    def share(self) -> float | None:
        """Share of equal answers; ``None`` where no call was answered by both."""
        return self.equal / self.both if self.both else None


def agreement(scores: Iterable[Score]) -> dict[str, Agreement]:
    """Compare the machine's answers with people's, item by item.

    Parameters
    ----------
    scores : iterable of Score
        Of any number of calls; of several answers of one kind for a call the last one counts. Answers are
        equal if both give the same points, or both none.
    """
    by_machine: dict[tuple[str, str], Score] = {}
    by_people: dict[tuple[str, str], Score] = {}
    for score in scores:
        kind = by_machine if score.by.startswith(MACHINE) else by_people
        kind[score.item, score.call_id] = score
    counts: dict[str, list[bool]] = {}
    for key in sorted(by_machine.keys() & by_people.keys()):
        counts.setdefault(key[0], []).append(by_machine[key].points == by_people[key].points)
    return {item: Agreement(len(equal), sum(equal)) for item, equal in counts.items()}
