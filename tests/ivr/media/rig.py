"""A real media process, an engine that only says what a test wants, and parties with a socket."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import numpy as np

from calls.errors import LinkError
from ivr.media.rtp import Packet, packed, parse_packet
from ivr.wire import media
from ivr.wire.link import Link, connect_to

ROOT = Path(__file__).parents[3]
PATIENCE = 20.0
LEAD = 0.1

Told = TypeVar("Told")


class Rig:
    """The process and the engine's end of its link."""

    def __init__(self, **settings: Any) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="huawu-media-")
        self.folder = Path(self._folder.name)
        self.ring = self.folder / "ring"
        self._settings = {
            "run": str(self.folder),
            "ring": str(self.ring),
            "slots": 40,
            "port_min": 30_000,
            "port_max": 39_999,
            "sound_minutes": 5.0,
            **settings,
        }
        self.events: list[Any] = []
        self._parties: list[Party] = []

    def __enter__(self) -> Rig:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "huawu.child", "media", json.dumps(self._settings)],
            cwd=ROOT,
            stderr=subprocess.PIPE,
        )
        self.link = self.connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.link.close()
        for each in self._parties:
            each.close()
        self.stop()
        self._folder.cleanup()

    def stop(self) -> str:
        """End the process; return its log."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
            self.log = self.process.communicate(timeout=PATIENCE)[1].decode()
        return self.log

    def connect(self) -> Link:
        """Another engine."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return connect_to(self.folder / "media.sock", media)
            except LinkError:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise
                select.select([], [], [], 0.02)

    def say(self, *commands: Any) -> None:
        for each in commands:
            self.link.send(each)

    def wait(self, kind: type[Told], *, where: Callable[[Told], bool] = lambda _: True) -> Told:
        """Return the next event of a kind; what came before stays in ``events``."""
        end = time.monotonic() + PATIENCE
        while True:
            for place, event in enumerate(self.events):
                if isinstance(event, kind) and where(event):
                    del self.events[place]
                    return event
            left = end - time.monotonic()
            assert left > 0, f"no {kind.__name__} came, but {self.events}"
            select.select([self.link.fileno()], [], [], left)
            self.events += self.link.receive()

    def told(self, kind: type[Told]) -> list[Told]:
        """Events of a kind that have come so far."""
        self.events += self.link.receive()
        return [event for event in self.events if isinstance(event, kind)]

    def leg(self, name: str = "a", *, ready: bool = True, **session: Any) -> Party:
        """Open a leg, and connect a party to it; it is ``ready`` when its first packet has come."""
        self.say(media.OpenLeg(name))
        party = self.party(self.wait(media.LegOpened, where=lambda event: event.leg == name))
        host, port = party.address
        self.say(media.ConnectLeg(name, host, port, **{"event_type": 101, **session}))
        if ready:
            party.packet()
        return party

    def party(self, opened: media.LegOpened) -> Party:
        """Return someone who talks to a leg's port."""
        self._parties.append(Party(opened))
        return self._parties[-1]

    def sound(self, name: str, data: bytes) -> str:
        """Load a sound."""
        path = self.folder / f"{name}.alaw"
        path.write_bytes(data)
        self.say(media.LoadSound(name, str(path)))
        return name

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


class Party:
    """Someone at the other end of a leg."""

    def __init__(self, opened: media.LegOpened) -> None:
        self.leg, self.slot = opened.leg, opened.slot
        self._there = ("127.0.0.1", opened.port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(PATIENCE)
        self.sequence, self.timestamp, self.source = 65_530, 0xFFFFFF00, 0xC0FFEE

    @property
    def address(self) -> tuple[str, int]:
        host, port = self._socket.getsockname()
        return host, port

    def send(self, payload: bytes, kind: int = 8, **fields: Any) -> None:
        """Send a packet and go on by its length; ``fields`` replace what it would carry."""
        data = packed(
            kind,
            fields.get("sequence", self.sequence),
            fields.get("timestamp", self.timestamp),
            fields.get("source", self.source),
            payload,
            marker=fields.get("marker", False),
        )
        self.send_raw(data)
        self.sequence += 1
        if kind in (0, 8):
            self.timestamp += len(payload)

    def send_raw(self, data: bytes, *, control: bool = False) -> None:
        host, port = self._there
        self._socket.sendto(data, (host, port + control))

    def talk(self, sound: bytes, *, kind: int = 8, size: int = 160) -> None:
        """Send sound at its own pace, a little ahead: the test may be held up, and nobody waits for it."""
        start = time.monotonic() - LEAD
        for at in range(0, len(sound), size):
            self.send(sound[at : at + size], kind)
            left = start + (at + size) / 8000 - time.monotonic()
            if left > 0:
                select.select([], [], [], left)

    def press(self, key: str, *, steps: int = 5, kind: int = 101) -> None:
        """Send a press at once: its packets need not come at their pace."""
        code = "0123456789*#ABCD".index(key)
        for step in range(steps):
            last = step >= steps - 3
            duration = 160 * min(step + 1, steps - 2)
            payload = bytes([code, 10 | last << 7]) + duration.to_bytes(2, "big")
            self.send(payload, kind, marker=step == 0)
        self.timestamp += 160 * steps

    def packet(self) -> Packet:
        """Return the next packet."""
        while True:
            packet = parse_packet(self._socket.recv(2048))
            if packet:
                return packet

    def hear(self, frames: int) -> bytes:
        """Return the sound of the next packets."""
        return b"".join(self.packet().payload for _ in range(frames))

    def hear_until(self, wanted: bytes) -> list[bytes]:
        """Return the frames up to the one wanted."""
        frames: list[bytes] = []
        end = time.monotonic() + PATIENCE
        while not frames or frames[-1] != wanted:
            assert time.monotonic() < end, "the frame never came"
            frames.append(self.packet().payload)
        return frames

    def quiet(self, seconds: float) -> bool:
        """Tell whether nothing comes for so long."""
        return not select.select([self._socket], [], [], seconds)[0]

    def close(self) -> None:
        self._socket.close()


def holds(sound: bytes, said: bytes) -> bool:
    """Tell whether all frames of ``said`` are in ``sound``, in order: on a busy machine there may be gaps."""
    heard = iter([sound[at : at + 160] for at in range(0, len(sound), 160)])
    return all(said[at : at + 160] in heard for at in range(0, len(said), 160))


def noise(seconds: float, *, seed: int = 1, level: float = 0.1) -> bytes:
    """A-law of white noise in whole frames."""
    from speech.g711 import alaw_encode

    count = round(seconds * 50) * 160
    samples = np.random.default_rng(seed).standard_normal(count) * level * 32767
    return alaw_encode(np.clip(samples, -32768, 32767).astype(np.int16))
