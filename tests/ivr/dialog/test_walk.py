"""Nodes at which nothing is asked: branches, settings, hours, look-ups, other flows."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from calls.errors import FlowError
from calls.records import EventKind, Outcome
from ivr import actions
from ivr.actions import HangUp
from ivr.dialog import CallFacts
from ivr.simulation import MONDAY, Simulation
from tests.ivr.dialog.flows import notes, path_of, place, texts

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("count", "node"), [("= 3", "many"), ("2", "few"), ("= number('x')", "few")])
def test_a_branch_takes_the_first_case_that_holds(tmp_path: Path, count: str, node: str) -> None:
    """An expression that cannot be worked out holds for nobody, and is told."""
    call = place(
        tmp_path,
        f"""
  put: {{type: set, values: {{count: "{count}"}}, next: decide}}
  decide: {{type: branch, cases: [{{when: number(count) > 2, next: many}}], otherwise: few}}
  many: {{type: hangup}}
  few: {{type: hangup}}
""",
    )
    assert (path_of(call)[-1], call.ended) == (node, True)
    assert len(notes(call, EventKind.ERROR)) == (2 if "x" in count else 0)


def test_a_variable_that_the_call_has_not_met_is_an_empty_text(tmp_path: Path) -> None:
    call = place(
        tmp_path,
        """
  decide: {type: branch, cases: [{when: order == '', next: bye}], otherwise: ask}
  ask: {type: collect, prompt: 单号, variable: order, next: done}
""",
    )
    assert path_of(call) == ["decide", "bye"]


@pytest.mark.parametrize(
    ("moment", "state"),
    [
        ("2026-11-23T08:59:59+08:00", "shut"),
        ("2026-11-23T09:00:00+08:00", "staffed"),
        ("2026-11-23T02:00:00+00:00", "staffed"),
        ("2026-10-01T10:00:00+08:00", "festive"),
        ("2026-10-10T10:00:00+08:00", "staffed"),
        ("2026-11-22T10:00:00+08:00", "shut"),
    ],
)
def test_hours_know_the_week_the_holidays_and_the_days_worked_instead(
    tmp_path: Path, moment: str, state: str
) -> None:
    call = place(
        tmp_path,
        """
  ask: {type: hours, schedule: office, open: staffed, closed: shut, holiday: festive}
  staffed: {type: hangup}
  shut: {type: hangup}
  festive: {type: hangup}
""",
        started=datetime.fromisoformat(moment),
    )
    assert path_of(call) == ["ask", state]


def test_a_call_that_waits_past_closing_time_finds_the_centre_closed(tmp_path: Path) -> None:
    call = place(
        tmp_path,
        """
  hello: {type: play, prompt: 您好, next: ask}
  ask: {type: hours, schedule: office, open: done, closed: bye}
""",
        started=datetime.fromisoformat("2026-11-23T17:59:59.900+08:00"),
    )
    call.until_over()
    assert path_of(call) == ["hello", "ask", "bye"]


def test_a_split_sends_the_same_caller_the_same_way_and_callers_as_they_are_shared(tmp_path: Path) -> None:
    nodes = "  split: {type: split, shares: [{percent: 20, next: lost}, {percent: 80, next: bye}]}"
    flow = place(tmp_path, nodes).dialog.flow

    def way(number: int) -> str:
        call = CallFacts(started=MONDAY, caller=f"1990001{number:04}")
        return path_of(Simulation(flow, call))[1]

    ways = [way(number) for number in range(500)]
    again = [way(number) for number in range(500)]
    assert ways == again
    # binomial: 100 of 500, standard deviation 9
    assert 70 <= ways.count("lost") <= 130


def test_another_language_is_spoken_from_there_on(tmp_path: Path) -> None:
    call = place(
        tmp_path,
        """
  hello: {type: play, prompt: {zh: 您好, en: Hello}, next: switch}
  switch: {type: language, language: en, next: again}
  again: {type: play, prompt: {zh: 您好, en: Hello}, next: done}
""",
    )
    call.until_over()
    assert [(said.prompt.name, said.prompt.text) for said in call.said] == [
        ("hello", "您好"),
        ("again@en", "Hello"),
        ("done", "好了"),
    ]
    assert call.dialog.variables["language"] == "en"


# -- web services -------------------------------------------------------------------------------

LOOK_UP = """
  ask: {type: collect, prompt: 单号, variable: order, max_length: 4, next: look}
  look:
    type: http
    method: POST
    url: "https://crm.example.cn/orders/{order}?by={caller}"
    headers: {X-Order: "{order}"}
    body: {order: "{order}", note: "单号{order}", vip: "{level}"}
    timeout_seconds: 4
    filler: 正在为您查询
    result: {state: order.state, days: order.days}
    next: tell
    error: lost
  tell: {type: play, prompt: "{state}，{days}天", next: bye}
