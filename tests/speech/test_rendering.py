import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from calls.errors import VoiceError
from speech.loudness import NOMINAL_LEVEL, speech_level
from speech.prompts import PromptLibrary
from speech.rendering import MANIFEST, Line, RenderedFolder, Rendering
from speech.voices import VOICES, Speaker

pytestmark = pytest.mark.integration

MENU = Line("menu", "查询请按一，人工请按零。")
BYE = Line("bye", "再见。")
ENGLISH = Line("menu@en", "For billing, press 1.", "en")


@pytest.fixture(scope="module")
def speaker() -> Iterator[Speaker]:
    with Speaker() as speaker:
        yield speaker


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_every_prompt_becomes_a_telephone_prompt_at_its_level(tmp_path: Path, speaker: Speaker) -> None:
    done = RenderedFolder(tmp_path / "out").render([MENU, BYE, ENGLISH], speaker)
    assert done == Rendering(rendered=["menu", "bye", "menu@en"])
    assert files(tmp_path / "out") == ["bye.wav", "menu.wav", "menu@en.wav", MANIFEST]
    for line in (MENU, BYE, ENGLISH):
        path = tmp_path / "out" / f"{line.name}.wav"
        sound, rate = soundfile.read(path, dtype="int16")
        assert (rate, soundfile.info(path).subtype, soundfile.info(path).channels) == (8000, "PCM_16", 1)
        assert speech_level(sound, rate).active == pytest.approx(NOMINAL_LEVEL, abs=0.3)


def test_the_folder_serves_as_recorded_prompts(tmp_path: Path, speaker: Speaker) -> None:
    RenderedFolder(tmp_path / "out").render([MENU], speaker)
    played = PromptLibrary([tmp_path / "out"], tmp_path / "cache", None).audio("menu", MENU.text)
    assert np.array_equal(played, soundfile.read(tmp_path / "out" / "menu.wav", dtype="int16")[0])


def test_only_what_changed_is_rendered_again(tmp_path: Path, speaker: Speaker) -> None:
    RenderedFolder(tmp_path).render([MENU, BYE], speaker)
    before = (tmp_path / "menu.wav").stat().st_mtime_ns
    done = RenderedFolder(tmp_path).render([MENU, BYE._replace(text="谢谢，再见。"), ENGLISH], speaker)
    assert done == Rendering(kept=["menu"], rendered=["bye", "menu@en"])
    assert (tmp_path / "menu.wav").stat().st_mtime_ns == before
    done = RenderedFolder(tmp_path).render([MENU], speaker, VOICES["agent-1"])
    assert done == Rendering(rendered=["menu"], removed=["bye", "menu@en"])
    assert files(tmp_path) == ["menu.wav", MANIFEST]


def test_a_missing_file_is_rendered_again_as_it_was(tmp_path: Path, speaker: Speaker) -> None:
    RenderedFolder(tmp_path).render([MENU], speaker)
    first = (tmp_path / "menu.wav").read_bytes()
    (tmp_path / "menu.wav").unlink()
    assert RenderedFolder(tmp_path).render([MENU], speaker) == Rendering(rendered=["menu"])
    assert (tmp_path / "menu.wav").read_bytes() == first


def test_a_recording_in_the_folder_is_never_touched(tmp_path: Path, speaker: Speaker) -> None:
    (tmp_path / "menu.wav").write_bytes(b"a person's voice")
    assert RenderedFolder(tmp_path).render([MENU, BYE], speaker) == Rendering(
        recorded=["menu"], rendered=["bye"]
    )
    assert RenderedFolder(tmp_path).render([], speaker) == Rendering(removed=["bye"])
    assert (tmp_path / "menu.wav").read_bytes() == b"a person's voice"


def test_a_recording_put_in_place_of_a_rendered_file_is_never_touched(
    tmp_path: Path, speaker: Speaker
) -> None:
    RenderedFolder(tmp_path).render([MENU], speaker)
    (tmp_path / "menu.wav").write_bytes(b"a person's voice")
    other = MENU._replace(text="按一")
    assert RenderedFolder(tmp_path).render([other], speaker) == Rendering(recorded=["menu"])
    assert RenderedFolder(tmp_path).render([], speaker) == Rendering()
    assert (tmp_path / "menu.wav").read_bytes() == b"a person's voice"


def test_a_recording_in_another_folder_takes_the_rendered_one_away(tmp_path: Path, speaker: Speaker) -> None:
    RenderedFolder(tmp_path / "out").render([MENU], speaker)
    (tmp_path / "studio").mkdir()
    (tmp_path / "studio" / "menu.wav").write_bytes(b"a person's voice")
    folder = RenderedFolder(tmp_path / "out", [tmp_path / "missing", tmp_path / "studio"])
    assert folder.render([MENU], speaker) == Rendering(recorded=["menu"], removed=["menu"])
    assert files(tmp_path / "out") == [MANIFEST]


def test_a_death_between_manifest_and_file_leaves_nothing_that_looks_recorded(
    tmp_path: Path, speaker: Speaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    RenderedFolder(tmp_path).render([MENU], speaker)
    changed = MENU._replace(text="查询请按一。")
    with monkeypatch.context() as dying:
        dying.setattr("pathlib.Path.write_bytes", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            RenderedFolder(tmp_path).render([changed], speaker)
    assert RenderedFolder(tmp_path).render([changed], speaker) == Rendering(rendered=["menu"])


def test_what_cannot_be_spoken_is_listed_and_the_rest_goes_on(tmp_path: Path, speaker: Speaker) -> None:
    done = RenderedFolder(tmp_path).render([Line("odd", "您好😀"), Line("xx", "hi", "xx"), BYE], speaker)
    assert done.rendered == ["bye"]
    assert [(name, error.message) for name, error in done.failed] == [
        ("odd", "'😀' (U+1F600) in '您好😀' has no reading"),
        ("xx", "there is no voice for language 'xx'"),
    ]


@pytest.mark.parametrize("content", ["", "[]", '{"files": []}', '{"files": {"menu.wav": {"source": "1"}}}'])
def test_a_damaged_manifest_is_an_error(tmp_path: Path, content: str) -> None:
    (tmp_path / MANIFEST).write_text(content)
    with pytest.raises(VoiceError, match=f"{tmp_path}/{MANIFEST} cannot be read"):
        RenderedFolder(tmp_path)


def test_the_manifest_is_the_same_for_the_same_prompts(tmp_path: Path, speaker: Speaker) -> None:
    RenderedFolder(tmp_path / "one").render([MENU, BYE], speaker)
    RenderedFolder(tmp_path / "two").render([BYE, MENU], speaker)
    one, two = ((tmp_path / each / MANIFEST).read_bytes() for each in ("one", "two"))
    assert one == two
    assert list(json.loads(one)["files"]) == ["bye.wav", "menu.wav"]
