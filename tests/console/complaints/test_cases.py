from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient

from calls.people import AuditEntry
from calls.records import Case, Review, utc_now
from calls.reviewing import CaseStep
from calls.store import Store
from console.access import LOCAL
from console.complaints import casefile, cases
from console.complaints.case import case_id
from console.complaints.cases import opened_by
from console.work.calibrations import rating_id
from tests.console.after_scene import FIRST, NOW, PEOPLE, Desk, people_and_verdicts
from tests.console.reading import Page
from tests.console.scene import Scene
from tests.console.verdicts.test_appeals import at_once

pytestmark = pytest.mark.integration

CASE = case_id("call-1")
PAGE = f"/cases/{CASE}"
STEPS = f"{PAGE}/steps"


def open_case(app: Flask, review: Review, now: datetime) -> list[Any]:
    """Store a verdict with what it opens, as the form of the call page does."""
    store = app.extensions["desk"].store
    with app.test_request_context():
        g.user = PEOPLE[review.reviewer]
        records = opened_by(review, now)
        store.add(review, *records)
        return records


@pytest.fixture
def desk(app: Flask, scene: Scene, desk_store: Store) -> Desk:
    """A desk with one case, opened by chen at the time of the verdict."""
    people_and_verdicts(desk_store)
    made = Desk(app, NOW)
    assert open_case(app, FIRST, NOW)
    return made


def work(desk: Desk, who: str, action: str, **form: str) -> None:
    desk.wait(minutes=30)
    answer = desk.send(who, STEPS, action=action, **form)
    assert answer.status_code == 303, Page(answer.text).texts("p")[:1]


def problem(html: str) -> str:
    return Page(html).one("p", id="problem").text


def test_a_verdict_with_a_complaint_opens_a_case_with_the_machines_guess(
    desk: Desk, desk_store: Store
) -> None:
    assert desk_store.find(Case) == [
        Case(
            id=CASE,
            call_id="call-1",
            level="重大",
            deadline=NOW + timedelta(hours=48),
            cause="refund",
            department="service",
            created_at=NOW,
        )
    ]
    steps = desk_store.find(CaseStep)
    assert [(each.by, each.action, each.text) for each in steps] == [
        ("chen", "open", "重大"),
        ("huawu", "guess", " → refund/service"),
    ]
    (noted,) = desk_store.find(AuditEntry, action="case.open")
    assert (noted.user_id, noted.subject, noted.call_id) == ("chen", CASE, "call-1")


def test_a_call_has_one_case_whoever_judges_it_and_however_often(
    app: Flask, desk: Desk, desk_store: Store
) -> None:
    work(desk, "lin", "note", text="查账")
    second = replace(FIRST, id="review-2", reviewer="lin", severity="紧急")

    assert open_case(app, second, desk.now) == []
    assert open_case(app, replace(second, call_id="call-3", complaint=False), desk.now) == []
    assert open_case(app, replace(second, call_id="call-3", complaint=None), desk.now) == []
    assert (desk_store.count(Case), desk_store.count(CaseStep)) == (1, 3)


def test_a_rating_for_comparison_opens_nothing_and_is_not_shown(
    app: Flask, desk: Desk, desk_store: Store
) -> None:
    rating = replace(FIRST, id=rating_id("calibration-1", "lin"), reviewer="lin", score=11.0)

    assert open_case(app, replace(rating, call_id="call-3"), desk.now) == []
    assert open_case(app, rating, desk.now) == []
    assert Page(desk.read("qa", PAGE).text).texts("b", "score") == ["62"]


def test_a_complaint_without_a_level_or_a_guess_is_a_minor_one(
    app: Flask, desk: Desk, desk_store: Store
) -> None:
    open_case(app, Review(call_id="call-5", reviewer="lin", complaint=True), NOW)

    case = desk_store.get(Case, case_id("call-5"))
    assert (case.level, case.cause, case.deadline) == ("一般", "", NOW + timedelta(days=5))
    assert [each.action for each in desk_store.find(CaseStep, case_id=case.id)] == ["open"]


