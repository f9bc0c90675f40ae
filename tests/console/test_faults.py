from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from calls.records import Review
from calls.store import Store, engine
from tests.console.reading import Page
from tests.console.scene import Scene

pytestmark = pytest.mark.integration

FORM = {
    "complaint": "yes",
    "severity": "重大",
    "topic": "refund",
    "sentiment": "",
    "comment": "写了很久的\n<评语>",
    "reviewer": "陈",
    "plan_id": "plan-1",
    "review_id": "0" * 32,
}


@contextmanager
def held(database: str) -> Iterator[None]:
    """Hold the database as another program does that writes for a long time."""
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait only a moment for the other program."""
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.05)


def send(client: FlaskClient, form: dict[str, str]) -> TestResponse:
    return client.post("/calls/call-1/reviews", data=form, headers={"Origin": "http://localhost"})


@pytest.mark.usefixtures("impatient")
def test_a_verdict_is_not_lost_while_another_program_holds_the_database(
    client: FlaskClient, scene: Scene, desk_database: str, desk_store: Store
) -> None:
    assert client.get("/calls").status_code == 200
    with held(desk_database):
        refused = send(client, FORM)

    page = Page(refused.text)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert page.one("h1").text == "503 数据库正被另一个程序占用，请稍后再试。"
    assert page.one("form", "kept").text.startswith("尚未保存，您填写的内容都在下面。")
    assert page.texts("dd") == ["是", "重大", "退款退货", "陈"]
    assert {**page.fields(), "csrf_token": ""} == {**FORM, "csrf_token": ""}
    again = send(client, page.fields())
    assert again.location == "/calls/call-2?plan=plan-1&saved=1"
    (stored,) = desk_store.find(Review)
    assert (stored.comment, stored.severity) == ("写了很久的\n<评语>", "重大")


@pytest.mark.usefixtures("impatient")
def test_calls_can_be_read_while_another_program_writes(
    client: FlaskClient, scene: Scene, desk_database: str
) -> None:
    assert client.get("/calls").status_code == 200
    with held(desk_database):
        assert client.get("/calls/call-1").status_code == 200


def test_a_database_of_a_newer_huawu_is_said_to_be_one(
    client: FlaskClient, scene: Scene, desk_database: str
) -> None:
    with sqlite3.connect(desk_database) as other:
        other.execute("UPDATE alembic_version SET version_num = '9999'")
    other.close()

    answer = client.get("/calls")

    assert answer.status_code == 503
    assert Page(answer.text).one("h1").text == "503 数据库由更新版本的 huawu 写成，请先升级。"


def test_a_file_that_is_no_database_is_said_to_be_none(client: FlaskClient, desk_database: str) -> None:
    Path(desk_database).write_bytes(b"no database" * 1000)

    answer = client.get("/calls", query_string={"lang": "en"})

    page = Page(answer.text)
    assert (answer.status_code, page.one("h1").text) == (503, "503 The database cannot be used.")
    assert desk_database in page.one("code").text


def test_the_desk_comes_back_by_itself_when_the_database_does(
    client: FlaskClient, scene: Scene, desk_database: str
) -> None:
    away = Path(desk_database).rename(desk_database + ".away")
    Path(desk_database).mkdir()
    first = client.get("/calls").status_code
    Path(desk_database).rmdir()
    away.rename(desk_database)

    assert (first, client.get("/calls").status_code) == (503, 200)


def test_an_error_of_our_own_is_a_page_without_its_details(app: Flask) -> None:
    @app.get("/broken")
    def broken() -> str:
        raise RuntimeError("secret detail")

    app.testing = False
    answer = app.test_client().get("/broken")

    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert Page(answer.text).one("h1").text == "500 服务器出错，日志里有详情。"
