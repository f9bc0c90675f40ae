"""Signing in and out, the own account, and the pages on which administrators keep the others."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from calls.people import AuditEntry, User, UserRole
from calls.recordings import RecordingFolder
from calls.records import Agent
from calls.store import Store
from console.accounts import attempts, passwords
from console.app import create_app
from console.settings import Settings
from tests.console.reading import Page
from tests.console.staff import OURS, PASSWORD, hire, person, sign_in, visitor
from tests.console.visitor import Visitor

pytestmark = pytest.mark.integration

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
EVIL_NAME = '<img src=x onerror="alert(1)">\u202e'


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def on(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def staffed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with somebody of each role."""
    file = tmp_path_factory.mktemp("staffed") / "desk.db"
    with Store.open(file) as store:
        hire(store)
    return file


@pytest.fixture
def desk_database(staffed: Path, tmp_path: Path) -> str:
    """A copy of it for each test."""
    return str(shutil.copy(staffed, tmp_path))


@pytest.fixture
def desk(desk_database: str, recordings: RecordingFolder, clock: Clock) -> Iterator[Flask]:
    """A desk whose clock is ours."""
    rules = Settings(idle=timedelta(minutes=30), longest=timedelta(hours=4), attempts=3)
    app = create_app(desk_database, recordings.root, settings=rules, clock=clock)
    app.test_client_class = Visitor
    yield app
    app.extensions["desk"].close()


@pytest.fixture
def staff(desk_store: Store) -> dict[UserRole, User]:
    return {user.role: user for user in desk_store.find(User)}


@pytest.fixture
def browser(desk: Flask, staff: dict[UserRole, User]) -> Visitor:
    client = desk.test_client()
    assert isinstance(client, Visitor)
    return client


def actions(store: Store) -> list[str]:
    return [entry.action for entry in store.find(AuditEntry, order_by=("at", "id"))]


# -- signing in and out --------------------------------------------------------------------------------


def test_signing_in_leads_to_what_was_asked_for(browser: Visitor) -> None:
    asked = browser.get("/account?saved=1")
    page = Page(browser.get(asked.location).text)
    entered = sign_in(browser, "inspector", next=page.fields()["next"])

    assert (asked.status_code, asked.location) == (302, "/signin?next=/account?saved%3D1")
    assert (entered.status_code, entered.location) == (303, "/account?saved=1")
    assert browser.get(entered.location).status_code == 200


@pytest.mark.parametrize(
    ("name", "password"),
    [("inspector", "wrong"), ("nobody", PASSWORD), ("gone", PASSWORD), ("locked", PASSWORD), ("", "")],
)
def test_whatever_is_wrong_the_answer_is_the_same(
    browser: Visitor, desk_store: Store, name: str, password: str
) -> None:
    desk_store.add(
        person(UserRole.INSPECTOR, id="gone", disabled=True),
        person(UserRole.INSPECTOR, id="locked", failures=3, locked_until=NOON + timedelta(minutes=9)),
    )

    answer = sign_in(browser, name, password)

    page = Page(answer.text)
    assert answer.status_code == 401
    assert page.one("p", "bad").text.startswith(
        "用户名或密码不对，或者账号不能使用。连续输错 3 次会锁定 15 分钟"
    )
    assert page.fields()["name"] == name
    assert password == "" or password not in answer.text
    assert browser.get("/account").status_code == 302


def test_one_address_may_not_try_passwords_for_ever(
    browser: Visitor, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "FAILURES", 2)
    statuses = [sign_in(browser, name, "wrong").status_code for name in ("ann", "bob", "cy")]
    clock.on(minutes=5)

    assert statuses == [401, 401, 429]
    assert sign_in(browser, "inspector").status_code == 303


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "/\t/evil.example/",
        "\\\\evil.example",
        "javascript:alert(1)",
        "calls",
        "/calls\r\nSet-Cookie: a=b",
        "/" + "a" * 3000,
    ],
)
def test_signing_in_never_leads_elsewhere(browser: Visitor, elsewhere: str) -> None:
    assert sign_in(browser, "inspector", next=elsewhere).location == "/"
    assert browser.get("/signin", query_string={"next": elsewhere}).location == "/"


def test_what_was_in_the_browser_before_is_not_in_the_session(browser: Visitor) -> None:
    before = browser.token()
    with browser.session_transaction() as session:
        session["planted"] = "by somebody else"
        old = dict(session)

    sign_in(browser, "inspector")

    with browser.session_transaction() as session:
        assert "planted" not in session
        assert session.get("csrf_token") != old["csrf_token"]
    answer = browser.post("/signout", headers={**OURS, "X-CSRFToken": before}, token=False)
    assert answer.status_code == 403


