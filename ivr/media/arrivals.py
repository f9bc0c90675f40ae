"""What comes from the parties: sound for the jitter buffers, keys, reports; and where it comes from."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ivr.media.inbox import Inbox
from ivr.media.jitter import FRAME
from ivr.media.leg import Leg
from ivr.media.ports import address_of, disconnect, empty
from ivr.media.rows import Rows
from ivr.media.rtcp import Block, middle, ntp_time, packed_report, parse_report, round_trip
from ivr.media.rtp import COMFORT_NOISE, PCMA, PCMU, Packet, is_rtcp, parse_packet
from ivr.media.telephone_event import Pressed, Released
from ivr.media.uring import Uring
from ivr.wire.media import DigitPressed, DigitReleased
from speech.g711 import alaw_encode, ulaw_decode

#: Seconds without a packet after which a party may send from another address.
LISTEN_AGAIN = 2.0
#: Packets from an address that was not announced before it is believed, and seconds before nobody else is:
#: a phone behind a translator of addresses, or the last caller at this port who does not know it is over.
STRANGE, SETTLED = 3, 3.0
#: Seconds within which a key as a tone and as an event are one press.
SAME_PRESS = 0.3

_Ints = npt.NDArray[np.int64]


class Arrivals:
    """Receives for all legs.

    Parameters
    ----------
    rows : Rows
    tell : callable
        Called with each event for the engine.
    ring : Uring or None
        For receiving many packets by one call.
    """

    def __init__(self, rows: Rows, tell: Callable[[object], None], ring: Uring | None = None) -> None:
        self._rows = rows
        self._tell = tell
        self._inbox = Inbox(len(rows.legs), self._odd, ring)
        self._now = 0.0
        self._pressing: set[Leg] = set()
        #: Packets that were none, since the start.
        self.malformed = 0

    def connect(self, leg: Leg) -> None:
        """Receive for a leg from now on; from whom is learnt from its first packet."""
        empty(leg.sound)
        self.listen(leg)
        self._inbox.watch(leg.control.fileno(), leg.slot, lambda view: self._control(leg, view))

    def listen(self, leg: Leg) -> None:
        """Hear everyone on the leg's port until a packet fits."""
        if leg.learnt:
            disconnect(leg.sound)
            leg.learnt = False
        self._inbox.watch(leg.sound.fileno(), leg.slot, lambda view: self._learn(leg, view))
        self._rows.outbox.address(leg)

    def renew(self, leg: Leg) -> None:
        """Take what comes next from the party as a new stream."""
        leg.source = leg.other_source = leg.trusted = leg.candidate = None
        self._inbox.source[leg.slot] = -1
        self._forget_keys(leg)

    def drop(self, leg: Leg) -> None:
        """Receive no more for a leg."""
        for each in (leg.sound, leg.control):
            self._inbox.forget(each.fileno())
        self._inbox.source[leg.slot] = -1
        self._pressing.discard(leg)

    def close(self) -> None:
        """Receive no more at all."""
        self._inbox.close()

    def fetch(self, now: float) -> None:
        """Fetch what has come: keys are told, sound is put into the jitter buffers."""
        self._now = now
        rows = self._rows
        for packets in self._inbox.fetch():
            rows.heard_at[packets.slots] = now
            rows.reception.note(packets.slots, packets.sequences, packets.timestamps, now)
            rows.jitter.insert(packets.slots, packets.timestamps, packets.frames)
        for leg in tuple(self._pressing):  # presses may be over of which nothing more came
            over = leg.events_in.elapse(now)
            if over:
                self._keys(leg, over)

    def look_round(self, now: float) -> None:
        """Hear everyone again for legs whose party fell silent: it may have moved."""
        rows = self._rows
        for slot in np.flatnonzero(rows.live & (now - rows.heard_at > LISTEN_AGAIN)).tolist():
            leg = rows.legs[slot]
            if leg and leg.learnt:
                self.listen(leg)

    # -- packets that are looked at one by one ----------------------------------------------------------

    def _learn(self, leg: Leg, view: memoryview) -> int:
        """Receive on a port that hears everyone; return the packet's length if it is the party's."""
        size, address = leg.sound.recvfrom_into(view)
        packet = parse_packet(bytes(view[:size]))
        if packet is None or not self._known(leg, packet):
            self._odd(leg.slot, bytes(view[:size]))
            return 0
        # Who has spoken before may have moved, but nobody else takes its place while it is silent.
        if leg.source not in (None, packet.source) and address not in (leg.address, _announced(leg)):
            return 0
        if address not in (_announced(leg), leg.trusted):
            before, count, since = leg.candidate or (address, 0, self._now)
            if before != address:
                count, since = 0, self._now
            leg.candidate = address, count + 1, since
            if count + 1 < STRANGE:
                return 0
            if self._now - since < SETTLED:
                if leg.address != address:
                    leg.address = address
                    self._rows.outbox.address(leg)
                return size
        try:
            leg.sound.connect(address)
        except OSError:
            return size
        leg.learnt, leg.candidate = True, None
        leg.address = leg.trusted = address
        self._inbox.settle(leg.sound, leg.slot)
        self._rows.outbox.address(leg)
        return size

    def _known(self, leg: Leg, packet: Packet) -> bool:
        kind = packet.payload_type
        if leg.session and kind == leg.session.event_type:
            return len(packet.payload) >= 4
        return kind == COMFORT_NOISE or (kind in (PCMA, PCMU) and len(packet.payload) >= FRAME // 2)

    def _odd(self, slot: int, data: bytes) -> None:
        leg = self._rows.legs[slot]
        if leg is None or leg.session is None:
            return
        packet = parse_packet(data)
        if packet is None and is_rtcp(data):
            self._report(leg, data)
            return
        if packet is None or not self._known(leg, packet):
            self.malformed += 1
            return
        if not leg.hears or not self._from_party(leg, packet):
            return
        self._rows.heard_at[slot] = self._now
        if packet.payload_type == leg.session.event_type:
            self._rows.reception.note_key(slot, packet.sequence)
            events = leg.events_in.receive(packet.timestamp, packet.payload, self._now)
            if events:
                self._keys(leg, events)
            return
        if packet.payload_type == COMFORT_NOISE:
            self._rows.reception.note_key(slot, packet.sequence)
            return
        sound = packet.payload
        if packet.payload_type == PCMU:
            sound = alaw_encode(ulaw_decode(sound))
        where, stamp = np.array([slot]), np.array([packet.timestamp])
        self._rows.reception.note(where, np.array([packet.sequence]), stamp, self._now)
        frames = np.frombuffer(sound, np.uint8)
        if len(frames) == FRAME:
            self._rows.jitter.insert(where, stamp, frames.reshape(1, FRAME))
        else:
            self._rows.jitter.insert_parts(slot, packet.timestamp, frames)

    def _from_party(self, leg: Leg, packet: Packet) -> bool:
        """Tell whether a packet is of the party's stream; two in a row of another make that the stream."""
        if packet.source == leg.source:
            leg.other_source = None
            return True
        if leg.source is not None and leg.other_source != packet.source:
            leg.other_source = packet.source
            return False
        if leg.source is not None:
            self._rows.jitter.restart(leg.slot)
            self._forget_keys(leg)
        leg.source, leg.other_source = packet.source, None
        self._inbox.source[leg.slot] = packet.source
        return True

    def _forget_keys(self, leg: Leg) -> None:
        leg.events_in.forget()
        self._rows.keying[leg.slot] = False

    def _keys(self, leg: Leg, events: list[Pressed | Released]) -> None:
        seconds = self._rows.seconds(leg)
        for event in events:
            self._rows.keying[leg.slot] = isinstance(event, Pressed)
            if isinstance(event, Pressed):
                self._pressing.add(leg)
                leg.has_events = True
                key, at = leg.tone
                if key == event.key and at >= 0 and seconds - at < SAME_PRESS:
                    leg.tone = "", -1.0
                else:
                    self._tell(DigitPressed(leg.id, event.key, seconds, "event"))
                if leg.peer:
                    self._pass_on(leg.peer, event)
            else:
                self._pressing.discard(leg)
                self._tell(DigitReleased(leg.id, event.key, event.seconds))
                if leg.peer:
                    leg.peer.events_out.release(event.seconds)

    def _pass_on(self, leg: Leg, event: Pressed) -> None:
        if leg.session and leg.session.event_type is not None and leg.sends:
            leg.events_out.hold(event.key)
            self._rows.arrange_leg(leg)
        else:
            self._rows.play_keys(leg, event.key)

    # -- RTCP -------------------------------------------------------------------------------------------

    def _control(self, leg: Leg, view: memoryview) -> int:
        size, address = leg.control.recvfrom_into(view)
        if leg.address is None or address[0] == leg.address[0]:
            data = bytes(view[:size])
            if is_rtcp(data) and self._report(leg, data):
                leg.control_address = address
        return 0

    def _report(self, leg: Leg, data: bytes) -> bool:
        report = parse_report(data)
        if report is None:
            self.malformed += 1
            return False
        if report.ntp is not None:
            leg.last_report = middle(report.ntp), self._now
        ours = self._rows.outbox.source(leg.slot)
        for block in report.blocks:
            if block.source == ours:
                leg.reported = block
                trip = round_trip(block, ntp_time(time.time()))
                leg.round_trip = leg.round_trip if trip is None else trip
        return True

    def send_report(self, leg: Leg, now: float, *, bye: bool = False) -> None:
        """Send the party a report of both streams."""
        where = leg.control_address
        if where is None and leg.address is not None:
            where = address_of(leg.address[0], leg.address[1] + 1)
        if where is None or leg.session is None:
            return
        rows, slot = self._rows, leg.slot
        packets = int(rows.outbox.packets[slot])
        stamp = rows.outbox.timestamp(slot)
        sent = (ntp_time(time.time()), stamp, packets, int(rows.outbox.octets[slot])) if packets else None
        data = packed_report(
            rows.outbox.source(slot), "huawu", sent=sent, block=self._block(leg, now), bye=bye
        )
        try:
            leg.control.sendto(data, where)
        except OSError:
            rows.outbox.failed += 1

    def _block(self, leg: Leg, now: float) -> Block | None:
        if leg.source is None:
            return None
        reception, slot = self._rows.reception, leg.slot
        counts = reception.counts(slot, int(self._rows.jitter.duplicates[slot]))
        last, came = leg.last_report
        return Block(
            leg.source,
            reception.fraction_lost(slot),
            counts.lost,
            reception.highest(slot),
            int(counts.jitter_ms * 8),
            last,
            int((now - came) * 65536) if last else 0,
        )


def _announced(leg: Leg) -> tuple[str, int] | None:
    return (leg.session.host, leg.session.port) if leg.session else None
