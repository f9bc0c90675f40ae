"""``huawu sample`` as its users see it: from a plan to an estimate."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from calls.errors import HuawuError, NotFound, SampleError
from calls.records import Agent, Call, CallRisk, Recording, Review, Role, SampleDraw, SamplePlan
from calls.store import Store
from huawu.sample_command import sample_app

pytestmark = pytest.mark.integration

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
PLAN = """
name: 周检
budget: 20
risk_share: 0.5
minimum_per_agent: 3
"""


class Shell:
    """Calls the command on a database of sixty calls; every third is bad, and the risk knows most of them."""

    def __init__(self, folder: Path) -> None:
        self.database, self.plan = folder / "huawu.db", folder / "plan.yaml"
        self.plan.write_text(PLAN, encoding="utf-8")
        with Store.open(self.database) as store:
            store.add(Agent(id="1001", team="一组"), Agent(id="1002", team="二组"))
            for number in range(60):
                call = f"call-{number:02}"
                began = NOON + timedelta(minutes=number)
                store.add(
                    Call(
                        id=call,
                        door="sip",
                        started_at=began,
                        ended_at=began + timedelta(minutes=3),
                        agent_id=f"100{number % 2 + 1}",
                    ),
                    Recording(call_id=call, uri=f"{call}.wav", channels=(Role.CALLER, Role.AGENT)),
                    CallRisk(call_id=call, probability=(number * 7 % 60) / 60, base=0.0),
                )

    def run(self, *arguments: str | Path) -> Result:
        return CliRunner().invoke(sample_app, [*map(str, arguments), "--db", str(self.database)])

    def says(self, *arguments: str | Path) -> str:
        done = self.run(*arguments)
        assert done.exit_code == 0, done.output
        return done.output

    def refuses(self, *arguments: str | Path) -> HuawuError:
        error = self.run(*arguments).exception
        assert isinstance(error, HuawuError)
        return error

    def review(self) -> None:
        with Store.open(self.database) as store:
            (plan,) = store.find(SamplePlan)
            for each in store.find(SampleDraw, plan_id=plan.id):
                bad = int(each.call_id[-2:]) % 3 == 0
                store.add(
                    Review(
                        call_id=each.call_id,
                        reviewer="陈",
                        complaint=bad,
                        score=60.0 if bad else 90.0,
                        fatal=False,
                        plan_id=plan.id,
                    )
                )


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_a_plan_becomes_a_sample_that_is_listed(shell: Shell) -> None:
    said = shell.says("draw", shell.plan)

    assert "周检: 20 of 60 calls, 10 for their risk, 10 by chance" in said
    assert "agent=1001" in said
    assert "周检" in shell.says("list")


def test_a_dry_run_stores_nothing(shell: Shell) -> None:
    assert "(not stored)" in shell.says("draw", shell.plan, "--dry-run")
    with Store.open(shell.database) as store:
        assert store.find(SamplePlan) == []


def test_estimates_come_with_intervals_and_by_agent(shell: Shell) -> None:
    shell.says("draw", shell.plan)
    shell.review()

    (complaints, score, fatal) = json.loads(shell.says("estimate", "周检", "--json"))

    assert [each["measure"] for each in (complaints, score, fatal)] == [
        "complaint_rate",
        "mean_score",
        "fatal_rate",
    ]
    assert complaints["estimate"]["low"] < 1 / 3 < complaints["estimate"]["high"]
    assert score["estimate"]["low"] < 80 < score["estimate"]["high"]
    assert (fatal["estimate"]["value"], fatal["estimate"]["low"]) == (0.0, 0.0)
    said = shell.says("estimate", "周检", "--by", "agent")
    assert "20 of 20 drawn calls reviewed, frame of 60" in said
    assert said.count("1001") == said.count("1002") == 3


def test_before_any_review_the_reason_stands_in_place_of_the_figure(shell: Shell) -> None:
    shell.says("draw", shell.plan)

    (complaints, *_) = json.loads(shell.says("estimate", "周检", "--json"))

    assert complaints["estimate"] is None
    assert "has a value → review at least one of each stratum" in complaints["refused"]


def test_the_yield_of_the_riskiest(shell: Shell) -> None:
    shell.says("draw", shell.plan)
    shell.review()

    rows = json.loads(shell.says("yield", "周检", "--json"))

    assert [row["share"] for row in rows] == [0.01, 0.02, 0.05, 0.1]  # of a fifth too little was drawn
    assert all(0 <= row["precision"] <= 1 and 0 <= row["recall"] <= 1 for row in rows)
    assert "LIFT" in shell.says("yield", "周检")


def test_wrong_requests_are_told_in_one_line(shell: Shell) -> None:
    missing = shell.refuses("estimate", "月检")
    assert isinstance(missing, NotFound)
    assert "draw one: huawu sample draw" in str(missing)
    shell.plan.write_text(PLAN.replace("20", "2000"), encoding="utf-8")
    too_many = shell.refuses("draw", shell.plan)
    assert isinstance(too_many, SampleError)
    assert "budget 2000 is not within 1 to 60" in str(too_many)
    assert shell.run("estimate", "月检", "--by", "colour").exit_code == 2


def test_the_schema_of_a_plan_names_its_fields() -> None:
    done = CliRunner().invoke(sample_app, ["schema"])

    assert {"name", "budget", "risk_share", "frame", "strata"} <= json.loads(done.output)["properties"].keys()