def test_the_cookie_is_for_pages_of_this_desk_only(browser: Visitor) -> None:
    plain = sign_in(browser, "inspector").headers["Set-Cookie"]

    assert plain.startswith("desk=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(plain.split("; "))
    assert not {"Secure"} & set(plain.split("; "))
    assert "Expires" not in plain and "Domain" not in plain
    assert "inspector" not in plain


def test_over_https_the_cookie_is_never_sent_in_the_clear(browser: Visitor) -> None:
    where = {"base_url": "https://localhost"}
    token = Page(browser.get("/signin", **where).text).fields()["csrf_token"]
    form = {"name": "inspector", "password": PASSWORD, "next": "", "csrf_token": token}
    answer = browser.post("/signin", data=form, headers={"Origin": "https://localhost"}, token=False, **where)

    assert answer.status_code == 303
    assert "Secure" in answer.headers["Set-Cookie"].split("; ")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_signing_out_ends_the_session_also_for_a_copy_of_its_cookie(browser: Visitor, desk: Flask) -> None:
    sign_in(browser, "inspector")
    copied = browser.get_cookie("desk")
    assert copied is not None

    left = browser.post("/signout", headers=OURS)
    thief = desk.test_client()
    thief.set_cookie("desk", copied.value)

    assert (left.status_code, left.location) == (303, "/signin")
    assert browser.get("/account").status_code == 302
    assert thief.get("/account").status_code == 302


def test_signing_out_leaves_the_other_sessions(browser: Visitor, desk: Flask) -> None:
    other = desk.test_client()
    for each in (browser, other):
        sign_in(each, "inspector")

    browser.post("/signout", headers=OURS)

    assert other.get("/account").status_code == 200


def test_an_idle_session_ends(browser: Visitor, clock: Clock) -> None:
    sign_in(browser, "inspector")
    statuses = []
    for minutes in (29, 29, 30):
        clock.on(minutes=minutes)
        statuses.append(browser.get("/account").status_code)

    assert statuses == [200, 200, 302]


def test_a_session_ends_in_any_case(browser: Visitor, clock: Clock) -> None:
    sign_in(browser, "inspector")
    statuses = []
    for _ in range(12):
        clock.on(minutes=20)
        statuses.append(browser.get("/account").status_code)

    assert statuses == [200] * 11 + [302]


def test_a_cookie_that_somebody_else_signed_is_worth_nothing(
    browser: Visitor, desk: Flask, staff: dict[UserRole, User]
) -> None:
    real, desk.secret_key = desk.secret_key, "0" * 64
    with visitor(desk, staff[UserRole.ADMIN], NOON) as forger:
        desk.secret_key = real

        assert forger.get("/users").status_code == 302


@pytest.mark.parametrize("change", ["password", "role", "disable", "sessions"])
def test_what_changes_an_account_ends_its_sessions(
    desk: Flask, staff: dict[UserRole, User], change: str
) -> None:
    paths = {
        "password": ("/users/inspector/reset", {}),
        "role": ("/users/inspector", {"role": "read-only", "name": "", "team": "", "agent_id": ""}),
        "disable": ("/users/inspector/disable", {}),
        "sessions": ("/users/inspector/sessions", {}),
    }
    path, form = paths[change]
    with (
        visitor(desk, staff[UserRole.INSPECTOR], NOON) as inspector,
        visitor(desk, staff[UserRole.ADMIN], NOON) as admin,
    ):
        seen = {
            each["name"]: each["value"]
            for each in Page(admin.get("/users/inspector").text).all("input", name="seen")
        }
        assert inspector.get("/account").status_code == 200
        assert admin.post(path, data={**seen, **form}, headers=OURS).status_code in (200, 303)
        assert inspector.get("/account").status_code == 302


# -- the own account -----------------------------------------------------------------------------------


def choose(client: Visitor, old: str, new: str, again: str | None = None) -> tuple[int, str]:
    form = {"password": old, "new_password": new, "password_again": new if again is None else again}
    answer = client.post("/account/password", data=form, headers=OURS)
    notices = [] if answer.status_code == 303 else Page(answer.text).texts("p", "bad")
    return answer.status_code, "".join(notices)


def test_an_own_password_is_chosen_and_ends_the_other_sessions(browser: Visitor, desk: Flask) -> None:
    other = desk.test_client()
    for each in (browser, other):
        sign_in(each, "inspector")

    assert choose(browser, PASSWORD, "another battery horse") == (303, "")

    assert (browser.get("/account").status_code, other.get("/account").status_code) == (200, 302)
    assert sign_in(other, "inspector").status_code == 401
    assert sign_in(other, "inspector", "another battery horse").status_code == 303


@pytest.mark.parametrize(
    ("old", "new", "again", "said"),
    [
        ("wrong", "another battery horse", None, "现在的密码不对，或者账号已锁定。"),
        (PASSWORD, "another battery horse", "another battery hores", "两次输入的新密码不一样。"),
        (PASSWORD, PASSWORD, None, "新密码和现在的一样。"),
        (PASSWORD, "short", None, "密码至少要 10 个字符。"),
        (PASSWORD, "inspector12", None, "这个密码一猜就中：不要只用数字、用户名、常见单词或重复的字符。"),
    ],
)
def test_a_password_that_is_not_accepted_changes_nothing(
    browser: Visitor, desk_store: Store, old: str, new: str, again: str | None, said: str
) -> None:
    sign_in(browser, "inspector")
    before = desk_store.get(User, "inspector").password

    assert choose(browser, old, new, again) == (400, said)
    assert desk_store.get(User, "inspector").password == before


def test_guessing_the_password_at_an_open_desk_locks_the_account(browser: Visitor) -> None:
    sign_in(browser, "inspector")
    tried = [choose(browser, "wrong", "another battery horse")[0] for _ in range(3)]

    assert tried == [400] * 3
    assert choose(browser, PASSWORD, "another battery horse")[0] == 400


def test_signing_out_everywhere_ends_every_session(browser: Visitor, desk: Flask) -> None:
    other = desk.test_client()
    for each in (browser, other):
        sign_in(each, "inspector")

    left = browser.post("/account/sessions", headers=OURS)

    assert left.location == "/signin"
    assert [each.get("/account").status_code for each in (browser, other)] == [302, 302]


def test_a_one_time_password_opens_nothing_but_the_choice_of_another(
    browser: Visitor, desk_store: Store
) -> None:
    stored = passwords.hashed_once("abcd-efgh-jkmn-pqrs", NOON + timedelta(days=1))
    desk_store.add(person(UserRole.ADMIN, id="new", password=stored))
    sign_in(browser, "new", "abcd-efgh-jkmn-pqrs")

    turned = {path: browser.get(path).location for path in ("/calls", "/users", "/")}
    script = browser.get("/calls", headers={"Sec-Fetch-Mode": "cors"}).status_code
    posted = browser.post("/users/admin/disable", headers=OURS)
    page = Page(browser.get("/account").text)
    chosen = choose(browser, "abcd-efgh-jkmn-pqrs", "another battery horse")

    assert turned == dict.fromkeys(("/calls", "/users", "/"), "/account")
    assert (script, posted.location, desk_store.get(User, "admin").disabled) == (403, "/account", False)
    assert page.one("p", "plain").text == "这是一次性密码，请先换成自己的密码。"
    assert page.all("nav") == []
    assert chosen == (303, "")
    assert browser.get("/users").status_code == 200


# -- the accounts, for administrators ------------------------------------------------------------------

NEW = {"id": "chen", "name": "陈丽", "role": "inspector", "team": "", "agent_id": ""}


@pytest.fixture
def admin(desk: Flask, staff: dict[UserRole, User]) -> Iterator[Visitor]:
    with visitor(desk, staff[UserRole.ADMIN], NOON) as client:
        yield client


def test_an_account_is_made_and_its_password_shown_once(
    admin: Visitor, desk: Flask, desk_store: Store
) -> None:
    page = Page(admin.post("/users", data=NEW, headers=OURS).text)
    made = page.one("output").text
    again = admin.get("/users/chen").text

    assert made not in again and made not in admin.get("/audit").text
    assert sign_in(desk.test_client(), "chen", made).status_code == 303
    user = desk_store.get(User, "chen")
    assert (user.name, user.role, passwords.is_one_time(user.password)) == ("陈丽", "inspector", True)
    assert made not in user.password


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id": "inspector"}, "用户名 inspector 已经有了。"),
        ({"id": "chen li"}, "“chen li”不能作用户名"),
        ({"role": "king"}, "没有角色“king”。"),
        ({"role": "agent"}, "坐席的账号要有坐席编号。"),
        ({"role": "agent", "agent_id": "A7"}, "没有编号为 A7 的坐席。"),
        ({"role": "team-supervisor"}, "班组长要有班组。"),
    ],
)
def test_an_account_that_cannot_be_made_loses_nothing_typed(
    admin: Visitor, desk_store: Store, changes: dict[str, str], said: str
) -> None:
    before = desk_store.count(User)
    answer = admin.post("/users", data={**NEW, **changes}, headers=OURS)

    page = Page(answer.text)
    assert (answer.status_code, desk_store.count(User)) == (400, before)
    assert page.one("p", "bad").text.startswith(said)
    typed = {name: page.fields()[name] for name in ("id", "name", "agent_id")}
    assert typed == {name: {**NEW, **changes}[name] for name in typed}


