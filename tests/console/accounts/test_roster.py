from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from argon2 import PasswordHasher

from calls.people import AuditEntry, User, UserRole
from calls.records import Agent
from calls.store import Store
from console.accounts import passwords, roster
from console.accounts.roster import AccountError, Attempt, Particulars
from console.settings import Settings
from tests.console.staff import PASSWORD, person

pytestmark = pytest.mark.integration

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
RULES = Settings(attempts=3, lock=timedelta(minutes=15))
HERE = {"address": "10.0.0.5"}
INSPECTOR = Particulars("陈", UserRole.INSPECTOR)


def attempt(store: Store, password: str = PASSWORD, name: str = "inspector", at: int = 0) -> Attempt:
    """Try a password, ``at`` minutes after noon."""
    return roster.sign_in(store, name, password, RULES, NOON + timedelta(minutes=at), HERE)


def entries(store: Store) -> list[tuple[str, str, str]]:
    return [
        (entry.user_id, entry.action, entry.subject)
        for entry in store.find(AuditEntry, order_by=("at", "id"))
    ]


def the(store: Store, user_id: str = "inspector") -> User:
    return store.get(User, user_id)


# -- making and changing -----------------------------------------------------------------------------


def test_an_account_is_made_with_a_password_of_its_own(store: Store) -> None:
    user, made = roster.enrol(store, "boss", " Chen.Li ", INSPECTOR, NOON, PASSWORD)

    assert made == ""
    assert the(store, "chen.li") == user
    assert (user.name, user.role, user.created_at) == ("陈", UserRole.INSPECTOR, NOON)
    assert attempt(store, name="CHEN.LI").user == user
    assert entries(store)[0] == ("boss", "user.add", "chen.li")


def test_or_with_one_that_is_made_and_valid_for_three_days(store: Store) -> None:
    _, made = roster.enrol(store, "boss", "chen", INSPECTOR, NOON)

    late = roster.sign_in(store, "chen", made, RULES, NOON + timedelta(days=3), HERE)
    early = attempt(store, made, "chen")

    assert late == Attempt(None, "wrong")
    assert early.user is not None and passwords.is_one_time(early.user.password)


@pytest.mark.parametrize("name", ["", " ", ".chen", "chen li", "chen/li", "<b>", "a" * 65, "chen\u202eli"])
def test_an_id_that_cannot_be_one_is_refused(store: Store, name: str) -> None:
    with pytest.raises(AccountError, match="cannot be a user name"):
        roster.enrol(store, "boss", name, INSPECTOR, NOON, PASSWORD)

    assert store.count(User) == 0


def test_an_id_is_taken_whatever_its_case(store: Store) -> None:
    first, _ = roster.enrol(store, "boss", "chen", INSPECTOR, NOON, PASSWORD)

    with pytest.raises(AccountError, match="There is an account chen already"):
        roster.enrol(store, "boss", "ＣＨＥＮ", replace(INSPECTOR, role=UserRole.ADMIN), NOON, PASSWORD)

    assert the(store, "chen") == first


def test_two_who_make_the_same_account_at_once_do_not_both_believe_it_is_theirs(store: Store) -> None:
    start = Barrier(2)

    def make(name: str) -> str:
        start.wait()
        try:
            roster.enrol(store, name, "chen", Particulars(name, UserRole.INSPECTOR), NOON, PASSWORD)
        except AccountError:
            return ""
        return name

    with ThreadPoolExecutor(2) as pool:
        made = [name for name in pool.map(make, ("ann", "bob")) if name]

    assert made == [the(store, "chen").name]


@pytest.mark.parametrize(
    ("particulars", "said"),
    [
        (Particulars("", UserRole.TEAM_SUPERVISOR), "needs a team"),
        (Particulars("", UserRole.AGENT), "needs the agent's id"),
        (Particulars("", UserRole.AGENT, agent_id="A7"), "no agent A7"),
        (Particulars("陈" * 65, UserRole.ADMIN), "at most 64 characters"),
    ],
)
def test_what_a_role_needs_is_asked_for(store: Store, particulars: Particulars, said: str) -> None:
    with pytest.raises(AccountError, match=said):
        roster.enrol(store, "boss", "chen", particulars, NOON, PASSWORD)


def test_a_role_keeps_only_the_scope_it_needs(store: Store) -> None:
    store.add(Agent(id="A1"))
    every = {role: Particulars("", role, "一组", "A1") for role in UserRole}

    made = [roster.enrol(store, "boss", role, each, NOON, PASSWORD)[0] for role, each in every.items()]

    assert {user.role: (user.team, user.agent_id) for user in made if user.team or user.agent_id} == {
        UserRole.TEAM_SUPERVISOR: ("一组", None),
        UserRole.AGENT: ("", "A1"),
    }


def test_another_role_ends_the_sessions_and_another_name_does_not(store: Store) -> None:
    store.add(user := person(UserRole.INSPECTOR))

    renamed = roster.describe(store, "boss", user.id, INSPECTOR, Particulars.of(user).seal(), NOON)
    promoted = roster.describe(
        store,
        "boss",
        user.id,
        replace(INSPECTOR, role=UserRole.QA_SUPERVISOR),
        Particulars.of(renamed).seal(),
        NOON,
    )

    assert (renamed.name, renamed.stamp) == ("陈", user.stamp)
    assert (promoted.role, promoted.stamp == user.stamp) == (UserRole.QA_SUPERVISOR, False)
    assert [entry.data for entry in store.find(AuditEntry)] == [
        {"fields": ["name"]},
        {"fields": ["role"], "role": ["inspector", "qa-supervisor"]},
    ]


