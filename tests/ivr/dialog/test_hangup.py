"""A caller may hang up in every state of every node: the call is closed, with its cause and its outcome.

Other engines keep executions open for which no hang-up was reported (Twilio's changelog of March 2021).
The calls here go through the whole live part of the house, into a real store and a real recording.
"""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple, get_args

import numpy as np
import pytest

from calls.recordings import RecordingFolder
from calls.records import Call, CallEvent, EventKind, Leg, Outcome, Recording, Role
from calls.store import Store
from ivr import actions, events
from ivr.call import take_call
from ivr.dialog import Dialog
from ivr.doors import RATE, Signal
from ivr.events import AgentAnswered, Digit, HungUp, QueueMoved
from ivr.flow import AnyNode
from ivr.simulation import MONDAY
from tests.ivr.flows import flow_of
from tests.ivr.random_calls import RandomCall, RandomFlow
from tests.ivr.timed_door import TimedDoor

pytestmark = pytest.mark.integration

#: Every prompt takes two seconds.
PROMPT_SECONDS = 2.0
NODES = """
name: bank
start: START
defaults:
  no_input: {prompts: [没听到], max: 3, next: bye}
  no_match: {prompts: [没听懂], max: 3, next: bye}
nodes:
  hello: {type: play, prompt: 您好, next: bye}
  told: {type: play, prompt: 您的余额是十元, answers: true, next: menu}
  menu: {type: menu, prompt: 请选择, choices: [{digits: "1", next: bye}, {digits: "34", next: bye}]}
  code: {type: collect, prompt: 请输入, variable: code, max_length: 4, next: right}
  secret: {type: collect, prompt: 请输入密码, variable: pin, secret: true, max_length: 6, next: bye}
  right: {type: confirm, prompt: 对吗, variable: code, always: true, next: bye, retry: code, give_up: bye}
  marks: {type: survey, prompt: 请打分, next: bye}
  message: {type: record, prompt: 请留言, review: 重听一重录二, next: marks}
  look: {type: http, url: "SILENT", filler: 正在查询, next: bye, error: bye}
  queue: {type: queue, queue: general, prompt: 请稍候, comfort: 请继续等待, comfort_seconds: 5, no_agent: bye,
    position: true, after: marks}
  transfer: {type: transfer, to: "4001", prompt: 请稍候, failed: bye, after: marks}
  back: {type: callback, queue: general, next: bye, failed: bye}
  bye: {type: hangup}
"""


class State(NamedTuple):
    """A state, how a call gets there, and what it leaves when the caller hangs up in it.

    ``keys`` are pressed, and what others do happens, at times in seconds; ``last`` are the entries of the
    trace from the last node on, without the hang-up.
    """

    start: str
    at: float
    outcome: Outcome
    last: str
    signals: dict[float, Signal] = {}  # noqa: RUF012 - never changed