def test_a_case_is_worked_on_from_the_first_call_back_to_the_end_and_again(
    desk: Desk, desk_store: Store
) -> None:
    work(desk, "lin", "owner", mine="1")
    work(desk, "lin", "call-back", text="无人接听")
    early = desk.send("lin", STEPS, action="close")
    assert (early.status_code, problem(early.text)[:14]) == (400, "先记录给来电人的答复，才能结案"[:14])
    work(desk, "lin", "reply", text="今日退款到账")
    work(desk, "lin", "close")
    assert desk_store.get(Case, CASE).closed_at == desk.now
    shut = desk.send("lin", STEPS, action="note", text="忘了一点")
    assert (shut.status_code, problem(shut.text)) == (409, "工单已结：要继续处理，请先重新立案。")
    assert "忘了一点" in shut.text
    work(desk, "qa", "reopen", text="来电人说没有到账")

    case = desk_store.get(Case, CASE)
    assert (case.state, case.owner, case.reply, case.closed_at) == ("working", "lin", "", None)
    assert case.deadline == desk.now + timedelta(hours=48)
    done = [(each.by, each.action) for each in desk_store.find(CaseStep, order_by=("at", "id"))]
    assert done[2:] == [
        ("lin", "owner"),
        ("lin", "call-back"),
        ("lin", "reply"),
        ("lin", "close"),
        ("qa", "reopen"),
    ]
    noted = [each.action for each in desk_store.find(AuditEntry, subject=CASE, order_by=("at", "id"))]
    assert noted == [
        "case.open", "case.owner", "case.call-back", "case.reply", "case.close", "case.reopen",
    ]  # fmt: skip


def test_the_page_tells_the_history_in_words(desk: Desk) -> None:
    work(desk, "qa", "owner", owner="lead1")
    work(desk, "qa", "level", level="紧急", text="媒体到场")
    work(desk, "lead1", "classify", cause="delay", department="客服与企业")
    work(desk, "qa", "deadline", deadline="2026-03-09T18:00", text="等厂家")

    page = Page(desk.read("qa", PAGE).text)

    history = [each.text.split(" ", 2)[2] for each in page.all("li")]
    assert history[:5] == [
        "陈洁 立案 重大",
        "huawu 机器初判 退款受阻 / 客服与企业",
        "赵敏 变更负责人 无人负责 → 孙丽",
        "赵敏 变更级别 重大 → 紧急 媒体到场",
        "孙丽 认定原因与部门 退款受阻 / 客服与企业 → 处理拖延 / 客服与企业",
    ]
    assert history[5].endswith("→ 2026-03-09 18:00 等厂家")
    assert "机器初判" not in page.one("dl", "wide-facts").text
    english = Page(desk.read("qa", f"{PAGE}?lang=en").text)
    assert english.all("li")[4].text.endswith(
        "refund refused / service and company → slow handling / service and company"
    )


def test_the_guess_is_marked_until_a_person_decides(desk: Desk) -> None:
    facts = Page(desk.read("lin", PAGE).text).one("dl", "wide-facts").text
    assert "退款受阻 机器初判" in facts and "客服与企业 机器初判" in facts
    assert "退款受阻 机器初判" in Page(desk.read("lin", "/cases").text).texts("td")

    work(desk, "lin", "classify", cause="refund", department="service")

    assert "机器初判" not in Page(desk.read("lin", PAGE).text).one("dl", "wide-facts").text
    assert "退款受阻" in Page(desk.read("lin", "/cases").text).texts("td")


