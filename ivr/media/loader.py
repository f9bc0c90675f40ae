"""Files of sounds, read in a thread of its own: a disk may take its time, the clock may not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

#: Bytes of the largest sound: 20 min.
LARGEST = 9_600_000


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of reading a file: its A-law, or why there is none."""

    path: str
    data: bytes | None
    reason: str = ""


class Loader:
    """Reads sounds.

    Parameters
    ----------
    tell : callable
        Called in the loader's thread with each :class:`Loaded`.
    """

    def __init__(self, tell: Callable[[Loaded], None]) -> None:
        self._tell = tell
        self._wanted: SimpleQueue[str | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="loader")
        self._thread.start()

    def load(self, path: str) -> None:
        """Read a file."""
        self._wanted.put(path)

    def end(self) -> None:
        """Read no more."""
        self._wanted.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (path := self._wanted.get()) is not None:
            self._tell(_read(path))


def _read(path: str) -> Loaded:
    try:
        with Path(path).open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        return Loaded(path, None, f"{path}: {error.strerror}")
    if len(data) > LARGEST:
        return Loaded(path, None, f"{path}: longer than {LARGEST} bytes")
    if not data:
        return Loaded(path, None, f"{path}: empty")
    return Loaded(path, data)
