"""What is typed is kept: for the return, and through other windows, a held database, a killed server."""

from __future__ import annotations

import http.cookiejar
import re
import sqlite3
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from calls.people import UserRole
from calls.records import Review, Score
from calls.reviewing import ReviewDraft
from calls.store import Store, engine
from console.work.drafts import STALE, Colleague, DraftConflict, check_known, colleagues, keep, load_draft
from console.work.verdict import Verdict
from tests.console.reading import Page
from tests.console.running import CODE
from tests.console.scene import NOON, Scene
from tests.console.staff import OURS, person, visitor

CHEN = person(UserRole.INSPECTOR, id="chen", name="陈")
LIN = person(UserRole.INSPECTOR, id="lin", name="林")
JSON = {**OURS, "Accept": "application/json"}


def draft(revision: int, window: str = "one", **fields: str) -> ReviewDraft:
    content = {"fields": fields, "window": window, "since": NOON.isoformat()} if fields else {}
    return ReviewDraft(
        id="c:u", call_id="c", user_id="u", content=content, revision=revision, updated_at=NOON
    )


@pytest.mark.unit
@pytest.mark.parametrize(
    "known",
    [
        Verdict(comment="新", revision="3", window="other"),  # it knows the latest
        Verdict(comment="新", window="other"),  # without scripts nothing is known of revisions
        Verdict(comment="新", revision="2", window="one"),  # its own older answer is still on its way
        Verdict(comment="旧", revision="1", window="other"),  # it says the same
    ],
)
def test_a_form_that_knows_the_draft_may_change_it(known: Verdict) -> None:
    check_known(draft(3, comment="旧"), known)


@pytest.mark.unit
def test_a_form_that_knows_an_older_draft_is_told() -> None:
    typed = Verdict(comment="新", revision="2", window="other")

    with pytest.raises(DraftConflict) as changed:
        check_known(draft(3, comment="旧"), typed)
    with pytest.raises(DraftConflict) as given:
        check_known(draft(3), typed)

    assert (changed.value.given, given.value.given) == (False, True)


@pytest.mark.integration
def test_a_draft_grows_by_revisions(scene: Scene, desk_store: Store) -> None:
    later = NOON + timedelta(minutes=2)
    first = keep(desk_store, "call-1", "chen", Verdict(comment="一", window="w", revision="0"), NOON)
    second = keep(desk_store, "call-1", "chen", Verdict(comment="二", window="w", revision="1"), later)

    assert (first.revision, second.revision) == (1, 2)
    kept = load_draft(desk_store, "call-1", "chen")
    assert (kept, kept.updated_at) == (second, later)
    assert kept.content == {"fields": {"comment": "二"}, "window": "w", "since": NOON.isoformat()}
    emptied = keep(desk_store, "call-1", "chen", Verdict(window="w", revision="2"), later)
    assert (emptied.content, emptied.revision) == ({}, 3)


@pytest.mark.integration
def test_an_untouched_form_makes_no_draft(scene: Scene, desk_store: Store) -> None:
    assert keep(desk_store, "call-1", "chen", Verdict(reviewer="陈", revision="0"), NOON).revision == 0
    assert desk_store.count(ReviewDraft) == 0


@pytest.mark.integration
def test_who_else_is_on_a_call_is_known_for_some_hours(scene: Scene, desk_store: Store) -> None:
    desk_store.add(CHEN, LIN)
    keep(desk_store, "call-1", "chen", Verdict(comment="一"), NOON)
    keep(desk_store, "call-1", "lin", Verdict(comment="二"), NOON)

    assert colleagues(desk_store, "call-1", "lin", NOON) == [Colleague("陈", NOON)]
    assert colleagues(desk_store, "call-1", "lin", NOON + STALE) == []
    assert colleagues(desk_store, "call-2", "lin", NOON) == []


@pytest.fixture
def people(scene: Scene, desk_store: Store) -> None:
    desk_store.add(CHEN, LIN)


def fields(client: FlaskClient, **typed: str) -> dict[str, str]:
    """Return the form of a newly opened page with something typed into it."""
    return Page(client.get("/calls/call-1").text).fields() | typed


def autosave(client: FlaskClient, form: dict[str, str]) -> TestResponse:
    return client.post("/calls/call-1/draft", data=form, headers=JSON)


def save(client: FlaskClient, form: dict[str, str]) -> TestResponse:
    return client.post("/calls/call-1/reviews", data=form, headers=JSON)


