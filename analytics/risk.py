"""How much a call deserves a person's ear, from its findings, with the reasons in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.labels import NO_COMPLAINT, SENTIMENT_NAMES, SEVERITIES, STRONG_NEGATIVE
from calls.records import Finding

#: The share of risk that a certain finding brings on its own.
SEVERITY_WEIGHT = dict(zip(SEVERITIES, (0.6, 0.85, 0.98), strict=True))
NEGATIVE_WEIGHT = 0.3
ABUSE_WEIGHT = 0.5


@dataclass(frozen=True, slots=True)
class Risk:
    """The risk of a call in [0, 1] and why, the heaviest reason first; no reasons means no risk seen."""

    value: float
    reasons: tuple[str, ...] = ()


def risk(findings: Sequence[Finding]) -> Risk:
    """Return the risk of one call.

    Each finding that speaks of trouble brings its weight times its probability; independent parts add
    up as 1 - Π(1 - part). A finding of *no complaint* brings the probability that it is wrong, at the
    weight of the least severity, without being a reason.

    Parameters
    ----------
    findings : sequence of Finding
        The findings on one call, in any order.
    """
    parts: list[tuple[float, str]] = []
    for finding in findings:
        if finding.kind == "complaint" and finding.label == NO_COMPLAINT:
            parts.append((SEVERITY_WEIGHT[SEVERITIES[0]] * (1.0 - finding.probability), ""))
        elif finding.kind == "complaint":
            weight = SEVERITY_WEIGHT[finding.label]
            parts.append((weight * finding.probability, _reason(f"{finding.label}投诉", finding)))
        elif finding.kind == "abuse":
            name = SENTIMENT_NAMES[STRONG_NEGATIVE]
            parts.append((ABUSE_WEIGHT * finding.probability, _reason(f"{name}情绪", finding)))
        elif finding.kind == "sentiment" and finding.label == "negative":
            name = SENTIMENT_NAMES[finding.label]
            parts.append((NEGATIVE_WEIGHT * finding.probability, _reason(f"{name}情绪", finding)))
    remaining = 1.0
    for part, _ in parts:
        remaining *= 1.0 - part
    reasons = tuple(reason for _, reason in sorted(parts, reverse=True) if reason)
    return Risk(min(max(1.0 - remaining, 0.0), 1.0), reasons)


def _reason(what: str, finding: Finding) -> str:
    said = f"：“{finding.evidence[0].text}”" if finding.evidence else ""
    # No model is certain: what rounds to 100 % is shown as more than 99 %.
    shown = ">99%" if finding.probability > 0.995 else f"{finding.probability:.0%}"
    return f"{what}（概率 {shown}）{said}"
