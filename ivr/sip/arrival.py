"""A call that comes: from its INVITE to the ACK (RFC 3261, 13.3)."""

from __future__ import annotations

from typing import Any

from ivr.sip.call import Call
from ivr.sip.content import body_of, header, session_of
from ivr.sip.dialog import Dialog, Line
from ivr.sip.invited import Invited
from ivr.sip.trunk import Trunk
from ivr.sip.words import REASONS
from ivr.wire import signalling as wire

#: Headers that the engine may want to know, beside all that begin with ``x-``.
_TOLD = (
    "user-agent",
    "call-id",
    "p-asserted-identity",
    "diversion",
    "history-info",
    "referred-by",
    "subject",
)
_MOST_TOLD, _LONGEST_TOLD = 24, 512


class Arrival(Call):
    """An arrived call; it rings nowhere until the engine says so."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._first: Invited | None = None
        self._asks = False
        #: Host that it came from; what makes its INVITE the same as another one (RFC 3261, 8.2.2.2).
        self.source = ""
        self.identity: tuple[str, str | None, int] = ("", None, 0)

    @property
    def answered(self) -> bool:
        """Whether it has its final answer."""
        return self._first is None

    def begin(
        self,
        line: Line,
        request: Any,
        transaction: Any,
        identity: tuple[str, str | None, int],
        trunk: Trunk | None = None,
    ) -> None:
        """Take an INVITE, answer 100, and tell the engine."""
        self.identity = identity
        dialog = Dialog.arrived(line, request)
        if trunk is not None:
            dialog.credentials = trunk.credentials
        self._first = Invited(line.transactions, request, transaction, dialog.tag, self._cancelled)
        self._first.answer(100, "Trying")
        self._established(dialog)
        self.theirs = session_of(request)
        self._asks = not self.theirs
        caller, name = _caller(request)
        host, port = request.getSource()
        self.source = host.strip("[]")
        self._tell(
            wire.Arrived(
                self.name,
                caller=caller,
                callee=_callee(request, trunk),
                offer=self.theirs,
                name=name,
                source=f"{host}:{port}",
                headers=_told(request),
            )
        )

    def ring(self, sdp: str) -> None:
        """Answer 180, or 183 with a session."""
        if self._first is not None and self.dialog is not None:
            code, reason = (183, "Session Progress") if sdp else (180, "Ringing")
            self._first.answer(code, reason, body_of(sdp), [self.dialog.line.contact()])

    def accept(self, sdp: str) -> None:
        """Answer the call, or a new offer in it."""
        first, self._first = self._first, None
        if first is None:
            super().accept(sdp)
            return
        self.ours = sdp
        first.answer(
            200, "OK", body_of(sdp), self._ok_headers(first.request), acked=self._acked, unacked=self._unacked
        )

    def reject(self, code: int, reason: str, retry_after: int | None) -> None:
        """Refuse the call, or a new offer in it."""
        if self._first is None:
            super().reject(code, reason, retry_after)
            return
        code = code if 300 <= code < 700 else 480
        self._refuse(code, reason, retry_after)
        self._end("local", reason or REASONS.get(code, ""), code)

    def reject_or_bye(self, code: int, reason: str) -> None:
        """End it, with ``code`` where it was not answered."""
        self._hang_up("local", reason, code)

    def close(self) -> None:
        """Forget a call that could not be begun."""
        if self.dialog is not None:
            self.dialog.close()

    def _refuse(self, code: int, reason: str = "", retry_after: int | None = None) -> None:
        first, self._first = self._first, None
        if first is not None:
            after = [] if retry_after is None else [header("Retry-After", str(retry_after))]
            first.answer(code, reason or REASONS.get(code, "Refused"), None, after)

    def _hang_up(self, by: Any, reason: str, code: int = 0) -> None:
        if self._first is not None:
            code = code or 480
            self._refuse(code)
            self._end(by, reason or REASONS.get(code, ""), code)
        else:
            super()._hang_up(by, reason, code)

    def _requested(self, request: Any, transaction: Any) -> Any:
        if self._first is None:
            return super()._requested(request, transaction)
        assert self.dialog is not None
        if request.getMethod() == "BYE":  # RFC 3261, 15.1.2
            self._refuse(487)
            return self._on_bye(request)
        if request.getMethod() in ("OPTIONS", "INFO"):
            return super()._requested(request, transaction)
        return self.dialog.response(request, 500, ("Retry-After", "2"))

    def _cancelled(self) -> None:
        self._first = None
        self._end("remote", REASONS[487], 487)

    def _acked(self, body: str) -> None:
        if self.over:
            self._confirm()
            return
        if self._asks:
            if not body:
                self._confirm()
                self._hang_up("failure", "the ACK holds no session")
                return
            self.theirs = body
        self._tell(wire.Confirmed(self.name, body if self._asks else ""))
        self._confirm()


def _callee(request: Any, trunk: Trunk | None) -> str:
    """Return whom the caller dialled; a trunk calls the name under which we registered, the To says more."""
    user: str = request.getRURI().username or ""
    if trunk is not None and trunk.settings.register and user == (trunk.settings.user or "huawu"):
        return request.getHFBody("to").getUrl().username or user
    return user


def _caller(request: Any) -> tuple[str, str]:
    """Return number and name of the caller, both empty where withheld (RFC 3323)."""
    address = request.getHFBody("from").getUri()
    user, name = address.url.username or "", (address.name or "").replace('\\"', '"').strip()
    privacy = ";".join(str(each.body) for each in request.getHFs("privacy")).lower()
    hidden = user.lower() in ("anonymous", "unknown", "unavailable") or "id" in privacy.replace(
        " ", ""
    ).split(";")
    return ("", "") if hidden else (user[:64], name[:64])


def _told(request: Any) -> dict[str, str]:
    told: dict[str, str] = {}
    for each in request.headers:
        if (each.name in _TOLD or each.name.startswith("x-")) and len(told) < _MOST_TOLD:
            told.setdefault(each.name, str(each.body)[:_LONGEST_TOLD])
    return told