@pytest.mark.integration
def test_what_was_typed_is_there_on_return_until_it_is_saved(app: Flask, people: None) -> None:
    with visitor(app, CHEN) as client:
        form = fields(client, comment="等了三周", complaint="yes", **{"answer.greeting": "fail"})
        kept = autosave(client, form)
        assert (kept.status_code, kept.json and kept.json["revision"]) == (200, 1)

        again = Page(client.get("/calls/call-1").text)
        assert again.fields()["comment"] == "等了三周"
        assert again.fields()["review_id"] == form["review_id"]
        chosen = {each["name"]: each["value"] for each in again.all("input", type="radio", checked="")}
        assert (chosen["complaint"], chosen["answer.greeting"]) == ("yes", "fail")
        assert "已恢复" in again.one("span", id="kept").text

        saved = save(client, again.fields())
        assert saved.json == {"to": "/calls/call-2?plan=plan-1&saved=1"}
        assert fields(client)["comment"] == ""


@pytest.mark.integration
def test_a_second_window_is_told_and_nothing_is_lost(app: Flask, people: None, desk_store: Store) -> None:
    with visitor(app, CHEN) as client:
        one, two = fields(client, comment="第一个窗口"), fields(client, comment="第二个窗口")
        assert autosave(client, one).status_code == 200

        refused = autosave(client, two)

        assert refused.status_code == 409
        assert refused.json is not None
        assert refused.json["conflict"] is True
        assert (
            re.sub(r"\d\d:\d\d", "…", refused.json["problem"])
            == "这份草稿在 … 被另一个窗口改过，两份内容都还在。"
        )
        assert save(client, two).status_code == 409
        assert desk_store.count(Review) == 0
        # "keep mine" takes the revision that it was told of
        mine = {**two, "revision": str(refused.json["revision"])}
        assert autosave(client, mine).status_code == 200
        assert save(client, {**mine, "revision": "2"}).status_code == 200
        late = autosave(client, {**one, "revision": "1"})

    (review,) = desk_store.find(Review)
    assert review.comment == "第二个窗口"
    assert late.json is not None
    assert late.json["problem"].endswith("保存了这通电话的结论，或丢弃了草稿。")


@pytest.mark.integration
def test_a_form_without_scripts_comes_back_with_what_was_typed(
    app: Flask, people: None, desk_store: Store
) -> None:
    with visitor(app, CHEN) as client:
        one, two = fields(client, comment="第一个窗口"), fields(client, comment="第二个窗口")
        autosave(client, one)

        answer = client.post("/calls/call-1/reviews", data=two, headers=OURS)
        page = Page(answer.text)
        assert answer.status_code == 409
        assert page.fields()["comment"] == "第二个窗口"
        assert client.post("/calls/call-1/reviews", data=page.fields(), headers=OURS).status_code == 303

    assert [each.comment for each in desk_store.find(Review)] == ["第二个窗口"]


@pytest.mark.integration
def test_who_opens_a_call_sees_who_is_on_it(app: Flask, people: None) -> None:
    with visitor(app, CHEN) as chen:
        autosave(chen, fields(chen, comment="一"))
    with visitor(app, LIN) as lin:
        page = Page(lin.get("/calls/call-1").text)
        told = autosave(lin, fields(lin, comment="二"))

    (sentence,) = page.texts("p", "warn")
    assert re.sub(r"\d\d:\d\d", "10:02", sentence) == "陈 从 10:02 起也在评这通电话。"
    assert told.json is not None
    assert told.json["others"] == [sentence]
    assert page.fields()["comment"] == ""


@pytest.mark.integration
def test_two_inspectors_who_save_at_once_both_have_their_review(
    app: Flask, people: None, desk_store: Store
) -> None:
    start = threading.Barrier(2)
    answers = {}

    def work(who: str) -> None:
        user = {"chen": CHEN, "lin": LIN}[who]
        with visitor(app, user) as client:
            form = fields(client, comment=who, **{"answer.greeting": "pass"})
            start.wait()
            answers[who] = save(client, form).status_code

    threads = [threading.Thread(target=work, args=[who]) for who in ("chen", "lin")]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert answers == {"chen": 200, "lin": 200}
    assert {(each.reviewer, each.comment) for each in desk_store.find(Review)} == {
        ("chen", "chen"),
        ("lin", "lin"),
    }
    assert {each.by for each in desk_store.find(Score, item="service.greeting")} >= {"chen", "lin"}


