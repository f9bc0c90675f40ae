"""The audit log: who saw, heard, took out or changed what; its page, and what it keeps of every view."""

from __future__ import annotations

import hashlib
import logging
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from threading import Lock
from typing import Any

from flask import Blueprint, Flask, Response, abort, current_app, g, render_template, request

from calls.people import AuditEntry
from calls.store import Span, Store
from console.access import allow, entry, note
from console.accounts import session
from console.clock import the_time
from console.csvtext import csv_lines
from console.desk import the_desk
from console.language import t
from console.rights import Right

blueprint = Blueprint("audit", __name__)

#: Views that are noted by themselves: endpoint → action.
VIEWS = {"calls.call": "call.view", "recordings.audio": "recording.play"}
#: A recording is fetched in many parts: within an hour of the clock they are one play.
ONE_PLAY = timedelta(hours=1)
#: Plays that each process remembers; of the others it asks the database.
PLAYS = 10_000
#: Entries on one page, and in one file.
PAGE_SIZE = 100
FILE_ROWS = 200_000
_CHUNK = 2_000
#: Actions that the page offers to look for.
ACTIONS = (
    "session.in",
    "session.out",
    "session.fail",
    "session.lock",
    "session.end-all",
    "password.change",
    "user.add",
    "user.change",
    "user.disable",
    "user.enable",
    "user.unlock",
    "user.reset",
    "user.restore",
    "call.view",
    "recording.play",
    "call.upload",
    "review.save",
    "plan.draw",
    "plan.assign",
    "calibration.make",
    "calibration.close",
    "result.acknowledge",
    "appeal.appeal",
    "case.open",
    "case.export",
    "search.export",
    "audit.export",
    "token.issue",
    "token.revoke",
    "webhook.add",
    "webhook.fail",
    "privacy.export",
    "privacy.erase",
    "privacy.expire",
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries are asked for; an empty string leaves a field open. Days are those of this machine."""

    user: str = ""
    action: str = ""
    call: str = ""
    first: str = ""
    last: str = ""

    @classmethod
    def asked(cls) -> Wanted:
        """Return what the present request asks for."""
        return cls(**{field: request.args.get(field, "").strip()[:64] for field in cls.__slots__})

    def conditions(self) -> dict[str, Any]:
        """Return them for :meth:`calls.store.Store.find`.

        Raises
        ------
        ValueError, OverflowError
            A day is none, or too far away.
        """
        where = {"user_id": self.user, "action": self.action, "call_id": self.call}
        found: dict[str, Any] = {field: value for field, value in where.items() if value}
        first, last = (_midnight(day) for day in (self.first, self.last))
        if first or last:
            found["at"] = Span(first, last + timedelta(days=1) if last else None)
        return found

    def given(self) -> dict[str, str]:
        """Return the fields that are asked for."""
        return {field: getattr(self, field) for field in self.__slots__ if getattr(self, field)}


@blueprint.get("/audit")
@allow(Right.AUDIT)
def log() -> str:
    """Show the entries, the newest first."""
    wanted, page = Wanted.asked(), _page()
    where = _conditions(wanted)
    store = the_desk().store
    total = store.count(AuditEntry, **where)
    entries = store.find(
        AuditEntry, order_by=("-at", "-id"), limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE, **where
    )
    return render_template(
        "audit.html",
        wanted=wanted,
        entries=entries,
        total=total,
        page=page,
        pages=max(1, -(-total // PAGE_SIZE)),
        actions=ACTIONS,
    )


@blueprint.get("/audit.csv")
@allow(Right.AUDIT)
def export() -> Response:
    """Send the entries as CSV, the newest first, and note that."""
    wanted = Wanted.asked()
    where = _conditions(wanted)
    store = the_desk().store
    total = store.count(AuditEntry, **where)
    note("audit.export", rows=min(total, FILE_ROWS), **wanted.given())
    head = [t(f"audit.{column}") for column in ("at", "user", "action", "subject", "call", "data")]
    lines = csv_lines(head, _rows(store, where, the_time()))
    response = Response(lines, mimetype="text/csv")
    response.headers["Content-Disposition"] = "attachment; filename=audit.csv"
    response.headers["X-Rows-Left-Out"] = str(max(0, total - FILE_ROWS))
    return response


def _rows(store: Store, where: dict[str, Any], now: datetime) -> Iterator[list[object]]:
    """Yield the entries up to now: pages are found by number, and new ones would push them on."""
    span = where.get("at", Span())
    end = min(span.end, now) if span.end else now
    where = {**where, "at": Span(span.first, end)}
    for offset in range(0, FILE_ROWS, _CHUNK):
        found = store.find(AuditEntry, order_by=("-at", "-id"), limit=_CHUNK, offset=offset, **where)
        for each in found:
            data = " ".join(f"{name}={value}" for name, value in each.data.items())
            yield [each.at.isoformat(), each.user_id, each.action, each.subject, each.call_id, data]
        if len(found) < _CHUNK:
            return


def _conditions(wanted: Wanted) -> dict[str, Any]:
    try:
        return wanted.conditions()
    except (ValueError, OverflowError):
        abort(400, description=t("audit.fault.day", first=wanted.first, last=wanted.last))


def _midnight(day: str) -> datetime | None:
    """Return when a day (``2026-03-02``) begins here."""
    return datetime.combine(date.fromisoformat(day), time()).astimezone() if day else None


def _page() -> int:
    value = request.args.get("page", "1")
    if not (value.isascii() and value.isdigit() and len(value) < 7 and int(value) > 0):
        abort(400, description=t("fault.page", value=value))
    return int(value)


def play_id(user: str, session_id: str, recording: str, now: datetime) -> str:
    """Return the id of the entry of a play: the same within an hour, whichever process notes it."""
    hour = now.timestamp() // ONE_PLAY.total_seconds()
    return hashlib.sha256(f"{user}\n{session_id}\n{recording}\n{hour:.0f}".encode()).hexdigest()[:32]


class Plays:
    """Which plays this process has noted lately: a recording is asked for in many parts."""

    def __init__(self) -> None:
        self._noted: OrderedDict[str, None] = OrderedDict()
        self._lock = Lock()

    def first(self, noted: str) -> bool:
        """Tell whether an entry, by its id, is yet to be noted by this process."""
        with self._lock:
            known = noted in self._noted
            self._noted[noted] = None
            self._noted.move_to_end(noted)
            while len(self._noted) > PLAYS:
                self._noted.popitem(last=False)
            return not known


def install(app: Flask) -> None:
    """Note every view of a call and every play of a recording."""
    app.extensions["plays"] = Plays()
    app.after_request(_note_view)


def _note_view(response: Response) -> Response:
    action = VIEWS.get(request.endpoint or "")
    if action is None or request.method != "GET" or response.status_code not in (200, 206):
        return response
    subject = (request.view_args or {}).get("recording_id", "")
    seen = entry(action, subject=subject, call_id=g.get("call_id"))
    if subject:
        seen = replace(seen, id=play_id(seen.user_id, session.number(), subject, seen.at))
        plays: Plays = current_app.extensions["plays"]
        if not plays.first(seen.id):
            return response
    # Not waited for: a page can be read while another program writes for a while. What is noted already, by
    # another process, stays.
    stored = the_desk().store.submit(unless_known=[seen])
    stored.add_done_callback(lambda done: _lost(done, seen))
    return response


def _lost(done: Future[None], seen: AuditEntry) -> None:
    error = done.exception()
    if error is not None:
        _log.error(
            "audit log: not stored: %s %s %s %s %s: %s",
            seen.at.isoformat(),
            seen.user_id,
            seen.action,
            seen.subject,
            seen.call_id,
            error,
        )
