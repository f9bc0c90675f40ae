"""How far the files of a batch have come, read from the database a piece at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from calls.batches import BatchFile, FileState, Step, file_id
from calls.records import utc_now
from calls.store import Span, Store

#: Files read from the database at once.
PIECE = 200


class Ledger:
    """The files of one batch.

    Parameters
    ----------
    store : Store
    batch : str
        The batch's name.
    """

    def __init__(self, store: Store, batch: str) -> None:
        self._store = store
        self.batch = batch

    def known(self, places: Iterable[str]) -> dict[str, BatchFile]:
        """Return what is known of the files at some places, of whatever batch, by id."""
        ids = [file_id(place) for place in places]
        return {each.id: each for each in self._store.find(BatchFile, id=ids)}

    def waiting(self, step: Step) -> Iterator[BatchFile]:
        """Yield the files whose next step it is, in the order of their ids.

        Files whose state changes on the way are not met twice, and what comes to wait behind is not met.
        """
        yield from self._through(state=FileState.WAITING, step=step)

    def failed(self, limit: int) -> list[BatchFile]:
        """Return the first of those that failed."""
        return self._store.find(BatchFile, batch=self.batch, state=FileState.FAILED, limit=limit)

    def files(self) -> Iterator[BatchFile]:
        """Yield all files of the batch, those that wait or failed first."""
        for state in (FileState.WAITING, FileState.FAILED, FileState.DUPLICATE, FileState.DONE):
            yield from self._through(state=state)

    def count(self, **where: Any) -> int:
        """Return how many files of the batch match."""
        return self._store.count(BatchFile, batch=self.batch, **where)

    def _through(self, **where: Any) -> Iterator[BatchFile]:
        last = ""
        while True:
            found = self._store.find(
                BatchFile, batch=self.batch, id=Span(last), order_by="id", limit=PIECE, **where
            )
            yield from found
            if len(found) < PIECE:
                return
            last = f"{found[-1].id}0"  # the first id after it


def at_step(file: BatchFile, step: Step, **changes: Any) -> BatchFile:
    """Return a file that waits for a step, or is done."""
    state = FileState.DONE if step is Step.DONE else FileState.WAITING
    values = {"reason": "", "attempts": 0, **changes}
    return replace(file, step=step, state=state, changed_at=utc_now(), **values)


def failed(file: BatchFile, reason: str, attempts: int = 0) -> BatchFile:
    """Return a file whose next step cannot be done."""
    return replace(file, state=FileState.FAILED, reason=reason, attempts=attempts, changed_at=utc_now())
