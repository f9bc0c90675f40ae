"""The commands of both READMEs work as they are written, and the twins say the same."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from huawu import places

pytestmark = [pytest.mark.integration, pytest.mark.slow]

ROOT = Path(__file__).parents[1]
TWINS = ("README.md", "README.zh-CN.md")
MODEL = "vosk-model-small-cn-0.22"


def commands(name: str) -> list[str]:
    """Return the lines of the shell blocks."""
    text = (ROOT / name).read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


@pytest.mark.unit
def test_the_twins_have_the_same_commands_figures_and_headings() -> None:
    english, chinese = ((ROOT / name).read_text(encoding="utf-8") for name in TWINS)

    assert commands(TWINS[0]) == commands(TWINS[1])
    assert [len(each) for each in re.findall(r"^#+ ", english, re.MULTILINE)] == [
        len(each) for each in re.findall(r"^#+ ", chinese, re.MULTILINE)
    ]
    # Words differ between the twins, figures do not.
    figures = r"\d+(?:\.\d+)? ?(?:%|MB|s\b|ms|×|min)"
    assert sorted(re.findall(figures, english)) == sorted(re.findall(figures, chinese))


def left_out(folder: str, names: list[str]) -> set[str]:
    """What is made in a checkout, and is not part of the project."""
    made = {".git", "out", "dist", "build", "__pycache__"}
    return {name for name in names if name in made or name.startswith(".venv") or name.endswith("_cache")}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project as it comes, with this environment as its ``.venv``."""
    target = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT, target, ignore=left_out, dirs_exist_ok=True)
    (target / ".venv" / "bin").mkdir(parents=True)
    for program in ("python", "huawu"):
        (target / ".venv" / "bin" / program).symlink_to(Path(sys.executable).parent / program)
    # a judge learns the same in a minute wherever its cache is
    (target / "cache" / "huawu").mkdir(parents=True)
    (target / "cache" / "huawu" / "judges").symlink_to(places.cache("judges"))
    return target


def environment(checkout: Path) -> dict[str, str]:
    return os.environ | {
        "XDG_CACHE_HOME": str(checkout / "cache"),
        "HUAWU_MODEL_MIRROR": "http://127.0.0.1:9",
    }


def test_each_command_does_what_it_says(checkout: Path) -> None:
    ran = []
    (checkout / ".venv" / ".demo").touch()
    for line in commands(TWINS[0]):
        if line == "make test":
            continue
        if " console " in line:
            open_desk(line, checkout)
        elif line.endswith(" serve"):
            run_centre(line, checkout)
        elif " models fetch " in line:
            refuse_without_network(line, checkout)
        else:
            done = subprocess.run(
                line, shell=True, cwd=checkout, env=environment(checkout), capture_output=True, text=True
            )
            assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
            if line == "make demo":
                calls = sorted((checkout / "out" / "recordings").rglob("*.wav"))
                shutil.copy(calls[0], checkout / "call.wav")
        ran.append(line.split()[1])
    assert ran == [
        *("demo", "flow", "flow", "flow", "console", "report", "rules", "sample", "evaluate"),
        *("serve", "serve", "models", "models"),
        *("transcribe", "transcribe", "batch", "recover"),
    ]
    assert (checkout / "out" / "report.html").is_file()
    assert len(list((checkout / "out" / "transcripts").rglob("*.txt"))) >= 24
    report = (checkout / "out" / "archive.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(report) >= 24
    assert {json.loads(line)["state"] for line in report} == {"done"}


def open_desk(line: str, checkout: Path) -> None:
    """Start the desk, read its first page, end it as an operator would."""
    desk = subprocess.Popen(
        line.split(), cwd=checkout, env=environment(checkout), stdout=subprocess.PIPE, text=True
    )
    assert desk.stdout is not None
    try:
        address = next(found.group() for said in desk.stdout if (found := re.search(r"http://\S+", said)))
        with urllib.request.urlopen(address) as page:
            assert page.status == 200
            assert "质检" in page.read().decode()
    finally:
        desk.send_signal(signal.SIGINT)
        desk.wait(20)
        desk.stdout.close()


def run_centre(line: str, checkout: Path) -> None:
    """Start a whole centre, see that it takes calls, end it as an operator would."""
    centre = subprocess.Popen(
        line.split(),
        cwd=checkout,
        env=environment(checkout) | {"XDG_RUNTIME_DIR": str(checkout / "run")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert centre.stdout is not None
    try:
        assert any('"serving"' in said for said in centre.stdout)
        with urllib.request.urlopen("http://127.0.0.1:8060/readyz") as page:
            assert page.status == 200
    finally:
        centre.send_signal(signal.SIGINT)
        rest = centre.communicate(timeout=60)[0]
    assert centre.returncode == 0, rest


def refuse_without_network(line: str, checkout: Path) -> None:
    """Fetching at a mirror that nobody runs fails at once, and says what to do by hand."""
    done = subprocess.run(
        line.split(), cwd=checkout, env=environment(checkout), capture_output=True, text=True
    )
    assert done.returncode == 2
    assert f"{MODEL}.zip" in done.stderr
    # What a network would have brought, for the commands that follow.
    shutil.copytree(ROOT / "models" / "tiny_cn" / "model", checkout / "cache" / "huawu" / "models" / MODEL)
