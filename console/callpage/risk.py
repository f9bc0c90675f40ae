"""Why a call has its risk: what each reason adds to the logit, as bars on one scale."""

from __future__ import annotations

import math
from dataclasses import dataclass

from calls.records import CallRisk, Evidence
from console.callpage.personal import Piece, Veil


@dataclass(frozen=True, slots=True)
class RiskBar:
    """One reason: in words, what it adds to the logit, and its bar from -1 to 1 on the common scale."""

    words: tuple[Piece, ...]
    share: float
    length: float
    evidence: Evidence | None


@dataclass(frozen=True, slots=True)
class RiskBars:
    """A call's risk. ``base`` and the shares of all bars sum to ``logit``, that of ``probability``."""

    probability: float
    base: RiskBar
    bars: tuple[RiskBar, ...]
    logit: float
    model: str


def risk_bars(risk: CallRisk, veil: Veil) -> RiskBars:
    """Return the bars of a call's risk, the weightiest first."""
    ranked = sorted(risk.reasons, key=lambda each: -abs(each.share))
    largest = max((abs(share) for share in (risk.base, *(each.share for each in ranked))), default=0.0)
    scale = largest if largest > 0 and math.isfinite(largest) else 1.0
    return RiskBars(
        risk.probability,
        RiskBar((), risk.base, risk.base / scale, None),
        tuple(
            RiskBar(
                tuple(veil.text(each.words, each.evidence)),
                each.share,
                each.share / scale,
                each.evidence[0] if each.evidence else None,
            )
            for each in ranked
        ),
        risk.base + math.fsum(each.share for each in ranked),
        risk.model,
    )
