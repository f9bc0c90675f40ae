"""The server side of an INVITE."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from ivr.sip.corrections import Transactions


class Invited:
    """The server side of an INVITE (or of an UPDATE): answers it, once.

    Parameters
    ----------
    transactions : Transactions
    request, transaction
        sippy's.
    tag : str
        Ours, in each answer.
    cancelled : callable or None
        Called once if the INVITE is cancelled or expires.
    """

    def __init__(
        self,
        transactions: Transactions,
        request: Any,
        transaction: Any,
        tag: str,
        cancelled: Callable[[], None] | None = None,
    ) -> None:
        self.request = request
        self._transactions, self._transaction, self._tag = transactions, transaction, tag
        self._done = False
        if transaction.r487 is not None:
            transaction.r487.getHFBody("to").setTag(tag)
        if cancelled is not None:
            transaction.cancel_cb = lambda *_: self._cancel(cancelled)

    @property
    def open(self) -> bool:
        """Whether it still waits for its final answer."""
        return not self._done

    def answer(
        self,
        code: int,
        reason: str,
        body: Any = None,
        headers: Iterable[Any] = (),
        acked: Callable[[str], None] | None = None,
        unacked: Callable[[], None] | None = None,
    ) -> None:
        """Answer; ``acked`` gets the body of the ACK to a final answer, ``unacked`` is called without."""
        if self._done:
            return
        response = self.request.genResponse(code, re.sub(r"[\r\n\x00]+", " ", reason)[:100], body)
        if code > 100:
            response.getHFBody("to").setTag(self._tag)
        response.appendHeaders(list(headers))
        self._done = code >= 200
        if self._done:
            self._transaction.noack_cb = unacked
            self._transaction.cancel_cb = None
        told = (lambda ack: acked(str(ack.getBody() or ""))) if acked is not None else None
        self._transactions.sendResponse(response, self._transaction, ack_cb=told)

    def quiet(self) -> None:
        """Repeat the final answer no more."""
        if self._done and self._transaction.tid is not None:
            self._transactions.forget(self._transaction)

    def _cancel(self, cancelled: Callable[[], None]) -> None:
        self._done = True
        cancelled()
