from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from console.accounts import attempts
from console.accounts.attempts import FAILURES, WINDOW, Attempts

pytestmark = pytest.mark.unit

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def test_an_address_waits_after_so_many_wrong_passwords_and_no_other_does() -> None:
    tried = Attempts()
    waits = []
    for _ in range(FAILURES + 1):
        waits.append(tried.too_many("10.0.0.5", NOON))
        tried.failed("10.0.0.5", NOON)

    assert waits == [False] * FAILURES + [True]
    assert not tried.too_many("10.0.0.6", NOON)


def test_it_waits_until_the_oldest_that_count_are_over() -> None:
    tried = Attempts()
    for second in range(FAILURES + 5):
        tried.failed("10.0.0.5", NOON + timedelta(seconds=second))
    last_counted = NOON + timedelta(seconds=5) + WINDOW

    assert tried.too_many("10.0.0.5", last_counted - timedelta(seconds=1))
    assert not tried.too_many("10.0.0.5", last_counted)


def test_of_too_many_addresses_the_oldest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "ADDRESSES", 2)
    monkeypatch.setattr(attempts, "FAILURES", 1)
    tried = Attempts()
    for address in ("a", "b", "a", "c"):
        tried.failed(address, NOON)

    assert [tried.too_many(address, NOON) for address in ("a", "b", "c")] == [True, False, True]
