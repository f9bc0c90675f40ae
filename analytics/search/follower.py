"""Keeps an index up to the calls while it is asked: what is soon done at once, the rest in a thread."""

from __future__ import annotations

from threading import Event, Lock, Thread

from analytics.search.index import SearchIndex
from calls.errors import StoreError

#: Seconds that somebody who asks waits for new calls, and that the thread works at a time.
AT_ONCE, PIECE = 0.15, 0.05
#: Seconds that the thread leaves the index to others between two pieces.
_PAUSE = 0.01


class Follower:
    """Follows the calls for one index; :meth:`stop` it before the index is closed."""

    def __init__(self, index: SearchIndex) -> None:
        self._index = index
        self._lock = Lock()
        self._thread: Thread | None = None
        self._stopped = Event()

    def follow(self, *, words: bool) -> None:
        """Read what has changed, for a moment; if something is left, a thread goes on with it.

        Parameters
        ----------
        words : bool
            Whether what was said is asked for, and not only what lists show.
        """
        with self._lock:
            running = self._thread is not None and self._thread.is_alive()
        # with the thread at work on the words, waiting for them would only hold it up
        done = self._index.catch_up(AT_ONCE, words=words and not running)
        with self._lock:
            if not done and not running and not self._stopped.is_set():
                self._thread = Thread(target=self._run, name="search-index", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """End the thread after the piece that it is at. Idempotent."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(_PAUSE):
            try:
                if self._index.catch_up(PIECE):
                    return
            except StoreError:
                return  # the next who asks is told
