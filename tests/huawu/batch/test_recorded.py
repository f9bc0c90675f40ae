"""Recordings that are in the database already take their place in the ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from calls.batches import BatchFile, FileState, Step, file_id
from calls.recordings import RecordingFolder
from calls.records import Call, CallRisk, Recording, Role, Transcript
from calls.store import Store
from huawu.batch.recorded import BATCH, take_up

pytestmark = pytest.mark.integration
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def recorded(store: Store, name: str, *more: object, minutes: int = 0, over: bool = True) -> Recording:
    started = NOON + timedelta(minutes=minutes)
    call = Call(id=name, door="sip", started_at=started, ended_at=NOON if over else None)
    recording = Recording(
        id=f"of-{name}", call_id=name, uri=f"{name}.wav", channels=(Role.CALLER, Role.AGENT), seconds=60.0
    )
    store.add(call, recording, *more)
    return recording


def written(name: str) -> Transcript:
    return Transcript(call_id=name, recogniser="test", model="test", created_at=NOON)


def steps(store: Store) -> dict[str | None, Step]:
    return {each.call_id: each.step for each in store.find(BatchFile, batch=BATCH, state=FileState.WAITING)}


@pytest.fixture
def centre(store: Store) -> Store:
    """Calls that were not transcribed, not judged, done, and one that runs."""
    recorded(store, "new", minutes=2)
    recorded(store, "newer", minutes=3)
    recorded(store, "told", written("told"), minutes=1)
    recorded(store, "done", written("done"), CallRisk(call_id="done", probability=0.5, base=0.0))
    recorded(store, "running", over=False)
    return store


def test_what_has_no_transcript_or_no_judgement_waits(centre: Store, recordings: RecordingFolder) -> None:
    assert take_up(centre, recordings) == 3

    assert steps(centre) == {"new": Step.TRANSCRIBE, "newer": Step.TRANSCRIBE, "told": Step.ANALYSE}
    place = str(recordings.root / "new.wav")
    row = centre.get(BatchFile, file_id(place))
    assert (row.place, row.recording_id, row.seconds) == (place, "of-new", 60.0)


def test_asking_again_takes_the_place_of_what_was_asked_before(
    centre: Store, recordings: RecordingFolder
) -> None:
    take_up(centre, recordings)

    assert take_up(centre, recordings, limit=2) == 2

    assert steps(centre) == {"told": Step.ANALYSE, "new": Step.TRANSCRIBE}  # the oldest


def test_all_are_transcribed_again_where_that_is_asked_for(
    centre: Store, recordings: RecordingFolder
) -> None:
    assert take_up(centre, recordings, again=True) == 4

    assert set(steps(centre).values()) == {Step.TRANSCRIBE}
    assert "running" not in steps(centre)


def test_what_a_batch_has_tried_in_vain_is_left_to_it(centre: Store, recordings: RecordingFolder) -> None:
    tried = BatchFile(
        id="of-a-batch",
        place="/archive/new.wav",
        batch="archive",
        step=Step.TRANSCRIBE,
        state=FileState.FAILED,
        call_id="new",
        recording_id="of-new",
    )
    half = BatchFile(
        id="other",
        place="/archive/newer.wav",
        batch="archive",
        step=Step.TRANSCRIBE,
        call_id="newer",
        recording_id="of-newer",
    )
    centre.add(tried, half)

    assert take_up(centre, recordings) == 2

    assert centre.get(BatchFile, tried.id) == tried
    assert centre.get(BatchFile, half.id).batch == BATCH
