"""What a source holds beside the entries that it gives: counted, and said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from calls.errors import BatchError

#: Messages that are kept; the others are counted.
MOST_TOLD = 20


@dataclass(slots=True)
class Tally:
    """Counts while :func:`huawu.batch.sources.entries` goes on; complete when it ends.

    Attributes
    ----------
    taken : int
        Entries given.
    left_out : Counter of str
        Files that are no recordings, by the reason: ``hidden``, ``being written``, ``.txt``, ``broken link``.
    unnamed : int
        Entries whose name does not fit the template: taken, without what it would tell.
    unnamed_example : str
        The first of them.
    faults : int
        Lines and folders that cannot be read; nothing of them is taken.
    told : list of str
        The first messages of these.
    on_fault : callable, optional
        Called with the error of each.
    """

    taken: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    unnamed: int = 0
    unnamed_example: str = ""
    faults: int = 0
    told: list[str] = field(default_factory=list)
    on_fault: Callable[[BatchError], None] | None = None

    def fault(self, error: BatchError) -> None:
        """Count what cannot be read."""
        self.faults += 1
        if len(self.told) < MOST_TOLD:
            self.told.append(str(error))
        if self.on_fault is not None:
            self.on_fault(error)

    def misnamed(self, place: str) -> None:
        """Count an entry whose name tells nothing."""
        self.unnamed += 1
        self.unnamed_example = self.unnamed_example or place

    def lines(self) -> list[str]:
        """Return what is to be said at the end, a line each; none where there is nothing to say."""
        said = list(self.told)
        if self.faults > len(self.told):
            said.append(f"… and {self.faults - len(self.told)} more")
        if self.unnamed:
            said.append(f"names that do not fit the template: {self.unnamed}, as {self.unnamed_example}")
        if self.left_out:
            reasons = ", ".join(f"{count} {reason}" for reason, count in self.left_out.most_common())
            said.append(f"files left out: {self.left_out.total()} ({reasons})")
        return said
