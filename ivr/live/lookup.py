"""Web services that a call asks, without a thread that waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from ivr.actions import Fetch
from ivr.events import Fetched, FetchFailed
from ivr.web import WebClient

#: How often it is looked whether an answer has come, in seconds.
LOOK_SECONDS = 0.02


class Lookup:
    """The questions of one call, one at a time.

    Parameters
    ----------
    loop : asyncio.AbstractEventLoop
        Where it is used.
    allow : sequence of str
        Services that may be asked, as :class:`ivr.web.WebClient` takes them.
    told : callable
        Told each answer that is still waited for.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        allow: Sequence[str],
        told: Callable[[Fetched | FetchFailed], None],
    ) -> None:
        self._loop = loop
        self._allow = allow
        self._told = told
        self._web: WebClient | None = None
        self._fetch: int | None = None

    def ask(self, fetch: Fetch) -> None:
        """Ask; the answer is told later, never from within."""
        self._fetch = fetch.id
        if not self._allow:
            self._loop.call_soon(self._take, FetchFailed(fetch.id, "not-allowed"))
            return
        if self._web is None:
            self._web = WebClient(self._allow)
        self._web.start(fetch)
        self._loop.call_later(LOOK_SECONDS, self._look, fetch.id)

    def stop(self) -> None:
        """Wait for the answer no more."""
        self._fetch = None

    def close(self) -> None:
        """Ask no more."""
        self.stop()
        if self._web is not None:
            self._web.close()

    def _look(self, fetch: int) -> None:
        if self._fetch != fetch or self._web is None:
            return
        for answer in self._web.poll():
            self._take(answer)
        if self._fetch == fetch:
            self._loop.call_later(LOOK_SECONDS, self._look, fetch)

    def _take(self, answer: Fetched | FetchFailed) -> None:
        if answer.fetch == self._fetch:
            self._fetch = None
            self._told(answer)
