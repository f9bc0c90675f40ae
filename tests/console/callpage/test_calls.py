from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event

from calls.people import UserRole
from calls.recordings import RecordingFolder
from calls.records import (
    Call,
    CallEvent,
    EventKind,
    Evidence,
    Finding,
    Review,
    Role,
    SampleDraw,
    SamplePlan,
    Transcript,
    Utterance,
)
from calls.store import Store
from calls.store.schema import metadata
from tests.console.callpage_scene import CALL, NAME, NUMBER, add_private_call
from tests.console.reading import Page
from tests.console.scene import NOON, Scene, finding
from tests.console.staff import hire, visitor

pytestmark = pytest.mark.integration


def read(client: FlaskClient, path: str) -> Page:
    answer = client.get(path)
    assert answer.status_code == 200
    return Page(answer.text)


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/calls/nobody", 404, "没有编号为 nobody 的通话。"),
        ("/calls/call-1?plan=nothing", 404, "没有编号为 nothing 的抽检计划。"),
        ("/nowhere", 404, "没有这个页面。"),
    ],
)
def test_wrong_addresses_get_one_clear_sentence(
    client: FlaskClient, scene: Scene, path: str, status: int, sentence: str
) -> None:
    answer = client.get(path)

    assert (answer.status_code, Page(answer.text).one("h1").text) == (status, f"{status} {sentence}")


def test_a_call_shows_who_said_what_with_evidence_and_doubt(client: FlaskClient, scene: Scene) -> None:
    page = read(client, "/calls/call-1")

    assert [(each.text) for each in page.all("li", "line")] == [
        "0:00 系统 您好华务客服中心办理退款请按二。",
        "0:03 来电人 我要退款等了三个星期还没有到账。",
        "0:06 坐席 请您提供一下订单号。",
        "0:09 来电人 再不处理我就去消费者协会投诉你们。",
        "0:14 坐席 非常抱歉我马上为您升级处理。",
        "0:17 来电人 尽快给我答复。",
    ]
    marks = [(each["class"], each.text, each["title"]) for each in page.all("mark")]
    assert marks == [
        ("topic", "我要退款", "主题 退款退货 91%"),
        (
            "trouble",
            "去消费者协会投诉你们",
            "投诉 重大 87%；情绪 负面 78%；主题 服务态度 34%",
        ),
    ]
    unsure = page.one("span", "unsure")
    assert (unsure.text, unsure["title"]) == ("星期", "置信度 0.42")


def test_findings_come_with_probability_and_the_place_to_hear_them(client: FlaskClient, scene: Scene) -> None:
    page = read(client, "/calls/call-1")

    (findings,) = (each for each in page.all("ul") if each.attributes.get("class") == "findings")
    assert findings.text == (
        "投诉 重大 87% 0:09 “去消费者协会投诉你们” 情绪 负面 78% 0:09 “去消费者协会投诉你们” "
        "主题 退款退货 91% 0:03 “我要退款” 主题 服务态度 34% 0:09 “去消费者协会投诉你们”"
    )
    evidence = [each for each in page.all("a", "evidence") if each["href"] == "#u1"]
    assert [each["data-seek"] for each in evidence] == ["3.2"]
    assert page.one("li", id="u1")["data-start"] == "3.2"


def test_the_likeliest_of_each_kind_is_said_at_the_top(client: FlaskClient, scene: Scene) -> None:
    assert read(client, "/calls/call-1").one("ul", "summary").text == (
        "投诉 重大 情绪 负面 主题 退款退货 为何抽中 风险优先 入样概率 100%"
    )


def test_words_can_be_sought_by_their_times(client: FlaskClient, scene: Scene) -> None:
    page = read(client, "/calls/call-1")

    assert [each["data-times"] for each in page.all("p") if "data-times" in each.attributes][1] == (
        "0:3.20 8:3.20 10:3.20"
    )


def test_the_time_axis_has_layers_with_their_spans(client: FlaskClient, scene: Scene) -> None:
    page = read(client, "/calls/call-1")

    layers = [each for each in page.all("button") if "data-layer" in each.attributes]
    assert [(each["data-layer"], each.text, each["data-spans"]) for each in layers] == [
        ("trouble", "投诉 1", "9.60,13.40"),
        ("mood", "负面情绪 1", "9.60,13.40"),
        ("topic", "主题 2", "3.20,6.10 9.60,13.40"),
        ("masked", "录音屏蔽 1", "9.10,9.50"),
    ]


