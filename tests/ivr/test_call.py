"""Whole scripted calls with real voices, the real recogniser, the real store and recordings."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import soundfile

from calls.recordings import RecordingFolder
from calls.records import Agent, Call, CallEvent, EventKind, Leg, Outcome, Queue, Recording, Role
from calls.store import Store
from ivr.call import PlayedCall, play_call, take_call
from ivr.doors.script import ScriptDoor
from ivr.flow import Flow, load_flow
from ivr.script import Scenario, load_scenario
from speech.models import find_model
from speech.prompts import PromptLibrary
from speech.recogniser import VoskModel, load
from speech.resources import resource
from speech.voices import Speaker

pytestmark = pytest.mark.integration

STARTED = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

Play = Callable[[str], PlayedCall]


@pytest.fixture(scope="module")
def model() -> VoskModel:
    return load(find_model("builtin"))


@pytest.fixture(scope="module")
def flow() -> Flow:
    return load_flow(resource("prompts", "flows", "main.yaml"))


@pytest.fixture(scope="module")
def speaker() -> Iterator[Speaker]:
    with Speaker() as opened:
        yield opened


@pytest.fixture(scope="module")
def prompts(speaker: Speaker, tmp_path_factory: pytest.TempPathFactory) -> PromptLibrary:
    return PromptLibrary([], tmp_path_factory.mktemp("prompts"), speaker)


@pytest.fixture
def database(tmp_path: Path) -> str:
    """One kind of database is enough here: the store's own tests run on both."""
    return str(tmp_path / "huawu.db")


def scenario(name: str) -> Scenario:
    return load_scenario(resource("prompts", "scenarios", f"{name}.yaml"))


@pytest.fixture
def play(
    flow: Flow,
    store: Store,
    recordings: RecordingFolder,
    model: VoskModel,
    prompts: PromptLibrary,
    speaker: Speaker,
) -> Play:
    def played(name: str) -> PlayedCall:
        return play_call(
            scenario(name),
            flow,
            store=store,
            folder=recordings,
            model=model,
            prompts=prompts,
            speaker=speaker,
            rng=np.random.default_rng(1),
            started=STARTED,
        )

    return played


def way(store: Store, played: PlayedCall) -> list[str]:
    events = store.find(CallEvent, call_id=played.call_id, kind=EventKind.NODE, order_by="at")
    return [event.node for event in events]


def test_a_call_by_keys_leaves_all_its_records(play: Play, store: Store, flow: Flow) -> None:
    played = play("24-type-ahead")
    (recording,) = store.find(Recording, call_id=played.call_id)
    length = timedelta(seconds=recording.seconds)
    call = store.get(Call, played.call_id)
    assert call == Call(
        id=played.call_id,
        door="script",
        caller="19900010024",
        callee="main",
        started_at=STARTED,
        answered_at=STARTED,
        ended_at=STARTED + length,
        flow="main",
        flow_version=flow.version,
        outcome=Outcome.HANDED_OFF,
        hangup_cause="caller",
        agent_id="1004",
        queue_id="refund",
    )
    assert way(store, played) == ["welcome", "main_menu", "shop_menu", "agent_refund"]
    assert [(leg.role, leg.address, leg.ended_at) for leg in store.find(Leg, call_id=call.id)] == [
        (Role.CALLER, "19900010024", call.ended_at),
        (Role.AGENT, "1004", call.ended_at),
    ]
    assert store.get(Agent, "1004") == Agent(id="1004", name="许安", team="售后组")
    assert store.get(Queue, "refund").id == "refund"
    kinds = [event.kind.value for event in store.find(CallEvent, call_id=call.id, order_by="at")]
    assert kinds[-4:] == ["ENTERQUEUE", "CONNECT", "COMPLETECALLER", "hangup"]


def test_each_party_is_heard_on_its_own_channel_when_it_speaks(
    play: Play, store: Store, recordings: RecordingFolder
) -> None:
    played = play("18-praise-agent")
    (recording,) = store.find(Recording, call_id=played.call_id)
    sound, rate = soundfile.read(recordings.path(recording), dtype="int16")
    assert (rate, len(sound) / rate) == (8000, recording.seconds)
    assert {line.role for line in played.spoken} == {Role.CALLER, Role.AGENT, Role.SYSTEM}
    for line in played.spoken:
        stretch = sound[round(line.start * rate) : round(line.end * rate)]
        caller, far = np.sqrt(np.mean(stretch.astype(float) ** 2, axis=0))
        louder, quieter = (caller, far) if line.role is Role.CALLER else (far, caller)
        assert louder > 5 * quieter, line


