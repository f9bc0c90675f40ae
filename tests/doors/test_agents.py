"""Agents on real telephones, in a centre whose only flow is a queue: what they do, and what is kept of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import soundfile

from calls.records import Agent, AgentState, AgentStateChange, Callback, EventKind, Outcome, Queue, Role
from ivr.live.sounds import hold_music
from tests.doors.running import PATIENCE, Kept, Line, RunningCentre, caller
from tests.peers import hearing
from tests.peers.baresip import Baresip
from tests.peers.callee import Callee
from tests.peers.caller import Caller
from tests.peers.deadline import until
from tests.peers.offer import HOLD, USUAL
from tests.peers.ports import free_port
from tests.peers.receiver import Receiver
from tests.peers.rtp import RATE, Samples
from tests.peers.sipp import Sipp

pytestmark = [pytest.mark.integration, pytest.mark.slow]

# each number has a queue of its own, of the same name
FLOW = """
name: desk
start: notice
defaults:
  no_input: {max: 3, next: bye}
  no_match: {max: 3, next: bye}
nodes:
  notice: {type: play, prompt: 本次通话将被录音, notice: true, next: agent}
  agent:
    type: queue
    queue: "{callee}"
    prompt: 正在为您转接
    keys: {"3": ring_back}
    max_wait_seconds: 9
    after: survey
    no_agent: message
  ring_back: {type: callback, queue: "{callee}", next: bye, failed: message}
  survey: {type: survey, prompt: 请打分, next: bye}
  message: {type: record, prompt: 请留言, max_seconds: 20, silence_seconds: 3, next: bye}
  bye: {type: hangup}
"""
PROMPTS = ("notice", "agent", "survey", "message")
NUMBERS = {
    "A": "2001",
    "B": "2002",
    "D": "2004",
    "E": "2004",
    "F": "2005",
    "G": "2006",
    "K": "2007",
    "L": "2008",
}
QUEUES = sorted({*NUMBERS.values(), "2003"})  # its agent comes later


def voice(seed: int, seconds: float = 1.0) -> Samples:
    """Return a sound that no other seed gives."""
    chance = np.random.default_rng(seed)
    return (chance.normal(size=round(seconds * RATE)) * 3000).astype(np.int16)


CALLER, AGENT, SECOND, THIRD, SURVEY = voice(1), voice(2), voice(3), voice(4), voice(102)
PORTS = {agent: free_port() for agent in NUMBERS}
PEOPLE = {
    agent: Agent(id=agent, skills=(number,), address=f"sip:80{agent}@127.0.0.1:{PORTS[agent]}")
    for agent, number in NUMBERS.items()
}


@dataclass(frozen=True, slots=True)
class Told:
    """What is kept of a call, and what else a story has to tell."""

    kept: Kept
    more: Any = None

    @property
    def queue_log(self) -> list[tuple[str, dict[str, Any]]]:
        """Names and figures."""
        return [
            (each.kind.value, each.data)
            for each in self.kept.events
            if each.kind.value.isupper() and each.kind.value.isalpha()
        ]

    def heard(self, sound: Samples, channel: int = 1) -> float | None:
        """Return when a sound begins in the recording: 0 is the caller's channel, 1 what the caller heard."""
        found = hearing.find(sound, self.kept.sound[:, channel])
        return None if found is None else found.start


Story = Callable[[RunningCentre], Told]


@contextmanager
def telephone(scenario: Callee, agent: str) -> Iterator[tuple[Sipp, Receiver]]:
    """Be an agent's telephone."""
    with Receiver(silence=True) as ear:
        with Sipp(scenario, port=PORTS[agent], media=(ear.host, ear.port)) as phone:
            yield phone, ear


@contextmanager
def calling(centre: RunningCentre, who: Caller, number: str) -> Iterator[Line]:
    """Call, and wait in the queue."""
    with centre.line(who, number) as line:
        line.ear.wait_to_hear(voice(101), PATIENCE)
        yield line


def talk(one: Receiver, other: Receiver, says: Samples, answers: Samples) -> None:
    """Let two people hear each other."""
    one.say(says)
    other.wait_to_hear(says)
    other.say(answers)
    one.wait_to_hear(answers)


def stays(name: str) -> Caller:
    """Return a caller who stays until the centre hangs up."""
    return caller(name).invite().answered().expect_bye(timeout=60_000)


