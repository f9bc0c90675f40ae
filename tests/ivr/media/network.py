"""A caller and a bad network, in virtual time."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

import numpy as np

from ivr.media.jitter import FRAME, JitterBuffers


@dataclass(frozen=True)
class Sent:
    """A packet on its way: when it arrives, its number, and what it is."""

    arrives: float
    number: int


def shaped(
    packets: int,
    *,
    loss: float = 0.0,
    jitter: float = 0.0,
    doubled: float = 0.0,
    ppm: float = 0.0,
    seed: int = 1,
    begin: float = 0.003,
) -> list[Sent]:
    """Return the arrivals of packets sent every 20 ms by a clock that is ``ppm`` fast, in their order."""
    chance = np.random.default_rng(seed)
    arrivals = []
    for number in range(packets):
        sent = begin + number * 0.02 / (1 + ppm * 1e-6)
        for _ in range(1 + (chance.random() < doubled)):
            if chance.random() >= loss:
                arrivals.append(Sent(sent + chance.random() * jitter, number))
    return sorted(arrivals, key=lambda each: each.arrives)


def frame(number: int) -> np.ndarray:
    """A frame that says which it is."""
    row = np.full(FRAME, 0xD5, np.uint8)
    row[:4] = np.frombuffer(number.to_bytes(4, "big"), np.uint8)
    return row


def number_of(row: np.ndarray) -> int:
    return int.from_bytes(row[:4].tobytes(), "big")


def heard(arrivals: list[Sent], ticks: int, *, start: int = 0xFFFFF000) -> list[int | None]:
    """Return which frame is played at each tick of 20 ms, None where none is."""
    buffers = JitterBuffers(3)
    slot, span = 1, slice(1, 2)
    waiting = iter(arrivals)
    following = next(waiting, None)
    played: list[int | None] = []
    for tick in range(ticks):
        while following and following.arrives <= tick * 0.02:
            stamp = start + following.number * FRAME & 0xFFFFFFFF
            buffers.insert(np.array([slot]), np.array([stamp]), frame(following.number)[None])
            following = next(waiting, None)
        frames, there = buffers.take(span)
        played.append(number_of(frames[0]) if there[0] else None)
    return played


def delays(played: list[int | None]) -> list[int]:
    """Return by how many frames each one is behind its sending."""
    return [tick - number for tick, number in zip(count(), played) if number is not None]
