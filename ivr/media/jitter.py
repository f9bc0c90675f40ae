"""Jitter buffers of many legs: packets come as they please, frames leave every 20 ms.

A frame has its place by its timestamp, so reordering, doubles and gaps need no treatment of their own. How
long frames wait follows from the stream itself:

- Where nothing is there to be played, the buffer stands still; what comes then is played later than it
  would have been, so the delay has grown by what was needed. A packet that comes behind a gap shows that
  the gap was loss, and no delay remains of it.
- Over two seconds the least number of frames in reserve is noted. More than :data:`RESERVE` of them are
  one too many, none is one too few: a frame is left out, or one is put in, as soon as the party is quiet.
  By this, too, clocks that differ do not add up.
- More than :data:`MOST` in reserve are dropped at once.

A second reading position, :meth:`JitterBuffers.lead`, runs ahead of the first: it gives each frame as soon
as it has come, for what is not heard but decided on (keys, voice activity).

No clock and no I/O inside: a call of :meth:`JitterBuffers.take` is 20 ms.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from speech.g711 import ALAW_SILENCE, alaw_decode

#: Samples of a frame.
FRAME = 160
#: Frames that wait behind the one being played, at least, and at most (200 ms).
RESERVE, MOST = 1, 10
#: Frames ahead that there is room for; as many are remembered behind.
ROOM = 32
#: Frames without sound after which a stream that goes on is taken as a new one: 100 ms.
PAUSE = 5

_RING = 2 * ROOM
_MASK = _RING - 1
_HALF = FRAME // 2
_FULL = 3  # both halves of a frame are there
_PLAYED = 4
_WINDOW = 100  # frames over which the reserve is watched: 2 s
_PATIENCE = 150  # frames after which a loud party is not waited for
_QUIET = 10 ** (-42 / 10) * 32768**2 / 2  # mean square
_FAR = 1 << 30

_Ints = npt.NDArray[np.int64]
_Bools = npt.NDArray[np.bool_]
_Bytes = npt.NDArray[np.uint8]


class JitterBuffers:
    """The buffers of all legs.

    Parameters
    ----------
    slots : int
        Legs.

    Attributes
    ----------
    late, duplicates : int64 arrays, shape (slots,)
        Packets that came after their time, and those that were there already.
    """

    def __init__(self, slots: int) -> None:
        self.late = np.zeros(slots, np.int64)
        self.duplicates = np.zeros(slots, np.int64)
        self._ring = np.zeros((slots, _RING, FRAME), np.uint8)
        self._have = np.zeros((slots, _RING), np.uint8)
        self._frames = self._ring.reshape(-1, FRAME)
        self._flags = self._have.reshape(-1)
        self._first = np.arange(slots) * _RING  # of each leg in these
        self._started = np.zeros(slots, np.bool_)
        self._position = np.zeros(slots, np.int64)  # number of the next frame to play
        self._stamp = np.zeros(slots, np.int64)  # its timestamp
        self._newest = np.zeros(slots, np.int64)  # one above the number of the newest frame
        self._lead = np.zeros(slots, np.int64)  # number of the next frame that is looked at
        self._wait = np.zeros(slots, np.int64)
        self._stalled = np.full(slots, PAUSE, np.int64)
        self._jump = np.full(slots, -1, np.int64)  # timestamp of a packet that fits nowhere
        self._least = np.full(slots, _FAR, np.int64)
        self._correction = np.zeros(slots, np.int64)
        self._asked = np.zeros(slots, np.int64)
        self._watched = np.zeros(slots, np.int64)
        self._delay = np.zeros(slots, np.int64)  # sum of reserves
        self._taken = np.zeros(slots, np.int64)
        self._rows = np.arange(slots)

    def reset(self, slot: int) -> None:
        """Let another leg take the slot."""
        self._have[slot] = 0
        for each in (
            *(self.late, self.duplicates, self._started, self._position, self._stamp, self._newest),
            *(self._lead, self._wait, self._correction, self._asked, self._watched, self._delay, self._taken),
        ):
            each[slot] = 0
        self._stalled[slot] = PAUSE
        self._jump[slot] = -1
        self._least[slot] = _FAR

    def restart(self, slot: int) -> None:
        """Take what comes next as a new stream; counts go on."""
        self._have[slot] = 0
        self._started[slot] = False
        self._newest[slot] = self._lead[slot] = self._position[slot]
        self._stalled[slot] = PAUSE

    def delay_ms(self, slot: int) -> float:
        """Return how long frames waited on average."""
        taken = int(self._taken[slot])
        return 20.0 * (float(self._delay[slot]) / taken + 0.5) if taken else 0.0

    def insert(self, slots: _Ints, timestamps: _Ints, frames: _Bytes) -> None:
        """Put in packets of one frame, one packet at most of each leg.

        Parameters
        ----------
        slots, timestamps : int64 arrays, shape (n,)
        frames : uint8 array, shape (n, 160)
            A-law.
        """
        ahead = self._place(slots, timestamps, FRAME)
        fits = ahead >= 0
        if not fits.all():
            slots, ahead, frames = slots[fits], ahead[fits], frames[fits]
        number = self._position[slots] + ahead
        place = self._first[slots] + (number & _MASK)
        doubled = self._flags[place] & _FULL
        if np.count_nonzero(doubled):
            self.duplicates[slots] += doubled != 0
        self._frames[place] = frames
        self._flags[place] = _FULL
        self._newest[slots] = np.maximum(self._newest[slots], number + 1)

    def insert_parts(self, slot: int, timestamp: int, sound: _Bytes) -> None:
        """Put in a packet of another length: uint8, shape (n,), A-law; what exceeds n × 10 ms is cut off."""
        doubled = False
        for start in range(0, len(sound) - _HALF + 1, _HALF):
            ahead = int(self._place(np.array([slot]), np.array([timestamp + start & 0xFFFFFFFF]), _HALF)[0])
            if ahead < 0:
                return
            number = int(self._position[slot]) + ahead // 2
            half = ahead % 2
            place = number & _MASK
            have = int(self._have[slot, place]) & _FULL
            doubled |= bool(have & 1 << half)
            if not have:
                self._ring[slot, place] = ALAW_SILENCE
            self._ring[slot, place, half * _HALF : (half + 1) * _HALF] = sound[start : start + _HALF]
            self._have[slot, place] = have | 1 << half
            self._newest[slot] = max(self._newest[slot], number + 1)
        self.duplicates[slot] += doubled

    def _place(self, slots: _Ints, timestamps: _Ints, unit: int) -> _Ints:
        """Return how many units ahead of the next frame each packet lies, −1 for those that are dropped."""
        delta = timestamps - self._stamp[slots]
        ahead = delta // unit
        usual = (ahead * unit == delta) & (ahead >= 0) & (delta < ROOM * FRAME) & (self._stalled[slots] == 0)
        if np.count_nonzero(usual) == len(slots):
            return ahead
        delta = _signed(delta)
        # Samples that a stream is off its own grid after a pause: the grid moves with it.
        shift = (delta + unit // 2) % unit - unit // 2
        started = self._started[slots]
        stalled = self._stalled[slots]
        ahead = (delta - shift) // FRAME
        far = (ahead >= ROOM) | (ahead < -ROOM)
        again = ~started | (stalled >= PAUSE) & (ahead != 0)
        far &= ~again
        if np.count_nonzero(far):
            jumped = slots[far]
            near = np.abs(_signed(timestamps[far] - self._jump[jumped])) <= 10 * FRAME
            again[far] = near & (self._jump[jumped] >= 0)
            self._jump[jumped] = timestamps[far]
        if np.count_nonzero(again):
            self._begin(slots[again], timestamps[again])
            delta[again] = shift[again] = 0
        if np.count_nonzero(shift):
            near = np.abs(delta) < ROOM * FRAME
            self._stamp[slots] += np.where(near, shift, 0)
            delta = delta - shift
        gap = (delta > 0) & (stalled > 0) & ~again & ~far
        if np.count_nonzero(gap):
            self._skip(slots[gap], np.minimum(delta[gap] // FRAME, stalled[gap]))
            delta = _signed(timestamps - self._stamp[slots])
            if unit == FRAME:
                delta -= delta % FRAME
        past = delta < 0
        if np.count_nonzero(past):
            self._note_past(slots[past & ~far], delta[past & ~far] // FRAME)
        dropped = past | (delta >= ROOM * FRAME) | far & ~again
        self._stalled[slots[~dropped]] = 0
        return np.where(dropped, -1, delta // unit)

    def _begin(self, slots: _Ints, timestamps: _Ints) -> None:
        """Take a stream from here on: its first frame is the next, once the reserve has come too."""
        self._have[slots] = 0
        self._started[slots] = True
        self._stamp[slots] = timestamps
        self._wait[slots] = RESERVE
        self._newest[slots] = self._lead[slots] = self._position[slots]
        self._jump[slots] = -1
        self._least[slots] = _FAR
        self._correction[slots] = 0

    def _skip(self, slots: _Ints, frames: _Ints) -> None:
        """Leave out frames that were stood still for: nothing has come of them."""
        self._position[slots] += frames
        self._stamp[slots] += frames * FRAME
        self._lead[slots] = np.maximum(self._lead[slots], self._position[slots])
        self._newest[slots] = np.maximum(self._newest[slots], self._position[slots])
        self._have[slots] = 0

    def _note_past(self, slots: _Ints, ahead: _Ints) -> None:
        known = ahead >= -ROOM
        slots, ahead = slots[known], ahead[known]
        played = self._have[slots, self._position[slots] + ahead & _MASK] == _PLAYED
        self.duplicates[slots] += played
        self.late[slots] += ~played

    def take(self, span: slice) -> tuple[_Bytes, _Bools]:
        """Go on by one frame for the slots of ``span``.

        Returns
        -------
        frames : uint8 array, shape (n, 160)
            A-law; rows without a frame hold anything.
        there : bool array, shape (n,)
            Which rows have one.
        """
        rows, first = self._rows[span], self._first[span]
        position, newest = self._position[span], self._newest[span]
        place = first + (position & _MASK)
        waiting = self._wait[span] > 0
        ready = (newest > position) & ~waiting
        have = self._flags[place]
        there = ready & (have & _FULL != 0)
        frames = self._frames.take(place, axis=0)
        self._flags[place] = np.where(there, _PLAYED, np.where(ready, 0, have))
        self._flags[first + (position + ROOM & _MASK)] *= ~ready
        reserve = newest - position - 1
        position += ready
        self._stamp[span] += FRAME * ready
        self._wait[span] -= waiting
        self._stalled[span] += ~ready & ~waiting
        self._delay[span] += np.where(ready, reserve, 0)
        self._taken[span] += ready
        self._adapt(span, rows, ready, reserve)
        return frames, there

    def _adapt(self, span: slice, rows: _Ints, ready: _Bools, reserve: _Ints) -> None:
        least = self._least[span]
        np.minimum(least, np.where(ready, reserve, least), out=least)
        watched = self._watched[span]
        watched += ready
        over = watched >= _WINDOW
        if np.count_nonzero(over):
            which = rows[over]
            short = self._least[which]
            self._correction[which] = np.sign(short - RESERVE) * (short < _FAR)
            self._asked[which] *= self._correction[which] != 0
            self._watched[which] = 0
            self._least[which] = _FAR
        correction = self._correction[span]
        if np.count_nonzero(correction):
            for slot in rows[(correction != 0) & ready]:
                self._correct(int(slot))
        much = reserve > MOST
        if np.count_nonzero(much):
            for slot in rows[much & ready]:
                self._drop(int(slot), int(self._newest[slot] - self._position[slot]) - 1 - MOST)

    def _correct(self, slot: int) -> None:
        """Leave out a frame or stand still for one, where the next is quiet or patience ends."""
        self._asked[slot] += 1
        place = int(self._position[slot]) & _MASK
        there = int(self._have[slot, place]) & _FULL
        if there and self._asked[slot] < _PATIENCE and _power(self._ring[slot, place]) > _QUIET:
            return
        if self._correction[slot] > 0:
            self._drop(slot, 1)
        else:
            self._wait[slot] += 1
        self._correction[slot] = self._asked[slot] = self._watched[slot] = 0
        self._least[slot] = _FAR

    def _drop(self, slot: int, frames: int) -> None:
        for _ in range(frames):
            position = int(self._position[slot])
            self._have[slot, position + ROOM & _MASK] = 0
            self._have[slot, position & _MASK] = _PLAYED
            self._position[slot] += 1
            self._stamp[slot] += FRAME
        self._lead[slot] = max(self._lead[slot], self._position[slot])

    def lead(self, span: slice, quiet: _Bools) -> tuple[_Bytes, _Bools]:
        """Return for the slots of ``span`` the next frame that has come, before its time; see :meth:`take`.

        To be called once for each call of :meth:`take`. Where a row was ``quiet``, frames that are so too and
        have others behind them are left out: what follows is heard sooner.
        """
        newest = self._newest[span]
        lead = np.maximum(self._lead[span], self._position[span])
        behind = quiet & (newest - lead > 1)
        if np.count_nonzero(behind):
            for row in behind.nonzero()[0].tolist():
                lead[row] = self._catch_up(span.start + row, int(lead[row]), int(newest[row]))
        place = self._first[span] + (lead & _MASK)
        come = newest > lead
        there = come & (self._flags[place] & _FULL != 0)
        frames = self._frames.take(place, axis=0)
        self._lead[span] = lead + come
        return frames, there

    def _catch_up(self, slot: int, lead: int, newest: int) -> int:
        while newest - lead > 1:
            place = lead & _MASK
            if self._have[slot, place] & _FULL and _power(self._ring[slot, place]) > _QUIET:
                break
            lead += 1
        return lead


def _signed(difference: _Ints) -> _Ints:
    """Return a difference of timestamps as the nearest number that it may mean."""
    return (difference + 0x80000000 & 0xFFFFFFFF) - 0x80000000


def _power(frame: _Bytes) -> float:
    sound = alaw_decode(frame.tobytes()).astype(np.float64)
    return float(sound @ sound) / len(sound)
