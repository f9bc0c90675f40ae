from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from calls.records import Review
from calls.store import Store
from console.guard import own_origin
from tests.console.reading import Page
from tests.console.scene import Scene
from tests.console.visitor import Visitor

OURS = "http://localhost"
FORM = {"reviewer": "陈", "complaint": "no", "plan_id": "plan-1"}


@pytest.mark.unit
@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("http://127.0.0.1:8123", True),
        ("http://127.0.0.1:8123/calls", True),
        ("http://127.0.0.1:8124", False),
        ("https://127.0.0.1:8123", False),
        ("http://127.0.0.1:8123.evil.example", False),
        ("http://evil.example/http://127.0.0.1:8123", False),
        ("http://user@127.0.0.1:8123", False),
        ("null", False),
        ("", False),
        (None, False),
    ],
)
def test_an_origin_is_ours_only_with_scheme_host_and_port(url: str | None, ours: bool) -> None:
    assert own_origin(url, "http", "127.0.0.1:8123") is ours


@pytest.mark.integration
@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8123", "localhost", "localhost:1"])
def test_this_machines_names_are_served(client: FlaskClient, scene: Scene, host: str) -> None:
    assert client.get("/calls", headers={"Host": host}).status_code == 200


@pytest.mark.integration
@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "evil@127.0.0.1", "0.0.0.0", "localhost.", ""]
)
def test_a_foreign_name_that_leads_here_is_refused(client: FlaskClient, scene: Scene, host: str) -> None:
    answer = client.get("/calls", headers={"Host": host})

    assert answer.status_code == 403
    assert "13800001001" not in answer.text
    assert Page(answer.text).one("h1").text == "403 主机名不被接受：请用 http://127.0.0.1 打开。"


def save(client: FlaskClient, headers: dict[str, str]) -> TestResponse:
    return client.post("/calls/call-1/reviews", data=FORM, headers=headers)


@pytest.mark.integration
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Referer": f"{OURS}/calls/call-1"},
        {"Origin": "null"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://localhost:9999"},
        {"Origin": "https://localhost"},
        {"Origin": OURS, "Referer": "http://evil.example/"},
    ],
)
def test_a_form_that_another_page_sent_is_refused_and_nothing_stored(
    client: FlaskClient, scene: Scene, desk_store: Store, headers: dict[str, str]
) -> None:
    answer = save(client, headers)

    assert answer.status_code == 403
    assert desk_store.count(Review) == 0


@pytest.mark.integration
@pytest.mark.parametrize("headers", [{"Origin": OURS}, {"Origin": OURS, "Referer": f"{OURS}/calls/call-1"}])
def test_our_own_form_is_stored(
    client: FlaskClient, scene: Scene, desk_store: Store, headers: dict[str, str]
) -> None:
    assert save(client, headers).status_code == 303
    assert desk_store.count(Review) == 1


@pytest.mark.integration
@pytest.mark.parametrize("token", ["", "forged", None])
def test_a_form_without_the_token_of_the_session_is_refused_and_what_was_typed_kept(
    client: Visitor, scene: Scene, desk_store: Store, token: str | None
) -> None:
    form = (
        FORM
        | {"comment": "写了很久", "password": "secret"}
        | ({} if token is None else {"csrf_token": token})
    )
    answer = client.post("/calls/call-1/reviews", data=form, headers={"Origin": OURS}, token=False)

    page = Page(answer.text)
    assert (answer.status_code, desk_store.count(Review)) == (403, 0)
    assert page.one("h1").text == "403 这个页面已经过期：登录状态变了。"
    assert page.fields() | {"csrf_token": ""} == FORM | {"comment": "写了很久", "csrf_token": ""}
    sent = client.post("/calls/call-1/reviews", data=page.fields(), headers={"Origin": OURS}, token=False)
    assert (sent.status_code, desk_store.count(Review)) == (303, 1)


@pytest.mark.integration
def test_a_token_is_worth_nothing_in_another_session(app: Flask, client: Visitor, scene: Scene) -> None:
    headers = {"Origin": OURS, "X-CSRFToken": client.token()}

    assert app.test_client().post("/calls/call-1/reviews", data=FORM, headers=headers).status_code == 403


@pytest.mark.integration
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 200),
        ({"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "no-cors"}, 200),
        ({"Referer": "http://wiki.example/"}, 200),
    ],
)
def test_other_pages_may_link_here_but_not_embed_or_fetch(
    client: FlaskClient, scene: Scene, headers: dict[str, str], status: int
) -> None:
    assert client.get(f"/recordings/{scene.recording.id}/audio", headers=headers).status_code == status


@pytest.mark.integration
@pytest.mark.parametrize("path", ["/calls", "/calls/call-1", "/calls/nobody", "/static/desk.js"])
def test_every_answer_forbids_foreign_and_inline_code(client: FlaskClient, scene: Scene, path: str) -> None:
    with client.get(path) as answer:
        headers = answer.headers

    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy == {
        "default-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "object-src": "'none'",
    }
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.integration
@pytest.mark.parametrize(
    "path", ["/calls", "/calls/call-1", "/recordings/{id}/audio", "/recordings/{id}/peaks"]
)
def test_what_holds_personal_data_stays_out_of_the_browsers_disk_cache(
    client: FlaskClient, scene: Scene, path: str
) -> None:
    answer = client.get(path.format(id=scene.recording.id))

    assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.integration
@pytest.mark.parametrize("path", ["/sample", "/calls", "/calls/call-1", "/calls/nobody"])
def test_pages_carry_no_inline_code_or_style(client: FlaskClient, scene: Scene, path: str) -> None:
    page = Page(client.get(path).text)

    assert [each.text for each in page.all("script") if each.text or "src" not in each.attributes] == []
    assert page.all("style") == []
    inline = [
        name for each in page.elements for name in each.attributes if name == "style" or name.startswith("on")
    ]
    assert inline == []
    linked = [each["src"] for each in page.all("script")] + [each["href"] for each in page.all("link")]
    assert [address for address in linked if not address.startswith("/")] == []
