"""The shelf that flows are taken from: a changed file serves the next call, a broken one serves none."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from threading import Lock

import structlog

from calls.errors import FlowError
from ivr.flow import Flow, load_flow

#: A file that was written less long ago can change again without a new time or size: file systems
#: count time in steps, of some milliseconds to two seconds (FAT).
SETTLED_NS = 3_000_000_000

#: Name, time of the last change in nanoseconds, size and inode of every file that is watched.
Stamp = tuple[tuple[str, int, int, int], ...]


class FlowShelf:
    """The newest valid version of a flow, for each new call.

    A call asks once, at its beginning, and keeps the :class:`~ivr.flow.Flow` that it got to its end.
    Watched are all files of the same ending in the folder, because those are the flows that a ``goto``
    can name. A version that is wrong is logged once, and the last good one stays. May be used from any
    number of threads.

    Parameters
    ----------
    path : path
        A flow file.

    Raises
    ------
    FlowError
        Its first version is wrong: there is none to fall back on.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._lock = Lock()
        self._stamp: Stamp = ()
        self._settled = False
        self._content = b""
        self._changed()
        self._flow = load_flow(self.path)

    def current(self) -> Flow:
        """Return the newest valid version.

        Looking takes a fraction of a millisecond; where a file has changed it is read first, which takes
        some tenths of a second for a flow of a thousand lines.
        """
        with self._lock:
            if self._changed():
                self._read()
            return self._flow

    def _read(self) -> None:
        log = structlog.get_logger().bind(file=str(self.path))
        kept = self._flow.version
        try:
            flow = load_flow(self.path)
        except FlowError as error:
            log.error("a changed flow is wrong, the last good one stays", why=str(error), version=kept)
            return
        if flow.version != kept:
            log.info("a changed flow serves new calls", version=flow.version, before=kept)
            self._flow = flow

    def _changed(self) -> bool:
        """Return whether the files hold something else than when they were last looked at."""
        stamp = self._look()
        if stamp == self._stamp and self._settled:
            return False
        newest = max((changed for _, changed, _, _ in stamp), default=0)
        content = self._digest(stamp)
        self._stamp, self._settled = stamp, time.time_ns() - newest > SETTLED_NS
        before, self._content = self._content, content
        return content != before

    def _look(self) -> Stamp:
        stamp = []
        for file in sorted(self.path.parent.glob(f"*{self.path.suffix}")):
            try:
                found = file.stat()
            except OSError:  # removed in this moment, or a link to nowhere
                continue
            stamp.append((file.name, found.st_mtime_ns, found.st_size, found.st_ino))
        return tuple(stamp)

    def _digest(self, stamp: Stamp) -> bytes:
        digest = hashlib.sha256()
        for name, *_ in stamp:
            try:
                content = (self.path.parent / name).read_bytes()
            except OSError as error:  # read_flow says what is wrong with it, if it matters
                content = str(error).encode()
            digest.update(f"{name}\0{len(content)}\0".encode())
            digest.update(content)
        return digest.digest()
