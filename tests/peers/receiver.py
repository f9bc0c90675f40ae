"""An ear and a mouth at a UDP port: hears what a caller hears, and says what SIPp cannot say.

The moment at which a packet arrives is the kernel's, so a test that is slow to look measures no delay that
was not there. Everything goes on in a thread; the test waits for what it wants to have heard.
"""

from __future__ import annotations

import heapq
import os
import select
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from tests.peers import hearing
from tests.peers.deadline import Deadline
from tests.peers.hearing import Match
from tests.peers.impairment import Fate, Impairment
from tests.peers.rtp import FRAME, PCMA, PCMU, RATE, KeyEvent, Packet, Samples, decode, encode

T = TypeVar("T")

_TIMESTAMPS = 35  # SO_TIMESTAMPNS, which the module socket does not name
_TICK = FRAME / RATE
#: Of a prompt that was not found so much may be there already, in seconds.
_UNHEARD = 2.0
#: Looks are dear: the next one is taken after so many packets, or so many seconds.
_NEWS, _LOOK = 5, 0.1
#: Enough of words to know them by, in seconds.
_SHORT = 0.3
_ROOM = 1 << 20  # bytes of the receiving socket's buffer
_SILENCE = {PCMA: b"\xd5" * FRAME, PCMU: b"\xff" * FRAME}


@dataclass(frozen=True, slots=True)
class Arrival:
    """A packet, when the kernel took it (seconds since the epoch), and where it came from."""

    at: float
    packet: Packet
    source: tuple[str, int]


@dataclass(frozen=True, slots=True)
class HeardKey:
    """A key that was pressed to us by telephone-events.

    Parameters
    ----------
    key : str
    at : float
        Arrival of its first packet.
    milliseconds : float
        As its last packet says.
    packets, ends : int
        All of them; those with the end bit.
    """

    key: str
    at: float
    milliseconds: float
    packets: int
    ends: int


@dataclass(slots=True)
class Saying:
    """Something that is being said. ``began`` and ``ended`` are seconds since the epoch, 0 until then."""

    began: float = 0.0
    ended: float = 0.0
    _over: threading.Event = field(default_factory=threading.Event)

    def wait(self, seconds: float = 30.0) -> Saying:
        """Wait until all of it is said."""
        deadline = Deadline(seconds, "the receiver has said everything")
        while not self._over.wait(deadline.left()):
            pass
        return self


@dataclass(frozen=True, slots=True)
class _Frame:
    """What is said in one tick: packets' payload type, marker, payload, and samples since its beginning."""

    packets: tuple[tuple[int, bool, bytes], ...]
    saying: Saying
    offset: int = 0
    last: bool = False


