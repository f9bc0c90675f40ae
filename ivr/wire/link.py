"""A connection between two processes of a centre: whole messages, in order, never waiting.

Unix sockets of the kind that keeps messages apart (``SOCK_SEQPACKET``). Sending never blocks: what the
socket does not take waits in a queue of bounded length. Messages that only inform are dropped where it is
full, and counted; the others mean that the other end is stuck, and the connection is given up.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from calls.errors import LinkError
from ivr.wire import ears, media, signalling
from ivr.wire.codec import LARGEST, Codec

#: Messages that may wait for the other end.
BACKLOG = 20_000
#: What may be lost where the other end does not keep up.
INFORMATIVE = (
    media.DigitReleased,
    media.VoiceActivity,
    media.MediaHealth,
    signalling.SignallingHealth,
    ears.EarHealth,
)
_BUFFER = 1 << 20


class Link:
    """One end of a connection, without threads of its own: poll ``fileno()``, or use :class:`LinkReader`.

    Parameters
    ----------
    connected : socket.socket
        ``SOCK_SEQPACKET``.
    *vocabularies : module
        What is spoken.
    """

    def __init__(self, connected: socket.socket, *vocabularies: ModuleType) -> None:
        connected.setblocking(False)
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
        self._socket = connected
        self._codec = Codec(*vocabularies)
        self._waiting: deque[bytes] = deque()
        #: Informative messages that were dropped because the other end did not fetch them.
        self.dropped = 0
        #: Whether the connection is over.
        self.closed = False

    def fileno(self) -> int:
        """Return the descriptor to poll."""
        return self._socket.fileno()

    @property
    def waiting(self) -> int:
        """Messages that the other end has not taken yet: poll for writing, then :meth:`flush`."""
        return len(self._waiting)

    def send(self, message: Any) -> None:
        """Send a message, or put it in the queue. On a closed connection it is dropped.

        Raises
        ------
        LinkError
            The other end is stuck or gone; the connection is closed.
        """
        if self.closed:
            return
        if len(self._waiting) >= BACKLOG:
            if isinstance(message, INFORMATIVE):
                self.dropped += 1
                return
            self.close()
            raise LinkError(f"{BACKLOG} messages wait: the other process is stuck")
        self._waiting.append(self._codec.pack(message))
        self.flush()

    def flush(self) -> None:
        """Send what waits, as far as the socket takes it.

        Raises
        ------
        LinkError
            The other end is gone; the connection is closed.
        """
        while self._waiting:
            try:
                self._socket.send(self._waiting[0], socket.MSG_NOSIGNAL)
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                self.close()
                raise LinkError(f"the other process is gone: {error.strerror}") from None
            self._waiting.popleft()

    def receive(self, most: int = 256) -> list[Any]:
        """Return the messages that have come, none where there are none.

        Raises
        ------
        LinkError
            The other end closed the connection, or sent what is no message; the connection is closed.
        """
        messages: list[Any] = []
        while len(messages) < most:
            try:
                data = self._socket.recv(LARGEST + 1)
            except (BlockingIOError, InterruptedError):
                break
            except OSError as error:
                data, why = b"", error.strerror
            else:
                why = "it closed the connection"
            if not data:
                if messages:  # tell of them first: the end is found again at the next call
                    break
                self.close()
                raise LinkError(f"the other process is gone: {why}")
            try:
                messages.append(self._codec.unpack(data))
            except LinkError:
                self.close()
                raise
        return messages

    def close(self) -> None:
        """End the connection. Idempotent."""
        if not self.closed:
            self.closed = True
            self._waiting.clear()
            self._socket.close()


def listen_at(path: str | Path) -> socket.socket:
    """Return a listening socket at ``path``, which only this user may connect to; not blocking.

    A socket that a dead process left there is replaced.

    Raises
    ------
    LinkError
        The path is too long, or cannot be used.
    """
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    draft = f"{path}~"  # who sees the socket can connect to it
    try:
        with suppress(FileNotFoundError):
            os.unlink(draft)
        listener.bind(draft)
        os.chmod(draft, 0o600)
        listener.listen(8)
        os.rename(draft, path)
    except OSError as error:
        listener.close()
        raise LinkError(
            f"socket {path}: {error.strerror or error}", "choose a shorter run folder that can be written"
        ) from None
    listener.setblocking(False)
    return listener


def connect_to(path: str | Path, *vocabularies: ModuleType) -> Link:
    """Return a connection to the process that listens at ``path``.

    Raises
    ------
    LinkError
        Nobody listens there.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.setblocking(False)  # a process that is stopped takes no connections, and nobody waits for it
    try:
        connection.connect(str(path))
    except OSError as error:
        connection.close()
        raise LinkError(f"socket {path}: {error.strerror or error}", "is the process running?") from None
    return Link(connection, *vocabularies)


class LinkReader:
    """Serves a :class:`Link` on an asyncio loop.

    Parameters
    ----------
    link : Link
        Connected.
    told : callable
        Called with each message.
    lost : callable
        Called once with the reason when the connection ends, unless :meth:`close` ended it.
    """

    def __init__(
        self, link: Link, told: Callable[[Any], None], lost: Callable[[LinkError], Awaitable[None] | None]
    ) -> None:
        self.link = link
        self._told = told
        self._lost = lost
        self._loop = asyncio.get_running_loop()
        self._descriptor = link.fileno()
        self._writing = False
        self._tasks: set[asyncio.Future[None]] = set()
        self._loop.add_reader(self._descriptor, self._read)

    def send(self, message: Any) -> None:
        """Send a message; that the other end is gone is told by ``lost``."""
        try:
            self.link.send(message)
        except LinkError as error:
            self._end(error)
        else:
            self._watch()

    def close(self) -> None:
        """End the connection quietly."""
        self._forget()
        self.link.close()

    def _read(self) -> None:
        try:
            messages = self.link.receive()
        except LinkError as error:
            self._end(error)
            return
        for message in messages:
            self._told(message)

    def _write(self) -> None:
        try:
            self.link.flush()
        except LinkError as error:
            self._end(error)
        else:
            self._watch()

    def _watch(self) -> None:
        if bool(self.link.waiting) == self._writing or self.link.closed:
            return
        self._writing = not self._writing
        if self._writing:
            self._loop.add_writer(self._descriptor, self._write)
        else:
            self._loop.remove_writer(self._descriptor)

    def _forget(self) -> None:
        if self._descriptor >= 0:
            self._loop.remove_reader(self._descriptor)
            self._loop.remove_writer(self._descriptor)
            self._descriptor = -1

    def _end(self, error: LinkError) -> None:
        if self._descriptor < 0:
            return
        self._forget()
        self.link.close()
        waits = self._lost(error)
        if waits is not None:
            task = asyncio.ensure_future(waits)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
