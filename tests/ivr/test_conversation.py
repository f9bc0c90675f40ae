from __future__ import annotations

from pathlib import Path

import pytest

from ivr.conversation import Line, conversation, is_secret, node_of, secrets_of
from ivr.simulation import AgentStub, Simulation, World
from tests.ivr.flows import DESK, flow_of

pytestmark = pytest.mark.unit

LEADING_ON = DESK.replace("{type: play, prompt: 请听, next: menu}", "{type: goto, flow: inner, next: menu}")
INNER = DESK.replace("name: desk", "name: inside").replace("spoken: true", "secret: true")
INNER = INNER.replace('"尾号{phone_last4}"', "好")


def texts(simulation: Simulation) -> list[str]:
    return [line.heard for line in conversation(simulation)]


def test_a_prompt_that_is_cut_off_is_shown_as_far_as_it_was_said(tmp_path: Path) -> None:
    simulation = Simulation(flow_of(tmp_path))
    simulation.until_waiting()
    simulation.press("1")
    simulation.advance(0.7)
    simulation.press("1")
    simulation.hang_up()
    assert texts(simulation)[-3:] == ["phone (collect)", "手机号 ✂", "ended: caller, abandoned"]


def test_a_prompt_during_which_the_caller_hangs_up_is_cut_off(tmp_path: Path) -> None:
    simulation = Simulation(flow_of(tmp_path))
    simulation.advance(0.25)
    simulation.hang_up()
    assert texts(simulation) == ["hello (play)", "您 ✂", "ended: caller, abandoned"]


def test_what_the_caller_did_stands_before_what_came_of_it(tmp_path: Path) -> None:
    simulation = Simulation(flow_of(tmp_path))
    simulation.until_waiting()
    act = (len(simulation.notes), Line(simulation.now, "caller", "presses 2"))
    simulation.press("2")
    lines = conversation(simulation, [act])
    assert [line.text for line in lines[-3:]] == ["presses 2", "parcels (menu)", "人工一"]


def test_an_agent_in_words(tmp_path: Path) -> None:
    simulation = Simulation(flow_of(tmp_path), world=World(agents={"general": AgentStub()}))
    simulation.until_waiting()
    simulation.press("0")
    simulation.until_over()
    assert texts(simulation)[-6:] == [
        "agent (queue)",
        "请稍候",
        "waits in queue general",
        "talks with agent 1001",
        "the other side hung up",
        "ended: agent, handed-off",
    ]


def test_nodes_of_another_flow_have_its_name(tmp_path: Path) -> None:
    (tmp_path / "inner.yaml").write_text(INNER, encoding="utf-8")
    flow = flow_of(tmp_path, LEADING_ON)
    assert node_of(flow, "phone") is flow.nodes["phone"]
    assert node_of(flow, "inside.phone") is flow.flows["inner"].nodes["phone"]
    assert (node_of(flow, "outside.phone"), node_of(flow, "nothing")) == (None, None)
    assert (is_secret(flow, "phone"), is_secret(flow, "inside.phone")) == (False, True)
    assert secrets_of(flow) == {"phone"}
