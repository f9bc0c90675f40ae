"""The QA desk as a process of a centre."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from huawu.places import require_database


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSettings:
    """All fields are of JSON's types.

    Parameters
    ----------
    database, recordings : str
        Where calls are kept.
    port : int
        On this machine.
    public_hosts : sequence of str
        Names, beside those of this machine, under which browsers reach it.
    behind_proxy : bool
        Whether ``X-Forwarded-For`` and ``X-Forwarded-Proto`` are believed.
    gateway : str
        Where browsers reach the gateway, as in :class:`console.webcall.WebCalls`; empty where it has no door
        for them.
    web_secret : str
        The gateway's.
    numbers : sequence of [number, title]
        What can be called from the browser.
    """

    database: str
    recordings: str
    port: int
    public_hosts: Sequence[str] = ()
    behind_proxy: bool = False
    gateway: str = ""
    web_secret: str = field(default="", repr=False)
    numbers: Sequence[Sequence[str]] = ()


def run(settings: DeskSettings) -> None:
    """Serve the desk until told to end.

    Raises
    ------
    HuawuError
        There is no database, or the port is taken.
    """
    from calls.store import Store
    from console.app import create_app
    from console.server import LOOPBACK, serve, settings_for
    from console.settings import Settings
    from console.webcall import WebCalls

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    require_database(settings.database, "the engine makes it: look what it says")
    Store.open(settings.database).close()
    web_calls = None
    if settings.gateway:
        numbers = tuple((number, title) for number, title in settings.numbers)
        web_calls = WebCalls(settings.gateway, settings.web_secret, numbers)
    served = settings_for(
        LOOPBACK, Settings(hosts=tuple(settings.public_hosts), behind_proxy=settings.behind_proxy)
    )
    desk = create_app(settings.database, Path(settings.recordings), web_calls, served)
    serve(desk, LOOPBACK, settings.port)