def test_of_two_administrators_who_change_an_account_the_second_is_told(store: Store) -> None:
    store.add(user := person(UserRole.INSPECTOR))
    seen = Particulars.of(user).seal()
    roster.describe(store, "ann", user.id, replace(INSPECTOR, role=UserRole.READ_ONLY), seen, NOON)

    with pytest.raises(AccountError, match="Somebody has just changed the account inspector"):
        roster.describe(store, "bob", user.id, INSPECTOR, seen, NOON)

    assert the(store).role is UserRole.READ_ONLY


def test_a_disabled_account_cannot_be_signed_in_to_until_it_is_enabled(store: Store) -> None:
    store.add(user := person(UserRole.INSPECTOR))

    disabled = roster.disable(store, "boss", user.id, NOON)
    refused = attempt(store)
    roster.enable(store, "boss", user.id, NOON)

    assert (disabled.disabled, disabled.stamp == user.stamp) == (True, False)
    assert refused == Attempt(None, "disabled")
    assert attempt(store).user == the(store)


def test_the_last_administrator_stays(store: Store) -> None:
    store.add(boss := person(UserRole.ADMIN), person(UserRole.ADMIN, id="gone", disabled=True))

    with pytest.raises(AccountError, match="admin is the last administrator"):
        roster.disable(store, boss.id, boss.id, NOON)
    with pytest.raises(AccountError, match="admin is the last administrator"):
        roster.describe(store, boss.id, boss.id, INSPECTOR, Particulars.of(boss).seal(), NOON)

    assert the(store, "admin") == boss


def test_two_administrators_who_disable_each_other_at_once_leave_one(store: Store) -> None:
    store.add(person(UserRole.ADMIN, id="ann"), person(UserRole.ADMIN, id="bob"))
    start = Barrier(2)

    def shut_out(whom: str) -> None:
        start.wait()
        try:
            roster.disable(store, "the other", whom, NOON)
        except AccountError:
            pass

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(shut_out, ("ann", "bob")))

    assert store.count(User, role=UserRole.ADMIN, disabled=False) >= 1


def test_a_reset_unlocks_and_ends_the_sessions(store: Store) -> None:
    store.add(user := person(UserRole.INSPECTOR, failures=3, locked_until=NOON + timedelta(hours=1)))

    made = roster.reset(store, "boss", user.id, NOON)

    assert attempt(store).user is None
    entered = attempt(store, made).user
    assert entered is not None and entered.stamp != user.stamp and entered.locked_until is None
    assert entries(store)[0] == ("boss", "user.reset", "inspector")


# -- signing in ----------------------------------------------------------------------------------------


def test_the_right_password_signs_in(store: Store) -> None:
    store.add(user := person(UserRole.INSPECTOR, failures=2))

    assert attempt(store) == Attempt(replace(user, failures=0))
    (entry,) = store.find(AuditEntry)
    assert (entry.user_id, entry.action, entry.at, entry.data) == ("inspector", "session.in", NOON, HERE)


def test_the_third_wrong_password_in_a_row_locks_for_a_quarter_of_an_hour(store: Store) -> None:
    store.add(person(UserRole.INSPECTOR))
    wrong = [attempt(store, "wrong", at=minute).why for minute in range(4)]

    assert wrong == ["wrong", "wrong", "wrong", "locked"]
    assert the(store).locked_until == NOON + timedelta(minutes=2 + 15)
    assert [attempt(store, at=minute).why for minute in (3, 16)] == ["locked", "locked"]
    assert attempt(store, at=17).user == the(store)
    assert (the(store).failures, the(store).locked_until) == (0, None)
    assert ("inspector", "session.lock", "inspector") in entries(store)


def test_a_right_password_forgets_the_wrong_ones(store: Store) -> None:
    store.add(person(UserRole.INSPECTOR))
    for password in ("wrong", "wrong", PASSWORD, "wrong", "wrong"):
        attempt(store, password)

    assert attempt(store).user is not None


def test_after_a_lock_there_are_as_many_attempts_as_before(store: Store) -> None:
    store.add(person(UserRole.INSPECTOR, failures=3, locked_until=NOON))

    assert [attempt(store, "wrong").why for _ in range(4)] == ["wrong", "wrong", "wrong", "locked"]


def test_an_administrator_unlocks(store: Store) -> None:
    store.add(person(UserRole.INSPECTOR, failures=3, locked_until=NOON + timedelta(hours=1)))

    roster.unlock(store, "boss", "inspector", NOON)

    assert attempt(store).user is not None


def test_many_attempts_at_once_gain_nothing(store: Store) -> None:
    store.add(person(UserRole.INSPECTOR))
    with ThreadPoolExecutor(8) as pool:
        whys = sorted(pool.map(lambda number: attempt(store, f"wrong {number}").why, range(8)))

    assert whys == ["locked"] * 5 + ["wrong"] * 3


@pytest.mark.parametrize("name", ["nobody", "", "<b>", "chen li", "x" * 5000])
def test_an_unknown_name_is_refused_and_not_kept(store: Store, name: str) -> None:
    assert attempt(store, name=name) == Attempt(None, "unknown")
    (entry,) = store.find(AuditEntry)
    assert (entry.user_id, entry.subject, entry.data) == ("", "", {**HERE, "why": "unknown"})


def test_a_password_stored_with_other_costs_is_stored_anew(store: Store) -> None:
    weaker = PasswordHasher(time_cost=1, memory_cost=32, parallelism=1).hash(PASSWORD)
    store.add(person(UserRole.INSPECTOR, password=weaker))

    attempt(store, "wrong")
    kept = the(store).password
    attempt(store)

    assert kept == weaker
    assert not passwords.outdated(the(store).password)
    assert attempt(store).user is not None
