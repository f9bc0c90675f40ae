from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from calls.errors import VoiceError
from speech.prompts import PromptLibrary
from speech.voices import VOICES, Speaker

pytestmark = pytest.mark.integration

WELCOME = "您好，欢迎致电华务客服中心，查询请按1。"
#: Of caches that were filled before prompts had languages.
KEY_OF_WELCOME = "f18592a49c31c31dea337c5ce18db6c3f4ab154032f7f5cd49ddfbf78944cc04"


@pytest.fixture(scope="module")
def speaker() -> Iterator[Speaker]:
    with Speaker() as speaker:
        yield speaker


def beep(
    path: Path, *, seconds: float = 0.5, rate: int = 8000, channels: int = 1, subtype: str = "PCM_16"
) -> Path:
    tone = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(round(seconds * rate)) / rate)
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.tile(tone[:, None], channels), rate, subtype=subtype)
    return path


def test_a_recording_of_that_name_wins(tmp_path: Path, speaker: Speaker) -> None:
    beep(tmp_path / "second" / "welcome.wav", seconds=0.25)
    library = PromptLibrary([tmp_path / "missing", tmp_path / "second"], tmp_path / "cache", speaker)
    assert len(library.audio("welcome", WELCOME)) == 2000
    assert not (tmp_path / "cache").exists()


def test_the_first_folder_with_a_recording_counts(tmp_path: Path) -> None:
    beep(tmp_path / "own" / "welcome.wav", seconds=0.25)
    beep(tmp_path / "shipped" / "welcome.wav", seconds=0.75)
    library = PromptLibrary([tmp_path / "own", tmp_path / "shipped"], tmp_path / "cache", None)
    assert len(library.audio("welcome", WELCOME)) == 2000


@pytest.mark.parametrize(
    ("rate", "channels", "subtype"),
    [(8000, 1, "ALAW"), (16000, 1, "PCM_24"), (48000, 2, "FLOAT"), (44100, 1, "PCM_16"), (8000, 1, "ULAW")],
)
def test_any_rate_and_coding_becomes_a_telephone_prompt(
    tmp_path: Path, rate: int, channels: int, subtype: str
) -> None:
    beep(tmp_path / "welcome.wav", rate=rate, channels=channels, subtype=subtype)
    samples = PromptLibrary([tmp_path], tmp_path / "cache", None).audio("welcome", WELCOME)
    assert samples.dtype == np.int16 and len(samples) == 4000
    assert np.abs(samples[500:-500]).max() == pytest.approx(16384, rel=0.05)


def test_a_prompt_is_spoken_once_and_kept(tmp_path: Path, speaker: Speaker) -> None:
    first = PromptLibrary([], tmp_path / "cache", speaker).audio("welcome", WELCOME)
    assert np.array_equal(first, speaker.say(WELCOME, VOICES["system"]))
    kept = list((tmp_path / "cache").iterdir())
    assert len(kept) == 1 and kept[0].name.endswith(f".{speaker.engine}.wav")
    # an installation without the synthesiser plays what was rendered before
    assert np.array_equal(PromptLibrary([], tmp_path / "cache", None).audio("greeting", WELCOME), first)


def test_the_key_is_what_is_said_and_by_whom(tmp_path: Path, speaker: Speaker) -> None:
    library = PromptLibrary([], tmp_path, speaker)
    other = PromptLibrary([], tmp_path, speaker, voice=VOICES["agent-1"])
    for one, text in ((library, "请按1"), (library, "请按一。"), (library, "请按2"), (other, "请按1")):
        one.audio("key", text)
    assert len(list(tmp_path.glob("*.wav"))) == 3


@pytest.mark.parametrize("damage", [b"", b"no sound", b"RIFF\x24\x00\x00\x00WAVEfmt "])
def test_a_damaged_cache_file_is_rendered_again(tmp_path: Path, speaker: Speaker, damage: bytes) -> None:
    library = PromptLibrary([], tmp_path, speaker)
    whole = library.audio("welcome", WELCOME)
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(damage)
    assert np.array_equal(library.audio("welcome", WELCOME), whole)
    assert np.array_equal(soundfile.read(kept, dtype="int16")[0], whole)


def test_a_truncated_cache_file_is_rendered_again(tmp_path: Path, speaker: Speaker) -> None:
    library = PromptLibrary([], tmp_path, speaker)
    whole = library.audio("welcome", WELCOME)
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(kept.read_bytes()[:-2000])
    assert np.array_equal(library.audio("welcome", WELCOME), whole)


def test_a_damaged_recording_is_an_error_and_not_replaced(tmp_path: Path, speaker: Speaker) -> None:
    (tmp_path / "welcome.wav").write_bytes(b"no sound")
    with pytest.raises(VoiceError, match=rf"recorded prompt {tmp_path}/welcome.wav") as error:
        PromptLibrary([tmp_path], tmp_path / "cache", speaker).audio("welcome", WELCOME)
    assert error.value.hint == f"record it again, or delete {tmp_path}/welcome.wav to have it spoken"


def test_without_voice_and_recording_the_file_to_add_is_named(tmp_path: Path) -> None:
    with pytest.raises(VoiceError) as error:
        PromptLibrary([tmp_path / "recorded"], tmp_path / "cache", None).audio("welcome", WELCOME)
    assert str(error.value) == (
        "prompt 'welcome' has no recording and there is no voice to speak it → "
        f"put welcome.wav into {tmp_path}/recorded, or run: pip install 'huawu[tts]'"
    )


@pytest.mark.parametrize("name", ["", "..", "a/b", "../../etc/passwd"])
def test_a_prompt_name_cannot_leave_its_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(VoiceError, match="cannot be a file name"):
        PromptLibrary([tmp_path], tmp_path, None).audio(name, WELCOME)


def test_a_cache_that_cannot_be_written_does_not_stop_the_call(
    tmp_path: Path, speaker: Speaker, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    samples = PromptLibrary([], tmp_path / "cache", speaker).audio("welcome", WELCOME)
    assert len(samples) > 8000
    assert f"prompt sound cannot be kept in {tmp_path}/cache" in caplog.text


def test_a_prompt_is_spoken_in_its_language(tmp_path: Path, speaker: Speaker) -> None:
    library = PromptLibrary([], tmp_path, speaker)
    english = library.audio("menu@en", "Press 1.", "en")
    assert np.array_equal(english, speaker.say("Press 1.", language="en"))
    library.audio("menu@ja", "Press 1.", "ja")
    library.audio("menu@en", "Press 1.", "en")
    assert len(list(tmp_path.iterdir())) == 2
    # an installation without the synthesiser plays what was rendered before
    assert np.array_equal(PromptLibrary([], tmp_path, None).audio("menu@en", "Press 1.", "en"), english)


def test_mandarin_by_any_name_shares_one_file(tmp_path: Path, speaker: Speaker) -> None:
    library = PromptLibrary([], tmp_path, speaker)
    library.audio("welcome", WELCOME)
    for language in ("zh", "zh-CN", "cmn"):
        library.audio("welcome", WELCOME, language)
    assert [file.name for file in tmp_path.iterdir()] == [f"{KEY_OF_WELCOME}.{speaker.engine}.wav"]


def test_the_sound_of_a_prompt_about_one_caller_is_not_kept(tmp_path: Path, speaker: Speaker) -> None:
    library = PromptLibrary([], tmp_path / "cache", speaker)
    library.audio("read-back~", "您的号码是幺三八")
    assert not list(tmp_path.rglob("*.wav"))
