"""Tokens: what programs sign in with. Only their hashes are stored; what is not stored cannot be stolen."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from calls.people import ApiToken, AuditEntry, User
from calls.store import Store

#: How a token begins, so that scanners for leaked secrets know it.
PREFIX = "huawu_"


def issue(store: Store, user: User, name: str, now: datetime, expires_at: datetime | None = None) -> str:
    """Make a token for a user and return it, for the only time."""
    token = PREFIX + secrets.token_urlsafe(32)
    made = ApiToken(user_id=user.id, name=name, digest=digest(token), expires_at=expires_at, created_at=now)
    entry = AuditEntry(user_id=user.id, action="token.issue", subject=made.id, at=now)
    store.add(made, entry)
    return token


def revoke(store: Store, user: User, token_id: str, now: datetime) -> bool:
    """Make a token of a user worthless; tell whether there was one."""
    if not store.count(ApiToken, id=token_id, user_id=user.id):
        return False
    store.replace(
        ApiToken,
        {"id": token_id, "user_id": user.id},
        AuditEntry(user_id=user.id, action="token.revoke", subject=token_id, at=now),
    )
    return True


def bearer(store: Store, header: str, now: datetime) -> User | None:
    """Return the user whose token an ``Authorization`` header holds; ``None`` where it is worth nothing.

    A token is as good as its user's account: it ends with it, and with a password that must be changed.
    """
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.startswith(PREFIX):
        return None
    found = store.find(ApiToken, digest=digest(token.strip()))
    if not found or (found[0].expires_at is not None and found[0].expires_at <= now):
        return None
    users = store.find(User, id=found[0].user_id, disabled=False)
    return users[0] if users else None


def digest(token: str) -> str:
    """Return the hash under which a token is stored; the token is random, so one round is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
