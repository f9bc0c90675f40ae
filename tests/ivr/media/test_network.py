"""A real process behind a bad network: 5 % loss, 50 ms jitter, hence packets out of order, and doubles."""

from __future__ import annotations

import heapq
import select
import time
from pathlib import Path

import numpy as np
import pytest

from calls.recordings import wav_header
from ivr.wire import media
from tests.ivr.media.rig import Party, Rig

pytestmark = [pytest.mark.integration, pytest.mark.slow]

KEYS = "3141592653589793238462643383279502884197*#"


class Shaper:
    """Takes a party's packets and brings them late, twice, or not at all."""

    def __init__(self, party: Party, seed: int) -> None:
        self._party = party
        self._chance = np.random.default_rng(seed)
        self._waiting: list[tuple[float, int, bytes]] = []
        self._count = 0
        self._there = party._there
        self._deliver = party.send_raw
        party.send_raw = self.take  # type: ignore[method-assign]

    def take(self, data: bytes, *, control: bool = False) -> None:
        for _ in range(1 + (self._chance.random() < 0.02)):
            if self._chance.random() >= 0.05:
                self._count += 1
                due = time.monotonic() + self._chance.random() * 0.05
                heapq.heappush(self._waiting, (due, self._count, data))

    def run(self, until: float) -> None:
        while (now := time.monotonic()) < until:
            while self._waiting and self._waiting[0][0] <= now:
                self._deliver(heapq.heappop(self._waiting)[2])
            due = self._waiting[0][0] if self._waiting else until
            select.select([], [], [], max(min(due, until) - time.monotonic(), 0))


def test_every_key_is_told_once_and_the_recording_keeps_time(tmp_path: Path) -> None:
    with Rig() as rig:
        party = rig.leg()
        shaper = Shaper(party, seed=7)
        path = tmp_path / "a.wav"
        rig.say(media.StartRecording("a", str(path), silent=False))
        begin = time.monotonic()
        silence = b"\xd5" * 160
        step = 0
        for key in KEYS:
            code = "0123456789*#ABCD".index(key)
            start = party.timestamp
            for part in range(10):  # 100 ms down, 100 ms up
                if part < 5:
                    last = part == 4
                    data = bytes([code, 10 | last << 7]) + (160 * (part + 1)).to_bytes(2, "big")
                    for _ in range(3 if last else 1):
                        party.send(data, 101, timestamp=start, marker=part == 0)
                    party.timestamp += 160
                else:
                    party.send(silence)
                step += 1
                shaper.run(begin + 0.02 * step)
        shaper.run(time.monotonic() + 0.3)
        rig.say(media.CloseLeg("a"))
        closed = rig.wait(media.LegClosed)
        lasted = time.monotonic() - begin
        pressed = [event.key for event in rig.told(media.DigitPressed)]
        assert "".join(pressed) == KEYS
        assert [event.key for event in rig.told(media.DigitReleased)] == pressed
        assert closed.recorded
        samples = (path.stat().st_size - len(wav_header(2, 0))) / 2
        assert closed.recorded.seconds == samples / 8000
        assert 0 <= closed.seconds - closed.recorded.seconds <= 0.04
        assert abs(closed.seconds - lasted) < 0.2
        assert 0 < closed.quality.lost < 0.12 * closed.quality.packets
