"""Keys pressed so far → an answer, a mistake, or a reason to wait for more."""

from __future__ import annotations

import logging
from enum import Enum

from ivr.flow import AnyInput, CollectNode
from ivr.pattern import PatternTimeout
from ivr.values import could_continue, from_keys

_LOG = logging.getLogger(__name__)


class Verdict(Enum):
    """What to make of the keys pressed so far."""

    MORE = "wait for the next key"
    DONE = "a complete answer"
    WRONG = "no answer begins like this"


def judge(node: AnyInput, keys: str) -> Verdict:
    """Judge the keys pressed so far, the last one included (one or more)."""
    if node.type != "collect":
        if any(digits != keys and digits.startswith(keys) for digits in node.answers):
            return Verdict.MORE
        return Verdict.DONE if keys in node.answers else Verdict.WRONG
    if keys[-1] == node.terminator:
        return Verdict.WRONG if value(node, keys[:-1]) is None else Verdict.DONE
    if keys[-1] not in node.keys_taken:
        return Verdict.WRONG
    if len(keys) < node.longest and could_continue(node.kind, keys):
        return Verdict.MORE
    return Verdict.WRONG if value(node, keys) is None else Verdict.DONE


def judge_pause(node: AnyInput, keys: str) -> Verdict:
    """Judge the keys after a pause in which none followed: ``DONE`` or ``WRONG``."""
    complete = keys in node.answers if node.type != "collect" else value(node, keys) is not None
    return Verdict.DONE if complete else Verdict.WRONG


def value(node: CollectNode, keys: str) -> str | None:
    """Return the value that the keys, terminator left out, stand for, if it is one ``node`` takes."""
    if not node.shortest <= len(keys) <= node.longest:
        return None
    found = from_keys(node.kind, keys)
    return found if found is not None and fits(node, found) else None


def fits(node: CollectNode, found: str) -> bool:
    """Return whether a value is what ``node`` asks for; one that takes too long to tell is not."""
    try:
        return node.fits(found)
    except PatternTimeout as error:
        _LOG.warning("a value was refused: %s", error)
        return False
