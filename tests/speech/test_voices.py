import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from textwrap import indent

import numpy as np
import pytest

from calls.errors import VoiceError
from speech.voices import HELD_OUT_VARIANTS, LEVEL, MARGIN, VOICES, Speaker, Voice, tongue

GREETING = "您好，欢迎致电华务客服中心。"
PLAIN = Voice("plain", "")


@pytest.fixture(scope="module")
def speaker() -> Iterator[Speaker]:
    with Speaker() as speaker:
        yield speaker


def child(body: str) -> list[str]:
    """Return the command of a child whose voice is the Python function body ``body``."""
    speak = "def speak(request):\n" + indent(body, "    ")
    program = ["import os, signal, time", "from speech.voice_child import main", speak, "main(speak)"]
    return [sys.executable, "-P", "-c", "\n".join(program)]


def is_gone(pid: int) -> bool:
    """Tell whether there is not even a zombie left of a process."""
    return not os.path.exists(f"/proc/{pid}")


def ends(pid: int, *, within: float) -> bool:
    """Wait until a process ends that is not ours to reap; tell whether it did."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], within)[0])
    finally:
        os.close(process)


def level(samples: np.ndarray) -> float:
    return float(20 * np.log10(np.sqrt(np.mean((samples / 32768) ** 2))))


@pytest.mark.unit
def test_the_demo_speaks_only_with_voices_that_no_model_was_trained_on() -> None:
    assert {voice.variant for voice in VOICES.values()} <= set(HELD_OUT_VARIANTS)
    assert sorted(VOICES) == [
        *(f"agent-{number}" for number in range(1, 4)),
        *(f"caller-{number}" for number in range(1, 9)),
        "system",
    ]
    assert len({replace(voice, name="") for voice in VOICES.values()}) == len(VOICES)


@pytest.mark.integration
def test_the_same_text_gives_the_same_samples_whatever_was_said_before(speaker: Speaker) -> None:
    first = speaker.say(GREETING)
    speaker.say("请输入订单号", VOICES["caller-1"])
    assert np.array_equal(speaker.say(GREETING), first)
    with Speaker() as other:
        assert np.array_equal(other.say(GREETING), first)


@pytest.mark.integration
def test_speech_is_eight_kilohertz_at_its_level_with_margins(speaker: Speaker) -> None:
    samples = speaker.say(GREETING)
    assert samples.dtype == np.int16
    assert 2.0 < len(samples) / 8000 < 6.0
    margin = round(MARGIN * 8000) - 16  # the resampler rings a little into it
    assert max(np.abs(samples[:margin]).max(), np.abs(samples[-margin:]).max()) < 40
    assert level(samples) == pytest.approx(LEVEL, abs=2.0)


@pytest.mark.integration
@pytest.mark.parametrize("name", VOICES)
def test_every_voice_speaks_and_none_overloads(speaker: Speaker, name: str) -> None:
    samples = speaker.say("我的宽带从昨天晚上开始就上不了网了", VOICES[name])
    assert len(samples) > 8000
    assert np.abs(samples.astype(int)).max() < 29500


@pytest.mark.integration
def test_voices_differ(speaker: Speaker) -> None:
    said = {name: speaker.say("您好", voice).tobytes() for name, voice in VOICES.items()}
    assert len(set(said.values())) == len(VOICES)


@pytest.mark.integration
def test_other_rates_last_as_long(speaker: Speaker) -> None:
    assert len(speaker.say(GREETING, rate_hz=16000)) == pytest.approx(2 * len(speaker.say(GREETING)), abs=2)


@pytest.mark.integration
def test_figures_are_said_the_chinese_way(speaker: Speaker) -> None:
    assert np.array_equal(speaker.say("尾号8001，共12.50元"), speaker.say("尾号八零零幺，共十二元五角"))


@pytest.mark.integration
def test_hanzi_are_never_spelt_in_english(speaker: Speaker) -> None:
    # the plain voice of espeak-ng spells 迎, 电, 服 and 客, and takes "xiong" for English
    for sign in "迎电服客熊穷窘兄":
        assert 0.2 < len(speaker.say(sign, PLAIN)) / 8000 < 0.6, sign


@pytest.mark.integration
def test_other_languages_are_read_as_written(speaker: Speaker) -> None:
    text = "Press 1 for billing."
    english = speaker.say(text, language="en")
    assert 0.8 < len(english) / 8000 < 4.0
    assert level(english) == pytest.approx(LEVEL, abs=2.0)
    assert not np.array_equal(speaker.say(text, language="en-US"), english)
    assert not np.array_equal(speaker.say(text, VOICES["agent-2"], language="en"), english)
    assert np.array_equal(speaker.say("您好", language="zh-CN"), speaker.say("您好"))
    assert not np.array_equal(speaker.say("您好", language="yue"), speaker.say("您好"))


@pytest.mark.integration
@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("zh", "cmn-latn-pinyin"),
        ("zh-TW", "cmn-latn-pinyin"),
        ("zh-HK", "yue"),
        ("yue", "yue"),
        ("en", "en"),
        ("en-US", "en-us"),
        ("en-AU", "en"),
        ("pt-BR", "pt-br"),
    ],
)
def test_a_language_finds_its_voice(language: str, name: str) -> None:
    assert tongue(language) == name


@pytest.mark.integration
def test_a_language_without_a_voice_is_refused(speaker: Speaker) -> None:
    with pytest.raises(VoiceError, match="there is no voice for language 'xx'") as error:
        speaker.say("hello", language="xx")
    known = error.value.hint.removeprefix("known: ").split(", ")
    assert {"zh", "yue", "en", "en-us", "ja", "ko"} <= set(known)
    with pytest.raises(VoiceError, match=r"there is nothing to say in '\?!'"):
        speaker.say("?!", language="en")


@pytest.mark.integration
def test_threads_share_a_speaker(speaker: Speaker) -> None:
    texts = ["查询余额", "办理套餐", "投诉建议", "人工服务"]
    alone = [speaker.say(text) for text in texts]
    together: dict[str, np.ndarray] = {}
    threads = [
        threading.Thread(target=lambda text=text: together.update({text: speaker.say(text)}))
        for text in texts
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(together[text], samples) for text, samples in zip(texts, alone, strict=True))


@pytest.mark.integration
def test_a_killed_child_is_replaced() -> None:
    with Speaker() as speaker:
        before, first = speaker.say(GREETING), speaker.pid
        os.kill(first, signal.SIGKILL)
        assert np.array_equal(speaker.say(GREETING), before)
        assert speaker.pid != first and is_gone(first)


@pytest.mark.integration
def test_a_child_that_does_not_answer_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("speech.voices._GRACE_SECONDS", -18.0)  # of 20 s: give up after two
    with Speaker() as speaker:
        before, first = speaker.say(GREETING), speaker.pid
        os.kill(first, signal.SIGSTOP)
        assert np.array_equal(speaker.say(GREETING), before)
        assert is_gone(first)


@pytest.mark.integration
def test_a_segmentation_fault_costs_one_more_try(tmp_path: Path) -> None:
    mark = tmp_path / "crashed"
    crash_once = f"""