"""
SHIPPED = {"status": 200, "data": {"order": {"state": "已发货", "days": 2}}}


def test_a_web_service_is_asked_and_its_answer_is_said(tmp_path: Path) -> None:
    asked: list[actions.Fetch] = []
    call = place(tmp_path, LOOK_UP, world={"web": {"look": [SHIPPED]}})
    call._observer = lambda action, at: asked.append(action) if isinstance(action, actions.Fetch) else None
    call.press("47 1".replace(" ", "1"))
    call.until_over()
    assert texts(call) == ["单号", "已发货，2天"]
    assert [(each.method, each.url, each.headers, each.body) for each in asked] == [
        (
            "POST",
            "https://crm.example.cn/orders/4711?by=19900010001",
            {"X-Order": "4711"},
            {"order": "4711", "note": "单号4711", "vip": "none"},
        )
    ]
    assert "4711" not in repr(asked)


def test_a_filler_is_said_while_it_takes_and_to_its_end(tmp_path: Path) -> None:
    call = place(tmp_path, LOOK_UP, world={"web": {"look": [SHIPPED | {"seconds": 1.5}]}})
    call.press("4711")
    call.until_over()
    assert [(said.prompt.text, said.cut) for said in call.said][1:] == [
        ("正在为您查询", False),
        ("已发货，2天", False),
    ]


@pytest.mark.parametrize(
    ("answer", "noted"),
    [
        ({"status": 404}, {"status": 404}),
        ({"fails": "unreachable"}, {"problem": "unreachable"}),
        ({"seconds": 60}, {"problem": "timeout"}),
    ],
)
def test_without_a_usable_answer_the_error_exit_is_taken(
    tmp_path: Path, answer: dict[str, object], noted: dict[str, object]
) -> None:
    call = place(tmp_path, LOOK_UP, world={"web": {"look": [answer]}})
    call.press("4711")
    call.until_over()
    assert (notes(call, EventKind.WEB), call.end) == ([noted], HangUp("lost", Outcome.FAILED))


def test_what_the_answer_lacks_is_an_empty_text(tmp_path: Path) -> None:
    call = place(tmp_path, LOOK_UP, world={"web": {"look": [{"data": {"order": []}}]}})
    call.press("4711")
    call.until_over()
    assert texts(call)[-1] == "，天"


# -- other flows --------------------------------------------------------------------------------

INNER = """
name: survey
start: marks
defaults:
  no_input: {max: 1, next: back}
  no_match: {max: 1, next: back}
nodes:
  marks: {type: survey, prompt: 请打分, variable: mark, next: back}
  back: {type: return}
"""


def test_a_flow_leads_into_another_and_comes_back(tmp_path: Path) -> None:
    (tmp_path / "survey.yaml").write_text(INNER, encoding="utf-8")
    call = place(
        tmp_path,
        """
  hello: {type: play, prompt: 您好, next: aside}
  aside: {type: goto, flow: survey, next: decide}
  decide: {type: branch, cases: [{when: mark > 3, next: done}], otherwise: lost}
""",
    )
    call.until_waiting()
    call.press("5")
    call.until_over()
    assert path_of(call) == [
        *("hello", "aside", "survey.marks", "survey.back", "decide", "done", "bye"),
    ]
    assert [said.prompt.name for said in call.said] == ["hello", "survey.marks", "done"]


def test_a_return_without_a_way_back_ends_the_call(tmp_path: Path) -> None:
    (tmp_path / "survey.yaml").write_text(INNER, encoding="utf-8")
    call = place(tmp_path, "  aside: {type: goto, flow: survey}")
    call.until_over()
    assert call.end == HangUp("completed", Outcome.CONTAINED)


def test_flows_within_flows_have_a_floor(tmp_path: Path) -> None:
    call = place(tmp_path, "  aside: {type: goto, flow: bank, next: bye}")
    assert call.end == HangUp("depth-limit", Outcome.FAILED)


def test_the_version_covers_all_the_flows(tmp_path: Path) -> None:
    versions = set()
    for text in (INNER, INNER.replace("请打分", "请评价"), INNER):
        (tmp_path / "survey.yaml").write_text(text, encoding="utf-8")
        versions.add(place(tmp_path, "  aside: {type: goto, flow: survey}").dialog.flow.version)
    assert len(versions) == 2


# -- recording ----------------------------------------------------------------------------------


def test_recording_starts_once_and_only_after_the_notice(tmp_path: Path) -> None:
    seen: list[tuple[float, actions.Action]] = []
    call = place(
        tmp_path,
        """
  hello: {type: play, prompt: 您好，本次通话将被录音, notice: true, next: again}
  again: {type: play, prompt: 本次通话将被录音, notice: true, next: bye}
""",
    )
    call._observer = lambda action, at: seen.append((round(at, 2), action))
    call.press("1")
    call.until_over()
    assert [(at, action) for at, action in seen if isinstance(action, actions.StartRecording)] == [
        (2.44, actions.StartRecording())
    ]


def test_a_notice_that_can_be_interrupted_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FlowError, match="a recording notice must be heard"):
        place(tmp_path, "  hello: {type: play, prompt: 您好, notice: true, barge_in: true, next: bye}")
