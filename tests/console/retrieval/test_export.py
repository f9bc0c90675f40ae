from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from calls.people import AuditEntry, UserRole
from calls.records import Agent, Call, Review, Role, Transcript, Utterance
from calls.store import Store
from console.retrieval import export
from tests.console.reading import Page
from tests.console.scene import NOON, Scene, a_call
from tests.console.staff import hire, visitor

pytestmark = pytest.mark.integration

HEAD = [
    *("通话", "时间", "主叫", "秒", "时长", "坐席", "工号", "队列", "结果", "主题", "投诉", "情绪"),
    *("得分", "已评", "命中的话"),
]
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def csv_rows(answer: TestResponse) -> list[list[str]]:
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


def xlsx_cells(answer: TestResponse) -> list[list[tuple[str, str]]]:
    """Return the rows of the sheet as (type of the cell, value); s are words, n numbers."""
    with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
        assert not [name for name in book.namelist() if "externalLink" in name]
    assert [each for each in sheet.iter() if each.tag in (f"{SHEET}f", f"{SHEET}hyperlink")] == []
    return [
        [(cell.get("t", "n"), "".join(cell.itertext())) for cell in row] for row in sheet.iter(f"{SHEET}row")
    ]


def say(store: Store, call_id: str, *texts: str) -> None:
    lines = tuple(
        Utterance(number=n, role=Role.CALLER, start=n, end=n + 1, text=text) for n, text in enumerate(texts)
    )
    store.add(Transcript(call_id=call_id, recogniser="x", model="m", utterances=lines))


def test_a_csv_holds_what_the_list_shows_and_where_it_was_said(
    client: FlaskClient, scene: Scene, desk_store: Store
) -> None:
    desk_store.add(Review(call_id="call-1", reviewer="陈", score=90.0, created_at=NOON))

    head, *rows = csv_rows(client.get("/exports/calls.csv?q=投诉&topic=refund"))

    assert head == HEAD
    (row,) = rows
    assert [row[0], *row[2:]] == [
        *("call-1", "•••••••1001", "20.0", "0:20", "王静", "A1", "", "转人工", "退款退货，服务态度"),
        *("重大", "负面", "90.0", "1", "0:09 来电人 再不处理我就去消费者协会投诉你们"),
    ]


def test_an_xlsx_holds_the_same_with_numbers_as_numbers(client: FlaskClient, scene: Scene) -> None:
    answer = client.get("/exports/calls.xlsx?topic=refund")

    assert answer.headers["Content-Disposition"] == 'attachment; filename="calls.xlsx"'
    head, first, _ = xlsx_cells(answer)
    assert [value for _, value in head] == HEAD
    assert [first[0], first[3], first[4]] == [("inlineStr", "call-1"), ("n", "20"), ("inlineStr", "0:20")]


def test_without_words_all_calls_are_taken_out_without_snippets(client: FlaskClient, scene: Scene) -> None:
    _, *rows = csv_rows(client.get("/exports/calls.csv"))
    assert [(row[0], row[-1]) for row in rows] == [(f"call-{number}", "") for number in range(1, 9)]


def test_personal_data_leave_only_by_a_right_of_its_own(app: Flask, scene: Scene, desk_store: Store) -> None:
    say(desk_store, "call-5", "我的手机是一三八零零一三八零零零")
    staff = hire(desk_store)
    with visitor(app, staff[UserRole.QA_SUPERVISOR]) as client:
        _, row = csv_rows(client.get("/exports/calls.csv?q=手机"))
        assert (row[2], row[-1]) == ("•••••••1005", "0:00 来电人 我的手机是▇▇▇▇▇▇▇▇▇▇▇")
        assert client.get("/exports/calls.csv?q=手机&personal=yes").status_code == 403
    with visitor(app, staff[UserRole.ADMIN]) as client:
        _, row = csv_rows(client.get("/exports/calls.csv?q=手机"))
        assert row[2] == "•••••••1005"
        _, row = csv_rows(client.get("/exports/calls.csv?q=手机&personal=yes"))
        assert (row[2], row[-1]) == ("13800001005", "0:00 来电人 我的手机是一三八零零一三八零零零")


