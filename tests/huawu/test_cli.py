from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from calls.recordings import RecordingFolder
from calls.records import Call, Recording, Role
from calls.store import Store
from huawu import __version__

pytestmark = pytest.mark.integration


def huawu(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "huawu", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=120)


def test_version_and_help() -> None:
    assert huawu("--version").stdout == f"huawu {__version__}\n"
    shown = huawu("--help").stdout
    assert all(name in shown for name in ("demo", "transcribe", "models", "console", "recover", "flow"))


def test_an_unknown_command_is_a_wrong_request() -> None:
    done = huawu("fly")
    assert done.returncode == 2
    assert "No such command 'fly'" in done.stderr
    assert "Traceback" not in done.stderr


def test_recover_closes_what_was_left_open(tmp_path: Path) -> None:
    folder = RecordingFolder(tmp_path / "recordings")
    call = Call(door="script")
    writer = folder.start(call.id)
    writer.write(b"\xd5" * 8000, b"\xd5" * 8000)
    writer.close()
    with Store.open(tmp_path / "huawu.db") as store:
        store.add(call, writer.recording)

    done = huawu("recover", "--db", tmp_path / "huawu.db", "--recordings", tmp_path / "recordings")
    again = huawu("recover", "--db", tmp_path / "huawu.db", "--recordings", tmp_path / "recordings")

    assert (done.returncode, done.stdout) == (0, f"{call.id}  1.0 s kept\n1 open calls closed\n")
    assert (again.returncode, again.stdout) == (0, "0 open calls closed\n")


def test_recover_reports_a_lost_recording(tmp_path: Path) -> None:
    call = Call(door="script")
    with Store.open(tmp_path / "huawu.db") as store:
        store.add(call, Recording(call_id=call.id, uri="gone.wav", channels=(Role.CALLER,)))

    done = huawu("recover", "--db", tmp_path / "huawu.db", "--recordings", tmp_path)

    assert done.returncode == 1
    assert "gone.wav" in done.stdout


@pytest.mark.parametrize("scheme", ["", "sqlite:///"])
def test_recover_without_a_database(tmp_path: Path, scheme: str) -> None:
    done = huawu("recover", "--db", f"{scheme}{tmp_path / 'no.db'}")
    assert done.returncode == 2
    assert "no.db does not exist → name the database with --db" in done.stderr
    assert not (tmp_path / "no.db").exists()


def test_demo_into_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    done = huawu("demo", "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "is a file → name a folder" in done.stderr
    assert (tmp_path / "out").read_text() == "mine"


def test_demo_into_the_folder_of_a_running_demo_is_refused(tmp_path: Path) -> None:
    running = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(running, fcntl.LOCK_EX)
    (tmp_path / "huawu.db").write_text("its calls")

    done = huawu("demo", "--out", tmp_path)
    os.close(running)

    assert done.returncode == 2
    assert f"{tmp_path}: another demo is writing into it → wait for it to end" in done.stderr
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("huawu.db", "its calls")]


@pytest.mark.parametrize("seed", ["-1", "99999999999"])
def test_a_seed_out_of_range(tmp_path: Path, seed: str) -> None:
    done = huawu("demo", "--out", tmp_path / "out", "--seed", seed)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "'--seed'" in done.stderr


def test_what_the_system_refuses_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "huawu").write_text("a file where the cache should be")
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "huawu", "demo", "--quiet", "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)

    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        f"huawu: {tmp_path / 'huawu' / 'judges'}: Not a directory → "
        "check the path, its rights and the free space"
    )
    assert "Traceback" not in done.stderr


def test_demo_with_a_model_that_is_none(tmp_path: Path) -> None:
    done = huawu("demo", "--out", tmp_path / "out", "--model", tmp_path / "nothing")
    assert done.returncode == 2
    assert "nothing" in done.stderr
    assert "Traceback" not in done.stderr


def test_flow_check_names_every_wrong_file(tmp_path: Path) -> None:
    good = Path(__file__).parents[2] / "prompts" / "flows" / "main.yaml"
    bad = tmp_path / "bad.yaml"
    written = good.read_text(encoding="utf-8").replace("type: play", "type: dance", 1)
    bad.write_text(written, encoding="utf-8")
    line = written[: written.index("type: dance")].count("\n") + 1

    done = huawu("flow", "check", good, bad)

    assert done.returncode == 1
    assert f"{good}: ok" in done.stdout
    assert f"bad.yaml:{line}:" in done.stderr
    assert "dance" in done.stderr and "play" in done.stderr
