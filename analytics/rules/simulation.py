"""What a changed rule file would have done to calls that were taken already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from analytics.rules.facts import attributes_of
from analytics.rules.inspector import RuleInspector, RuleResult, Verdict
from analytics.rules.ruleset import RuleSet
from analytics.rules.scoring import FormScore, form_score, machine_scores
from analytics.rules.subject import Subject
from calls.records import Evidence

#: Examples kept of each change of a rule.
EXAMPLES = 3
#: Stands for the verdict of a rule that one of the files does not have.
ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Example:
    """A call in which a rule comes to something else, with what it cites, or cited while it was broken."""

    call_id: str
    evidence: tuple[Evidence, ...]


@dataclass(slots=True)
class RuleChange:
    """What changes about one rule: calls by (verdict before, verdict after), and examples.

    ``appeared`` are calls in which the rule is broken now and was not, ``disappeared`` the other way round.
    """

    rule: str
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    appeared: list[Example] = field(default_factory=list)
    disappeared: list[Example] = field(default_factory=list)

    @property
    def broken_before(self) -> int:
        """Calls in which the old rule is broken."""
        return sum(count for (before, _), count in self.verdicts.items() if before == Verdict.FAILED)

    @property
    def broken_after(self) -> int:
        """Calls in which the new rule is broken."""
        return sum(count for (_, after), count in self.verdicts.items() if after == Verdict.FAILED)

    @property
    def appear(self) -> int:
        """Calls in which the rule is broken only now."""
        return self.broken_after - self.verdicts[Verdict.FAILED, Verdict.FAILED]

    @property
    def disappear(self) -> int:
        """Calls in which the rule is broken no more."""
        return self.broken_before - self.verdicts[Verdict.FAILED, Verdict.FAILED]

    @property
    def changes(self) -> bool:
        """Whether any call comes to something else."""
        return any(before != after for before, after in self.verdicts)


@dataclass(slots=True)
class ScoreChange:
    """Scores of a group of calls before and after.

    ``before`` and ``after`` are sums over the ``calls`` that have a score with both files; the means divide
    by their number. ``fails_before`` and ``fails_after`` count the forms that fail.
    """

    calls: int = 0
    before: float = 0.0
    after: float = 0.0
    fails_before: int = 0
    fails_after: int = 0

    def add(self, before: FormScore, after: FormScore) -> None:
        """Take in one call."""
        if before.score is None or after.score is None:
            return
        self.calls += 1
        self.before += before.score
        self.after += after.score
        self.fails_before += before.automatic_fail
        self.fails_after += after.automatic_fail

    @property
    def mean_before(self) -> float | None:
        """Mean score with the old file; ``None`` where no call has one."""
        return self.before / self.calls if self.calls else None

    @property
    def mean_after(self) -> float | None:
        """Mean score with the new file; ``None`` where no call has one."""
        return self.after / self.calls if self.calls else None


Group = Literal["all", "team", "agent"]


@dataclass(frozen=True, slots=True)
class Simulation:
    """Two rule files on the same calls.

    ``scores`` holds, by (scorecard, group, name), the scorecards that both files have; the name of the group
    ``all`` is empty, and so is that of calls whose agent or team is not known.
    """

    old: str
    new: str
    calls: int
    rules: Mapping[str, RuleChange]
    scores: Mapping[tuple[str, Group, str], ScoreChange]


def simulate(old: RuleSet, new: RuleSet, subjects: Iterable[Subject]) -> Simulation:
    """Apply two rule files to calls and compare what they come to.

    Parameters
    ----------
    old, new : RuleSet
    subjects : iterable of Subject
    """
    inspectors = RuleInspector(old), RuleInspector(new)
    changes = {name: RuleChange(name) for name in (*old.rules, *new.rules)}
    cards = [name for name in old.scorecards if name in new.scorecards]
    scores: dict[tuple[str, Group, str], ScoreChange] = {}
    count = 0
    for subject in subjects:
        count += 1
        before, after = (inspector.inspect(subject) for inspector in inspectors)
        for name, change in changes.items():
            _compare(change, subject, before.get(name), after.get(name))
        known = attributes_of(subject)
        groups: tuple[tuple[Group, str], ...] = (
            ("all", ""), ("team", known.get("team", "")), ("agent", known.get("agent", "")),
        )  # fmt: skip
        for card in cards:
            forms = _form(old, card, before, subject), _form(new, card, after, subject)
            for group, name in groups:
                scores.setdefault((card, group, name), ScoreChange()).add(*forms)
    return Simulation(old.label, new.label, count, changes, scores)


def _form(rules: RuleSet, card: str, results: Mapping[str, RuleResult], subject: Subject) -> FormScore:
    return form_score(rules, card, machine_scores(rules, card, results, subject.transcript.call_id))


def _compare(
    change: RuleChange, subject: Subject, before: RuleResult | None, after: RuleResult | None
) -> None:
    was = before.verdict.value if before is not None else ABSENT
    now = after.verdict.value if after is not None else ABSENT
    change.verdicts[was, now] += 1
    if was == now or Verdict.FAILED not in (was, now):
        return
    shown, result = (change.appeared, after) if now == Verdict.FAILED else (change.disappeared, before)
    if len(shown) < EXAMPLES and result is not None:
        shown.append(Example(subject.transcript.call_id, result.evidence[:EXAMPLES]))
