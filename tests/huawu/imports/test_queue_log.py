"""A queue log of Asterisk, from its lines to the figures of a centre."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from analytics.kpi.report import KpiLine, kpi_report
from calls.errors import BatchError
from calls.records import Agent, AgentState, AgentStateChange, Call, CallEvent, EventKind, Outcome, Queue
from calls.store import Store
from huawu.import_command import import_app
from huawu.imports.facts import CallFacts
from huawu.imports.queuelog import QueueLog
from tests.huawu.imports.centre import START, day

pytestmark = pytest.mark.integration

MONDAY = date(2026, 11, 2)


class Centre:
    """A folder in which logs lie, and the database that they are imported into."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.database = folder, folder / "huawu.db"

    def log(self, text: str, name: str = "queue_log") -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def take(self, *files: Path) -> Result:
        return CliRunner().invoke(import_app, ["queue-log", *map(str, files), "--to", str(self.database)])

    def figures(self, by: str = "centre") -> dict[str, KpiLine]:
        with Store.open(self.database) as store:
            return {each.group: each for each in kpi_report(store, MONDAY, MONDAY, by=by).lines}

    def everything(self) -> list[dict[str, Any]]:
        with Store.open(self.database) as store:
            return [
                asdict(each)
                for kind in (Agent, Queue, Call, CallEvent, AgentStateChange)
                for each in store.find(kind)
            ]


@pytest.fixture
def centre(tmp_path: Path) -> Centre:
    return Centre(tmp_path)


def test_the_figures_are_those_of_the_day(centre: Centre) -> None:
    truth = day(calls=90)

    said = centre.take(centre.log(truth.text))

    assert said.exit_code == 0, said.output
    assert said.output.startswith(f"{len(truth.lines)} lines: 90 calls")
    assert said.output.rstrip().endswith("4 agents, 2 queues")
    answered, abandoned = truth.waits["answered"], truth.waits["abandoned"]
    in_time = sum(wait <= 20 for wait in answered)
    figures = centre.figures()[""].figures
    assert figures | {"average_wrap_up": None, "average_hold": None, "average_handle_time": None} == {
        "offered": 90,
        "answered": len(answered),
        "abandoned": len(abandoned),
        "abandonment_rate": pytest.approx(len(abandoned) / 90),
        "answer_rate_within_t": pytest.approx(in_time / 90),
        "service_level": pytest.approx(in_time / len(answered)),
        "service_level_2": pytest.approx(
            (in_time + sum(wait <= 20 for wait in abandoned)) / (len(answered) + len(abandoned))
        ),
        "average_speed_of_answer": pytest.approx(sum(answered) / len(answered)),
        "longest_wait": max(max(waits) for waits in truth.waits.values()),
        "average_talk": pytest.approx(sum(truth.talks) / len(truth.talks)),
        "average_hold": None,
        "average_wrap_up": None,
        "average_handle_time": None,
        "transfer_rate": pytest.approx(truth.ends["transferred"] / len(answered)),
    }
    offered = {queue: line.figures["offered"] for queue, line in centre.figures("queue").items()}
    assert offered == dict(truth.by_queue)
    names = {"SIP/1001": "1001", "PJSIP/1002": "1002", "Local/1003@agents/n": "1003", "张三": "张三"}
    by_agent = {agent: line.figures["answered"] for agent, line in centre.figures("agent").items()}
    assert {agent: by_agent[agent] for agent in names.values()} == {
        names[agent]: count for agent, count in truth.by_agent.items()
    }


def test_a_log_read_again_or_in_pieces_gives_the_same(centre: Centre, tmp_path: Path) -> None:
    truth = day(calls=60)
    once = Centre(tmp_path / "once")
    once.folder.mkdir()
    once.take(once.log(truth.text))

    half = len(truth.lines) // 2
    older = centre.log("".join(f"{each}\n" for each in truth.lines[:half]), "queue_log.1")
    newer = centre.log("".join(f"{each}\n" for each in truth.lines[half:]))
    centre.take(older)
    centre.take(newer)
    centre.take(older, newer)

    assert centre.everything() == once.everything()


