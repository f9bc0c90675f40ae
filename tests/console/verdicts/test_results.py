from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from calls.people import AuditEntry
from calls.records import Appeal, Role, Score, Transcript, Utterance
from calls.reviewing import Acknowledgement, AppealStep
from calls.store import Store
from console.work.calibrations import rating_id
from console.work.scorecards import Scorecards
from tests.console.after_scene import FIRST, NOW, PEOPLE, Desk, people_and_verdicts
from tests.console.reading import Page
from tests.console.scene import Scene, a_call

pytestmark = pytest.mark.integration


@pytest.fixture
def desk(app: Flask, scene: Scene, desk_store: Store) -> Desk:
    people_and_verdicts(desk_store)
    return Desk(app)


def line_texts(page: Page) -> list[str]:
    return page.texts("td")


def test_an_agent_sees_the_own_results_only(desk: Desk) -> None:
    page = Page(desk.read("wang", "/results").text)

    assert page.one("table", "list")
    assert line_texts(page)[:6] == [
        "•••••••1001",
        "62",
        "有",
        "重大",
        "没有致歉，也没有复述来电人的诉求。",
        page.texts("time")[1],
    ]
    assert line_texts(page)[6:] == ["待确认"]
    assert [each["href"] for each in page.all("a") if each["href"].startswith("/results/")] == [
        "/results/review-1"
    ]
    assert Page(desk.read("li", "/results?lang=en").text).texts("td")[1:3] == ["90", "no"]


def test_one_result_with_its_call_its_sound_and_its_items(desk: Desk, scene: Scene) -> None:
    page = Page(desk.read("wang", "/results/review-1").text)

    assert page.one("audio")["src"] == f"/recordings/{scene.recording.id}/audio"
    facts = dict(zip(page.texts("dt"), page.texts("dd"), strict=True))
    assert (facts["主叫"], facts["得分"], facts["致命项"], facts["质检员"]) == (
        "•••••••1001",
        "62",
        "有",
        "陈洁",
    )
    rows = [row.text for row in page.all("tr")]
    assert rows == ["评分项分数评语", "致歉 0 0:14", "规范用语 20"]
    assert "13800001001" not in desk.read("wang", "/results/review-1").text
    assert desk.read("wang", f"/recordings/{scene.recording.id}/audio").status_code == 200


def test_a_result_is_its_agents(desk: Desk) -> None:
    people = [who for who in PEOPLE if who != "gone"]

    seen = {who: desk.read(who, "/results/review-1").status_code for who in people}
    sent = {who: desk.send(who, "/results/review-1/acknowledgement").status_code for who in people}

    refused = {**dict.fromkeys(people, 403), "li": 404}
    assert seen == {**refused, "wang": 200}
    assert sent == {**refused, "wang": 303}


def test_a_result_of_another_is_as_one_that_does_not_exist(desk: Desk) -> None:
    others, none = (desk.read("li", f"/results/{each}") for each in ("review-1", "review-9"))

    said = [Page(each.text).one("h1").text for each in (others, none)]
    assert said == [f"404 没有编号为 {each} 的质检结论。" for each in ("review-1", "review-9")]


def test_ratings_for_comparison_are_nobodys_results(desk: Desk, desk_store: Store) -> None:
    rating = replace(FIRST, id=rating_id("calibration-1", "lin"), reviewer="lin")
    desk_store.add(rating)

    assert len(Page(desk.read("wang", "/results").text).all("tr")) == 2
    assert desk.read("wang", f"/results/{rating.id}").status_code == 404


def test_confirming_is_stored_once_and_ends_the_appeal(desk: Desk, desk_store: Store) -> None:
    first = desk.send("wang", "/results/review-1/acknowledgement", comment="已改进")
    second = desk.send("wang", "/results/review-1/acknowledgement", comment="再来")

    assert (first.status_code, first.location) == (303, "/results/review-1?done=acknowledged")
    assert second.status_code == 409
    assert Page(second.text).one("p", id="problem").text.startswith("这个结论已确认、已申诉")
    assert "再来" in second.text
    assert desk_store.find(Acknowledgement) == [
        Acknowledgement(id="review-1", review_id="review-1", agent_id="A1", comment="已改进", created_at=NOW)
    ]
    assert desk.send("wang", "/results/review-1/appeal", comment="不对").status_code == 409
    assert desk_store.count(Appeal) == 0
    assert "提交申诉" not in desk.read("wang", "/results/review-1").text
    assert [
        (each.user_id, each.subject) for each in desk_store.find(AuditEntry, action="result.acknowledge")
    ] == [("wang", "review-1")]


