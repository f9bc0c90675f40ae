"""Transfers (RFC 3515): asked for by us and followed to their end, or asked for by the party."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from ivr.sip.content import body_of
from ivr.sip.dialog import Dialog
from ivr.sip.words import REASONS

#: Seconds that a NOTIFY may take to come: the first as long as a transaction, the others as a call rings.
FIRST, NEXT = 32.0, 180.0


class TransferOut:
    """A REFER of ours. ``told`` gets the status of the new call, its phrase, and whether it is the last.

    Parameters
    ----------
    dialog : Dialog
    target : str
        URI.
    replaces : Dialog or None
        Another call of ours that the new one replaces (RFC 3891).
    """

    def __init__(
        self,
        dialog: Dialog,
        target: str,
        replaces: Dialog | None,
        told: Callable[[int, str, bool], None],
    ) -> None:
        self.open = True
        self._dialog, self._told = dialog, told
        self._timer: Any = None
        if replaces is not None:
            names = f"{replaces.call_id};to-tag={replaces.remote.getTag()};from-tag={replaces.tag}"
            target += f"?Replaces={quote(names, safe='')}"
        own = f"<sip:huawu@{dialog.line.host}:{dialog.line.port}>"
        self._wait(FIRST)
        dialog.ask("REFER", self._responded, headers=[("Refer-To", f"<{target}>"), ("Referred-By", own)])

    def notified(self, request: Any) -> bool:
        """Take a NOTIFY; return False where it is none of this transfer."""
        event = ";".join(str(each.body) for each in request.getHFs("event")).split(";")[0].strip().lower()
        if not self.open or event != "refer":
            return False
        state = ";".join(str(each.body) for each in request.getHFs("subscription-state")).lower()
        status = re.match(r"\s*SIP/2\.0\s+(\d{3})\s*([^\r\n]*)", str(request.getBody() or ""))
        over = state.strip().startswith("terminated")
        if status is None:
            if over:
                self._finish(487, REASONS[487])
            return True
        code, reason = int(status[1]), status[2].strip()[:80]
        if code >= 200 or over:
            self._finish(code, reason)
        else:
            self._wait(NEXT)
            self._told(code, reason, False)
        return True

    def close(self) -> None:
        """Tell nothing more: the call is over."""
        self.open = False
        self._calm()

    def _responded(self, response: Any) -> None:
        if response.scode >= 300 and self.open:
            self._finish(response.scode, response.reason)

    def _finish(self, code: int, reason: str) -> None:
        self.close()
        self._told(code, reason, True)

    def _wait(self, seconds: float) -> None:
        self._calm()
        self._timer = self._dialog.line.loop.later(seconds, lambda: self._finish(408, REASONS[408]))

    def _calm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class TransferIn:
    """A REFER of the party: it is told 100 at once, then what the engine says, and 200 when we let it go."""

    def __init__(self, dialog: Dialog, request: Any) -> None:
        self.open = True
        self._dialog = dialog
        self._event = f"refer;id={request.getHFBody('cseq').getCSeqNum()}"

    def begin(self) -> None:
        """Tell that we are at it."""
        self._notify("SIP/2.0 100 Trying", "active;expires=180")

    def tell(self, code: int, final: bool) -> None:
        """Tell the status of the new call; after the ``final`` one the party may ask again."""
        if self.open:
            state = "terminated;reason=noresource" if final else "active;expires=180"
            self._notify(f"SIP/2.0 {code} {REASONS.get(code, 'Failed')}", state)
            self.open = not final

    def finish(self) -> None:
        """Tell that it is done."""
        self.tell(200, True)

    def close(self) -> None:
        """Notify no more: the call is over."""
        self.open = False

    def _notify(self, status: str, state: str) -> None:
        if self.open:
            self._dialog.ask(
                "NOTIFY",
                lambda _response: None,
                body_of(f"{status}\r\n", "message/sipfrag;version=2.0"),
                [("Event", self._event), ("Subscription-State", state)],
            )
