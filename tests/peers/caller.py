"""Somebody who calls, as SIPp."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from tests.peers.offer import USUAL, Offer
from tests.peers.scenario import Scenario, _header

_URI = "sip:[service]@[remote_ip]:[remote_port]"


class Caller(Scenario):
    """The steps of somebody who calls; begin with :meth:`invite`.

    Parameters
    ----------
    name : str
        For SIPp's own errors.
    number : str
        That it shows; ``[call_number]`` in it counts the calls.
    display : str
        The name that it shows.
    uri : str
        Whom it calls, if not the number that SIPp is given: a ``tel:`` URI, for example.
    """

    def __init__(
        self, name: str, number: str = "1390000[call_number]", display: str = "", uri: str = _URI
    ) -> None:
        super().__init__(name)
        self.number = number
        shown = f' "{display}"' if display else ""
        self._local = f"{shown} <sip:{number}@[local_ip]:[local_port]>;tag=[pid]peer[call_number]"
        self._remote = f" <{uri}>"
        self._uri = uri

    def invite(self, offer: Offer | None = USUAL, headers: Sequence[str] = ()) -> Self:
        """Call; without an offer the other side makes one."""
        self._cseq += 1
        self._offered_at = self._messages
        head = self._head("INVITE")
        return self._send(f"INVITE {self._uri} SIP/2.0\n{head}{self._body(offer, headers)}")

    def trying(self) -> Self:
        """Wait until the call is known to have arrived (100)."""
        return self._receive(response=100)

    def ringing(self, code: int = 180) -> Self:
        """Wait until it rings; :meth:`answered` does not mind whether it did."""
        self._receive(response=100, optional=True)
        return self._receive(response=code)

    def answered(
        self, *, ack_after_ms: int = 0, acknowledge: bool = True, answer: Offer | None = None
    ) -> Self:
        """Wait for 200; acknowledge it now, or late, or not, or with our ``answer`` to its offer.

        The test is told ``answered``, with address and port of the other side's media.
        """
        self._provisional()
        remote = self._variable("remote")
        whole, host, again, port = (self._variable(each) for each in ("c", "host", "m", "port"))
        told = f'<log message="CUE answered [call_id] [${host}] [${port}]"/>'
        actions = [_header("To", remote), *self._session(whole, host, again, port), told]
        self._receive(response=200, actions=actions, extra='rtd="1" rrs="true"')
        self._remote = f"[${remote}]"
        self._established = True
        if ack_after_ms:
            self.pause(ack_after_ms)
        return self._acknowledge(answer) if acknowledge else self

    def acknowledge(self, answer: Offer | None = None) -> Self:
        """Send the ACK that :meth:`answered` did not."""
        return self._acknowledge(answer)

    def refused(self, code: int, header: str = "", matches: str = "") -> Self:
        """Be refused, with a ``header`` (name and colon) that matches an expression; tells ``refused``."""
        self._provisional(code)
        return self._refusal(code, header, matches)

    def challenged(self, offer: Offer | None = USUAL, code: int = 407) -> Self:
        """Be asked for a password, and call again with that which SIPp was given."""
        self._provisional()
        self._refusal(code, extra='auth="true"')
        return self.invite(offer, ("[authentication]",))

    def cancel(self) -> Self:
        """Give up the call, and see it end with 487."""
        head = self._head("CANCEL", f"[branch-{self._messages - self._offered_at}]")
        self._send(f"CANCEL {self._uri} SIP/2.0\n{head}Content-Length: 0\n\n")
        self._receive(response=200, optional=True)  # a proxy may be slower with it than with 487
        return self._refusal(487)

    def ask(
        self, method: str = "OPTIONS", expect: int = 200, headers: Sequence[str] = (), extra: str = ""
    ) -> Self:
        """Send a request outside any call; ``extra`` is an attribute of SIPp's for its answer."""
        self._cseq += 1
        rest = self._body(None, headers)
        self._send(f"{method} {self._uri} SIP/2.0\n{self._head(method)}{rest}")
        return self._receive(response=expect, extra=extra)

    def _provisional(self, final: int = 200) -> None:
        for code in (100, 180, 183):
            if code != final:
                self._receive(response=code, optional=True)

    def _refusal(self, code: int, header: str = "", matches: str = "", extra: str = "") -> Self:
        remote = self._variable("remote")
        actions = [_header("To", remote)]
        if header:
            seen = self._variable("seen")
            actions.append(
                f'<ereg regexp="{matches}" search_in="hdr" header="{header}" check_it="true" '
                f'assign_to="{seen}"/>'
            )
        actions.append('<log message="CUE refused [call_id]"/>')
        self._receive(response=code, actions=actions, extra=extra)
        return self._acknowledge_refusal(self._uri, f"[${remote}]")
