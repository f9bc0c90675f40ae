"""Messages that are nearly right; more of them are in test_waits.py, and a million in ``make soak``."""

from __future__ import annotations

import random

import pytest

from benchmarks.sip_fuzz import mutated
from ivr.sip.screen import Fault, Message, screen
from tests.ivr.sip.torture import ALL


@pytest.mark.unit
def test_the_screen_fails_at_nothing():
    chance = random.Random(3261)

    seen = [
        screen(mutated(chance.choice(ALL).made(5070, number), chance), ("127.0.0.1", 5070))
        for number in range(5000)
    ]

    assert {type(each) for each in seen} == {Message, Fault, type(None)}
    answers = [each.answer for each in seen if isinstance(each, Fault) and each.answer]
    assert all(each.startswith("SIP/2.0 ") and each.endswith("Content-Length: 0\r\n\r\n") for each in answers)
