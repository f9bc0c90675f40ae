"""The form of a call: whose answers, which version of the rule file, and what they come to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from analytics.rules.inspector import Verdict
from analytics.rules.loading import load_rules, shipped_path
from calls.errors import AnalyticsError
from calls.records import Review, Score
from calls.reviewing import FormVersion
from calls.store import Store
from console.work.scorecards import Scorecards, filled
from console.work.verdict import Answer
from tests.console.reading import Page
from tests.console.scene import NOON, Scene, a_call

RULES = """
name: ours
rules:
  hello: {name: 问好, weight: 4, conditions: {a: {role: agent, keywords: [您好]}}}
  sorry: {name: 致歉, weight: 6, severity: fatal, conditions: {a: {role: agent, keywords: [抱歉]}}}
scorecards:
  plain:
    name: 普通评分表
    sections: {all: {name: 全部, items: {hello: {rule: hello}, sorry: {rule: sorry}}}}
  other:
    sections: {all: {items: {calm: {question: 语气平和, weight: 2}}}}
"""


@pytest.fixture
def choices(tmp_path: Path) -> Path:
    """A file that gives the queue 售后 a form of its own."""
    (tmp_path / "ours.yaml").write_text(RULES, encoding="utf-8")
    path = tmp_path / "scorecards.yaml"
    path.write_text(
        "queues: {售后: {rules: ours.yaml}, 二线: {rules: ours.yaml, scorecard: other}}\n", "utf-8"
    )
    return path


@pytest.mark.unit
def test_the_queue_decides_the_form(choices: Path) -> None:
    forms = Scorecards(choices)

    found = [forms.of(a_call(1, queue_id=queue)) for queue in (None, "售前", "售后", "二线")]

    assert [card and (card.rules.name, card.name) for card in found] == [
        ("service", "service"),
        ("service", "service"),
        ("ours", "plain"),
        ("ours", "other"),
    ]
    assert Scorecards().of(a_call(1)) == found[0]
    assert found[2] is not None
    assert found[2].weights == {"hello": 4.0, "sorry": 6.0}
    assert found[2].version.content == RULES


@pytest.mark.unit
@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("queues: {售后: {rules: ours.yaml, scorecard: nothing}}", "scorecard 'nothing' is not in ours.yaml"),
        ("queues: {售后: {rules: missing.yaml}}", "missing.yaml: No such file"),
        ("default: {form: service}", "unknown field 'form'"),
    ],
)
def test_a_choice_that_cannot_be_is_said(choices: Path, text: str, complaint: str) -> None:
    choices.write_text(text, "utf-8")

    with pytest.raises(AnalyticsError, match=complaint):
        Scorecards(choices).of(a_call(1, queue_id="售后"))


def rows(page: Page) -> dict[str, tuple[str, str]]:
    """Return the machine's proposal and the chosen answer, by item."""
    chosen = {each["name"]: each["value"] for each in page.all("input", type="radio", checked="")}
    machine = [each.text for each in page.all("span", "machine")]
    items = [each["data-item"] for each in page.all("fieldset", "scored")]
    return {
        item.removeprefix("answer."): (words.split("：")[-1], chosen.get(item, ""))
        for item, words in zip(items, machine, strict=True)
    }


@pytest.mark.integration
def test_the_form_shows_the_machines_answers_with_their_evidence(client: FlaskClient, scene: Scene) -> None:
    page = Page(client.get("/calls/call-1").text)

    shown = rows(page)
    assert len(shown) == 16
    assert shown["greeting"] == ("不通过", "")
    assert shown["empathy"] == ("通过", "")
    assert shown["identity_check"] == ("不适用", "")
    assert shown["tone"] == ("由人判断", "")
    evidence = [each.text for each in page.all("span", "proof")]
    assert evidence[0] == "0:06 “请您提供一下订单号”"
    assert page.one("output", id="score").text == "84.9"
    assert page.one("span", id="fatal").attributes.get("hidden") == ""
    assert [
        each["data-item"] for each in page.all("fieldset", "scored") if "data-fatal" in each.attributes
    ] == [
        "answer.forbidden_words",
        "answer.identity_check",
    ]


@pytest.mark.integration
def test_a_call_without_words_has_a_form_without_proposals(client: FlaskClient, scene: Scene) -> None:
    page = Page(client.get("/calls/call-4").text)

    assert {machine for machine, _ in rows(page).values()} == {"由人判断"}
    assert page.one("output", id="score").text == "—"


ANSWERS = {
    "answer.greeting": "pass",
    "answer.forbidden_words": "fail",
    "note.forbidden_words": "说了“烦不烦”",
    "at.forbidden_words": "14.2",
    "answer.empathy": "na",
    "points.correct": "7.5",
}


def send(client: FlaskClient, call_id: str = "call-1", **changes: str) -> tuple[int, str]:
    form = Page(client.get(f"/calls/{call_id}").text).fields()
    form |= {"reviewer": "陈", "plan_id": "", "work": "", **changes}
    answer = client.post(f"/calls/{call_id}/reviews", data=form, headers={"Origin": "http://localhost"})
    return answer.status_code, answer.text


