"""What is kept of the legs' sound: recordings and messages, cut from the history piece by piece."""

from __future__ import annotations

import numpy as np

from ivr.media.leg import Leg, Message
from ivr.media.recorder import Recorder, Track
from ivr.media.rows import Rows
from ivr.media.tempo import FRAME
from ivr.wire.media import StartRecording
from speech.g711 import ALAW_SILENCE

#: Frames from one block of a recording to the next, 0.6 s: what a process that is killed may lose.
BLOCK = 30
#: Frames from one turn to the next: the legs of a turn are cut together.
TURN = 5


class Keeper:
    """Keeps recordings and messages.

    Parameters
    ----------
    rows : Rows
    recorder : Recorder
    message_bytes : int
        Bytes that are kept of a message.
    """

    def __init__(self, rows: Rows, recorder: Recorder, message_bytes: int) -> None:
        self._rows = rows
        self._recorder = recorder
        self._message_bytes = message_bytes
        # by the group, and the tick at which they are cut
        self._legs: dict[tuple[int, int], set[Leg]] = {}

    def record(self, leg: Leg, command: StartRecording) -> None:
        """Record a leg from now on."""
        self.cut(leg)
        leg.track = Track(leg.id, command.path, command.fsync_seconds)
        leg.recording_began = leg.recorded_to
        leg.silent, leg.silent_since = command.silent, 0.0
        self._recorder.start(leg.track)
        self._watch(leg)

    def silence(self, leg: Leg, on: bool) -> None:
        """Write the party's channel as silence from now on, or its sound again."""
        if leg.track is None or leg.silent == on:
            return
        self.cut(leg)
        if on:
            leg.silent_since = self._recorded_seconds(leg)
        else:
            self._mask(leg)
        leg.silent = on

    def finish(self, leg: Leg) -> Track | None:
        """End the recording of a leg and its message; return the recording, which is being completed."""
        track = leg.track
        self.cut(leg)
        self._turn(leg).discard(leg)
        if track:
            if leg.silent:
                self._mask(leg)
            leg.track = None
            self._recorder.close(track)
        return track

    def start_message(self, leg: Leg) -> None:
        """Keep what the party says from now on."""
        self.cut(leg)
        leg.message = Message(self._message_bytes)
        self._watch(leg)

    def stop_message(self, leg: Leg) -> None:
        """Keep no more of it."""
        if leg.message and leg.message.running:
            self.cut(leg)
            leg.message.running = False
            if leg.track is None:
                self._turn(leg).discard(leg)

    def tick(self, group: int) -> None:
        """Cut the legs of a group whose turn it is."""
        ticks = self._rows.group_ticks(group)
        due: dict[int, list[Leg]] = {}  # by where they were cut last: most of them together
        for leg in self._legs.get((group, ticks % BLOCK), ()):
            due.setdefault(leg.recorded_to, []).append(leg)
        for first, legs in due.items():
            self._cut(legs, first, ticks)
        self._recorder.hand_over()

    def cut(self, leg: Leg) -> None:
        """Hand over what was not yet."""
        self._cut([leg], leg.recorded_to, self._rows.ticks(leg))

    def _cut(self, legs: list[Leg], first: int, end: int) -> None:
        for leg in legs:
            leg.recorded_to = end
        legs = [leg for leg in legs if leg.track or _running(leg)]
        if first == end or not legs:
            return
        history, slots = self._rows.history, np.array([leg.slot for leg in legs])
        party, heard = history.party(slots, first, end), history.heard(slots, first, end)
        for leg, said, listened in zip(legs, party, heard, strict=True):
            message = _running(leg)
            if message:
                message.add(said.tobytes())
            if leg.silent:
                said[:] = ALAW_SILENCE
            if leg.track:
                self._recorder.write(leg.track, said, listened)

    def _watch(self, leg: Leg) -> None:
        self._turn(leg).add(leg)

    def _turn(self, leg: Leg) -> set[Leg]:
        return self._legs.setdefault((self._rows.group(leg), leg.slot * TURN % BLOCK), set())

    def _recorded_seconds(self, leg: Leg) -> float:
        return round((leg.recorded_to - leg.recording_began) * FRAME, 3)

    def _mask(self, leg: Leg) -> None:
        end = self._recorded_seconds(leg)
        if leg.track and end > leg.silent_since:
            self._recorder.mask(leg.track, leg.silent_since, end)


def _running(leg: Leg) -> Message | None:
    return leg.message if leg.message and leg.message.running else None