def test_who_works_on_cases(desk: Desk, desk_store: Store) -> None:
    looks = {
        "boss": 200, "qa": 200, "chen": 200, "lin": 200, "lead1": 200, "lead2": 404, "wang": 403,
        "li": 403, "guest": 403,
    }  # fmt: skip

    seen = {who: desk.read(who, PAGE).status_code for who in looks}
    listed = {who: PAGE in desk.read(who, "/cases").text for who in looks}
    sent = {who: desk.send(who, STEPS, action="note", text=who).status_code for who in looks}
    exported = {who for who in looks if desk.read(who, "/cases/export.csv").status_code == 200}

    assert seen == looks
    assert listed == {who: status == 200 for who, status in looks.items()}
    assert sent == {who: 303 if status == 200 else status for who, status in looks.items()}
    assert exported == {"boss", "qa"}
    assert desk_store.count(CaseStep, action="note") == 5


def test_only_who_sees_the_call_can_own_its_case(desk: Desk) -> None:
    page = Page(desk.read("qa", PAGE).text)

    offered = {each["value"] for each in page.all("option")} & PEOPLE.keys()
    assert offered == {"boss", "qa", "chen", "lin", "lead1"}
    for owner in ("lead2", "wang", "gone", "nobody", ""):
        refused = desk.send("qa", STEPS, action="owner", owner=owner)
        assert (refused.status_code, problem(refused.text)[:16]) == (400, "请选一位能处理这个工单的人。 尚")


FLAWS: tuple[tuple[dict[str, str], str], ...] = (
    ({"action": "note", "text": " "}, "请写明内容或理由。"),
    ({"action": "level", "level": "特大", "text": "x"}, "请选一个不同的级别。"),
    ({"action": "deadline", "deadline": "soon", "text": "x"}, "期限应是将来的、不同的时间。"),
    ({"action": "deadline", "deadline": "2020-01-01T10:00", "text": "x"}, "期限应是将来的、不同的时间。"),
    ({"action": "deadline", "deadline": "9999-12-31T23:59", "text": ""}, "请写明内容或理由。"),
    ({"action": "classify", "cause": "weather"}, "没有这个原因。"),
    ({"action": "guess"}, "没有“guess”这一步。"),
    ({"action": "open"}, "没有“open”这一步。"),
    ({}, "没有“”这一步。"),
)


def test_a_step_that_cannot_be_changes_nothing(desk: Desk, desk_store: Store) -> None:
    before = desk_store.get(Case, CASE)
    for form, sentence in FLAWS:
        answer = desk.send("lin", STEPS, **form)
        assert (answer.status_code, problem(answer.text)) == (
            400,
            f"{sentence} 尚未保存，您填写的内容还在下面。",
        )
    assert desk_store.get(Case, CASE) == before


def test_a_form_that_somebody_else_outran_is_refused_and_a_note_is_not(desk: Desk, desk_store: Store) -> None:
    version = Page(desk.read("lin", PAGE).text).fields()["version"]
    work(desk, "qa", "level", level="紧急", text="媒体到场")

    stale = desk.send("lin", STEPS, action="reply", text="已答复", version=version)
    assert (stale.status_code, problem(stale.text)[:9]) == (409, "这个工单刚刚被别人")
    assert "已答复" in stale.text and "媒体到场" in stale.text
    assert desk.send("lin", STEPS, action="note", text="查账", version=version).status_code == 303
    assert desk_store.get(Case, CASE).reply == ""


def test_of_two_at_once_one_takes_the_case(desk: Desk, desk_store: Store) -> None:
    version = Page(desk.read("lin", PAGE).text).fields()["version"]

    answers = at_once(
        *(
            lambda who=who: desk.send(who, STEPS, action="owner", mine="1", version=version)
            for who in ("lin", "qa")
        )
    )

    codes = {who: each.status_code for who, each in zip(("lin", "qa"), answers, strict=True)}
    assert sorted(codes.values()) == [303, 409]
    assert codes[desk_store.get(Case, CASE).owner] == 303
    assert desk_store.count(CaseStep, action="owner") == 1
    (second,) = (each for each in answers if each.status_code == 409)
    assert "由我负责" not in second.text  # the case has an owner by now


