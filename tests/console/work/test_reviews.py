from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from analytics.rules.loading import load_rules, shipped_path
from calls.people import AuditEntry, UserRole
from calls.records import Appeal, Case, Review, Score, utc_now
from calls.store import Store
from tests.console.reading import Page
from tests.console.scene import NOON, Scene
from tests.console.staff import OURS, person, visitor

pytestmark = pytest.mark.integration

FULL = {
    "complaint": "yes",
    "severity": "重大",
    "topic": "refund",
    "sentiment": "negative",
    "comment": "三周未到账，\r\n坐席态度好。",
    "reviewer": " 陈 ",
    "plan_id": "plan-1",
}


def send(client: FlaskClient, call_id: str = "call-1", **changes: str) -> TestResponse:
    form = {**FULL, **changes}
    return client.post(f"/calls/{call_id}/reviews", data=form, headers={"Origin": "http://localhost"})


def test_a_verdict_is_stored_whole(client: FlaskClient, scene: Scene, desk_store: Store) -> None:
    before = utc_now()

    send(client)

    (stored,) = desk_store.find(Review)
    assert before <= stored.created_at <= utc_now()
    assert stored == Review(
        id=stored.id,
        created_at=stored.created_at,
        call_id="call-1",
        reviewer="陈",
        complaint=True,
        severity="重大",
        topic="refund",
        sentiment="negative",
        comment="三周未到账，\n坐席态度好。",
        plan_id="plan-1",
    )


def test_saving_leads_to_the_next_open_call_and_at_last_to_the_sample(
    client: FlaskClient, scene: Scene
) -> None:
    led = [send(client, call_id).location for call_id in ("call-2", "call-1", "call-5", "call-3")]

    assert led == [
        "/calls/call-3?plan=plan-1&saved=1",
        "/calls/call-3?plan=plan-1&saved=1",
        "/calls/call-3?plan=plan-1&saved=1",
        "/sample?plan=plan-1&saved=1",
    ]
    done = Page(client.get(led[-1]).text)
    assert done.one("p", role="status").text == "结论已保存。"
    assert done.texts("p", "done") == ["✓ 本次抽检已全部完成。"]


def test_a_call_outside_the_sample_stays_open_after_saving(client: FlaskClient, scene: Scene) -> None:
    assert send(client, "call-7", plan_id="").location == "/calls/call-7?saved=1"


def test_several_verdicts_stand_side_by_side_newest_first(
    client: FlaskClient, scene: Scene, desk_store: Store
) -> None:
    desk_store.add(Review(call_id="call-1", reviewer="林", complaint=False, created_at=NOON))
    send(client)
    send(client, complaint="", severity="", topic="", sentiment="", comment="", reviewer="周")

    listed = Page(client.get("/calls/call-1").text).one("ul", "reviews").text

    without_times = re.sub(r" \d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "", listed)
    assert without_times == "周 投诉 未判 陈 投诉 重大退款退货负面 三周未到账， 坐席态度好。 林 非投诉"


def test_the_reviewers_name_is_remembered(client: FlaskClient, scene: Scene) -> None:
    send(client)

    assert Page(client.get("/calls/call-2").text).fields()["reviewer"] == "陈"


def test_a_form_sent_twice_is_one_review_but_a_changed_one_is_another(
    client: FlaskClient, scene: Scene, desk_store: Store
) -> None:
    form = Page(client.get("/calls/call-1").text).fields()

    answers = [
        send(client, review_id=form["review_id"]),
        send(client, review_id=form["review_id"]),
        send(client, review_id=form["review_id"], comment="改判"),
    ]

    assert [each.status_code for each in answers] == [303, 303, 303]
    comments = [each.comment for each in desk_store.find(Review)]
    assert comments == ["三周未到账，\n坐席态度好。", "改判"]


def test_another_reviewers_verdict_cannot_be_replaced_by_its_id(
    client: FlaskClient, scene: Scene, desk_store: Store
) -> None:
    theirs = Review(call_id="call-2", reviewer="林", comment="原判", created_at=NOON)
    desk_store.add(theirs)

    send(client, review_id=theirs.id)

    assert desk_store.get(Review, theirs.id) == theirs
    assert desk_store.count(Review) == 2


def test_a_made_up_id_is_not_used(client: FlaskClient, scene: Scene, desk_store: Store) -> None:
    send(client, review_id="../../x")

    (stored,) = desk_store.find(Review)
    assert len(stored.id) == 32


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"reviewer": "  "}, "请填写质检员姓名。"),
        ({"complaint": "no"}, "只有判为投诉时才能选级别：请把“是投诉吗”改为“是”，或清除级别。"),
        ({"topic": "weather"}, "“主题”没有选项“weather”。"),
        ({"comment": "长" * 4001}, "“评语”最多 4000 个字，现在是 4001 个。"),
    ],
)
def test_a_form_that_cannot_be_stored_comes_back_as_it_was(
    client: FlaskClient, scene: Scene, desk_store: Store, changes: dict[str, str], sentence: str
) -> None:
    answer = send(client, **changes)

    page = Page(answer.text)
    assert (answer.status_code, page.one("p", role="alert", id="problem").text) == (400, sentence)
    assert desk_store.count(Review) == 0
    sent = {**FULL, **changes}
    assert page.fields()["comment"] == sent["comment"].replace("\r\n", "\n")
    assert page.fields()["plan_id"] == "plan-1"
    topic = {each["value"] for each in page.all("option") if "selected" in each.attributes} - {"1"}
    assert topic == {"refund"} & {sent["topic"]}
    chosen = {each["name"]: each["value"] for each in page.all("input", type="radio", checked="")}
    assert chosen == {name: sent[name] for name in ("complaint", "severity", "sentiment")}


