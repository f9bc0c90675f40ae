"""The flows that ship: every test beside them passes, and the linter finds nothing in them."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import get_args

import pytest

from ivr.flow import AnyNode, load_flow
from ivr.hours import Calendar
from ivr.lint import lint
from ivr.trial import Trial, load_trials, run
from speech.resources import resource

pytestmark = pytest.mark.unit

FLOWS = ("telecom", "express", "hotline")
FEWEST_TESTS = 15
TODAY = date(2026, 11, 23)


@cache
def trials_of(name: str) -> list[Trial]:
    return load_trials(resource("prompts", "flows", "tests", f"{name}.yaml"))


TRIALS = [
    pytest.param(trial, id=f"{name}-{trial.script.name}") for name in FLOWS for trial in trials_of(name)
]


@pytest.mark.parametrize("trial", TRIALS)
def test_a_call_goes_as_its_test_says(trial: Trial) -> None:
    assert run(trial).problems == ()


@pytest.mark.parametrize("name", FLOWS)
def test_its_tests_come_to_every_node(name: str) -> None:
    trials = trials_of(name)
    lines = [line for trial in trials for line in run(trial).transcript]
    entered = {line.text.split()[0] for line in lines if line.who == "node"}
    assert len(trials) >= FEWEST_TESTS
    assert set(trials[0].flow.nodes) - entered == set()


@pytest.mark.parametrize("name", FLOWS)
def test_the_linter_finds_nothing(name: str) -> None:
    calendar = Calendar.load(resource("prompts", "calendars", "china.yaml"))
    path = resource("prompts", "flows", f"{name}.yaml")
    assert [str(finding) for finding in lint(path, today=TODAY, calendar=calendar)] == []


def test_together_they_show_every_kind_of_node() -> None:
    flows = [load_flow(resource("prompts", "flows", f"{name}.yaml")) for name in FLOWS]
    used = {type(node) for flow in flows for each in flow.flows.values() for node in each.nodes.values()}
    assert used == set(get_args(AnyNode))