def leaves(name: str) -> Caller:
    """Return a caller who hangs up at the cue ``enough``."""
    return caller(name).invite().answered().cue("enough").bye()


# -- stories ------------------------------------------------------------------------------------------


def served(centre: RunningCentre) -> Told:
    """Wait, talk, be held, talk on; the agent hangs up, and the caller judges."""
    agent = Callee("holds").arrive().ring().cue("ringing").answer().cue("talking")
    agent.reinvite(HOLD, expect="recvonly").cue("held").reinvite(USUAL, expect="sendrecv").cue("back").bye()
    with telephone(agent, "A") as (phone, headset), calling(centre, stays("is served"), "2001") as line:
        ringing = phone.wait("ringing")
        line.ear.wait_to_hear(hold_music())
        phone.go(ringing)
        headset.wait_for_packets(1)
        talk(line.ear, headset, CALLER, AGENT)
        phone.then("talking")
        held = phone.wait("held")
        said = headset.say(SECOND)
        since = line.ear.say(THIRD).wait().ended
        line.ear.wait_to_hear(hold_music(), since=since - 2)
        said.wait()
        assert line.ear.heard(SECOND) is None and headset.heard(THIRD) is None
        phone.go(held)
        back = phone.wait("back")
        talk(line.ear, headset, voice(5), voice(6))
        phone.go(back)
        invited = phone.succeed().received("INVITE")[0]
        line.ear.wait_to_hear(SURVEY)
        after = centre.ask("/agents")
        line.ear.press("4").wait()
        return Told(line.over(), (invited, [each for each in after if each["id"] == "A"]))


def sent_on(centre: RunningCentre) -> Told:
    """The agent sends the caller first to somebody who is busy, then to somebody who answers."""
    third = Callee("third").arrive().ring().cue("ringing").answer().expect_bye(timeout=60_000)
    with ExitStack() as stack:
        ear = stack.enter_context(Receiver(silence=True))
        called = stack.enter_context(Sipp(third, media=(ear.host, ear.port)))
        busy = stack.enter_context(Sipp(Callee("busy").arrive().refuse(486)))
        agent = Callee("transfers").arrive().answer().cue("talking")
        agent.refer(f"sip:7001@{busy.address}", notified=(100, 486)).cue("returned")
        agent.refer(f"sip:7002@{called.address}", notified=(100, 200)).expect_bye()
        phone, headset = stack.enter_context(telephone(agent, "B"))
        line = stack.enter_context(calling(centre, leaves("is sent on"), "2002"))
        headset.wait_for_packets(1, PATIENCE)
        talk(line.ear, headset, CALLER, AGENT)
        phone.then("talking")
        returned = phone.wait("returned")
        talk(line.ear, headset, voice(5), SECOND)
        phone.go(returned)
        ringing = called.wait("ringing")
        phone_of_third = line.ear.wait_for_sound(since=line.ear.arrivals()[-1].at)
        called.go(ringing)
        ear.wait_for_packets(1)
        talk(line.ear, ear, voice(7), THIRD)
        phone.succeed()
        line.then("enough")
        called.succeed()
        return Told(line.over(), phone_of_third)


