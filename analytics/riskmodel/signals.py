"""What other models and measurements know of a call, as optional columns of the risk model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analytics.conversation.definitions import FEATURES
from analytics.labels import NO_COMPLAINT, SEVERITIES
from calls.records import Finding

#: Log-odds beyond which a probability counts as certain.
CERTAIN = 5.0


@dataclass(frozen=True, slots=True)
class Signal:
    """A number that may be known of a call.

    ``form`` is how it enters: ``"probability"`` as log-odds, ``"amount"`` as log(1 + value), ``"number"``
    as it is. ``title`` names it in reasons.
    """

    title: str
    form: str = "number"


#: Signals that the findings give, see :func:`signals_of`.
FROM_FINDINGS: dict[str, Signal] = {
    "complaint": Signal("客户在投诉", "probability"),
    "grave_complaint": Signal("投诉性质重大", "probability"),
    "urgent_complaint": Signal("投诉紧急", "probability"),
    "negative": Signal("客户情绪负面", "probability"),
    "positive": Signal("客户情绪正面", "probability"),
    "abuse": Signal("客户情绪强烈负面或辱骂", "probability"),
}
#: Units of conversation features that grow without end, and so enter as their logarithm.
_UNBOUNDED = ("s", "count", "characters")
#: Every feature of :mod:`analytics.conversation`, under its own name.
FROM_CONVERSATION: dict[str, Signal] = {
    name: Signal(feature.chinese, "amount" if feature.unit in _UNBOUNDED else "number")
    for name, feature in FEATURES.items()
}
SIGNALS: dict[str, Signal] = FROM_FINDINGS | FROM_CONVERSATION

_BY_SEVERITY = dict(zip(SEVERITIES, ("complaint", "grave_complaint", "urgent_complaint"), strict=True))


def signals_of(findings: Iterable[Finding]) -> dict[str, float]:
    """Return the signals in the findings on one call.

    A finding of a severity tells the probability of a complaint at least so grave, and a lighter one is at
    least so likely. What no finding tells is left out: not known, not zero.
    """
    found: dict[str, float] = {}
    for finding in findings:
        if finding.kind == "complaint" and finding.label == NO_COMPLAINT:
            found["complaint"] = 1.0 - finding.probability
        elif finding.kind == "complaint" and finding.label in _BY_SEVERITY:
            rank = SEVERITIES.index(finding.label)
            for severity in SEVERITIES[: rank + 1]:
                found[_BY_SEVERITY[severity]] = finding.probability
        elif finding.kind == "sentiment" and finding.label in ("negative", "positive"):
            found[finding.label] = finding.probability
        elif finding.kind == "abuse":
            found["abuse"] = finding.probability
    return found


#: The probability of what the models looked for and did not name.
NOT_FOUND = 0.02


def all_signals_of(findings: Iterable[Finding]) -> dict[str, float]:
    """Return :func:`signals_of` a call that all models have judged: what they did not name is unlikely."""
    return dict.fromkeys(FROM_FINDINGS, NOT_FOUND) | signals_of(findings)


def signal_columns(
    names: Sequence[str], calls: Sequence[Mapping[str, float | None]] | None, count: int
) -> np.ndarray:
    """Return the signals of calls as columns, shape (count, n_names); NaN where one is not known."""
    columns = np.full((count, len(names)), np.nan)
    forms = [SIGNALS.get(name, Signal(name)).form for name in names]
    if calls is None:
        return columns
    for row, call in enumerate(calls):
        for place, name in enumerate(names):
            value = call.get(name)
            if value is not None and np.isfinite(value):
                columns[row, place] = _entering(float(value), forms[place])
    return columns


def _entering(value: float, form: str) -> float:
    if form == "probability":
        edge = 1.0 / (1.0 + np.exp(CERTAIN))
        value = min(max(value, edge), 1.0 - edge)
        return float(np.log(value / (1.0 - value)))
    return float(np.log1p(max(value, 0.0))) if form == "amount" else value
