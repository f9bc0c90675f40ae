"""PyAudio itself, on a sound server of our own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from calls.errors import SoundCardError
from ivr.doors import RATE, Samples
from ivr.doors.portaudio import list_devices, open_sound_card
from ivr.doors.soundcard import SoundCard
from tests.sound_server import SoundServer, require_sound

pytestmark = pytest.mark.integration

HEADSET, ECHO, BROKEN = 0, 1, 2
TONE = (8000 * np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE)).astype(np.int16)


@pytest.fixture(scope="module")
def server() -> Iterator[SoundServer]:
    require_sound()
    with SoundServer() as running:
        yield running


@pytest.fixture
def sound(server: SoundServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def no_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require_sound()
    config = tmp_path / "asound.conf"
    config.write_text(f'pcm.unplugged {{ type pulse server "unix:{tmp_path}/nobody" }}\n')
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(config))


def heard_after_play(card: SoundCard) -> Samples:
    """Let a sound be played to its end, and a second more pass."""
    card.play(TONE)
    heard, ended = [], False
    while not ended:
        frame, _, ended = card.exchange()
        heard.append(frame)
    return np.concatenate([*heard, *[card.exchange()[0] for _ in range(50)]])


@pytest.mark.usefixtures("sound")
def test_devices_are_listed_without_noise(capfd: pytest.CaptureFixture[str]) -> None:
    assert [(each.index, each.name, each.inputs > 0, each.outputs > 0) for each in list_devices()] == [
        (HEADSET, "headset", True, True),
        (ECHO, "echo", True, False),
        (BROKEN, "broken", True, True),
    ]
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("no_sound")
def test_a_machine_without_sound(capfd: pytest.CaptureFixture[str]) -> None:
    assert list_devices() == []
    with (
        pytest.raises(SoundCardError, match=r"no sound card: this machine has no microphone.*--list-devices"),
        open_sound_card(),
    ):
        pass
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("sound")
@pytest.mark.parametrize(
    ("devices", "message"),
    [
        (
            (9, HEADSET),
            "--input-device 9: no microphone under this number → choose from: 0 headset, 1 echo, 2 broken",
        ),
        (
            (HEADSET, ECHO),
            "--output-device 1: no headphones under this number → choose from: 0 headset, 2 broken",
        ),
        (
            (HEADSET, BROKEN),
            "device 2 (broken) works at no sampling rate that huawu can use → "
            "choose another one with --output-device; they are listed by: huawu call --list-devices",
        ),
    ],
)
def test_a_device_that_cannot_be_used(devices: tuple[int, int], message: str) -> None:
    with pytest.raises(SoundCardError) as caught, open_sound_card(*devices):
        pass
    assert str(caught.value) == message


@pytest.mark.usefixtures("sound")
@pytest.mark.parametrize("rate", [RATE, 44_100])
def test_what_is_played_is_heard(rate: int) -> None:
    with open_sound_card(ECHO, HEADSET, rate=rate) as card:
        heard = heard_after_play(card)
    spectrum = np.abs(np.fft.rfft(heard))
    assert spectrum.argmax() * RATE / len(heard) == pytest.approx(1000, abs=1)
    assert float(np.abs(heard).max()) == pytest.approx(8000, rel=0.1)
