from __future__ import annotations

import random

import pytest

from ivr.expression import Expression, ExpressionError, Value, as_text

pytestmark = pytest.mark.unit

CALL: dict[str, Value] = {
    "amount": "12.50",
    "level": "gold",
    "vip": True,
    "visits": 3,
    "rate": 0.1,
    "order": "007",
    "day": "2026-11-23",
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        # what callers enter is text, and still compares with numbers
        ("amount == 12.5", True),
        ("amount > 500 or level in ['gold', 'vip']", True),
        ("order == 7", True),
        ("order == '7'", False),
        ("level == 7", False),
        ("'9' < '10'", True),
        ("'b' > 'a'", True),
        ("day < '2026-12-01'", True),
        ("visits in [1, '3']", True),
        ("level not in ['silver']", True),
        ("vip == 1", False),
        ("vip == true", True),
        ("visits != 3", False),
        ("visits >= 3 and visits <= 3", True),
        # decimal, as money is
        ("rate + 0.2 == 0.3", True),
        ("rate * 3", 0.3),
        ("number(amount) + 1", 13.5),
        ("1 + 2 * 3 - -4", 11),
        ("(1 + 2) * 3", 9),
        ("6 / 2", 3),
        ("7 / 2", 3.5),
        ("-7 // 2", -4),
        ("-7 % 2", 1),
        # precedence and what need not be known
        ("not vip and missing > 1", False),
        ("vip or missing", True),
        ("false or not false", True),
        ("not visits == 4", True),
        # functions
        ("len(order)", 3),
        ("last(order, 2)", "07"),
        ("last(order, 9)", "007"),
        ("last(order, 0)", ""),
        ("text(rate) + '!'", "0.1!"),
        ("starts(order, '00') and not starts(order, '7')", True),
        ('"it\'s"', "it's"),
    ],
)
def test_an_expression_has_a_value(text: str, value: Value) -> None:
    found = Expression.parse(text).evaluate(CALL)
    assert (found, type(found)) == (value, type(value))


def test_an_expression_names_the_variables_it_reads() -> None:
    assert Expression.parse("len(a) > 2 and b_2 in [a, c] or true").names == {"a", "b_2", "c"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "character 1: expected a variable, a number, a 'text', true, false or (, not the end"),
        ("amount = 1", "character 8: unexpected '=': write =="),
        ("level == 'gold", 'character 10: unexpected "\'": a text ends with the quote it begins with'),
        ("level == “gold”", "character 10: unexpected '“'"),
        ("Level == 1", "character 1: unexpected 'L': names are a-z, 0-9 and _, numbers 12 or 12.5"),
        ("1e9", "character 1: unexpected '1': names are a-z, 0-9 and _, numbers 12 or 12.5"),
        ("level.upper", "character 6: unexpected '.'"),
        ("order[0]", "character 6: expected an operator, such as ==, and, +, or the end, not '['"),
        ("open(level)", "character 1: no function 'open'; there are len, last, number, text, starts"),
        ("last(level)", "character 1: last() takes 2 values, not 1"),
        ("2 ** 9", "character 4: expected a variable, a number, a 'text', true, false or (, not '*'"),
        ("0 < visits < 9", "character 12: expected and or or: one comparison at a time, not '<'"),
        ("level in 'gold'", "character 10: expected a list, such as ['a', 'b'], not \"'gold'\""),
        ("level in ['a'", "character 14: expected , or ], not the end"),
        ("level not ['a']", "character 11: expected in, after not, not '['"),
        ("(1", "character 3: expected an operator or ), not the end"),
        ("level if vip", "character 7: expected an operator, such as ==, and, +, or the end, not 'if'"),
        ("1" * 201, "201 characters: an expression has at most 200"),
        ("(" * 21 + "1" + ")" * 21, "character 22: nested more than 20 deep: put a part into a variable"),
        ("-" * 21 + "1", "character 22: nested more than 20 deep: put a part into a variable"),
        ("not " * 21 + "vip", "character 85: nested more than 20 deep: put a part into a variable"),
    ],
)
def test_what_is_no_expression_is_refused_with_its_place(text: str, complaint: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        Expression.parse(text)
    assert str(refused.value).startswith(complaint)


def test_the_deepest_nesting_is_read() -> None:
    assert Expression.parse("(" * 20 + "1" + ")" * 20).evaluate({}) == 1


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("missing == 1", "the variable 'missing' has no value"),
        ("level > 5", "a text and a number have no order (>)"),
        ("vip < true", "true or false and true or false have no order (<)"),
        ("level * 3", "a text cannot be calculated with (*): write number(…) around it"),
        ("vip + 1", "true or false cannot be calculated with (+)"),
        ("level and vip", "and takes true or false, not a text: write a comparison"),
        ("not visits", "not takes true or false, not a number: write a comparison"),
        ("1 / 0", "division by zero (/)"),
        ("0 % (visits - 3)", "division by zero (%)"),
        ("number(level)", "number(…): a text does not read as a number"),
        ("len(visits)", "len(…) takes a text, not a number: write text(…) around it"),
        ("last(level, 0.5)", "last(x, n): n is a whole number of characters, 0 or more"),
        ("last(level, -1)", "last(x, n): n is a whole number of characters, 0 or more"),
        ("10000000000000000 * 1000000000000000", "a number beyond 1e+30"),
        ("huge == 1", "a number beyond 1e+30"),
        ("nan == nan", "a number beyond 1e+30"),
        ("many == 1", "the variable 'many' is no text, number, true or false"),
        ("long + 'x'", "a text of more than 1000 characters"),
    ],
)
def test_what_cannot_be_calculated_is_said_without_values(text: str, complaint: str) -> None:
    odd = {**CALL, "huge": 10**31, "nan": float("nan"), "many": [1], "long": "x" * 1000}
    with pytest.raises(ExpressionError) as refused:
        Expression.parse(text).evaluate(odd)  # type: ignore[arg-type]
    assert str(refused.value) == complaint


def test_nothing_but_an_expression_error_ever_comes_out() -> None:
    rng = random.Random(1)
    pieces = [*"()[],+-*/%<>='\"._1a ", "==", "//", "and", "or", "not", "in", "len(", "last(", "level", "vip"]
    read = calculated = 0
    for _ in range(20_000):
        text = " ".join(rng.choices(pieces, k=rng.randint(1, 9)))
        try:
            expression = Expression.parse(text)
            read += 1
            assert isinstance(expression.evaluate({**CALL, "a": rng.choice(["1", 0, "x", False])}), Value)
            calculated += 1
        except ExpressionError:
            continue
    assert read > calculated > 100


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        (True, "true"),
        (3, "3"),
        (3.0, "3"),
        (0.1, "0.1"),
        (1e20, "1" + "0" * 20),
        (1e-7, "0.0000001"),
    ],
)
def test_a_value_as_text(value: Value, text: str) -> None:
    assert as_text(value) == text
