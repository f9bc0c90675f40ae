"""Rounds that calls go in while nobody can do anything about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ivr.expression import Expression
from ivr.flow import (
    BranchNode,
    CollectNode,
    ConfirmNode,
    HttpNode,
    QueueNode,
    RecordNode,
    SetNode,
    TransferNode,
)
from ivr.lint.finding import Finding
from ivr.lint.graph import Nature, Stand, Step
from ivr.lint.routes import dead
from ivr.lint.study import Study

_CALLERS = {Nature.SILENT: "says and presses nothing", Nature.LOST: "is never understood"}


def check(study: Study) -> Iterator[Finding]:
    """Find rounds without the caller, and rounds of a caller who fails."""
    yield from _unasked(study)
    yield from _retries(study)
    yield from _refusals(study)
    yield from _guesses(study)


def _unasked(study: Study) -> Iterator[Finding]:
    """Find rounds on which the caller is asked nothing and has no key to leave by."""
    for part in _rounds(study, {s for s in study.graph.steps if not _asks(study, s)}, _is_plain):
        names = " → ".join(_round(study, part, _is_plain))
        first = part[0]
        nodes = [study.graph.node(stand) for stand in part]
        polls = any(isinstance(n, HttpNode) for n in nodes) and any(isinstance(n, BranchNode) for n in nodes)
        if polls or any(isinstance(node, QueueNode | TransferNode | RecordNode) for node in nodes):
            yield study.find(
                "waiting-loop",
                first.flow,
                ("nodes", first.node),
                f"the caller waits in a round and has no key to leave it: {names}",
                "give the queue keys, or ask on the way whether to go on waiting",
            )
        else:
            yield study.find(
                "endless-loop",
                first.flow,
                ("nodes", first.node),
                f"the call goes round until max_hops ends it, and the caller is asked nothing: {names}",
                "lead one of these nodes elsewhere",
            )


def _retries(study: Study) -> Iterator[Finding]:
    """Find rounds of a caller who never answers, or never understandably: agents end them, nothing else."""
    lost = dead(study)
    stands = {stand for stand in study.graph.steps if not study.is_hand_off(stand)}
    for nature, who in _CALLERS.items():

        def fails(step: Step, nature: Nature = nature) -> bool:
            return step.nature in (Nature.PLAIN, nature)

        for part in _rounds(study, stands, fails):
            failures = [s for stand in part for s in study.graph.steps[stand] if s.nature is nature]
            if not failures or lost.issuperset(part):
                continue
            yield study.find_way(
                "retry-loop",
                next(step for step in failures if step.target in part),
                f"a caller who {who} goes round: {' → '.join(_round(study, part, fails))}",
                "lead the last failure to an agent, or to a goodbye",
            )


def _refusals(study: Study) -> Iterator[Finding]:
    """Find confirmations that give up only to ask for the value again."""
    for stand in study.graph.steps:
        node = study.graph.node(stand)
        if not isinstance(node, ConfirmNode):
            continue
        seen, waiting = set(), [Stand(stand.entered, stand.flow, node.give_up)]
        while waiting:
            each = waiting.pop()
            if each in seen or study.is_hand_off(each):
                continue
            seen.add(each)
            if not study.is_input(each):
                waiting += [step.target for step in study.graph.steps[each]]
        if Stand(stand.entered, stand.flow, node.retry) in seen:
            yield study.find(
                "retry-loop",
                stand.flow,
                ("nodes", stand.node, "give_up"),
                f"after {node.attempts} refusals the caller is asked by {node.retry!r} again, for ever",
                "lead it to an agent, or to a goodbye",
            )


def _guesses(study: Study) -> Iterator[Finding]:
    """Find rounds in which a secret is asked for, looked up, and asked for again."""
    graph = study.graph

    def goes_on(step: Step) -> bool:
        entered = isinstance(graph.node(step.source), CollectNode | ConfirmNode)
        return step.nature is Nature.PLAIN or (entered and step.way.location == ("next",))

    stands = {
        stand
        for stand in graph.steps
        if not study.is_hand_off(stand)
        and (not study.is_input(stand) or isinstance(graph.node(stand), CollectNode | ConfirmNode))
    }
    for part in _rounds(study, stands, goes_on):
        asked = {s: n for s in part if isinstance(n := graph.node(s), CollectNode) and n.secret}
        sent = {name for s in part if isinstance(n := graph.node(s), HttpNode) for _, name in n.reads()}
        for stand, node in asked.items():
            if node.variable in sent:
                yield study.find(
                    "unlimited-guesses",
                    stand.flow,
                    ("nodes", stand.node),
                    f"whoever guesses {node.variable!r} may guess on for ever: "
                    + " → ".join(_round(study, [stand, *part], goes_on)),
                    'count: a set node with tries: "= tries + 1", and a branch that leaves by it',
                )


def _is_plain(step: Step) -> bool:
    return step.nature is Nature.PLAIN


def _rounds(study: Study, stands: set[Stand], follow: Callable[[Step], bool]) -> list[list[Stand]]:
    """Return the rounds within ``stands`` of which no counter makes an end."""
    found = []
    for part in study.graph.rounds(follow, stands.__contains__):
        uncounted = set(part) - _counters(study, part)
        found += study.graph.rounds(follow, uncounted.__contains__)
    return [study.in_order(part) for part in found]


def _counters(study: Study, part: list[Stand]) -> set[Stand]:
    """Return the ``set`` nodes of a round that count for a branch by which it can be left.

    What is set anew within the round counts nothing.
    """
    watched: set[str] = set()
    for stand in part:
        node = study.graph.node(stand)
        if isinstance(node, BranchNode) and any(s.target not in part for s in study.graph.steps[stand]):
            watched.update(*(case.when.names for case in node.cases))
    counting: dict[str, list[Stand]] = {}
    for stand in part:
        node = study.graph.node(stand)
        for name, value in node.values.items() if isinstance(node, SetNode) else ():
            if isinstance(value, Expression) and name in value.names:
                counting.setdefault(name, []).append(stand)
            else:
                watched.discard(name)
    return {stand for name, stands in counting.items() if name in watched for stand in stands}


def _asks(study: Study, stand: Stand) -> bool:
    node = study.graph.node(stand)
    return study.is_input(stand) or (isinstance(node, QueueNode) and bool(node.keys))


def _round(study: Study, part: list[Stand], follow: Callable[[Step], bool]) -> list[str]:
    """Return the names on one shortest round through the first place of a part."""
    first, inside = part[0], set(part)
    before: dict[Stand, Stand] = {}
    waiting = [first]
    for stand in waiting:
        for step in study.graph.steps[stand]:
            target = step.target
            if not follow(step) or target not in inside or target in before:
                continue
            before[target] = stand
            if target == first:
                names = [first.node]
                while stand != first:
                    names.append(stand.node)
                    stand = before[stand]
                return [first.node, *reversed(names)]
            waiting.append(target)
    raise AssertionError("a part goes round through each of its places")
