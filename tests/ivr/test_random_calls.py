"""Whatever happens in whatever order, on whatever flow: a call ends well, and never hangs or breaks.

``HUAWU_RANDOM_CALLS`` says how many calls (2,000; ``make soak`` plays 100,000).
"""

from __future__ import annotations

import os
import random
from collections import Counter
from typing import get_args

import pytest

from calls.records import EventKind, Outcome
from ivr import actions, events
from ivr.actions import HangUp, Note
from ivr.dialog import Dialog
from ivr.flow import AnyNode
from tests.ivr.random_calls import MOST_EVENTS, RandomCall, a_flow, live, random_calls

pytestmark = pytest.mark.unit

CALLS = int(os.environ.get("HUAWU_RANDOM_CALLS", "2000"))

TYPES = {get_args(kind.model_fields["type"].annotation)[0] for kind in get_args(AnyNode)}
EXITS = {
    *(("play", "next"), ("menu", "choice"), ("collect", "next"), ("set", "next"), ("language", "next")),
    *(("confirm", "next"), ("confirm", "give_up"), ("survey", "next"), ("record", "next")),
    *(
        (kind, reason)
        for kind in ("menu", "collect", "confirm", "survey")
        for reason in ("no_input", "no_match")
    ),
    *(("branch", "case"), ("branch", "otherwise"), ("split", "share 1"), ("split", "share 2")),
    *(("hours", state) for state in ("open", "closed", "holiday")),
    *(("http", "next"), ("http", "error"), ("callback", "next"), ("callback", "failed")),
    *(("queue", way) for way in ("key", "after", "no_agent")),
    *(("transfer", way) for way in ("failed", "busy", "no_answer", "after")),
    *(("goto", "returned"), ("any", "operator key"), ("any", "default retries")),
}


def test_every_call_ends_well_and_every_exit_is_taken() -> None:
    seen: Counter[str] = Counter()
    taken: Counter[tuple[str, str]] = Counter()
    outcomes: Counter[Outcome] = Counter()
    for call in random_calls(CALLS):
        last = call.done[-1]
        assert isinstance(last, HangUp), "it never ends"
        assert [a.kind for a in call.done if isinstance(a, Note)].count(EventKind.HANGUP) == 1
        outcomes[last.outcome] += 1
        seen += call.seen
        taken += call.taken
    assert set(seen) == TYPES
    assert set(taken) >= EXITS
    assert set(outcomes) == {Outcome.CONTAINED, Outcome.HANDED_OFF, Outcome.VOICEMAIL, Outcome.FAILED}


@pytest.mark.parametrize("number", range(CALLS // 20))
def test_hanging_up_ends_every_call_at_once(number: int) -> None:
    rng = random.Random(number)
    call = RandomCall(a_flow(number), rng)
    live(call, rng, 40)
    if not call.dialog.ended:
        call.tell(events.HungUp("caller"))
        last = call.done[-1]
        assert isinstance(last, HangUp) and last.cause == "caller"
        assert last.outcome is not Outcome.FAILED
    assert call.dialog.handle(events.Digit("1"), call.at) == []


def test_a_trace_of_events_played_again_gives_the_same_actions() -> None:
    for number in range(CALLS // 20):
        rng = random.Random(number)
        made = a_flow(number)
        call = RandomCall(made, rng)
        live(call, rng, MOST_EVENTS)
        again = Dialog(made.flow, call.facts)
        assert [action for event, at in call.told for action in again.handle(event, at)] == call.done


def test_a_mask_is_lifted_only_after_it_was_put_on() -> None:
    for number in range(CALLS // 20):
        rng = random.Random(number)
        call = RandomCall(a_flow(number), rng)
        live(call, rng, MOST_EVENTS)
        masks = [type(a) for a in call.done if isinstance(a, actions.Mask | actions.Unmask)]
        assert masks == [actions.Mask, actions.Unmask] * (len(masks) // 2) + [actions.Mask] * (len(masks) % 2)
