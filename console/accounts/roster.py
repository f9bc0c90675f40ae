"""The accounts in the database: made, changed, locked, signed in to; the audit log tells of each step.

Pages and the command line use the same functions. Two people may change one account at once: the second's
change is made upon the first's, or refused where they saw something else.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any

from calls.errors import HuawuError
from calls.people import AuditEntry, User, UserRole
from calls.records import Agent, new_id
from calls.store import Store
from console.accounts import passwords
from console.settings import Settings
from console.texts import text

#: How long a one-time password can be used.
ONE_TIME_VALID = timedelta(days=3)
#: Characters of a person's name and of a team's at most.
NAME_CHARACTERS = 64

_ID = re.compile(r"\w[\w.@-]{0,63}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028-\u202e\u2066-\u2069]")
#: How often a change is tried while others change the same account.
_TRIES = 20
#: Stands for nobody where as much has to be done as for somebody.
_GHOST = User(id="", role=UserRole.READ_ONLY, stamp="")


class AccountError(HuawuError):
    """An account cannot be made or changed so; ``key`` and ``values`` are the desk's words for it."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(text(key, "en", **values))
        self.key = key
        self.values = values


@dataclass(frozen=True, slots=True)
class Particulars:
    """What an administrator says of an account."""

    name: str
    role: UserRole
    team: str = ""
    agent_id: str | None = None

    @classmethod
    def of(cls, user: User) -> Particulars:
        """Return those of an account."""
        return cls(user.name, user.role, user.team, user.agent_id)

    def seal(self) -> str:
        """Return a short text that differs where they differ: a form brings back what its writer saw."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of signing in: the user, or why not (for the audit log; nobody else is told)."""

    user: User | None
    why: str = ""


def account_id(typed: str) -> str:
    """Return the id that somebody means, whatever the case and width of its letters.

    Raises
    ------
    AccountError
        It cannot be one.
    """
    found = unicodedata.normalize("NFKC", typed).strip().casefold()
    if not _ID.fullmatch(found):
        raise AccountError("account.fault.id", id=found[:64])
    return found


def enrol(
    store: Store, by: str, typed_id: str, particulars: Particulars, now: datetime, password: str | None = None
) -> tuple[User, str]:
    """Make an account.

    Parameters
    ----------
    store : Store
        Where.
    by : str
        Who does it, for the audit log.
    typed_id : str
        The name to sign in with.
    particulars : Particulars
        The rest.
    now : datetime
        The time.
    password : str, optional
        The password; without it, one is made that has to be changed at once.

    Returns
    -------
    (User, str)
        The account, and the password that was made or ``""``.

    Raises
    ------
    AccountError
        The id is taken, or something of it is not accepted.
    """
    new = account_id(typed_id)
    checked = _checked(store, particulars)
    if store.find(User, id=new):
        raise AccountError("account.fault.taken", id=new)
    made = "" if password is not None else passwords.one_time()
    if password is None:
        kept = passwords.hashed_once(made, now + ONE_TIME_VALID)
    else:
        require_strength(password, new)
        kept = passwords.hashed(password)
    user = User(
        id=new,
        name=checked.name,
        role=checked.role,
        team=checked.team,
        agent_id=checked.agent_id,
        password=kept,
        created_at=now,
    )
    store.ensure(user)
    if store.get(User, new).stamp != user.stamp:
        raise AccountError("account.fault.taken", id=new)  # somebody made it in between
    store.add(AuditEntry(at=now, user_id=by, action="user.add", subject=new, data={"role": checked.role}))
    return user, made


def describe(store: Store, by: str, user_id: str, particulars: Particulars, seen: str, now: datetime) -> User:
    """Change what an administrator says of an account, unless somebody changed it since it was seen.

    Parameters
    ----------
    seen : str
        :meth:`Particulars.seal` of what was seen.
    """
    checked = _checked(store, particulars)

    def edit(user: User) -> User:
        before = Particulars.of(user)
        if before == checked:
            return user
        if before.seal() != seen:
            raise AccountError("account.fault.changed", id=user.id)
        new = replace(
            user, name=checked.name, role=checked.role, team=checked.team, agent_id=checked.agent_id
        )
        sees_other = replace(before, name="") != replace(checked, name="")
        return replace(new, stamp=new_id()) if sees_other else new

    return _amend(store, by, user_id, "user.change", edit, now)


