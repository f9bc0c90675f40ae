"""What a bad line does to packets, by a plan that a seed fixes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, slots=True)
class Impairment:
    """How a line spoils what passes it.

    Parameters
    ----------
    loss, duplicates, reordered : float
        Shares of packets, 0 to 1, that are lost, come twice, or come after the packet behind them.
    jitter_ms : float
        Each packet is late by something between 0 and this, evenly spread. Two whose order this
        changes are reordered, too.
    delay_ms : float
        What every packet is late by.
    seed : int
        The same seed spoils the same packets.
    """

    loss: float = 0.0
    duplicates: float = 0.0
    reordered: float = 0.0
    jitter_ms: float = 0.0
    delay_ms: float = 0.0
    seed: int = 0


#: What a packet that is reordered waits for the one behind it: more than a frame of 20 ms.
_OVERTAKEN = 0.025


@dataclass(slots=True)
class Fate:
    """What becomes of one packet after another.

    Attributes
    ----------
    seen, lost, doubled, late : int
        How many there were; were lost; came twice; were put behind the next.
    """

    line: Impairment
    seen: int = 0
    lost: int = 0
    doubled: int = 0
    late: int = 0
    _chance: np.random.Generator = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._chance = np.random.default_rng(self.line.seed)

    def next(self) -> tuple[float, ...]:
        """Return after how many seconds the next packet arrives: never, once, or twice."""
        self.seen += 1
        lost, doubled, late, *jitter = self._chance.random(5)
        if lost < self.line.loss:
            self.lost += 1
            return ()
        delay = self.line.delay_ms / 1000
        if late < self.line.reordered:
            self.late += 1
            delay += _OVERTAKEN
        arrivals = [delay + share * self.line.jitter_ms / 1000 for share in jitter]
        if doubled < self.line.duplicates:
            self.doubled += 1
            return tuple(arrivals)
        return (arrivals[0],)