def test_lines_that_are_wrong_are_named_and_the_others_go_on(centre: Centre) -> None:
    log = centre.log(
        f"{START}|a.1|sales|NONE|ENTERQUEUE||13800001111|1\n"
        "yesterday|a.1|sales|NONE|ABANDON|1|1|5\n"
        f"{START}|a.1|sales\n"
        f"{START + 9}|a.1|sales|NONE|ABANDON|1|1|nine\n"
        f"{START + 9}|NONE|sales|NONE|ABANDON|1|1|9\n"
        f"{START + 9}|a.1|sales|SIP/7|OURS|1\n"
        f"{START + 12}|a.1|sales|NONE|ABANDON|1|1|12\n"
    )

    said = centre.take(log)

    assert said.exit_code == 1
    assert said.stderr.splitlines() == [
        f"{log}:2: seconds: 'yesterday': no seconds since 1970 → give the log as Asterisk writes it",
        f"{log}:3: 3 fields in '{START}|a.1|sales' → a line has at least five, with | between",
        f"{log}:4: wait_seconds: 'nine': no number → ABANDON tells position, original_position, wait_seconds",
        f"{log}:5: call: 'NONE': ABANDON without a call → check the line",
        "wrong lines, left out: 4",
    ]
    assert "lines of other events, left out: 1 (1 OURS)" in said.stdout
    figures = centre.figures()[""].figures
    assert (figures["offered"], figures["abandoned"], figures["longest_wait"]) == (1, 1, 12)


def test_a_caller_who_goes_from_queue_to_queue_in_one_second(centre: Centre) -> None:
    lines = (
        f"{START}|a.1|sales|NONE|ENTERQUEUE||13800001111|1",
        f"{START + 30}|a.1|sales|NONE|EXITWITHTIMEOUT|1|1|30",
        f"{START + 30}|a.1|service|NONE|ENTERQUEUE||13800001111|1",
        f"{START + 30}|a.1|service|SIP/1001|CONNECT|0|a.2|0",
        f"{START + 90}|a.1|service|SIP/1001|COMPLETECALLER|0|60|1",
    )
    centre.take(centre.log("\n".join(lines)))

    queues = centre.figures("queue")
    assert [queues["sales"].figures[each] for each in ("offered", "answered")] == [1, 0]
    assert [queues["service"].figures[each] for each in ("offered", "answered")] == [1, 1]
    assert queues["service"].figures["average_talk"] == 60
    with Store.open(centre.database) as store:
        (call,) = store.find(Call)
        kinds = [each.kind for each in store.find(CallEvent, order_by=("at", "id"))]
    begun = datetime.fromtimestamp(START, UTC)
    assert call == Call(
        id="a.1",
        door="import",
        caller="13800001111",
        started_at=begun,
        answered_at=begun,
        ended_at=begun + timedelta(seconds=90),
        outcome=Outcome.HANDED_OFF,
        agent_id="1001",
        queue_id="service",
    )
    assert kinds == [
        EventKind.ENTERQUEUE,
        EventKind.EXITWITHTIMEOUT,
        EventKind.ENTERQUEUE,
        EventKind.CONNECT,
        EventKind.COMPLETECALLER,
    ]


def states(*lines: str) -> list[tuple[float, str, str]]:
    log = QueueLog()
    told = [each for line in lines for each in log.take(line, "queue_log:1")]
    return [
        (round(each.at.timestamp() - START, 3), each.state.value, each.reason)
        for each in told
        if isinstance(each, AgentStateChange)
    ]


def test_what_an_agent_does() -> None:
    member = "NONE|{}|SIP/1001|{}"
    assert states(
        f"{START}|{member.format('sales', 'ADDMEMBER')}|",
        f"{START + 1}|{member.format('service', 'ADDMEMBER')}|",
        f"{START + 10}|a.1|sales|NONE|ENTERQUEUE||138|1",
        f"{START + 20}|a.1|sales|SIP/1001|RINGNOANSWER|8000",
        f"{START + 30}|a.1|sales|SIP/1001|CONNECT|20|a.2|3",
        f"{START + 40}|a.1|sales|SIP/1001|COMPLETEAGENT|20|10|1",
        f"{START + 40}|{member.format('NONE', 'PAUSEALL')}|话后处理",
        f"{START + 55}|{member.format('NONE', 'UNPAUSEALL')}|",
        f"{START + 60}|{member.format('sales', 'PAUSE')}|午餐",
        f"{START + 61}|{member.format('service', 'PAUSE')}|午餐",
        f"{START + 62}|{member.format('sales', 'REMOVEMEMBER')}|",
        f"{START + 63}|{member.format('service', 'REMOVEMEMBER')}|",
    ) == [
        (0, "available", ""),
        (12, "ringing", ""),
        (20, "available", ""),
        (27, "ringing", ""),
        (30, "talking", ""),
        (40, "available", ""),
        (40, "wrap-up", "话后处理"),
        (55, "available", ""),
        (61, "paused", "午餐"),
        (63, "offline", ""),
    ]


