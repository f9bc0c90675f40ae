"""Four hundred files, bad ones among them, the job and its workers killed: nothing is lost or doubled."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import soundfile

from analytics.search.index import SearchIndex
from calls.batches import BatchFile, FileState, Step
from calls.store import Store
from huawu.batch.worker import FAULTS
from tests.huawu.batch.scene import RATE, left_behind, spoken, tone

pytestmark = [pytest.mark.integration, pytest.mark.slow]

FILES = 400
#: What the bad ones say, by the beginning of their reasons after their names.
BAD = {
    "empty.wav": "is empty (0 bytes)",
    "three.wav": "has 3 channels; a call has one",
    "words.wav": "is not sound that libsndfile knows",
    "head.wav": "holds no sound",
    "segv.wav": "SIGSEGV",
    "hang.wav": "longer than",
}
FAULTY = json.dumps({"segv.wav": "segv", "hang.wav": "hang"})


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    words = spoken()
    (folder / "words.wav").write_text("this is no sound")
    (folder / "notes.txt").write_text("nor is this")
    (folder / "empty.wav").touch()
    (folder / "head.wav").write_bytes(words[:44])
    (folder / "cut.wav").write_bytes(words[: len(words) // 2])
    (folder / "again.wav").write_bytes(words[: len(words) // 2])
    tone(folder / "three.wav", 300, channels=3)
    tone(folder / "segv.wav", 301)
    tone(folder / "hang.wav", 302)
    tone(folder / "locked.wav", 303).chmod(0)
    sound, _ = soundfile.read(folder / "cut.wav")
    for number in range(10):
        (folder / f"day-{number}").mkdir()
        soundfile.write(folder / f"day-{number}" / "said.wav", (0.5 + number / 20) * sound, RATE)
    count = FILES - sum(1 for each in folder.rglob("*.wav"))
    for number in range(count):
        tone(folder / f"day-{number % 10}" / f"{number}.wav", 400 + number, 0.1, channels=1 + number % 2)
    return folder


def job(archive: Path, database: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "huawu", "batch", str(archive), "--to", str(database)]
    command += ["--model", "builtin", "--jobs", "2", "--time-limit", "5"]
    command += ["--recordings", str(database.parent / "recordings")]
    environment = {**os.environ, FAULTS: FAULTY}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    )


def until(running: subprocess.Popen[str], condition: Callable[[], bool]) -> None:
    """Wait for a condition, as long as the job runs."""
    end, pause = time.monotonic() + 600, threading.Event()
    while not condition():
        assert running.poll() is None, running.communicate()[0]
        assert time.monotonic() < end
        pause.wait(0.1)


def beyond(store: Store, *steps: Step) -> int:
    """Return how many files have come to one of the steps."""
    return store.count(BatchFile, step=steps, state=[FileState.WAITING, FileState.DONE])


def workers(pid: int) -> list[int]:
    """Return the processes that do the tasks of a job: they are forked from those which hold its models."""
    return [worker for nursery in children(pid) for worker in children(nursery)]


def children(pid: int) -> Iterator[int]:
    for each in Path("/proc").glob("[0-9]*/stat"):
        try:
            parts = each.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(parts[1]) == pid and parts[0] != "Z":
            yield int(each.parent.name)


def kill_a_worker(running: subprocess.Popen[str]) -> None:
    """Kill the youngest worker."""
    until(running, lambda: bool(workers(running.pid)))
    os.kill(max(workers(running.pid)), signal.SIGKILL)


def test_a_job_that_is_killed_leaves_what_an_undisturbed_one_does(archive: Path, tmp_path: Path) -> None:
    calm, wild = tmp_path / "calm" / "huawu.db", tmp_path / "wild" / "huawu.db"
    undisturbed = job(archive, calm)
    told = undisturbed.communicate(timeout=900)[0]
    assert undisturbed.returncode == 1, told

    with Store.open(wild) as seen:
        first = job(archive, wild)
        until(first, lambda: beyond(seen, Step.TRANSCRIBE) > 0)
        first.kill()
        first.communicate()
        second = job(archive, wild)
        for reached in (50, 100):
            until(second, lambda reached=reached: beyond(seen, Step.ANALYSE) >= reached)  # type: ignore[misc]
            kill_a_worker(second)
        until(second, lambda: beyond(seen, Step.ANALYSE) >= 200)
        second.kill()
        second.communicate()
        third = job(archive, wild)
        until(third, lambda: beyond(seen, Step.INDEX, Step.DONE) > 0)
        kill_a_worker(third)
        told = third.communicate(timeout=900)[0]
    assert third.returncode == 1, told

    with Store.open(calm) as one, Store.open(wild) as other:
        expected, found = left_behind(one), left_behind(other)
        reasons = {each.place: each.reason for each in other.find(BatchFile, state=FileState.FAILED)}
        assert other.count(BatchFile, state=FileState.WAITING) == 0
    with SearchIndex.open(calm) as index, SearchIndex.open(wild) as another:
        assert index.size() == another.size() == len(found) - len(reasons) - 1 + 2
        assert index.backlog() == another.backlog() == 0
    assert found.keys() == expected.keys()
    assert [place for place in found if found[place] != expected[place]] == []
    assert len(found) == FILES
    for name, reason in BAD.items():
        assert reason in reasons.pop(str(archive / name)), name
    unreadable = reasons.pop(str(archive / "locked.wav"), None)  # root reads everything
    assert (unreadable is None) == os.access(archive / "locked.wav", os.R_OK)
    assert reasons == {}
