"""Who may use the desk, by which right, and what each of them did: plain dataclasses.

As in :mod:`calls.records`, times are aware UTC and records are immutable.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from calls.records import new_id, utc_now


class UserRole(StrEnum):
    """What somebody works as."""

    ADMIN = "admin"  # users, webhooks, requests for personal data; may do all the others do
    QA_SUPERVISOR = "qa-supervisor"  # draws and assigns samples, decides who decides appeals, exports
    INSPECTOR = "inspector"  # hears calls and judges them
    TEAM_SUPERVISOR = "team-supervisor"  # sees the calls of the own team, passes appeals on
    AGENT = "agent"  # sees the own results, acknowledges or appeals
    READ_ONLY = "read-only"  # sees figures and masked transcripts, hears nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person with an account. ``id`` is the name to sign in with.

    ``password`` is an argon2id hash (RFC 9106), with ``once:`` and the end of its time in front where another
    has to be chosen, empty for somebody who cannot sign in; ``stamp`` changes with the password, the role and
    the end of all sessions, so that older sessions end. ``team`` is that of a team supervisor,
    ``agent_id`` the agent that an agent's account belongs to. ``failures`` counts wrong passwords in a row.
    """

    id: str
    name: str = ""
    role: UserRole
    password: str = ""
    stamp: str = field(default_factory=new_id)
    team: str = ""
    agent_id: str | None = None
    disabled: bool = False
    failures: int = 0
    locked_until: datetime | None = None
    created_at: datetime = field(default_factory=utc_now)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A key for programs that act for a user, with the user's rights; only its SHA-256 is stored."""

    id: str = field(default_factory=new_id)
    user_id: str
    name: str
    digest: str
    expires_at: datetime | None = None
    created_at: datetime = field(default_factory=utc_now)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Something a person or a program did that must be answered for; never changed.

    ``action`` reads ``thing.verb`` (``recording.play``, ``review.save``, ``user.lock``); ``subject`` is the
    id of the thing, ``call_id`` that of the call where there is one. ``data`` holds no personal data.
    """

    id: str = field(default_factory=new_id)
    at: datetime = field(default_factory=utc_now)
    user_id: str
    action: str
    subject: str = ""
    call_id: str | None = None
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSearch:
    """A search that a user wants to run again; ``query`` holds the fields of its form."""

    id: str = field(default_factory=new_id)
    user_id: str
    name: str
    query: dict[str, Any] = field(default_factory=dict)
    created_at: datetime = field(default_factory=utc_now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An address that is told of ``events``, in messages signed with ``secret``."""

    id: str = field(default_factory=new_id)
    url: str
    secret: str
    events: tuple[str, ...]
    active: bool = True
    created_at: datetime = field(default_factory=utc_now)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDelivery:
    """One message to a webhook: ``open`` until it is ``delivered`` or, after the last attempt, ``failed``."""

    id: str = field(default_factory=new_id)
    webhook_id: str
    event: str
    call_id: str | None = None
    payload: dict[str, Any] = field(default_factory=dict)
    state: str = "open"
    attempts: int = 0
    due_at: datetime = field(default_factory=utc_now)
    error: str = ""
    created_at: datetime = field(default_factory=utc_now)
