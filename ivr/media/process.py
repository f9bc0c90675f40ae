"""The media process: its socket, its clock, its end."""

from __future__ import annotations

import gc
import resource
import select
import signal
import time
from pathlib import Path
from typing import Any

import structlog

from calls.errors import LinkError, ServeError
from ivr.media.exchange import Exchange
from ivr.media.settings import SOCKET, MediaSettings
from ivr.media.tempo import Tempo, ask_for_realtime
from ivr.media.uring import Uring, open_uring
from ivr.wire import media
from ivr.wire.link import Link, listen_at

#: File descriptors of a leg: RTP, RTCP, its recording.
DESCRIPTORS = 3
#: Commands that are done before the clock is looked at again.
AT_ONCE = 16
#: Seconds from one collection of cyclic garbage to the next; there is hardly any.
COLLECT = 60.0

_log = structlog.get_logger()


class MediaProcess:
    """Serves one engine after the other.

    Parameters
    ----------
    settings : MediaSettings
    """

    def __init__(self, settings: MediaSettings) -> None:
        _allow_files(DESCRIPTORS * settings.slots + 64)
        # The threads of the exchange come before others too, or they would hold Python's lock while they
        # wait for a processor; but not before the clock, which starts them.
        self._scheduling = ask_for_realtime(1) if settings.realtime else "normal"
        self._uring = _opened(settings.network)
        self._exchange = Exchange(settings, self._tell, self._uring)
        if settings.realtime:
            self._scheduling = ask_for_realtime(2)
        self._ring = Path(settings.ring)
        self._path = Path(settings.run) / SOCKET
        try:
            self._listener = listen_at(self._path)  # last: the socket says that all is ready
        except LinkError:
            self._exchange.end()
            raise
        self._link: Link | None = None
        self._writing = False
        self._dropped = 0
        self._stopping = False
        self._epoll = select.epoll()
        self._waker = self._epoll.fileno()
        self._epoll.register(self._listener, select.EPOLLIN)
        self._epoll.register(self._exchange.bell, select.EPOLLIN)

    def stop(self, *_: Any) -> None:
        """End soon: a handler of signals."""
        self._stopping = True

    def run(self) -> None:
        """Serve until :meth:`stop`; then complete the recordings."""
        network = "uring" if self._uring else "epoll"
        _log.info("media process is ready", scheduling=self._scheduling, network=network)
        gc.collect()
        gc.freeze()
        gc.disable()  # a collection would stop the clock at any moment; see COLLECT
        clock = time.monotonic
        tempo = Tempo(clock())
        next_second, next_collection = clock() + 1.0, clock() + COLLECT
        try:
            while not self._stopping:
                while self._exchange.idle(tempo.phase):
                    tempo.done(tempo.due, sent=False)
                now = clock()
                if self._link and self._link.closed:
                    self._lose("it did not fetch its events")
                if now < tempo.due:
                    self._wait(tempo.due - now)
                    continue
                left_out = tempo.catch_up(now)
                if left_out:
                    _log.warning("the clock stood still", frames_left_out=left_out)
                    self._exchange.skip(left_out)
                group = tempo.phase
                sent = self._exchange.tick(group, now)
                now = clock()
                tempo.done(now, sent=sent)
                self._exchange.tidy(group, now)
                if now >= next_second:
                    next_second = now + 1.0
                    self._exchange.second(now)
                    self._tell(
                        media.MediaHealth(
                            self._exchange.legs, *tempo.lateness(), self._all_dropped(), self._scheduling
                        )
                    )
                if now >= next_collection:
                    next_collection = now + COLLECT
                    gc.collect()
        finally:
            gc.enable()
            self._end()

    def _wait(self, seconds: float) -> None:
        """Wait for the engine or for the threads, no longer than so many seconds."""
        # epoll counts in whole milliseconds, select in microseconds; it takes low descriptors only
        if not select.select([self._waker], [], [], seconds)[0]:
            return
        for descriptor, events in self._epoll.poll(0):
            if descriptor == self._exchange.bell:
                self._exchange.attend()
            elif descriptor == self._listener.fileno():
                self._accept()
            elif self._link and descriptor == self._link.fileno():
                self._serve(self._link, events)

    def _serve(self, link: Link, events: int) -> None:
        try:
            if events & select.EPOLLOUT:
                link.flush()
                self._watch(link)
            if events & ~select.EPOLLOUT:
                for command in link.receive(AT_ONCE):
                    self._exchange.told(command, time.monotonic())
        except LinkError as error:
            self._lose(str(error))

    def _accept(self) -> None:
        try:
            connected, _ = self._listener.accept()
        except OSError:
            return
        if self._link:
            self._lose("another engine has come")
        self._link, self._writing = Link(connected, media), False
        self._epoll.register(connected.fileno(), select.EPOLLIN)
        _log.info("the engine has connected")

    def _lose(self, reason: str) -> None:
        link, self._link = self._link, None
        if link:
            self._dropped += link.dropped
            link.close()  # which takes it out of the epoll set
            _log.warning("the engine is gone", reason=reason, legs=self._exchange.legs)
            self._exchange.clear(time.monotonic())

    def _tell(self, event: Any) -> None:
        link = self._link
        if link is None:
            return
        try:
            link.send(event)
        except LinkError:
            return  # the connection is closed: found by the loop
        self._watch(link)

    def _watch(self, link: Link) -> None:
        if bool(link.waiting) != self._writing and not link.closed:
            self._writing = not self._writing
            self._epoll.modify(link.fileno(), select.EPOLLIN | (select.EPOLLOUT if self._writing else 0))

    def _all_dropped(self) -> int:
        return self._dropped + (self._link.dropped if self._link else 0)

    def _end(self) -> None:
        self._exchange.clear(time.monotonic())
        self._exchange.end()
        if self._link:
            self._link.close()
        self._listener.close()
        self._epoll.close()
        if self._uring:
            self._uring.close()
        for each in (self._path, self._ring):
            each.unlink(missing_ok=True)
        _log.info("media process has ended")


def _opened(network: str) -> Uring | None:
    """Return the way to the network that was asked for, as far as the system permits it; none is epoll."""
    if network == "epoll":
        return None
    try:
        return open_uring()
    except OSError as error:
        if network == "uring":
            raise ServeError(f"media: network uring: {error}", "choose auto or epoll") from None
        _log.info("no io_uring, packets are received and sent one by one", reason=str(error))
        return None


def _allow_files(wanted: int) -> None:
    """Ask for as many open files as all legs need."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = hard == resource.RLIM_INFINITY
    possible = wanted if unlimited else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < possible:
        resource.setrlimit(resource.RLIMIT_NOFILE, (possible, hard))
    if possible < wanted:
        _log.warning("not all slots can be used: too few open files are allowed", allowed=hard, needed=wanted)


def run(settings: MediaSettings) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises
    ------
    LinkError
        The socket or the ring cannot be made.
    ServeError
        The system does not permit the way to the network that the settings ask for.
    """
    process = MediaProcess(settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, process.stop)
    process.run()
