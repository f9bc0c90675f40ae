"""Where calls can get to, and where they cannot get out."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.dialog.dialog import MAX_DEPTH
from ivr.flow import (
    BranchNode,
    CallbackNode,
    GotoNode,
    HangupNode,
    HoursNode,
    QueueNode,
    ReturnNode,
    SplitNode,
    TransferNode,
)
from ivr.lint.finding import Finding
from ivr.lint.graph import Nature, Stand, components
from ivr.lint.study import Place, Study

_FAILING = (Nature.SILENT, Nature.LOST)
#: Fields that are ways of failure of nodes which ask nothing, and of a confirmation.
_FAILURES = [(field,) for field in ("give_up", "error", "no_agent", "failed", "busy", "no_answer")]


def check(study: Study) -> Iterator[Finding]:
    """Find nodes and ways that no call takes, calls that cannot end, and calls that end unsaid."""
    yield from _unreachable(study)
    for place in study.places():
        yield from _never_taken(study, place)
        yield from _no_difference(study, place)
    yield from _no_way_out(study)
    yield from _abrupt_ends(study)
    yield from _returns(study)
    yield from _flow_circles(study)
    yield from _max_hops(study)
    yield from _no_human(study)


def _unreachable(study: Study) -> Iterator[Finding]:
    """Name the first of each group of nodes to which no call can come; the others follow from it."""
    reached = {(stand.flow, stand.node) for stand in study.graph.steps}
    for flow, content in study.flows.items():
        if not any(of == flow for of, _ in reached):
            continue  # the goto that enters it is reported
        lost = [name for name in content.nodes if (flow, name) not in reached]
        ways = {name: [way.target for way in content.ways(name) if way.target in lost] for name in lost}
        groups = components(ways)
        led_to = {to for group in groups for name in group for to in ways[name] if to not in group}
        for group in groups:
            if not led_to.intersection(group):
                first = min(group, key=lost.index)
                behind = [name for name in lost if name != first and name in _following(first, ways)]
                message = f"no call can come to node {first!r}"
                if behind:
                    message += f", nor by it to {_listed(behind)}"
                yield study.find(
                    "unreachable", flow, ("nodes", first), message, "lead a way to it, or remove it"
                )


def _following(first: str, ways: dict[str, list[str]]) -> set[str]:
    found, waiting = set(), [first]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += ways[name]
    return found


def _never_taken(study: Study, place: Place) -> Iterator[Finding]:
    match place.node:
        case BranchNode(cases=cases):
            seen: dict[str, int] = {}
            for index, case in enumerate(cases):
                where = ("nodes", place.name, "cases", index, "when")
                if not case.when.names:
                    problem = f"{case.when.text!r} reads no variable: it is always the same"
                    yield study.find("never-taken", place.flow, where, problem, "compare a variable")
                elif case.when.text in seen:
                    problem = f"{case.when.text!r} is already case {seen[case.when.text] + 1}"
                    yield study.find("never-taken", place.flow, where, problem, "remove one")
                seen.setdefault(case.when.text, index)
        case SplitNode(shares=shares):
            for index, share in enumerate(shares):
                if share.percent == 0:
                    where = ("nodes", place.name, "shares", index, "percent")
                    problem = f"nobody goes to {share.next!r}: its share is 0 percent"
                    yield study.find("never-taken", place.flow, where, problem, "give it a share")
        case _:
            pass


def _no_difference(study: Study, place: Place) -> Iterator[Finding]:
    if isinstance(place.node, BranchNode | HoursNode | SplitNode):
        targets = {way.target for way in place.node.ways()}
        if len(targets) == 1:
            yield study.find(
                "no-difference",
                place.flow,
                ("nodes", place.name),
                f"whatever is decided here, the call goes to {targets.pop()!r}",
                "lead the ways to different nodes, or leave this one out",
            )


def ends(study: Study) -> list[Stand]:
    """Return where a call can end: hung up, handed over, or returned to nothing."""
    graph = study.graph
    return [
        stand
        for stand, steps in graph.steps.items()
        if isinstance(graph.node(stand), HangupNode | QueueNode | TransferNode)
        or (isinstance(graph.node(stand), ReturnNode) and not steps)
    ]


def dead(study: Study) -> set[Stand]:
    """Return the places from which no call can end."""
    return set(study.graph.steps) - study.graph.leading_to(ends(study))


def _no_way_out(study: Study) -> Iterator[Finding]:
    """Find rounds that a caller cannot leave at all, or only by failing."""
    lost = dead(study)
    # rounds without the caller are reported as such
    for part in _last_of(study, lost):
        if any(study.is_input(stand) for stand in part):
            first, names = study.in_order(part)[0], _named(study, part)
            yield study.find(
                "dead-end",
                first.flow,
                ("nodes", first.node),
                f"no call can end from here: there is no way out of {names}",
                "lead one of the answers to an agent, or to a hangup",
            )
    answered = study.graph.leading_to(ends(study), lambda step: step.nature not in _FAILING)
    for part in _last_of(study, set(study.graph.steps) - answered - lost):
        first, names = study.in_order(part)[0], _named(study, part)
        yield study.find(
            "no-way-out",
            first.flow,
            ("nodes", first.node),
            f"whatever the caller answers leads back here: only failing leads out of {names}",
            "add a choice that ends the call, or one for an agent",
        )


def _last_of(study: Study, stands: set[Stand]) -> list[list[Stand]]:
    """Return the sets of ``stands`` in which every answer ends up."""
    ways = {
        stand: [step.target for step in study.graph.steps[stand] if step.nature not in _FAILING]
        for stand in study.graph.steps
        if stand in stands
    }
    inside = {stand: [target for target in targets if target in stands] for stand, targets in ways.items()}
    return [
        part
        for part in components(inside)
        if all(target in part for stand in part for target in ways[stand])
        and any(inside[stand] for stand in part)
    ]


def _abrupt_ends(study: Study) -> Iterator[Finding]:
    graph = study.graph
    for steps in graph.steps.values():
        for step in steps:
            failed = step.nature in _FAILING or step.way.location in _FAILURES
            if failed and isinstance(graph.node(step.target), HangupNode):
                yield study.find_way(
                    "abrupt-end",
                    step,
                    f"after {step.way.label!r} the call is hung up without a word",
                    "lead to a play node that says goodbye",
                )


def _returns(study: Study) -> Iterator[Finding]:
    graph = study.graph
    for stand in graph.steps:
        if not isinstance(graph.node(stand), ReturnNode):
            continue
        if stand.entered is None:
            yield study.find(
                "return-without-caller",
                stand.flow,
                ("nodes", stand.node),
                "this ends the call: no flow was entered that it could go back to",
                "write hangup, or lint the flow that enters this one",
            )
        elif graph.goto(stand.entered).next is None:
            flow, name = stand.entered
            yield study.find(
                "return-ends-call",
                flow,
                ("nodes", name),
                f"flow {stand.flow!r} returns at {stand.node!r}, but there is no next here: the call ends",
                "name the node to go on with as next",
            )


def _flow_circles(study: Study) -> Iterator[Finding]:
    """Find flows that enter each other: every round is one flow deeper, however short the way."""
    entries: dict[str, dict[str, Stand]] = {flow: {} for flow in study.flows}
    for stand in study.graph.steps:
        node = study.graph.node(stand)
        if isinstance(node, GotoNode) and node.flow is not None:
            entries[stand.flow].setdefault(node.flow, stand)
    for part in components({flow: [*inner] for flow, inner in entries.items()}):
        inside = [
            (entered, stand) for flow in part for entered, stand in entries[flow].items() if entered in part
        ]
        if inside:
            entered, stand = inside[0]
            yield study.find(
                "flow-circle",
                stand.flow,
                ("nodes", stand.node, "flow"),
                f"{_listed(sorted(part))} enter each other in a circle, and a call may be in {MAX_DEPTH} "
                f"flows within each other: then it is ended",
                f"let {entered!r} return instead",
            )


def _max_hops(study: Study) -> Iterator[Finding]:
    longest = len(_longest_way(study))
    limit = study.flows[study.main].max_hops
    if longest > limit:
        yield study.find(
            "max-hops",
            study.main,
            ("max_hops",),
            f"a call can come through {longest} nodes without going round, but is ended after {limit}",
            f"raise max_hops to {longest} at least, better to twice that",
        )


def _longest_way(study: Study) -> list[Stand]:
    """Return a longest way of those that depth-first search finds: none of its ways leads back."""
    steps = study.graph.steps
    best: dict[Stand, list[Stand]] = {}
    open_: set[Stand] = set()
    work = [(study.graph.start, iter(steps[study.graph.start]))]
    open_.add(study.graph.start)
    after: dict[Stand, list[Stand]] = {study.graph.start: []}
    while work:
        stand, rest = work[-1]
        for step in rest:
            if step.target in best:
                after[stand] = max(after[stand], best[step.target], key=len)
            elif step.target not in open_:
                open_.add(step.target)
                after[step.target] = []
                work.append((step.target, iter(steps[step.target])))
                break
        else:
            work.pop()
            best[stand] = [stand, *after[stand]]
            if work:
                above = work[-1][0]
                after[above] = max(after[above], best[stand], key=len)
    return best[study.graph.start]


def _no_human(study: Study) -> Iterator[Finding]:
    graph = study.graph
    people = [s for s in graph.steps if isinstance(graph.node(s), QueueNode | TransferNode | CallbackNode)]
    if not people:
        yield study.find(
            "no-human",
            study.main,
            ("operator",),
            "no call can come to a person: there is no queue, transfer or callback on its ways",
            "add a queue node and name it as operator",
        )
        return
    helped = graph.leading_to(people)
    for flow, content in study.flows.items():
        reached = [s for s in graph.steps if (s.flow, s.node) == (flow, content.operator)]
        if reached and not helped.intersection(reached):
            yield study.find(
                "no-human",
                flow,
                ("operator",),
                f"the operator key leads to {content.operator!r}, from where no call comes to a person",
                "name a queue or transfer node",
            )


def _named(study: Study, part: list[Stand]) -> str:
    return _listed(list(dict.fromkeys(stand.node for stand in study.in_order(part))))


def _listed(names: list[str], most: int = 6) -> str:
    quoted = [repr(name) for name in names[:most]]
    if len(names) > most:
        return f"{', '.join(quoted)} and {len(names) - most} more"
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)
