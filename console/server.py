"""Serving the desk with waitress: on this machine only, until it has accounts."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import Flask
from waitress.server import create_server

from analytics.webhooks.sending import Sender
from calls.errors import HuawuError
from calls.people import User
from calls.store import Store
from console.api.app import UPLOAD_BYTES
from console.app import create_app
from console.callpage import personal
from console.desk import Desk
from console.prefork import prefork
from console.settings import SettingError, Settings

LOOPBACK = "127.0.0.1"
#: Hosts that stand for every address of a machine; no browser finds it under them.
EVERYWHERE = ("0.0.0.0", "::")
#: Requests worked on at the same time: a browser opens up to six connections.
THREADS = 8
#: What is refused before the desk, which accepts far less but for uploads, can answer with a page.
BODY_BYTES = UPLOAD_BYTES + 1024 * 1024


class BindError(HuawuError):
    """The desk cannot be served at that address."""


def settings_for(host: str, settings: Settings) -> Settings:
    """Return the settings of a desk that is served at ``host``: reached under that name, if it is one.

    Raises
    ------
    BindError
        The host is every address of the machine, and no name is set.
    """
    if host == LOOPBACK:
        # A proxy makes of everybody somebody at this machine.
        needed = settings.accounts_needed or settings.behind_proxy or bool(settings.hosts)
        return replace(settings, accounts_needed=needed)
    if host in EVERYWHERE or ":" in host:
        if not settings.hosts:
            raise BindError(
                f"console: host {host!r} tells no name under which browsers reach the desk",
                "say it: --public-host desk.example.cn",
            )
        return replace(settings, accounts_needed=True)
    return replace(settings, hosts=(*settings.hosts, host), accounts_needed=True)


def listen(app: Flask, host: str = LOOPBACK, port: int = 0) -> Any:
    """Take an address and return the waitress server that will answer there.

    Parameters
    ----------
    app : Flask
        From :func:`console.app.create_app`, with the settings of :func:`settings_for`.
    host : str, optional
        Only ``127.0.0.1`` while the desk has no accounts; later any address or name of this machine.
    port : int, optional
        0 takes a free one; ``server.socket`` tells which.

    Raises
    ------
    BindError
        The host needs accounts and there are none, or it or the port cannot be used.
    """
    _require_accounts(app, host)
    return _server(app, _bound(host, port))


def _require_accounts(app: Flask, host: str) -> None:
    settings: Settings = app.extensions["settings"]
    desk: Desk = app.extensions["desk"]
    if host != LOOPBACK and not (settings.accounts_needed and desk.store.find(User, limit=1)):
        raise BindError(
            f"console: host {host!r} is refused: without accounts, anybody there could listen to calls",
            f"make an administrator with huawu users add NAME --role admin, or use --host {LOOPBACK} and,"
            f" from another machine, ssh -L 8000:{LOOPBACK}:PORT",
        )


def _server(app: Flask, bound: socket.socket) -> Any:
    settings: Settings = app.extensions["settings"]
    # it would tell of each request that waits for another
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    return create_server(
        app,
        sockets=[bound],
        threads=THREADS,
        ident="huawu",
        max_request_body_size=BODY_BYTES,
        # Where a proxy is believed, werkzeug reads what it says; elsewhere nobody shall.
        clear_untrusted_proxy_headers=not settings.behind_proxy,
    )


def _bound(host: str, port: int) -> socket.socket:
    """Return a socket bound here and not by waitress, which leaves a pipe open when it cannot bind."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or "?", port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, OverflowError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BindError(
            f"console: host {host!r} cannot be used: {reason}", "name an address of this machine"
        ) from None
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except (OSError, OverflowError) as error:
        bound.close()
        reason = getattr(error, "strerror", None) or error
        raise BindError(
            f"console: {host} port {port} cannot be used: {reason}",
            "choose another, or --port 0 for a free one",
        ) from None
    return bound


def serve(app: Flask, host: str = LOOPBACK, port: int = 0) -> None:
    """Serve the desk until interrupted, after printing its address.

    Raises
    ------
    BindError
        See :func:`listen`.
    """
    server = listen(app, host, port)
    _tell(host, server.socket)
    _run(app, server, sends=True)


def serve_many(make: Callable[[], Flask], host: str, port: int, processes: int) -> None:
    """Serve the desk by several processes until interrupted, after printing its address.

    Parameters
    ----------
    make : callable
        Makes the desk; called in each process, for connections to a database cannot be shared.
    host, port
        As for :func:`listen`.
    processes : int
        One of them sends the webhooks' messages.

    Raises
    ------
    BindError
        See :func:`listen`.
    """
    first = make()
    try:
        _require_accounts(first, host)
    finally:
        first.extensions["desk"].close()
    bound = _bound(host, port)
    bound.listen(1024)
    _tell(host, bound)

    def work(number: int) -> None:
        app = make()
        _run(app, _server(app, bound), sends=number == 0)

    prefork(work, processes)


def _tell(host: str, bound: socket.socket) -> None:
    shown = f"[{host}]" if ":" in host else host
    print(f"http://{shown}:{bound.getsockname()[1]}/", flush=True)


def _run(app: Flask, server: Any, *, sends: bool) -> None:
    desk: Desk = app.extensions["desk"]
    allowed = app.extensions["settings"].webhooks
    sender = Sender(lambda: desk.store, allowed) if allowed and sends else None
    threading.Thread(target=personal.prepare, name="prepare", daemon=True).start()
    try:
        server.run()
    finally:
        server.close()
        if sender is not None:
            sender.close()
        desk.close()


def app_from_env(environment: Mapping[str, str] = os.environ) -> Flask:
    """Make the desk for another server, such as ``gunicorn 'console.server:app_from_env()'``.

    It needs accounts, for nobody here knows who reaches that server.

    Parameters
    ----------
    environment : mapping, optional
        ``HUAWU_DB`` and ``HUAWU_RECORDINGS``, as ``--db`` and ``--recordings`` of ``huawu console``;
        ``HUAWU_PUBLIC_HOST``, names with commas between them; ``HUAWU_BEHIND_PROXY``, 1 or 0.

    Raises
    ------
    SettingError
        A variable holds something else.
    StoreError
        The database cannot be opened.
    """
    proxy = environment.get("HUAWU_BEHIND_PROXY", "0")
    if proxy not in ("0", "1"):
        raise SettingError(f"HUAWU_BEHIND_PROXY: {proxy!r} is neither 1 nor 0", "write 1 behind a proxy")
    names = [name.strip() for name in environment.get("HUAWU_PUBLIC_HOST", "").split(",")]
    settings = Settings(
        hosts=tuple(name for name in names if name), behind_proxy=proxy == "1", accounts_needed=True
    )
    database = environment.get("HUAWU_DB", "out/huawu.db")
    Store.open(database).close()
    return create_app(
        database, Path(environment.get("HUAWU_RECORDINGS", "out/recordings")), settings=settings
    )
