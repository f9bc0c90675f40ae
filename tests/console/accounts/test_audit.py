"""The audit log: what it keeps by itself, its page and its file."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from calls.errors import StoreLocked
from calls.people import AuditEntry, UserRole
from calls.recordings import RecordingFolder
from calls.store import Store, engine
from console.accounts import audit
from console.accounts.audit import Plays, play_id
from console.app import create_app
from console.csvtext import csv_lines, harmless
from tests.console.reading import Page
from tests.console.scene import Scene
from tests.console.staff import hire, visitor
from tests.console.visitor import Visitor

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(desk_database: str, recordings: RecordingFolder, clock: Clock) -> Iterator[Flask]:
    app = create_app(desk_database, recordings.root, clock=clock)
    yield app
    app.extensions["desk"].close()


@pytest.fixture
def browser(desk: Flask, desk_store: Store) -> Iterator[Visitor]:
    """The administrator's."""
    with visitor(desk, hire(desk_store)[UserRole.ADMIN], NOON) as client:
        yield client


def kept(desk: Flask) -> list[tuple[str, str, str, str | None]]:
    """The entries, once all that were queued are stored."""
    store: Store = desk.extensions["desk"].store
    store.submit().result()
    found = store.find(AuditEntry, order_by=("at", "id"))
    return [(entry.user_id, entry.action, entry.subject, entry.call_id) for entry in found]


# -- what is kept --------------------------------------------------------------------------------------


@pytest.mark.integration
def test_a_view_of_a_call_is_kept_and_a_call_that_is_not_there_is_none(
    browser: Visitor, desk: Flask, scene: Scene
) -> None:
    for call_id in ("call-1", "nobody"):
        browser.get(f"/calls/{call_id}")

    assert kept(desk) == [("admin", "call.view", "", "call-1")]


@pytest.mark.integration
def test_a_recording_fetched_in_parts_is_one_play_an_hour(
    browser: Visitor, desk: Flask, scene: Scene, clock: Clock
) -> None:
    address = f"/recordings/{scene.recording.id}/audio"
    for minutes in (0, 1, 58, 1, 30):
        clock.now += timedelta(minutes=minutes)
        for part in ("bytes=0-99", "bytes=100-"):
            assert browser.get(address, headers={"Range": part}).status_code == 206
    browser.get(address, headers={"Range": "bytes=99999999-"})
    browser.get("/recordings/none/audio")

    play = ("admin", "recording.play", scene.recording.id, "call-1")
    assert kept(desk) == [play, play]


@pytest.mark.integration
def test_of_two_processes_one_keeps_the_play(browser: Visitor, desk: Flask, scene: Scene) -> None:
    for _ in range(2):
        desk.extensions["plays"] = Plays()  # another process, or one that has forgotten
        assert browser.get(f"/recordings/{scene.recording.id}/audio").status_code == 200

    assert kept(desk) == [("admin", "recording.play", scene.recording.id, "call-1")]


@pytest.mark.unit
def test_plays_are_told_apart_by_user_session_recording_and_hour() -> None:
    hour = timedelta(hours=1)
    heard = [
        ("ann", "1", "r", NOON),
        ("bob", "1", "r", NOON),
        ("ann", "3", "r", NOON),
        ("ann", "1", "q", NOON),
        ("ann", "1", "r", NOON + hour),
        ("ann", "1", "r", NOON + hour - timedelta(seconds=1)),
    ]
    plays = Plays()

    assert [plays.first(play_id(*each)) for each in heard] == [True] * 5 + [False]


@pytest.mark.unit
def test_a_process_remembers_the_plays_of_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "PLAYS", 2)
    plays = Plays()

    assert [plays.first(each) for each in "abbcab"] == [True, True, False, True, True, True]


@pytest.mark.integration
def test_a_view_that_cannot_be_stored_is_in_the_log(
    browser: Visitor,
    desk: Flask,
    scene: Scene,
    desk_database: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.05)
    other = sqlite3.connect(desk_database, isolation_level=None)
    assert browser.get("/calls/call-2").status_code == 200
    assert len(kept(desk)) == 1
    other.execute("BEGIN IMMEDIATE")
    try:
        assert browser.get("/calls/call-1").status_code == 200
        with pytest.raises(StoreLocked):
            desk.extensions["desk"].store.submit().result()
    finally:
        other.close()

    assert "audit log: not stored: 2026-03-02T04:00:00+00:00 admin call.view  call-1" in caplog.text


# -- its page and its file -----------------------------------------------------------------------------