def test_particulars_are_changed_and_the_second_of_two_is_told(admin: Visitor, desk_store: Store) -> None:
    desk_store.add(Agent(id="A1", team="一组"))
    seen = Page(admin.get("/users/inspector").text).one("input", name="seen")["value"]
    form = {"seen": seen, "name": "李", "role": "team-supervisor", "team": "一组", "agent_id": ""}

    first = admin.post("/users/inspector", data=form, headers=OURS)
    second = admin.post("/users/inspector", data={**form, "role": "read-only"}, headers=OURS)
    page = Page(second.text)
    third = admin.post(
        "/users/inspector",
        data={**form, "role": "read-only", "seen": page.one("input", name="seen")["value"]},
        headers=OURS,
    )

    assert (first.status_code, second.status_code, third.status_code) == (303, 409, 303)
    assert page.one("p", "bad").text.startswith("账号 inspector 刚刚被别人改过")
    assert page.one("option", selected="").text == "只读"
    assert desk_store.get(User, "inspector").role is UserRole.READ_ONLY


def test_the_last_administrator_is_told_to_stay(admin: Visitor, desk_store: Store) -> None:
    answer = admin.post("/users/admin/disable", headers=OURS)

    assert answer.status_code == 409
    assert Page(answer.text).one("p", "bad").text == "admin 是最后一个能用的管理员，不能停用或改为其他角色。"
    assert not desk_store.get(User, "admin").disabled