def disable(store: Store, by: str, user_id: str, now: datetime) -> User:
    """Let nobody sign in to an account, and end its sessions."""
    return _amend(
        store, by, user_id, "user.disable", lambda user: replace(user, disabled=True, stamp=new_id()), now
    )


def enable(store: Store, by: str, user_id: str, now: datetime) -> User:
    """Let an account be used again."""
    return _amend(store, by, user_id, "user.enable", lambda user: replace(user, disabled=False), now)


def unlock(store: Store, by: str, user_id: str, now: datetime) -> User:
    """Forget the wrong passwords of an account."""
    return _amend(
        store, by, user_id, "user.unlock", lambda user: replace(user, failures=0, locked_until=None), now
    )


def reset(store: Store, by: str, user_id: str, now: datetime) -> str:
    """Give an account a one-time password, end its sessions, unlock it; return the password."""
    made = passwords.one_time()
    kept = passwords.hashed_once(made, now + ONE_TIME_VALID)
    _replace_password(store, by, user_id, kept, "user.reset", now)
    return made


def set_password(store: Store, by: str, user_id: str, password: str, now: datetime) -> User:
    """Give an account another password, end its sessions, unlock it."""
    require_strength(password, user_id)
    return _replace_password(store, by, user_id, passwords.hashed(password), "password.change", now)


def end_sessions(store: Store, by: str, user_id: str, now: datetime) -> User:
    """End all sessions of an account."""
    return _amend(store, by, user_id, "session.end-all", lambda user: replace(user, stamp=new_id()), now)


def require_strength(password: str, user_id: str) -> None:
    """Refuse a password that is too short, too long or guessed at once.

    Raises
    ------
    AccountError
        It is.
    """
    why = passwords.weakness(password, user_id)
    if why:
        raise AccountError(f"account.fault.password-{why}", least=passwords.SHORTEST, most=passwords.LONGEST)


def sign_in(
    store: Store,
    typed_id: str,
    password: str,
    settings: Settings,
    now: datetime,
    where: dict[str, Any],
    success: str = "session.in",
) -> Attempt:
    """Try a password. The attempt is counted before it is looked at, so that many at once gain nothing.

    Parameters
    ----------
    store : Store
        Where the accounts are.
    typed_id, password : str
        What was typed.
    settings : Settings
        How many wrong ones lock an account, and for how long.
    now : datetime
        The time.
    where : dict
        What the audit log keeps of where it was tried.
    success : str, optional
        The audit log's word for the right password.
    """
    try:
        found = store.find(User, id=account_id(typed_id))
    except AccountError:
        found = []
    user, why = _counted(store, found[0] if found else None, settings, now)
    right = passwords.fits(password, user.password if user and not why else "", now)
    if user and right and not why:
        cleared = _cleared(
            store, user, password, AuditEntry(at=now, user_id=user.id, action=success, data=where)
        )
        if cleared:
            return Attempt(cleared)
    why = why or "wrong"
    # what was typed for a name may be a password: only names that exist are kept
    entries = [
        AuditEntry(at=now, user_id=user.id if user else "", action="session.fail", data={**where, "why": why})
    ]
    if user and why == "wrong" and _locked(user, now):
        entries.append(
            AuditEntry(at=now, user_id=user.id, action="session.lock", subject=user.id, data=where)
        )
    store.add(*entries)
    return Attempt(None, why)


