"""Hiding numbers of persons: of a number only its end is shown, wherever it is shown."""

from __future__ import annotations

import re

#: Places of a number that stay readable, and what stands for each of the others.
SHOWN, HIDDEN = 4, "•"

_LONG_NUMBER = re.compile(r"\d[\d\s-]{3,}\d")


def masked(value: str) -> str:
    """Return what a caller entered with all but its last four places hidden; if it is short, all."""
    shown = value[-SHOWN:] if len(value) > SHOWN else ""
    return HIDDEN * (len(value) - len(shown)) + shown


def masked_number(address: str) -> str:
    """Return a telephone number or SIP address with all but the last four digits hidden.

    Names and hosts of an address are dropped, since they can name a person too.

    Parameters
    ----------
    address : str
        ``13812345678``, ``+86 138-1234-5678``, ``"Zhang" <sip:13812345678@10.0.0.1>``, or empty.

    Returns
    -------
    str
        ``•••••••5678``; empty where the address holds no digits.
    """
    user = address.rsplit("<", 1)[-1].split("@", 1)[0]
    digits = re.sub(r"\D", "", user)
    return masked(digits) if len(digits) > SHOWN else digits


def masked_text(text: str) -> str:
    """Return ``text`` with every number of five or more digits reduced to its last four."""
    return _LONG_NUMBER.sub(lambda found: masked_number(found.group()), text)
