"""The job with real models and a real database; only the processes that would do the tasks are left out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from analytics.search.index import SearchIndex
from analytics.search.query import parse
from analytics.search.wanted import Wanted
from calls.batches import BatchFile, FileState, Step, file_id
from calls.recordings import RecordingFolder
from calls.records import Agent, Call, CallRisk, Finding, Layout, Outcome, Queue, Recording, Role, Transcript
from calls.store import Store
from huawu.batch.entry import Entry
from huawu.batch.figures import Figures
from huawu.batch.ingest import Ingest
from huawu.batch.job import Job
from huawu.batch.ledger import Ledger
from huawu.batch.running import finish
from huawu.batch.sources import Tally, entries
from tests.huawu.batch.scene import CRASH, LATE, Gone, Here, left_behind, spoken, tone

pytestmark = pytest.mark.integration
NINE = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)

Run = Callable[..., tuple[Figures, Here]]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A complaint, three recordings without words, one of them mono, and three that are none."""
    folder = tmp_path / "archive"
    folder.mkdir()
    (folder / "complaint.wav").write_bytes(spoken())
    for number in (1, 2):
        tone(folder / f"tone-{number}.wav", 300 + number)
    tone(folder / "mono.wav", 310, channels=1)
    tone(folder / "three.wav", 320, channels=3)
    (folder / "empty.wav").touch()
    (folder / "words.wav").write_text("this is no sound")
    return folder


@pytest.fixture
def place(tmp_path: Path) -> str:
    return str(tmp_path / "huawu.db")


@pytest.fixture
def run(archive: Path, place: str) -> Iterator[Run]:
    """Runs a job on the archive, or on some entries, as often as it is called."""

    def once(
        given: list[Entry] | None = None,
        *,
        here: Here | None = None,
        copy: bool = False,
        retry_failed: bool = False,
        limit: int | None = None,
        resting_since: float | None = None,
        batch: str = "archive",
    ) -> tuple[Figures, Here]:
        here = here or Here()
        with Store.open(place) as store:
            ledger = Ledger(store, batch)
            folder = RecordingFolder(Path(place).parent / "recordings")
            ingest = Ingest(store, folder, ledger, copy=copy, retry_failed=retry_failed)
            job = Job(store, folder, ledger, lambda: here)
            listed = given if given is not None else entries(archive, tally=Tally())
            try:
                job.ingest(listed, ingest, limit=limit, resting_since=resting_since)
                finish(job, place)
            finally:
                job.close()
                ingest.close()
        return job.figures, here

    yield once


def rows(place: str) -> dict[str, tuple[FileState, Step, str]]:
    with Store.open(place) as store:
        return {Path(each.place).name: (each.state, each.step, each.reason) for each in store.find(BatchFile)}


def test_an_archive_becomes_calls_with_findings_that_can_be_searched(
    run: Run, place: str, archive: Path
) -> None:
    figures, here = run()

    with Store.open(place) as store:
        file = store.get(BatchFile, file_id(str(archive / "complaint.wav")))
        call = store.get(Call, str(file.call_id))
        (recording,) = store.find(Recording, call_id=call.id)
        (transcript,) = store.find(Transcript, call_id=call.id)
        labels = {each.label for each in store.find(Finding, call_id=call.id, kind="complaint")}
        assert store.count(CallRisk) == 4
    with SearchIndex.open(place) as index:
        assert index.call_ids(Wanted(node=parse("投诉")), 5) == [call.id]
    assert (figures.taken, figures.transcribed, figures.analysed, figures.finished) == (4, 4, 4, 4)
    assert (figures.failed, figures.known, figures.duplicates) == (3, 0, 0)
    assert (file.state, file.step) == (FileState.DONE, Step.DONE)
    assert recording.uri == (archive / "complaint.wav").as_uri()
    assert recording.id == file.recording_id == transcript.recording_id and recording.sha256 == file.sha256
    assert recording.seconds == pytest.approx((call.ended_at - call.started_at).total_seconds())  # type: ignore[operator]
    assert call.door == "archive"
    assert "投诉" in transcript.utterances[0].text and transcript.utterances[0].level is not None
    assert labels and "none" not in labels
    assert here.closed


def test_each_file_that_cannot_be_used_has_its_reason_and_is_no_call(
    run: Run, place: str, archive: Path
) -> None:
    run()

    found = rows(place)
    failed = {name: reason for name, (state, _, reason) in found.items() if state is FileState.FAILED}
    assert set(failed) == {"three.wav", "empty.wav", "words.wav"}
    assert failed["three.wav"].startswith(f"{archive / 'three.wav'} has 3 channels; a call has one")
    assert failed["empty.wav"].startswith(f"{archive / 'empty.wav'} is empty (0 bytes)")
    assert failed["words.wav"].startswith(f"{archive / 'words.wav'} is not sound that libsndfile knows")
    with Store.open(place) as store:
        assert store.count(Call) == store.count(Recording) == 4