class Receiver:
    """One party's RTP, in a ``with`` block.

    Parameters
    ----------
    host, port : str, int
        Where it listens and sends from; port 0 takes a free one.
    payload_type : int
        In which it speaks: 8 for A-law, 0 for µ-law.
    event_type : int
        Payload type of telephone-events, in both directions.
    silence : bool
        Send silence where there is nothing to say, as a telephone does; else nothing.
    line : Impairment
        What the line does to what is said.

    Attributes
    ----------
    far : tuple of str and int, or None
        Whom it speaks to: who spoke first, unless :meth:`connect` said it.
    said : int
        Packets sent.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        payload_type: int = PCMA,
        event_type: int = 101,
        silence: bool = False,
        line: Impairment | None = None,
    ) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, _TIMESTAMPS, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _ROOM)
        self._socket.bind((host, port))
        self._socket.setblocking(False)
        self.host: str = host
        self.port: int = self._socket.getsockname()[1]
        self.far: tuple[str, int] | None = None
        self.said = 0
        self.fate = Fate(line or Impairment())
        self._payload_type = payload_type
        self._event_type = event_type
        self._silent = silence
        self._arrivals: list[Arrival] = []
        self._news = threading.Condition()
        self._to_say: deque[_Frame] = deque()
        self._on_the_line: list[tuple[float, int, bytes]] = []
        self._sequence, self._timestamp, self._ssrc = struct.unpack("!HII", os.urandom(10))
        self._resumed = True
        self._ending = False
        self._bell = os.eventfd(0, os.EFD_NONBLOCK)
        self._thread = threading.Thread(target=self._run, name=f"receiver-{self.port}", daemon=True)

    def __enter__(self) -> Receiver:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending = True
        os.eventfd_write(self._bell, 1)
        self._thread.join()
        os.close(self._bell)
        self._socket.close()

    # -- speaking ------------------------------------------------------------------------------------

    def connect(self, host: str, port: int) -> None:
        """Speak to this address, whoever speaks to us."""
        self.far = (host, port)
        os.eventfd_write(self._bell, 1)

    def send_silence(self, on: bool = True) -> None:
        """Send silence where there is nothing to say, or nothing."""
        self._silent = on
        os.eventfd_write(self._bell, 1)

    def say(self, sound: Samples, ptime: int = 20) -> Saying:
        """Say ``sound`` (int16 at 8 kHz) after what is being said, in packets of ``ptime`` ms."""
        if ptime % 20 or not len(sound):
            raise ValueError(f"packets hold whole frames of 20 ms of some sound, not {ptime} ms")
        size = ptime * RATE // 1000
        whole = np.zeros(-(-len(sound) // size) * size, np.int16)
        whole[: len(sound)] = sound
        data = encode(whole, self._payload_type)
        saying = Saying()
        frames: list[_Frame] = []
        for start in range(0, len(data), FRAME):
            packets = ((self._payload_type, False, data[start : start + size]),) if start % size == 0 else ()
            frames.append(_Frame(packets, saying, last=start + FRAME >= len(data)))
        self._queue(frames)
        return saying

    def press(
        self,
        keys: str,
        tone_ms: int = 100,
        pause_ms: int = 80,
        *,
        ends: int = 3,
        ends_together: bool = True,
        lose_starts: int = 0,
    ) -> Saying:
        """Press keys by telephone-events.

        Parameters
        ----------
        keys : str
            Of ``0123456789*#ABCD``.
        tone_ms, pause_ms : int
            How long a key is down, and then up, in steps of 20 ms.
        ends : int
            How often the end is said; 0 is a line that lost them all.
        ends_together : bool
            All ends in one tick, as most telephones do, or one in each.
        lose_starts : int
            So many first packets of each key never leave.
        """
        saying = Saying()
        frames: list[_Frame] = []
        steps = max(1, tone_ms // 20)
        for key in keys:
            ticks = [[KeyEvent(key, (step + 1) * FRAME, False)] for step in range(steps)]
            over = KeyEvent(key, steps * FRAME, True)
            if ends:
                ticks[-1:] = [[over] * ends] if ends_together else [[over] for _ in range(ends)]
            for step, events in enumerate(ticks):
                kept = events if step >= lose_starts else []
                packets = tuple((self._event_type, step == 0, event.pack()) for event in kept)
                frames.append(_Frame(packets, saying, step * FRAME))
            frames += [_Frame((), saying)] * max(1, pause_ms // 20)
        frames[-1] = _Frame((), saying, last=True)
        self._queue(frames)
        return saying

    def hush(self) -> None:
        """Say no more of what is waiting to be said."""
        with self._news:
            for frame in self._to_say:
                frame.saying._over.set()
            self._to_say.clear()

    def _queue(self, frames: list[_Frame]) -> None:
        with self._news:
            self._to_say.extend(frames)
        os.eventfd_write(self._bell, 1)

    # -- hearing -------------------------------------------------------------------------------------

    def arrivals(self, since: float = 0.0) -> list[Arrival]:
        """Return what arrived, events included, in the order of arrival."""
        with self._news:
            return [each for each in self._arrivals if each.at >= since]

    def sound(self, since: float = 0.0) -> tuple[Samples, float]:
        """Return what was heard and the moment (seconds since the epoch) at which it begins.

        Each packet lies where its timestamp puts it; a new source, or one that jumped, begins where its
        first packet arrived. Where nothing came there is silence.
        """
        heard = [each for each in self.arrivals(since) if each.packet.payload_type in _SILENCE]
        if not heard:
            return np.zeros(0, np.int16), since
        origin = heard[0].at
        bases: dict[int, int] = {}
        placed: list[tuple[int, Samples]] = []
        for each in heard:
            packet = each.packet
            arrived = round((each.at - origin) * RATE)
            place = bases.setdefault(packet.ssrc, arrived - packet.timestamp) + packet.timestamp
            if abs(place - arrived) > RATE:  # its clock jumped
                bases[packet.ssrc] = arrived - packet.timestamp
                place = arrived
            placed.append((place, decode(packet.payload, packet.payload_type)))
        first = min(place for place, _ in placed)
        whole = np.zeros(max(place + len(piece) for place, piece in placed) - first, np.int16)
        for place, piece in placed:
            whole[place - first : place - first + len(piece)] = piece
        return whole, origin + first / RATE

    def heard(self, prompt: Samples, since: float = 0.0, *, piece: float = hearing.PIECE) -> Match | None:
        """Return where ``prompt`` begins, in seconds since the epoch, if its first ``piece`` was heard."""
        sound, begin = self.sound(since)
        found = hearing.find(prompt, sound, piece)
        return found and Match(begin + found.start, found.likeness)

    def keys(self, since: float = 0.0) -> list[HeardKey]:
        """Return the keys that were pressed to us, in order: packets with one timestamp are one press."""
        presses: dict[tuple[int, int], list[tuple[float, KeyEvent]]] = {}
        for each in self.arrivals(since):
            if each.packet.payload_type == self._event_type:
                event = KeyEvent.unpack(each.packet.payload)
                if event:
                    presses.setdefault((each.packet.ssrc, each.packet.timestamp), []).append((each.at, event))
        return [
            HeardKey(
                events[0][1].key,
                events[0][0],
                max(event.duration for _, event in events) * 1000 / RATE,
                len(events),
                sum(event.end for _, event in events),
            )
            for events in presses.values()
        ]

    def gaps(self, since: float = 0.0) -> npt.NDArray[np.float64]:
        """Return the seconds between each two packets of sound that followed each other."""
        heard = [each.at for each in self.arrivals(since) if each.packet.payload_type in _SILENCE]
        return np.diff(np.array(heard, np.float64))

    def wait_to_hear(self, prompt: Samples, seconds: float = 15.0, since: float = 0.0) -> Match:
        """Wait until ``prompt`` is heard, and return where it begins, in seconds since the epoch."""
        begin = since

        def heard() -> Match | None:
            nonlocal begin
            sound, start = self.sound(begin)
            found = hearing.find(prompt, sound)
            # the end of what was looked at may be the beginning of the prompt
            begin = max(begin, start + len(sound) / RATE - _UNHEARD)
            return found and Match(start + found.start, found.likeness)

        return self._wait(heard, seconds, "the receiver hears the prompt")

    def wait_to_hear_from(self, speaker: Receiver, words: Samples, seconds: float = 20.0) -> Match:
        """Have somebody say ``words`` again and again until they are heard here.

        Where a jitter buffer between the two adapts in the midst of them, they are not the same words.
        """
        since, saying = time.time(), speaker.say(words)

        def heard() -> Match | None:
            nonlocal saying
            found = self.heard(words, since, piece=_SHORT)
            if found is None and saying.ended and time.time() - saying.ended > 1:
                saying = speaker.say(words)
            return found

        return self._wait(heard, seconds, "the receiver hears the words")

    def wait_for_sound(self, seconds: float = 15.0, since: float = 0.0) -> float:
        """Wait until there is something to hear, and return when it began, in seconds since the epoch."""

        def began() -> float | None:
            sound, begin = self.sound(since)
            there = hearing.audible(sound)
            return begin + float(np.argmax(there)) * _TICK if there.any() else None

        return self._wait(began, seconds, "the receiver hears something")

    def wait_for_silence(self, lasting: float, seconds: float = 30.0) -> float:
        """Wait until nothing was heard for ``lasting`` seconds, and return since when it is silent."""

        def fell_silent() -> float | None:
            now = time.time()
            sound, begin = self.sound()
            there = np.flatnonzero(hearing.audible(sound))
            last = begin + float(there[-1] + 1) * _TICK if len(there) else begin
            return last if len(sound) and now - last >= lasting else None

        return self._wait(fell_silent, seconds, f"the receiver hears nothing for {lasting:g} s")

    def wait_for_keys(self, keys: str, seconds: float = 15.0) -> list[HeardKey]:
        """Wait until so many keys as ``keys`` were pressed to us to their end, and return them all."""

        def pressed() -> list[HeardKey] | None:
            whole = [each for each in self.keys() if each.ends]
            return whole if len(whole) >= len(keys) else None

        return self._wait(pressed, seconds, f"the receiver is told the keys {keys}")

    def wait_for_packets(self, count: int, seconds: float = 15.0) -> list[Arrival]:
        """Wait until ``count`` packets have come, and return all."""

        def enough() -> list[Arrival] | None:
            come = self.arrivals()
            return come if len(come) >= count else None

        return self._wait(enough, seconds, f"{count} packets arrive at the receiver")

    def _wait(self, look: Callable[[], T | None], seconds: float, what: str) -> T:
        deadline = Deadline(seconds, what)
        while (found := look()) is None:
            with self._news:
                enough = len(self._arrivals) + _NEWS
                self._news.wait_for(lambda: len(self._arrivals) >= enough, min(deadline.left(), _LOOK))  # noqa: B023
        return found

    # -- the thread ----------------------------------------------------------------------------------

    def _run(self) -> None:
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        poll.register(self._bell, select.POLLIN)
        tick = time.monotonic()
        while not self._ending:
            now = time.monotonic()
            speaking = self.far is not None and (bool(self._to_say) or self._silent)
            if speaking and now >= tick:
                self._speak(now)
                tick = max(tick + _TICK, now - 5 * _TICK)
            elif not speaking:
                tick = max(tick, now)
                self._resumed = True
            self._let_go(time.monotonic())
            due = [tick] if speaking else []
            due += [self._on_the_line[0][0]] if self._on_the_line else []
            wait = max(0.0, min(due) - time.monotonic()) if due else None
            for descriptor, _ in poll.poll(None if wait is None else wait * 1000):
                if descriptor == self._bell:
                    os.eventfd_read(self._bell)
                else:
                    self._hear()

    def _speak(self, now: float) -> None:
        with self._news:
            frame = self._to_say.popleft() if self._to_say else None
        if frame is None:
            self._send(self._payload_type, self._resumed, _SILENCE[self._payload_type], 0, now)
            self._resumed = False
        else:
            frame.saying.began = frame.saying.began or time.time()
            for payload_type, marker, payload in frame.packets:
                self._send(payload_type, marker or self._resumed, payload, frame.offset, now)
                self._resumed = False
            if frame.last:
                frame.saying.ended = time.time()
                frame.saying._over.set()
        self._timestamp = self._timestamp + FRAME & 0xFFFFFFFF

    def _send(self, payload_type: int, marker: bool, payload: bytes, offset: int, now: float) -> None:
        stamp = self._timestamp - offset & 0xFFFFFFFF
        packet = Packet(payload_type, self._sequence, stamp, self._ssrc, payload, marker)
        self._sequence = self._sequence + 1 & 0xFFFF
        self.said += 1
        for delay in self.fate.next():
            heapq.heappush(self._on_the_line, (now + delay, self.said, packet.pack()))

    def _let_go(self, now: float) -> None:
        while self._on_the_line and self._on_the_line[0][0] <= now:
            data = heapq.heappop(self._on_the_line)[2]
            if self.far:
                try:
                    self._socket.sendto(data, self.far)
                except OSError:  # nobody is there (any more): what a telephone would not notice either
                    continue

    def _hear(self) -> None:
        come: list[Arrival] = []
        while True:
            try:
                data, extra, _, source = self._socket.recvmsg(2048, 64)
            except BlockingIOError:
                break
            except OSError:  # an ICMP answer to what was sent
                continue
            packet = Packet.unpack(data)
            if packet:
                seconds, nanoseconds = struct.unpack("@qq", extra[0][2][:16])
                come.append(Arrival(seconds + nanoseconds / 1e9, packet, source))
        if come:
            if self.far is None:
                self.far = come[0].source
            with self._news:
                self._arrivals += come
                self._news.notify_all()
