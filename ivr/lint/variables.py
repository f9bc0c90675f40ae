"""Variables that may have no value where they are read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from calls.document import Location
from ivr.expression import Expression, ExpressionError
from ivr.flow import (
    REASONS,
    BranchNode,
    CollectNode,
    ConfirmNode,
    GotoNode,
    HttpNode,
    InputNode,
    MenuNode,
    Node,
    SetNode,
    SurveyNode,
)
from ivr.flow.flow import FACTS
from ivr.flow.node import templates_in
from ivr.lint.dataflow import Facts, on_every_way, on_some_way
from ivr.lint.finding import Finding
from ivr.lint.graph import Stand, Step
from ivr.lint.study import Place, Study

_CONJUNCTION, _ALTERNATIVE = re.compile(r"\band\b"), re.compile(r"\bor\b")


def check(study: Study) -> Iterator[Finding]:
    """Find variables that some way to their reader does not set.

    A dialog takes such a variable as an empty text, so a prompt has a hole in it and a branch decides on
    nothing. A branch may ask for just that: after ``order != ''`` the order is known.
    """
    known = known_variables(study)
    for place in study.places():
        for location, variable in _reads(study, place):
            lacking = [stand for stand in study.stands(place) if variable not in known[stand]]
            if lacking:
                first = "0" if any(_is_calculated(p, variable) for p in study.places()) else "''"
                yield study.find(
                    "maybe-unset",
                    place.flow,
                    location,
                    f"{variable!r} may have no value here: {_way_without(study, variable, lacking[0])}",
                    f"ask for it on that way, or give it a first value: variables: {{{variable}: {first}}}",
                )
    yield from _calculated(study)


def _calculated(study: Study) -> Iterator[Finding]:
    """Find ``set`` nodes that calculate with what may still be an empty text."""

    def along(step: Step, empty: Facts) -> Facts:
        node = study.graph.node(step.source)
        return (empty - learnt(study, step)) | _emptied(study, node, step.way.location)

    main = study.flows[study.main].variables
    empty = on_some_way(study.graph, frozenset(n for n, value in main.items() if value == ""), along)
    for place in study.places():
        for variable in place.node.values if isinstance(place.node, SetNode) else ():
            if _is_calculated(place, variable) and any(variable in empty[s] for s in study.stands(place)):
                yield study.find(
                    "calculated-text",
                    place.flow,
                    ("nodes", place.name, "values", variable),
                    f"{variable!r} may be an empty text here, and nothing can be calculated with it",
                    f"let it begin as a number: {variable}: 0",
                )


def _emptied(study: Study, node: Node, way: Location) -> Facts:
    match node:
        case SetNode(values=values):
            given = values.items()
        case GotoNode(flow=str(flow)) if way[:1] == ("flow",):
            given = study.flows[flow].variables.items()
        case _:
            return frozenset()
    return frozenset(name for name, value in given if isinstance(value, str) and value == "")


def _is_calculated(place: Place, variable: str) -> bool:
    """Return whether a node makes a variable's next value from its last, which must be a number."""
    value = place.node.values.get(variable) if isinstance(place.node, SetNode) else None
    if not isinstance(value, Expression) or variable not in value.names:
        return False
    try:
        value.evaluate(dict.fromkeys(value.names, 0))
    except ExpressionError:
        return False
    try:
        value.evaluate({**dict.fromkeys(value.names, 0), variable: ""})
    except ExpressionError:
        return True
    return False


def known_variables(study: Study) -> dict[Stand, Facts]:
    """Return the variables that have a value at each place, whichever way the call came."""

    def along(step: Step, known: Facts) -> Facts:
        return (known - _forgotten(study, step)) | learnt(study, step)

    return on_every_way(study.graph, FACTS | frozenset(study.flows[study.main].variables), along)


def _way_without(study: Study, variable: str, stand: Stand) -> str:
    route = study.graph.route(stand, lambda step: variable not in learnt(study, step))
    if not route:
        return "it is dropped when the caller refuses it"
    return f"a call can come by {' → '.join(each.node for each in route)}"


