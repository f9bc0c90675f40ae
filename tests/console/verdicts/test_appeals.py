from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask, g

from calls.people import AuditEntry
from calls.records import Appeal, Calibration, Case, Review, Score
from calls.reviewing import AppealStep
from calls.store import Store
from console.verdicts.appeals import decided_by, undecided
from console.verdicts.steps import StepRefused
from tests.console.after_scene import FIRST, NOW, PEOPLE, Desk, people_and_verdicts
from tests.console.reading import Page
from tests.console.scene import Scene

pytestmark = pytest.mark.integration

PAGE = "/appeals/review-1"
STEPS = f"{PAGE}/steps"
CHANGED = {"score": "85", "fatal": "no", "complaint": "yes", "severity": "一般", "comment": "14 秒处已致歉"}


@pytest.fixture
def desk(app: Flask, scene: Scene, desk_store: Store) -> Desk:
    """A desk at which wang has appealed against chen's verdict."""
    people_and_verdicts(desk_store)
    made = Desk(app)
    assert made.send("wang", "/results/review-1/appeal", comment="14 秒处我已致歉").status_code == 303
    return made


def walk(desk: Desk, *steps: tuple[str, dict[str, Any]]) -> None:
    for who, form in steps:
        desk.wait(hours=1)
        answer = desk.send(who, STEPS, **form)
        assert answer.status_code == 303, Page(answer.text).texts("p")[:1]


FORWARD = ("lead1", {"action": "forward"})
ASSIGN = ("qa", {"action": "assign", "inspector": "lin", "comment": "请复听"})
UPHOLD = ("lin", {"action": "uphold", **CHANGED})
DISMISS = ("lin", {"action": "dismiss", "comment": "没有致歉"})


def problem(html: str) -> str:
    return Page(html).one("p", id="problem").text


