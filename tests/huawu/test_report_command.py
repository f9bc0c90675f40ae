"""``huawu report kpi`` as its users see it."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from analytics.kpi.definitions import KPIS
from calls.errors import HuawuError
from calls.records import Agent, Call, CallEvent, EventKind, Outcome, Survey
from calls.store import Store
from huawu.report_command import report_app

pytestmark = pytest.mark.integration

MORNING = datetime(2026, 11, 23, 1, 50, tzinfo=UTC)  # ten to ten in Shanghai


class Shell:
    """Calls the command on a database of six calls for two agents, ten minutes apart."""

    def __init__(self, folder: Path) -> None:
        self.database = folder / "huawu.db"
        with Store.open(self.database) as store:
            store.add(Agent(id="1001", team="一组"), Agent(id="1002", team="二组"))
            for number in range(6):
                began = MORNING + timedelta(minutes=10 * number)
                lost, agent = number == 5, f"100{number % 2 + 1}"
                call = Call(
                    id=f"call-{number}",
                    door="sip",
                    caller=f"1380000000{number}",
                    flow="telecom",
                    started_at=began,
                    answered_at=began,
                    ended_at=began + timedelta(minutes=3),
                    outcome=Outcome.ABANDONED if lost else Outcome.HANDED_OFF,
                    agent_id=None if lost else agent,
                    queue_id="售后",
                )
                events: list[tuple[float, EventKind, dict[str, Any]]] = [
                    (0.0, EventKind.NODE, {}),
                    (10.0, EventKind.ENTERQUEUE, {"queue": "售后"}),
                ]
                if lost:
                    events.append((70.0, EventKind.ABANDON, {}))
                else:
                    events.append((15.0 + 5 * number, EventKind.CONNECT, {"agent": agent}))
                    events.append((180.0, EventKind.COMPLETECALLER, {}))
                    store.ensure(call)
                    store.add(Survey(call_id=call.id, score=5 - number, agent_id=agent, created_at=began))
                store.add(call)
                store.add(
                    *(
                        CallEvent(call_id=call.id, at=at, kind=kind, node="main_menu", data=data)
                        for at, kind, data in events
                    )
                )

    def run(self, *arguments: str) -> Result:
        day = ["kpi", "--from", "2026-11-23", "--db", str(self.database), *arguments]
        return CliRunner().invoke(report_app, day)

    def says(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.exit_code == 0, done.output
        return done.output


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_the_centre(shell: Shell) -> None:
    report = json.loads(shell.says("--json"))

    (line,) = report["lines"]
    assert line["figures"]["offered"] == 6
    assert line["figures"]["answer_rate_within_t"] == pytest.approx(4 / 6)
    assert line["figures"]["average_speed_of_answer"] == pytest.approx(15.0)
    assert line["satisfaction"] == {"answers": 5, "asked": 5, "mean": 3.0, "satisfied": 0.4}
    assert report["menus"]["calls"] == 6
    said = shell.says()
    assert "平均应答时长" in said and "15.0 s" in said


def test_teams_by_interval_as_csv(shell: Shell) -> None:
    rows = list(csv.DictReader(io.StringIO(shell.says("--by", "team", "--interval", "30", "--csv"))))

    assert [(row["group"], row["from"][11:16], row["offered"]) for row in rows] == [
        ("一组", "09:30", "1"),
        ("一组", "10:00", "1"),
        ("一组", "10:30", "1"),
        ("二组", "10:00", "2"),
        ("–", "10:30", "1"),
    ]
    assert {"service_level", "service_level_2", "first_call_resolution"} <= rows[0].keys()


def test_the_table_of_agents(shell: Shell) -> None:
    said = shell.says("--by", "agent")

    assert "1001" in said and "1002" in said


def test_definitions_are_explained(shell: Shell) -> None:
    said = CliRunner(env={"COLUMNS": "200"}).invoke(report_app, ["kpi", "--explain"]).output

    assert all(each.name in said for each in KPIS)
    assert "answered within t / offered" in said


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--from", "23.11."], "--from: '23.11.' is not a day → write it as 2026-11-23"),
        (["--to", "2026-11-01"], "the last day, 2026-11-01, is before the first, 2026-11-23"),
        (["--by", "colour"], "figures by 'colour' are not known → known: centre, team, agent, queue"),
        (["--interval", "7"], "an interval of 7 minutes is not known → known: 15, 30, 60, 1440"),
        (["--sample", "周检"], "sample '周检' does not exist"),
    ],
)
def test_wrong_requests_are_told_in_one_line(shell: Shell, arguments: list[str], complaint: str) -> None:
    error = shell.run(*arguments).exception

    assert isinstance(error, HuawuError)
    assert complaint in str(error)
