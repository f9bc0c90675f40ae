import subprocess
import sys

import pytest

from calls.errors import VoiceError
from speech.espeak import PINYIN_VOICE, SAMPLE_RATE, Espeak

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def espeak() -> Espeak:
    return Espeak()


def test_every_phoneme_carries_its_name_and_a_rising_start(espeak: Espeak) -> None:
    spoken = espeak.speak("cha2xun2", f"{PINYIN_VOICE}+m3", rate=175, pitch=50, pitch_range=50)
    sounds = [mark.name for mark in spoken.phonemes if not mark.name.startswith("_")]
    starts = [mark.start_seconds for mark in spoken.phonemes]
    assert sounds == ["ts.h", "A", "S;", "'y@", "n"]
    assert starts == sorted(starts)
    assert starts[-1] <= len(spoken.samples) / SAMPLE_RATE


_DIGEST = """
import hashlib
from speech.espeak import PINYIN_VOICE, Espeak
espeak = Espeak()
spoken = [espeak.speak(text, PINYIN_VOICE + "+f3", 175, 50, 50) for text in ("ni3hao3", "zai4jian4")]
print(hashlib.sha256(b"".join(part.samples.tobytes() for part in spoken)).hexdigest())
"""


def test_a_fresh_process_says_the_same_samples_again() -> None:
    first, second = (
        subprocess.run([sys.executable, "-c", _DIGEST], check=True, capture_output=True, text=True).stdout
        for _ in range(2)
    )
    assert first == second


def test_a_faster_rate_is_shorter(espeak: Espeak) -> None:
    slow, fast = (espeak.speak("ni3hao3", PINYIN_VOICE, rate, 50, 50) for rate in (120, 240))
    assert len(fast.samples) < 0.7 * len(slow.samples)


def test_two_objects_do_not_mix_their_voices(espeak: Espeak) -> None:
    def length(speaker: Espeak, variant: str) -> int:
        return len(speaker.speak("ni3hao3 zhong1guo2", f"{PINYIN_VOICE}+{variant}", 175, 50, 50).samples)

    quick, slow = length(espeak, "klatt"), length(Espeak(), "linda")
    assert slow - quick > 800
    assert abs(length(espeak, "klatt") - quick) < 100


def test_nothing_to_say_is_a_moment_of_silence(espeak: Espeak) -> None:
    spoken = espeak.speak("", PINYIN_VOICE, 175, 50, 50)
    assert len(spoken.samples) < 0.05 * SAMPLE_RATE
    assert not spoken.samples.any()


@pytest.mark.parametrize("voice", ["tlh-none", f"{PINYIN_VOICE}+nobody"])
def test_an_unknown_voice_is_refused_by_name(espeak: Espeak, voice: str) -> None:
    with pytest.raises(VoiceError, match=voice.replace("+", r"\+")):
        espeak.speak("ni3hao3", voice, 175, 50, 50)


@pytest.mark.parametrize(
    ("rate", "pitch", "pitch_range", "field"),
    [(60, 50, 50, "rate"), (175, 101, 50, "pitch"), (175, 50, -1, "pitch_range")],
)
def test_a_number_out_of_range_is_refused_by_field(
    espeak: Espeak, rate: int, pitch: int, pitch_range: int, field: str
) -> None:
    with pytest.raises(VoiceError, match=f"^{field} "):
        espeak.speak("ni3hao3", PINYIN_VOICE, rate, pitch, pitch_range)
