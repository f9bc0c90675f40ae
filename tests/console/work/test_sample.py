from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from calls.people import UserRole
from calls.records import Review
from calls.store import Store
from tests.console.reading import Page
from tests.console.scene import NOON, Scene
from tests.console.staff import person, visitor

pytestmark = pytest.mark.integration


def read(client: FlaskClient, path: str = "/sample") -> Page:
    answer = client.get(path)
    assert answer.status_code == 200
    return Page(answer.text)


def test_the_desk_opens_at_the_sample(client: FlaskClient, scene: Scene) -> None:
    assert client.get("/").location == "/sample"


def test_the_sample_tells_how_it_was_drawn(client: FlaskClient, scene: Scene) -> None:
    page = read(client)

    assert page.one("h1").text == "今日抽检 2026-03-02"
    facts = dict(zip(page.texts("dt"), page.texts("dd"), strict=True))
    del facts["抽取时间"]
    assert facts == {"种子": "7", "总体": "8", "抽检量": "4", "风险部分": "50%"}


def test_draws_are_listed_in_order_with_their_reasons_and_progress(
    client: FlaskClient, scene: Scene, desk_store: Store
) -> None:
    desk_store.add(
        Review(call_id="call-1", reviewer="陈", plan_id="plan-1", created_at=NOON),
        Review(call_id="call-2", reviewer="陈", created_at=NOON),
    )

    page = read(client)

    cells = page.texts("td")
    by_risk, severe = "风险优先 投诉 重大 0.87；情绪负面 0.78", "风险优先 投诉 紧急 0.71"
    assert [cells[at : at + 9] for at in range(0, len(cells), 9)] == [
        ["1", "•••••••1001", "0:20", "王静", "退款退货服务态度", "重大", by_risk, "100%", "✓ 已评"],
        ["2", "•••••••1002", "0:20", "—", "费用账单", "非投诉", "随机", "33%", "待评"],
        ["3", "•••••••1003", "0:20", "李强", "网络故障", "紧急", severe, "100%", "待评"],
        ["4", "•••••••1005", "0:20", "王静", "退款退货", "一般", "随机", "33%", "待评"],
    ]
    progress = page.one("progress")
    assert (progress["value"], progress["max"], page.one("label").text) == ("1", "4", "已评 1 / 4")
    work_on = page.one("a", "button")
    assert (work_on.text, work_on["href"]) == ("继续质检", "/calls/call-2?plan=plan-1")


def test_work_begins_at_the_first_call(client: FlaskClient, scene: Scene) -> None:
    button = read(client).one("a", "button")

    assert (button.text, button["href"]) == ("开始质检", "/calls/call-1?plan=plan-1")


def test_before_any_sample_the_page_says_how_to_draw_one(client: FlaskClient, desk_store: Store) -> None:
    assert read(client).one("p", "empty").text == "还没有抽检计划。先运行 huawu demo。"


def test_an_unknown_plan_is_404(client: FlaskClient, scene: Scene) -> None:
    answer = client.get("/sample?plan=nothing")

    assert answer.status_code == 404
    assert Page(answer.text).one("h1").text == "404 没有编号为 nothing 的抽检计划。"


def test_a_team_supervisor_sees_only_the_calls_of_the_own_team(
    app: Flask, scene: Scene, desk_store: Store
) -> None:
    supervisor = person(UserRole.TEAM_SUPERVISOR, team="二组")
    desk_store.add(supervisor)

    with visitor(app, supervisor) as client:
        page = read(client)

    assert [row.text.split()[-1] for row in page.all("tr")[1:]] == ["待评"]
    assert "•••••••1003" in page.one("tbody").text