def _reads(study: Study, place: Place) -> Iterator[tuple[Location, str]]:
    """Yield what a node needs, with the field of the flow."""
    node = place.node
    # a confirmation of nothing asks for the value instead
    own = {node.variable, f"{node.variable}_last4"} if isinstance(node, ConfirmNode) else set()
    for location, variable in node.reads():
        case = node.cases[location[1]].when if isinstance(node, BranchNode) else None
        expected = case is not None and _expects_nothing(study, case, variable)
        if variable not in own and not expected:
            yield ("nodes", place.name, *location), variable
    if isinstance(node, InputNode):
        for reason in REASONS:
            if getattr(node, reason) is None:
                prompts = study.flows[place.flow].retries(node, reason).prompts
                yield from templates_in(prompts, ("defaults", reason, "prompts"))


def learnt(study: Study, step: Step) -> Facts:
    """Return the variables that have a value after a step, whatever was before."""
    node, field = study.graph.node(step.source), step.way.location[:1]
    match node:
        case SetNode():
            return frozenset(node.values)
        case HttpNode() | CollectNode() | SurveyNode() if field == ("next",):
            return frozenset(node.writes())
        case MenuNode() if field == ("choices",):
            return frozenset(node.writes())
        case ConfirmNode() if field not in (("retry",), ("give_up",)):
            return frozenset({node.variable})
        case GotoNode(flow=str(flow)) if field == ("flow",):
            return frozenset(study.flows[flow].variables)
        case BranchNode():
            return found_out(node, step.way.location)
        case _:
            return frozenset()


def _forgotten(study: Study, step: Step) -> Facts:
    node = study.graph.node(step.source)
    if isinstance(node, ConfirmNode) and step.way.location in (("retry",), ("give_up",)):
        return frozenset({node.variable, f"{node.variable}_last4"})
    return frozenset()


def found_out(node: BranchNode, way: Location) -> Facts:
    """Return the variables that are no empty text after a branch went this way."""
    taken = way[1] if way[0] == "cases" else len(node.cases)
    found = {name for case in node.cases[:taken] for name in _holds_of_nothing(case.when)}
    if taken < len(node.cases):
        found.update(_fails_of_nothing(node.cases[taken].when))
    return frozenset(found)


def _holds_of_nothing(condition: Expression) -> Iterator[str]:
    """Yield the variable without which ``condition`` holds: where it does not, there is a value."""
    if len(condition.names) == 1:
        (name,) = condition.names
        if _value_of_nothing(condition, name):
            yield name


def _fails_of_nothing(condition: Expression) -> Iterator[str]:
    """Yield the variables without which ``condition`` does not hold: where it does, they have values."""
    if _ALTERNATIVE.search(condition.text):
        return
    for text in _CONJUNCTION.split(condition.text):
        try:
            part = Expression.parse(text)
        except ExpressionError:  # a conjunction within brackets
            return
        if len(part.names) == 1:
            (name,) = part.names
            if not _value_of_nothing(part, name):
                yield name


def _value_of_nothing(condition: Expression, name: str) -> bool:
    try:
        return bool(condition.evaluate({name: ""}))
    except ExpressionError:
        return False


def _expects_nothing(study: Study, condition: Expression, name: str) -> bool:
    """Return whether the author thought of ``name`` without a value.

    That is where the condition compares it with nothing, or where it is the mark of a survey, which
    callers may leave out, and the condition can be calculated without it.
    """
    nothing = r"(?:''|\"\")"
    compared = rf"\b{name}\s*[!=]=\s*{nothing}|{nothing}\s*[!=]=\s*{name}\b|len\({name}\)"
    if re.search(compared, condition.text):
        return True
    try:
        condition.evaluate(dict.fromkeys(condition.names, ""))
    except ExpressionError:
        return False
    return any(isinstance(p.node, SurveyNode) and p.node.variable == name for p in study.places())
