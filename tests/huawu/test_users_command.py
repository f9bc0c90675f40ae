"""``huawu users`` as an operator sees it, on a database of its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from typer.testing import CliRunner, Result

from calls.errors import HuawuError
from calls.people import AuditEntry, User, UserRole
from calls.records import Agent, utc_now
from calls.store import Store
from console.accounts import passwords
from console.accounts.roster import AccountError
from huawu import users_command
from huawu.users_command import users_app

pytestmark = pytest.mark.integration

PASSWORD = "correct horse battery"


class Shell:
    """Calls the command on one database."""

    def __init__(self, folder: Path) -> None:
        self.database = folder / "huawu.db"

    def run(self, *arguments: str, typed: str = "") -> Result:
        return CliRunner().invoke(users_app, [*arguments, "--db", str(self.database)], input=typed)

    def says(self, *arguments: str, typed: str = "") -> str:
        done = self.run(*arguments, typed=typed)
        assert done.exit_code == 0, done.output
        return done.output

    def refuses(self, *arguments: str, typed: str = "") -> str:
        error = self.run(*arguments, typed=typed).exception
        assert isinstance(error, HuawuError)
        return str(error)

    def user(self, name: str) -> User:
        with Store.open(self.database) as store:
            return store.get(User, name)


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    # what passwords cost is the concern of tests/console/accounts/test_passwords.py
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    made = Shell(tmp_path)
    with Store.open(made.database) as store:
        store.add(Agent(id="A1", team="一组"))
    return made


@pytest.fixture
def boss(shell: Shell) -> Shell:
    shell.says("add", "boss", "--role", "admin", typed=f"{PASSWORD}\n")
    return shell


def test_the_first_administrator_is_made_with_a_password_from_standard_input(shell: Shell) -> None:
    said = shell.says("add", "Wang", "--role", "admin", "--full-name", "王芳", typed=f"{PASSWORD}\r\nmore\n")

    user = shell.user("wang")
    assert said == "account wang made: admin\n"
    assert (user.name, user.role) == ("王芳", UserRole.ADMIN)
    assert passwords.fits(PASSWORD, user.password, utc_now())
    with Store.open(shell.database) as store:
        (entry,) = store.find(AuditEntry)
    assert (entry.user_id, entry.action, entry.subject) == ("command-line", "user.add", "wang")


def test_a_password_is_no_argument(shell: Shell) -> None:
    assert shell.run("add", "wang", PASSWORD).exit_code == 2
    assert shell.run("add", "wang", "--password", PASSWORD).exit_code == 2


def test_somebody_who_sits_there_types_it_twice(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter([PASSWORD, PASSWORD, PASSWORD, "something else"])
    monkeypatch.setattr(users_command.getpass, "getpass", lambda prompt: next(typed))
    monkeypatch.setattr(users_command, "_somebody_sits_there", lambda: True)

    assert shell.says("add", "wang") == "account wang made: inspector\n"
    assert shell.refuses("passwd", "wang") == "password: the two differ → type the same twice"
    assert passwords.fits(PASSWORD, shell.user("wang").password, utc_now())


def test_a_one_time_password_is_printed(shell: Shell) -> None:
    said = shell.says("add", "li", "--role", "agent", "--agent", "A1", "--one-time")

    found = re.fullmatch(
        r"account li made: agent\none-time password, valid for 3 days: ([a-z2-9-]{19})\n", said
    )
    assert found
    user = shell.user("li")
    assert user.agent_id == "A1"
    assert passwords.is_one_time(user.password) and passwords.fits(found[1], user.password, utc_now())


@pytest.mark.parametrize(
    ("arguments", "typed", "said"),
    [
        (["boss"], PASSWORD, "There is an account boss already."),
        (["a b"], PASSWORD, "“a b” cannot be a user name"),
        (["wang"], "", "password: standard input is empty → write it there, or let --one-time make one"),
        (["wang"], "short", "A password has at least 10 characters."),
        (["wang", "--role", "agent"], PASSWORD, "An agent's account needs the agent's id."),
        (["wang", "--role", "agent", "--agent", "A7"], PASSWORD, "There is no agent A7."),
        (["wang", "--role", "team-supervisor"], PASSWORD, "A team supervisor needs a team."),
    ],
)
def test_what_cannot_be_made_is_said_and_not_made(
    boss: Shell, arguments: list[str], typed: str, said: str
) -> None:
    assert boss.refuses("add", *arguments, typed=typed).startswith(said)
    with Store.open(boss.database) as store:
        assert store.count(User) == 1


def test_roles_passwords_and_locks_are_changed(boss: Shell) -> None:
    boss.says("add", "chen", typed=PASSWORD)

    said = [
        boss.says("role", "chen", "team-supervisor", "--team", "一组"),
        boss.says("passwd", "chen", typed="another battery horse"),
        boss.says("disable", "CHEN"),
        boss.says("enable", "chen"),
        boss.says("unlock", "chen"),
    ]

    user = boss.user("chen")
    assert said == [
        "account chen: team-supervisor\n",
        "account chen: password changed\n",
        "account chen: disabled\n",
        "account chen: enabled\n",
        "account chen: unlocked\n",
    ]
    assert (user.role, user.team, user.disabled) == (UserRole.TEAM_SUPERVISOR, "一组", False)
    assert passwords.fits("another battery horse", user.password, utc_now())


def test_the_last_administrator_stays(boss: Shell) -> None:
    said = "boss is the last administrator who can sign in: neither disable nor change the role."

    assert boss.refuses("disable", "boss") == said
    assert boss.refuses("role", "boss", "inspector") == said
    assert boss.user("boss").role is UserRole.ADMIN


def test_the_accounts_are_listed_with_their_state(boss: Shell) -> None:
    boss.says("add", "chen", "--one-time")
    boss.says("disable", "chen")

    lines = [line.split() for line in boss.says("list").splitlines()]

    assert lines[0] == ["ID", "NAME", "ROLE", "TEAM", "AGENT", "STATE", "MADE"]
    assert [line[:3] for line in lines[1:]] == [
        ["boss", "admin", "active"],
        ["chen", "inspector", "disabled"],
    ]


def test_without_accounts_the_list_says_how_to_begin(shell: Shell) -> None:
    assert shell.says("list") == "no accounts: huawu users add NAME --role admin makes the first\n"


def test_an_account_that_is_not_there_is_said_not_to_be(boss: Shell) -> None:
    for command in ("passwd", "disable", "enable", "unlock"):
        assert boss.refuses(command, "nobody", typed=PASSWORD) == "There is no account nobody."
    assert isinstance(boss.run("role", "nobody", "admin").exception, AccountError)


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    shell = Shell(tmp_path)

    assert "does not exist" in shell.refuses("add", "boss", "--role", "admin", typed=PASSWORD)
    assert list(tmp_path.iterdir()) == []
