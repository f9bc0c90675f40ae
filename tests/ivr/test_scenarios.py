"""Every scenario that ships ends as it says, and clean callers are understood at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from calls.recordings import RecordingFolder
from calls.records import Call, CallEvent, EventKind
from calls.store import Store
from ivr.call import play_call
from ivr.flow import Flow, MenuNode, load_flow
from ivr.script import Scenario, load_scenarios
from speech.models import find_model
from speech.prompts import PromptLibrary
from speech.recogniser import load
from speech.resources import resource
from speech.voices import Speaker

pytestmark = [pytest.mark.integration, pytest.mark.slow]

CLEAN_DB = 20.0


@pytest.fixture
def database(tmp_path: Path) -> str:
    return str(tmp_path / "huawu.db")


def spoken_choices(scenario: Scenario, flow: Flow) -> list[str]:
    """Return what the caller says to menus that is among their phrases, in order."""
    said = []
    for step in scenario.steps:
        node = flow.nodes[step.at]
        if isinstance(node, MenuNode):
            said += [line for line in step.lines if line in node.phrases]
    return said


def strange_sayings(scenario: Scenario, flow: Flow) -> int:
    """Count what the caller says to menus that is none of their phrases."""
    menus = [step for step in scenario.steps if isinstance(flow.nodes[step.at], MenuNode)]
    return sum(len(step.lines) for step in menus) - len(spoken_choices(scenario, flow))


def test_every_scenario_ends_as_it_says(store: Store, recordings: RecordingFolder, tmp_path: Path) -> None:
    flow = load_flow(resource("prompts", "flows", "main.yaml"))
    model = load(find_model("builtin"))
    otherwise, misheard, choices = [], [], 0
    with Speaker() as speaker:
        prompts = PromptLibrary([], tmp_path / "prompts", speaker)
        for number, scenario in enumerate(load_scenarios(resource("prompts", "scenarios"), flow)):
            played = play_call(
                scenario,
                flow,
                store=store,
                folder=recordings,
                model=model,
                prompts=prompts,
                speaker=speaker,
                rng=np.random.default_rng(number),
            )
            call = store.get(Call, played.call_id)
            events = store.find(CallEvent, call_id=call.id, order_by="at")
            expected = scenario.expect
            entered = iter([event.node for event in events if event.kind is EventKind.NODE])
            if (
                call.outcome is not expected.outcome
                or expected.queue not in (None, call.queue_id)
                or not all(name in entered for name in expected.path)
            ):
                otherwise.append(scenario.id)
            if scenario.caller.snr_db >= CLEAN_DB:
                choices += len(spoken_choices(scenario, flow))
                strange = [
                    event.data["heard"]
                    for event in events
                    if event.kind is EventKind.NO_MATCH
                    and "heard" in event.data
                    and isinstance(flow.nodes[event.node], MenuNode)
                ]
                misheard += strange[strange_sayings(scenario, flow) :]
    assert otherwise == []
    assert misheard == []
    assert choices >= 30