def test_a_second_run_has_nothing_to_do(run: Run, place: str) -> None:
    run()
    with Store.open(place) as store:
        before = left_behind(store)

    figures, here = run()

    with Store.open(place) as store:
        assert left_behind(store) == before
    assert here.done == []
    assert (figures.known, figures.taken, figures.failed) == (7, 0, 0)


def test_a_job_that_is_ended_at_any_task_goes_on_and_leaves_the_same(
    run: Run, place: str, tmp_path: Path
) -> None:
    run()
    with Store.open(place) as store:
        undisturbed = left_behind(store)
    for name in ("huawu.db", "huawu.db-wal", "huawu.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)

    tasks: list[str] = []
    for _ in range(5):  # four recordings, and then their calls together
        here = Here(tasks=1)
        with suppress(Gone):
            run(here=here)
        tasks += here.done

    _, last = run()
    with Store.open(place) as store:
        assert left_behind(store) == undisturbed
    assert sorted(tasks) == ["4 calls", "complaint.wav", "mono.wav", "tone-1.wav", "tone-2.wav"]
    assert last.done == []


def test_what_crashes_is_tried_twice_and_what_is_late_once(run: Run, place: str) -> None:
    here = Here({"tone-1.wav": [CRASH, CRASH], "tone-2.wav": [CRASH], "mono.wav": [LATE]})

    figures, _ = run(here=here)

    found = rows(place)
    assert found["tone-1.wav"] == (FileState.FAILED, Step.TRANSCRIBE, CRASH.reason)
    assert found["tone-2.wav"] == (FileState.DONE, Step.DONE, "")
    assert found["mono.wav"] == (FileState.FAILED, Step.TRANSCRIBE, LATE.reason)
    assert sorted(here.done) == sorted(
        ["complaint.wav", "mono.wav", "tone-1.wav", "tone-1.wav", "tone-2.wav", "tone-2.wav", "2 calls"]
    )
    assert (figures.again, figures.failed, figures.finished) == (2, 5, 2)


def test_of_calls_that_cannot_be_judged_together_each_is_tried_alone(run: Run, place: str) -> None:
    figures, here = run(here=Here({"analyse": [LATE, CRASH, LATE, CRASH]}))

    states = [state for state, step, _ in rows(place).values() if step in (Step.ANALYSE, Step.DONE)]
    assert here.done[4:] == ["4 calls", *["1 calls"] * 6]
    assert sorted(states) == [*[FileState.DONE] * 3, FileState.FAILED]
    assert (figures.finished, figures.again) == (3, 6)


def test_failed_ones_are_tried_again_when_that_is_asked_for(run: Run, place: str, archive: Path) -> None:
    run(here=Here({"mono.wav": [LATE]}))

    left, idle = run()
    again, here = run(retry_failed=True)

    assert idle.done == [] and left.known == 7
    assert here.done == ["mono.wav", "1 calls"]
    assert (again.taken, again.failed, again.finished) == (1, 3, 1)
    assert rows(place)["mono.wav"] == (FileState.DONE, Step.DONE, "")


def test_the_same_sound_is_taken_in_once(run: Run, place: str, archive: Path) -> None:
    (archive / "again.wav").write_bytes((archive / "tone-1.wav").read_bytes())
    run()
    (archive / "later.wav").write_bytes((archive / "tone-1.wav").read_bytes())

    figures, here = run()

    reason = f"the same sound as {archive / 'again.wav'}"
    found = rows(place)
    assert found["again.wav"][0] is FileState.DONE
    assert found["tone-1.wav"] == found["later.wav"] == (FileState.DUPLICATE, Step.INGEST, reason)
    assert (figures.duplicates, here.done) == (1, [])


def test_a_file_that_was_changed_is_done_again_in_the_same_call(run: Run, place: str, archive: Path) -> None:
    run()
    with Store.open(place) as store:
        before = store.get(BatchFile, file_id(str(archive / "tone-1.wav")))
    (archive / "tone-1.wav").write_bytes(spoken())
    (archive / "complaint.wav").unlink()
    os.utime(archive / "tone-2.wav", (1e9, 1e9))

    figures, here = run()

    with Store.open(place) as store:
        after = store.get(BatchFile, before.id)
        duplicate = after.reason
    # the sound is that of a recording that is still known
    assert duplicate == f"the same sound as {archive / 'complaint.wav'}"
    assert here.done == [] and figures.known == 5  # one of them was touched, and three have failed

    tone(archive / "tone-1.wav", 999)
    _, here = run()
    assert here.done == ["tone-1.wav", "1 calls"]


def test_a_file_that_grows_is_left_until_it_rests(run: Run, place: str, archive: Path) -> None:
    for each in archive.iterdir():
        os.utime(each, (1000.0, 1000.0))
    os.utime(archive / "tone-1.wav", (1030.0, 1030.0))

    first, _ = run(resting_since=1020.0)
    second, _ = run(resting_since=1040.0)

    assert (first.growing, first.taken) == (1, 3)
    assert (second.growing, second.taken, second.finished) == (0, 1, 1)


def test_no_more_than_the_limit_is_taken_in_at_a_time(run: Run, place: str) -> None:
    counts = [run(limit=3)[0] for _ in range(4)]

    assert [each.taken + each.failed for each in counts] == [3, 3, 1, 0]
    assert len(rows(place)) == 7


def test_copies_lie_in_the_folder_by_their_checksums(run: Run, place: str, archive: Path) -> None:
    run(copy=True)

    folder = RecordingFolder(Path(place).parent / "recordings")
    with Store.open(place) as store:
        (recording,) = store.find(
            Recording, id=store.get(BatchFile, file_id(str(archive / "mono.wav"))).recording_id
        )
    assert recording.uri == f"archive/{recording.sha256[:2]}/{recording.sha256}.wav"
    assert folder.path(recording).read_bytes() == (archive / "mono.wav").read_bytes()
    assert (recording.layout, recording.channels) == (Layout.MONO, (Role.UNKNOWN,))


def test_what_the_source_knows_of_a_call_is_kept(run: Run, place: str, archive: Path) -> None:
    known = Call(id="42.7", door="cdr", started_at=NINE, ended_at=NINE, caller="13800001234")
    with Store.open(place) as store:
        store.add(known, Agent(id="1001", name="王敏"))
    about = dict(agent="SIP/1001", queue="售后", started_at=NINE, first_channel=Role.AGENT)
    given = [
        Entry(place=str(archive / "tone-1.wav"), call="42.7", caller="unknown", **about),  # type: ignore[arg-type]
        Entry(place=str(archive / "tone-2.wav"), call="42.7", **about),  # type: ignore[arg-type]
        Entry(place=str(archive / "complaint.wav"), call="42.8", caller="10086", **about),  # type: ignore[arg-type]
    ]

    run(given)

    with Store.open(place) as store:
        calls = {each.id: each for each in store.find(Call)}
        assert store.find(Agent) == [Agent(id="1001", name="王敏")]
        assert store.find(Queue) == [Queue(id="售后")]
        second = f"42.7-{file_id(given[1].place)[:12]}"
        assert set(calls) == {"42.7", second, "42.8"}
        heard = {each.call_id: each for each in store.find(Recording)}
        assert heard["42.8"].channels == (Role.AGENT, Role.CALLER)
        assert (heard[second].layout, heard[second].channels) == (Layout.TWIN, (Role.UNKNOWN,) * 2)
    assert calls["42.7"] == Call(
        id="42.7",
        door="cdr",
        started_at=NINE,
        ended_at=NINE,
        caller="13800001234",
        agent_id="1001",
        queue_id="售后",
    )
    assert calls["42.8"].caller == "10086" and calls["42.8"].outcome is Outcome.HANDED_OFF
    assert calls["42.8"].started_at == NINE


def test_what_is_not_there_fails_until_it_is(run: Run, place: str, archive: Path) -> None:
    missing = [Entry(place=str(archive / "later.wav"))]
    run(missing)
    assert rows(place)["later.wav"][2].startswith(f"{archive / 'later.wav'}: No such file")

    tone(archive / "later.wav", 777)
    figures, _ = run(missing)

    assert figures.finished == 1
    (archive / "later.wav").unlink()
    assert run(missing)[0].known == 1


def test_a_batch_of_another_name_takes_up_what_the_first_left(run: Run, place: str) -> None:
    with suppress(Gone):
        run(here=Here(tasks=0))

    figures, _ = run(batch="second")

    with Store.open(place) as store:
        assert {each.batch for each in store.find(BatchFile)} == {"second"}
    assert (figures.taken, figures.finished, figures.known) == (4, 4, 3)


def test_a_job_waits_for_who_has_no_room_yet(run: Run) -> None:
    figures, _ = run(here=Here(no_room=True))

    assert figures.finished == 4
