"""What `huawu call` refuses; test_live_call.py takes calls."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from calls.errors import FlowError, HuawuError, SoundCardError
from huawu.cli import app
from ivr.doors.portaudio import list_devices
from speech.resources import resource

pytestmark = pytest.mark.unit


def refusal(*arguments: str | Path) -> BaseException | None:
    return CliRunner().invoke(app, ["call", *map(str, arguments)]).exception


@pytest.fixture
def no_pyaudio(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyaudio", None)


def test_a_flow_is_needed() -> None:
    error = refusal("--door", "mic")
    assert isinstance(error, HuawuError)
    assert str(error) == "--flow is missing → name a flow file: huawu call --flow FILE"


def test_a_flow_that_is_not_there(tmp_path: Path) -> None:
    assert isinstance(refusal("--flow", tmp_path / "none.yaml"), FlowError)


@pytest.mark.usefixtures("no_pyaudio")
def test_without_pyaudio_the_way_to_it_is_told(tmp_path: Path) -> None:
    flow = resource("prompts", "flows", "main.yaml")
    with pytest.raises(SoundCardError, match=r"pip install 'huawu\[mic\]'"):
        list_devices()
    for arguments in (["--list-devices"], ["--flow", flow]):
        assert isinstance(refusal(*arguments, "--db", tmp_path / "huawu.db"), SoundCardError)
    assert not (tmp_path / "huawu.db").exists()
