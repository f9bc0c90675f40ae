"""Conditions combined, with *not available* as the third value."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.rules.logic import LogicError, from_yaml, names, parse, value

pytestmark = pytest.mark.unit

T, F, N = True, False, None


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a", "a"),
        ("1 && (2 || !3)", "(1 && (2 || !3))"),
        ("a && b || c", "((a && b) || c)"),
        ("a || b && c", "(a || (b && c))"),
        ("!a && b", "(!a && b)"),
        ("!!a", "!!a"),
        ("!(a || b)", "!(a || b)"),
        ("a and not b or c", "((a && !b) || c)"),
        ("问候&结束|忌语", "((问候 && 结束) || 忌语)"),
        ("order-id && android", "(order-id && android)"),
    ],
)
def test_an_expression_is_read(text: str, read: str) -> None:
    assert str(parse(text)) == read


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "character 1: a condition should stand here, not the end"),
        ("a &&", "character 5: a condition should stand here, not the end"),
        ("a b", "character 3: 'b' does not belong here"),
        ("(a", "character 3: a ) is missing for the ( at character 1"),
        ("a)", "character 2: ')' does not belong here"),
        ("a + b", "character 3: '+' is no part of an expression"),
        ("&& a", "character 1: a condition should stand here, not '&&'"),
        ("(" * 60 + "a", "character 42: more than 40 levels"),
        (" || ".join(["a"] * 400), "the expression has more than 500 parts"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, problem: str) -> None:
    with pytest.raises(LogicError) as error:
        parse(text)

    assert str(error.value) == problem


def test_an_expression_may_be_a_tree() -> None:
    tree = {"all": ["a", {"any": ["b", {"not": "c"}]}, 4, "d || e"]}

    assert str(from_yaml(tree)) == "(a && (b || !c) && 4 && (d || e))"
    assert [*names(from_yaml(tree))] == ["a", "b", "c", "4", "d", "e"]


@pytest.mark.parametrize("tree", [{}, {"all": []}, {"all": "a"}, {"xor": ["a"]}, ["a"], True, 1.5, None])
def test_other_trees_are_refused(tree: Any) -> None:
    with pytest.raises(LogicError, match=r"write an expression such as 'a && !b'"):
        from_yaml(tree)


def test_a_tree_has_limited_depth() -> None:
    tree: Any = "a"
    for _ in range(60):
        tree = {"not": tree}

    with pytest.raises(LogicError, match="more than 40 levels"):
        from_yaml(tree)


@pytest.mark.parametrize(
    ("a", "b", "both", "either", "opposite"),
    [
        (T, T, T, T, F),
        (T, F, F, T, F),
        (T, N, N, T, F),
        (F, T, F, T, T),
        (F, F, F, F, T),
        (F, N, F, N, T),
        (N, T, N, T, N),
        (N, F, F, N, N),
        (N, N, N, N, N),
    ],
)
def test_what_is_not_available_matters_where_it_could_change_the_result(
    a: bool | None, b: bool | None, both: bool | None, either: bool | None, opposite: bool | None
) -> None:
    truths = {"a": a, "b": b}

    assert value(parse("a && b"), truths) is both
    assert value(parse("a || b"), truths) is either
    assert value(parse("!a"), truths) is opposite


@given(st.text(alphabet="ab &|!()and", max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        logic = parse(text)
    except LogicError:
        return
    assert str(parse(str(logic))) == str(logic)