def test_each_export_is_noted_without_what_was_typed(app: Flask, scene: Scene, desk_store: Store) -> None:
    staff = hire(desk_store)
    with visitor(app, staff[UserRole.ADMIN]) as client:
        client.get("/exports/calls.xlsx?q=投诉&number=1001&personal=yes")
    (entry,) = desk_store.find(AuditEntry, action="search.export")
    assert (entry.user_id, entry.subject, entry.data) == (
        "admin",
        "xlsx",
        {"rows": 1, "cut": False, "personal": True, "fields": ["number", "q"]},
    )


@pytest.mark.parametrize("role", [UserRole.INSPECTOR, UserRole.TEAM_SUPERVISOR, UserRole.AGENT])
def test_who_may_not_export_gets_nothing(app: Flask, scene: Scene, desk_store: Store, role: UserRole) -> None:
    staff = hire(desk_store)
    with visitor(app, staff[role]) as client:
        assert client.get("/exports/calls.csv").status_code == 403
        assert client.get("/exports/calls.xlsx").status_code == 403
    assert desk_store.count(AuditEntry, action="search.export") == 0


FORMULA = '=HYPERLINK("http://x","退款")'


def test_what_looks_like_a_formula_stays_words(client: FlaskClient, scene: Scene, desk_store: Store) -> None:
    desk_store.add(
        replace(desk_store.get(Call, "call-5"), queue_id="@SUM(1)", agent_id="=1+1"),
        Agent(id="=1+1", name="-2+3", team="一组"),
    )
    say(desk_store, "call-5", FORMULA)

    _, row = csv_rows(client.get("/exports/calls.csv?q=退款&queue=@SUM(1)"))
    cells = xlsx_cells(client.get("/exports/calls.xlsx?q=退款&queue=@SUM(1)"))[1]

    assert (row[5], row[6], row[7]) == ("'-2+3", "'=1+1", "'@SUM(1)")
    assert [cells[5], cells[6], cells[7]] == [
        ("inlineStr", "-2+3"),
        ("inlineStr", "=1+1"),
        ("inlineStr", "@SUM(1)"),
    ]
    assert cells[-1] == ("inlineStr", f"0:00 来电人 {FORMULA}")


def test_signs_that_no_file_may_hold_do_not_break_it(
    client: FlaskClient, scene: Scene, desk_store: Store
) -> None:
    say(desk_store, "call-5", "退款\x01\x0b\ufffe" + "好" * 40_000)
    cells = xlsx_cells(client.get("/exports/calls.xlsx?q=退款&topic=refund"))
    assert len(cells) == 3
    assert len(csv_rows(client.get("/exports/calls.csv?q=退款&topic=refund"))) == 3


def test_there_is_an_end_to_a_file_and_the_newest_are_in_it(
    client: FlaskClient, desk_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "EXPORTED", 3)
    monkeypatch.setattr(export, "PIECE", 2)
    desk_store.add(*(a_call(number) for number in range(5)))

    _, *rows = csv_rows(client.get("/exports/calls.csv"))

    assert [row[0] for row in rows] == ["call-0", "call-1", "call-2"]
    (entry,) = desk_store.find(AuditEntry, action="search.export")
    assert (entry.data["rows"], entry.data["cut"]) == (3, True)


def test_a_wrong_search_is_not_exported(client: FlaskClient, scene: Scene) -> None:
    answer = client.get("/exports/calls.csv?q=(")
    assert (answer.status_code, Page(answer.text).one("h1").text) == (
        400,
        "400 “(”旁边缺一个词；要找它本身请加引号。",
    )
    assert client.get("/exports/calls.pdf").status_code == 404


def test_columns_are_named_in_the_language_of_the_desk(client: FlaskClient, scene: Scene) -> None:
    head, first, *_ = csv_rows(client.get("/exports/calls.csv?lang=en"))
    assert (head[:3], first[8:12]) == (
        ["Call", "Time", "Caller"],
        ["handed off", "refund, staff attitude", "major", "negative"],
    )
