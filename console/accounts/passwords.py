"""Passwords: what is accepted as one, and how it is stored (argon2id, RFC 9106)."""

from __future__ import annotations

import secrets
import unicodedata
from datetime import UTC, datetime
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

#: Characters of a password. Length is what guessing costs; kinds of characters are nobody's business
#: (NIST SP 800-63B, 3.1.1.2).
SHORTEST, LONGEST = 10, 200
#: How many are computed at the same time: each takes 64 MiB and some tenths of a second.
AT_ONCE = 2

#: Second recommendation of RFC 9106, 4: t=3, m=64 MiB, p=4.
_hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
_turns = BoundedSemaphore(AT_ONCE)
#: Before a hash that opens one session, in which another password has to be chosen: `once:SECONDS:HASH`.
_ONCE = "once:"
#: Neither 0 and O, nor 1, l and I: it is read out and typed in.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
#: Of a password that nobody knows: what is computed where there is no other.
_NOBODYS = "$argon2id$v=19$m=65536,t=3,p=4$bJ521vIN+WAjcakFv6MQYA$cLVmFqwkWAe5TNN3IiOZDkPTGjVfmHTddIQsnh7uiyI"
#: What is tried first, whatever the length; compared without blanks, digits at the end and case. Only
#: digits are a date or a telephone number.
_GUESSED = ("password", "passw0rd", "qwertyuiop", "iloveyou", "administrator", "huawuhuawu", "asdfghjkl")


def hashed(password: str) -> str:
    """Return what is stored of a password."""
    with _turns:
        return _hasher.hash(_normal(password))


def hashed_once(password: str, until: datetime) -> str:
    """Return what is stored of a password that opens one session, before ``until``."""
    return f"{_ONCE}{int(until.timestamp())}:{hashed(password)}"


def one_time() -> str:
    """Return a new password to hand over: four groups of four, 79 bits."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


def fits(password: str, stored: str, now: datetime) -> bool:
    """Tell whether a password is the stored one. It takes as long where nothing is stored.

    Parameters
    ----------
    password : str
        What was typed.
    stored : str
        From :func:`hashed` or :func:`hashed_once`; empty or unreadable: no password fits.
    now : datetime
        A one-time password no longer fits after its time.
    """
    kept = stored.rpartition(":")[2] if is_one_time(stored) else stored
    right = _verified(_normal(password)[:LONGEST], kept or _NOBODYS)
    return right and bool(kept) and not _over(stored, now)


def is_one_time(stored: str) -> bool:
    """Tell whether another password has to be chosen."""
    return stored.startswith(_ONCE)


def outdated(stored: str) -> bool:
    """Tell whether a password is stored with other costs than those of today."""
    return bool(stored) and not is_one_time(stored) and _hasher.check_needs_rehash(stored)


def weakness(password: str, name: str) -> str:
    """Return why a password is not accepted: ``short``, ``long`` or ``guessed``; ``""`` where it is."""
    plain = _normal(password)
    if len(plain) < SHORTEST:
        return "short"
    if len(plain) > LONGEST:
        return "long"
    bare = plain.casefold().replace(" ", "").rstrip("0123456789!.")
    few = len(set(plain.casefold())) < 4
    if few or bare in ("", name.casefold(), *_GUESSED):
        return "guessed"
    return ""


def _normal(password: str) -> str:
    """Make the same characters of what keyboards and input methods send for the same letters."""
    return unicodedata.normalize("NFKC", password)


def _verified(password: str, kept: str) -> bool:
    try:
        with _turns:
            return _hasher.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


def _over(stored: str, now: datetime) -> bool:
    if not is_one_time(stored):
        return False
    return now >= datetime.fromtimestamp(int(stored.split(":")[1]), UTC)
