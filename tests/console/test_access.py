"""Who gets in: nobody but this machine without accounts, nobody but those who signed in with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from calls.people import AuditEntry, User, UserRole
from calls.records import Review
from calls.store import Store
from console.access import local_path, require_rights
from console.app import create_app
from console.settings import Settings
from tests.console.reading import Page
from tests.console.scene import Scene
from tests.console.staff import OURS, PASSWORD, hire, person, visitor
from tests.console.visitor import Visitor


@contextmanager
def desk(folder: Path, settings: Settings) -> Iterator[Visitor]:
    """A browser at a desk with these settings."""
    app = create_app(str(folder / "desk.db"), folder / "recordings", settings=settings)
    app.test_client_class = Visitor
    client = app.test_client()
    assert isinstance(client, Visitor)
    yield client
    app.extensions["desk"].close()


@pytest.fixture
def staff(desk_store: Store) -> dict[UserRole, User]:
    return hire(desk_store)


@pytest.mark.unit
@pytest.mark.parametrize(
    "path", ["/", "/calls", "/calls/call-1?plan=a&b=%2F%2Fc", "/calls/%E9%99%88", "/a//b"]
)
def test_a_path_of_this_desk_is_kept(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.unit
@pytest.mark.parametrize(
    "url", [None, "", "calls", "//a", "///a", "/\\a", "http://a", "http:a", "/a\n", "/a b", "\u2028/a", " /a"]
)
def test_any_other_url_is_not(url: str | None) -> None:
    assert local_path(url) is None


@pytest.mark.integration
def test_while_there_are_no_accounts_whoever_sits_here_may_do_everything(
    client: FlaskClient, scene: Scene
) -> None:
    page = Page(client.get("/users").text)

    assert page.one("p", "plain").text.startswith("还没有账号")
    assert client.get("/account").status_code == 404
    assert client.get("/signin").location == "/"
    assert client.post("/signout", headers=OURS).location == "/signin"


@pytest.mark.integration
def test_from_the_first_account_on_everybody_signs_in(
    client: FlaskClient, scene: Scene, desk_store: Store
) -> None:
    before = client.get("/users").status_code
    desk_store.add(person(UserRole.ADMIN))

    assert (before, client.get("/users").status_code) == (200, 302)


@pytest.mark.integration
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 302),
        ({"Accept": "text/html,*/*;q=0.8"}, 302),
        ({"Sec-Fetch-Mode": "navigate"}, 302),
        ({"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin"}, 401),
        ({"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Site": "same-origin"}, 401),
        ({"Accept": "application/json"}, 401),
    ],
)
def test_a_page_leads_to_signing_in_and_a_script_is_told(
    client: FlaskClient,
    scene: Scene,
    staff: dict[UserRole, User],
    headers: dict[str, str],
    status: int,
) -> None:
    answer = client.get(f"/recordings/{scene.recording.id}/peaks", headers=headers)

    assert answer.status_code == status
    if status == 401:
        assert answer.get_json() == {"error": "signed-out", "text": "请先登录。"}


@pytest.mark.integration
def test_what_was_typed_when_the_session_ended_is_sent_after_signing_in_again(
    app: Flask, scene: Scene, desk_store: Store, staff: dict[UserRole, User]
) -> None:
    inspector = staff[UserRole.INSPECTOR]
    form = {"complaint": "no", "comment": "写了很久", "reviewer": "陈", "plan_id": "plan-1"}
    with visitor(app, inspector) as browser:
        browser.delete_cookie("desk")
        refused = browser.post("/calls/call-1/reviews", data=form, headers=OURS)
        kept = Page(refused.text)
        browser.post("/signin", data={"name": "inspector", "password": PASSWORD}, headers=OURS)
        # the page of before the session holds a token of before it
        stale = browser.post("/calls/call-1/reviews", data=kept.fields(), headers=OURS, token=False)
        fresh = Page(stale.text)
        sent = browser.post("/calls/call-1/reviews", data=fresh.fields(), headers=OURS, token=False)

    assert (refused.status_code, stale.status_code, sent.status_code) == (401, 403, 303)
    assert kept.one("h1").text.startswith("401 登录已经结束。请在另一个标签页登录")
    assert [review.comment for review in desk_store.find(Review)] == ["写了很久"]


@pytest.mark.integration
def test_what_anybody_may_see_is_shown_to_anybody(client: FlaskClient, staff: dict[UserRole, User]) -> None:
    page = client.get("/signin")

    assert page.status_code == 200
    assert Page(page.text).all("nav") == []
    with client.get("/static/desk.css") as css:
        assert css.status_code == 200
        assert "Set-Cookie" not in css.headers


@pytest.mark.integration
def test_the_sign_in_page_stays_there_while_the_database_is_not(tmp_path: Path) -> None:
    (tmp_path / "desk.db").write_bytes(b"no database" * 1000)
    with desk(tmp_path, Settings()) as browser:
        assert browser.get("/signin").status_code == 200
        assert browser.get("/nowhere").status_code == 404
        assert browser.get("/calls").status_code == 503


@pytest.mark.integration
def test_a_desk_that_others_reach_is_nobodys_before_it_has_accounts(scene: Scene, tmp_path: Path) -> None:
    with desk(tmp_path, Settings(accounts_needed=True)) as browser:
        answer = browser.get("/calls/call-1")
        tried = browser.post("/signin", data={"name": "admin", "password": PASSWORD}, headers=OURS)

    assert answer.status_code == 503
    assert "消费者协会" not in answer.text
    assert "huawu users add" in Page(answer.text).one("h1").text
    assert "huawu users add" in Page(tried.text).one("p", "bad").text


@pytest.mark.integration
@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("desk.example.cn", 302),
        ("desk.example.cn:8443", 302),
        ("localhost", 302),
        ("example.cn", 403),
        ("evil.desk.example.cn", 403),
        ("desk.example.cn.evil.example", 403),
    ],
)
def test_names_that_are_set_are_served_beside_this_machines(
    tmp_path: Path, staff: dict[UserRole, User], host: str, status: int
) -> None:
    with desk(tmp_path, Settings(hosts=("desk.example.cn",))) as browser:
        assert browser.get("/calls", headers={"Host": host}).status_code == status


@pytest.mark.integration
@pytest.mark.parametrize(("behind_proxy", "secure"), [(True, True), (False, False)])
def test_only_a_proxy_that_is_known_of_is_believed(
    tmp_path: Path, staff: dict[UserRole, User], behind_proxy: bool, secure: bool
) -> None:
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "6.6.6.6, 10.0.0.9", "Host": "localhost"}
    with desk(tmp_path, Settings(behind_proxy=behind_proxy)) as browser:
        answer = browser.get("/signin", headers=headers)
        token = Page(answer.text).fields()["csrf_token"]
        form = {"name": "nobody", "password": "x", "csrf_token": token}
        origin = "https://localhost" if secure else "http://localhost"
        cookie = answer.headers["Set-Cookie"]
        refused = browser.post(
            "/signin",
            data=form,
            headers={**headers, "Origin": origin, "Cookie": cookie.partition(";")[0]},
            token=False,
        )
        store = browser.application.extensions["desk"].store
        (entry,) = store.find(AuditEntry)

    assert ("Strict-Transport-Security" in answer.headers) is secure
    assert ("Secure" in cookie.split("; ")) is secure
    assert refused.status_code == 401
    assert entry.data["address"] == ("10.0.0.9" if behind_proxy else "127.0.0.1")


@pytest.mark.integration
@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/static/..%5capp.py",
        "/static//etc/passwd",
        "/recordings/..%2f..%2fdesk.key/audio",
        "/recordings/%2e%2e/audio",
        "/recordings/..%00/audio",
        "/calls/..%2f..%2fdesk.key",
        "/users/..%2fdesk.key",
    ],
)
def test_no_path_leads_out_of_what_the_desk_shows(client: FlaskClient, scene: Scene, path: str) -> None:
    answer = client.get(path, follow_redirects=True)

    assert answer.status_code == 404
    assert "def create_app" not in answer.text and "root:" not in answer.text


@pytest.mark.unit
def test_a_view_that_does_not_say_who_may_call_it_is_refused() -> None:
    app = Flask("tests")
    app.add_url_rule("/x", "loose", lambda: "")

    with pytest.raises(TypeError, match="the views loose do not say who may call them"):
        require_rights(app)