def test_the_path_through_the_menu_has_times_waits_and_masked_numbers(
    client: FlaskClient, scene: Scene
) -> None:
    path = read(client, "/calls/call-1").one("ol", "steps-taken")

    assert path.text == (
        "0:00 节点 welcome 3 秒 0:02 按键 2 0:02 节点 refund 17 秒 0:02 转接 号码 •••••••7777 "
        "0:06 接通坐席 坐席 A1 0:19 来电人挂机"
    )


def test_why_the_call_was_drawn_and_its_neighbours_in_the_sample(client: FlaskClient, scene: Scene) -> None:
    page = read(client, "/calls/call-3")

    assert page.one("section", **{"aria-labelledby": "drawn"}).text == (
        "为何抽中 部分风险优先 入样概率100% 风险分71% 投诉 紧急 0.71"
    )
    assert page.one("nav", "steps").text == "← 上一通 抽检 3 / 4 下一通 →"
    assert page.one("link", rel="prev")["href"] == "/calls/call-2?plan=plan-1"
    assert page.one("link", rel="next")["href"] == "/calls/call-5?plan=plan-1"


def test_a_call_outside_the_sample_says_so(client: FlaskClient, scene: Scene) -> None:
    page = read(client, "/calls/call-7")

    assert page.one("section", **{"aria-labelledby": "drawn"}).text == "为何抽中 不在本次抽检中。"
    assert page.all("nav", "steps") == []


def test_an_older_plan_can_be_worked_on(client: FlaskClient, scene: Scene, desk_store: Store) -> None:
    desk_store.add(
        SamplePlan(
            id="plan-0",
            name="old",
            seed=1,
            frame_size=8,
            budget=1,
            risk_share=0,
            created_at=NOON.replace(year=2025),
        ),
        SampleDraw(
            plan_id="plan-0", call_id="call-6", position=0, part="random", inclusion_probability=0.125, risk=0
        ),
    )

    page = read(client, "/calls/call-6?plan=plan-0")

    assert page.one("nav", "steps").text == "抽检 1 / 1"
    assert page.fields()["plan_id"] == "plan-0"


def test_calls_without_recording_transcript_or_findings_still_open(client: FlaskClient, scene: Scene) -> None:
    page = read(client, "/calls/call-8")

    assert page.texts("p", "empty") == ["这通电话没有录音。", "这通电话还没有转写。"]
    assert page.one("section", **{"aria-labelledby": "findings"}).text == "机器判断 还没有机器判断。"
    assert page.one("section", **{"aria-labelledby": "path"}).text == "IVR 路径 没有事件记录。"
    assert page.all("audio") == []


def test_a_transcript_without_words_is_told_from_a_missing_one(
    client: FlaskClient, scene: Scene, desk_store: Store
) -> None:
    desk_store.add(Transcript(call_id="call-6", recogniser="vosk", model="m", created_at=NOON))

    assert read(client, "/calls/call-6").texts("p", "empty")[-1] == "录音里没有识别到话语。"


def notes(page: Page) -> list[str]:
    return [each.text for each in page.all("p", role="note")]


def test_the_demo_models_limit_and_unknown_roles_are_said(client: FlaskClient, scene: Scene) -> None:
    assert notes(read(client, "/calls/call-1")) == ["演示模型只听得懂合成语音"]
    assert notes(read(client, "/calls/call-2")) == []
    assert notes(read(client, "/calls/call-3")) == ["演示模型只听得懂合成语音", "角色未知：mono"]


def test_damage_of_a_recording_is_said(client: FlaskClient, scene: Scene, desk_store: Store) -> None:
    desk_store.add(replace(scene.recording, flags=("recovered", "disk-full", "scratched")))

    page = read(client, "/calls/call-1")

    assert page.texts("p", "plain")[1:] == ["录音曾中断，已修复", "磁盘写满，录音不完整", "scratched"]


def test_pages_speak_english_when_asked_and_remember_it(client: FlaskClient, scene: Scene) -> None:
    assert read(client, "/calls/call-1").one("html")["lang"] == "zh-CN"
    page = read(client, "/calls/call-1?plan=plan-1&lang=en")
    later = read(client, "/calls/call-1")

    assert (page.one("html")["lang"], page.one("h2", id="transcript").text) == ("en", "Transcript")
    assert page.one("a", "switch")["href"] == "?plan=plan-1&lang=zh"
    assert later.one("ul", "summary").text == (
        "Complaint major Sentiment negative Topic refund Why it was drawn by risk Inclusion probability 100%"
    )


def test_an_unknown_language_is_chinese(client: FlaskClient, scene: Scene) -> None:
    client.set_cookie("lang", "../x")

    assert read(client, "/calls/call-1?lang=xx").one("html")["lang"] == "zh-CN"


