"""Where callers give up: for every node of a flow, who came there and who hung up there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from calls.records import Call, CallEvent, EventKind, Outcome
from calls.store import Store
from ivr.flow import Flow

#: Calls that are read at once: so many ids fit into one question to any database.
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Passage:
    """Calls that came to a node, and those of them that ended there because the caller hung up."""

    entered: int
    left: int

    @property
    def share(self) -> float:
        """Share of callers who hung up there, 0 to 1."""
        return self.left / self.entered if self.entered else 0.0


@dataclass(frozen=True, slots=True)
class DropOff:
    """How calls went through one version of a flow.

    Parameters
    ----------
    calls : int
        Counted.
    others : int
        Calls of the same flow in other versions: left out, since their nodes may be others.
    since : datetime, optional
        Calls that began earlier are left out of both.
    nodes : dict
        By name; nodes where no call came are missing.
    """

    calls: int
    others: int
    since: datetime | None = None
    nodes: dict[str, Passage] = field(default_factory=dict)


def drop_off(store: Store, flow: Flow, since: datetime | None = None) -> DropOff:
    """Count where the callers of a flow gave up.

    A call counts once for every node that it entered. It counts as left in the last one where its
    outcome is *abandoned*: the caller hung up before an answer, an agent or a message. What happens in
    another flow that this one leads into is counted at the ``goto`` node that leads there.

    Parameters
    ----------
    store : Store
        Read in batches; a hundred thousand events take seconds.
    flow : Flow
        Its name and version choose the calls.
    since : datetime, optional
        Aware time of the earliest call.
    """
    entered: Counter[str] = Counter()
    left: Counter[str] = Counter()
    calls = others = 0
    for batch in _batches(store, flow, since):
        own = {call.id: call for call in batch if call.flow_version == flow.version}
        calls, others = calls + len(own), others + len(batch) - len(own)
        last: dict[str, str] = {}
        visited: set[tuple[str, str]] = set()
        for event in store.find(
            CallEvent, kind=EventKind.NODE, call_id=list(own), order_by=("call_id", "at", "id")
        ):
            if event.node in flow.nodes:
                last[event.call_id] = event.node
                visited.add((event.call_id, event.node))
        entered.update(node for _, node in visited)
        left.update(node for call, node in last.items() if own[call].outcome is Outcome.ABANDONED)
    nodes = {name: Passage(entered[name], left[name]) for name in flow.nodes if entered[name]}
    return DropOff(calls, others, since, nodes)


def _batches(store: Store, flow: Flow, since: datetime | None) -> Iterator[list[Call]]:
    """Yield the calls of all versions of a flow, the latest first, no call twice."""
    seen: set[str] = set()
    offset = 0
    while page := store.find(
        Call, flow=flow.name, order_by=("-started_at", "id"), limit=_BATCH, offset=offset
    ):
        offset += len(page)
        # calls that arrive meanwhile move the pages on
        new = [call for call in page if call.id not in seen and (since is None or call.started_at >= since)]
        seen.update(call.id for call in new)
        if new:
            yield new
        if since is not None and page[-1].started_at < since:
            return