LEFT, HEARD, SPOKE, KEPT = Outcome.ABANDONED, Outcome.CONTAINED, Outcome.HANDED_OFF, Outcome.VOICEMAIL
AGENT: dict[float, Signal] = {4.0: AgentAnswered(0, "1001")}
ENDS: dict[float, Signal] = {4.0: Digit("#")}  # a message begins at 2 s
STATES = {
    "play": State("hello", 1.0, LEFT, "node prompt"),
    "play, first frame": State("hello", 0.02, LEFT, "node prompt"),
    "play, last frame": State("hello", 1.98, LEFT, "node prompt"),
    "menu, prompt": State("menu", 1.0, LEFT, "node prompt"),
    "menu, waiting": State("menu", 3.0, LEFT, "node prompt"),
    "menu, after what was rung for": State("told", 5.0, HEARD, "node prompt"),
    "menu, between keys": State("menu", 4.0, LEFT, "node prompt digit", {3.0: Digit("3")}),
    "menu, regret": State("menu", 8.0, LEFT, "node prompt no-input prompt"),
    "menu, question again": State("menu", 10.0, LEFT, "node prompt no-input prompt prompt"),
    "menu, waiting again": State("menu", 12.0, LEFT, "node prompt no-input prompt prompt"),
    "collect, prompt": State("code", 1.0, LEFT, "node prompt"),
    "collect, waiting": State("code", 3.0, LEFT, "node prompt"),
    "collect, between keys": State("code", 4.0, LEFT, "node prompt digit", {3.0: Digit("4")}),
    "collect, within a secret": State("secret", 4.0, LEFT, "node prompt digit", {3.0: Digit("4")}),
    "confirm, prompt": State("code", 5.0, LEFT, "node prompt", {3.0: Digit("4"), 4.0: Digit("#")}),
    "confirm, waiting": State("code", 8.0, LEFT, "node prompt", {3.0: Digit("4"), 4.0: Digit("#")}),
    "survey, prompt": State("marks", 1.0, LEFT, "node prompt"),
    "survey, waiting": State("marks", 3.0, LEFT, "node prompt"),
    "survey, after an agent": State("queue", 9.0, SPOKE, "node prompt", AGENT | {6.0: HungUp("agent")}),
    "survey, after a message": State("message", 7.0, KEPT, "node prompt", ENDS | {5.0: Digit("#")}),
    "record, prompt": State("message", 1.0, LEFT, "node prompt"),
    "record, beep": State("message", 2.1, KEPT, "node prompt message"),
    "record, message": State("message", 5.0, KEPT, "node prompt message"),
    "record, review's question": State("message", 5.0, KEPT, "node prompt prompt message", ENDS),
    "record, waiting": State("message", 7.0, KEPT, "node prompt prompt message", ENDS),
    "record, hearing it": State(
        "message", 5.5, KEPT, "node prompt prompt barge-in message", ENDS | {5.0: Digit("1")}
    ),
    "record, saying it anew": State(
        "message", 6.0, KEPT, "node prompt prompt barge-in message", ENDS | {5.0: Digit("2")}
    ),
    "http, silence": State("look", 0.5, LEFT, "node"),
    "http, filler": State("look", 2.0, LEFT, "node prompt"),
    "http, silence again": State("look", 4.0, LEFT, "node prompt"),
    "queue, prompt": State("queue", 1.0, LEFT, "node prompt"),
    "queue, waiting": State("queue", 3.0, LEFT, "node prompt ENTERQUEUE ABANDON"),
    "queue, comfort": State("queue", 8.0, LEFT, "node prompt ENTERQUEUE prompt ABANDON"),
    "queue, place": State(
        "queue", 4.0, LEFT, "node prompt ENTERQUEUE prompt ABANDON", {3.0: QueueMoved(0, 2)}
    ),
    "queue, after it": State(
        "queue", 6, LEFT, "node prompt ENTERQUEUE prompt ABANDON", {3.0: QueueMoved(0, 2)}
    ),
    "queue, talking": State("queue", 5.0, SPOKE, "node prompt ENTERQUEUE CONNECT COMPLETECALLER", AGENT),
    "transfer, prompt": State("transfer", 1.0, LEFT, "node prompt"),
    "transfer, ringing": State("transfer", 2.5, LEFT, "node prompt transfer"),
    "transfer, talking": State("transfer", 5.0, SPOKE, "node prompt transfer CONNECT COMPLETECALLER"),
    "callback": State("back", 1.0, LEFT, "node callback"),
}
#: Nodes at which a call never is when something happens.
PASSED = {"branch", "set", "hours", "split", "language", "goto", "return", "hangup"}


class SlowDoor(TimedDoor):
    """A door on which callbacks take their time."""

    realtime = True

    def callback(self, callback: int, number: str, queue: str) -> None:
        self.done.append(f"callback {number} {queue}")


@pytest.fixture(scope="module")
def silent() -> Iterator[str]:
    """The address of a web service that takes requests and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield "http://{}:{}/".format(*listening.getsockname())


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One for all: the store's own tests run on every kind of database."""
    with Store.open(tmp_path_factory.mktemp("store") / "huawu.db") as opened:
        yield opened