@pytest.mark.integration
def test_answers_of_person_and_machine_are_both_stored(
    client: FlaskClient, scene: Scene, desk_store: Store
) -> None:
    assert send(client, **ANSWERS)[0] == 303

    (review,) = desk_store.find(Review)
    label = load_rules(shipped_path()).label
    assert (review.scorecard, review.form, review.score, review.fatal) == ("service", label, 0.0, True)
    person = {each.item: each for each in desk_store.find(Score, review_id=review.id)}
    assert {item: each.points for item, each in person.items()} == {
        "service.greeting": 5.0,
        "service.forbidden_words": 0.0,
        "service.empathy": None,
        "service.correct": 7.5,
    }
    assert {each.by for each in person.values()} == {"陈"}
    insult = person["service.forbidden_words"]
    assert (insult.comment, insult.at) == ("说了“烦不烦”", 14.2)
    machine = {each.item: each for each in desk_store.find(Score, by=f"machine:{label}")}
    assert len(machine) == 14
    assert (machine["service.greeting"].points, machine["service.greeting"].comment) == (0.0, "failed")
    assert desk_store.get(FormVersion, label).content == shipped_path().read_text("utf-8")


@pytest.mark.integration
def test_the_machines_answers_are_stored_once(client: FlaskClient, scene: Scene, desk_store: Store) -> None:
    send(client, **ANSWERS)
    send(client, **{**ANSWERS, "comment": "再看一遍"})

    assert desk_store.count(Review) == 2
    assert desk_store.count(Score, review_id=None) == 14


@pytest.mark.integration
def test_answers_that_the_machine_stored_before_count(
    client: FlaskClient, scene: Scene, desk_store: Store
) -> None:
    label = load_rules(shipped_path()).label
    desk_store.add(
        Score(call_id="call-1", item="service.greeting", points=5.0, by=f"machine:{label}", comment="passed")
    )

    shown = rows(Page(client.get("/calls/call-1").text))

    assert (shown["greeting"], shown["empathy"]) == (("通过", ""), ("由人判断", ""))


@pytest.mark.integration
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"points.greeting": "6"}, "“开场问候”的得分“6”不在 0 到 5 之间。"),
        ({"answer.greeting": "maybe"}, "“开场问候”的得分“maybe”不在 0 到 5 之间。"),
        ({"note.greeting": "太快"}, "“开场问候”有备注但没有答案，请先选通过、不通过或不适用。"),
        ({"answer.greeting": "pass", "at.greeting": "-1"}, "“开场问候”的时间“-1”不是秒数。"),
        (
            {"answer.greeting": "pass", "note.greeting": "长" * 501},
            "“开场问候”的备注最多 500 个字，现在是 501 个。",
        ),
        ({"answer.smile": "pass"}, "评分表里没有“smile”这一项：表可能已更新，请刷新页面。"),
        (
            {"answer.greeting": "pass", "form": "old@1"},
            "评分表在您打开页面之后换了版本，请刷新页面，再保存一次。",
        ),
    ],
)
def test_answers_that_cannot_be_are_said_and_come_back(
    client: FlaskClient, scene: Scene, desk_store: Store, changes: dict[str, str], sentence: str
) -> None:
    status, text = send(client, **{"answer.closing": "fail", **changes})

    page = Page(text)
    assert (status, page.one("p", role="alert", id="problem").text) == (400, sentence)
    assert rows(page)["closing"] == ("不通过", "fail")
    assert desk_store.count(Review) == desk_store.count(Score) == 0


@pytest.mark.integration
def test_an_old_review_is_shown_with_the_form_of_its_day(
    app: Flask, scene: Scene, desk_store: Store, choices: Path
) -> None:
    client = app.test_client()
    call = replace(a_call(1), queue_id="售后")
    desk_store.add(call)
    app.extensions["scorecards"] = Scorecards(choices)
    assert send(client, **{"answer.hello": "fail", "answer.sorry": "pass", "note.hello": "没听到"})[0] == 303
    (review,) = desk_store.find(Review)
    (choices.parent / "ours.yaml").write_text(
        RULES.replace("问好", "开场白").replace("weight: 4", "weight: 1"), "utf-8"
    )
    app.extensions["scorecards"] = Scorecards(choices)

    now = Page(client.get("/calls/call-1").text)
    then = Page(client.get(f"/reviews/{review.id}").text)

    assert [each.text for each in now.all("span", "name")] == ["开场白", "致歉"]
    assert [each.text for each in then.all("div", "line-of")][1:] == [
        "问好 4 ✗机器：不通过 不通过 没听到",
        "致歉 6 否决项 ✓机器：通过 通过",
    ]
    assert (review.score, review.fatal) == (60.0, False)
    form = filled(desk_store, app.extensions["scorecards"], review)
    assert form is not None
    (line, _) = form.parts[0].lines
    assert line.proposed is not None
    assert (line.proposed.verdict, line.answer) == (Verdict.FAILED, Answer("fail", "没听到"))


@pytest.mark.integration
def test_a_review_without_a_form_and_one_that_does_not_exist(
    client: FlaskClient, scene: Scene, desk_store: Store
) -> None:
    desk_store.add(Review(id="r", call_id="call-1", reviewer="陈", comment="好", created_at=NOON))

    assert "这份记录没有评分表。" in client.get("/reviews/r").text
    assert client.get("/reviews/nothing").status_code == 404
