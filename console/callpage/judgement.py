"""What the machine found in a call, as one person may read it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from analytics.rules.loading import load_rules, shipped_path
from analytics.rules.ruleset import RuleSet, in_language
from calls.records import Evidence, Finding
from console.callpage.personal import Piece, Veil
from console.language import language

#: Kinds of findings in the order of the page: rules come last, in a list of their own.
KINDS = ("complaint", "cause", "responsible", "resolved", "abuse", "sentiment", "topic")
RULE = "rule"


@dataclass(frozen=True, slots=True)
class Cited:
    """Evidence with its words as they may be shown."""

    evidence: Evidence
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """A finding; ``name`` is that of the rule, where it is one, in the language of the request."""

    finding: Finding
    name: str
    evidence: tuple[Cited, ...]


def judged(
    findings: Iterable[Finding], veil: Veil, rules: RuleSet | None
) -> tuple[tuple[Judged, ...], tuple[Judged, ...]]:
    """Return the findings of a call, the gravest kinds first, and the rules that it breaks.

    Parameters
    ----------
    findings : iterable of Finding
    veil : Veil
    rules : RuleSet or None
        Knows the names of the rules; those of the shipped set are known anyway.
    """
    ranked = sorted(findings, key=_rank)
    found = [
        Judged(
            each,
            rule_name(each.label, rules) if each.kind == RULE else "",
            tuple(Cited(cited, tuple(veil.evidence(cited))) for cited in each.evidence),
        )
        for each in ranked
    ]
    return (
        tuple(each for each in found if each.finding.kind != RULE),
        tuple(each for each in found if each.finding.kind == RULE),
    )


def rule_name(label: str, rules: RuleSet | None = None) -> str:
    """Return the name of a rule in the language of the request, or its label where nobody knows it."""
    for known in (rules, _shipped()):
        if known is not None and label in known.rules:
            return in_language(known.rules[label].name, language()) or label
    return label


@cache
def _shipped() -> RuleSet:
    return load_rules(shipped_path())


def _rank(finding: Finding) -> tuple[int, float, str]:
    kind = KINDS.index(finding.kind) if finding.kind in KINDS else len(KINDS)
    return kind, -finding.probability, finding.id
