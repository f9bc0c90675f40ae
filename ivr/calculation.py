"""What the operators and functions of an expression do with the values of a call.

What callers enter is text. Compared with a number, text that reads as one counts as one: ``"12.50"`` is
``12.5``. Two texts are equal only where they are the same text, but are ordered as numbers where both
read as one. Numbers are calculated in decimal, as money is: 0.1 + 0.2 is 0.3.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import ROUND_FLOOR, Context, Decimal, DivisionByZero, InvalidOperation

Value = str | int | float | bool

#: Characters of a text, and greatest number, that an expression may have to do with.
MAX_TEXT, MAX_NUMBER = 1000, 10**30

_NUMERAL = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?", re.ASCII)
_DECIMAL = Context(prec=34, traps=[DivisionByZero, InvalidOperation])


class ExpressionError(ValueError):
    """An expression cannot be read, or cannot be calculated with the values it is given."""


def as_text(value: Value) -> str:
    """Return a value as text: ``true`` and ``false``, numbers without needless zeros or exponents."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    number = Decimal(repr(value))
    return str(int(number)) if number.is_finite() and number == number.to_integral() else f"{number:f}"


def equal(one: Value, other: Value) -> bool:
    """Say whether two values are the same; values of different types never are, but see above."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, str) and isinstance(other, str):
        return one == other
    number = _as_number(one)
    return number is not None and number == _as_number(other)


def in_order(operator: str, one: Value, other: Value) -> bool:
    """Return ``one < other`` for ``<``, and so on for ``<=``, ``>``, ``>=``.

    Raises
    ------
    ExpressionError
        The two have no order: a text that is no number beside a number, ``true`` or ``false``.
    """
    number, other_number = _as_number(one), _as_number(other)
    if number is not None and other_number is not None:
        sign = number.compare(other_number)
    elif isinstance(one, str) and isinstance(other, str):
        sign = Decimal((one > other) - (one < other))
    else:
        raise ExpressionError(f"{_kind(one)} and {_kind(other)} have no order ({operator})")
    match operator:
        case "<":
            return sign < 0
        case "<=":
            return sign <= 0
        case ">":
            return sign > 0
    return sign >= 0


def calculated(operator: str, one: Value, other: Value) -> Value:
    """Return ``one + other`` for ``+``, and so on for ``-``, ``*``, ``/``, ``//``, ``%``; ``+`` joins texts.

    Raises
    ------
    ExpressionError
        One is no number, the other is zero, or the result is too large.
    """
    if operator == "+" and isinstance(one, str) and isinstance(other, str):
        return limited(one + other)
    for value in (one, other):
        if isinstance(value, str | bool):
            hint = ": write number(…) around it" if isinstance(value, str) else ""
            raise ExpressionError(f"{_kind(value)} cannot be calculated with ({operator}){hint}")
    return limited(plain(_in_decimal(operator, _decimal(one), _decimal(other))))


def _in_decimal(operator: str, one: Decimal, other: Decimal) -> Decimal:
    try:
        match operator:
            case "+":
                return _DECIMAL.add(one, other)
            case "-":
                return _DECIMAL.subtract(one, other)
            case "*":
                return _DECIMAL.multiply(one, other)
            case "/":
                return _DECIMAL.divide(one, other)
        # towards minus infinity, as in Python: -7 // 2 is -4, -7 % 2 is 1
        whole = _DECIMAL.divide(one, other).to_integral_value(ROUND_FLOOR)
        return whole if operator == "//" else _DECIMAL.subtract(one, _DECIMAL.multiply(whole, other))
    except (DivisionByZero, InvalidOperation):
        raise ExpressionError(f"division by zero ({operator})") from None


def _length(text: Value) -> int:
    return len(_required_text(text, "len"))


def _last(text: Value, count: Value) -> str:
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        raise ExpressionError("last(x, n): n is a whole number of characters, 0 or more")
    whole = _required_text(text, "last")
    return whole[max(len(whole) - count, 0) :]


def _to_number(value: Value) -> Value:
    number = _as_number(value)
    if number is None:
        raise ExpressionError(f"number(…): {_kind(value)} does not read as a number")
    return limited(plain(number))


def _starts(text: Value, prefix: Value) -> bool:
    return _required_text(text, "starts").startswith(_required_text(prefix, "starts"))


#: Each with its number of arguments.
FUNCTIONS: dict[str, tuple[Callable[..., Value], int]] = {
    "len": (_length, 1),
    "last": (_last, 2),
    "number": (_to_number, 1),
    "text": (as_text, 1),
    "starts": (_starts, 2),
}


def _required_text(value: Value, function: str) -> str:
    if not isinstance(value, str):
        raise ExpressionError(f"{function}(…) takes a text, not {_kind(value)}: write text(…) around it")
    return value


def truth(value: Value, operator: str) -> bool:
    """Return ``value`` where it is true or false; nothing else counts as either."""
    if not isinstance(value, bool):
        raise ExpressionError(f"{operator} takes true or false, not {_kind(value)}: write a comparison")
    return value


def _kind(value: Value) -> str:
    """Name the type only: the value may be a secret."""
    return "true or false" if isinstance(value, bool) else "a text" if isinstance(value, str) else "a number"


def _as_number(value: Value) -> Decimal | None:
    if isinstance(value, bool) or (isinstance(value, str) and not _NUMERAL.fullmatch(value)):
        return None
    return _decimal(value)


def _decimal(value: Value) -> Decimal:
    # through the shortest text: 0.1 is a tenth
    return Decimal(value if isinstance(value, str | int) else repr(value))


def plain(number: Decimal) -> int | float:
    """Return a number as flows keep it."""
    return int(number) if number == number.to_integral_value() else float(number)


def limited(value: Value) -> Value:
    """Return ``value`` where it is of a size that an expression may have to do with."""
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            raise ExpressionError(f"a text of more than {MAX_TEXT} characters")
    elif not abs(value) <= MAX_NUMBER:  # so written, it refuses what is no number (NaN) too
        raise ExpressionError(f"a number beyond {MAX_NUMBER:.0e}")
    return value
