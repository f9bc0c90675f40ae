"""The examples of docs/flows.md are read by the code they explain."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ivr.flow import AnyNode, Flow, load_flow
from ivr.script import load_scenario

pytestmark = pytest.mark.unit

DOCS = Path(__file__).parents[2] / "docs" / "flows.md"
FLOW, SCENARIO = re.findall(r"```yaml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)


def example_flow(folder: Path) -> Flow:
    path = folder / "shop.yaml"
    path.write_text(FLOW, encoding="utf-8")
    return load_flow(path)


def test_the_flow_is_read(tmp_path: Path) -> None:
    flow = example_flow(tmp_path)
    assert (flow.name, list(flow.nodes)) == (
        "shop",
        ["hello", "menu", "order", "status", "agent", "message", "goodbye"],
    )


def test_the_scenario_walks_through_it(tmp_path: Path) -> None:
    path = tmp_path / "track-parcel.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    scenario = load_scenario(path, example_flow(tmp_path))
    assert [step.at for step in scenario.steps] == ["hello", "order", "agent"]


def test_every_type_of_node_is_in_the_table() -> None:
    documented = set(re.findall(r"^\| `(\w+)` \|", DOCS.read_text(encoding="utf-8"), re.MULTILINE))
    union = AnyNode.__args__[0]
    assert documented == {kind.model_fields["type"].annotation.__args__[0] for kind in union.__args__}
