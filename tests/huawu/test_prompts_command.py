from pathlib import Path

import pytest
import soundfile
from typer.testing import CliRunner

from calls.errors import VoiceError
from huawu.cli import app
from ivr.flow import load_flow
from speech.prompts import PromptLibrary
from tests.ivr.flows import Talk

pytestmark = pytest.mark.integration

DESK = """
name: desk
start: menu
languages: [zh, en]
defaults:
  no_input: {prompts: [{zh: 没听到。, en: Nothing heard.}], next: bye}
  no_match: {next: bye}
nodes:
  menu:
    type: menu
    prompt: {zh: 留言请按一。, en: Press 1.}
    choices: [{digits: "1", next: message}]
  message: {type: goto, flow: box, next: told}
  told: {type: play, prompt: {zh: "号码{caller}", en: "Number {caller}"}, next: bye}
  bye: {type: hangup}
"""
BOX = """
name: box
start: ask
defaults: {no_input: {next: back}, no_match: {next: back}}
nodes:
  ask: {type: play, prompt: 请讲。, next: back}
  back: {type: return}
"""


@pytest.fixture
def flow(tmp_path: Path) -> Path:
    (tmp_path / "box.yaml").write_text(BOX, encoding="utf-8")
    (tmp_path / "desk.yaml").write_text(DESK, encoding="utf-8")
    return tmp_path / "desk.yaml"


def render(flow: Path, *arguments: str | Path, code: int = 0) -> list[str]:
    command = ["prompts", "render", str(flow), "--out", str(flow.parent / "out"), *map(str, arguments)]
    done = CliRunner().invoke(app, command, catch_exceptions=False)
    assert done.exit_code == code
    return done.output.splitlines()


def test_all_prompts_of_all_flows_and_languages_are_rendered(flow: Path) -> None:
    out = flow.parent / "out"
    assert render(flow) == [
        "rendered: menu",
        "rendered: default-no-input-1",
        "rendered: menu@en",
        "rendered: default-no-input-1@en",
        "rendered: box.ask",
        "spoken in the call: told",
        "spoken in the call: told@en",
        f"{out}: 5 rendered, 2 spoken in the call",
    ]
    names = {"menu", "default-no-input-1", "menu@en", "default-no-input-1@en", "box.ask"}
    assert {path.stem for path in out.glob("*.wav")} == names
    assert soundfile.info(out / "menu.wav").samplerate == 8000


def test_the_names_are_those_that_a_call_asks_for(flow: Path) -> None:
    render(flow)
    talk = Talk(load_flow(flow)).press("1")
    assert talk.playing is not None and talk.playing.prompt.name == "box.ask"
    library = PromptLibrary([flow.parent / "out"], flow.parent / "cache", None)
    assert len(library.audio(talk.playing.prompt.name, talk.playing.prompt.text)) > 0


def test_a_second_time_only_what_changed_is_rendered(flow: Path) -> None:
    render(flow)
    out = flow.parent / "out"
    assert render(flow)[-1] == f"{out}: 5 kept, 2 spoken in the call"
    flow.write_text(DESK.replace("留言请按一。", "留言按一。"), encoding="utf-8")
    assert [line for line in render(flow) if "in the call" not in line] == ["rendered: menu"]
    flow.write_text(DESK.replace("prompts: [{zh: 没听到。, en: Nothing heard.}], ", ""), encoding="utf-8")
    assert "removed: default-no-input-1" in render(flow)


def test_recordings_are_left_alone(flow: Path) -> None:
    studio = flow.parent / "studio"
    studio.mkdir()
    (studio / "menu.wav").write_bytes(b"a person's voice")
    shown = render(flow, "--recorded", studio)
    assert "recorded: menu" in shown
    assert shown[-1].endswith("4 rendered, 1 recorded by a person, 2 spoken in the call")
    assert not (flow.parent / "out" / "menu.wav").exists()


def test_what_cannot_be_spoken_is_listed(flow: Path) -> None:
    flow.write_text(DESK.replace("留言请按一。", "留言😀"), encoding="utf-8")
    shown = render(flow, code=1)
    assert any(line.startswith("failed: menu: '😀' (U+1F600)") for line in shown)
    assert shown[-1].endswith("4 rendered, 2 spoken in the call, 1 failed")


def test_an_unknown_voice_is_refused(flow: Path) -> None:
    with pytest.raises(VoiceError, match="--voice: there is no voice 'nobody'"):
        render(flow, "--voice", "nobody")
