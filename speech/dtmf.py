"""DTMF receiver: the keys that callers press, heard in the sound of many calls at once.

:mod:`speech.tonepair` tells every 5 ms whether a window of 30 ms holds a pair of key tones. Here that
becomes digits with a beginning and an end. The times follow ITU-T Q.24 (11/88), table A-1, column AT&T: a
tone of 40 ms is a digit and one of 23 ms is not; a pause of 40 ms separates two digits and a break of 10 ms
does not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from speech.keytones import KEYS
from speech.tonepair import BLOCK, CLEAR, DELAY, RATE, STEP, STEPS, WINDOW, PairFinder, Pairs

#: Evidence that makes a digit: one clear window, two clean ones in a row, three in noise, or six only pure.
_NEED = CLEAR
#: Filter outputs in a row without both tones that end a digit: 12.5 ms.
_GAP = 10
#: Blocks in a row that end a digit because another sound covers its tones: 60 ms.
_COVERED = 12
#: Power of a tone that is there, over what it was: half the amplitude.
_PRESENT = 0.25
#: What a window takes from the evidence if its tones may still be there: noise spoils one here and there.
_DOUBT = -1
#: Blocks among which the beginning of a tone lies when its first window is found.
_EDGES = 3
#: Silence that brings out everything: the filter, and a gap.
_FLUSH = DELAY + BLOCK * 2 + STEP * _GAP

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DigitStart:
    """A key went down ``start`` seconds after the start of ``call``; told 35 to 45 ms later, in noise 60."""

    call: int
    digit: str
    start: float


@dataclass(frozen=True, slots=True)
class DigitEnd:
    """The key that went down at ``start`` went up at ``end``, in seconds; told about 20 ms later."""

    call: int
    digit: str
    start: float
    end: float


DigitEvent = DigitStart | DigitEnd


@dataclass(frozen=True, slots=True)
class KeyPress:
    """A digit in a recording, from ``start`` to ``end`` seconds."""

    digit: str
    start: float
    end: float


class DtmfDetector:
    """Feed it the sound of calls in chunks of any size, it tells which keys go down and up.

    No clock and no I/O inside: times are counted in samples fed. How the sound is cut into chunks does not
    change the events, and calls do not change each other's.

    Parameters
    ----------
    calls : int
        How many calls are heard at the same time, at least 1.
    """

    def __init__(self, calls: int = 1) -> None:
        if calls < 1:
            raise ValueError(f"a detector hears at least one call, not {calls}")
        self._finder = PairFinder(calls)
        self._fed = 0
        self._origin = np.zeros(calls, np.int64)
        self._digit = np.full(calls, -1, np.int8)
        self._start = np.zeros(calls)
        self._present = np.zeros(calls)  # end of the last filter output that held both tones
        self._absent = np.zeros(calls, np.int64)  # filter outputs since then
        self._held = np.zeros(calls, np.int64)  # last block whose window held the digit
        self._level = np.zeros((2, calls))
        self._next = np.full(calls, -1, np.int8)  # what may become a digit
        self._evidence = np.zeros(calls, np.int64)  # of windows in a row that hold it
        self._next_start = np.zeros(calls)

    def feed(self, samples: npt.NDArray[np.int16] | npt.NDArray[np.floating]) -> list[DigitEvent]:
        """Take the next samples of every call.

        Parameters
        ----------
        samples : ndarray, shape (calls, n)
            At 8 kHz: int16, or floats in ``[-1, 1]``, which are clipped and rounded to that.

        Returns
        -------
        list of DigitStart or DigitEnd
            What became certain, in order of time for each call.

        Raises
        ------
        ValueError
            There is not one row for each call.
        """
        if samples.ndim != 2 or len(samples) != len(self._origin):
            raise ValueError(f"samples have shape {samples.shape}, not ({len(self._origin)}, n)")
        sound = _whole(samples)
        self._fed += sound.shape[1]
        events: list[DigitEvent] = []
        for pairs in self._finder.feed(sound):
            events += self._follow(pairs)
        return events

    def finish(self) -> list[DigitEvent]:
        """Take the end of the sound: keys that are still down go up, at its end at the latest."""
        last = (self._fed - self._origin) / RATE
        events = self.feed(np.zeros((len(self._origin), _FLUSH), np.int16))
        return [
            replace(event, end=min(event.end, float(last[event.call])))
            if isinstance(event, DigitEnd)
            else event
            for event in events
        ]

    def reset(self, call: int) -> None:
        """Let another call take the place of ``call``: nothing was heard yet, and its time starts at 0."""
        self._finder.forget(call)
        self._origin[call] = self._fed
        self._digit[call] = self._next[call] = -1
        self._start[call] = self._present[call] = self._next_start[call] = 0
        self._evidence[call] = 0

    def _follow(self, pairs: Pairs) -> list[DigitEvent]:
        events: list[DigitEvent] = []
        found: list[bool] = np.any(pairs.key >= 0, axis=1).tolist()
        busy = self._busy()
        for block, here in enumerate(found):
            if here or busy.any():
                calls = np.flatnonzero(busy | (pairs.key[block] >= 0))
                events += self._step(pairs, block, calls)
                busy = self._busy()
        return events

    def _busy(self) -> npt.NDArray[np.bool_]:
        return np.logical_or(self._digit >= 0, self._evidence > 0)

    def _step(self, pairs: Pairs, block: int, calls: npt.NDArray[np.intp]) -> list[DigitEvent]:
        """Go on by one block for some calls; return what happened."""
        number = pairs.first + block
        key, new = pairs.key[block, calls], pairs.evidence[block, calls].astype(np.int64)
        ended, end = self._hold(pairs, block, calls, key)

        self._evidence[calls[ended]] = 0
        sure = new > 0
        new[~sure & (key == self._next[calls])] = _DOUBT
        goes_on = (key >= 0) & (key == self._next[calls]) & (self._evidence[calls] + new > 0)
        evidence = np.where(goes_on, self._evidence[calls] + new, np.maximum(new, 0))
        self._evidence[calls] = np.minimum(evidence, _NEED)
        self._next[calls] = np.where(sure | goes_on, key, -1)
        first = sure & ~goes_on
        if first.any():
            self._next_start[calls[first]] = _onset(pairs, block, calls[first])

        digit = self._digit[calls]
        begun = sure & (evidence >= _NEED) & (ended | (digit != key))
        other = begun & (digit >= 0) & ~ended
        end = np.where(other, np.minimum(end, self._next_start[calls]), end)
        ended |= other
        events: list[DigitEvent] = []
        for place in np.flatnonzero(ended):
            events.append(self._up(int(calls[place]), float(end[place])))
        for place in np.flatnonzero(begun):
            events.append(self._down(int(calls[place]), int(key[place])))

        fresh = calls[begun]
        self._present[fresh] = BLOCK * (number + 1) - DELAY
        self._absent[fresh] = 0
        self._held[fresh] = number
        known = sure & (self._digit[calls] == key)
        window = pairs.power[:, :, block + 1 : block + 1 + WINDOW, calls[known]]
        self._level[:, calls[known]] = window.sum(axis=(1, 2)) / (STEPS * WINDOW)
        return events

    def _hold(
        self, pairs: Pairs, block: int, calls: npt.NDArray[np.intp], key: npt.NDArray[np.int8]
    ) -> tuple[npt.NDArray[np.bool_], _Floats]:
        """Tell for which calls the digit has ended, and at which sample it would end."""
        number = pairs.first + block
        down = self._digit[calls] >= 0
        self._held[calls] = np.where(key == self._digit[calls], number, self._held[calls])
        power = pairs.power[:, :, block + WINDOW, calls]
        present = np.logical_and(*(power >= _PRESENT * self._level[:, None, calls]))
        absent, last = self._absent[calls], self._present[calls]
        over = np.zeros(len(calls), np.bool_)
        for step in range(STEPS):
            absent = np.where(present[step], 0, absent + 1)
            over |= absent >= _GAP
            last = np.where(present[step] & ~over, BLOCK * number - DELAY + STEP * (step + 1), last)
        self._absent[calls], self._present[calls] = absent, last
        covered = number - self._held[calls] >= _COVERED
        end = np.where(covered, np.minimum(last, BLOCK * (self._held[calls] + 1) - DELAY), last)
        return down & (over | covered), end

    def _down(self, call: int, key: int) -> DigitStart:
        self._digit[call] = key
        self._start[call] = max(self._next_start[call] - self._origin[call], self._start[call])
        return DigitStart(call, KEYS[key], float(self._start[call]) / RATE)

    def _up(self, call: int, end: float) -> DigitEnd:
        digit, start = KEYS[self._digit[call]], float(self._start[call])
        self._digit[call] = -1
        # Two digits do not overlap, whatever noise does to their edges.
        self._start[call] = max(end - self._origin[call], start)
        return DigitEnd(call, digit, start / RATE, float(self._start[call]) / RATE)


def detect_digits(samples: npt.NDArray[np.int16] | npt.NDArray[np.floating]) -> list[KeyPress]:
    """Return the digits of a whole channel.

    Parameters
    ----------
    samples : ndarray, shape (n,)
        At 8 kHz: int16, or floats in ``[-1, 1]``.
    """
    detector = DtmfDetector()
    events = detector.feed(samples[None]) + detector.finish()
    return [KeyPress(each.digit, each.start, each.end) for each in events if isinstance(each, DigitEnd)]


def _whole(samples: npt.NDArray[np.int16] | npt.NDArray[np.floating]) -> npt.NDArray[np.int16]:
    scaled = samples if samples.dtype == np.int16 else np.clip(np.rint(samples * 32768.0), -32768, 32767)
    return np.asarray(scaled, np.int16)


def _onset(pairs: Pairs, block: int, calls: npt.NDArray[np.intp]) -> _Floats:
    """Return the sample at which the tone of the window that ends with ``block`` began.

    The first three blocks of the seven tell by their power how much of them it fills.
    """
    power = pairs.power[:, :, block : block + WINDOW + 1, calls].sum(axis=1)
    inside = power[:, _EDGES:].mean(axis=1)
    filled = np.minimum(power[:, :_EDGES] / inside[:, None], 1.0).min(axis=0).sum(axis=0)
    return np.asarray(BLOCK * (pairs.first + block - WINDOW + _EDGES - filled) - DELAY)
