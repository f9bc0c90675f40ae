"""Keys pressed so far → an answer, a mistake, or a reason to wait for more."""

from __future__ import annotations

from enum import Enum

from ivr.flow import CollectNode, MenuNode

_VISIBLE = 4


class Verdict(Enum):
    """What to make of the keys pressed so far."""

    MORE = "wait for the next key"
    DONE = "a complete answer"
    WRONG = "no answer begins like this"


def judge(node: MenuNode | CollectNode, keys: str) -> Verdict:
    """Judge the keys pressed so far, the last one included (one or more)."""
    if isinstance(node, MenuNode):
        known = [choice.digits for choice in node.choices if choice.digits]
        if any(digits != keys and digits.startswith(keys) for digits in known):
            return Verdict.MORE
        return Verdict.DONE if keys in known else Verdict.WRONG
    if keys[-1] == node.terminator:
        return Verdict.DONE if node.accepts(keys[:-1]) else Verdict.WRONG
    if not keys.isdecimal():
        return Verdict.WRONG
    if len(keys) < node.max_length:
        return Verdict.MORE
    return Verdict.DONE if node.accepts(keys) else Verdict.WRONG


def judge_pause(node: MenuNode | CollectNode, keys: str) -> Verdict:
    """Judge the keys after a pause in which none followed: ``DONE`` or ``WRONG``."""
    if isinstance(node, MenuNode):
        complete = any(choice.digits == keys for choice in node.choices)
    else:
        complete = node.accepts(keys)
    return Verdict.DONE if complete else Verdict.WRONG


def masked(number: str) -> str:
    """Return a number as traces and logs may show it: all but the last four digits as ``•``."""
    hidden = len(number) - _VISIBLE if len(number) > _VISIBLE else len(number)
    return "•" * hidden + number[hidden:]
