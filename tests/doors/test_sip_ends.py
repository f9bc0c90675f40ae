"""A caller hangs up, in every state that a call can be in."""

from __future__ import annotations

import pytest

from calls.records import EventKind, Outcome
from tests.doors.running import PATIENCE, Kept, Line, RunningCentre, about, caller
from tests.doors.test_sip_agents import BEEP, ask_for, giving_up_while_it_rings, hanging_up_on_the_agent
from tests.peers.callee import Callee
from tests.peers.caller import Caller
from tests.peers.deadline import until
from tests.peers.sipp import Sipp

pytestmark = [pytest.mark.integration, pytest.mark.slow]


def leave(line: Line) -> Kept:
    """Hang up now."""
    line.then("here")
    return line.over()


def who(state: str) -> Caller:
    """Return a caller who hangs up from the cue *here*."""
    return caller(state).invite().answered().cue("here").bye()


def before_the_acknowledgement(centre: RunningCentre) -> Kept:
    impatient = caller("does not wait").invite().answered(acknowledge=False).bye()
    with centre.line(impatient, "1001") as line:
        return line.over()


def in_the_notice(centre: RunningCentre) -> Kept:
    with centre.line(who("notice"), "1001") as line:
        line.hear("main/welcome")
        return leave(line)


def in_a_menu(centre: RunningCentre) -> Kept:
    with centre.line(who("menu"), "1001") as line:
        line.hear("main/main_menu")
        return leave(line)


def amid_a_number(centre: RunningCentre) -> Kept:
    with centre.line(who("number"), "1001") as line:
        ask_for(line, "11")
        line.hear("main/bill_phone")
        line.ear.press("138").wait()
        return leave(line)


def after_the_answer(centre: RunningCentre) -> Kept:
    with centre.line(who("answer"), "1001") as line:
        ask_for(line, "34")
        line.hear("main/anything_else")
        return leave(line)


def amid_a_message(centre: RunningCentre) -> Kept:
    caller_ = who("message")
    with centre.line(caller_, "1001") as line:
        ask_for(line, "43")
        line.hear("main/voicemail")
        line.ear.wait_to_hear(BEEP)
        return leave(line)


def while_a_number_rings(centre: RunningCentre) -> Kept:
    rings = Callee("rings").arrive().ring().tell("ringing").cancelled()
    with Sipp(rings, port=centre.outside) as called, centre.line(who("transfer"), "1003") as line:
        line.hear("hotline/main_menu")
        line.ear.press("4").wait()
        line.hear("hotline/urgent_menu")
        line.ear.press("120").wait()
        called.wait("ringing", seconds=30)
        kept = leave(line)
        called.succeed()
        return kept


def in_the_survey(centre: RunningCentre) -> Kept:
    with centre.line(who("survey"), "1005") as line:
        line.hear("survey/ask")
        return leave(line)


@pytest.mark.parametrize(
    ("state", "nodes", "outcome"),
    [
        pytest.param(*row, marks=about(row[0]), id=row[0].__name__)
        for row in (
            (before_the_acknowledgement, [], Outcome.ABANDONED),
            (in_the_notice, ["welcome"], Outcome.ABANDONED),
            (in_a_menu, ["main_menu"], Outcome.ABANDONED),
            (amid_a_number, ["bill_phone"], Outcome.ABANDONED),
            (after_the_answer, ["offers", "anything_else"], Outcome.CONTAINED),
            (amid_a_message, ["voicemail"], Outcome.VOICEMAIL),
            (while_a_number_rings, ["ambulance"], Outcome.ABANDONED),
            (in_the_survey, ["ask"], Outcome.ABANDONED),
            (giving_up_while_it_rings, ["agent_refund"], Outcome.ABANDONED),
            (hanging_up_on_the_agent, ["agent_goods"], Outcome.HANDED_OFF),
        )
    ],
)
def test_a_caller_hangs_up(state: object, nodes: list[str], outcome: Outcome, kept: Kept) -> None:
    assert (kept.call.hangup_cause, kept.call.outcome) == ("caller", outcome)
    assert kept.nodes[-len(nodes) :] == nodes if nodes else kept.nodes == []
    assert kept.call.ended_at is not None
    assert all(leg.ended_at is not None for leg in kept.legs)
    assert [len(kept.of(kind)) for kind in (EventKind.HANGUP, EventKind.QUALITY)] == [1, 1]


def test_no_call_is_left(centre: RunningCentre) -> None:
    def ending() -> list[str]:
        return [each["id"] for each in centre.ask("/calls") if each["state"] == "ending"]

    last = set(ending())
    until(lambda: not last & set(ending()), PATIENCE, "calls that were about to end have ended")
