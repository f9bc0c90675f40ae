from __future__ import annotations

import pytest

from ivr.pattern import PatternError, PatternTimeout, check, matches

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("pattern", "value", "whole"),
    [
        (r"SF\d{12}", "SF123456789012", True),
        (r"SF\d{12}", "SF1234567890123", False),
        (r"\d{6}|\d{8}", "12345678", True),
        (r"(\d{4}-){3}\d{4}", "6222-0212-3456-7890", True),
        (r"\d+", "１２", False),
        (r"\d+|\d{12}|\d{13}|\d{15}|\d{18}|\d{20}", "7", True),
    ],
)
def test_the_whole_value_matches(pattern: str, value: str, whole: bool) -> None:
    assert matches(pattern, value) is whole


def test_a_match_that_would_hold_up_the_call_is_given_up() -> None:
    with pytest.raises(PatternTimeout, match=r"the pattern '\(1\|11\)\+\$' takes more than 0.05 s"):
        matches("(1|11)+$", "1" * 60 + "2")


@pytest.mark.parametrize(
    ("pattern", "complaint"),
    [
        ("(", "no regular expression: missing \\) at position 1"),
        ("1**", "no regular expression: multiple repeat at position 2"),
        ("1" * 201, "one line of at most 200 characters"),
        ("(?x)1\n2", "one line of at most 200 characters"),
        ("((1{999}){999}){999}", "repeat a group more than 10000 times"),
        ("((1{99}) {,99}){99,}", "repeat a group more than 10000 times"),
        ("((((1{9}){9}){9}){9}){9}", "repeat a group more than 10000 times"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_refused_when_it_is_read(pattern: str, complaint: str) -> None:
    with pytest.raises(PatternError, match=complaint):
        check(pattern)


def test_brackets_without_end_are_refused() -> None:
    with pytest.raises(PatternError):
        check("(" * 200)