def unanswered(centre: RunningCentre) -> Told:
    """One phone is not answered, the other refuses, nobody else is there: the caller leaves a message."""
    with ExitStack() as stack:
        stack.enter_context(telephone(Callee("rings").arrive().ring().cancelled(timeout=60_000), "D"))
        stack.enter_context(telephone(Callee("declines").arrive().refuse(603), "E"))
        line = stack.enter_context(calling(centre, stays("leaves a message"), "2004"))
        line.ear.wait_to_hear(voice(103), PATIENCE)
        centre.wait_for_event(line.caller.number, EventKind.PROMPT, "message")
        line.ear.wait_for_silence(0.5)
        line.ear.say(np.append(CALLER, np.zeros(RATE // 2, np.int16))).wait()
        line.ear.press("#").wait()
        return Told(line.over())


def paused_in_time(centre: RunningCentre) -> Told:
    """The agent logs in by a dial code, is paused by REST while the phone rings, and rung again."""
    code = Caller("dials a code", number="80F").invite().answered().expect_bye()
    beeped = []
    for number in ("*72", "*70"):  # the first comes too early: who is not at work cannot pause
        with (
            Receiver(silence=True) as ear,
            Sipp(code, centre.address, number, media=(ear.host, ear.port)) as dials,
        ):
            beeped.append(ear.wait_for_sound())
            dials.succeed()
    phone_rings = Callee("is paused").arrive().ring().tell("ringing").cancelled()
    with calling(centre, leaves("gives up"), "2005") as line:
        with telephone(phone_rings, "F") as (phone, _):
            phone.wait("ringing")
            paused = centre.ask("/agents/F/pause", "POST")
            phone.succeed()
        with telephone(Callee("is left").arrive().ring().tell("ringing").cancelled(), "F") as (phone, _):
            centre.ask("/agents/F/unpause", "POST")
            phone.wait("ringing")
            line.then("enough")
            phone.succeed()
        return Told(line.over(), (len(beeped), paused["state"]))


def ringing_back(centre: RunningCentre) -> Told:
    """Press a key in the queue to be called back."""
    with telephone(Callee("stops").arrive().ring().tell("ringing").cancelled(), "G") as (phone, _):
        with calling(centre, stays("wants a callback"), "2006") as line:
            phone.wait("ringing")
            line.ear.press("3").wait()
            phone.succeed()
            return Told(line.over())


def served_by_baresip(centre: RunningCentre) -> Told:
    """An agent's telephone that somebody else wrote: it answers, holds, resumes, transfers."""
    third = Callee("third").arrive().answer().cue("talked").bye()
    with ExitStack() as stack:
        ear = stack.enter_context(Receiver(silence=True))
        called = stack.enter_context(Sipp(third, media=(ear.host, ear.port)))
        phone = stack.enter_context(Baresip("80H", says=np.tile(AGENT, 8), answers=True))
        new = Agent(id="H", skills=("2003",), address=f"sip:80H@{phone.address}")
        centre.store.add(new)
        until(lambda: [each for each in centre.ask("/agents") if each["id"] == "H"], PATIENCE, "H is known")
        centre.ask("/agents/H/login", "POST")
        line = stack.enter_context(calling(centre, stays("hears baresip"), "2003"))
        phone.wait("CALL_ESTABLISHED", PATIENCE)
        line.ear.wait_to_hear(AGENT)
        line.ear.say(CALLER)
        until(lambda: hearing.find(CALLER, phone.heard()), PATIENCE, "baresip hears the caller")
        phone.hold()
        centre.wait_for_event(line.caller.number, EventKind.HOLD, "agent")
        line.ear.wait_to_hear(hold_music(), since=line.ear.arrivals()[-1].at)
        phone.resume()
        line.ear.wait_to_hear(AGENT, since=line.ear.arrivals()[-1].at)
        phone.transfer(f"sip:7003@{called.address}")
        ear.wait_for_packets(1, PATIENCE)
        talk(line.ear, ear, voice(5), THIRD)
        phone.wait("CALL_CLOSED")
        called.then("talked")
        called.succeed()
        line.ear.wait_to_hear(SURVEY)
        line.ear.press("2").wait()
        return Told(line.over())


def handed_on(centre: RunningCentre) -> Told:
    """The agent hands the caller on to a colleague, whom the agent's phone knows by our own address."""
    agent = Callee("hands on").arrive().answer().cue("talking")
    agent.refer(f"sip:L@{centre.address}", notified=(100, 200)).expect_bye()
    colleague = Callee("takes over").arrive().ring().answer().cue("talked").bye()
    with ExitStack() as stack:
        phone, headset = stack.enter_context(telephone(agent, "K"))
        other, ear = stack.enter_context(telephone(colleague, "L"))
        line = stack.enter_context(calling(centre, stays("is handed on"), "2007"))
        headset.wait_for_packets(1, PATIENCE)
        talk(line.ear, headset, CALLER, AGENT)
        phone.then("talking")
        ear.wait_for_packets(1, PATIENCE)
        talk(line.ear, ear, voice(5), SECOND)
        phone.succeed()
        other.then("talked")
        other.succeed()
        line.ear.wait_to_hear(SURVEY)
        line.ear.press("5").wait()
        return Told(line.over())


STORIES: tuple[Story, ...] = (
    handed_on,
    served_by_baresip,
    unanswered,
    sent_on,
    served,
    paused_in_time,
    ringing_back,
)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCentre]:
    folder = tmp_path_factory.mktemp("desk")
    (folder / "desk.yaml").write_text(FLOW, encoding="utf-8")
    for number, name in enumerate(PROMPTS, 100):
        soundfile.write(folder / f"{name}.wav", voice(number), RATE)
    queues = [Queue(id=number, skills=(number,), ring_seconds=4) for number in QUEUES]
    settings = {
        "flows": [{"numbers": "200?", "flow": str(folder / "desk.yaml")}],
        "engine": {"prompts": [str(folder)]},
        "agents": {"wrap_up_seconds": 120},
    }
    with RunningCentre(agents=[*PEOPLE.values()], queues=queues, settings=settings) as centre:
        for agent in PEOPLE:
            if agent != "F":
                centre.ask(f"/agents/{agent}/login", "POST")
        yield centre


@pytest.fixture(scope="module")
def stories(house: RunningCentre) -> Iterator[dict[Story, Future[Told]]]:
    """All of them, told beside each other: most of a call is listening."""
    with ThreadPoolExecutor(4, "story") as pool:
        yield {each: pool.submit(each, house) for each in STORIES}


@pytest.fixture
def told(stories: dict[Story, Future[Told]], request: pytest.FixtureRequest) -> Told:
    return stories[request.param].result()


def about(story: Story) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("told", [pytest.param(story, id=story.__name__)], indirect=True)


# -- what is kept of them -----------------------------------------------------------------------------


@about(served)
def test_both_sides_are_recorded_on_channels_of_their_own(told: Told) -> None:
    assert told.heard(CALLER, 0) is not None and told.heard(CALLER, 1) is None
    assert told.heard(AGENT, 1) is not None and told.heard(AGENT, 0) is None
    first, last = told.heard(AGENT), told.heard(voice(6))
    assert first is not None and last is not None
    heard = told.kept.sound[:, 1]
    waiting, held = heard[: round(first * RATE)], heard[round((first + 0.8) * RATE) : round(last * RATE)]
    assert hearing.find(hold_music(), waiting) is not None
    assert hearing.find(hold_music(), held) is not None
    assert told.heard(SECOND) is None  # what the agent says with the caller on hold
    assert told.heard(THIRD, 0) is not None  # the caller is recorded all the time


@about(served)
def test_the_survey_is_kept_with_the_agent_who_hung_up(told: Told) -> None:
    assert [(each.score, each.agent_id) for each in told.kept.surveys] == [(4, "A")]
    assert (told.kept.call.outcome, told.kept.call.agent_id, told.kept.call.queue_id) == (
        Outcome.HANDED_OFF,
        "A",
        "2001",
    )
    holds = [(each.data["by"], each.data["on"]) for each in told.kept.of(EventKind.HOLD)]
    assert holds == [("agent", True), ("agent", False)]


@about(served)
def test_the_queue_log_has_the_figures_of_the_call(told: Told) -> None:
    entered, connected, complete = told.queue_log
    assert [kind for kind, _ in told.queue_log] == ["ENTERQUEUE", "CONNECT", "COMPLETEAGENT"]
    assert entered[1] == {"queue": "2001", "position": 1}
    assert {"agent": "A", "queue": "2001", "original_position": 1}.items() <= connected[1].items()
    assert 0 < connected[1]["ring_ms"] / 1000 <= connected[1]["hold_seconds"] + 0.001
    assert complete[1]["talk_seconds"] > 3 and complete[1]["hold_seconds"] == connected[1]["hold_seconds"]
    (agent,) = [leg for leg in told.kept.legs if leg.role is Role.AGENT]
    assert agent.ended_at is not None
    talked = (agent.ended_at - agent.started_at).total_seconds()
    assert abs(talked - complete[1]["talk_seconds"]) < 0.1


@about(served)
def test_the_agent_sees_who_calls_and_for_which_queue_and_is_left_alone_afterwards(told: Told) -> None:
    invited, (after,) = told.more
    assert invited.header("From").startswith(f"2001 <sip:{told.kept.call.caller}@")
    assert (after["state"], after["call"]) == ("wrap-up", None)


@about(handed_on)
def test_a_colleague_to_whom_a_caller_is_handed_on_has_the_call(told: Told) -> None:
    assert [(name, data.get("agent")) for name, data in told.queue_log] == [
        ("ENTERQUEUE", None),
        ("CONNECT", "K"),
        ("BLINDTRANSFER", "K"),
        ("CONNECT", "L"),
        ("COMPLETEAGENT", "L"),
    ]
    agents = [each.address for each in told.kept.legs if each.role is Role.AGENT]
    assert (told.kept.call.agent_id, sorted(agents)) == ("L", ["K", "L"])
    assert [(each.agent_id, each.score) for each in told.kept.surveys] == [("L", 5)]
    assert told.heard(AGENT) is not None and told.heard(SECOND) is not None


@about(sent_on)
def test_a_transfer_in_vain_returns_the_caller_and_the_next_one_ends_the_agent_s_part(told: Told) -> None:
    transfers = [each.data for each in told.kept.of(EventKind.TRANSFER)]
    assert [(each.get("to"), each.get("failed")) for each in transfers] == [
        ("7001", None),
        (None, "busy"),
        ("7002", None),
    ]
    assert [kind for kind, _ in told.queue_log] == ["ENTERQUEUE", "CONNECT", "BLINDTRANSFER"]
    heard = [told.heard(each) for each in (AGENT, SECOND, THIRD)]
    assert heard == sorted(heard, key=lambda each: each or 0) and None not in heard
    assert (told.kept.call.agent_id, told.kept.call.hangup_cause) == ("B", "caller")


@about(unanswered)
def test_where_no_phone_is_answered_the_caller_leaves_a_message(told: Told) -> None:
    rung = [data for kind, data in told.queue_log if kind == "RINGNOANSWER"]
    assert {(each["agent"], each["code"]) for each in rung} >= {("D", 408), ("E", 603)}
    assert [kind for kind, _ in told.queue_log if kind.startswith("EXIT")] == ["EXITWITHTIMEOUT"]
    assert told.kept.call.outcome is Outcome.VOICEMAIL
    assert told.heard(CALLER, 0) is not None


@about(paused_in_time)
def test_codes_and_pages_say_who_is_at_work(told: Told, house: RunningCentre) -> None:
    assert told.more == (2, "paused")
    kinds = [kind for kind, _ in told.queue_log]
    assert sorted(kinds) == ["ABANDON", "ENTERQUEUE", "RINGCANCELED", "RINGCANCELED"]
    changes = house.store.find(AgentStateChange, agent_id="F", order_by=("at", "id"))
    assert [each.state for each in changes] == [
        AgentState.AVAILABLE,
        AgentState.RINGING,
        AgentState.PAUSED,
        AgentState.RINGING,
        AgentState.AVAILABLE,
    ]


@about(ringing_back)
def test_a_callback_is_kept(told: Told, house: RunningCentre) -> None:
    (kept,) = house.store.find(Callback, call_id=told.kept.call.id)
    assert (kept.number, kept.queue_id, kept.state) == (told.kept.call.caller, "2006", "open")
    assert [kind for kind, _ in told.queue_log] == ["ENTERQUEUE", "EXITWITHKEY", "RINGCANCELED"]
    assert told.kept.call.outcome is Outcome.CONTAINED


@about(served_by_baresip)
def test_another_telephone_does_the_same(told: Told) -> None:
    assert told.heard(CALLER, 0) is not None
    assert [each.data["on"] for each in told.kept.of(EventKind.HOLD)] == [True, False]
    assert [kind for kind, _ in told.queue_log] == ["ENTERQUEUE", "CONNECT", "BLINDTRANSFER"]
    assert told.heard(THIRD) is not None
    assert [(each.score, each.agent_id) for each in told.kept.surveys] == [(2, "H")]


def test_an_engine_that_was_killed_finds_its_agents_again(
    house: RunningCentre, stories: dict[Story, Future[Told]]
) -> None:
    for each in stories.values():
        each.exception()  # until they are over
    before = {each["id"]: each["state"] for each in house.ask("/agents")}
    house.kill("engine")
    after = {each["id"]: each["state"] for each in house.ask("/agents")}
    # whoever was finishing the work of a call is ready for the next one
    assert after == {name: "available" if state == "wrap-up" else state for name, state in before.items()}
    assert after["F"] == "available"
