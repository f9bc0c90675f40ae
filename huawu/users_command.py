"""``huawu users``: accounts of the QA desk. The first administrator is made here.

Passwords come from the keyboard or from standard input, never from the command line, which other users of the
machine can read.
"""

from __future__ import annotations

import getpass
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from calls.errors import HuawuError
from calls.people import User, UserRole
from calls.records import utc_now
from calls.store import Store
from huawu.places import require_database

users_app = typer.Typer(
    help="Accounts of the QA desk: add, list, role, passwd, disable, enable, unlock.", no_args_is_help=True
)

DatabaseOption = Annotated[str, typer.Option("--db", help="Database: a file, or a PostgreSQL URL.")]
OnceOption = Annotated[
    bool,
    typer.Option("--one-time", help="Print a password that has to be changed at once, and ask for none."),
]
NameArgument = Annotated[str, typer.Argument(help="The name to sign in with.")]
_DATABASE = "out/huawu.db"
#: Whom the audit log names for what is done here.
_BY = "command-line"
#: Characters of a password on standard input that are looked at.
_LINE = 4096


@users_app.command("add")
def add(
    name: NameArgument,
    role: Annotated[UserRole, typer.Option(help="What somebody works as.")] = UserRole.INSPECTOR,
    full_name: Annotated[str, typer.Option(help="The person's name.", show_default=False)] = "",
    team: Annotated[str, typer.Option(help="Team of a team supervisor.", show_default=False)] = "",
    agent: Annotated[
        str | None, typer.Option(help="Id of the agent that an agent's account is for.", show_default=False)
    ] = None,
    one_time: OnceOption = False,
    db: DatabaseOption = _DATABASE,
) -> None:
    """Make an account; the password is asked for, or read from standard input."""
    from console.accounts import roster
    from console.accounts.roster import Particulars

    _require(db)
    with Store.open(db) as store:
        particulars = Particulars(full_name, role, team, agent)
        wanted = roster.account_id(name)
        if store.find(User, id=wanted):
            raise roster.AccountError("account.fault.taken", id=wanted)
        password = None if one_time else _password()
        user, made = roster.enrol(store, _BY, name, particulars, utc_now(), password)
    typer.echo(f"account {user.id} made: {user.role}")
    _show(made)


@users_app.command("list")
def list_users(db: DatabaseOption = _DATABASE) -> None:
    """List the accounts."""
    from console.accounts.users import state_of

    require_database(db, "name the database with --db")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("ID", "NAME", "ROLE", "TEAM", "AGENT", "STATE", "MADE"):
        table.add_column(column, no_wrap=True)
    with Store.open(db) as store:
        users = store.find(User)
    now = utc_now()
    for user in users:
        made = f"{user.created_at.astimezone():%Y-%m-%d %H:%M}"
        state = state_of(user, now)
        table.add_row(user.id, user.name, str(user.role), user.team, user.agent_id or "", state, made)
    if users:
        # In a file nothing is cut.
        console = Console()
        (console if console.is_terminal else Console(width=400)).print(table, highlight=False)
    else:
        typer.echo("no accounts: huawu users add NAME --role admin makes the first")


@users_app.command("role")
def change_role(
    name: NameArgument,
    role: Annotated[UserRole, typer.Argument(help="What somebody works as from now on.")],
    team: Annotated[str | None, typer.Option(help="Team of a team supervisor.", show_default=False)] = None,
    agent: Annotated[
        str | None, typer.Option(help="Id of the agent that an agent's account is for.", show_default=False)
    ] = None,
    db: DatabaseOption = _DATABASE,
) -> None:
    """Give an account another role; its sessions end."""
    from console.accounts import roster
    from console.accounts.roster import Particulars

    with _opened(db) as store:
        user = _known(store, name)
        particulars = Particulars(
            user.name,
            role,
            user.team if team is None else team,
            user.agent_id if agent is None else agent,
        )
        roster.describe(store, _BY, user.id, particulars, Particulars.of(user).seal(), utc_now())
    typer.echo(f"account {user.id}: {role}")


@users_app.command("passwd")
def passwd(name: NameArgument, one_time: OnceOption = False, db: DatabaseOption = _DATABASE) -> None:
    """Give an account another password, and unlock it; its sessions end."""
    from console.accounts import roster

    with _opened(db) as store:
        user = _known(store, name)
        if one_time:
            made = roster.reset(store, _BY, user.id, utc_now())
        else:
            made = ""
            roster.set_password(store, _BY, user.id, _password(), utc_now())
    typer.echo(f"account {user.id}: password changed")
    _show(made)


@users_app.command("disable")
def disable(name: NameArgument, db: DatabaseOption = _DATABASE) -> None:
    """Let nobody sign in to an account; its records stay, its sessions end."""
    from console.accounts import roster

    with _opened(db) as store:
        user = roster.disable(store, _BY, _known(store, name).id, utc_now())
    typer.echo(f"account {user.id}: disabled")


@users_app.command("enable")
def enable(name: NameArgument, db: DatabaseOption = _DATABASE) -> None:
    """Let an account be used again."""
    from console.accounts import roster

    with _opened(db) as store:
        user = roster.enable(store, _BY, _known(store, name).id, utc_now())
    typer.echo(f"account {user.id}: enabled")


@users_app.command("unlock")
def unlock(name: NameArgument, db: DatabaseOption = _DATABASE) -> None:
    """Forget the wrong passwords that locked an account."""
    from console.accounts import roster

    with _opened(db) as store:
        user = roster.unlock(store, _BY, _known(store, name).id, utc_now())
    typer.echo(f"account {user.id}: unlocked")


def _require(db: str) -> None:
    require_database(db, "run huawu demo or huawu serve first, or name it with --db")


def _opened(db: str) -> Store:
    _require(db)
    return Store.open(db)


def _known(store: Store, name: str) -> User:
    from console.accounts import roster

    wanted = roster.account_id(name)
    found = store.find(User, id=wanted)
    if not found:
        raise roster.AccountError("account.fault.none", id=wanted)
    return found[0]


def _password() -> str:
    """Return a password: typed twice where somebody sits there, else the first line of standard input."""
    if not _somebody_sits_there():
        line = sys.stdin.readline(_LINE).rstrip("\r\n")
        if not line:
            raise HuawuError(
                "password: standard input is empty", "write it there, or let --one-time make one"
            )
        return line
    password = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != password:
        raise HuawuError("password: the two differ", "type the same twice")
    return password


def _somebody_sits_there() -> bool:
    return sys.stdin.isatty()


def _show(made: str) -> None:
    from console.accounts.roster import ONE_TIME_VALID

    if made:
        typer.echo(f"one-time password, valid for {ONE_TIME_VALID.days} days: {made}")
