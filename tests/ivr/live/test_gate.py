"""Who is let in to the engine's pages, over a real connection."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from ivr.live.gate import OPEN, gate, is_here

pytestmark = pytest.mark.integration

TOKEN = "t0ken"
Client = TestClient[web.Request, web.Application]


async def _page(_: web.Request) -> web.Response:
    return web.json_response({"told": True})


def served(work: Callable[[Client], Awaitable[None]], token: str = TOKEN) -> None:
    """Serve a page and the open ones while ``work`` asks for them."""

    async def run() -> None:
        app = web.Application(middlewares=[gate(token)])
        for path in ("/agents", *OPEN):
            app.router.add_get(path, _page)
        async with TestClient(TestServer(app)) as client:
            await work(client)

    asyncio.run(run())


@pytest.mark.parametrize(
    "given", [None, "Bearer wrong", "Bearer", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN}é"]
)
def test_without_the_token_nothing_is_told(given: str | None) -> None:
    async def work(client: Client) -> None:
        headers = {"Authorization": given} if given else {}
        async with client.get("/agents", headers=headers) as response:
            assert (response.status, response.headers["WWW-Authenticate"]) == (401, "Bearer")
            error = "the token is missing or wrong: send Authorization: Bearer …"
            assert await response.json() == {"error": error}

    served(work)


@pytest.mark.parametrize("given", [f"Bearer {TOKEN}", f"bearer  {TOKEN}"])
def test_who_bears_the_token_is_let_in(given: str) -> None:
    async def work(client: Client) -> None:
        async with client.get("/agents", headers={"Authorization": given}) as response:
            assert (response.status, await response.json()) == (200, {"told": True})

    served(work)


def test_anybody_may_read_the_open_pages() -> None:
    async def work(client: Client) -> None:
        for path in OPEN:
            async with client.get(path) as response:
                assert response.status == 200

    served(work)


def test_where_there_is_no_token_this_machine_is_answered() -> None:
    async def work(client: Client) -> None:
        async with client.get("/agents") as response:
            assert response.status == 200

    served(work, token="")


@pytest.mark.parametrize(
    ("remote", "here"),
    [
        ("127.0.0.1", True),
        ("127.8.0.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("10.0.0.5", False),
        ("::ffff:10.0.0.5", False),
        ("/run/engine.sock", False),
        (None, False),
    ],
)
def test_and_no_other_machine(remote: str | None, here: bool) -> None:
    assert is_here(remote) == here