def fill_a_month(store: Store) -> None:
    """Store cases of other calls around the one of call-1, due in 48 h."""
    hour = timedelta(hours=1)
    made = [
        ("call-2", "紧急", -30 * hour, "working", "delay", "财务部", ""),
        ("call-3", "一般", 100 * hour, "open", "", "", "lin"),
        ("call-5", "一般", -2 * hour, "open", "refund", "service", "lin"),
        ("call-6", "重大", 10 * hour, "closed", "refund", "=cmd", "qa"),
    ]
    store.add(
        *(
            Case(
                id=f"case-{call_id}",
                call_id=call_id,
                level=level,
                deadline=NOW + due,
                state=state,
                cause=cause,
                department=department,
                owner=owner,
                reply="=已给 13900007777 退款" if state == "closed" else "",
                closed_at=NOW + 4 * hour if state == "closed" else None,
                created_at=NOW - hour,
            )
            for call_id, level, due, state, cause, department, owner in made
        )
    )


def listed(page: Page) -> list[str]:
    """Return the callers' last digits of the listed cases."""
    return [each[-4:] for each in page.texts("td") if each.startswith("••")]


def test_the_list_begins_with_what_is_longest_overdue(desk: Desk, desk_store: Store) -> None:
    fill_a_month(desk_store)

    page = Page(desk.read("qa", "/cases").text)

    assert page.one("h1").text == "投诉工单 共 4 件，2 件超期"
    assert listed(page) == ["1002", "1005", "1001", "1003"]
    assert page.texts("b", "overdue") == ["超期 1 天 6 小时", "超期 2 小时 0 分"]
    assert len(page.all("tr", "late")) == 2


def test_cases_are_filtered(desk: Desk, desk_store: Store) -> None:
    fill_a_month(desk_store)
    expected = {
        "state=overdue": ["1002", "1005"],
        "state=open": ["1005", "1001", "1003"],
        "state=closed": ["1006"],
        "level=一般": ["1005", "1003"],
        "cause=refund": ["1005", "1001"],
        "department=财务部": ["1002"],
        "owner=lin": ["1005", "1003"],
        "owner=nobody": ["1002", "1001"],
    }

    found = {query: listed(Page(desk.read("lin", f"/cases?{query}").text)) for query in expected}

    assert found == expected


def test_the_supervisor_of_a_team_sees_its_cases(desk: Desk, desk_store: Store) -> None:
    fill_a_month(desk_store)

    assert listed(Page(desk.read("lead1", "/cases").text)) == ["1005", "1001"]
    assert listed(Page(desk.read("lead2", "/cases").text)) == ["1003"]
    figures = Page(desk.read("lead2", "/cases/statistics?month=2026-03").text)
    assert figures.texts("tfoot")[0] == "合计1 0 — — 0"


