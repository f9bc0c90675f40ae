"""Serving the desk with waitress, on this machine only."""

from __future__ import annotations

import socket
from typing import Any

from flask import Flask
from waitress.server import create_server

from calls.errors import HuawuError
from console.desk import Desk

LOOPBACK = "127.0.0.1"
#: Requests worked on at the same time: a browser opens up to six connections.
THREADS = 8
#: What is refused before the desk, which accepts far less, can answer with a page.
BODY_BYTES = 1024 * 1024


class BindError(HuawuError):
    """The desk cannot be served at that address."""


def listen(app: Flask, host: str = LOOPBACK, port: int = 0) -> Any:
    """Take an address and return the waitress server that will answer there.

    Parameters
    ----------
    app : Flask
        From :func:`console.app.create_app`.
    host : str, optional
        Only ``127.0.0.1`` until the desk has accounts.
    port : int, optional
        0 takes a free one; ``server.socket`` tells which.

    Raises
    ------
    BindError
        Another host is asked for, or the port is taken.
    """
    if host != LOOPBACK:
        raise BindError(
            f"console: host {host!r} is refused: without accounts, anybody there could listen to calls",
            f"use --host {LOOPBACK} and, from another machine, ssh -L 8000:{LOOPBACK}:PORT",
        )
    # Bound here and not by waitress, which leaves a pipe open when it cannot bind.
    bound = socket.socket()
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except (OSError, OverflowError) as error:
        bound.close()
        reason = getattr(error, "strerror", None) or error
        raise BindError(
            f"console: port {port} cannot be used: {reason}", "choose another, or --port 0 for a free one"
        ) from None
    return create_server(
        app, sockets=[bound], threads=THREADS, ident="huawu", max_request_body_size=BODY_BYTES
    )


def serve(app: Flask, host: str = LOOPBACK, port: int = 0) -> None:
    """Serve the desk until interrupted, after printing its address.

    Raises
    ------
    BindError
        See :func:`listen`.
    """
    server = listen(app, host, port)
    desk: Desk = app.extensions["desk"]
    print(f"http://{host}:{server.socket.getsockname()[1]}/", flush=True)
    try:
        server.run()
    finally:
        server.close()
        desk.close()
