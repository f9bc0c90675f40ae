"""How well streams arrive: loss and jitter by RFC 3550, and what the E-model makes of them.

The opinion score is an estimate by a part of the E-model, ITU-T G.107 (06/2015): R = 93.2 − Id − Ie,eff.

- 93.2 is R with all other parameters at their defaults (G.107, 7.7).
- Id, the effect of delay, is the approximation 0.024·d + 0.11·(d − 177.3)·[d > 177.3] with d in ms one way,
  which R. G. Cole and J. H. Rosenbluth fitted to the model (Voice over IP Performance Monitoring, ACM
  SIGCOMM CCR 31(2), 2001); d is the jitter buffer's delay, a packet's length, and half the round trip.
- Ie,eff = Ie + (95 − Ie)·P / (P/BurstR + Bpl), P the loss in percent (G.107, 7.5); Ie = 0 and Bpl = 25.1 are
  those of G.711 with packet loss concealment, 10 ms packets (G.113 (11/2007), table I.4), BurstR = 1.
- The score is 1 + 0.035·R + R·(R − 60)·(100 − R)·7·10⁻⁶ (G.107, annex B).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

#: Samples per second of a timestamp.
RATE = 8000

_BEST = 93.2
_ROBUSTNESS = 25.1
_MOST_MISSING = 3000  # RFC 3550, A.1: a greater step of the sequence number is a new start
_PACKET_MS = 20.0

_Ints = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]


def opinion_score(loss_percent: float, delay_ms: float) -> float:
    """Return the estimated mean opinion score, 1 to 4.41.

    Parameters
    ----------
    loss_percent : float
        Packets that were not played, 0 to 100.
    delay_ms : float
        From mouth to ear.
    """
    effect = 0.024 * delay_ms + 0.11 * max(delay_ms - 177.3, 0.0)
    equipment = 95.0 * loss_percent / (loss_percent + _ROBUSTNESS)
    rating = min(max(_BEST - effect - equipment, 0.0), 100.0)
    score = 1.0 + 0.035 * rating + rating * (rating - 60.0) * (100.0 - rating) * 7e-6
    return max(score, 1.0)  # the formula dips below 1 for ratings under 6.5


def call_score(
    packets: int, lost: int, late: int, buffer_ms: float, round_trip_ms: float | None = None
) -> float:
    """Return the score of a stream by its counts; 0 where nothing was received."""
    if not packets:
        return 0.0
    loss = 100.0 * (lost + late) / max(packets + lost, 1)
    return opinion_score(min(loss, 100.0), buffer_ms + _PACKET_MS + (round_trip_ms or 0.0) / 2)


@dataclass(frozen=True, slots=True)
class Counts:
    """What came of one stream: as in :class:`ivr.wire.media.Quality`."""

    packets: int
    lost: int
    jitter_ms: float


class Reception:
    """Counts of the streams of many legs: sequence numbers and interarrival jitter (RFC 3550, A.1, A.8).

    Parameters
    ----------
    slots : int
        Legs.
    """

    def __init__(self, slots: int) -> None:
        #: Packets received of each leg, those of keys included.
        self.packets = np.zeros(slots, np.int64)
        self._started = np.zeros(slots, np.bool_)
        self._highest = np.zeros(slots, np.int64)  # extended by the rounds
        self._base = np.zeros(slots, np.int64)
        self._before = np.zeros(slots, np.int64)  # expected in streams that came before
        self._transit = np.full(slots, np.nan)  # not a number before the first
        self._jitter = np.zeros(slots)
        self._reported = np.zeros((2, slots), np.int64)

    def reset(self, slot: int) -> None:
        """Let another leg take the slot."""
        for each in (self.packets, self._started, self._before, self._jitter):
            each[slot] = 0
        self._transit[slot] = np.nan
        self._reported[:, slot] = 0

    def note(
        self, slots: _Ints, sequences: _Ints, timestamps: _Ints | None = None, time: float = 0.0
    ) -> None:
        """Take in packets, one at most of each leg.

        Parameters
        ----------
        slots, sequences, timestamps : int64 arrays, shape (n,)
            Without timestamps nothing is learnt of jitter: keys carry that of their beginning.
        time : float
            Seconds of arrival.
        """
        self.packets[slots] += 1
        self._follow(slots, sequences)
        if timestamps is None:
            return
        transit = time * RATE - timestamps
        moved = np.abs(transit - self._transit[slots])
        jitter = self._jitter[slots]
        # a change of the timestamps' origin is no jitter; a first one (not a number) is none either
        self._jitter[slots] = jitter + np.where(moved < RATE, (moved - jitter) / 16, 0.0)
        self._transit[slots] = transit

    def _follow(self, slots: _Ints, sequences: _Ints) -> None:
        following = self._highest[slots] + 1
        usual = (sequences - following & 0xFFFF == 0) & self._started[slots]
        if np.count_nonzero(usual) == len(slots):
            self._highest[slots] = following
            return
        step = (sequences - self._highest[slots] + 0x8000 & 0xFFFF) - 0x8000
        started = self._started[slots]
        new = ~started | (np.abs(step) > _MOST_MISSING)
        if np.count_nonzero(new):
            which = slots[new]
            again = which[self._started[which]]
            self._before[again] += self._highest[again] - self._base[again] + 1
            self._highest[which] = self._base[which] = sequences[new]
            self._started[which] = True
            self._transit[which] = np.nan
            step[new] = 0
        self._highest[slots] += np.maximum(step, 0)

    def note_key(self, slot: int, sequence: int) -> None:
        """Take in a packet without a timestamp to learn from, of one leg: as :meth:`note`, but at once."""
        step = (sequence - int(self._highest[slot]) + 0x8000 & 0xFFFF) - 0x8000
        if not self._started[slot] or abs(step) > _MOST_MISSING:
            self.note(np.array([slot]), np.array([sequence]))
            return
        self.packets[slot] += 1
        if step > 0:
            self._highest[slot] += step

    def counts(self, slot: int, duplicates: int) -> Counts:
        """Return the figures of a leg; ``duplicates`` are among the packets, but were not missing."""
        packets = int(self.packets[slot])
        lost = max(self.expected(slot) - (packets - duplicates), 0)
        return Counts(packets, lost, float(self._jitter[slot]) * 1000 / RATE)

    def expected(self, slot: int) -> int:
        """Return how many packets were sent, by their numbers."""
        if not self._started[slot]:
            return 0
        return int(self._before[slot] + self._highest[slot] - self._base[slot] + 1)

    def highest(self, slot: int) -> int:
        """Return the highest sequence number, extended by the rounds."""
        return int(self._highest[slot])

    def fraction_lost(self, slot: int) -> float:
        """Return the share of packets lost since this was last asked (RFC 3550, A.3)."""
        expected, packets = self.expected(slot), int(self.packets[slot])
        since, came = expected - self._reported[0, slot], packets - self._reported[1, slot]
        self._reported[:, slot] = expected, packets
        return float(max(since - came, 0) / since) if since > 0 else 0.0
