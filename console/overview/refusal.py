"""Why a sample says nothing of all calls, in the language of the page."""

from __future__ import annotations

from analytics.sampling.drawing import RISK
from analytics.sampling.estimate import EstimateRefused
from console.language import t

#: The stratum of a sample that has but one.
ALL = "all"


def refusal_words(refusal: EstimateRefused) -> str:
    """Return why there is no estimate."""
    key = f"refusal.{refusal.reason}"
    stratum = refusal.values.get("stratum")
    return t(f"{key}-{stratum}" if stratum in (RISK, ALL) else key, **refusal.values)
