"""What the linter says cannot be, against what the dialog does."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from calls.document import Document
from calls.errors import FlowError
from calls.records import EventKind
from ivr import events
from ivr.actions import Note
from ivr.flow import load_flow
from ivr.flow.flow import FACTS
from ivr.lint.dataflow import Facts, on_every_way
from ivr.lint.graph import CallGraph, Stand, components
from ivr.lint.linter import look
from ivr.lint.study import Study
from ivr.lint.variables import known_variables
from tests.ivr.random_calls import RandomCall, RandomFlow
from tests.ivr.test_lint import TODAY

pytestmark = pytest.mark.unit

FLOWS, CALLS_PER_FLOW, EVENTS = 40, 8, 80

PART = """
name: part
start: hello
defaults: {no_input: {max: 1, next: back}, no_match: {max: 1, next: back}}
nodes:
  hello: {type: play, prompt: 您好, next: back}
  back: {type: return}
"""
WHOLE = """
name: whole
start: first
defaults: {no_input: {max: 1, next: end}, no_match: {max: 1, next: end}}
nodes:
  first: {type: goto, flow: part, next: menu}
  menu: {type: menu, prompt: 一, choices: [{digits: "1", next: second}]}
  second: {type: goto, flow: part, next: end}
  end: {type: hangup}
"""


def study_of(made: RandomFlow) -> Study:
    flows = made.flow.flows
    data = {name: flow.model_dump(include={"schedules"}) for name, flow in flows.items()}
    documents = {name: Document(Path(f"{name}.yaml"), data[name], {}, "", FlowError) for name in flows}
    return Study(made.flow.name, flows, documents, TODAY)


def test_a_return_leads_back_only_to_where_the_flow_was_entered(tmp_path: Path) -> None:
    for name, text in (("part", PART), ("whole", WHOLE)):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    flow = load_flow(tmp_path / "whole.yaml")

    graph = CallGraph("whole", flow.flows)

    returns = {stand.entered: steps for stand, steps in graph.steps.items() if stand.node == "back"}
    assert {entered: [step.target.node for step in steps] for entered, steps in returns.items()} == {
        ("whole", "first"): ["menu"],
        ("whole", "second"): ["end"],
    }
    assert [stand.node for stand in graph.route(Stand(None, "whole", "end"))] == [
        *("first", "hello", "back", "menu", "end"),
    ]


def test_components_come_in_the_order_in_which_they_are_led_to() -> None:
    ways = {"a": ["b"], "b": ["c", "d"], "c": ["b"], "d": ["d"], "e": []}
    assert [sorted(part) for part in components(ways)] == [["d"], ["b", "c"], ["a"], ["e"]]


def test_facts_meet_where_ways_meet() -> None:
    made = RandomFlow(random.Random(1), 30)
    graph = study_of(made).graph
    passed: dict[Stand, Facts] = on_every_way(
        graph, frozenset(), lambda step, facts: facts | {step.source.node}
    )
    assert passed[graph.start] == frozenset()
    assert all(graph.start.node in facts for stand, facts in passed.items() if stand != graph.start)


def test_no_call_goes_where_the_graph_does_not_or_lacks_what_is_known() -> None:
    entered = 0
    for number in range(FLOWS):
        rng = random.Random(number)
        inner = RandomFlow(rng, rng.randint(3, 12), "inner")
        made = RandomFlow(rng, rng.randint(3, 40), "outer", inner)
        study = study_of(made)
        sum(1 for _ in look(study))
        reached = {(stand.flow, stand.node) for stand in study.graph.steps}
        known = known_variables(study)
        for _ in range(CALLS_PER_FLOW):
            call = RandomCall(made, rng)
            call.tell(events.Arrived())
            for _ in range(EVENTS):
                call.at += rng.random()
                event = call.anything()
                # the key that goes back is no way of the graph
                if event == events.Digit("*") or call.dialog.ended:
                    continue
                call.tell(event)
                flow, _, node = call.dialog.node.rpartition(".")
                place = (flow or "outer", node)
                sure = frozenset.intersection(*(f for s, f in known.items() if (s.flow, s.node) == place))
                assert sure <= set(call.dialog.variables) | FACTS
            nodes = [a.node for a in call.done if isinstance(a, Note) and a.kind is EventKind.NODE]
            assert {(n.rpartition(".")[0] or "outer", n.rpartition(".")[2]) for n in nodes} <= reached
            entered += len(nodes)
    assert entered > FLOWS * CALLS_PER_FLOW * 5
