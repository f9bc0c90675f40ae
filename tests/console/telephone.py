"""A centre for the page that calls from the browser: console, gateway process, and a small engine."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from werkzeug.serving import make_server

from console.app import create_app
from console.webcall import WebCalls
from ivr.gateway.settings import GatewaySettings
from tests.ivr.gateway.centre import PATIENCE, Centre

SECRET = "s3cret-" * 4
FLOWS = (("hotline", "客服热线"), ("express", "快递查询"))
_T = TypeVar("_T")


@contextmanager
def running_gateway(settings: GatewaySettings) -> Iterator[subprocess.Popen[str]]:
    """Run the gateway as ``huawu serve`` does, and end it."""
    command = [sys.executable, "-m", "huawu.child", "gateway", json.dumps(asdict(settings))]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert "gateway is ready" in process.stderr.readline()
        try:
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE)


@contextmanager
def running_page(folder: Path, gateway_port: int) -> Iterator[str]:
    """Serve a console whose page calls this gateway; yield its address."""
    app = create_app(
        str(folder / "desk.db"), folder, WebCalls(f"ws://127.0.0.1:{gateway_port}", SECRET, FLOWS)
    )
    server = make_server("127.0.0.1", 0, app, threaded=True)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.port}/"
    finally:
        server.shutdown()
        serving.join(PATIENCE)
        server.server_close()
        app.extensions["desk"].close()


class Engine:
    """The engine of :class:`~tests.ivr.gateway.centre.Centre` beside a test that waits for a browser."""

    def __init__(self, run: Path) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.centre = Centre(run)
        self.do(self.centre.__aenter__())

    def do(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(2 * PATIENCE)

    def send(self, command: Any) -> None:
        self._loop.call_soon_threadsafe(self.centre.send, command)

    def close(self) -> None:
        self.do(self.centre.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()


@contextmanager
def running_engine(run: Path) -> Iterator[Engine]:
    engine = Engine(run)
    try:
        yield engine
    finally:
        engine.close()


def settings_for(run: Path, port: int) -> GatewaySettings:
    return GatewaySettings(str(run), web_port=port, web_secret=SECRET)
