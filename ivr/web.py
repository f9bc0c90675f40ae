"""Web services that flows ask: one request in a thread of its own, one answer, within a bounded time.

Addresses come from flow files and their variables from callers, so nothing is asked but what an allow-list
covers, no redirect is followed, no proxy or password is taken from the environment, and an answer is JSON
of at most a megabyte. Requests and answers may hold secrets and are never logged.
"""

from __future__ import annotations

import json
import logging
import ssl
import threading
import time
from collections.abc import Sequence
from functools import cache

import certifi
import httpx

from calls.allowlist import Address, allowed
from ivr.actions import Fetch
from ivr.events import Fetched, FetchFailed

#: Bytes of an answer.
MAX_ANSWER = 1_000_000
#: Seconds before another attempt.
PAUSE = 0.1
#: Answers of a server, or of the proxy before it, that the same request may not get a moment later.
PASSING = frozenset({502, 503, 504})

_LOG = logging.getLogger(__name__)
for _chatty in ("httpx", "httpcore"):  # they log every address, with its query, and headers
    logging.getLogger(_chatty).setLevel(logging.WARNING)


class WebClient:
    """Asks web services for one call.

    Parameters
    ----------
    allow : sequence of str
        Addresses that may be asked, and everything below them: ``https://crm.example.cn/api/``. None by
        default.
    workers : int
        Requests that may be under way at a time; others wait, and their time runs.

    Raises
    ------
    WebError
        An entry of ``allow`` cannot be read.
    """

    def __init__(self, allow: Sequence[str] = (), *, workers: int = 4) -> None:
        self._allow = tuple(Address.parse(text) for text in allow)
        self._turn = threading.Semaphore(workers)
        self._change = threading.Condition()
        self._deadlines: dict[int, float] = {}
        self._answers: dict[int, Fetched | FetchFailed] = {}
        self._closed = threading.Event()

    def start(self, fetch: Fetch) -> None:
        """Ask; the answer comes from :meth:`poll` or :meth:`wait`.

        An attempt that found no server, took longer than ``fetch.timeout_seconds``, or got a status of
        :data:`PASSING` is repeated up to ``fetch.retries`` times. Altogether it takes no longer than its
        attempts and the pauses between them may.

        The reasons of :class:`~ivr.events.FetchFailed` are ``not-allowed`` (also a header or a body that
        cannot be sent), ``timeout``, ``unreachable``, ``redirect``, ``too-large`` and ``not-json``. An
        empty answer has ``None`` for its data, and so has one with another status than 2xx.
        """
        seconds = fetch.timeout_seconds * (1 + fetch.retries) + PAUSE * fetch.retries
        with self._change:
            if self._closed.is_set():
                return
            self._deadlines[fetch.id] = time.monotonic() + seconds
        # a daemon: a server that takes its time does not keep the process from ending
        threading.Thread(target=self._fetch, args=(fetch,), name=f"fetch-{fetch.id}", daemon=True).start()

    def poll(self) -> list[Fetched | FetchFailed]:
        """Return the answers that have come since the last time."""
        with self._change:
            self._expire()
            answers = list(self._answers.values())
            self._answers.clear()
        return answers

    def wait(self, fetch_id: int, seconds: float) -> Fetched | FetchFailed | None:
        """Return the answer to one fetch, or ``None`` where none came in so many seconds.

        For doors in virtual time, whose clock stands still meanwhile.
        """
        until = time.monotonic() + seconds
        with self._change:
            while True:
                self._expire()
                remaining = min(until, self._deadlines.get(fetch_id, 0.0)) - time.monotonic()
                if fetch_id in self._answers or remaining <= 0:
                    return self._answers.pop(fetch_id, None)
                self._change.wait(remaining)

    def close(self) -> None:
        """Drop what is under way; its threads end by themselves, at the latest when their time is up."""
        self._closed.set()
        with self._change:
            self._deadlines.clear()
            self._answers.clear()
            self._change.notify_all()

    def _expire(self) -> None:
        """Answer for the threads that are stuck where no time limit reaches, as in a name look-up."""
        now = time.monotonic()
        for fetch_id in [each for each, deadline in self._deadlines.items() if deadline <= now]:
            self._put(FetchFailed(fetch_id, "timeout"))

    def _put(self, answer: Fetched | FetchFailed) -> None:
        if self._deadlines.pop(answer.fetch, None) is not None:
            self._answers[answer.fetch] = answer

    def _fetch(self, fetch: Fetch) -> None:
        with self._turn:
            answer = self._answer(fetch)
        with self._change:
            self._put(answer)
            self._change.notify_all()

    def _wanted(self, fetch: Fetch) -> bool:
        with self._change:
            self._expire()
            return fetch.id in self._deadlines

    def _answer(self, fetch: Fetch) -> Fetched | FetchFailed:
        url = allowed(fetch.url, self._allow)
        if url is None:
            _LOG.warning("fetch %d: the address is not on the allow-list", fetch.id)
            return FetchFailed(fetch.id, "not-allowed")
        with httpx.Client(
            verify=_trust(), trust_env=False, follow_redirects=False, timeout=fetch.timeout_seconds
        ) as client:
            try:
                request = _request(client, fetch, url)
            except (TypeError, ValueError) as error:
                _LOG.warning("fetch %d: %s cannot be sent (%s)", fetch.id, url.host, type(error).__name__)
                return FetchFailed(fetch.id, "not-allowed")
            answer: Fetched | FetchFailed = FetchFailed(fetch.id, "timeout")
            for attempt in range(fetch.retries + 1):
                # nothing is changed on a server after the caller was told that it failed
                if (attempt and self._closed.wait(PAUSE)) or not self._wanted(fetch):
                    break
                answer, passing = self._attempt(client, request, fetch)
                if not passing:
                    break
        if isinstance(answer, FetchFailed):
            _LOG.warning("fetch %d: %s failed: %s", fetch.id, url.host, answer.reason)
        elif not 200 <= answer.status < 300:
            _LOG.warning("fetch %d: %s answered with status %d", fetch.id, url.host, answer.status)
        return answer

    def _attempt(
        self, client: httpx.Client, request: httpx.Request, fetch: Fetch
    ) -> tuple[Fetched | FetchFailed, bool]:
        """Return the answer, and whether another attempt may get a better one."""
        until = time.monotonic() + fetch.timeout_seconds
        try:
            response = client.send(request, stream=True)
            try:
                if response.is_success:
                    return self._content(response, fetch, until), False
            finally:
                response.close()
        except httpx.TimeoutException:
            return FetchFailed(fetch.id, "timeout"), True
        except httpx.LocalProtocolError:  # a line break in a header, for one
            return FetchFailed(fetch.id, "not-allowed"), False
        except httpx.TransportError:
            return FetchFailed(fetch.id, "unreachable"), True
        if 300 <= response.status_code < 400:
            return FetchFailed(fetch.id, "redirect"), False
        return Fetched(fetch.id, response.status_code), response.status_code in PASSING

    def _content(self, response: httpx.Response, fetch: Fetch, until: float) -> Fetched | FetchFailed:
        content = bytearray()
        for chunk in response.iter_raw():  # what is packed against our word is not unpacked: it may be a bomb
            content += chunk
            if len(content) > MAX_ANSWER:
                return FetchFailed(fetch.id, "too-large")
            if time.monotonic() > until or self._closed.is_set():
                raise httpx.ReadTimeout("the whole answer took too long")
        try:
            data = json.loads(content, parse_constant=_no_number) if content else None
        except (ValueError, RecursionError):
            return FetchFailed(fetch.id, "not-json")
        return Fetched(fetch.id, response.status_code, data)


def _request(client: httpx.Client, fetch: Fetch, url: httpx.URL) -> httpx.Request:
    own = {"accept": "application/json", "accept-encoding": "identity", "user-agent": "huawu"}
    content = None
    if fetch.body is not None:
        content = json.dumps(fetch.body, ensure_ascii=False, allow_nan=False).encode()
        own["content-type"] = "application/json"
    headers = own | {name.lower(): value for name, value in fetch.headers.items()}
    return client.build_request(fetch.method, url, headers=headers, content=content)


@cache
def _trust() -> ssl.SSLContext:
    """Return the certificates to trust: the system's, where a centre adds its own, and certifi's."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
