from __future__ import annotations

import pytest

from calls import ticket

pytestmark = pytest.mark.unit

SECRET, NOW = "s3cret-" * 4, 1_700_000_000.5


@pytest.mark.parametrize("flow", ["", "hotline", "客服 热线", "a.b"])
def test_a_ticket_names_its_flow_and_its_end(flow: str) -> None:
    read = ticket.read(SECRET, ticket.sign(SECRET, flow, NOW), NOW)

    assert read is not None
    assert (read.flow, read.expires) == (flow, 1_700_000_060)


def test_no_two_tickets_are_alike() -> None:
    assert len({ticket.sign(SECRET, "hotline", NOW) for _ in range(100)}) == 100


def test_a_ticket_expires() -> None:
    text = ticket.sign(SECRET, "hotline", NOW)

    assert ticket.read(SECRET, text, NOW + ticket.VALID_SECONDS - 1) is not None
    assert ticket.read(SECRET, text, NOW + ticket.VALID_SECONDS) is None


def test_a_ticket_of_another_secret_is_none() -> None:
    assert ticket.read(SECRET, ticket.sign("other-" * 4, "hotline", NOW), NOW) is None
    assert ticket.read("", ticket.sign("", "hotline", NOW), NOW) is None


def test_a_ticket_that_was_changed_is_none() -> None:
    text = ticket.sign(SECRET, "hotline", NOW)

    changed = [text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :] for at in range(len(text))]

    assert [ticket.read(SECRET, each, NOW) for each in changed] == [None] * len(text)
    assert [ticket.read(SECRET, each, NOW) for each in ("", "....", "票", text + "\n", "x" * 5000)] == [
        None
    ] * 5
