"""Expressions over the variables of a call: ``amount > 500 and level in ['gold', 'vip']``.

A language of its own, read by a parser of its own: nothing in it can reach an attribute, an index or a
function that is not listed here, and every expression ends, whatever it is given.

How values compare and calculate: :mod:`ivr.calculation`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple, Self

from ivr.calculation import (
    FUNCTIONS,
    ExpressionError,
    Value,
    as_text,
    calculated,
    equal,
    in_order,
    limited,
    plain,
    truth,
)

__all__ = ["Expression", "ExpressionError", "Value", "as_text"]

#: Characters of an expression; brackets, signs and ``not`` within each other.
MAX_LENGTH, MAX_DEPTH = 200, 20

_TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9]+(?:\.[0-9]+)?)(?![\w.])"
    r"|(?P<word>[a-z_][a-z0-9_]*)(?!\w)"
    r"""|(?P<text>'[^'\n]*'|"[^"\n]*")"""
    r"|(?P<sign>==|!=|<=|>=|//|[-<>+*/%()\[\],])"
    r"|(?P<end>$))",
    re.ASCII,
)
_CONSTANTS: dict[str, Value] = {"true": True, "false": False}
_RESERVED = frozenset({"and", "or", "not", "in", *_CONSTANTS})
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=", "in")

_Variables = Mapping[str, Value]
_Evaluate = Callable[[_Variables], Value]


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that was read.

    Parameters
    ----------
    text : str
        As written.
    names : frozenset of str
        The variables that it reads.
    """

    text: str
    names: frozenset[str]
    _evaluate: _Evaluate = field(repr=False, compare=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an expression.

        Parameters
        ----------
        text : str
            At most :data:`MAX_LENGTH` characters: variables, numbers, ``'texts'``, ``true``, ``false``;
            ``+ - * / // %``, ``== != < <= > >=``, ``in`` with a list in square brackets, ``not``,
            ``and``, ``or``, with Python's precedence; round brackets; ``len(x)``, ``last(x, n)``,
            ``number(x)``, ``text(x)``, ``starts(x, prefix)``.

        Raises
        ------
        ExpressionError
            It is something else; the message names the place, counted from 1, and what is allowed there.
        """
        parser = _Parser(text)
        evaluate = parser.whole()
        return cls(text, frozenset(parser.names), evaluate)

    def evaluate(self, variables: Mapping[str, Value]) -> Value:
        """Return the value for the ``variables`` of a call.

        ``and`` and ``or`` leave out what they need not know: ``vip or age > 60`` asks for no age where
        ``vip`` is true.

        Raises
        ------
        ExpressionError
            A variable is missing or has the wrong type, a number is divided by zero, or a result is too
            large (:data:`ivr.calculation.MAX_NUMBER`, :data:`~ivr.calculation.MAX_TEXT`).
        """
        return self._evaluate(variables)


class _Token(NamedTuple):
    kind: str
    text: str
    at: int


