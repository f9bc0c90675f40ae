from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher, Type, extract_parameters

from console.accounts import passwords

pytestmark = pytest.mark.unit

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
LONG = "correct horse battery"


@pytest.fixture(autouse=True)
def cheap_passwords() -> None:
    """Here they cost what they do at the desk."""


def test_a_password_is_stored_as_rfc_9106_recommends_where_memory_is_short() -> None:
    costs = extract_parameters(passwords.hashed(LONG))

    assert (costs.type, costs.time_cost, costs.memory_cost, costs.parallelism) == (Type.ID, 3, 64 * 1024, 4)
    assert (costs.salt_len, costs.hash_len) == (16, 32)


def test_only_the_right_password_fits() -> None:
    stored = passwords.hashed(LONG)

    fitting = [passwords.fits(typed, stored, NOON) for typed in (LONG, LONG.upper(), LONG[:-1], "")]

    assert fitting == [True, False, False, False]


@pytest.mark.parametrize("stored", ["", "once:", "once:1:", "not a hash"])
def test_nothing_fits_where_nothing_is_stored(stored: str) -> None:
    assert not passwords.fits(LONG, stored, NOON)


def test_where_nothing_is_stored_as_much_is_computed() -> None:
    assert extract_parameters(passwords._NOBODYS) == extract_parameters(passwords.hashed(LONG))


def test_full_width_and_half_width_letters_are_the_same() -> None:
    assert passwords.fits("ｃｏｒｒｅｃｔ horse battery", passwords.hashed(LONG), NOON)


def test_a_one_time_password_fits_until_its_time() -> None:
    stored = passwords.hashed_once(LONG, NOON)
    before = NOON - timedelta(seconds=1)

    assert passwords.is_one_time(stored) and not passwords.is_one_time(passwords.hashed(LONG))
    assert [passwords.fits(LONG, stored, now) for now in (before, NOON)] == [True, False]
    assert not passwords.fits(LONG[1:], stored, before)


def test_one_time_passwords_differ_and_are_accepted_as_passwords() -> None:
    made = {passwords.one_time() for _ in range(100)}

    assert len(made) == 100
    assert {passwords.weakness(each, "ann") for each in made} == {""}


def test_a_hash_with_other_costs_is_outdated() -> None:
    weaker = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(LONG)

    assert passwords.outdated(weaker)
    assert not passwords.outdated(passwords.hashed(LONG))
    assert not passwords.outdated(passwords.hashed_once(LONG, NOON))
    assert not passwords.outdated("")


@pytest.mark.parametrize(
    ("password", "why"),
    [
        (LONG, ""),
        ("四个不相干的词：马、桥、茶、雪", ""),
        ("qwmnzxpoiu", ""),
        ("", "short"),
        ("too short", "short"),
        ("x" * 9, "short"),
        ("ab" * 101, "long"),
        ("aaaaaaaaaaaa", "guessed"),
        ("ababababab", "guessed"),
        ("12345678901", "guessed"),
        ("13800001001", "guessed"),
        ("Password1234", "guessed"),
        ("pass word 2026!", "guessed"),
        ("zhangwei88888", "guessed"),
    ],
)
def test_short_and_guessed_passwords_are_not_accepted(password: str, why: str) -> None:
    assert passwords.weakness(password, "zhangwei") == why