def test_the_list_tells_the_state_of_every_account(admin: Visitor, desk_store: Store) -> None:
    desk_store.add(
        person(UserRole.INSPECTOR, id="gone", disabled=True),
        person(UserRole.INSPECTOR, id="shut", failures=3, locked_until=NOON + timedelta(minutes=1)),
        person(UserRole.INSPECTOR, id="fresh", password=passwords.hashed_once("abc", NOON)),
    )
    page = Page(admin.get("/users").text)
    names = [each.text for each in page.all("th", scope="row")]
    states = [each.text for each in page.elements if each.attributes.get("class", "").startswith("state-")]

    assert dict(zip(names, states, strict=True)) == {
        **dict.fromkeys(UserRole, "正常"),
        "fresh": "待改密码",
        "shut": "锁定",
        "gone": "停用",
    }


def test_unlocking_is_offered_where_it_helps(admin: Visitor, desk_store: Store) -> None:
    desk_store.add(
        person(UserRole.INSPECTOR, id="shut", failures=3, locked_until=NOON + timedelta(minutes=1))
    )
    offered = [name for name in ("shut", "inspector") if "/unlock" in admin.get(f"/users/{name}").text]

    admin.post("/users/shut/unlock", headers=OURS)

    assert offered == ["shut"]
    assert desk_store.get(User, "shut").locked_until is None


@pytest.mark.parametrize("name", ["nobody", "<b>x", "..%2f..%2fdesk.key"])
def test_an_account_that_does_not_exist_is_said_not_to(admin: Visitor, name: str) -> None:
    answer = admin.get(f"/users/{name}")

    assert answer.status_code == 404
    assert "<b>x" not in answer.text


def test_a_name_is_only_ever_text(admin: Visitor, desk_store: Store) -> None:
    admin.post("/users", data={**NEW, "name": EVIL_NAME}, headers=OURS)

    for path in ("/users", "/users/chen", "/audit"):
        text = admin.get(path).text
        assert "<img" not in text
        assert "\u202e" not in text
    assert desk_store.get(User, "chen").name == EVIL_NAME[:-1]


def test_every_step_is_in_the_audit_log(admin: Visitor, desk: Flask, desk_store: Store, clock: Clock) -> None:
    steps = [
        lambda: admin.post("/users", data=NEW, headers=OURS),
        *(
            lambda action=action: admin.post(f"/users/chen/{action}", headers=OURS)
            for action in ("disable", "enable", "sessions", "reset")
        ),
        lambda: sign_in(desk.test_client(), "chen", "wrong"),
        lambda: admin.post("/signout", headers=OURS),
    ]
    for step in steps:
        step()
        clock.on(seconds=1)

    assert actions(desk_store) == [
        "user.add",
        "user.disable",
        "user.enable",
        "session.end-all",
        "user.reset",
        "session.fail",
        "session.out",
    ]
    assert {entry.user_id for entry in desk_store.find(AuditEntry)} == {"admin", "chen"}
