"""A call that we make: over one proxy after another, until someone answers (RFC 3261, 13.2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ivr.sip import timers
from ivr.sip.call import Call
from ivr.sip.content import body_of, session_of, value_of
from ivr.sip.dialog import Asked, Credentials, Dialog, Line
from ivr.sip.words import REASONS
from ivr.wire import signalling as wire

#: Seconds without any answer after which the next proxy is tried.
_SILENCE = 4.0
#: How often a longer session interval than we asked for is taken on (422).
_LONGER = 2


@dataclass(frozen=True, slots=True)
class Way:
    """How to reach a target.

    Parameters
    ----------
    target : str
        URI, as it is sent.
    addresses : sequence
        Hosts and ports to send to, in this order.
    caller, name, domain : str
        What is shown.
    credentials : Credentials or None
    failed : callable
        Told of an address that did not answer.
    """

    target: str
    addresses: Sequence[tuple[str, int]]
    caller: str
    name: str
    domain: str
    credentials: Credentials | None = None
    failed: Callable[[tuple[str, int]], None] = lambda _address: None


class Dialling(Call):
    """A dialled call."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._asked: Asked | None = None
        self._early = ""
        self._patience: Any = None
        self._silence: Any = None
        self._place = 0
        self._longer = 0

    def begin(self, line: Line, way: Way, sdp: str, seconds: float) -> None:
        """Send the INVITE; give up after ``seconds``."""
        self._line, self._way, self.ours, self._seconds = line, way, sdp, max(1.0, seconds)
        self._patience = line.loop.later(self._seconds, self._no_answer)
        self._invite(timers.SHORTEST)

    def _invite(self, shortest: int) -> None:
        way = self._way
        dialog = Dialog.dialled(
            self._line,
            way.target,
            way.addresses[self._place],
            way.caller,
            way.domain,
            way.name,
            way.credentials,
        )
        self._early = ""
        asked = dialog.ask(
            "INVITE",
            lambda response: self._responded(dialog, response),
            body_of(self.ours),
            timers.asked(self._session_expires, shortest),
            expires=int(self._seconds) + 2,
        )
        self._trying, self._asked = dialog, asked
        if self._place + 1 < len(way.addresses):
            self._silence = self._line.loop.later(_SILENCE, self._silent)

    def _responded(self, dialog: Dialog, response: Any) -> None:
        code = response.scode
        if dialog is not self._trying or self.over:
            if 200 <= code < 300 and dialog is not self.dialog:  # it crossed our CANCEL
                dialog.ask("BYE", lambda _response: None)
            return
        self._calm()
        if code == 100:
            return
        if code < 200:
            sdp = session_of(response)
            self._early = sdp or self._early
            if code in (180, 183):
                self._tell(wire.Ringing(self.name, sdp))
        elif code < 300:
            self._answered(dialog, response)
        elif code == 422 and self._longer < _LONGER:
            self._longer += 1
            shortest = timers.session_expires(value_of(response, "min-se"))
            self._invite(min(max(shortest[0] if shortest else 0, timers.SHORTEST), 86_400))
        elif code in (408, 503) and self._place + 1 < len(self._way.addresses):
            self._next()
        else:
            self._failed(code, response.reason)

    def _answered(self, dialog: Dialog, response: Any) -> None:
        self._asked = None
        self._settle()
        self._established(dialog)
        self._confirmed = True
        self.theirs = session_of(response) or self._early
        if not self.theirs:
            self._hang_up("failure", "the answer holds no session", 488)
            return
        self._watch(timers.agreed(value_of(response, "session-expires"), self._session_expires))
        self._tell(wire.Answered(self.name, self.theirs))
        self._confirm()

    def _silent(self) -> None:
        self._silence = None
        if self._asked is not None and not self.over:
            self._trying.give_up(self._asked)
            self._next()

    def _next(self) -> None:
        self._way.failed(self._way.addresses[self._place])
        self._place += 1
        self._invite(timers.SHORTEST)

    def _no_answer(self) -> None:
        self._patience = None
        self._cancel("failure", "no answer", 408)

    def _failed(self, code: int, reason: str) -> None:
        self._asked = None
        self._settle()
        refused = code != 408 and not 500 <= code < 600
        self._end("remote" if refused else "failure", reason or REASONS.get(code, ""), code)

    def _cancel(self, by: Any, reason: str, code: int) -> None:
        asked, self._asked = self._asked, None
        self._settle()
        if asked is not None:
            self._trying.give_up(asked)
        self._end(by, reason, code)

    def _hang_up(self, by: Any, reason: str, code: int = 0) -> None:
        if self.dialog is None and not self.over:
            self._cancel(by, reason, code or 487)
        else:
            super()._hang_up(by, reason, code)

    def _calm(self) -> None:
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None

    def _settle(self) -> None:
        self._calm()
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
