"""The pages as another program uses them, over a real connection."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from calls.records import Agent
from ivr.agents.api import LARGEST_BODY, add_routes
from ivr.agents.distributor import Distributor
from ivr.agents.events import Event, LoggedIn, LoggedOut, PauseAgent, UnpauseAgent

pytestmark = pytest.mark.integration

Client = TestClient[web.Request, web.Application]


class FrontDesk:
    """Two agents at a desk whose clock stands."""

    def __init__(self) -> None:
        agents = (Agent(id="1001", name="王敏", address="sip:1001@h"), Agent(id="1002"))
        self.distributor = Distributor(agents)

    def agents(self) -> list[dict[str, Any]]:
        return [seat.described(0.0) for seat in self.distributor.roster]

    def pause(self, agent: str, reason: str) -> dict[str, Any]:
        return self._change(agent, PauseAgent(agent, reason))

    def unpause(self, agent: str) -> dict[str, Any]:
        return self._change(agent, UnpauseAgent(agent))

    def login(self, agent: str) -> dict[str, Any]:
        return self._change(agent, LoggedIn(agent))

    def logout(self, agent: str) -> dict[str, Any]:
        return self._change(agent, LoggedOut(agent))

    def _change(self, agent: str, event: Event) -> dict[str, Any]:
        seat = self.distributor.roster.seat(agent)
        self.distributor.handle(event, 0.0)
        return seat.described(0.0)


def served(work: Callable[[Client], Awaitable[None]]) -> None:
    """Serve the pages while ``work`` asks them."""

    async def run() -> None:
        app = web.Application()
        add_routes(app, FrontDesk())
        async with TestClient(TestServer(app)) as client:
            await work(client)

    asyncio.run(run())


async def post(client: Client, path: str, **request: Any) -> tuple[int, Any]:
    """Ask for a change and return status and answer, of an agent only what changes."""
    async with client.post(path, **request) as response:
        answer = await response.json()
        if "state" in answer:
            answer = {name: answer[name] for name in ("id", "state", "reason")}
        return response.status, answer


def test_agents_log_in_pause_and_come_back() -> None:
    async def work(client: Client) -> None:
        steps = [
            await post(client, "/agents/1001/login"),
            await post(client, "/agents/1001/pause", json={"reason": "午餐"}),
            await post(client, "/agents/1001/unpause"),
            await post(client, "/agents/1001/pause"),
            await post(client, "/agents/1001/logout"),
        ]
        assert steps == [
            (200, {"id": "1001", "state": "available", "reason": ""}),
            (200, {"id": "1001", "state": "paused", "reason": "午餐"}),
            (200, {"id": "1001", "state": "available", "reason": ""}),
            (200, {"id": "1001", "state": "paused", "reason": ""}),
            (200, {"id": "1001", "state": "offline", "reason": ""}),
        ]

    served(work)


def test_all_agents_are_listed() -> None:
    async def work(client: Client) -> None:
        await post(client, "/agents/1001/login")
        async with client.get("/agents") as response:
            first, second = await response.json()
        assert first == {
            "id": "1001",
            "name": "王敏",
            "team": "",
            "skills": [],
            "state": "available",
            "reason": "",
            "seconds": 0.0,
            "call": None,
        }
        assert (second["id"], second["state"]) == ("1002", "offline")

    served(work)


def test_an_agent_whom_nobody_knows_is_not_found() -> None:
    async def work(client: Client) -> None:
        error = {"error": "agent '99' does not exist → known: 1001, 1002"}
        for change in ("pause", "unpause", "login", "logout"):
            assert await post(client, f"/agents/99/{change}") == (404, error)

    served(work)


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (b"lunch", 400, 'the body is no JSON: send {"reason": "lunch"}, or nothing'),
        (b"[]", 400, 'the body holds something else than {"reason": "…"}'),
        (b'{"reasons": "x"}', 400, 'the body holds something else than {"reason": "…"}'),
        (b'{"reason": 1}', 400, "reason: it must be a text of 100 characters at most, on one line"),
        (b'{"reason": "a\\nb"}', 400, "reason: it must be a text of 100 characters at most, on one line"),
        (b" " * (LARGEST_BODY + 1), 413, f"the body is larger than {LARGEST_BODY} bytes"),
        (b"\xff", 400, 'the body is no JSON: send {"reason": "lunch"}, or nothing'),
    ],
)
def test_a_reason_that_is_none_is_refused(body: bytes, status: int, error: str) -> None:
    async def work(client: Client) -> None:
        assert await post(client, "/agents/1001/pause", data=body) == (status, {"error": error})

    served(work)