def _counted(store: Store, user: User | None, settings: Settings, now: datetime) -> tuple[User | None, str]:
    """Return the account with one more attempt, or why it cannot be signed in to."""
    for _ in range(_TRIES):
        if user is None or user.disabled or not user.password or _locked(user, now):
            store.change(_GHOST)  # as long as counting takes
            if user is None:
                return None, "unknown"
            return user, "locked" if _locked(user, now) else "disabled"
        again = user.locked_until is not None  # the time is over
        failures = 1 if again else user.failures + 1
        until = now + settings.lock if failures >= settings.attempts else None
        new = replace(user, failures=failures, locked_until=until)
        if store.change(new, **_whole(user)):
            return new, ""
        user = store.get(User, user.id)
    return user, "busy"


def _cleared(store: Store, tried: User, password: str, entry: AuditEntry) -> User | None:
    """Forget the attempts of somebody who knows the password; ``None`` where the account has changed."""
    kept = passwords.hashed(password) if passwords.outdated(tried.password) else tried.password
    user = tried
    for _ in range(_TRIES):
        if user.password != tried.password or user.disabled:
            return None
        new = replace(user, failures=0, locked_until=None, password=kept)
        if store.change(new, entry, **_whole(user)):
            return new
        user = store.get(User, user.id)
    return None


def _replace_password(store: Store, by: str, user_id: str, kept: str, action: str, now: datetime) -> User:
    def edit(user: User) -> User:
        return replace(user, password=kept, stamp=new_id(), failures=0, locked_until=None)

    return _amend(store, by, user_id, action, edit, now)


def _amend(
    store: Store, by: str, user_id: str, action: str, edit: Callable[[User], User], now: datetime
) -> User:
    """Change an account and say so in the audit log, unless no administrator would be left."""
    for _ in range(_TRIES):
        found = store.find(User, id=user_id)
        if not found:
            raise AccountError("account.fault.none", id=user_id)
        user, new = found[0], edit(found[0])
        if new == user:
            return user
        changed = sorted(
            field.name
            for field in fields(User)
            if getattr(user, field.name) != getattr(new, field.name) and field.name != "stamp"
        )
        data: dict[str, Any] = {"fields": changed}
        if user.role is not new.role:
            data["role"] = [user.role, new.role]
        entry = AuditEntry(at=now, user_id=by, action=action, subject=user_id, data=data)
        if not store.change(new, entry, **_whole(user)):
            continue
        if _rules(user) and not store.count(User, role=UserRole.ADMIN, disabled=False):
            # two administrators who shut each other out at once both come back
            store.change(user, replace(entry, id=new_id(), action="user.restore"), **_whole(new))
            raise AccountError("account.fault.last-admin", id=user_id)
        return new
    raise AccountError("account.fault.changed", id=user_id)


def _checked(store: Store, particulars: Particulars) -> Particulars:
    name, team = (_tidy(value) for value in (particulars.name, particulars.team))
    agent = (particulars.agent_id or "").strip() or None
    role = particulars.role
    if role is UserRole.TEAM_SUPERVISOR and not team:
        raise AccountError("account.fault.team")
    if role is UserRole.AGENT and not agent:
        raise AccountError("account.fault.agent")
    if agent and not store.find(Agent, id=agent):
        raise AccountError("account.fault.no-agent", id=agent[:64])
    return Particulars(
        name,
        role,
        team if role is UserRole.TEAM_SUPERVISOR else "",
        agent if role is UserRole.AGENT else None,
    )


def _tidy(value: str) -> str:
    """Return a name without what would change how the text around it is shown."""
    tidy = " ".join(_CONTROL.sub("", value).split())
    if len(tidy) > NAME_CHARACTERS:
        raise AccountError("account.fault.long", most=NAME_CHARACTERS)
    return tidy


def _whole(user: User) -> dict[str, Any]:
    return {field.name: getattr(user, field.name) for field in fields(User) if field.name != "id"}


def _locked(user: User, now: datetime) -> bool:
    return user.locked_until is not None and now < user.locked_until


def _rules(user: User) -> bool:
    return user.role is UserRole.ADMIN and not user.disabled
