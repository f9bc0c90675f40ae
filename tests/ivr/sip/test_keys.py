"""Keys told by INFO."""

from __future__ import annotations

import pytest

from ivr.sip.keys import pressed

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("kind", "body", "key"),
    [
        ("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", ("5", 160)),
        ("application/dtmf-relay", "Signal= *\nDuration = 80\n", ("*", 80)),
        ("application/dtmf-relay", "signal=a", ("A", 0)),
        ("Application/DTMF-Relay;charset=x", "Duration=x\r\nSignal=11", ("#", 0)),
        ("application/dtmf-relay", "Signal=16", None),
        ("application/dtmf-relay", "", None),
        ("application/dtmf", "7", ("7", 0)),
        ("application/dtmf", " 10\r\n", ("*", 0)),
        ("application/dtmf", "77", None),
        ("application/json", "7", None),
    ],
)
def test_what_a_body_tells(kind: str, body: str, key: tuple[str, int] | None):
    assert pressed(kind, body) == key
