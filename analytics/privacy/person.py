"""The calls of one person, who is known by a telephone number."""

from __future__ import annotations

import re
from typing import Any

from calls.errors import HuawuError
from calls.records import Call, Callback, Direction
from calls.store import Store

# China's code where it is written as one, or before a mobile number
_COUNTRY = re.compile(r"^(?:\+|00)86|^86(?=1\d{10}$)")


class NoNumber(HuawuError):
    """What was given is no telephone number."""


def number_of(address: str) -> str:
    """Return the digits of a number or SIP address, without China's country code and a trunk's zero.

    ``+86 138-0000-1001``, ``sip:13800001001@10.0.0.1`` and ``013800001001`` are the same person.
    """
    user = re.sub(r"^(?:sips?|tel):", "", address.rsplit("<", 1)[-1].strip(), flags=re.I).split("@", 1)[0]
    digits = re.sub(r"[^\d+]", "", user.split(";", 1)[0])
    digits = re.sub(r"\D", "", _COUNTRY.sub("", digits))
    return re.sub(r"^0(?=\d{9,})", "", digits)


def asked_number(text: str) -> str:
    """Return the number that a request is about.

    Raises
    ------
    NoNumber
        It has fewer than five digits: too many people would be meant.
    """
    number = number_of(text)
    if len(number) < 5:
        raise NoNumber(f"number: {text!r} has fewer than five digits", "give the whole number")
    return number


def calls_of(store: Store, number: str) -> list[Call]:
    """Return the calls from a number, those to it, and those that asked to be called back at it.

    Parameters
    ----------
    store : Store
    number : str
        From :func:`asked_number`.
    """
    found: dict[str, Call] = {}
    for field, direction in (("caller", Direction.INBOUND), ("callee", Direction.OUTBOUND)):
        same = [each for each in store.values(Call, field, direction=direction) if number_of(each) == number]
        where: dict[str, Any] = {"direction": direction, field: same}
        found |= {call.id: call for call in store.find(Call, **where)}
    asked = [each for each in store.values(Callback, "number") if number_of(each) == number]
    ids = store.values(Callback, "call_id", number=asked)
    found |= {call.id: call for call in store.find(Call, id=list(ids))}
    return sorted(found.values(), key=lambda call: (call.started_at, call.id))
