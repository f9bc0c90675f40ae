"""``huawu batch`` as its users see it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from calls.batches import BatchFile, BatchLock, FileState
from calls.errors import BatchError
from calls.records import Call, Finding
from calls.store import Store
from huawu.batch.lock import process_mark
from huawu.batch_command import batch_command
from tests.huawu.batch.scene import spoken, tone

pytestmark = [pytest.mark.integration, pytest.mark.slow]


def run(*arguments: str | Path) -> tuple[int, list[str]]:
    app = typer.Typer()
    app.command()(batch_command)
    result = CliRunner().invoke(app, [*map(str, arguments), "--model", "builtin", "--jobs", "1"])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout.splitlines()


@dataclass(frozen=True)
class Ran:
    """A run on an archive with a complaint, a tone and a text."""

    folder: Path
    planned: tuple[int, list[str]]
    done: tuple[int, list[str]]

    @property
    def places(self) -> list[str | Path]:
        return [self.folder / "archive", "--to", self.folder / "huawu.db", "--recordings", self.folder]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("batch")
    (folder / "archive").mkdir()
    (folder / "archive" / "20261102-091500_1001_13800001234.wav").write_bytes(spoken())
    tone(folder / "archive" / "tone.wav", 300)
    (folder / "archive" / "words.wav").write_text("this is no sound")
    given = Ran(folder, (0, []), (0, []))
    options = ["--template", "{started_at:%Y%m%d-%H%M%S}_{agent}_{caller}.wav", "--zone", "Asia/Shanghai"]
    planned = run(*given.places, "--dry-run")
    assert not (folder / "huawu.db").exists()
    options += ["--report", str(folder / "report.jsonl"), "--metrics", str(folder / "huawu.prom")]
    return Ran(folder, planned, run(*given.places, *options))


def test_the_archive_is_done_and_what_failed_is_named(ran: Ran) -> None:
    code, lines = ran.done

    with Store.open(ran.folder / "huawu.db") as store:
        (call,) = store.find(Call, agent_id="1001")
        assert store.count(Finding, call_id=call.id, kind="complaint") == 1
    assert (call.caller, call.started_at.isoformat()) == ("13800001234", "2026-11-02T01:15:00+00:00")
    assert code == 1
    assert lines[0].startswith(f"{ran.folder / 'archive' / 'words.wav'} is not sound that libsndfile knows")
    assert lines[1].startswith("names that do not fit the template: 2, as ")
    assert lines[2].startswith("2 taken in, 2 done, 0 known before, 1 failed; 0:00:0")


def test_a_dry_run_says_what_would_be_done(ran: Ran) -> None:
    assert ran.planned == (0, ["       3  new", "       3  recordings; nothing was done"])
    assert run(*ran.places, "--dry-run") == (
        0,
        [
            "       1  failed before, would be left so",
            "       2  done before",
            "       3  recordings; nothing was done",
        ],
    )


def test_report_and_figures_are_written(ran: Ran) -> None:
    lines = (ran.folder / "report.jsonl").read_text(encoding="utf-8").splitlines()

    assert sorted(json.loads(line)["state"] for line in lines) == ["done", "done", "failed"]
    assert 'state="done"} 2.0' in (ran.folder / "huawu.prom").read_text()


def test_a_second_run_ends_at_once_and_still_says_what_failed(ran: Ran) -> None:
    code, lines = run(*ran.places)

    assert code == 1
    assert lines[-1].startswith("0 taken in, 0 done, 3 known before, 1 failed, 1 of them before; 0:00:00")


def test_another_job_at_work_is_one_clear_message(ran: Ran) -> None:
    with Store.open(ran.folder / "huawu.db") as store:
        store.add(BatchLock(owner=process_mark(os.getpid()), doing="huawu batch /other"))
    try:
        with pytest.raises(BatchError, match=r"another job is at work: huawu batch /other, process \d+ on"):
            run(*ran.places)
    finally:
        with Store.open(ran.folder / "huawu.db") as store:
            store.add(BatchLock())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--ray", "auto"], "--ray auto: the tasks are done on this machine → say --executor ray"),
        (["--zone", "Mars/Base"], "--zone Mars/Base: there is no such time zone"),
        (["--metrics", "figures.txt"], r"--metrics figures.txt: the collector reads files named \*.prom"),
        (["--template", "{who}.wav"], "who"),
    ],
)
def test_a_wrong_request_is_told_before_anything_is_done(ran: Ran, options: list[str], message: str) -> None:
    with pytest.raises(BatchError, match=message):
        run(*ran.places, *options)


def test_a_watching_job_takes_new_files_and_ends_when_it_is_told_to(tmp_path: Path) -> None:
    archive, database = tmp_path / "archive", tmp_path / "huawu.db"
    archive.mkdir()
    Store.open(database).close()
    command = [sys.executable, "-m", "huawu", "batch", str(archive), "--to", str(database), "--watch", "1"]
    watching = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with Store.open(database) as store:
        until(watching, lambda: bool(store.count(BatchLock) and store.get(BatchLock, "batch").owner))
        (archive / "words.wav").write_text("this is no sound")
        os.utime(archive / "words.wav", (1e9, 1e9))
        until(watching, lambda: store.count(BatchFile, state=FileState.FAILED) == 1)
        watching.send_signal(signal.SIGTERM)
        out, err = watching.communicate(timeout=120)
        assert store.get(BatchLock, "batch").owner == ""

    assert watching.returncode == 130
    assert "words.wav is not sound that libsndfile knows" in out
    assert err.splitlines()[-1] == "interrupted: what is done is kept, the same command goes on"


def until(running: subprocess.Popen[str], condition: Callable[[], bool]) -> None:
    while not condition():
        assert running.poll() is None, running.communicate()
        threading.Event().wait(0.05)