def test_full_numbers_appear_on_no_page(client: FlaskClient, scene: Scene) -> None:
    pages = [
        client.get(path).text
        for path in ("/calls", "/sample", *[f"/calls/{each}" for each in scene.call_ids])
    ]

    assert [number for number in range(1001, 1009) if f"1380000{number}" in "".join(pages)] == []
    assert "13900007777" not in "".join(pages)


MARKUP = """<script>alert(1)</script>"'><img src=x onerror=alert(1)>{{ 7*7 }}"""


def test_markup_in_what_was_stored_is_shown_as_text(
    client: FlaskClient, scene: Scene, desk_store: Store
) -> None:
    said = Utterance(number=0, role=Role.CALLER, start=0, end=1, text=MARKUP)
    evidence = Evidence(utterance=0, start=0, end=1, text=MARKUP, span=(2, 12))
    call = desk_store.get(Call, "call-1")
    desk_store.add(
        replace(call, caller=f"{MARKUP}13800001001", agent_id=MARKUP, hangup_cause=MARKUP),
        Transcript(
            call_id="call-1",
            recogniser="vosk",
            model=MARKUP,
            utterances=(said,),
            roles_known=False,
            roles_note=MARKUP,
        ),
        replace(finding("call-1", "topic", MARKUP, 0.99, evidence), id="x"),
        Finding(call_id="call-1", kind=MARKUP, label=MARKUP, probability=0.5, evidence=(evidence,)),
        Review(
            call_id="call-1", reviewer=MARKUP, comment=MARKUP, topic=MARKUP, severity=MARKUP, complaint=True
        ),
        replace(desk_store.get(SamplePlan, "plan-1"), name=MARKUP),
        replace(desk_store.get(SampleDraw, "draw-0"), reasons=(MARKUP,), part=MARKUP),
        replace(scene.recording, flags=(MARKUP,)),
    )
    client.set_cookie("reviewer", MARKUP.replace(";", ""))

    pages = [Page(client.get(path).text) for path in ("/calls", "/sample", "/calls/call-1")]

    for page in pages:
        assert [each["src"] for each in page.all("script") if not each["src"].startswith("/static/")] == []
        assert page.all("img") == []
        assert [name for each in page.elements for name in each.attributes if name.startswith("on")] == []
        assert MARKUP in page.one("main").text
    assert pages[2].one("li", "line").text == f"0:00 来电人 {MARKUP}。"


@pytest.fixture
def private(scene: Scene, desk_store: Store, recordings: RecordingFolder) -> str:
    add_private_call(desk_store, recordings)
    return f"/calls/{CALL}"


#: Pieces of the caller's name and number, and the whole number that called.
TELLING = (NAME, NAME[:2], NUMBER, NUMBER[:5], NUMBER[-4:], "13800139999", "13800138000")


@pytest.mark.parametrize("role", [UserRole.TEAM_SUPERVISOR, UserRole.AGENT, UserRole.READ_ONLY])
def test_personal_data_reach_nobody_who_may_not_see_them(
    app: Flask, private: str, desk_store: Store, role: UserRole
) -> None:
    desk_store.add(
        Review(call_id=CALL, reviewer="陈", comment=f"{NAME}的号码是{NUMBER}", created_at=NOON),
        SampleDraw(
            id="draw-private",
            plan_id="plan-1",
            call_id=CALL,
            position=9,
            part="risk",
            inclusion_probability=1.0,
            risk=0.7,
            reasons=(f"客户说“机号是{NUMBER[:5]}”", f"{NAME}不满"),
        ),
        CallEvent(
            call_id=CALL, at=2.0, kind=EventKind.RECOGNITION, data={"text": f"我叫{NAME}", "confidence": 0.9}
        ),
    )
    with visitor(app, hire(desk_store)[role]) as client:
        page = client.get(f"{private}?plan=plan-1").text

    assert [each for each in TELLING if each in page] == []
    assert Page(page).one("li", id="u1").text == "0:02 来电人 我叫▇▇▇我的手机号是▇▇▇▇▇▇▇▇▇▇▇"
    assert "机号是▇▇▇▇▇" in Page(page).one("ul", "broken").text


def test_inspectors_see_personal_data_marked(app: Flask, private: str, desk_store: Store) -> None:
    with visitor(app, hire(desk_store)[UserRole.INSPECTOR]) as client:
        page = Page(client.get(private).text)

    assert page.one("li", id="u1").text == f"0:02 来电人 我叫{NAME}我的手机号是13800138000。"
    assert page.texts("span", "personal")[:2] == [NAME, "13800138000"]
    assert page.one("span", "phone")["data-said"] == NUMBER
    assert page.one("button", "veil").text == "遮盖个人信息"
    assert page.one("button", **{"data-layer": "personal"})["data-spans"] == "2.75,3.65 4.55,7.05"


