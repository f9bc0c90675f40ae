"""Why a call has its risk: what each reason adds to the logit, as bars on one scale."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from analytics.redaction.redactor import HIDDEN
from analytics.riskmodel.english import in_english
from calls.records import CallRisk, Evidence
from console.access import may
from console.callpage.personal import Piece, Veil
from console.language import language, t
from console.rights import Right

_QUOTED = re.compile("“[^”]*”")


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


def reason_words(words: str) -> str:
    """Return a reason, which is kept in Chinese, in the language of the present request."""
    return in_english(words) if language() == "en" else words


def reasons_line(reasons: Iterable[str]) -> str:
    """Return the reasons of a call as a line of a list, without quotes for who may not see personal data.

    What in a quote is personal is only known beside the whole call, on its page.
    """
    said = [reason_words(words) for words in reasons]
    if not may(Right.PERSONAL):
        said = [_QUOTED.sub(f"“{HIDDEN * 2}”", words) for words in said]
    return t("risk.semicolon").join(said)


def risk_bars(risk: CallRisk, veil: Veil, said: Callable[[str], str] = str) -> RiskBars:
    """Return the bars of a call's risk, the weightiest first.

    Parameters
    ----------
    risk : CallRisk
    veil : Veil
    said : callable, optional
        How a reason is said, see :func:`reason_words`.
    """
    ranked = sorted(risk.reasons, key=lambda each: -abs(each.share))
    largest = max((abs(share) for share in (risk.base, *(each.share for each in ranked))), default=0.0)
    scale = largest if largest > 0 and math.isfinite(largest) else 1.0
    return RiskBars(
        risk.probability,
        RiskBar((), risk.base, risk.base / scale, None),
        tuple(
            RiskBar(
                tuple(veil.text(said(each.words), each.evidence)),
                each.share,
                each.share / scale,
                each.evidence[0] if each.evidence else None,
            )
            for each in ranked
        ),
        risk.base + math.fsum(each.share for each in ranked),
        risk.model,
    )