class _Parser:
    """Recursive descent, one method per level of precedence, each returning how to calculate its part."""

    def __init__(self, text: str) -> None:
        if len(text) > MAX_LENGTH:
            raise ExpressionError(f"{len(text)} characters: an expression has at most {MAX_LENGTH}")
        self.names: set[str] = set()
        self._text = text
        self._depth = 0
        self._token = self._read(0)

    def whole(self) -> _Evaluate:
        expression = self._or()
        if self._token.kind != "end":
            raise self._unexpected("an operator, such as ==, and, +, or the end")
        return expression

    def _or(self) -> _Evaluate:
        left = self._and()
        while self._take("or"):
            left = _either(left, self._and())
        return left

    def _and(self) -> _Evaluate:
        left = self._not()
        while self._take("and"):
            left = _both(left, self._not())
        return left

    def _not(self) -> _Evaluate:
        if self._take("not"):
            self._enter()
            operand = self._not()
            self._depth -= 1
            return lambda variables: not truth(operand(variables), "not")
        return self._comparison()

    def _comparison(self) -> _Evaluate:
        left = self._sum()
        negated = self._take("not")
        operator = self._token.text if self._token.kind != "text" else ""
        if negated and operator != "in":
            raise self._unexpected("in, after not")
        if operator not in _COMPARISONS:
            return left
        self._next()
        if operator == "in":
            compare = _membership(left, self._list(), negated)
        else:
            compare = _comparison(operator, left, self._sum())
        if self._token.kind != "text" and self._token.text in _COMPARISONS:
            raise self._unexpected("and or or: one comparison at a time")
        return compare

    def _list(self) -> list[_Evaluate]:
        self._expect("[", "a list, such as ['a', 'b']")
        members = [self._sum()]
        while self._take(","):
            members.append(self._sum())
        self._expect("]", ", or ]")
        return members

    def _sum(self) -> _Evaluate:
        left = self._product()
        while operator := self._take("+", "-"):
            left = _arithmetic(operator, left, self._product())
        return left

    def _product(self) -> _Evaluate:
        left = self._signed()
        while operator := self._take("*", "//", "/", "%"):
            left = _arithmetic(operator, left, self._signed())
        return left

    def _signed(self) -> _Evaluate:
        if self._take("-"):
            self._enter()
            operand = self._signed()
            self._depth -= 1
            return _arithmetic("-", lambda _: 0, operand)
        return self._operand()

    def _operand(self) -> _Evaluate:
        token = self._token
        match token.kind:
            case "number":
                self._next()
                constant = plain(Decimal(token.text))
                return lambda _: constant
            case "text":
                self._next()
                return lambda _: token.text[1:-1]
            case "word" if token.text in _CONSTANTS:
                self._next()
                return lambda _: _CONSTANTS[token.text]
            case "word" if token.text not in _RESERVED:
                self._next()
                if self._token.text == "(" and self._token.kind == "sign":
                    return self._call(token)
                self.names.add(token.text)
                return lambda variables: _looked_up(variables, token.text)
        if not self._take("("):
            raise self._unexpected("a variable, a number, a 'text', true, false or (")
        self._enter()
        inner = self._or()
        self._expect(")", "an operator or )")
        self._depth -= 1
        return inner

    def _call(self, name: _Token) -> _Evaluate:
        if name.text not in FUNCTIONS:
            known = ", ".join(FUNCTIONS)
            raise ExpressionError(f"character {name.at + 1}: no function {name.text!r}; there are {known}")
        function, count = FUNCTIONS[name.text]
        self._next()
        self._enter()
        arguments = [self._or()]
        while self._take(","):
            arguments.append(self._or())
        self._expect(")", ", or )")
        self._depth -= 1
        if len(arguments) != count:
            raise ExpressionError(
                f"character {name.at + 1}: {name.text}() takes {count} values, not {len(arguments)}"
            )
        return lambda variables: function(*(argument(variables) for argument in arguments))

    # -- tokens -------------------------------------------------------------------------------------

    def _read(self, at: int) -> _Token:
        match = _TOKEN.match(self._text, at)
        if match is None:
            at += len(self._text[at:]) - len(self._text[at:].lstrip())
            wrong = self._text[at]
            hint = ": a text ends with the quote it begins with" if wrong in "'\"" else ""
            hint = hint or (": write ==" if wrong == "=" else "")
            hint = hint or (": names are a-z, 0-9 and _, numbers 12 or 12.5" if wrong.isalnum() else "")
            raise ExpressionError(f"character {at + 1}: unexpected {wrong!r}{hint}")
        assert match.lastgroup is not None
        return _Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup))

    def _next(self) -> None:
        self._token = self._read(self._token.at + len(self._token.text))

    def _take(self, *texts: str) -> str:
        """Go past the token if it is one of ``texts``, and return it."""
        token = self._token
        if token.kind not in ("word", "sign") or token.text not in texts:
            return ""
        self._next()
        return token.text

    def _expect(self, text: str, wanted: str) -> None:
        if not self._take(text):
            raise self._unexpected(wanted)

    def _unexpected(self, wanted: str) -> ExpressionError:
        found = repr(self._token.text) if self._token.text else "the end"
        return ExpressionError(f"character {self._token.at + 1}: expected {wanted}, not {found}")

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ExpressionError(
                f"character {self._token.at + 1}: nested more than {MAX_DEPTH} deep: "
                "put a part into a variable of its own"
            )


def _looked_up(variables: _Variables, name: str) -> Value:
    if name not in variables:
        raise ExpressionError(f"the variable {name!r} has no value")
    value: object = variables[name]
    if not isinstance(value, str | int | float):
        raise ExpressionError(f"the variable {name!r} is no text, number, true or false")
    return limited(value)


def _both(left: _Evaluate, right: _Evaluate) -> _Evaluate:
    return lambda variables: truth(left(variables), "and") and truth(right(variables), "and")


def _either(left: _Evaluate, right: _Evaluate) -> _Evaluate:
    return lambda variables: truth(left(variables), "or") or truth(right(variables), "or")


def _membership(value: _Evaluate, members: list[_Evaluate], negated: str) -> _Evaluate:
    def contains(variables: _Variables) -> bool:
        wanted = value(variables)
        return any(equal(wanted, member(variables)) for member in members) is not bool(negated)

    return contains


def _comparison(operator: str, left: _Evaluate, right: _Evaluate) -> _Evaluate:
    if operator in ("==", "!="):
        return lambda variables: equal(left(variables), right(variables)) is (operator == "==")
    return lambda variables: in_order(operator, left(variables), right(variables))


def _arithmetic(operator: str, left: _Evaluate, right: _Evaluate) -> _Evaluate:
    return lambda variables: calculated(operator, left(variables), right(variables))
