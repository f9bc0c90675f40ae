"""Workers as real processes, which crash, hang and are killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing import Pipe, reduction
from multiprocessing.connection import wait
from pathlib import Path

import numpy as np
import pytest
import soundfile

from analytics.judge import Context, Judge
from analytics.training.shelf import ModelShelf
from calls.errors import ModelError
from calls.records import Role, Transcript, Utterance
from huawu.batch.crew import Limits
from huawu.batch.local import LocalExecutor
from huawu.batch.nursery import Born, Died, Fork, Ready
from huawu.batch.sizing import Plan
from huawu.batch.tasks import Analyse, Analysed, Kind, NotDone, Result, Task, Transcribe, Transcribed
from huawu.batch.worker import FAULTS
from speech.models import BUILTIN
from tests.peers.deadline import until

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[3]
#: What a hanging recording may take; it says that it is very short, the others that they are long.
LEAST = 0.5


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recordings")
    for name in ("good", "segv", "hang"):
        soundfile.write(folder / f"{name}.wav", np.zeros((800, 2)), 8000)
    return folder


@pytest.fixture(scope="module")
def executor() -> Iterator[LocalExecutor]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FAULTS, json.dumps({"segv.wav": "segv", "hang.wav": "hang"}))
        with LocalExecutor(Plan(workers=1), BUILTIN, limits=Limits(least=LEAST)) as opened:
            opened.wait(0)
            yield opened


def transcribe(path: Path, seconds: float = 1000.0) -> Transcribe:
    return Transcribe(key=path.name, place=str(path), call_id="c", recording_id="r", seconds=seconds)


def results(executor: LocalExecutor, count: int) -> list[tuple[str, Result]]:
    """Wait for so many results; return them with the names of the tasks."""
    done: list[tuple[Task, Result]] = []
    until = time.monotonic() + 120
    while len(done) < count and time.monotonic() < until:
        done += executor.wait(5)
    return [
        (task.key if isinstance(task, Transcribe) else ",".join(task.keys), result) for task, result in done
    ]


def wait_for(executor: LocalExecutor, what: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not what():
        assert time.monotonic() < until
        assert executor.wait(0.01) == []


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_crash_and_a_hang_cost_one_recording_each(executor: LocalExecutor, folder: Path) -> None:
    room = executor.room
    executor.submit(transcribe(folder / "segv.wav"))
    executor.submit(transcribe(folder / "hang.wav", seconds=0.01))
    assert (room, executor.room) == (2, 0)
    bad = results(executor, 2)
    executor.submit(transcribe(folder / "good.wav"))
    [(name, good)] = results(executor, 1)

    crash = "the worker that did it crashed: SIGSEGV (Segmentation fault)"
    late = "took longer than 0.5 s, and was given up"
    assert bad == [
        ("segv.wav", NotDone(kind=Kind.CRASH, reason=crash)),
        ("hang.wav", NotDone(kind=Kind.TIMEOUT, reason=late)),
    ]
    assert (name, type(good)) == ("good.wav", Transcribed)
    assert executor.room == room


def test_the_task_of_a_worker_that_was_killed_is_tried_once_more(
    executor: LocalExecutor, folder: Path
) -> None:
    executor.submit(transcribe(folder / "good.wav"))
    results(executor, 1)
    [worker] = executor.pids
    os.kill(worker, signal.SIGSTOP)  # so that it dies with the task
    executor.submit(transcribe(folder / "good.wav"))
    executor.wait(0.1)
    os.kill(worker, signal.SIGKILL)

    [(_, result)] = results(executor, 1)

    assert isinstance(result, Transcribed)
    assert executor.pids != (worker,)


def test_who_is_killed_twice_has_crashed(executor: LocalExecutor, folder: Path) -> None:
    executor.submit(transcribe(folder / "hang.wav"))
    done: list[tuple[Task, Result]] = []
    killed: set[int] = set()
    until = time.monotonic() + 60
    while not done and time.monotonic() < until:
        for pid in set(executor.pids) - killed:
            os.kill(pid, signal.SIGKILL)
            killed.add(pid)
        done += executor.wait(0.05)
    [(_, result)] = done

    reason = "the worker that did it was killed 2 times, at last by SIGKILL: is there too little memory?"
    assert len(killed) >= 2
    assert result == NotDone(kind=Kind.CRASH, reason=reason)


def test_it_goes_on_when_who_holds_the_model_is_killed(executor: LocalExecutor, folder: Path) -> None:
    executor.submit(transcribe(folder / "good.wav"))
    results(executor, 1)
    [worker] = executor.pids
    status = Path(f"/proc/{worker}/status").read_text()
    os.kill(int(status.partition("PPid:")[2].split()[0]), signal.SIGKILL)
    executor.submit(transcribe(folder / "good.wav"))

    [(_, result)] = results(executor, 1)

    assert isinstance(result, Transcribed)
    until(lambda: not lives(worker), 10, "its workers end with it")


def test_calls_are_judged_as_by_the_judge_itself(executor: LocalExecutor) -> None:
    said = Utterance(number=0, role=Role.CALLER, start=0, end=2, text="我要投诉你们的宽带")
    transcript = Transcript(call_id="c", recording_id="r", recogniser="", model="", utterances=(said,))
    executor.submit(Analyse(keys=("1",), transcripts=(transcript,), contexts=(Context(),)))
    [(_, result)] = results(executor, 1)

    judge = Judge.load(trained=ModelShelf())
    assert isinstance(result, Analysed)
    assert result.scored_by == judge.scored_by
    [judged], expected = result.judgements, judge.judge(transcript)
    assert judged.metrics.values == expected.metrics.values
    assert judged.risk.reasons == expected.risk.reasons
    assert [(each.kind, each.label) for each in judged.findings] == [
        (each.kind, each.label) for each in expected.findings
    ]


def test_a_worker_makes_way_after_its_hours(folder: Path) -> None:
    with LocalExecutor(Plan(workers=1), BUILTIN, limits=Limits(hours=1e-6)) as executor:
        for _ in range(2):
            executor.submit(transcribe(folder / "good.wav"))
            [(_, result)] = results(executor, 1)
            assert isinstance(result, Transcribed)
            wait_for(executor, lambda: executor.pids == ())


def test_a_model_that_cannot_be_loaded_is_said_at_once(folder: Path) -> None:
    with LocalExecutor(Plan(workers=1), "no-such-model") as executor:
        executor.submit(transcribe(folder / "good.wav"))
        for _ in range(2):
            with pytest.raises(ModelError, match="there is no model 'no-such-model'"):
                executor.wait(60)


def test_a_model_of_another_engine_is_shared_as_well(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="onnx is not installed")
    pytest.importorskip("sherpa_onnx", reason="sherpa-onnx is not installed")
    from tests.speech.toy_sherpa import sense_voice
    from tests.speech.toy_voice import RATE, say

    soundfile.write(tmp_path / "call.wav", say("好不 行好"), RATE)
    with LocalExecutor(Plan(workers=1), str(sense_voice(tmp_path / "toy"))) as executor:
        executor.submit(transcribe(tmp_path / "call.wav"))
        [(_, result)] = results(executor, 1)

    assert isinstance(result, Transcribed)
    assert result.transcript.model == "toy"
    assert [each.text for each in result.transcript.utterances] == ["好不", "行好"]


def test_a_model_that_cannot_be_shared_is_loaded_by_each_worker(folder: Path) -> None:
    ours, theirs = Pipe()
    tasks, worker_end = Pipe()
    command = [sys.executable, "-m", "huawu.batch.nursery", str(theirs.fileno()), "transcribe", BUILTIN]
    with subprocess.Popen([*command, "--bare"], pass_fds=[theirs.fileno()]) as nursery:
        with theirs, worker_end:
            ready = ours.recv()
            ours.send(Fork(7))
            reduction.send_handle(ours, worker_end.fileno(), nursery.pid)
        born = ours.recv()
        tasks.send((transcribe(folder / "good.wav"), 1))
        result = tasks.recv()
        tasks.close()
        died = ours.recv()
        ours.close()

    assert (ready, born, died) == (Ready(), Born(7, born.pid), Died(7, 0))
    assert isinstance(result, Transcribed)
    assert nursery.returncode == 0


def test_nobody_outlives_the_process_that_gave_the_tasks(folder: Path) -> None:
    program = f"""
from pathlib import Path
from huawu.batch.local import LocalExecutor
from huawu.batch.nursery import Born, Died, Fork, Ready
from huawu.batch.sizing import Plan
from tests.huawu.batch.test_local import transcribe
executor = LocalExecutor(Plan(workers=2), "builtin")
for _ in range(2):
    executor.submit(transcribe(Path({str(folder / "hang.wav")!r})))
while len(executor.pids) < 2:
    executor.wait(0.01)
print(*executor.pids, flush=True)
executor.wait(600)
"""
    environment = {**os.environ, FAULTS: '{"hang.wav": "hang"}'}
    parent = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, env=environment, cwd=ROOT
    )
    with parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        ends = [os.pidfd_open(pid) for pid in pids]
        parent.kill()
    ended = [end for end in ends if wait([end], 60)]
    for end in ends:
        os.close(end)
    assert len(pids) == 2
    assert ended == ends
