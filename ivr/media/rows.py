"""The arrays of all legs, a row for each, and what happens to them every 20 ms."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ivr.media.activity import Activity
from ivr.media.concealment import HISTORY, LONGEST, conceal
from ivr.media.history import History
from ivr.media.jitter import FRAME, JitterBuffers
from ivr.media.leg import Leg
from ivr.media.outbox import Outbox
from ivr.media.playout import Playout, Stream
from ivr.media.quality import Reception
from ivr.media.slots import Slots
from ivr.media.sounds import SoundBank
from ivr.media.tempo import FRAME as FRAME_SECONDS
from ivr.media.tempo import PHASES
from ivr.media.tones import QUIET, ToneWatch
from ivr.media.uring import Uring
from ivr.wire.media import DigitPressed, DigitReleased, PlayEnded, VoiceActivity
from ivr.wire.ring import FRAMES, SoundRing
from speech.g711 import ALAW_SILENCE, alaw_decode, alaw_encode
from speech.keytones import KEYS, key_tones

_LINEAR = alaw_decode(bytes(range(256)))
_EXACT = _LINEAR.astype(np.float32)
_REPEATS = 2  # frames that are filled by the last one for those who listen ahead
_TONE_DELAY = 0.05  # seconds from the beginning of a tone to its being told, about


class Rows:
    """All legs.

    Parameters
    ----------
    slots : Slots
        Who has which row.
    ring : SoundRing
        Of at least as many slots as there are rows.
    sound_frames : int
        Room for sounds, in frames.
    tell : callable
        Called with each event for the engine.
    uring : Uring or None
        For sending many packets by one call.

    Attributes
    ----------
    live : bool array, shape (rows,)
        Legs that talk to a party: their clock runs.
    hearing : bool array, shape (rows,)
        Those among them whose party may send.
    heard_at : float64 array, shape (rows,)
        When the last packet came.
    keying : bool array, shape (rows,)
        Those whose party holds a key, and sends events instead of sound: nothing is lost then.
    """

    def __init__(
        self,
        slots: Slots,
        ring: SoundRing,
        sound_frames: int,
        tell: Callable[[object], None],
        uring: Uring | None = None,
    ) -> None:
        count = slots.rows
        self._slots = slots
        self._ring = ring
        self._tell = tell
        self.legs: list[Leg | None] = [None] * count
        self.jitter = JitterBuffers(count)
        self.reception = Reception(count)
        self.history = History(count)
        self.outbox = Outbox(count, uring)
        self.bank = SoundBank(sound_frames, Playout.reserved(count))
        self.playout = Playout(count, self.bank, self._play_ended)
        self.live = np.zeros(count, np.bool_)
        self.hearing = np.zeros(count, np.bool_)
        self.heard_at = np.zeros(count)
        self.keying = np.zeros(count, np.bool_)
        self._activity = Activity(count)
        self._tones = ToneWatch(count)
        self._all = np.arange(count)
        self._linear = np.zeros((count, FRAME), np.float32)
        self._sound = ring.frames.reshape(-1, FRAME)
        self._sound_first = np.arange(count) * FRAMES  # of each leg in it
        self._lost = np.zeros(count, np.int64)  # frames lost in a row
        self._party = np.zeros((count, FRAME), np.uint8)  # last frame of each party
        self._early = np.zeros((count, FRAME), np.uint8)  # newest frame of each party
        self._gap = np.zeros(count, np.int64)  # frames since it came
        self._quiet = np.ones(count, np.bool_)
        self._peer = np.full(count, -1, np.int64)
        self._bridges = 0
        self._ticks = [0] * PHASES
        self._ended: list[PlayEnded] = []

    def reset(self, leg: Leg) -> None:
        """Let a new leg take its row."""
        slot = leg.slot
        self.legs[slot] = leg
        for each in (self.jitter, self.reception, self.history, self.outbox, self._activity):
            each.reset(slot)
        self.playout.stop(slot)
        self._party[slot] = self._early[slot] = ALAW_SILENCE
        self._gap[slot] = self._lost[slot] = LONGEST + 1
        self.live[slot] = self.hearing[slot] = self.keying[slot] = False

    def remove(self, leg: Leg) -> None:
        """Take a leg out of its row."""
        slot = leg.slot
        self.part(leg)
        self.playout.stop(slot)
        self.live[slot] = self.hearing[slot] = False
        self._tones.leave(slot)
        self.outbox.forget(slot)
        self.legs[slot] = None

    def arrange(self, group: int) -> None:
        """Take in that a leg of a group has come, gone, or is sent to otherwise."""
        span = self._slots.span(group)
        legs = [leg for leg in self.legs[span] if leg and leg.sends]
        self.outbox.arrange(span.start, legs)

    def arrange_leg(self, leg: Leg) -> None:
        """Take in that a leg is sent to otherwise."""
        self.arrange(self._slots.group(leg.slot))

    def play_keys(self, leg: Leg, keys: str) -> None:
        """Let a leg hear the tones of keys instead of what it hears."""
        tones = Stream(None)
        tones.feed(alaw_encode(key_tones("".join(key for key in keys if key in KEYS))), last=True)
        self.playout.play_stream(leg.slot, tones)

    def group(self, leg: Leg) -> int:
        """Return the group of a leg."""
        return self._slots.group(leg.slot)

    def group_ticks(self, group: int) -> int:
        """Return how many frames a group has had."""
        return self._ticks[group]

    def ticks(self, leg: Leg) -> int:
        """Return how many frames the leg's group has had."""
        return self._ticks[self._slots.group(leg.slot)]

    def seconds(self, leg: Leg) -> float:
        """Return the leg's own time."""
        return round((self.ticks(leg) - leg.began) * FRAME_SECONDS, 3) if leg.session else 0.0

    def join(self, leg: Leg, other: Leg) -> None:
        """Let two legs hear each other."""
        for each in (leg, other):
            self.part(each)
            self.playout.stop(each.slot)
        leg.peer, other.peer = other, leg
        self._peer[leg.slot], self._peer[other.slot] = other.slot, leg.slot
        self._bridges += 1

    def part(self, leg: Leg) -> None:
        """End the bridge of a leg, if it has one."""
        other = leg.peer
        if other is None:
            return
        leg.peer = other.peer = None
        self._peer[leg.slot] = self._peer[other.slot] = -1
        self._bridges -= 1

    def hear(self, group: int) -> None:
        """Take what has come from the parties of a group as the sound of its next 20 ms.

        And watch what has come of later ones for sound and for tones of keys.
        """
        span = self._slots.span(group)
        self._listen(span, *self.jitter.lead(span, self._quiet[span]))
        self._receive(span, self._ticks[group])

    def tick(self, group: int) -> bool:
        """Let the legs of a group have their next 20 ms; tell whether anything was sent."""
        span = self._slots.span(group)
        tick = self._ticks[group]
        self._ticks[group] += 1
        if span.start == span.stop:
            return False
        heard = self.playout.take(span)
        if self._bridges:
            self._cross(span, heard)
        self.history.note_heard(tick, span, heard)
        sent = self.outbox.send(span, heard)
        self._keep(span)
        if self._ended:
            ended, self._ended = self._ended, []
            for each in ended:
                self._tell(each)
        return sent

    def occupied(self, group: int) -> bool:
        """Tell whether a group has a leg."""
        span = self._slots.span(group)
        return bool(span.start < span.stop)

    def has_halves(self, group: int) -> bool:
        """Tell whether anything will be due 10 ms after the tick of a group."""
        return self.occupied(group) and self.outbox.has_halves(self._slots.span(group).start)

    def half(self, group: int) -> None:
        """Send what is due 10 ms after the tick of a group."""
        if self.occupied(group):
            self.outbox.send_halves(self._slots.span(group).start)

    def _receive(self, span: slice, tick: int) -> None:
        """Take the parties' frames of a tick out of the jitter buffers, and fill the gaps."""
        frames, there = self.jitter.take(span)
        there &= self.hearing[span]
        lost = self._lost[span]
        lost += 1
        lost *= ~there
        gap = lost > 0
        if np.count_nonzero(gap):
            self._fill(span, tick, frames, gap)
        self._party[span] = frames
        self.history.note_party(tick, span, frames)

    def _fill(
        self, span: slice, tick: int, frames: npt.NDArray[np.uint8], gap: npt.NDArray[np.bool_]
    ) -> None:
        lost = self._lost[span]
        lost[gap & self.keying[span]] = LONGEST + 1
        gone = lost > LONGEST
        frames[gone] = ALAW_SILENCE
        gap &= ~gone
        if np.count_nonzero(gap):
            slots = self._all[span][gap]
            before = _LINEAR[self.history.party(slots, tick - HISTORY // FRAME, tick)]
            frames[gap] = np.frombuffer(
                alaw_encode(conceal(before, lost[gap]).reshape(-1)), np.uint8
            ).reshape(-1, FRAME)

    def _cross(self, span: slice, heard: npt.NDArray[np.uint8]) -> None:
        """Let bridged legs that are played nothing hear their peers."""
        peer = self._peer[span]
        rows = np.flatnonzero((peer >= 0) & (self.playout.at[span] == 0))
        if len(rows):
            heard[rows] = self._party[peer[rows]]

    def _keep(self, span: slice) -> None:
        """Write the callers' sound to the ring: first the frames, then their number."""
        counters = self._ring.counters[span]
        self._sound[self._sound_first[span] + counters % FRAMES] = self._party[span]
        counters += self.live[span]

    def _listen(self, span: slice, frames: npt.NDArray[np.uint8], there: npt.NDArray[np.bool_]) -> None:
        there &= self.hearing[span]
        early, gap = self._early[span], self._gap[span]
        gap += 1
        gap *= ~there
        come = there.nonzero()[0]
        if len(come) == len(early):
            early[:] = frames
        else:
            early[come] = frames[come]
        gone = gap > _REPEATS
        if np.count_nonzero(gone):
            early[gone] = ALAW_SILENCE
        # "clip" is what takes out to be written to directly; there is nothing to be clipped
        linear = _EXACT.take(early, out=self._linear[span], mode="clip")
        power = np.einsum("ij,ij->i", linear, linear) / FRAME
        self._quiet[span] = power < QUIET
        for change in self._activity.feed(span, power, there | gone):
            leg = self.legs[change.slot]
            if leg and self.live[change.slot]:
                at = max(self.seconds(leg) - change.ago * FRAME_SECONDS, 0.0)
                self._tell(VoiceActivity(leg.id, change.on, at))
        for tone in self._tones.feed(span, early, linear, power):
            leg = self.legs[tone.slot]
            if leg is None or leg.has_events:
                continue
            now = self.seconds(leg)
            if tone.what == "down":
                leg.tone = tone.key, now
                self._tell(DigitPressed(leg.id, tone.key, max(now - _TONE_DELAY, 0.0), "tone"))
            else:
                self._tell(DigitReleased(leg.id, tone.key, tone.seconds))

    def _play_ended(self, slot: int, play: int) -> None:
        leg = self.legs[slot]
        if leg:
            self._ended.append(PlayEnded(leg.id, play))
