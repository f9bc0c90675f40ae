"""Programs that ask the API, each with the token of somebody of another role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from calls.people import UserRole
from calls.records import utc_now
from calls.store import Store
from console.api.tokens import issue
from tests.console.scene import Scene
from tests.console.staff import hire


class Program:
    """Asks with a token, or without one."""

    def __init__(self, app: Flask, token: str = "") -> None:
        self._client = Client(app.wsgi_app, TestResponse)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def __call__(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **more: Any
    ) -> TestResponse:
        return self._client.open(
            f"/api{path}", method=method, headers={**self._headers, **(headers or {})}, **more
        )


@pytest.fixture
def program(app: Flask, scene: Scene, desk_store: Store) -> Callable[[UserRole | None], Program]:
    """Makes a program for a role; the desk has accounts of all roles."""
    staff = hire(desk_store)

    def made(role: UserRole | None) -> Program:
        return Program(app, issue(desk_store, staff[role], "crm", utc_now()) if role else "")

    return made