@pytest.mark.parametrize("state", STATES)
def test_hanging_up_closes_the_call(tmp_path: Path, store: Store, silent: str, state: str) -> None:
    start, at, outcome, last, signals = STATES[state]
    door = SlowDoor({**signals, at: HungUp("caller")})
    taken = take_call(
        door,
        flow_of(tmp_path, NODES.replace("START", start).replace("SILENT", silent)),
        store=store,
        folder=RecordingFolder(tmp_path / "recordings"),
        model=None,
        sound_of=lambda name, text, language: np.zeros(round(PROMPT_SECONDS * RATE), np.int16),
        caller="19900010001",
        started=MONDAY,
        allow=[silent],
    )
    call = store.get(Call, taken.call.id)
    assert (call.hangup_cause, call.outcome, call.ended_at) == (
        "caller",
        outcome,
        MONDAY + timedelta(seconds=at),
    )
    trace = store.find(CallEvent, call_id=call.id, order_by="at")
    begun = max(index for index, event in enumerate(trace) if event.kind is EventKind.NODE)
    assert " ".join(event.kind.value for event in trace[begun:]) == f"{last} hangup"
    assert (trace[-1].at, trace[-1].data) == (at, {"cause": "caller", "outcome": outcome.value})
    (recording,) = store.find(Recording, call_id=call.id)
    assert (recording.seconds, recording.flags) == (at, ())
    legs = store.find(Leg, call_id=call.id)
    assert [leg.ended_at for leg in legs if leg.role is Role.CALLER] == [call.ended_at]
    assert all(leg.ended_at is not None and leg.ended_at <= call.ended_at for leg in legs)
    assert door.done[-1] == "hang up"
    assert ("stop transfer" in door.done) == (state == "transfer, ringing")


def test_every_type_of_node_at_which_a_call_can_be_is_there() -> None:
    types = {get_args(kind.model_fields["type"].annotation)[0] for kind in get_args(AnyNode)}
    assert {state.partition(",")[0] for state in STATES} == types - PASSED


ASKING = {"prompt", "first-input", "speech"}
#: The timers that may run together while a call is at a node.
RUNNING = {
    "play": {"prompt"},
    "menu": ASKING | {"inter-digit"},
    "collect": ASKING | {"inter-digit"},
    "confirm": ASKING,
    "survey": ASKING,
    "record": {"prompt", "message", "review"},
    "http": {"web", "filler web", "prompt web", "prompt"},
    "queue": {"prompt", "talk"}
    | {f"{also}wait" for also in ("", "comfort ", "position ", "prompt ", "position prompt ")}
    | {f"comfort {also}wait" for also in ("position ", "prompt ", "position prompt ")},
    "transfer": {"prompt", "ring", "talk"},
    "callback": {"callback"},
}


def state_of(call: RandomCall) -> tuple[str, str]:
    """Return the type of the node that a call is at, and the names of the timers that run."""
    nodes = [a.data["type"] for a in call.done if isinstance(a, actions.Note) and a.kind is EventKind.NODE]
    names = {action.id: action.name for action in call.done if isinstance(action, actions.StartTimer)}
    return nodes[-1], " ".join(sorted(names[timer] for timer in call.timers))


def test_no_other_state_is_reached_by_random_calls_and_a_hang_up_ends_each() -> None:
    reached: set[tuple[str, str]] = set()
    for number in range(300):
        rng = random.Random(number)
        if number % 5 == 0:
            made = RandomFlow(rng, rng.randint(3, 25), "outer", RandomFlow(rng, 4, "inner"))
        call = RandomCall(made, rng)
        call.tell(events.Arrived())
        for _ in range(60):
            for event in call.keys() if rng.random() < 0.1 else [call.anything()]:
                if not call.dialog.ended:
                    call.tell(event)
            if not call.dialog.ended and (state := state_of(call)) not in reached:
                reached.add(state)
                again = Dialog(made.flow, call.facts)
                for event, at in call.told:
                    again.handle(event, at)
                last = again.handle(HungUp("caller"), call.at)[-1]
                assert isinstance(last, actions.HangUp) and last.cause == "caller"
    assert reached <= {(node, timers) for node, found in RUNNING.items() for timers in found}
    assert {node for node, _ in reached} == set(RUNNING)
