"""A sound card for tests: a private PulseAudio server whose headset we speak into and listen to."""

from __future__ import annotations

import importlib.util
import os
import select
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

import numpy as np
import pytest
import soundfile

from ivr.doors import RATE, Samples

_SERVER = """
load-module module-native-protocol-unix auth-anonymous=1 socket={folder}/native
load-module module-null-sink sink_name=mouth rate=48000 channels=1
load-module module-null-sink sink_name=ear rate=48000 channels=1
"""
# PortAudio gives up if every device that ALSA names can be opened, so one of them cannot.
_ALSA = """
pcm.headset {{
    type asym
    capture.pcm {{ type pulse server "unix:{folder}/native" device "mouth.monitor" }}
    playback.pcm {{ type pulse server "unix:{folder}/native" device "ear" }}
}}
pcm.echo {{
    type asym
    capture.pcm {{ type pulse server "unix:{folder}/native" device "ear.monitor" }}
}}
pcm.broken {{ type pulse server "unix:{folder}/native" device "nothing" }}
pcm.unplugged {{ type pulse server "unix:{folder}/nobody" }}
"""
_PATIENCE = 60.0  # seconds
_PROGRAMS = ("pulseaudio", "pacat")
_PLUGIN = "alsa-lib/libasound_module_pcm_pulse.so"


class SoundServer:
    """Runs while the ``with`` block does. Device 0 is a headset, 1 hears what it plays, 2 is broken."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="huawu-"))  # short, for a socket's name
        (self._folder / "server.pa").write_text(_SERVER.format(folder=self._folder))
        (self._folder / "asound.conf").write_text(_ALSA.format(folder=self._folder))
        folders = ("HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_STATE_HOME")
        self._own = os.environ | dict.fromkeys(folders, str(self._folder))
        #: What a program needs to use this sound card and no other.
        self.environment = {"ALSA_CONFIG_PATH": str(self._folder / "asound.conf")}
        self._children: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> SoundServer:
        options = ("-n", "--file", str(self._folder / "server.pa"), "--daemonize=yes", "--exit-idle-time=-1")
        subprocess.run(
            ["pulseaudio", *options], env=self._own, check=True, capture_output=True, timeout=_PATIENCE
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for child in self._children:
            child.kill()
            child.wait()
        server = os.pidfd_open(int((self._folder / "pulse" / "pid").read_text()))
        signal.pidfd_send_signal(server, signal.SIGTERM)
        select.select([server], [], [], _PATIENCE)  # until it has ended
        os.close(server)
        shutil.rmtree(self._folder, ignore_errors=True)

    def say(self, sound: Samples) -> None:
        """Speak into the headset's microphone: int16 at 8 kHz, shape (n,); it goes on in the background."""
        path = self._folder / "said.wav"
        soundfile.write(path, sound, RATE)
        self._start("--playback", "--file-format=wav", "--device=mouth", str(path))

    def listen(self) -> Path:
        """Record what the headset plays, in the background: int16 at 8 kHz without a header."""
        path = self._folder / "heard.raw"
        form = ("--raw", f"--rate={RATE}", "--channels=1", "--format=s16le")
        self._start("--record", *form, "--device=ear.monitor", str(path))
        return path

    def _start(self, *arguments: str) -> None:
        command = ["pacat", f"--server=unix:{self._folder}/native", *arguments]
        self._children.append(subprocess.Popen(command, env=self._own))


def require_sound() -> None:
    """Skip the test where there is nothing to make a sound card of."""
    if importlib.util.find_spec("pyaudio") is None:
        pytest.skip("PyAudio is not installed")
    plugin = any((folder / _PLUGIN).exists() for folder in Path("/usr/lib").glob("*-linux-*"))
    if not plugin or not all(map(shutil.which, _PROGRAMS)):
        pytest.skip("PulseAudio and its ALSA plugin are not installed")


def loudness(sound: Samples) -> float:
    """Return the root mean square of ``sound``."""
    return float(np.sqrt(np.mean(np.square(sound, dtype=float)))) if len(sound) else 0.0
