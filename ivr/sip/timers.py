"""Session timers (RFC 4028): a call that nobody refreshes is over, even if its BYE was lost. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

#: The shortest interval that we take part in, in seconds (RFC 4028, 5).
SHORTEST = 90


@dataclass(frozen=True, slots=True)
class Interval:
    """What was agreed on.

    Parameters
    ----------
    seconds : int
        After so many without a refresh the session is over.
    ours : bool
        Whether it is we who refresh.
    """

    seconds: int
    ours: bool

    @property
    def refresh_after(self) -> float:
        """When we refresh: half-way (RFC 4028, 10)."""
        return self.seconds / 2

    @property
    def over_after(self) -> float:
        """When we take the party for gone, if it was to refresh (RFC 4028, 10)."""
        return self.seconds - min(32, self.seconds / 3)


def words_of(message: Any) -> dict[str, str]:
    """Return the headers of a message of sippy's that matter here."""
    names = ("session-expires", "supported", "min-se")
    return {name: ",".join(str(each.body) for each in message.getHFs(name)) for name in names}


def session_expires(value: str) -> tuple[int, str] | None:
    """Return the seconds of a Session-Expires header and who refreshes: ``uac``, ``uas`` or nothing."""
    match = re.match(r"\s*(\d{1,8})\s*(?:;|$)", value)
    who = re.search(r";\s*refresher\s*=\s*(uac|uas)\b", value, re.IGNORECASE)
    return (int(match[1]), who[1].lower() if who else "") if match else None


def answered(request: dict[str, str], wanted: int) -> tuple[Interval | None, tuple[tuple[str, str], ...]]:
    """Return the interval that our 2xx to an INVITE or UPDATE sets, and the headers that say it.

    Parameters
    ----------
    request : dict
        Headers of the request by lower-case name.
    wanted : int
        What we want where the party does not care; 0 for nothing.
    """
    theirs = session_expires(request.get("session-expires", ""))
    able = "timer" in re.split(r"[\s,]+", request.get("supported", "").lower())
    if theirs is None and not wanted:
        return None, ()
    seconds, who = theirs or (wanted, "")
    shortest = session_expires(request.get("min-se", ""))
    seconds = max(seconds, shortest[0] if shortest else 0, SHORTEST)
    if not able:
        who = "uas"
    who = who or "uac"
    says = [("Session-Expires", f"{seconds};refresher={who}")]
    if who == "uac":
        says.append(("Require", "timer"))
    return Interval(seconds, who == "uas"), tuple(says)


def too_short(request: dict[str, str]) -> bool:
    """Say whether a request is to be answered 422: its interval is below ours, and it understands that."""
    theirs = session_expires(request.get("session-expires", ""))
    able = "timer" in re.split(r"[\s,]+", request.get("supported", "").lower())
    return theirs is not None and able and theirs[0] < SHORTEST


def asked(wanted: int, shortest: int = SHORTEST, who: str = "") -> tuple[tuple[str, str], ...]:
    """Return the headers of our own INVITE; ``shortest`` is what a 422 has named, if there was one."""
    if not wanted:
        return (("Supported", "timer"),)
    refresher = f";refresher={who}" if who else ""
    return (
        ("Supported", "timer"),
        ("Session-Expires", f"{max(wanted, shortest)}{refresher}"),
        ("Min-SE", str(shortest)),
    )


def agreed(response: str, wanted: int) -> Interval | None:
    """Return the interval that a 2xx to our request sets by its Session-Expires.

    Where the party says nothing, we refresh on our own.
    """
    theirs = session_expires(response)
    if theirs is None:
        return Interval(wanted, True) if wanted else None
    seconds, who = theirs
    return Interval(max(seconds, SHORTEST), who != "uas")
