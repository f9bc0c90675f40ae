"""Whatever happens in whatever order: a call always ends, and never hangs or breaks."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivr import actions, events
from ivr.dialog import Dialog
from ivr.events import Event
from ivr.flow import Flow, load_flow
from speech.resources import resource
from tests.ivr.flows import flow_of

pytestmark = pytest.mark.unit

ids = st.integers(0, 60)
ANYTHING: st.SearchStrategy[Event] = st.one_of(
    st.builds(events.Arrived),
    st.builds(events.PromptEnded, ids),
    st.builds(events.Digit, st.sampled_from("0123456789*#")),
    st.builds(events.SpeechStarted, ids),
    st.builds(
        events.Heard, ids, st.sampled_from(["", "话费", "火锅"]), st.sampled_from([None, "话费", "13800"])
    ),
    st.builds(events.TimerEnded, ids),
    st.builds(events.AgentAnswered, st.just("1001")),
    st.builds(events.NoAgent),
    st.builds(events.MessageEnded),
)


class World:
    """Carries actions out, and checks what must hold after every event."""

    def __init__(self, flow: Flow) -> None:
        self.dialog = Dialog(flow)
        self.timers: list[int] = []
        self.ends = 0

    def tell(self, event: Event) -> None:
        for action in self.dialog.handle(event):
            assert self.ends == 0, "an action after the last one"
            match action:
                case actions.StartTimer(timer, _, seconds):
                    assert seconds > 0
                    self.timers.append(timer)
                case actions.CancelTimer(timer):
                    self.timers.remove(timer)
                case actions.HangUp():
                    self.ends += 1
        if isinstance(event, events.TimerEnded) and event.timer in self.timers:
            self.timers.remove(event.timer)
        assert self.dialog.ended == (self.ends == 1)
        assert self.timers or self.dialog.ended or not self.dialog.node, "it could wait for ever"


@pytest.fixture(scope="module", params=["desk", "main"])
def flow(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Flow:
    if request.param == "main":
        return load_flow(resource("prompts", "flows", "main.yaml"))
    return flow_of(Path(tmp_path_factory.mktemp("flow")))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happenings=st.lists(ANYTHING, max_size=60))
def test_a_call_ends_although_the_world_only_lets_time_pass(flow: Flow, happenings: list[Event]) -> None:
    world = World(flow)
    world.tell(events.Arrived())
    for event in happenings:
        world.tell(event)
    for _ in range(40 * flow.max_hops):
        if world.dialog.ended:
            break
        world.tell(events.TimerEnded(world.timers[0]))
    assert world.dialog.ended


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happenings=st.lists(ANYTHING, max_size=40))
def test_hanging_up_ends_every_call_at_once(flow: Flow, happenings: list[Event]) -> None:
    world = World(flow)
    for event in [events.Arrived(), *happenings, events.HungUp("caller")]:
        world.tell(event)
    assert world.dialog.ended