@pytest.mark.integration
def test_two_windows_that_save_at_once_store_one_review_and_say_so(
    app: Flask, people: None, desk_store: Store
) -> None:
    start = threading.Barrier(2)
    answers = []
    with visitor(app, CHEN) as client:
        forms = [fields(client, comment=words) for words in ("一", "二")]

    def work(form: dict[str, str]) -> None:
        with visitor(app, CHEN) as window:
            token = window.token()
            start.wait()
            answers.append(
                window.post(
                    "/calls/call-1/reviews", data={**form, "csrf_token": token}, headers=JSON
                ).status_code
            )

    threads = [threading.Thread(target=work, args=[form]) for form in forms]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert sorted(answers) == [200, 409]
    assert desk_store.count(Review) == 1


@contextmanager
def held(database: Path) -> Iterator[None]:
    """Another program has the database's write lock."""
    other = sqlite3.connect(database, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
    finally:
        other.close()


@pytest.mark.integration
def test_a_held_database_is_said_and_the_same_form_saves_later(
    scene: Scene, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.2)
    app: Flask = request.getfixturevalue("app")
    client = app.test_client()
    form = fields(client, comment="等了三周", reviewer="陈", **{"answer.greeting": "fail"})
    autosave(client, form)

    with held(tmp_path / "desk.db"):
        refused = save(client, form)
        unkept = autosave(client, {**form, "comment": "等了三周，很生气"})
        assert "等了三周" in client.get("/calls/call-1").text  # reading goes on

    assert (refused.status_code, unkept.status_code) == (503, 503)
    assert refused.json == {
        "problem": "数据库正被另一个程序占用，结论还没有保存。内容都保留在本页，请再按一次保存。"
    }
    assert save(client, form).status_code == 200
    assert save(client, form).status_code == 200
    store: Store = app.extensions["desk"].store
    assert [each.comment for each in store.find(Review)] == ["等了三周"]
    assert len(store.find(Score, by="陈")) == 1


class Window:
    """A browser with a session at a real server."""

    def __init__(self, address: str) -> None:
        self.address = address
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(jar)

    def read(self, path: str) -> Page:
        with self._opener.open(self.address + path) as answer:
            return Page(answer.read().decode())

    def post(self, path: str, form: dict[str, str]) -> int:
        origin = self.address.rstrip("/")
        sent = urllib.request.Request(
            self.address + path,
            urllib.parse.urlencode(form).encode(),
            {"Origin": origin, "Accept": "application/json"},
        )
        with self._opener.open(sent) as answer:
            return int(answer.status)


@contextmanager
def server(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    options = ["--db", str(folder / "desk.db"), "--recordings", str(folder / "recordings")]
    command = [sys.executable, "-c", CODE, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


@pytest.mark.integration
@pytest.mark.slow
def test_a_server_killed_in_the_middle_of_a_save_loses_nothing(scene: Scene, tmp_path: Path) -> None:
    with server(tmp_path) as (process, address):
        window = Window(address)
        form = window.read("calls/call-1").fields() | {"comment": "等了三周", "reviewer": "陈"}
        assert window.post("calls/call-1/draft", form) == 200
        with held(tmp_path / "desk.db"):  # the save waits for the lock
            failed: list[Exception] = []

            def send() -> None:
                try:
                    window.post("calls/call-1/reviews", {**form, "comment": "等了三周，很生气"})
                except OSError as error:
                    failed.append(error)

            saving = threading.Thread(target=send)
            saving.start()
            until_the_save_waits(saving)
            process.kill()
            saving.join()
    assert len(failed) == 1

    with server(tmp_path) as (_, address):
        window = Window(address)
        again = window.read("calls/call-1").fields()
        assert (again["comment"], again["reviewer"]) == ("等了三周", "陈")
        # the page still has the rest, and sends it with the same id
        for _ in range(2):
            assert window.post("calls/call-1/reviews", {**again, "comment": "等了三周，很生气"}) == 200

    with Store.open(tmp_path / "desk.db") as store:
        assert [(each.id, each.comment) for each in store.find(Review)] == [
            (form["review_id"], "等了三周，很生气")
        ]


def until_the_save_waits(saving: threading.Thread) -> None:
    """Give the request time to reach the lock; it cannot pass it, so too short a time changes nothing."""
    saving.join(0.5)
    assert saving.is_alive()