if not os.path.exists({str(mark)!r}):
    open({str(mark)!r}, "w").close()
    os.kill(os.getpid(), signal.SIGSEGV)
return (b"\\x00\\x10" * 4 + b"\\x00\\xf0" * 4) * 2000
"""
    with Speaker(command=child(crash_once)) as speaker:
        assert len(speaker.say("您好")) == pytest.approx(8000 * (16000 / 22050 + 2 * MARGIN), abs=200)
    assert mark.exists()


@pytest.mark.integration
@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", "died of Segmentation fault"),
        ("os._exit(3)", "failed"),
        ("time.sleep(60)", "took more than 0.2 s"),
        ("os.kill(os.getppid(), signal.SIGKILL)", "ended"),
    ],
)
def test_a_voice_that_fails_twice_names_the_text(body: str, what: str) -> None:
    with Speaker(limit_seconds=0.2, command=child(body)) as speaker:
        with pytest.raises(VoiceError) as error:
            speaker.say("您好", VOICES["caller-1"])
        assert error.value.message == f"voice 'caller-1' {what}, twice, over '您好'"
        assert "record it as a WAV file" in error.value.hint


@pytest.mark.integration
def test_after_a_failure_the_speaker_goes_on() -> None:
    picky = """
if "si3" in request["text"]:
    os.kill(os.getpid(), signal.SIGSEGV)