def test_an_appeal_is_begun_once_with_a_reason_and_in_time(desk: Desk, desk_store: Store) -> None:
    empty = desk.send("wang", "/results/review-1/appeal", comment=" ")
    assert (empty.status_code, desk_store.count(Appeal)) == (400, 0)
    assert Page(empty.text).one("textarea", required="")["aria-invalid"] == "true"

    begun = desk.send("wang", "/results/review-1/appeal", comment="14 秒处已致歉")
    assert (begun.status_code, begun.location) == (303, "/results/review-1?done=appealed")
    assert desk_store.find(Appeal) == [
        Appeal(id="review-1", review_id="review-1", agent_id="A1", comment="14 秒处已致歉", created_at=NOW)
    ]
    assert [(each.by, each.action, each.at) for each in desk_store.find(AppealStep)] == [
        ("wang", "appeal", NOW)
    ]

    again = desk.send("wang", "/results/review-1/appeal", comment="还有一点")
    assert (again.status_code, "还有一点" in again.text) == (409, True)
    assert desk.send("wang", "/results/review-1/acknowledgement").status_code == 409
    assert desk_store.get(Appeal, "review-1").comment == "14 秒处已致歉"
    page = Page(desk.read("wang", "/results").text)
    assert page.texts("td")[-1] == "待班组长处理"


def test_after_seven_days_a_verdict_can_only_be_confirmed(desk: Desk, desk_store: Store) -> None:
    desk.wait(days=6)  # the verdict was a day old

    late = desk.send("wang", "/results/review-1/appeal", comment="来晚了")

    assert (late.status_code, Page(late.text).one("p", id="problem").text) == (409, "申诉期限已过。")
    assert (desk_store.count(Appeal), "来晚了" in late.text) == (0, True)
    assert desk.send("wang", "/results/review-1/acknowledgement").status_code == 303


def test_the_final_verdict_takes_the_place_of_the_first_and_both_are_seen(
    desk: Desk, desk_store: Store
) -> None:
    final = replace(
        FIRST, id="review-2", reviewer="lin", score=80.0, fatal=False, replaces="review-1", created_at=NOW
    )
    desk_store.add(
        final,
        Appeal(
            id="review-1",
            review_id="review-1",
            agent_id="A1",
            comment="不对",
            state="upheld",
            inspector="lin",
            decided_by="lin",
        ),
    )

    page = Page(desk.read("wang", "/results").text)
    assert page.texts("td")[1:3] == ["原为 62 80", "无"]
    assert page.texts("td")[-1] == "申诉成立 待确认"
    one = Page(desk.read("wang", "/results/review-1").text)
    assert [each for each in one.texts("h2") if "结论" in each] == ["原结论", "最终结论", "确认结论"]
    assert one.one("form", "step-form")["action"] == "/results/review-2/acknowledgement"
    assert desk.send("wang", "/results/review-2/appeal", comment="还是不对").status_code == 409


def test_older_results_are_a_page_back(desk: Desk) -> None:
    desk.wait(days=100)

    assert Page(desk.read("wang", "/results").text).one("p", "empty").text == "这段时间没有质检结论。"
    assert len(Page(desk.read("wang", "/results?period=1").text).all("tr")) == 2
    for value in ("-1", "x", "40", "9" * 40, "१"):
        assert desk.read("wang", f"/results?period={value}").status_code == 400


def test_what_people_typed_is_text_and_hides_persons_from_agents(desk: Desk, desk_store: Store) -> None:
    hostile = "<script>alert(1)</script> 来电人 13900007777 住院"
    desk_store.add(replace(FIRST, comment=hostile))

    page = desk.read("wang", "/results/review-1").text

    assert "&lt;script&gt;" in page and "<script>alert" not in page
    assert "13900007777" not in page


def test_a_name_that_was_said_in_the_call_is_hidden_in_what_is_said_about_it(
    desk: Desk, desk_store: Store
) -> None:
    said = Utterance(number=0, role=Role.CALLER, start=1.0, end=3.0, text="我叫张伟我要投诉")
    desk_store.add(
        Transcript(call_id="call-1", recogniser="vosk", model="cn", utterances=(said,)),
        replace(FIRST, comment="对张伟先生没有致歉"),
    )

    assert Page(desk.read("wang", "/results").text).one("td", "why").text == "对▇▇先生没有致歉"
    assert "张伟" not in desk.read("wang", "/results/review-1").text


def test_items_are_shown_in_the_words_of_their_form(desk: Desk, desk_store: Store) -> None:
    card = Scorecards().of(a_call(1))
    assert card is not None
    item, weight = next(iter(card.weights.items()))
    desk_store.add(
        card.version,
        replace(FIRST, scorecard=card.name, form=card.label),
        Score(
            id="item-1",
            call_id="call-1",
            item=f"{card.name}.{item}",
            points=0.0,
            by="chen",
            review_id="review-1",
        ),
    )

    shown = {
        language: Page(desk.read("wang", f"/results/review-1?lang={language}").text).texts("tr")[1]
        for language in ("zh", "en")
    }

    assert item not in shown["zh"]
    assert all(f"0 / {weight:g}" in each for each in shown.values())
    assert shown["zh"] != shown["en"]
