"""What the pages work on: the store, opened when first asked for, and the recordings."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from flask import current_app

from analytics.search.follower import Follower
from analytics.search.index import SearchIndex
from calls.recordings import RecordingFolder
from calls.store import Store
from speech.hotwords import HotWords


class Desk:
    """The store and the recordings of one console.

    Parameters
    ----------
    store_url : str
        What :meth:`calls.store.Store.open` takes.
    recordings : Path
        The folder that the recordings' URIs are relative to.
    hot_words : HotWords, optional
        What transcripts are corrected by where they are shown.
    """

    def __init__(self, store_url: str, recordings: Path, hot_words: HotWords | None = None) -> None:
        self.recordings = RecordingFolder(recordings)
        self.hot_words = hot_words
        self._store_url = store_url
        self._store: Store | None = None
        self._index: SearchIndex | None = None
        self._follower: Follower | None = None
        self._lock = Lock()

    @property
    def store(self) -> Store:
        """The open store.

        Opening is tried again at each request while it fails, so that the desk comes back by
        itself when another program lets the database go.

        Raises
        ------
        calls.errors.StoreError
            The database cannot be opened now.
        """
        with self._lock:
            if self._store is None:
                self._store = Store.open(self._store_url)
            return self._store

    @property
    def index(self) -> SearchIndex:
        """The open index of the calls; a thread brings it up to them where that takes longer.

        Raises
        ------
        calls.errors.StoreError
            It, or the database, cannot be opened now.
        """
        _ = self.store
        with self._lock:
            if self._index is None:
                self._index = SearchIndex.open(self._store_url)
                self._follower = Follower(self._index)
            return self._index

    def index_now(self, *, words: bool) -> SearchIndex:
        """Return the index with what has changed since it was last asked for, as far as that is soon done."""
        index = self.index
        assert self._follower is not None
        self._follower.follow(words=words)
        return index

    def close(self) -> None:
        """Close what is open."""
        with self._lock:
            if self._index is not None and self._follower is not None:
                self._follower.stop()
                self._index.close()
                self._index = self._follower = None
            if self._store is not None:
                self._store.close()
                self._store = None


def the_desk() -> Desk:
    """Return the desk of the application that serves the present request."""
    desk: Desk = current_app.extensions["desk"]
    return desk
