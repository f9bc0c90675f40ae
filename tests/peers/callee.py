"""Somebody who is called, as SIPp: an agent's telephone, or a trunk that asks for a password."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from tests.peers.offer import USUAL, Offer
from tests.peers.scenario import LEISURE, PATIENCE, Scenario, _header

_REALM = "peers.test"


class Callee(Scenario):
    """The steps of somebody who is called; begin with :meth:`arrive`."""

    def arrive(self, timeout: int = LEISURE) -> Self:
        """Wait for a call; the test is told ``arrived`` with address and port of its media."""
        self._take_invite("arrived", timeout=timeout)
        _, _, remote, local = self._invited
        self._remote = f"[${remote}]"
        self._local = f"[${local}];tag=[pid]peer[call_number]"
        return self

    def ring(self, early: Offer | None = None) -> Self:
        """Say that it rings (180), or let the caller hear early media (183)."""
        return self._answer(183 if early else 180, early)

    def answer(self, answer: Offer = USUAL) -> Self:
        """Take the call."""
        self._accept(answer)
        self._established = True
        return self

    def refuse(self, code: int = 486, headers: Sequence[str] = ()) -> Self:
        """Refuse the call."""
        return self._refuse(code, headers)

    def cancelled(self, timeout: int = PATIENCE) -> Self:
        """See the call given up before it was answered."""
        self._receive(request="CANCEL", timeout=timeout)
        self._reply(200)
        return self._refuse(487)

    def challenge(self, code: int = 401) -> Self:
        """Ask for a password and wait for the call that brings it; the test is told ``credentials``.

        The caller's whole header follows, for :func:`tests.peers.digest.holds`: SIPp itself can judge the
        answer to 401 alone.
        """
        asks, brings = {
            401: ("WWW-Authenticate", "Authorization"),
            407: ("Proxy-Authenticate", "Proxy-Authorization"),
        }[code]
        ask = f'{asks}: Digest realm="{_REALM}", nonce="f00d[call_number]", algorithm=MD5, qop="auth"'
        self._answer(code, headers=(ask,), tag="challenge")
        self._receive(request="ACK", optional=True)
        given = self._variable("given")
        told = f"<log message='CUE credentials [call_id] [${given}]'/>"
        self._take_invite("arrived", [_header(brings, given), told])
        self._stray_ack = True  # that of the refused INVITE may come after the second one
        return self

    def register(self, user: str, password: str, expires: int = 60, headers: Sequence[str] = ()) -> Self:
        """Be a registrar: ask whoever registers for a password, and refuse a wrong one with 403.

        The test is told ``registered``, or ``denied``.
        """
        self._receive(request="REGISTER", timeout=PATIENCE * 8)
        ask = f'WWW-Authenticate: Digest realm="{_REALM}", nonce="f00d", algorithm=MD5, qop="auth"'
        self._reply(401, (ask,), tag="registrar")
        right, wrong, done = self._variable("right"), self._label(), self._label()
        check = f'<verifyauth assign_to="{right}" username="{user}" password="{password}"/>'
        self._receive(request="REGISTER", actions=[check])
        self._act("", f'test="{right}" next="{wrong}"')
        self._reply(403, tag="registrar")
        self.tell("denied")
        self._act("", f'next="{done}"')
        self._place(wrong)
        self._reply(200, (f"Expires: {expires}", *headers), tag="registrar")
        self.tell("registered")
        self._place(done)
        return self._act("")

    def reply_to(self, method: str, code: int = 200) -> Self:
        """Wait for a request outside any call, such as OPTIONS, and answer it."""
        self._receive(request=method)
        return self._reply(code, tag="peer")
