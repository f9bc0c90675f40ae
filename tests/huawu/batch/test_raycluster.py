"""A real Ray cluster of two nodes on this machine."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from calls.errors import BatchError, FetchError, ModelError
from huawu.batch.crew import Limits
from huawu.batch.local import LocalExecutor
from huawu.batch.raycluster import STORE_BYTES, RayExecutor, model_here
from huawu.batch.sizing import Plan
from huawu.batch.tasks import Executor, NotDone, Result, Transcribe, Transcribed
from huawu.batch.worker import FAULTS
from speech.models import BUILTIN
from speech.voices import VOICES, Speaker

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
pytest.importorskip("ray", reason="ray is not installed")

pytestmark = [
    pytest.mark.integration,
    pytest.mark.slow,
    # Ray leaves its connections and processes to the end of the process
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
FAULT = {FAULTS: json.dumps({"segv.wav": "segv", "hang.wav": "hang"})}
LIMITS = Limits(least=0.5)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recordings")
    with Speaker() as speaker:
        said = speaker.say("我要投诉你们的宽带", VOICES["caller-1"], 8000)
    for name in ("spoken", "segv", "hang"):
        soundfile.write(folder / f"{name}.wav", np.stack([said, np.zeros_like(said)]).T, 8000)
    (folder / "broken.wav").write_bytes(b"nothing")
    return folder


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two nodes of one processor each, to which this process is connected."""
    import ray
    from ray.cluster_utils import Cluster

    node = {"num_cpus": 1, "object_store_memory": STORE_BYTES, "include_dashboard": False}
    made = Cluster(initialize_head=True, head_node_args=node)
    made.add_node(num_cpus=1, object_store_memory=STORE_BYTES)
    ray.init(address=made.address, log_to_driver=False, logging_level="WARNING")
    yield made
    ray.shutdown()
    made.shutdown()


def transcribe(path: Path, number: int = 0, seconds: float = 1000.0) -> Transcribe:
    key = f"{path.name} {number}"
    return Transcribe(key=key, place=str(path), call_id="c", recording_id="r", seconds=seconds)


def rows(executor: Executor, tasks: list[Transcribe], given: int = 0) -> dict[str, Any]:
    """Do tasks, and ``given`` ones that were submitted before; return what is stored of each."""
    waiting, done = list(reversed(tasks)), dict[str, Any]()
    until = time.monotonic() + 300
    while len(done) < len(tasks) + given and time.monotonic() < until:
        while waiting and executor.room:
            executor.submit(waiting.pop())
        for task, result in executor.wait(5):
            assert isinstance(task, Transcribe)
            assert task.key not in done
            done[task.key] = row(result)
    return done


def row(result: Result) -> Any:
    """Return a result less ids and clocks."""
    if isinstance(result, Transcribed):
        transcript = replace(result.transcript, id="", created_at=EPOCH)
        return replace(result, transcript=transcript, cpu_seconds=0, wall_seconds=0)
    return result


def test_a_cluster_gives_the_rows_of_one_machine(cluster: Any, folder: Path) -> None:
    names = ("spoken", "broken", "segv", "missing", "spoken", "spoken")
    tasks = [transcribe(folder / f"{name}.wav", number) for number, name in enumerate(names)]
    tasks.append(transcribe(folder / "hang.wav", seconds=0.01))
    said: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FAULTS, FAULT[FAULTS])
        with LocalExecutor(Plan(workers=1), BUILTIN, limits=LIMITS) as local:
            expected = rows(local, tasks)
    with RayExecutor("auto", BUILTIN, say=said.append, limits=LIMITS, environment=FAULT) as executor:
        found = rows(executor, tasks)
        assert executor.room == 4

    assert found == expected
    assert sum(isinstance(each, NotDone) for each in found.values()) == 4
    assert len(said) == 2
    assert all(": 1 worker, up to 2 threads each" in line for line in said)


def test_a_node_that_is_killed_loses_nothing(cluster: Any, folder: Path) -> None:
    with RayExecutor("auto", BUILTIN, limits=Limits()) as executor:
        first = [transcribe(folder / "spoken.wav", number) for number in range(4)]
        assert len(rows(executor, first)) == 4
        doomed = cluster.worker_nodes.copy().pop()
        [worker] = executor.pids()[doomed.node_id]
        os.kill(worker, signal.SIGSTOP)  # so that the node dies with tasks
        tasks = [transcribe(folder / "spoken.wav", number) for number in range(8)]
        for task in tasks[:4]:
            executor.submit(task)
        assert executor.room == 0
        cluster.remove_node(doomed, allow_graceful=False)

        found = rows(executor, tasks[4:], given=4)

    assert sorted(found) == sorted(task.key for task in tasks)
    assert all(isinstance(each, Transcribed) for each in found.values())


def test_a_model_that_no_node_has_is_said(cluster: Any) -> None:
    with pytest.raises(ModelError, match="there is no model 'no-such-model'"):
        RayExecutor("auto", "no-such-model")


def test_a_model_of_the_manifest_is_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HUAWU_MODEL_MIRROR", "http://127.0.0.1:9/")

    with pytest.raises(FetchError, match=r"vosk-model-small-cn-0\.22"):
        model_here("vosk-model-small-cn-0.22")


def test_a_cluster_that_is_not_there_is_said() -> None:
    import ray

    ray.shutdown()
    with pytest.raises(BatchError, match=r"no Ray cluster at 127\.0\.0\.1:9: .*refused"):
        RayExecutor("127.0.0.1:9", BUILTIN)
