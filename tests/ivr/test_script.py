from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from calls.errors import ScenarioError
from ivr.flow import load_flow
from ivr.script import Step, load_scenario, load_scenarios
from speech.resources import resource
from speech.voices import VOICES

pytestmark = pytest.mark.unit

GOOD = """
id: a
title: 查话费
heldout: false
caller: {voice: caller-1, number: "19900010001", snr_db: 20}
agent: {voice: agent-1, id: "1001", name: 林晓}
steps:
  - {at: main_menu, say: 人工}
conversation:
  - {agent: 您好}
  - {caller: 你好, pause: 0.5}
truth: {topics: [inquiry], complaint: none, sentiment: neutral}
expect: {outcome: handed-off, queue: general, path: [agent_any]}
"""


def error_of(folder: Path, text: str) -> str:
    path = folder / "a.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path, load_flow(resource("prompts", "flows", "main.yaml")))
    return str(caught.value).replace(f"{folder}/", "")


def test_the_scenarios_that_ship_cover_what_happens_in_a_call_centre() -> None:
    flow = load_flow(resource("prompts", "flows", "main.yaml"))
    scenarios = load_scenarios(resource("prompts", "scenarios"), flow)
    assert len(scenarios) >= 28
    assert {part.voice for s in scenarios for part in (s.caller, s.agent) if part} <= set(VOICES)
    topics = {topic for scenario in scenarios for topic in scenario.truth.topics}
    assert topics == {
        *("billing", "package", "network", "device", "delivery", "refund"),
        *("repair", "account", "invoice", "service", "activity", "inquiry"),
    }
    severities = Counter(scenario.truth.complaint for scenario in scenarios)
    assert min(severities[level] for level in ("none", "一般", "重大", "紧急")) >= 2
    assert {scenario.expect.outcome.value for scenario in scenarios} == {
        *("contained", "handed-off", "voicemail", "abandoned", "failed")
    }


def test_a_third_of_the_lines_at_least_is_kept_out_of_training() -> None:
    lines: Counter[bool] = Counter()
    for scenario in load_scenarios(resource("prompts", "scenarios")):
        lines[scenario.heldout] += len(scenario.conversation)
    assert lines[True] >= (lines[True] + lines[False]) / 3


def test_no_line_is_said_twice() -> None:
    said = Counter(
        turn.text
        for scenario in load_scenarios(resource("prompts", "scenarios"))
        for turn in scenario.conversation
        if len(turn.text) >= 13
    )
    assert {text for text, count in said.items() if count > 1} == set()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("id: a", "id: b", "a.yaml:2: id: 'b' is not the name of the file"),
        (
            "main_menu",
            "main_menü",
            "a.yaml:8: steps.0.at: unknown node 'main_menü' → did you mean 'main_menu'?",
        ),
        ("[agent_any]", "[agent_all]", "a.yaml:13: expect.path.0: unknown node 'agent_all'"),
        ("say: 人工", "sya: 人工", "a.yaml:8: steps.0.sya: unknown field 'sya' → did you mean 'say'?"),
        ("say: 人工", "press: A", "a.yaml:8: steps.0.press: String should match pattern"),
        (
            "say: 人工",
            "pause: 1",
            "a.yaml:8: steps.0: a step says or presses something, is silent, or hangs up",
        ),
        ("{agent: 您好}", "{agent: 您好, caller: 你好}", "a.yaml:10: conversation.0: a line has one speaker"),
        ("agent: {voice", "caller2: {voice", "a.yaml:6: caller2: unknown field 'caller2'"),
        ("complaint: none", "complaint: 严重", "a.yaml:12: truth.complaint: Input should be 'none'"),
    ],
)
def test_a_fault_is_named_with_its_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert error_of(tmp_path, GOOD.replace(old, new, 1)).startswith(message)


def test_a_conversation_needs_an_agent(tmp_path: Path) -> None:
    without = "".join(line for line in GOOD.splitlines(keepends=True) if not line.startswith("agent:"))
    assert error_of(tmp_path, without) == "a.yaml:2: a conversation needs an agent"


def test_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="holds no scenario"):
        load_scenarios(tmp_path)


def test_one_line_or_several() -> None:
    assert Step(at="a", say="好").lines == ("好",)
    assert Step(at="a", say=("好", "谢谢")).lines == ("好", "谢谢")