def test_the_whole_way_to_an_upheld_appeal(desk: Desk, desk_store: Store) -> None:
    walk(desk, FORWARD, ASSIGN, UPHOLD)

    (appeal,) = desk_store.find(Appeal)
    assert (appeal.state, appeal.inspector, appeal.decided_by) == ("upheld", "lin", "lin")
    steps = desk_store.find(AppealStep, order_by=("at", "id"))
    assert [(each.by, each.action, each.comment, (each.at - NOW).seconds // 3600) for each in steps] == [
        ("wang", "appeal", "14 秒处我已致歉", 0),
        ("lead1", "forward", "", 1),
        ("qa", "assign", "请复听", 2),
        ("lin", "uphold", "14 秒处已致歉", 3),
    ]
    (final,) = desk_store.find(Review, replaces="review-1")
    assert final == replace(
        FIRST,
        id=final.id,
        reviewer="lin",
        score=85.0,
        fatal=False,
        severity="一般",
        comment="14 秒处已致歉",
        replaces="review-1",
        created_at=desk.now,
    )
    assert [each.call_id for each in desk_store.find(Case)] == ["call-1"]  # the verdict finds a complaint
    done = [each.action for each in desk_store.find(AuditEntry, order_by=("at", "id"), subject="review-1")]
    assert done == ["appeal.appeal", "appeal.forward", "appeal.assign", "appeal.uphold"]


def test_both_verdicts_stand_side_by_side_with_the_history(desk: Desk) -> None:
    walk(desk, FORWARD, ASSIGN, UPHOLD)

    page = Page(desk.read("wang", PAGE).text)

    assert page.one("h1").text == "申诉 申诉成立"
    assert page.texts("b", "score") == ["62", "85"]
    assert [each.text.split(" ", 2)[2] for each in page.all("li")] == [
        "王静 提出申诉 14 秒处我已致歉",
        "孙丽 转交质检",
        "赵敏 分派复核 请复听",
        "林涛 申诉成立，改判 14 秒处已致歉",
    ]
    assert not page.all("form", "step-form")


def test_a_declined_appeal_is_closed_and_its_reason_seen(desk: Desk, desk_store: Store) -> None:
    walk(desk, ("lead1", {"action": "decline", "comment": "录音里没有"}))

    assert desk_store.get(Appeal, "review-1").state == "declined"
    assert "录音里没有" in desk.read("wang", "/results/review-1").text
    late = desk.send("lead1", STEPS, action="forward", comment="改主意了")
    assert (late.status_code, problem(late.text)) == (409, "班组长没有转交这个申诉，不再变更。")
    assert "改主意了" in late.text
    assert desk.send("wang", "/results/review-1/acknowledgement").status_code == 303


def test_a_dismissed_appeal_leaves_the_verdict(desk: Desk, desk_store: Store) -> None:
    walk(desk, FORWARD, ASSIGN, DISMISS)

    assert desk_store.count(Review, replaces="review-1") == 0
    assert "维持原结论。" in desk.read("wang", PAGE).text
    assert "state-dismissed" in desk.read("wang", "/results").text


#: Who gets what for looking at wang's appeal, and for each step while it is for them or not.
LOOKS = {
    "boss": 200, "qa": 200, "chen": 200, "lin": 200, "gone": 302, "lead1": 200, "lead2": 404,
    "wang": 200, "li": 404, "guest": 403,
}  # fmt: skip


def test_who_sees_an_appeal(desk: Desk) -> None:
    assert {who: desk.read(who, PAGE).status_code for who in LOOKS} == LOOKS
    listed = {who: "/appeals/review-1" in desk.read(who, "/appeals").text for who in LOOKS}
    assert listed == {who: status == 200 for who, status in LOOKS.items()}


@pytest.mark.parametrize(
    ("before", "action", "allowed"),
    [
        ((), "forward", {"boss", "lead1"}),
        ((), "decline", {"boss", "lead1"}),
        ((FORWARD,), "assign", {"boss", "qa"}),
        ((FORWARD, ASSIGN), "uphold", {"lin"}),
        ((FORWARD, ASSIGN), "dismiss", {"lin"}),
    ],
)
def test_who_may_take_which_step(
    desk: Desk, desk_store: Store, before: tuple[Any, ...], action: str, allowed: set[str]
) -> None:
    walk(desk, *before)
    was = desk_store.get(Appeal, "review-1")
    form = {"action": action, "inspector": "lin", **CHANGED}

    for who in PEOPLE.keys() - allowed:
        refused = desk.send(who, STEPS, **form).status_code
        # signed out; not their team; no right at all
        assert refused == {"gone": 401, "lead2": 404}.get(who, 403), who
    assert desk_store.get(Appeal, "review-1") == was
    for who in sorted(allowed)[:1]:
        assert desk.send(who, STEPS, **form).status_code == 303


def test_the_supervisor_of_another_team_learns_nothing(desk: Desk) -> None:
    others, none = (
        desk.send("lead2", f"/appeals/{each}/steps", action="forward") for each in ("review-1", "x")
    )

    said = [Page(each.text).one("h1").text for each in (others, none)]
    assert said == ["404 没有编号为 review-1 的申诉。", "404 没有编号为 x 的申诉。"]


FLAWS = (
    ({"score": "101"}, "得分应在 0 到 100 之间。"),
    ({"score": "nan"}, "得分应在 0 到 100 之间。"),
    ({"score": "many"}, "得分应在 0 到 100 之间。"),
    ({"fatal": "maybe"}, "请选“是”“否”或“未判”。"),
    ({"severity": "特大"}, "只有判为投诉时才能选级别：请把“是投诉吗”改为“是”，或清除级别。"),
    ({"complaint": "no"}, "只有判为投诉时才能选级别：请把“是投诉吗”改为“是”，或清除级别。"),
    ({"comment": ""}, "请写明内容或理由。"),
    ({"action": "wave"}, "没有“wave”这一步。"),
    ({"action": "appeal"}, "没有“appeal”这一步。"),
    (
        {"score": "62", "fatal": "yes", "severity": "重大"},
        "改判的结论和原结论一样：请修改，或选“维持原判”。",
    ),
)
KEPT = "尚未保存，您填写的内容还在下面。"


def test_a_decision_that_cannot_be_comes_back_as_it_was(desk: Desk, desk_store: Store) -> None:
    walk(desk, FORWARD, ASSIGN)
    for changes, sentence in FLAWS:
        form = {"action": "uphold", **CHANGED, **changes}

        answer = desk.send("lin", STEPS, **form)

        assert (answer.status_code, problem(answer.text)) == (400, f"{sentence} {KEPT}")
        page = Page(answer.text)
        assert page.one("input", name="score")["value"] == form["score"]
        assert page.fields()["comment"] == form["comment"]
    assert (desk_store.get(Appeal, "review-1").state, desk_store.count(Review)) == ("assigned", 2)


def test_choices_for_the_second_inspector_leave_out_the_first(desk: Desk) -> None:
    walk(desk, FORWARD)

    page = Page(desk.read("qa", PAGE).text)

    offered = [each["value"] for each in page.all("option")]
    assert offered == ["", "boss", "lin", "qa"]
    refused = desk.send("qa", STEPS, action="assign", inspector="chen")
    assert (refused.status_code, problem(refused.text)[:15]) == (400, "请选一位不是原质检员的复核员。")


def test_a_form_of_yesterday_does_not_override_what_happened_since(desk: Desk, desk_store: Store) -> None:
    walk(desk, FORWARD, ASSIGN)
    seen = Page(desk.read("boss", PAGE).text).fields()["seen"]
    walk(desk, ("qa", {"action": "assign", "inspector": "qa"}))

    stale = desk.send("boss", STEPS, action="assign", inspector="boss", seen=seen, comment="给我")

    assert (stale.status_code, problem(stale.text)[:9]) == (409, "这个申诉刚刚被别人")
    assert "赵敏" in Page(stale.text).one("h2", id="assign").text  # as it stands now
    assert "给我" in stale.text
    assert desk_store.get(Appeal, "review-1").inspector == "qa"


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """Return the answers of several people who act at the same moment."""
    start, answers = Barrier(len(deeds)), [None] * len(deeds)

    def act(place: int) -> None:
        start.wait()
        answers[place] = deeds[place]()

    threads = [Thread(target=act, args=(place,)) for place in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_of_two_supervisors_at_once_one_decides(desk: Desk, desk_store: Store) -> None:
    answers = at_once(
        lambda: desk.send("lead1", STEPS, action="forward"),
        lambda: desk.send("boss", STEPS, action="decline", comment="没有"),
    )

    assert sorted(each.status_code for each in answers) == [303, 409]
    (second,) = (each for each in answers if each.status_code == 409)
    assert Page(second.text).one("p", id="problem").text
    assert desk_store.get(Appeal, "review-1").state in ("forwarded", "declined")
    assert desk_store.count(AppealStep) == 2
    assert desk_store.count(AuditEntry, subject="review-1") == 2


def test_the_list_is_by_state_with_ages(desk: Desk) -> None:
    desk.wait(hours=49, minutes=5)

    rows = Page(desk.read("lead1", "/appeals?state=open").text)
    assert rows.texts("td") == [
        "王静",
        rows.texts("time")[1],
        "62",
        "14 秒处我已致歉",
        "待班组长处理 待您处理",
        "—",
        "2 天 1 小时",
    ]
    walk(desk, FORWARD, ASSIGN)
    assert Page(desk.read("lead1", "/appeals?state=open").text).one("p", "empty").text == "没有这样的申诉。"
    choices = Page(desk.read("lin", "/appeals").text)
    assert [each.text for each in choices.all("a") if "state=" in each["href"]] == [
        "进行中 1", "待班组长处理 0", "待分派 0", "复核中 1", "班组未转交 0", "申诉成立 0", "维持原判 0",
    ]  # fmt: skip
    assert "待您处理" in choices.texts("td")[4]
    assert "待您处理" not in desk.read("qa", "/appeals").text
    assert desk.read("qa", "/appeals?state=lost").status_code == 400
    assert desk.read("qa", "/appeals?page=2").status_code == 404


def test_what_people_typed_is_text(desk: Desk) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    walk(desk, ("lead1", {"action": "forward", "comment": hostile}))

    for path in (PAGE, "/results/review-1"):
        page = desk.read("wang", path).text
        assert "&lt;img src=x" in page and "<img src=x" not in page


def judge(app: Flask, desk: Desk, who: str, review: Review, *scores: Score) -> bool:
    """Store a verdict as the usual form does, in a request of somebody."""
    store = app.extensions["desk"].store
    with app.test_request_context():
        g.user = PEOPLE[who]
        changed: bool = store.change(*decided_by("review-1", review), *scores, **undecided(review))
        return changed


def test_the_usual_form_decides_as_well(app: Flask, desk: Desk, desk_store: Store) -> None:
    walk(desk, FORWARD, ASSIGN)
    review = replace(FIRST, id="review-2", reviewer="lin", score=70.0, plan_id=None, created_at=desk.now)
    score = Score(id="item-9", call_id="call-1", item="致歉", points=10.0, by="lin", review_id="review-2")

    assert judge(app, desk, "lin", review, score)

    stored = desk_store.get(Review, "review-2")
    assert stored == replace(review, replaces="review-1", plan_id="plan-1")
    assert desk_store.get(Appeal, "review-1").state == "upheld"
    assert [each.action for each in desk_store.find(AppealStep, order_by="at")][-1] == "uphold"
    assert desk_store.get(Score, "item-9") == score
    assert desk_store.count(AuditEntry, action="appeal.uphold") == 1
    with pytest.raises(StepRefused) as refused:
        judge(app, desk, "lin", replace(review, id="review-4"))
    assert (refused.value.status, desk_store.count(Review)) == (409, 3)


def test_a_form_that_judges_alike_dismisses_the_appeal(app: Flask, desk: Desk, desk_store: Store) -> None:
    walk(desk, FORWARD, ASSIGN)

    judge(
        app, desk, "lin", replace(FIRST, id="review-2", reviewer="lin", comment="一样", created_at=desk.now)
    )

    assert desk_store.get(Appeal, "review-1").state == "dismissed"
    assert desk_store.get(Review, "review-2").replaces == "review-1"


def test_a_form_that_may_not_decide(app: Flask, desk: Desk, desk_store: Store) -> None:
    walk(desk, FORWARD, ASSIGN)
    tries: list[tuple[str, dict[str, Any], int]] = [
        ("qa", {}, 403),
        ("lin", {"comment": ""}, 400),
        ("lin", {"call_id": "call-5"}, 400),
    ]
    for who, changes, status in tries:
        with pytest.raises(StepRefused) as refused:
            judge(app, desk, who, replace(FIRST, id="review-2", reviewer=who, score=70.0, **changes))
        assert refused.value.status == status
    assert (desk_store.get(Appeal, "review-1").state, desk_store.count(Review)) == ("assigned", 2)


def test_who_has_to_rate_the_call_blind_sees_the_verdicts_afterwards(desk: Desk, desk_store: Store) -> None:
    desk_store.add(Calibration(id="calibration-1", call_id="call-1", raters=("chen", "lin")))

    assert {who: desk.read(who, PAGE).status_code for who in ("qa", "lin")} == {"qa": 200, "lin": 403}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_of_every_state_in_both_languages(desk: Desk, language: str) -> None:
    ways: list[tuple[Any, ...]] = [(), (FORWARD,), (ASSIGN,), (UPHOLD,)]
    for way in ways:
        walk(desk, *way)
        for who in ("lead1", "qa", "lin"):
            page = Page(desk.read(who, f"{PAGE}?lang={language}").text)
            assert page.one("html")["lang"] == {"zh": "zh-CN", "en": "en"}[language]
            if language == "en":
                assert not any("申诉" in each for each in page.texts("h2"))
