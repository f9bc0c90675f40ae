"""Rules applied to a call: what each comes to, and where in the call that can be heard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from analytics.rules.conditions import ON_CALL, ON_WORDS, Condition
from analytics.rules.facts import Found, examine
from analytics.rules.logic import Logic, Named, Not, Truth, value
from analytics.rules.pattern import PatternTimeout
from analytics.rules.ruleset import Rule, RuleSet, named_in
from analytics.rules.scope import Scope, scopes
from analytics.rules.subject import Heard, Hit, Subject
from analytics.rules.timed import MEASURES, unavailable
from analytics.rules.wording import Prepared, prepare, words_looked_for
from analytics.sounds import SoundIndex, Tolerance
from calls.records import Evidence, Finding

#: Evidence told of one rule at most; the rest is counted.
MAX_EVIDENCE = 20


class Verdict(StrEnum):
    """What a rule comes to in a call."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not-applicable"
    NOT_AVAILABLE = "not-available"


@dataclass(frozen=True, slots=True)
class ConditionResult:
    """What a condition came to: ``met`` is ``None`` where it is not available, for the ``reason`` given."""

    met: Truth
    hits: tuple[Hit, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What a rule came to.

    ``evidence`` holds at most :data:`MAX_EVIDENCE` of its ``hits``: what was said against or for it; where
    something is missing, where it should have been. ``reason`` says why it is not available. ``conditions``
    holds what each of its conditions came to.
    """

    rule: str
    verdict: Verdict
    evidence: tuple[Evidence, ...] = ()
    hits: int = 0
    reason: str = ""
    conditions: Mapping[str, ConditionResult] | None = None


class RuleInspector:
    """Applies the rules of a file to calls.

    Parameters
    ----------
    rules : RuleSet
    """

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        self._rules = [
            _ReadyRule(name, rule, rules.conditions_of(rule)) for name, rule in rules.rules.items()
        ]
        conditions = [
            *rules.conditions.values(),
            *(condition for rule in rules.rules.values() for condition in rule.conditions.values()),
        ]
        self._prepared: dict[int, Prepared] = {}
        keywords: dict[Tolerance, dict[str, Tolerance]] = {}
        for condition in conditions:
            if condition.operator in ON_WORDS:
                self._prepared[id(condition)] = prepare(condition, rules)
                tolerance = condition.sounding or rules.sounding
                words = keywords.setdefault(tolerance, {})
                words.update(dict.fromkeys(words_looked_for(condition, rules), tolerance))
        self._indexes = {tolerance: SoundIndex(words) for tolerance, words in keywords.items()}

    def inspect(self, subject: Subject) -> dict[str, RuleResult]:
        """Return what each rule comes to in a call."""
        inspection = _Inspection(self._prepared, Heard(subject, self._indexes))
        return {rule.name: inspection.rule(rule) for rule in self._rules}

    def findings(self, subject: Subject) -> list[Finding]:
        """Return a finding of kind ``rule`` for each rule that is broken.

        A rule decides, it does not guess: the probability is 1.
        """
        return findings(self.rules, subject, self.inspect(subject))


def findings(rules: RuleSet, subject: Subject, results: Mapping[str, RuleResult]) -> list[Finding]:
    """Return the findings that the results of :meth:`RuleInspector.inspect` come to."""
    return [
        Finding(
            call_id=subject.transcript.call_id,
            kind="rule",
            label=result.rule,
            probability=1.0,
            evidence=result.evidence,
            model=rules.label,
        )
        for result in results.values()
        if result.verdict is Verdict.FAILED
    ]


class _ReadyRule:
    """A rule with what does not change from call to call."""

    def __init__(self, name: str, rule: Rule, known: Mapping[str, Condition]) -> None:
        self.name = name
        self.required = rule.kind == "required"
        self.expression = rule.expression
        self.applicability = rule.applicability
        self.named = named_in(rule)
        self.known = known


class _Inspection:
    """The rules in one call; each condition is looked at once."""

    def __init__(self, prepared: Mapping[int, Prepared], heard: Heard) -> None:
        self._prepared = prepared
        self._heard = heard
        self._results: dict[int, ConditionResult] = {}

    def rule(self, rule: _ReadyRule) -> RuleResult:
        results = {name: self._condition(name, rule.known) for name in rule.named}
        truths = {name: result.met for name, result in results.items()}
        met = value(rule.expression, truths)
        passes = None if met is None else met == rule.required
        outside = value(rule.applicability, truths) if rule.applicability is not None else False
        if outside:
            return RuleResult(rule.name, Verdict.NOT_APPLICABLE, conditions=results)
        if passes is None or met is None or (outside is None and not passes):
            reasons = dict.fromkeys(result.reason for result in results.values() if result.reason)
            reason = "; ".join(reasons)
            return RuleResult(rule.name, Verdict.NOT_AVAILABLE, reason=reason, conditions=results)
        hits = self._hits(rule, results, met)
        if not hits and not passes:
            hits = self._instead(rule, results, met)
        shown = tuple(self._heard.evidence(hit) for hit in hits[:MAX_EVIDENCE])
        verdict = Verdict.PASSED if passes else Verdict.FAILED
        return RuleResult(rule.name, verdict, shown, len(hits), conditions=results)

    def _hits(self, rule: _ReadyRule, results: Mapping[str, ConditionResult], met: bool) -> list[Hit]:
        """Return what shows that a rule's expression is met, or is not."""
        return sorted(
            {hit for name in _deciding(rule.expression, results, met) for hit in results[name].hits}
        )

    def _instead(self, rule: _ReadyRule, results: Mapping[str, ConditionResult], met: bool) -> list[Hit]:
        """Return where something that is missing should have been.

        That is the hit it is anchored to, or what made the rule apply, or the first utterance in which it
        could have been said (the last, for what belongs to the end).
        """
        missing = _deciding(rule.expression, results, met)
        hits = {hit for name in missing for hit in self._anchors(rule.known[name], rule.known)}
        if not hits and rule.applicability is not None:
            needed = _deciding(rule.applicability, results, False)
            hits = {hit for name in needed for hit in results[name].hits[:1]}
        if not hits or all(rule.known[name].last for name in missing):
            hits = {hit for name in missing for hit in self._place(rule.known[name])} or hits
        return sorted(hits)

    def _anchors(self, condition: Condition, known: Mapping[str, Condition]) -> tuple[Hit, ...]:
        if condition.anchor is None:
            return ()
        name = condition.anchor.to
        return self._condition(name, known).hits[:1] or self._anchors(known[name], known)

    def _place(self, condition: Condition) -> tuple[Hit, ...]:
        positions = scopes(condition, self._heard).possible.positions or self._heard.parties
        return (self._heard.whole(positions[-1 if condition.last else 0]),) if positions else ()

    def _condition(self, name: str, known: Mapping[str, Condition]) -> ConditionResult:
        condition = known[name]
        result = self._results.get(id(condition))
        if result is None:
            try:
                met, hits, reason = self._look(condition, known)
            except PatternTimeout as error:
                met, hits, reason = None, (), str(error)
            result = ConditionResult(met, tuple(hits), f"{name}: {reason}" if reason else "")
            self._results[id(condition)] = result
        return result

    def _look(self, condition: Condition, known: Mapping[str, Condition]) -> Found:
        operator = condition.operator
        if operator in ON_CALL:
            return examine(condition, self._heard)
        prepared = self._prepared.get(id(condition))
        found: list[Hit] = []
        if prepared is not None:
            if operator == "repetition" and self._heard.no_roles and condition.role != "system":
                return None, (), self._heard.no_roles
            found = prepared.search(self._heard, self._heard.of_role(condition.role))
            if not found and condition.anchor is None:
                return prepared.decide(()), (), ""
        elif operator != "utterances" and (reason := unavailable(condition, self._heard)):
            return None, (), reason
        hit = None
        if condition.anchor is not None:
            hit, reason = self._anchor(condition, known)
            if reason:
                return None, (), reason
            if hit is None:
                return False, (), ""
            if condition.anchor.seconds is not None and self._heard.no_times:
                return None, (), self._heard.no_times
        where = scopes(condition, self._heard, hit)
        if prepared is not None:
            certain = [each for each in found if where.certain.admits(each, self._heard)]
            if where.known:
                return prepared.decide(certain), certain, ""
            possible = [each for each in found if where.possible.admits(each, self._heard)]
            return self._either(prepared.decide(certain), prepared.decide(possible), certain)
        if operator == "utterances":
            return self._count(condition, where.certain, where.possible)
        if not where.known:
            return None, (), self._heard.no_roles
        hits = MEASURES[operator](condition, self._heard, where.certain)
        return len(hits) >= condition.times, hits, ""

    def _anchor(self, condition: Condition, known: Mapping[str, Condition]) -> tuple[Hit | None, str]:
        """Return the hit that a condition is anchored to, or why that is not available."""
        assert condition.anchor is not None
        result = self._condition(condition.anchor.to, known)
        if result.met is None:
            return None, result.reason
        number = condition.anchor.hit - 1 if condition.anchor.hit > 0 else condition.anchor.hit
        try:
            return result.hits[number], ""
        except IndexError:
            return None, ""

    def _count(self, condition: Condition, certain: Scope, possible: Scope) -> Found:
        wanted = condition.utterances
        assert wanted is not None

        def decide(count: int) -> bool:
            enough = wanted.more_than is None or count > wanted.more_than
            return enough and (wanted.fewer_than is None or count < wanted.fewer_than)

        positions = certain.utterances(self._heard)
        least, most = len(positions), len(possible.utterances(self._heard))
        # one that is not known may be the role's or the other's: every number between is possible
        outcomes = {decide(count) for count in range(least, most + 1)}
        first = [self._heard.whole(position) for position in positions[:1]]
        return self._either(True in outcomes and False not in outcomes, True in outcomes, first)

    def _either(self, one: bool, other: bool, hits: Sequence[Hit]) -> Found:
        return (one, hits, "") if one == other else (None, (), self._heard.no_roles)


def _deciding(logic: Logic, results: Mapping[str, ConditionResult], met: bool) -> list[str]:
    """Return the conditions that make an expression what it is."""
    match logic:
        case Named(name):
            return [name] if results[name].met is met else []
        case Not(part):
            return _deciding(part, results, not met)
        case _:
            return [name for part in logic.parts for name in _deciding(part, results, met)]