@pytest.mark.parametrize(
    ("call_id", "changes", "status"),
    [
        ("nobody", {}, 404),
        ("call-1", {"plan_id": "nothing"}, 404),
        ("call-1", {"comment": "长" * 70_000}, 413),
    ],
)
def test_verdicts_that_belong_nowhere_or_are_too_long(
    client: FlaskClient, scene: Scene, desk_store: Store, call_id: str, changes: dict[str, str], status: int
) -> None:
    assert send(client, call_id, **changes).status_code == status
    assert desk_store.count(Review) == 0


def test_reviews_can_only_be_posted(client: FlaskClient, scene: Scene) -> None:
    answer = client.get("/calls/call-1/reviews")

    assert (answer.status_code, set(answer.allow)) == (405, {"OPTIONS", "POST"})
    assert Page(answer.text).one("h1").text == "405 这个地址不接受这种请求。"


CHEN = person(UserRole.INSPECTOR, id="chen", name="陈")
LIN = person(UserRole.INSPECTOR, id="lin", name="林")


def test_the_reviewer_is_who_is_signed_in_and_the_save_is_noted(
    app: Flask, scene: Scene, desk_store: Store
) -> None:
    desk_store.add(CHEN)

    with visitor(app, CHEN) as client:
        page = Page(client.get("/calls/call-1").text)
        assert page.all("input", name="reviewer") == []
        send(client, reviewer="林")

    (stored,) = desk_store.find(Review)
    assert stored.reviewer == "chen"
    (noted,) = desk_store.find(AuditEntry, action="review.save")
    assert (noted.user_id, noted.subject, noted.call_id, noted.data) == ("chen", stored.id, "call-1", {})


def test_a_complaint_opens_its_case_with_the_verdict(
    client: FlaskClient, scene: Scene, desk_store: Store
) -> None:
    send(client, "call-2", complaint="no", severity="")
    assert desk_store.count(Case) == 0

    send(client)
    send(client, comment="再看一遍")

    (case,) = desk_store.find(Case)
    assert (case.call_id, case.level) == ("call-1", "重大")


@pytest.fixture
def disputed(scene: Scene, desk_store: Store) -> Review:
    """chen's verdict, against which an appeal was given to lin."""
    label = load_rules(shipped_path()).label
    first = Review(
        id="first",
        call_id="call-1",
        reviewer="chen",
        complaint=True,
        severity="一般",
        score=0.0,
        fatal=True,
        scorecard="service",
        form=label,
        plan_id="plan-1",
        created_at=NOON,
    )
    insult = Score(call_id="call-1", item="service.forbidden_words", points=0.0, by="chen", review_id="first")
    appeal = Appeal(
        id="appeal", review_id="first", agent_id="A1", comment="没有说忌语", state="assigned", inspector="lin"
    )
    desk_store.add(CHEN, LIN, first, insult, appeal)
    return first


def test_the_second_inspector_begins_with_the_first_verdict_and_decides_the_appeal(
    app: Flask, disputed: Review, desk_store: Store
) -> None:
    with visitor(app, LIN) as client:
        page = Page(client.get("/calls/call-1?appeal=appeal").text)
        chosen = {each["name"]: each["value"] for each in page.all("input", type="radio", checked="")}
        assert (chosen["complaint"], chosen["answer.forbidden_words"]) == ("yes", "fail")
        form = page.fields() | {"complaint": "yes", "severity": "一般", "answer.forbidden_words": "pass"}
        unreasoned = client.post("/calls/call-1/reviews", data=form, headers=OURS)
        answers = [
            client.post("/calls/call-1/reviews", data={**form, "comment": "听过，没有"}, headers=OURS)
            for _ in range(2)
        ]

    assert unreasoned.status_code == 400
    assert [each.location for each in answers] == ["/appeals/appeal"] * 2
    (final,) = desk_store.find(Review, replaces="first")
    assert (final.reviewer, final.fatal, final.plan_id, final.comment) == (
        "lin",
        False,
        "plan-1",
        "听过，没有",
    )
    assert desk_store.get(Appeal, "appeal").state == "upheld"
    assert desk_store.count(Score, review_id=final.id) == 1


def test_an_appeal_is_not_for_others_to_decide(app: Flask, disputed: Review, desk_store: Store) -> None:
    with visitor(app, CHEN) as client:
        page = Page(client.get("/calls/call-1?appeal=appeal").text)
        assert page.fields()["appeal"] == ""
        form = page.fields() | {"appeal": "appeal", "comment": "维持"}
        refused = client.post("/calls/call-1/reviews", data=form, headers=OURS)

    assert refused.status_code == 400
    assert desk_store.count(Review) == 1
    assert desk_store.get(Appeal, "appeal").state == "assigned"


def test_a_review_hides_personal_data_from_who_may_not_see_them(
    app: Flask, scene: Scene, desk_store: Store
) -> None:
    guest = person(UserRole.READ_ONLY, id="guest")
    comment = "回电13800001234核实"
    desk_store.add(guest, CHEN, Review(id="r", call_id="call-1", reviewer="chen", comment=comment))

    with visitor(app, guest) as client:
        hidden = client.get("/reviews/r").text
    with visitor(app, CHEN) as client:
        shown = client.get("/reviews/r").text

    assert ("13800001234" in shown, "13800001234" in hidden) == (True, False)