return b"\\x00\\x10" * 4000
"""
    with Speaker(command=child(picky)) as speaker:
        with pytest.raises(VoiceError, match="twice, over '死机了'"):
            speaker.say("死机了")
        assert len(speaker.say("您好")) > 0


@pytest.mark.integration
def test_what_the_library_prints_does_not_get_between_the_frames() -> None:
    chatty = """
os.write(1, b"a message of the library")
return b"\\x00\\x10" * 4000
"""
    with Speaker(command=child(chatty)) as speaker:
        assert len(speaker.say("您好")) > 0


@pytest.mark.integration
def test_a_late_answer_does_not_meet_the_next_text(monkeypatch: pytest.MonkeyPatch) -> None:
    with Speaker() as speaker:
        right = speaker.say("再见")
        with monkeypatch.context() as interrupted:
            interrupted.setattr(speaker, "_receive", lambda seconds: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                speaker.say("您好，请问有什么可以帮您")
        assert np.array_equal(speaker.say("再见"), right)


@pytest.mark.integration
@pytest.mark.parametrize(
    ("text", "voice", "message"),
    [
        ("……", PLAIN, "there is nothing to say in '……'"),
        ("您好😀", PLAIN, "'😀' (U+1F600) in '您好😀' has no reading"),
        ("您好", Voice("odd", "nobody"), "espeak-ng has no voice 'cmn-latn-pinyin+nobody'"),
        ("您好", Voice("fast", "m6", rate=900), "rate 900 is outside 80 to 450"),
    ],
)
def test_what_cannot_be_said_is_refused(speaker: Speaker, text: str, voice: Voice, message: str) -> None:
    with pytest.raises(VoiceError) as error:
        speaker.say(text, voice)
    assert error.value.message == message
    assert len(speaker.say("您好")) > 0


@pytest.mark.integration
def test_without_the_extra_the_way_out_is_named() -> None:
    without = "import sys; sys.modules['espeakng_loader'] = None; from speech.voice_child import main; main()"
    with pytest.raises(VoiceError) as error:
        Speaker(command=[sys.executable, "-P", "-c", without])
    assert str(error.value) == "there is no speech synthesiser → pip install 'huawu[tts]'"


@pytest.mark.integration
def test_a_child_that_does_not_start_is_reported() -> None:
    with pytest.raises(VoiceError, match="the voice ended at its start"):
        Speaker(command=[sys.executable, "-c", "raise SystemExit(1)"])


@pytest.mark.integration
def test_closing_leaves_no_process() -> None:
    with Speaker() as speaker:
        pid = speaker.pid
    assert is_gone(pid)
    speaker.close()
    with pytest.raises(VoiceError, match="the speaker was closed before it could say '您好'"):
        speaker.say("您好")


@pytest.mark.integration
def test_the_child_dies_with_its_parent() -> None:
    parent = (
        "import os, signal; from speech.voices import Speaker; speaker = Speaker();"
        "print(speaker.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run(
        [sys.executable, "-c", parent], capture_output=True, timeout=60, cwd=Path(__file__).parents[2]
    )
    assert done.returncode == -signal.SIGKILL
    assert ends(int(done.stdout), within=30)
