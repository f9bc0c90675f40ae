"""Session timers: what is asked for, answered and agreed on."""

from __future__ import annotations

import pytest

from ivr.sip.timers import Interval, agreed, answered, asked, session_expires, too_short

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("1800", (1800, "")),
        (" 90 ;refresher=uas", (90, "uas")),
        ("90; Refresher = UAC", (90, "uac")),
        ("90;refresher=me", (90, "")),
        ("", None),
        ("soon", None),
        ("-5", None),
    ],
)
def test_a_header_is_read(value: str, read: tuple[int, str] | None):
    assert session_expires(value) == read


@pytest.mark.parametrize(
    ("request_", "wanted", "interval", "says"),
    [
        ({}, 0, None, ()),
        ({}, 1800, Interval(1800, True), (("Session-Expires", "1800;refresher=uas"),)),
        (
            {"supported": "100rel, timer"},
            1800,
            Interval(1800, False),
            (("Session-Expires", "1800;refresher=uac"), ("Require", "timer")),
        ),
        (
            {"supported": "timer", "session-expires": "600;refresher=uas"},
            1800,
            Interval(600, True),
            (("Session-Expires", "600;refresher=uas"),),
        ),
        (
            {"supported": "timer", "session-expires": "120", "min-se": "300"},
            0,
            Interval(300, False),
            (("Session-Expires", "300;refresher=uac"), ("Require", "timer")),
        ),
        (
            {"session-expires": "60;refresher=uac"},
            1800,
            Interval(90, True),
            (("Session-Expires", "90;refresher=uas"),),
        ),
    ],
)
def test_what_we_answer(request_, wanted, interval, says):
    assert answered(request_, wanted) == (interval, says)


def test_what_is_too_short():
    assert [
        too_short(each)
        for each in (
            {"supported": "timer", "session-expires": "60"},
            {"supported": "timer", "session-expires": "90"},
            {"session-expires": "60"},
            {},
        )
    ] == [True, False, False, False]


def test_what_we_ask_for():
    assert asked(1800) == (("Supported", "timer"), ("Session-Expires", "1800"), ("Min-SE", "90"))
    assert asked(600, 900, "uac") == (
        ("Supported", "timer"),
        ("Session-Expires", "900;refresher=uac"),
        ("Min-SE", "900"),
    )
    assert asked(0) == (("Supported", "timer"),)


@pytest.mark.parametrize(
    ("response", "interval"),
    [
        ("", Interval(1800, True)),
        ("600;refresher=uas", Interval(600, False)),
        ("600;refresher=uac", Interval(600, True)),
        ("10", Interval(90, True)),
    ],
)
def test_what_is_agreed_on(response: str, interval: Interval):
    assert agreed(response, 1800) == interval


def test_when_something_is_due():
    assert (Interval(1800, True).refresh_after, Interval(1800, False).over_after) == (900.0, 1768.0)
    assert Interval(90, False).over_after == 60.0
    assert agreed("", 0) is None
