"""The ring of callers' sound: what was written is read once, and what was missed is counted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from calls.errors import LinkError
from ivr.wire.ring import FRAME, FRAMES, SoundRing

pytestmark = pytest.mark.unit


def write(ring: SoundRing, slot: int, *values: int) -> None:
    for value in values:
        ring.frames[slot, ring.counters[slot] % FRAMES] = value
        ring.counters[slot] += 1


def test_a_reader_gets_what_is_new(tmp_path: Path) -> None:
    ring = SoundRing.create(tmp_path / "ring", 3)
    reader = SoundRing.open(tmp_path / "ring")
    write(ring, 1, 7, 8)
    sound, missed = reader.read(1, 0)
    assert (sound[::FRAME].tolist(), missed) == ([7, 8], 0)
    write(ring, 1, 9)
    sound, missed = reader.read(1, 2)
    assert (sound.tolist(), missed) == ([9] * FRAME, 0)
    assert len(reader.read(1, 3)[0]) == 0
    assert len(reader.read(2, 0)[0]) == 0


def test_a_reader_that_fell_behind_learns_how_much_it_missed(tmp_path: Path) -> None:
    ring = SoundRing.create(tmp_path / "ring", 1)
    write(ring, 0, *(number % 251 for number in range(FRAMES + 100)))
    sound, missed = ring.read(0, 50)
    kept = len(sound) // FRAME
    assert missed + kept == FRAMES + 50
    assert kept == FRAMES - 4
    assert sound[0] == (50 + missed) % 251


def test_a_reader_may_not_write(tmp_path: Path) -> None:
    SoundRing.create(tmp_path / "ring", 1)
    with pytest.raises(ValueError, match="read-only"):
        SoundRing.open(tmp_path / "ring").frames[0, 0] = 1


@pytest.mark.parametrize("content", [None, b"", b"x" * 9000], ids=["missing", "empty", "something else"])
def test_what_is_no_ring_is_refused(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "ring").write_bytes(content)
    with pytest.raises(LinkError, match="ring"):
        SoundRing.open(tmp_path / "ring")


def test_a_new_ring_replaces_an_old_one(tmp_path: Path) -> None:
    write(SoundRing.create(tmp_path / "ring", 1), 0, 5)
    assert SoundRing.create(tmp_path / "ring", 2).counters.tolist() == [0, 0]
    assert SoundRing.open(tmp_path / "ring").slots == 2


def test_quiet_is_what_nobody_wrote(tmp_path: Path) -> None:
    assert not np.any(SoundRing.create(tmp_path / "ring", 1).frames)