def test_who_answers_is_there_whatever_an_earlier_log_told() -> None:
    assert states(
        f"{START}|NONE|sales|SIP/1001|REMOVEMEMBER|",  # and is still in a queue that this log does not name
        f"{START + 20}|a.1|service|SIP/1001|CONNECT|20|a.2|0",
        f"{START + 30}|a.1|service|SIP/1001|COMPLETEAGENT|20|10|1",
    ) == [(0, "offline", ""), (20, "talking", ""), (30, "available", "")]


def test_wrap_up_that_agents_log_as_a_pause_is_found(centre: Centre) -> None:
    lines = (
        f"{START}|NONE|sales|SIP/1001|ADDMEMBER|",
        f"{START + 10}|a.1|sales|NONE|ENTERQUEUE||138|1",
        f"{START + 30}|a.1|sales|SIP/1001|CONNECT|20|a.2|3",
        f"{START + 90}|a.1|sales|SIP/1001|COMPLETEAGENT|20|60|1",
        f"{START + 91}|NONE|NONE|SIP/1001|PAUSEALL|ACW",
        f"{START + 121}|NONE|NONE|SIP/1001|UNPAUSEALL|",
    )
    centre.take(centre.log("\n".join(lines)))

    figures = centre.figures()[""].figures
    assert (figures["average_wrap_up"], figures["average_handle_time"]) == (30, 90)


def test_a_call_of_which_the_log_loses_the_end_is_let_go_after_a_day() -> None:
    log = QueueLog()
    told = [
        *log.take(f"{START}|a.1|sales|NONE|ENTERQUEUE||138|1", "queue_log:1"),
        *log.take(f"{START + 86_400}|a.2|sales|NONE|ENTERQUEUE||139|1", "queue_log:2"),
    ]

    assert [(each.id, each.ended_at) for each in told if isinstance(each, CallFacts)] == [
        ("a.1", datetime.fromtimestamp(START, UTC))
    ]
    assert [(each.id, each.ended_at) for each in log.rest()] == [("a.2", None)]


def test_old_logs_call_a_transfer_by_one_word() -> None:
    log = QueueLog()
    list(log.take(f"{START}|a.1|sales|SIP/1|CONNECT|0|a.2|0", "1"))
    (call,) = [
        each
        for each in log.take(f"{START + 9}|a.1|sales|SIP/1|TRANSFER|8000|internal|0|9|1", "2")
        if isinstance(each, CallFacts)
    ]
    last = call.events[-1]
    assert (last.kind, last.data["talk_seconds"], last.data["extension"]) == (
        EventKind.BLINDTRANSFER,
        9.0,
        "8000",
    )


def test_a_missing_file_is_refused_before_anything_is_stored(centre: Centre) -> None:
    said = centre.take(centre.log(day(2).text), centre.folder / "none")

    assert isinstance(said.exception, BatchError)
    assert "none: No such file or directory" in str(said.exception)
    assert not centre.database.exists()


def test_the_states_of_agents_are_those_of_the_log(centre: Centre) -> None:
    centre.take(centre.log(day(40).text))

    with Store.open(centre.database) as store:
        last = {each.agent_id: each.state for each in store.find(AgentStateChange, order_by=("at", "id"))}
        names = {each.id: each.name for each in store.find(Agent)}
    assert set(last.values()) == {AgentState.OFFLINE}
    assert names == {"1001": "SIP/1001", "1002": "PJSIP/1002", "1003": "Local/1003@agents/n", "张三": ""}