def test_an_agent_sees_the_call_but_not_how_it_was_drawn_and_judged(
    app: Flask, private: str, desk_store: Store
) -> None:
    desk_store.add(Review(call_id=CALL, reviewer="陈", score=62.0, comment="不好", created_at=NOON))
    with visitor(app, hire(desk_store)[UserRole.AGENT]) as client:
        page = Page(client.get(private).text)

    titled = [each.attributes.get("aria-labelledby") for each in page.all("section")]
    assert titled == [None, "transcript", "history", "path", "measures", "findings"]


def test_without_a_transcript_the_recording_waits_to_be_masked(
    app: Flask, private: str, desk_store: Store
) -> None:
    desk_store.replace(Transcript, {"call_id": CALL})
    staff = hire(desk_store)
    with visitor(app, staff[UserRole.AGENT]) as agent, visitor(app, staff[UserRole.INSPECTOR]) as inspector:
        waiting, playing = Page(agent.get(private).text), Page(inspector.get(private).text)

    assert (len(waiting.all("audio")), len(playing.all("audio"))) == (0, 1)
    assert waiting.texts("p", "empty")[0] == (
        "这段录音还没有转写，无法屏蔽其中的个人信息，您的角色暂时不能听。"
    )


def test_the_risk_is_told_as_shares_that_sum_to_its_logit(client: FlaskClient, private: str) -> None:
    table = read(client, private).one("table", "shares")

    assert table.text == (
        "各理由对风险（logit）的贡献，相加即为总和 理由贡献 平均通话-1.00 "
        f"0:04 客户说“机号是{NUMBER[:5]}”+2.50 客户没有提到监管-0.50 合计+1.0073%"
    )


def test_broken_rules_survey_agent_and_measurements_are_told(client: FlaskClient, private: str) -> None:
    page = read(client, private)

    assert page.one("ul", "broken").text == f"结束语 0:04 “机号是{NUMBER[:5]}”"
    facts = page.all("dl", "facts")[0].text
    assert facts.startswith("主叫•••••••9999 时长0:20 坐席王静 一组")
    assert facts.endswith("满意度2 / 5 分")
    assert page.one("dl", "first").text == "坐席说话占比25%"
    assert "保持时长不可得：没有这通电话的事件记录" in page.one("details").text
    assert page.one("svg", role="img").text == "+1−1 来电人，第 1 段：-0.50"


def test_the_callers_other_calls_are_those_that_one_may_see(
    app: Flask, private: str, desk_store: Store
) -> None:
    staff = hire(desk_store)
    with visitor(app, staff[UserRole.INSPECTOR]) as inspector, visitor(app, staff[UserRole.AGENT]) as agent:
        pages = [Page(each.get(private).text) for each in (inspector, agent)]

    assert [each["href"] for each in pages[0].all("a") if each["href"].startswith("/calls/call-")] == [
        "/calls/call-again",
        "/calls/call-long-ago",
    ]
    told = [page.one("section", "history").text for page in pages]
    assert "前后 7 天 1 通，30 天 2 通" in told[0]
    assert "前后 7 天 1 通，30 天 1 通" in told[1]


def test_earlier_reviews_come_with_their_scores(client: FlaskClient, private: str, desk_store: Store) -> None:
    first = Review(call_id=CALL, reviewer="陈", score=62.4, fatal=True, complaint=False, created_at=NOON)
    desk_store.add(first, Review(call_id=CALL, reviewer="林", replaces=first.id, score=80.0, created_at=NOON))

    reviews = read(client, private).one("ul", "reviews").text

    assert "62 分 · 致命项不合格" in reviews
    assert "80 分申诉后终审" in reviews


#: Tables that stay small however many calls there are.
SMALL = {"agent", "queue", "sample_plan", "desk_user", "form_version"}


def test_every_question_of_the_page_is_answered_by_an_index(
    client: FlaskClient, private: str, desk_database: str
) -> None:
    client.get(private)  # what is asked once for all is not counted
    asked: list[tuple[str, Any]] = []

    def keep(_connection: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, values))

    event.listen(Engine, "before_cursor_execute", keep)
    try:
        client.get(private)
    finally:
        event.remove(Engine, "before_cursor_execute", keep)

    with closing(sqlite3.connect(desk_database)) as database:
        plans = [
            step[3]
            for statement, values in asked
            for step in database.execute(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
    scanned = {step.split()[1] for step in plans if step.startswith("SCAN")}
    assert len(asked) > 10
    assert scanned & set(metadata.tables) <= SMALL