@pytest.fixture
def filled(desk_store: Store, browser: Visitor, clock: Clock) -> Visitor:
    clock.now += timedelta(seconds=1)
    desk_store.add(
        *(
            AuditEntry(
                id=f"e{number:03d}",
                at=NOON - timedelta(hours=number),
                user_id=("ann", "bob")[number % 2],
                action=("call.view", "user.change", "export.calls")[number % 3],
                subject="" if number else "=1+1",
                call_id=f"call-{number}" if number % 3 == 0 else None,
                data={"rows": number} if number % 3 == 2 else {},
            )
            for number in range(150)
        )
    )
    return browser


@pytest.mark.integration
def test_the_newest_come_first_in_pages(filled: Visitor) -> None:
    first, second = (Page(filled.get(f"/audit?page={number}").text) for number in (1, 2))

    assert first.one("h1").text == "操作日志"
    assert "共 150 条" in first.texts("p")
    assert (len(first.all("tr")) - 1, len(second.all("tr")) - 1) == (100, 50)
    row = [each.text for each in first.all("td")][:5]
    assert row == ["ann", "查看通话", "=1+1", "call-0", ""]
    assert "export.calls" in first.texts("td")


@pytest.mark.integration
@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"user": "ann"}, 75),
        ({"action": "call.view"}, 50),
        ({"call": "call-3"}, 1),
        ({"user": "bob", "action": "user.change"}, 25),
        ({"user": "nobody"}, 0),
        ({"user": "' OR 1=1 --"}, 0),
        ({"first": "2026-03-03"}, 0),
        ({"last": "2026-02-01"}, 0),
        ({"first": "2026-01-01", "last": "2026-12-31"}, 150),
    ],
)
def test_entries_are_found_by_who_what_whom_and_when(
    filled: Visitor, query: dict[str, str], count: int
) -> None:
    page = Page(filled.get("/audit", query_string=query).text)

    assert f"共 {count} 条" in page.texts("p")


@pytest.mark.integration
def test_days_are_those_of_this_machine(filled: Visitor) -> None:
    day = NOON.astimezone().date()
    midnight = datetime(day.year, day.month, day.day).astimezone()
    page = Page(filled.get("/audit", query_string={"first": day.isoformat(), "last": day.isoformat()}).text)

    assert f"共 {int((NOON - midnight).total_seconds() // 3600) + 1} 条" in page.texts("p")


@pytest.mark.integration
@pytest.mark.parametrize(
    "query", ["first=yesterday", "last=2026-13-01", "last=9999-12-31", "page=0", "page=x", "page=9999999"]
)
def test_what_is_no_day_and_no_page_is_said_to_be_none(filled: Visitor, query: str) -> None:
    assert filled.get(f"/audit?{query}").status_code == 400


@pytest.mark.integration
def test_the_file_has_what_the_page_has_and_is_itself_in_the_log(filled: Visitor, desk: Flask) -> None:
    answer = filled.get("/audit.csv?user=ann&lang=en")

    rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert rows[0] == ["Time", "User", "Action", "Subject", "Call", "Details"]
    assert rows[1] == ["2026-03-02T04:00:00+00:00", "ann", "call.view", "'=1+1", "call-0", ""]
    assert rows[2] == ["2026-03-02T02:00:00+00:00", "ann", "export.calls", "", "", "rows=2"]
    assert len(rows) == 1 + 75
    assert answer.headers["Content-Disposition"] == "attachment; filename=audit.csv"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["X-Rows-Left-Out"] == "0"
    assert ("admin", "audit.export", "", None) in kept(desk)


@pytest.mark.integration
def test_what_does_not_fit_into_the_file_is_counted(filled: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "FILE_ROWS", 40)
    monkeypatch.setattr(audit, "_CHUNK", 20)

    answer = filled.get("/audit.csv")

    assert (answer.text.count("\r\n"), answer.headers["X-Rows-Left-Out"]) == (41, "110")


@pytest.mark.unit
@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+86138", "'+86138"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("  =1", "'  =1"),
        ("＝1", "'＝1"),
        (-1, "-1"),
        (0.5, "0.5"),
        (None, ""),
        ("退款=1", "退款=1"),
    ],
)
def test_no_cell_is_a_formula(value: object, shown: str) -> None:
    assert harmless(value) == shown


@pytest.mark.unit
def test_a_cell_stays_in_its_cell() -> None:
    text = b"".join(csv_lines(["a"], [['x","=1', "two\nlines"]])).decode("utf-8-sig")

    assert list(csv.reader(io.StringIO(text, newline=""))) == [["a"], ['x","=1', "two\nlines"]]
