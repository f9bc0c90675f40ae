"""Sound devices through PortAudio: which there are, and a headset opened for a call.

Two streams rather than one in both directions: the sound servers of desktops lose step when PortAudio
joins them, and the two halves of a headset may differ in rate.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal

from calls.errors import SoundCardError
from ivr.doors import RATE
from ivr.doors.soundcard import STEPS, Capture, Playback, SoundCard

_USUAL_RATES = (48_000, 44_100, 16_000)  # hertz, of cards that know neither ours nor their own
_LOOK = "huawu call --list-devices"
_NAMES = {"input": "microphone", "output": "headphones"}

Way = Literal["input", "output"]


@dataclass(frozen=True, slots=True)
class Device:
    """A sound device.

    Parameters
    ----------
    index : int
        PortAudio's number for it, until something is plugged in or out.
    name : str
        As the system calls it.
    inputs, outputs : int
        How many channels it records and plays.
    rate : int
        Its own sampling rate in hertz.
    """

    index: int
    name: str
    inputs: int
    outputs: int
    rate: int


def list_devices() -> list[Device]:
    """Return the sound devices that there are.

    Raises
    ------
    SoundCardError
        PyAudio is not installed.
    """
    with _PortAudio() as system:
        return system.devices()


@contextmanager
def open_sound_card(
    input_device: int | None = None, output_device: int | None = None, *, rate: int = RATE
) -> Iterator[SoundCard]:
    """Open a microphone and headphones.

    Parameters
    ----------
    input_device, output_device : int, optional
        Numbers from :func:`list_devices`; the system's choice by default.
    rate : int, optional
        Asked for first, in hertz; a device that refuses it is opened at its own.

    Raises
    ------
    SoundCardError
        PyAudio is not installed, there is no such device, or it cannot be used.
    """
    with _PortAudio() as system:
        microphone = system.choose("input", input_device)
        headphones = system.choose("output", output_device)
        capture = Capture(system.rate("input", microphone, rate))
        playback = Playback(system.rate("output", headphones, rate))
        card = SoundCard(capture, playback)

        def recorded(block: bytes, _size: int, _time: object, status: int) -> tuple[None, int]:
            capture.put(block, after_loss=bool(status & system.overflow))
            return None, system.go_on

        def wanted(_block: None, _size: int, _time: object, status: int) -> tuple[bytes, int]:
            return playback.next_block(after_gap=bool(status & system.underflow)), system.go_on

        with (
            system.stream("output", headphones, playback.rate, wanted),
            system.stream("input", microphone, capture.rate, recorded),
        ):
            card.start()
            yield card


class _PortAudio:
    """PyAudio while it is open. Every call that looks at devices is kept from writing to the screen."""

    def __init__(self) -> None:
        try:
            import pyaudio
        except ImportError as error:
            raise SoundCardError(
                f"the sound card cannot be used: {error}",
                "run: apt-get install portaudio19-dev gcc python3-dev, and: pip install 'huawu[mic]'",
            ) from None
        self.go_on: int = pyaudio.paContinue
        self.overflow: int = pyaudio.paInputOverflow
        self.underflow: int = pyaudio.paOutputUnderflow
        self._int16: int = pyaudio.paInt16
        with _silenced():
            self._audio = pyaudio.PyAudio()
        _tell_alsa(_IGNORE)

    def __enter__(self) -> _PortAudio:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with _silenced():
            self._audio.terminate()
        _tell_alsa(None)

    def devices(self) -> list[Device]:
        with _silenced():
            count = self._audio.get_device_count()
            found = [self._audio.get_device_info_by_index(index) for index in range(count)]
        return [
            Device(
                index=info["index"],
                name=info["name"],
                inputs=info["maxInputChannels"],
                outputs=info["maxOutputChannels"],
                rate=int(info["defaultSampleRate"]),
            )
            for info in found
        ]

    def choose(self, way: Way, index: int | None) -> Device:
        able = {each.index: each for each in self.devices() if (each.inputs, each.outputs)[way == "output"]}
        if not able:
            raise SoundCardError(
                f"no sound card: this machine has no {_NAMES[way]}",
                f"plug in a headset, and see whether it is listed: {_LOOK}",
            )
        chosen = self._usual(way, next(iter(able))) if index is None else index
        if chosen not in able:
            listed = ", ".join(f"{each.index} {each.name}" for each in able.values())
            raise SoundCardError(
                f"--{way}-device {index}: no {_NAMES[way]} under this number",
                f"choose from: {listed}",
            )
        return able[chosen]

    def rate(self, way: Way, device: Device, wanted: int) -> int:
        for rate in (wanted, device.rate, *_USUAL_RATES):
            if rate % STEPS == 0 and self._plays(way, device, rate):
                return rate
        raise SoundCardError(
            f"device {device.index} ({device.name}) works at no sampling rate that huawu can use",
            f"choose another one with --{way}-device; they are listed by: {_LOOK}",
        )

    @contextmanager
    def stream(self, way: Way, device: Device, rate: int, callback: Callable[..., Any]) -> Iterator[None]:
        direction = {way: True, f"{way}_device_index": device.index}
        try:
            with _silenced():
                stream = self._audio.open(
                    rate=rate,
                    channels=1,
                    format=self._int16,
                    frames_per_buffer=rate // STEPS,
                    stream_callback=callback,
                    **direction,
                )
        except OSError as error:
            raise SoundCardError(
                f"device {device.index} ({device.name}) cannot be opened as {_NAMES[way]}: {error.args[-1]}",
                f"close the program that holds it, or choose another one with --{way}-device",
            ) from None
        try:
            yield
        finally:
            with _silenced():
                stream.close()

    def _usual(self, way: Way, first: int) -> int:
        ask = self._audio.get_default_input_device_info, self._audio.get_default_output_device_info
        try:
            return int(ask[way == "output"]()["index"])
        except OSError:  # there is none
            return first

    def _plays(self, way: Way, device: Device, rate: int) -> bool:
        form = {f"{way}_device": device.index, f"{way}_channels": 1, f"{way}_format": self._int16}
        try:
            with _silenced():
                return bool(self._audio.is_format_supported(rate, **form))
        except ValueError:
            return False


# void handler(const char *file, int line, const char *function, int err, const char *format, ...)
_Handler = ctypes.CFUNCTYPE(None, *[ctypes.c_char_p, ctypes.c_int] * 2, ctypes.c_char_p)
_IGNORE = _Handler(lambda *_: None)


def _tell_alsa(handler: Any) -> None:
    """Have ALSA hand its complaints, of underruns for example, to ``handler``; ``None`` prints them again."""
    try:
        ctypes.CDLL("libasound.so.2").snd_lib_error_set_handler(handler)
    except (OSError, AttributeError):  # PortAudio was built without ALSA
        pass


@contextmanager
def _silenced() -> Iterator[None]:
    """Keep off the screen the pages that ALSA and JACK write about devices that are not there."""
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)
