"""Legs in virtual time, with real sockets on both ways to the network."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ivr.media.exchange import Exchange
from ivr.media.rtp import packed
from ivr.media.settings import MediaSettings
from ivr.media.tempo import PHASE, PHASES
from ivr.media.uring import Uring
from ivr.wire import media
from ivr.wire.ring import SoundRing
from tests.ivr.media.rig import noise

pytestmark = pytest.mark.integration

SILENCE = b"\xd5" * 160


class Centre:
    """An exchange of one leg, its party, and a clock that is moved by hand."""

    def __init__(self, folder: Path, uring: Uring | None) -> None:
        self.told: list[Any] = []
        ring = folder / "ring"
        settings = MediaSettings(run=str(folder), ring=str(ring), slots=8, port_min=40_000, port_max=45_000)
        self.exchange = Exchange(settings, self.told.append, uring)
        self.ring = SoundRing.open(ring)
        self.party = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.party.bind(("127.0.0.1", 0))
        self.phase = self.sequence = 0
        self.tell(media.OpenLeg("a"))
        (self.opened,) = self.told
        self.party.connect(("127.0.0.1", self.opened.port))
        self.tell(media.ConnectLeg("a", *self.party.getsockname(), event_type=101))

    @property
    def now(self) -> float:
        return 100 + self.phase * PHASE

    def tell(self, command: Any) -> None:
        self.exchange.told(command, self.now)

    def send(self, payload: bytes, kind: int = 8, stamp: int | None = None) -> None:
        at = 160 * self.sequence if stamp is None else stamp
        self.party.send(packed(kind, self.sequence, at, 7, payload))
        self.sequence += 1

    def go_on(self, phases: int = PHASES) -> None:
        """Let phases pass as the process does."""
        for _ in range(phases):
            group = self.phase % PHASES
            if not self.exchange.idle(group):
                self.exchange.tick(group, self.now)
                self.exchange.tidy(group, self.now)
            self.phase += 1

    def heard(self) -> list[bytes]:
        """What came from the party, frame by frame."""
        return [row.tobytes() for row in self.ring.read(self.opened.slot, 0)[0].reshape(-1, 160)]

    def quality(self) -> media.Quality:
        self.tell(media.CloseLeg("a"))
        (closed,) = [event for event in self.told if isinstance(event, media.LegClosed)]
        return closed.quality

    def close(self) -> None:
        self.exchange.clear(self.now)
        self.exchange.end()
        self.party.close()


@pytest.fixture
def centre(tmp_path: Path, uring: Uring | None) -> Iterator[Centre]:
    made = Centre(tmp_path, uring)
    yield made
    made.close()


def frames(count: int) -> list[bytes]:
    said = noise(0.02 * count)
    return [said[at : at + 160] for at in range(0, len(said), 160)]


@pytest.mark.parametrize("phase", range(PHASES))
def test_what_a_party_says_is_heard_whenever_its_packets_come(centre: Centre, phase: int) -> None:
    said = frames(20)
    centre.go_on(phase)
    for each in said:
        centre.send(each)
        centre.go_on()
    centre.go_on(4 * PHASES)
    heard = [each for each in centre.heard() if each != SILENCE]
    assert heard[: len(said)] == said
    quality = centre.quality()
    assert (quality.packets, quality.lost, quality.late) == (20, 0, 0)
    assert quality.jitter_ms < 0.2  # the first packet's time is that of its reading


@pytest.mark.parametrize("phase", range(PHASES))
def test_the_delay_does_not_grow_because_packets_wait_to_be_read(centre: Centre, phase: int) -> None:
    centre.go_on(phase)
    for _ in range(300):  # more than the two seconds over which the reserve is watched
        centre.send(frames(1)[0])
        centre.go_on()
    assert centre.quality().delay_ms <= 35.0


def test_a_lost_frame_is_concealed_and_what_an_event_replaces_is_silence(centre: Centre) -> None:
    said = frames(20)
    for number, each in enumerate(said):
        if number == 10:
            centre.sequence += 1
        else:
            centre.send(each)
        centre.go_on()
    start = 160 * centre.sequence
    for step in range(4):
        centre.send(struct.pack(">BBH", 5, 10, 160 * (step + 1)), 101, start)
        centre.go_on()
    centre.go_on(PHASES)
    heard = centre.heard()
    first = heard.index(said[0])
    assert heard[first : first + 10] == said[:10]
    assert heard[first + 10] not in (SILENCE, said[10])
    assert heard[first + 11 : first + 20] == said[11:]
    assert set(heard[first + 20 :]) == {SILENCE}
    assert [event.key for event in centre.told if isinstance(event, media.DigitPressed)] == ["5"]


def test_after_a_key_a_lost_frame_is_concealed_again(centre: Centre) -> None:
    said = frames(20)
    for step in range(3):
        end = 0x80 if step == 2 else 0
        centre.send(struct.pack(">BBH", 5, 10 | end, 160 * (step + 1)), 101, 0)
        centre.go_on()
    for number, each in enumerate(said):
        if number == 10:
            centre.sequence += 1
        else:
            centre.send(each)
        centre.go_on()
    centre.go_on(2 * PHASES)
    heard = centre.heard()
    assert heard[heard.index(said[9]) + 1] not in (SILENCE, said[10], said[11])


def test_phases_in_which_nothing_is_due_are_left_out(centre: Centre) -> None:
    assert [centre.exchange.idle(group) for group in range(PHASES)] == [False, True, True, False]
    host, port = centre.party.getsockname()
    centre.tell(media.ConnectLeg("a", host, port, ptime=10))  # every second packet leaves between two ticks
    assert [centre.exchange.idle(group) for group in range(PHASES)] == [False, True, False, False]
    centre.tell(media.CloseLeg("a"))
    assert [centre.exchange.idle(group) for group in range(PHASES)] == [False, True, True, True]


def test_packets_that_come_in_a_burst_are_all_heard(centre: Centre) -> None:
    said = frames(12)
    for first in range(0, len(said), 3):
        for each in said[first : first + 3]:
            centre.send(each)
        centre.go_on(3 * PHASES)
    centre.go_on(8 * PHASES)
    heard = [each for each in centre.heard() if each in said]
    assert heard == said
    assert centre.quality().lost == 0
