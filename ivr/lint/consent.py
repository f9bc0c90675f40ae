"""What a call does in the caller's name: irreversible changes, and numbers that the caller chose."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ivr.expression import Expression
from ivr.flow import CollectNode, ConfirmNode, HttpNode, MenuNode, SetNode, TransferNode
from ivr.lint.dataflow import Facts, on_some_way
from ivr.lint.finding import Finding
from ivr.lint.graph import Stand, Step
from ivr.lint.study import Study

#: Stands for "nothing was confirmed since the caller was last asked for something".
_UNASKED = "?"
#: Keys of the longest extension: what is longer may be anybody's number.
EXTENSION = 6
_CONFIRMS = re.compile(r"确认|确定|核对|对吗|是否正确|\b(confirm|correct)\b", re.IGNORECASE)


def check(study: Study) -> Iterator[Finding]:
    """Find changes that the caller was not asked to confirm, and transfers to numbers that were keyed."""
    entered = _entered(study)
    unconfirmed = {"unconfirmed": _unconfirmed(study), "confirm-skipped": _unconfirmed(study, keyed=True)}
    free = _free_numbers(study)
    for place in study.places():
        node = place.node
        if isinstance(node, HttpNode) and node.changes_something:
            data = {name for at, name in node.reads() if at[0] in ("url", "headers", "body")} & entered
            wanted = data or {_UNASKED}
            for rule, facts in unconfirmed.items():
                missing = {name for stand in study.stands(place) for name in facts[stand]} & wanted
                if missing:
                    yield study.find(
                        rule, place.flow, ("nodes", place.name), *_explained(rule, node, missing)
                    )
                    break
        if isinstance(node, TransferNode):
            for name in {name for at, name in node.reads() if at == ("to",)} & free:
                yield study.find(
                    "caller-chosen-number",
                    place.flow,
                    ("nodes", place.name, "to"),
                    f"the caller decides by {name!r} which number is dialled, at your cost",
                    f"take at most {EXTENSION} digits, or give the collect node a pattern",
                )


def _explained(rule: str, node: HttpNode, missing: set[str]) -> tuple[str, str]:
    """Return the message and the way out."""
    names = ", ".join(sorted(missing - {_UNASKED}))
    if rule == "confirm-skipped":
        what = f"{names} is not read back where it was keyed" if names else "the caller is not always asked"
        return f"this {node.method} cannot be undone, and {what}", "write always: true in the confirm node"
    what = f"{names} was not confirmed since it was entered" if names else "the caller was not asked"
    return (
        f"this {node.method} cannot be undone, and {what}",
        "put a confirm node with always: true before it, or write irreversible: false",
    )


def _unconfirmed(study: Study, *, keyed: bool = False) -> dict[Stand, Facts]:
    """Return what the caller entered and did not confirm on some way to each place.

    A confirmation counts for all that was entered before it. With ``keyed`` only one that is always
    asked counts, as what was keyed passes the others.
    """

    def along(step: Step, facts: Facts) -> Facts:
        node, field = study.graph.node(step.source), step.way.location[:1]
        match node:
            case CollectNode(secret=False) if field == ("next",):
                return facts | {_UNASKED, *node.writes()}
            case MenuNode() if field == ("choices",):
                return frozenset() if _confirms(study, node) else facts | {_UNASKED, *node.writes()}
            case ConfirmNode() if field == ("next",) and (node.always or not keyed):
                return frozenset()
            case SetNode():
                return _copied(node, facts)
            case HttpNode() if field == ("next",):
                return facts.difference(node.writes())
            case _:
                return facts

    return on_some_way(study.graph, frozenset({_UNASKED}), along)


def _confirms(study: Study, node: MenuNode) -> bool:
    """Return whether a menu asks whether something is right: it says so, or reads a value back."""
    entered = study.collected()
    said = {name.removesuffix("_last4") for at, name in node.reads() if at[:1] == ("prompt",)}
    return bool(said & set(entered)) or any(_CONFIRMS.search(text) for text in node.prompt.values())


def _copied(node: SetNode, facts: Facts) -> Facts:
    for name, value in node.values.items():
        names = value.names if isinstance(value, Expression) else frozenset()
        facts = facts | {name} if names & facts else facts - {name}
    return facts


def _entered(study: Study) -> set[str]:
    """Return the variables that hold what callers entered, or something made of it."""
    asked = (MenuNode, CollectNode)
    found = {name for p in study.places() if isinstance(p.node, asked) for name in p.node.writes()}
    found -= {name for name, node in study.collected().items() if node.secret}
    return _with_copies(study, found)


def _free_numbers(study: Study) -> set[str]:
    """Return the variables that may hold any telephone number that a caller wishes."""
    found = {
        name for name, node in study.collected().items() if node.longest > EXTENSION and node.pattern is None
    }
    return _with_copies(study, found)


def _with_copies(study: Study, names: set[str]) -> set[str]:
    found = frozenset(names)
    while True:
        more = found
        for place in study.places():
            if isinstance(place.node, SetNode):
                more |= _copied(place.node, more)
        if more == found:
            return set(found)
        found = more
