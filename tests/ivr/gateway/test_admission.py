from __future__ import annotations

import uuid

import pytest

from calls import ticket
from ivr.gateway.admission import ANNOUNCED_SECONDS, MOST, Admission
from ivr.gateway.dialect import Called

pytestmark = pytest.mark.unit

TOKEN, SECRET = "t0ken-" * 4, "s3cret-" * 4
HERE = "127.0.0.1"
NOW = 1_700_000_000.0
ONE, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)
CALLED = Called(caller="13800001001")


def test_with_a_token_only_who_shows_it_brings_calls() -> None:
    admission = Admission(TOKEN, SECRET, sources=(HERE,))

    assert [admission.asterisk(shown, HERE) for shown in (TOKEN, TOKEN[:-1], "", "令牌")] == [
        True,
        False,
        False,
        False,
    ]
    assert admission.asterisk(TOKEN, "203.0.113.9") is True


def test_without_a_token_only_known_addresses_bring_calls() -> None:
    admission = Admission("", SECRET, sources=(HERE,))

    assert [admission.asterisk("", source) for source in (HERE, "203.0.113.9", "")] == [True, False, False]


def test_an_audiosocket_that_was_announced_comes_once_and_in_time() -> None:
    admission = Admission(TOKEN, SECRET, sources=(HERE,))

    assert admission.announce(ONE, CALLED, NOW) is True
    assert admission.identified(OTHER, HERE, NOW) is None
    assert admission.identified(ONE, "203.0.113.9", NOW) == CALLED
    assert admission.identified(ONE, HERE, NOW) is None
    admission.announce(ONE, CALLED, NOW)
    assert admission.identified(ONE, HERE, NOW + ANNOUNCED_SECONDS) is None


def test_without_a_token_an_audiosocket_need_not_be_announced() -> None:
    admission = Admission("", SECRET, sources=(HERE,))

    assert admission.identified(ONE, HERE, NOW) == Called()
    assert admission.identified(ONE, "203.0.113.9", NOW) is None


def test_so_many_calls_are_announced_and_no_more() -> None:
    admission = Admission(TOKEN, SECRET)
    for number in range(MOST):
        assert admission.announce(uuid.UUID(int=number), CALLED, NOW)

    assert admission.announce(uuid.UUID(int=MOST), CALLED, NOW) is False
    assert admission.announce(uuid.UUID(int=MOST), CALLED, NOW + ANNOUNCED_SECONDS) is True


@pytest.mark.parametrize(
    ("origin", "may"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://localhost", True),
        ("https://[::1]:8443", True),
        ("http://localhost.evil.example", False),
        ("http://evil.example/127.0.0.1", False),
        ("file://127.0.0.1", False),
        ("http://[", False),
        ("null", False),
        ("", False),
        (None, False),
    ],
)
def test_pages_of_this_machine_may_call(origin: str | None, may: bool) -> None:
    assert Admission("", SECRET).origin(origin) is may


def test_where_origins_are_named_no_other_page_may_call() -> None:
    admission = Admission("", SECRET, origins=("https://desk.example.cn",))

    assert admission.origin("https://desk.example.cn") is True
    assert admission.origin("http://127.0.0.1:8000") is False


def test_a_ticket_is_good_once() -> None:
    admission = Admission("", SECRET)
    text = ticket.sign(SECRET, "hotline", NOW)

    taken = admission.web(text, NOW)

    assert taken is not None and taken.flow == "hotline"
    assert admission.web(text, NOW) is None
    assert admission.web(ticket.sign(SECRET, "hotline", NOW), NOW) is not None


def test_without_a_secret_no_page_may_call() -> None:
    assert Admission("", "").web(ticket.sign("", "hotline", NOW), NOW) is None
