"""What the engine asks of the legs, command by command."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
import structlog

from ivr.media.arrivals import Arrivals
from ivr.media.jitter import FRAME
from ivr.media.keeping import Keeper
from ivr.media.leg import Leg, Pacer
from ivr.media.loader import Loaded, Loader
from ivr.media.playout import Stream
from ivr.media.ports import NoPort, PortPool, address_of
from ivr.media.quality import call_score
from ivr.media.recorder import Closed, Recorder, Track
from ivr.media.rows import Rows
from ivr.media.settings import MediaSettings
from ivr.media.slots import Slots
from ivr.media.tempo import FRAME as FRAME_SECONDS
from ivr.media.tempo import PHASES
from ivr.media.uring import Uring
from ivr.wire import media
from ivr.wire.ring import SoundRing

#: Presses that may wait to be sent.
MOST_KEYS = 64

_PACKETS = (10, 20, 30, 40, 50, 60)
_REPORT_TICKS = round(5.0 / FRAME_SECONDS)  # rtcp.INTERVAL
_REPORT_TURN = 10  # frames; those whose turn it is are sent theirs together
_REPORT_TURNS = _REPORT_TICKS // _REPORT_TURN
_BYTES_PER_MINUTE = 480_000
_log = structlog.get_logger()


class Exchange:
    """All legs of a media process, without its clock.

    Parameters
    ----------
    settings : MediaSettings
    tell : callable
        Called with each event for the engine.
    uring : Uring or None
        For receiving and sending many packets by one call.
    """

    def __init__(
        self, settings: MediaSettings, tell: Callable[[object], None], uring: Uring | None = None
    ) -> None:
        self._settings = settings
        self._tell = tell
        self._slots = Slots(settings.slots)
        self._ring = SoundRing.create(settings.ring, self._slots.rows)
        frames = round(settings.sound_minutes * _BYTES_PER_MINUTE) // FRAME
        self._rows = Rows(self._slots, self._ring, frames, tell, uring)
        self.arrivals = Arrivals(self._rows, tell, uring)
        self._ports = PortPool(settings.host, settings.port_min, settings.port_max)
        self._legs: dict[str, Leg] = {}
        self._paths: dict[str, str] = {}  # of sounds
        self._broken: dict[str, str] = {}  # paths that cannot be read, and why
        self._reading: set[str] = set()
        self._results: deque[Loaded | media.RecordingFailed | Closed] = deque()
        #: Readable when a thread has something to tell: :meth:`attend`.
        self.bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._recorder = Recorder(self._ring_bell)
        self._loader = Loader(self._ring_bell)
        self._keeper = Keeper(self._rows, self._recorder, round(settings.message_minutes * _BYTES_PER_MINUTE))
        self._closing: dict[Track, media.LegClosed] = {}
        # by the group, and the tick at which they are sent a report
        self._reports: dict[tuple[int, int], set[Leg]] = {}
        self._now = 0.0
        self._commands: dict[type[Any], Callable[[Any], None]] = {
            media.OpenLeg: self._open,
            media.ConnectLeg: self._connect,
            media.LoadSound: self._load,
            media.Play: self._play,
            media.PlayStream: self._play_stream,
            media.Feed: self._feed,
            media.StopPlaying: self._stop_playing,
            media.SendDigits: self._send_digits,
            media.Bridge: self._bridge,
            media.Unbridge: self._unbridge,
            media.StartRecording: self._start_recording,
            media.Silence: self._silence,
            media.StartMessage: self._start_message,
            media.StopMessage: self._stop_message,
            media.PlayMessage: self._play_message,
            media.CloseLeg: self._close,
        }

    @property
    def legs(self) -> int:
        """Legs that are open."""
        return len(self._legs)

    def told(self, command: Any, now: float) -> None:
        """Do what the engine asks. What concerns a leg that is over already is ignored."""
        self._now = now
        do = self._commands.get(type(command))
        if do is None:
            _log.warning("no command of the media process", name=type(command).__name__)
            return
        do(command)

    def idle(self, group: int) -> bool:
        """Tell whether the phase of a group can be left out: nothing is due in it.

        So it is for those in the midst between two ticks of the only group, and for all but one where there
        are no legs.
        """
        rows = self._rows
        return group > 0 and not (
            rows.occupied(group)
            or rows.occupied((group + 1) % PHASES)
            or rows.has_halves((group + PHASES // 2) % PHASES)
        )

    def tick(self, group: int, now: float) -> bool:
        """Let a group of legs have its 20 ms; tell whether anything was sent."""
        self._now = now
        sent = self._rows.tick(group)
        self._rows.half((group + PHASES // 2) % PHASES)
        return sent

    def tidy(self, group: int, now: float) -> None:
        """Do what follows a tick and may wait a little.

        The group whose tick is next is listened to now: what the engine answers to a key still comes in
        time for that tick.
        """
        self._now = now
        following = (group + 1) % PHASES
        if self._rows.occupied(following):
            self.arrivals.fetch(now)
            self._rows.hear(following)
        self._keeper.tick(group)
        for leg in self._reports.get((group, self._rows.group_ticks(group) % _REPORT_TICKS), ()):
            self.arrivals.send_report(leg, now)

    def second(self, now: float) -> None:
        """Do what is due once a second: look for parties that have fallen silent."""
        self.arrivals.look_round(now)
        limit = self._settings.rtp_timeout_seconds
        rows = self._rows
        silent = now - rows.heard_at > limit
        for slot in np.flatnonzero(rows.hearing & silent).tolist():
            leg = rows.legs[slot]
            if leg and leg.must_send and not leg.timed_out and now - leg.expecting_since > limit:
                leg.timed_out = True
                seconds = now - max(rows.heard_at[slot], leg.expecting_since)
                self._tell(media.MediaTimeout(leg.id, round(float(seconds), 3)))
        for slot in np.flatnonzero(rows.hearing & ~silent).tolist():
            leg = rows.legs[slot]
            if leg:
                leg.timed_out = False

    def attend(self) -> None:
        """Take what the threads have done."""
        try:
            os.eventfd_read(self.bell)
        except BlockingIOError:
            return
        while self._results:
            result = self._results.popleft()
            if isinstance(result, Loaded):
                self._loaded(result)
            elif isinstance(result, Closed):
                closed = self._closing.pop(result.track, None)
                if closed:
                    self._tell(media.LegClosed(closed.leg, closed.seconds, closed.quality, result.recorded))
            elif result.leg in self._legs:
                self._tell(result)

    def skip(self, frames: int) -> None:
        """Take in that the clock has left out frames."""
        self._rows.outbox.skip(frames)

    def clear(self, now: float) -> None:
        """End everything: the engine is gone, or another has come."""
        self._now = now
        for leg in tuple(self._legs.values()):
            self._end(leg)
        self._recorder.hand_over()
        self._closing.clear()
        self._paths.clear()
        self._broken.clear()
        self._reading.clear()
        self._rows.bank.forget()

    def end(self) -> None:
        """Wait until all recordings are complete, and free everything."""
        self._recorder.end()
        self._loader.end()
        self.arrivals.close()
        os.close(self.bell)

    def _ring_bell(self, result: Loaded | media.RecordingFailed | Closed) -> None:
        self._results.append(result)
        os.eventfd_write(self.bell, 1)

    # -- legs -------------------------------------------------------------------------------------------

    def _open(self, command: media.OpenLeg) -> None:
        if command.leg in self._legs:
            self._tell(media.LegRefused(command.leg, "a leg of this name is open"))
            return
        slot = self._slots.take()
        if slot is None:
            self._tell(media.LegRefused(command.leg, f"all {self._settings.slots} slots are taken"))
            return
        try:
            sound, control, port = self._ports.take()
        except NoPort as error:
            self._slots.give_back(slot)
            self._tell(media.LegRefused(command.leg, str(error)))
            return
        leg = Leg(command.leg, slot, port, sound, control)
        self._legs[command.leg] = leg
        self._rows.reset(leg)
        self._tell(media.LegOpened(leg.id, port, slot))

    def _connect(self, command: media.ConnectLeg) -> None:
        leg = self._legs.get(command.leg)
        if leg is None:
            return
        rows, slot, before = self._rows, leg.slot, leg.session
        had_to_send = leg.must_send
        leg.session = command
        address = address_of(command.host, command.port)
        if before is None:
            leg.began = rows.ticks(leg)
            leg.address = address
            rows.live[slot] = True
            rows.heard_at[slot] = self._now
            self.arrivals.connect(leg)
            self._report_turn(leg).add(leg)
        elif (before.host, before.port) != (command.host, command.port):
            leg.address, leg.control_address = address, None
            self.arrivals.renew(leg)
            self.arrivals.listen(leg)
        if before is None or before.payload_type != command.payload_type:
            rows.outbox.encode(slot, command.payload_type)
        if before is None or before.ptime != command.ptime:
            ptime = command.ptime if command.ptime in _PACKETS else 20
            leg.pacer = Pacer(ptime) if ptime != 20 else None
        if command.event_type is None:
            leg.has_events = False
        if leg.must_send and not had_to_send:
            leg.expecting_since = self._now
        rows.hearing[slot] = leg.hears
        rows.arrange_leg(leg)

    def _close(self, command: media.CloseLeg) -> None:
        leg = self._legs.get(command.leg)
        if leg is None:
            return
        seconds, (track, quality) = self._rows.seconds(leg), self._end(leg)
        closed = media.LegClosed(leg.id, seconds, quality)
        if track is None:
            self._tell(closed)
        else:
            self._closing[track] = closed
            self._recorder.hand_over()

    def _end(self, leg: Leg) -> tuple[Track | None, media.Quality]:
        self.arrivals.drop(leg)
        self.arrivals.send_report(leg, self._now, bye=True)
        track = self._keeper.finish(leg)
        quality = self._quality(leg)
        self._rows.remove(leg)
        self._report_turn(leg).discard(leg)
        leg.sound.close()
        leg.control.close()
        del self._legs[leg.id]
        self._slots.give_back(leg.slot)
        self._rows.arrange_leg(leg)
        return track, quality

    def _report_turn(self, leg: Leg) -> set[Leg]:
        turn = (leg.slot * 7 % _REPORT_TURNS * _REPORT_TURN + leg.began) % _REPORT_TICKS
        return self._reports.setdefault((self._rows.group(leg), turn), set())

    def _quality(self, leg: Leg) -> media.Quality:
        rows, slot = self._rows, leg.slot
        late, duplicates = int(rows.jitter.late[slot]), int(rows.jitter.duplicates[slot])
        counts = rows.reception.counts(slot, duplicates)
        delay = rows.jitter.delay_ms(slot)
        trip = None if leg.round_trip is None else 1000 * leg.round_trip
        return media.Quality(
            packets=counts.packets,
            lost=counts.lost,
            late=late,
            duplicates=duplicates,
            jitter_ms=round(counts.jitter_ms, 3),
            delay_ms=round(delay, 3),
            mos=round(call_score(counts.packets, counts.lost, late, delay, trip), 3),
            sent=int(rows.outbox.packets[slot]),
            far_lost_percent=_far_lost(leg, int(rows.outbox.packets[slot])),
            round_trip_ms=None if trip is None else round(trip, 3),
        )

    # -- what they hear ---------------------------------------------------------------------------------

    def _load(self, command: media.LoadSound) -> None:
        self._paths[command.sound] = command.path
        self._broken.pop(command.path, None)
        self._read(command.path)

    def _read(self, path: str) -> None:
        if path not in self._reading and path not in self._rows.bank:
            self._reading.add(path)
            self._loader.load(path)

    def _loaded(self, result: Loaded) -> None:
        if result.path not in self._reading:
            return  # an engine asked for it that is gone
        self._reading.discard(result.path)
        reason = result.reason
        if result.data is not None and not self._rows.bank.put(result.path, result.data):
            reason = "there is no room for more sounds"
        if reason:
            self._broken[result.path] = reason
        for leg in self._legs.values():
            if leg.wanted and self._paths.get(leg.wanted[0]) == result.path:
                self._begin(leg, *leg.wanted)

    def _play(self, command: media.Play) -> None:
        leg = self._legs.get(command.leg)
        if leg:
            self._hush(leg)
            self._begin(leg, command.sound, command.play, command.loop)

    def _begin(self, leg: Leg, sound: str, play: int, loop: bool) -> None:
        leg.wanted = None
        path = self._paths.get(sound)
        if path is None:
            self._tell(media.PlayFailed(leg.id, play, f"sound {sound} was never loaded"))
        elif path in self._rows.bank:
            self._rows.playout.play(leg.slot, path, play, loop=loop)
        elif path in self._broken:
            self._tell(media.PlayFailed(leg.id, play, self._broken[path]))
        else:
            leg.wanted = sound, play, loop
            self._read(path)

    def _play_stream(self, command: media.PlayStream) -> None:
        leg = self._legs.get(command.leg)
        if leg:
            self._hush(leg)
            self._rows.playout.play_stream(leg.slot, Stream(command.play))

    def _feed(self, command: media.Feed) -> None:
        leg = self._legs.get(command.leg)
        if leg is None:
            return
        dropped = self._rows.playout.feed(leg.slot, command.play, command.sound, last=command.last)
        if dropped:
            _log.warning("a stream comes too fast", leg=leg.id, dropped_bytes=dropped)

    def _stop_playing(self, command: media.StopPlaying) -> None:
        leg = self._legs.get(command.leg)
        if leg:
            self._hush(leg)

    def _hush(self, leg: Leg) -> None:
        leg.wanted = None
        self._rows.playout.stop(leg.slot)

    def _send_digits(self, command: media.SendDigits) -> None:
        leg = self._legs.get(command.leg)
        if leg is None or leg.session is None:
            return
        if leg.session.event_type is None:
            self._hush(leg)
            self._rows.play_keys(leg, command.keys[:MOST_KEYS])
            return
        leg.events_out.press(command.keys[: max(MOST_KEYS - leg.events_out.waiting, 0)])
        self._rows.arrange_leg(leg)

    def _bridge(self, command: media.Bridge) -> None:
        leg, other = self._legs.get(command.leg), self._legs.get(command.other)
        if leg and other and leg is not other:
            for each in (leg, other):
                self._hush(each)
            self._rows.join(leg, other)

    def _unbridge(self, command: media.Unbridge) -> None:
        leg = self._legs.get(command.leg)
        if leg:
            self._rows.part(leg)

    # -- what is kept of it -----------------------------------------------------------------------------

    def _start_recording(self, command: media.StartRecording) -> None:
        leg = self._legs.get(command.leg)
        if leg is None:
            return
        if leg.track or leg.session is None:
            reason = "it is being recorded already" if leg.track else "it is not connected"
            self._tell(media.RecordingFailed(leg.id, reason))
            return
        self._keeper.record(leg, command)

    def _silence(self, command: media.Silence) -> None:
        leg = self._legs.get(command.leg)
        if leg:
            self._keeper.silence(leg, command.on)

    def _start_message(self, command: media.StartMessage) -> None:
        leg = self._legs.get(command.leg)
        if leg:
            self._keeper.start_message(leg)

    def _stop_message(self, command: media.StopMessage) -> None:
        leg = self._legs.get(command.leg)
        if leg:
            self._keeper.stop_message(leg)

    def _play_message(self, command: media.PlayMessage) -> None:
        leg = self._legs.get(command.leg)
        if leg is None:
            return
        self._hush(leg)
        if leg.message is None:
            self._tell(media.PlayFailed(leg.id, command.play, "no message was kept"))
            return
        self._keeper.cut(leg)
        self._rows.playout.play_stream(leg.slot, leg.message.stream(command.play))


def _far_lost(leg: Leg, sent: int) -> float | None:
    if leg.reported is None or not sent:
        return None
    return round(min(max(100.0 * leg.reported.lost / sent, 0.0), 100.0), 3)
