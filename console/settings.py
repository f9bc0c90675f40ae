"""What the desk's operator sets: names it is reached under, limits of sessions and of wrong passwords."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from calls.allowlist import Address
from calls.errors import HuawuError

#: What ``hosts`` holds: a name as browsers send it, in small letters. With a dot in front it would stand for
#: every name that ends so.
HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


class SettingError(HuawuError):
    """The desk cannot work with a setting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a desk is served.

    Parameters
    ----------
    hosts : tuple of str, optional
        Names, beside those of this machine, under which browsers reach the desk: in small letters,
        without port.
    behind_proxy : bool, optional
        Whether ``X-Forwarded-For`` and ``X-Forwarded-Proto`` are believed. Only for a desk that nothing but
        the proxy reaches: anybody else could write them.
    accounts_needed : bool, optional
        Whether nobody may use the desk while it has no accounts. Without it, that is whoever sits here.
    idle : timedelta, optional
        After that time without a request a session ends.
    longest : timedelta, optional
        After that time a session ends in any case.
    attempts : int, optional
        Wrong passwords in a row that lock an account, at least 1.
    lock : timedelta, optional
        How long it stays locked.
    webhooks : tuple of Address, optional
        Where webhooks may lead; nowhere without them.
    scorecards : Path, optional
        The file that says which calls are judged on which form; without it, what the environment variable
        :data:`console.work.scorecards.SETTING` names.
    hot_words : Path, optional
        A list of words that transcripts are corrected by where they are shown; see
        :mod:`speech.hotwordlist`.

    Raises
    ------
    SettingError
        A limit is not positive, or a name is none.
    """

    hosts: tuple[str, ...] = ()
    behind_proxy: bool = False
    accounts_needed: bool = False
    idle: timedelta = timedelta(hours=1)
    longest: timedelta = timedelta(hours=12)
    attempts: int = 5
    lock: timedelta = timedelta(minutes=15)
    webhooks: tuple[Address, ...] = ()
    scorecards: Path | None = None
    hot_words: Path | None = None

    def __post_init__(self) -> None:
        for host in self.hosts:
            if not HOST_NAME.fullmatch(host):
                raise SettingError(
                    f"console: public host {host!r} is no host name",
                    "without https://, port and path: desk.example.cn",
                )
        for name in ("idle", "longest", "lock"):
            if getattr(self, name) <= timedelta(0):
                raise SettingError(
                    f"console: {name} {getattr(self, name)} is not longer than 0", "lengthen it"
                )
        if self.attempts < 1:
            raise SettingError(f"console: attempts {self.attempts} is below 1", "allow at least one")
