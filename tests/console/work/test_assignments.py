"""Dealing out the calls of a sample, giving them to others, taking them back."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from calls.people import AuditEntry, UserRole
from calls.records import Review, SampleDraw, SamplePlan
from calls.reviewing import Assignment, ReviewDraft
from calls.store import Store
from console.work import worklist
from console.work.assignments import assign, deal, give, places, postpone, recall
from console.work.worklist import MINE, load_worklist, my_calls
from tests.console.reading import Page
from tests.console.scene import NOON, Scene
from tests.console.staff import OURS, person, visitor

CHEN = person(UserRole.INSPECTOR, id="chen", name="陈")
LIN = person(UserRole.INSPECTOR, id="lin", name="林")
LEAD = person(UserRole.QA_SUPERVISOR, id="lead", name="方")
LATER = NOON + timedelta(days=1)


@pytest.mark.unit
def test_calls_are_dealt_evenly_from_all_along_the_list() -> None:
    dealt = deal("abcdef", {"chen": 1, "lin": 1})

    assert dealt == {"a": "chen", "b": "lin", "c": "chen", "d": "lin", "e": "chen", "f": "lin"}


@pytest.mark.unit
@given(st.lists(st.integers(1, 99), min_size=1, max_size=6), st.integers(0, 300))
def test_shares_are_kept_to_within_one_call(shares: list[int], count: int) -> None:
    wanted = {f"i{number}": float(share) for number, share in enumerate(shares)}

    given_to = Counter(deal([str(call) for call in range(count)], wanted).values())

    assert given_to.total() == count
    for inspector, share in wanted.items():
        assert abs(given_to[inspector] - count * share / sum(shares)) <= len(shares) / 2 + 0.5


@pytest.fixture
def people(scene: Scene, desk_store: Store) -> None:
    desk_store.add(CHEN, LIN, LEAD)


def held(store: Store) -> dict[str, tuple[str, str]]:
    """Return (inspector, state) of each drawn call that is given to somebody."""
    return {
        place.draw.call_id: (place.assignment.inspector, place.state)
        for place in places(store, "plan-1")
        if place.assignment is not None
    }


def deal_out(store: Store, *calls: str, shares: dict[str, float] | None = None) -> Counter[str]:
    return assign(store, "plan-1", calls, shares or {"chen": 1.0}, by="lead", due=LATER, now=NOON)


@pytest.mark.integration
def test_calls_are_given_once(desk_store: Store, people: None) -> None:
    assert deal_out(desk_store, "call-1", "call-2") == {"chen": 2}
    assert deal_out(desk_store, "call-1", "call-2", "call-3", shares={"lin": 1.0}) == {"lin": 1}

    assert held(desk_store) == {
        "call-1": ("chen", "open"),
        "call-2": ("chen", "open"),
        "call-3": ("lin", "open"),
    }


@pytest.mark.integration
def test_of_two_changes_of_one_assignment_the_second_changes_nothing(desk_store: Store, people: None) -> None:
    deal_out(desk_store, "call-1")
    (first,) = desk_store.find(Assignment)

    assert give(desk_store, first, "lin", by="lead", due=None, now=NOON)
    assert not recall(desk_store, first)
    assert not give(desk_store, first, "chen", by="lead", due=None, now=NOON)
    assert not postpone(desk_store, first, None)

    assert held(desk_store) == {"call-1": ("lin", "open")}
    assert {each.inspector: (each.state, each.due_at) for each in desk_store.find(Assignment)} == {
        "chen": ("recalled", LATER),
        "lin": ("open", LATER),
    }


@pytest.mark.integration
def test_a_call_that_was_taken_back_can_be_given_again(desk_store: Store, people: None) -> None:
    deal_out(desk_store, "call-1")
    recall(desk_store, desk_store.find(Assignment)[0])
    assert held(desk_store) == {}

    deal_out(desk_store, "call-1", shares={"lin": 1.0})

    assert held(desk_store) == {"call-1": ("lin", "open")}
    assert desk_store.count(Assignment) == 2


@pytest.mark.integration
def test_how_far_a_call_is(desk_store: Store, people: None) -> None:
    deal_out(desk_store, "call-1", "call-2", "call-3")
    desk_store.add(
        ReviewDraft(id="call-1:chen", call_id="call-1", user_id="chen", content={"fields": {}}, revision=1),
        ReviewDraft(id="call-3:chen", call_id="call-3", user_id="chen", content={}, revision=2),
        Review(call_id="call-2", reviewer="chen", plan_id="plan-1", created_at=NOON),
    )

    found = places(desk_store, "plan-1")

    assert [(each.draw.call_id, each.state) for each in found] == [
        ("call-1", "draft"),
        ("call-2", "done"),
        ("call-3", "open"),
        ("call-5", "unassigned"),
    ]
    assert [each.overdue(LATER + timedelta(days=1)) for each in found] == [True, False, True, False]


@pytest.mark.integration
def test_my_calls_of_all_plans_come_most_urgent_first(desk_store: Store, people: None) -> None:
    desk_store.add(
        SamplePlan(id="plan-2", name="加抽", seed=1, frame_size=8, budget=1, risk_share=0, created_at=NOON),
        SampleDraw(
            plan_id="plan-2", call_id="call-7", position=0, part="random", inclusion_probability=0.2, risk=0.1
        ),
    )
    deal_out(desk_store, "call-1", "call-2")
    assign(desk_store, "plan-2", ["call-7"], {"chen": 1.0}, by="lead", due=NOON, now=NOON)
    assign(desk_store, "plan-1", ["call-3"], {"chen": 1.0}, by="lead", due=None, now=NOON)
    desk_store.add(Review(call_id="call-1", reviewer="chen", plan_id="plan-1", created_at=NOON))

    mine = my_calls(desk_store, "chen")

    assert mine is not None
    assert [(each.draw.call_id, each.state) for each in mine.places] == [
        ("call-7", "open"),
        ("call-2", "open"),
        ("call-3", "open"),
        ("call-1", "done"),
    ]
    work = mine.worklist()
    assert (work.plan.id, work.done, work.next_open("call-7")) == (MINE, 1, "call-2")
    assert my_calls(desk_store, "lin") is None
    assert load_worklist(desk_store, None, "lin") == load_worklist(desk_store, "plan-2")
    assert load_worklist(desk_store, None, "chen") == work


@pytest.mark.integration
def test_of_too_many_calls_the_most_urgent_come_and_the_rest_is_counted(
    desk_store: Store, people: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worklist, "MOST", 2)
    for call, days in (("call-1", None), ("call-2", 3), ("call-3", 1), ("call-5", 2)):
        due = None if days is None else NOON + timedelta(days=days)
        assign(desk_store, "plan-1", [call], {"chen": 1.0}, by="lead", due=due, now=NOON)

    mine = my_calls(desk_store, "chen")

    assert mine is not None
    assert [place.draw.call_id for place in mine.places] == ["call-3", "call-5"]
    assert mine.left_out == 2


@pytest.mark.integration
def test_the_page_of_my_calls_leads_to_the_next(app: Flask, people: None, desk_store: Store) -> None:
    deal_out(desk_store, "call-1", "call-2")

    with visitor(app, CHEN) as client:
        page = Page(client.get("/sample").text)
        assert page.one("h1").text == "我的通话"
        assert page.one("a", "button")["href"] == "/calls/call-1?plan=mine"
        assert page.texts("p", "late") == ["逾期 2"]
        form = Page(client.get("/calls/call-1?plan=mine").text).fields()
        assert (form["plan_id"], form["work"]) == ("plan-1", "mine")
        saved = client.post("/calls/call-1/reviews", data={**form, "comment": "好"}, headers=OURS)

    assert saved.location == "/calls/call-2?plan=mine&saved=1"
    (review,) = desk_store.find(Review)
    assert (review.reviewer, review.plan_id) == ("chen", "plan-1")
    assert {each.call_id: each.state for each in desk_store.find(Assignment)} == {
        "call-1": "done",
        "call-2": "open",
    }


def post(app: Flask, path: str, **fields: object) -> Page:
    with visitor(app, LEAD) as client:
        answer = client.post(f"/plans/plan-1/{path}", data=fields, headers=OURS, follow_redirects=True)
        return Page(answer.text)


@pytest.mark.integration
def test_a_supervisor_deals_out_by_per_cent(app: Flask, people: None, desk_store: Store) -> None:
    page = post(
        app,
        "assign",
        **{"inspector": ["chen", "lin"], "share.chen": "75", "share.lin": "25", "due": "2026-03-05"},
    )

    assert page.one("p", role="status").text == "已分配 4 通：陈 3、林 1。"
    assert Counter(each.inspector for each in desk_store.find(Assignment)) == {"chen": 3, "lin": 1}
    (due,) = {each.due_at for each in desk_store.find(Assignment)}
    assert due is not None
    assert due.astimezone().replace(tzinfo=None) == datetime(2026, 3, 5, 23, 59, 59)
    assert post(app, "assign", inspector="chen").texts("p", "notice") == ["没有可分配的通话。"]


@pytest.mark.integration
def test_only_the_calls_of_a_team_are_dealt_out(app: Flask, people: None, desk_store: Store) -> None:
    post(app, "assign", inspector="chen", team="二组")

    assert held(desk_store) == {"call-3": ("chen", "open")}


@pytest.mark.integration
@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "请至少选一位质检员。"),
        ({"inspector": "nobody"}, "请至少选一位质检员。"),
        (
            {"inspector": ["chen", "lin"], "share.chen": "60"},
            "份额合计是 60%，应为 100%；选中的质检员都要填，或都不填。",
        ),
        ({"inspector": "chen", "share.chen": "viel"}, "“viel”不是数。"),
        ({"inspector": "chen", "due": "bald"}, "“bald”不是日期。"),
    ],
)
def test_what_cannot_be_dealt_out_is_said(
    app: Flask, people: None, desk_store: Store, fields: dict[str, object], sentence: str
) -> None:
    assert post(app, "assign", **fields).one("p", role="alert").text == sentence
    assert desk_store.count(Assignment) == 0


@pytest.mark.integration
def test_taking_back_a_call_that_is_worked_on_needs_a_second_press(
    app: Flask, people: None, desk_store: Store
) -> None:
    deal_out(desk_store, "call-1", "call-2")
    desk_store.add(
        ReviewDraft(id="call-1:chen", call_id="call-1", user_id="chen", content={"fields": {}}, revision=1)
    )

    asked = post(app, "change", action="recall", call=["call-1", "call-2"])

    assert asked.one("p", role="alert").text == "陈 正在评其中 1 通。再按一次即照做；已写的草稿会保留。"
    assert [each["value"] for each in asked.all("input", name="call") if "checked" in each.attributes] == [
        "call-1",
        "call-2",
    ]
    assert len(held(desk_store)) == 2
    done = post(app, "change", action="recall", call=["call-1", "call-2"], sure="yes")
    assert done.one("p", role="status").text == "已更改 2 通。"
    assert held(desk_store) == {}
    assert desk_store.count(ReviewDraft) == 1
    actions = [each.action for each in desk_store.find(AuditEntry) if each.action.startswith("plan.")]
    assert actions == ["plan.recall"]


@pytest.mark.integration
def test_calls_are_given_to_another_with_a_new_due_date(app: Flask, people: None, desk_store: Store) -> None:
    deal_out(desk_store, "call-1")
    desk_store.add(Review(call_id="call-2", reviewer="lin", plan_id="plan-1", created_at=NOON))

    page = post(app, "change", action="give", to="lin", call=["call-1", "call-2", "call-3"], due="2026-04-01")

    assert page.one("p", role="status").text == ("已更改 2 通。 1 通没有更改：刚刚评完，或已被别人更改。")
    assert held(desk_store) == {"call-1": ("lin", "open"), "call-3": ("lin", "open")}


@pytest.mark.integration
def test_a_plan_tells_its_estimates(app: Flask, people: None, desk_store: Store) -> None:
    frame = {"risk": 2, "random": 2, "strata": {"all": {"size": 6, "drawn": 2}}, "shares": []}
    desk_store.add(
        SamplePlan(
            id="plan-1",
            name="三月",
            seed=7,
            frame_size=8,
            budget=4,
            risk_share=0.5,
            frame=frame,
            created_at=NOON,
        ),
        *(
            SampleDraw(
                id=f"draw-{position}",
                plan_id="plan-1",
                call_id=call,
                position=position,
                part=part,
                inclusion_probability=1.0 if part == "risk" else 2 / 6,
                risk=0.5,
                stratum="" if part == "risk" else "all",
            )
            for position, (call, part) in enumerate(
                [("call-1", "risk"), ("call-2", "random"), ("call-3", "risk"), ("call-5", "random")]
            )
        ),
        *(
            Review(call_id=call, reviewer="chen", plan_id="plan-1", complaint=complaint, created_at=NOON)
            for call, complaint in (("call-1", True), ("call-2", False), ("call-3", True), ("call-5", True))
        ),
    )

    with visitor(app, LEAD) as client:
        page = Page(client.get("/plans/plan-1").text)
        listed = Page(client.get("/plans").text)

    # (2 + 6 × ½) / 8
    assert [row.text for row in page.all("tr") if row.text.startswith("投诉率 62.5%")] != []
    assert [row.text.split()[-5:] for row in listed.all("tr")[1:]] == [["8", "4", "0", "4", "—"]]


@pytest.mark.integration
def test_drawing_a_sample_from_the_page(app: Flask, people: None, desk_store: Store) -> None:
    with visitor(app, LEAD) as client:
        form = Page(client.get("/plans/new").text).fields()
        wanted = {
            **form,
            "name": "新样本",
            "budget": "3",
            "risk_share": "40",
            "longer_than_seconds": "1",
            "first": "2026-03-01",
            "last": "2026-03-03",
            "allocation": "proportional",
        }
        tried = Page(client.post("/plans/new", data={**wanted, "action": "preview"}, headers=OURS).text)
        before = desk_store.count(SamplePlan)
        answers = [client.post("/plans/new", data=wanted, headers=OURS) for _ in range(2)]
        refused = client.post("/plans/new", data={**wanted, "budget": "0"}, headers=OURS)

    assert tried.texts("b")[0] == "将从 3 通里抽 3 通：按风险 1 通，随机 2 通。"
    assert before == 1
    assert [each.status_code for each in answers] == [303, 303]
    assert desk_store.count(SamplePlan) == 2
    (made,) = desk_store.find(SamplePlan, name="新样本")
    assert desk_store.count(SampleDraw, plan_id=made.id) == 3
    assert made.created_at > datetime(2026, 3, 2, tzinfo=UTC)
    assert (refused.status_code, Page(refused.text).one("p", id="problem").text) == (
        400,
        "“抽检量（通）”不对：不能小于 1",
    )


@pytest.mark.integration
def test_inspectors_do_not_assign(app: Flask, people: None) -> None:
    with visitor(app, CHEN) as client:
        assert [client.get(path).status_code for path in ("/plans", "/plans/plan-1", "/plans/new")] == [
            403
        ] * 3
        assert client.post("/plans/plan-1/assign", headers=OURS).status_code == 403
    with visitor(app, LEAD) as client:
        assert client.get("/plans/nothing").status_code == 404
