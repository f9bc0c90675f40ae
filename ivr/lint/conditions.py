"""Conditions that can never hold, and calculations that are none."""

from __future__ import annotations

import operator
import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from ivr.expression import Expression, ExpressionError, Value
from ivr.flow import BranchNode, MenuNode, SetNode
from ivr.lint.finding import Finding
from ivr.lint.study import Place, Study

_LITERAL = r"""(?:'[^']*'|"[^"]*"|[0-9]+(?:\.[0-9]+)?)"""
_FIRST = r"(?<![-+*/%(\w])(?<![-+*/%]\s)"
#: Signs of a formula; 售后-退货 and order-list are names.
_CALCULATES = re.compile(r"[+*%<>=(]|\s[-/]\s")
_COMPARISONS = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
_SIGN, _NUMBER = "<=|>=|==|!=|<|>", r"-?[0-9]+(?:\.[0-9]+)?"
#: A variable, as a number or by its length, beside a number; and the other way round.
_TERM = r"(?:number\(\s*[a-z]\w*\s*\)|len\(\s*[a-z]\w*\s*\)|[a-z]\w*)"
_COMPARED = re.compile(rf"\s*(?P<term>{_TERM})\s*(?P<sign>{_SIGN})\s*(?P<number>{_NUMBER})\s*", re.ASCII)
_REVERSED = re.compile(rf"\s*(?P<number>{_NUMBER})\s*(?P<sign>{_SIGN})\s*(?P<term>{_TERM})\s*", re.ASCII)
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


class Threshold(NamedTuple):
    """A variable compared with a number."""

    term: str
    sign: str
    number: Decimal

    def holds(self, value: Decimal) -> bool:
        """Return whether it holds for a value of the variable."""
        return bool(_COMPARISONS[self.sign](value, self.number))


def check(study: Study) -> Iterator[Finding]:
    """Find cases that no caller can come to, and formulas that are kept as texts."""
    values = _values(study)
    for place in study.places():
        match place.node:
            case BranchNode() as branch:
                yield from _impossible(study, place, branch, values)
                yield from _implied(study, place, branch)
            case SetNode() as node:
                yield from _uncalculated(study, place, node)
            case _:
                pass


# -- values that a menu gives ---------------------------------------------------------------------------


def _values(study: Study) -> dict[str, set[Value]]:
    """Return every value of the variables that menus set, and nothing sets to what is not known here."""
    found: dict[str, set[Value]] = {}
    unknown: set[str] = set()
    for place in study.places():
        match place.node:
            case MenuNode(variable=str(name), choices=choices):
                found.setdefault(name, set()).update(choice.meaning for choice in choices)
            case MenuNode():
                pass
            case other:
                unknown.update(other.writes())
    for name, values in found.items():
        values.update(flow.variables[name] for flow in study.flows.values() if name in flow.variables)
    return {name: values for name, values in found.items() if name not in unknown}


def _impossible(
    study: Study, place: Place, node: BranchNode, values: dict[str, set[Value]]
) -> Iterator[Finding]:
    for index, case in enumerate(node.cases):
        for name in sorted(case.when.names & values.keys()):
            wrong = [text for text in compared_with(case.when.text, name) if not _is_one(text, values[name])]
            if wrong:
                known = ", ".join(sorted(repr(value) for value in values[name]))
                yield study.find(
                    "never-taken",
                    place.flow,
                    ("nodes", place.name, "cases", index, "when"),
                    f"{name!r} is never {' or '.join(wrong)}: no choice of its menu gives that",
                    f"it can be {known}",
                )


def compared_with(condition: str, name: str) -> list[str]:
    """Return the texts and numbers, as written, that a condition compares a variable with; ``''`` is none.

    Parameters
    ----------
    condition : str
        ``area == 'home' or area in ['abroad', 'far']``.
    name : str
        Of the variable.
    """
    found = re.findall(rf"{_FIRST}\b{name}\s*[!=]=\s*({_LITERAL})(?!\s*[-+*/%])", condition)
    found += re.findall(rf"({_LITERAL})\s*[!=]=\s*{name}\b(?!\s*[-+*/%])", condition)
    for listed in re.findall(rf"{_FIRST}\b{name}\s+(?:not\s+)?in\s*\[([^\]]*)\]", condition):
        found += re.findall(_LITERAL, listed)
    return [text for text in found if len(text) > 2 or text[0] not in "'\""]


def _is_one(literal: str, values: set[Value]) -> bool:
    same = Expression.parse(f"value == {literal}")
    return any(same.evaluate({"value": value}) for value in values)


# -- one case within another ----------------------------------------------------------------------------


def _implied(study: Study, place: Place, node: BranchNode) -> Iterator[Finding]:
    before: list[tuple[int, str, Threshold]] = []
    for index, case in enumerate(node.cases):
        threshold = threshold_of(case.when.text)
        if threshold is None:
            continue
        earlier = [each for each in before if each[2].term == threshold.term]
        taken = [each for _, _, each in earlier]
        known = any(text == case.when.text for _, text, _ in earlier)  # told of as given twice
        if taken and not known and never_first(threshold, taken):
            yield study.find(
                "never-taken",
                place.flow,
                ("nodes", place.name, "cases", index, "when"),
                f"where {case.when.text!r} holds, an earlier case does as well: "
                + ", ".join(repr(text) for _, text, _ in earlier),
                "put the narrower case first",
            )
        before.append((index, case.when.text, threshold))


def threshold_of(condition: str) -> Threshold | None:
    """Return what a condition compares with a number, if that is all it does."""
    if match := _COMPARED.fullmatch(condition):
        sign = match["sign"]
    elif match := _REVERSED.fullmatch(condition):
        sign = _MIRRORED.get(match["sign"], match["sign"])
    else:
        return None
    # a comparison with a number takes a text for the number that it is
    term = re.sub(r"\s", "", match["term"])
    term = term.removeprefix("number(").removesuffix(")") if term.startswith("number(") else term
    return Threshold(term, sign, Decimal(match["number"]))


def never_first(later: Threshold, earlier: list[Threshold]) -> bool:
    """Return whether one of ``earlier`` holds wherever ``later`` does.

    Between the numbers that are compared with, and beyond them, nothing changes: one value of each
    stretch stands for all.
    """
    numbers = sorted({each.number for each in (later, *earlier)})
    between = [(one + other) / 2 for one, other in pairwise(numbers)]
    values = [numbers[0] - 1, *numbers, *between, numbers[-1] + 1]
    return all(any(each.holds(value) for each in earlier) for value in values if later.holds(value))


# -- formulas that are texts ----------------------------------------------------------------------------


def _uncalculated(study: Study, place: Place, node: SetNode) -> Iterator[Finding]:
    for name, value in node.values.items():
        if isinstance(value, str) and _CALCULATES.search(value) and _is_formula(study, value):
            yield study.find(
                "text-not-formula",
                place.flow,
                ("nodes", place.name, "values", name),
                f"{name!r} becomes the text {value!r}: nothing is calculated",
                f'write "= {value}"',
            )


def _is_formula(study: Study, text: str) -> bool:
    try:
        names = Expression.parse(text).names
    except ExpressionError:
        return False
    return bool(names) and all(any(n in flow.written() for flow in study.flows.values()) for n in names)
