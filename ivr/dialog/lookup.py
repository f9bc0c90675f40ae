"""A visit to an ``http`` node: a web service is asked while the caller waits."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from calls.records import EventKind
from ivr import events
from ivr.dialog.visit import Visit
from ivr.events import Event
from ivr.expression import Value
from ivr.flow import HttpNode
from ivr.prompt import fill, variables_in

#: How long a caller waits in silence before the filler is said, in seconds.
FILLER_SECONDS = 1.0
#: Characters of a text that is kept.
MAX_TEXT = 500
#: What an attempt may take beyond its own limit, in seconds.
ATTEMPT_GRACE_SECONDS = 1.0


class HttpVisit(Visit[HttpNode]):
    """Asks, says something while it takes, keeps what it was asked for."""

    _fetch: int | None = None
    _target: str | None = None

    def begin(self) -> None:
        """Ask."""
        node = self.node
        names = variables_in(node.url)
        quoted = {name: quote(self.course.text(name), safe="", errors="replace") for name in names}
        self._fetch = self.out.fetch(
            method=node.method,
            url=fill(node.url, quoted),
            headers={name: self.course.fill(value) for name, value in node.headers.items()},
            body=self._filled(node.body),
            timeout_seconds=node.timeout_seconds,
            retries=node.retries,
        )
        self.out.start("web", (node.timeout_seconds + ATTEMPT_GRACE_SECONDS) * (node.retries + 1))
        if node.filler is not None:
            self.out.start("filler", FILLER_SECONDS)

    def prompt_ended(self) -> None:
        """Go on, if the answer came while the filler was being said."""
        if self._target is not None:
            self.course.go(self._target)

    def timer(self, name: str) -> None:
        """Take in that a time is over."""
        if name == "filler":
            self.course.say([self.course.extra("filler")])
        elif name == "web":
            self._fetch = None
            self.out.stop_fetching()
            self._done(self.node.error, problem="timeout")

    def told(self, event: Event) -> None:
        """Take in the answer."""
        match event:
            case events.Fetched(fetch, status, data) if fetch == self._fetch:
                self._fetch = None
                if 200 <= status < 300:
                    for variable, path in self.node.result.items():
                        found = pick(data, path)
                        self.course.learn(variable, "" if found is None else found)
                    self._done(self.node.next, status=status)
                else:
                    self._done(self.node.statuses.get(status, self.node.error), status=status)
            case events.FetchFailed(fetch, reason) if fetch == self._fetch:
                self._fetch = None
                self._done(self.node.error, problem=reason)
            case _:
                pass

    def caller_left(self) -> None:
        """Take in that the caller hung up."""
        if self._fetch is not None:
            self.out.stop_fetching()
        super().caller_left()

    def _done(self, target: str, **data: object) -> None:
        self.out.note(EventKind.WEB, **data)
        self.out.cancel("web", "filler")
        self._target = target
        if self.out.play is None:
            self.course.go(target)

    def _filled(self, value: Any) -> Any:
        """Fill in the variables of a JSON value; a text that is one variable keeps its type."""
        match value:
            case str():
                name = next(iter(variables_in(value)), "")
                if value == f"{{{name}}}":
                    return self.course.variables.get(name, "")
                return self.course.fill(value)
            case dict():
                return {key: self._filled(part) for key, part in value.items()}
            case list():
                return [self._filled(part) for part in value]
            case _:
                return value


def pick(data: Any, path: str) -> Value | None:
    """Return the value at a dotted path of an answer: ``order.items.0.status``.

    Parameters
    ----------
    data : Any
        JSON in plain Python types.
    path : str
        Names of fields, and positions in lists, counted from 0.

    Returns
    -------
    str, int, float, bool or None
        ``None`` where there is nothing at the path, ``null``, or something that is no single value.
    """
    for part in path.split("."):
        if isinstance(data, dict):
            data = data.get(part)
        elif isinstance(data, list) and part.isascii() and part.isdecimal() and len(part) < 10:
            data = data[int(part)] if int(part) < len(data) else None
        else:
            return None
    if isinstance(data, str):
        # half a surrogate pair can be neither said nor stored, and nobody listens to a whole page
        return data.encode("utf-8", "replace").decode()[:MAX_TEXT]
    return data if isinstance(data, int | float) else None