def test_spoken_choices_are_understood_from_sound(play: Play, store: Store) -> None:
    played = play("29-weekend-offers")
    assert way(store, played) == [
        "welcome",
        "main_menu",
        "shop_menu",
        "offers",
        "anything_else",
        "goodbye",
        "end",
    ]
    assert store.get(Call, played.call_id).outcome is Outcome.CONTAINED


def test_silence_leads_out_after_three_questions(play: Play, store: Store) -> None:
    played = play("22-silent-caller")
    counts = store.find(CallEvent, call_id=played.call_id, kind=EventKind.NO_INPUT, order_by="at")
    assert [event.data["count"] for event in counts] == [1, 2, 3]
    call = store.get(Call, played.call_id)
    assert (call.outcome, call.hangup_cause) == (Outcome.FAILED, "no-input")


@pytest.mark.parametrize(
    ("name", "last"), [("25-hangs-up-in-prompt", "hangup"), ("26-gives-up-in-queue", "ABANDON")]
)
def test_a_caller_who_leaves_is_kept_as_abandoned(play: Play, store: Store, name: str, last: str) -> None:
    played = play(name)
    call = store.get(Call, played.call_id)
    assert (call.outcome, call.hangup_cause) == (Outcome.ABANDONED, "caller")
    assert last in {event.kind.value for event in store.find(CallEvent, call_id=call.id)}


def test_without_agents_the_caller_leaves_a_message(play: Play, store: Store) -> None:
    played = play("28-voicemail")
    assert store.get(Call, played.call_id).outcome is Outcome.VOICEMAIL
    assert way(store, played)[-5:] == ["busy", "voicemail", "message_kept", "goodbye", "end"]
    message = [line.text for line in played.spoken if line.role is Role.CALLER][-3:]
    assert message == list(scenario("28-voicemail").steps[-1].lines)


def test_no_trace_shows_a_number_that_was_entered(play: Play, store: Store) -> None:
    played = play("06-repair-never-came")
    trace = repr([event.data for event in store.find(CallEvent, call_id=played.call_id)])
    assert "13700286640" not in trace


def test_equal_generators_make_equal_sound(play: Play, store: Store) -> None:
    first, second = play("25-hangs-up-in-prompt"), play("25-hangs-up-in-prompt")
    sums = [store.find(Recording, call_id=each.call_id)[0].sha256 for each in (first, second)]
    assert sums[0] == sums[1]


def test_a_call_goes_on_when_the_disk_is_full(
    play: Play, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, room = os.write, 100_000

    def write_to_small_disk(file: int, data: bytes) -> int:
        nonlocal room
        room -= len(data)
        if room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, data)

    monkeypatch.setattr("calls.recordings.os.write", write_to_small_disk)
    played = play("24-type-ahead")
    (recording,) = store.find(Recording, call_id=played.call_id)
    assert recording.flags == ("disk-full",)
    assert store.get(Call, played.call_id).outcome is Outcome.HANDED_OFF


def test_a_call_that_is_broken_off_is_closed(
    play: Play, store: Store, prompts: PromptLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(name: str, text: str, language: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(prompts, "audio", interrupted)
    with pytest.raises(KeyboardInterrupt):
        play("24-type-ahead")
    (call,) = store.find(Call)
    assert (call.outcome, call.ended_at is not None) == (Outcome.INTERRUPTED, True)


def test_a_call_that_cannot_be_recorded_is_taken_all_the_same(
    tmp_path: Path, store: Store, flow: Flow, prompts: PromptLibrary, speaker: Speaker
) -> None:
    (tmp_path / "taken").write_text("a file, no folder")
    taken = take_call(
        ScriptDoor(scenario("25-hangs-up-in-prompt"), speaker, np.random.default_rng(1)),
        flow,
        store=store,
        folder=RecordingFolder(tmp_path / "taken"),
        model=None,
        sound_of=prompts.audio,
    )
    errors = [event.data for event in store.find(CallEvent, call_id=taken.call.id, kind=EventKind.ERROR)]
    assert [error["reason"] for error in errors] == ["recording"]
    assert store.find(Recording, call_id=taken.call.id) == []
    assert store.get(Call, taken.call.id).ended_at is not None