def test_a_list_that_would_be_too_long_says_what_it_leaves_out(
    desk: Desk, desk_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_a_month(desk_store)
    monkeypatch.setattr(casefile, "MOST", 3)

    page = Page(desk.read("qa", "/cases").text)

    assert listed(page) == ["1002", "1005", "1001"]
    assert page.one("p", role="note").text.startswith("另有 1 件没有列入")


def test_filters_and_pages_that_cannot_be(desk: Desk) -> None:
    for query in ("state=lost", "level=9", "cause=weather", "page=0", "page=x"):
        assert desk.read("qa", f"/cases?{query}").status_code == 400
    assert desk.read("qa", "/cases?page=2").status_code == 404
    assert desk.read("qa", "/cases/nothing").status_code == 404
    for month in ("2026-13", "x", "0000-01", "9999-12"):
        assert desk.read("qa", f"/cases/statistics?month={month}").status_code == 400


def test_the_figures_of_a_month(desk: Desk, desk_store: Store) -> None:
    fill_a_month(desk_store)

    page = Page(desk.read("qa", "/cases/statistics?month=2026-03").text)

    rows = [row.text for row in page.all("tr")]
    head = "立案 已结 按期率 结案用时 重新立案"
    assert rows == [
        f"原因 {head}",
        "退款受阻3 1 50% 5 小时 0 分 0",
        "未定1 0 — — 0",
        "处理拖延1 0 0% — 0",
        "合计5 1 33% 5 小时 0 分 0",
        f"责任部门 {head}",
        "客服与企业2 0 0% — 0",
        "未定1 0 — — 0",
        "=cmd1 1 100% 5 小时 0 分 0",
        "财务部1 0 0% — 0",
        "合计5 1 33% 5 小时 0 分 0",
    ]
    assert len(page.all("svg")) == 2
    assert Page(desk.read("qa", "/cases/statistics?month=2026-02").text).one("p", "empty")


def test_the_sheet_of_a_month_is_harmless_redacted_and_noted(desk: Desk, desk_store: Store) -> None:
    fill_a_month(desk_store)

    answer = desk.read("qa", "/cases/export.csv?month=2026-03")

    assert answer.headers["Content-Disposition"] == "attachment; filename=cases-2026-03.csv"
    assert answer.mimetype == "text/csv"
    lines = list(csv.reader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))
    assert len(lines) == 6
    closed = next(line for line in lines if line[0] == "case-call-6")
    assert (closed[2], closed[5], closed[7], closed[10]) == ("•••••••1006", "'=cmd", "已结", "是")
    assert closed[12].startswith("'=已给 ") and "1390000" not in closed[12]
    (noted,) = desk_store.find(AuditEntry, action="case.export")
    assert (noted.user_id, noted.subject, noted.data) == ("qa", "2026-03", {"rows": 5, "left_out": 0})


def test_a_month_that_is_too_long_says_what_is_not_counted(
    desk: Desk, desk_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_a_month(desk_store)
    monkeypatch.setattr(cases, "MOST_OF_A_MONTH", 4)

    page = Page(desk.read("qa", "/cases/statistics?month=2026-03").text)
    sheet = desk.read("qa", "/cases/export.csv?month=2026-03").text

    assert page.one("p", role="note").text == "另有 1 件没有计入：当月的工单太多。"
    assert sheet.splitlines()[-1] == "另有 1 件没有计入：当月的工单太多。"


def test_a_desk_without_accounts_works_on_cases_as_well(
    app: Flask, scene: Scene, client: FlaskClient, desk_store: Store
) -> None:
    with app.test_request_context():
        g.user = LOCAL
        desk_store.add(FIRST, *opened_by(FIRST, utc_now()))

    answer = client.post(STEPS, data={"action": "owner", "mine": "1"}, headers={"Origin": "http://localhost"})

    assert answer.status_code == 303
    assert desk_store.get(Case, CASE).owner == "local"
    assert PAGE in client.get("/cases?owner=local").text
    assert client.get("/appeals").status_code == 200


def test_what_people_typed_is_text_and_hides_persons_from_team_supervisors(desk: Desk) -> None:
    hostile = "<script>alert(1)</script> 回电 13900007777"
    work(desk, "lin", "reply", text=hostile)
    work(desk, "lin", "classify", cause="refund", department="<b>一部</b>")

    pages = {who: desk.read(who, PAGE).text for who in ("lin", "lead1")}

    for page in [*pages.values(), desk.read("lin", "/cases").text]:
        assert "<script>alert" not in page and "<b>一部" not in page
    assert ("13900007777" in pages["lin"], "13900007777" in pages["lead1"]) == (True, False)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_in_both_languages(desk: Desk, desk_store: Store, language: str) -> None:
    fill_a_month(desk_store)
    for path in ("/cases", PAGE, "/cases/case-call-6", "/cases/statistics?month=2026-03"):
        joint = "&" if "?" in path else "?"
        page = Page(desk.read("qa", f"{path}{joint}lang={language}").text)
        words = " ".join(page.texts("th") + page.texts("h2") + page.texts("label"))
        assert ("原因" in words or "给来电人的答复" in words) == (language == "zh")
