"""How times and shares are written on the desk's pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from calls.masking import masked_text


def clock(seconds: float) -> str:
    """Return an offset or a duration in seconds as ``m:ss``, from an hour on as ``h:mm:ss``."""
    whole = int(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, second = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{second:02d}" if hours else f"{minutes}:{second:02d}"


def moment(time: datetime) -> str:
    """Return an aware time as date and time of this machine's zone."""
    return time.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def percent(share: float) -> str:
    """Return a share in [0, 1] in per cent; small ones keep a digit so that none reads as 0 %."""
    if share and share < 0.1:
        return f"{share:.1%}"
    return f"{share:.0%}"


def likelihood(probability: float) -> str:
    """Return a model's probability in per cent; no model is certain, so none reads as 100 %."""
    return ">99%" if probability > 0.995 else percent(probability)


def details(data: Mapping[str, Any]) -> str:
    """Return what an event carries as ``name: value`` pairs, long numbers masked, empty ones left out."""
    return " · ".join(
        f"{name}: {masked_text(str(value))}" for name, value in data.items() if value not in (None, "", [])
    )
