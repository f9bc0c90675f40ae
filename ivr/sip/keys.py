"""Keys that a telephone tells by INFO instead of sending them with the sound."""

from __future__ import annotations

import re

_NAMES = {"10": "*", "11": "#", "12": "A", "13": "B", "14": "C", "15": "D"}


def pressed(content_type: str, body: str) -> tuple[str, int] | None:
    """Return the key of an INFO body and how long it was held in milliseconds, 0 where it is not said.

    None where the body tells no key.

    Parameters
    ----------
    content_type : str
        ``application/dtmf-relay`` (lines ``Signal=`` and ``Duration=``), or ``application/dtmf`` (the key).
    """
    kind = content_type.split(";")[0].strip().lower()
    if kind == "application/dtmf":
        key, held = body.strip(), ""
    elif kind == "application/dtmf-relay":
        found = dict(re.findall(r"^\s*(signal|duration)\s*=\s*(\S+)\s*$", body.lower(), re.MULTILINE))
        key, held = found.get("signal", ""), found.get("duration", "")
    else:
        return None
    key = _NAMES.get(key, key).upper()
    if not re.fullmatch(r"[0-9A-D*#]", key):
        return None
    return key, int(held) if re.fullmatch(r"\d{1,5}", held) else 0
