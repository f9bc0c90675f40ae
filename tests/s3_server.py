"""An object store for tests: moto's S3 server, in a process of its own, spoken to by HTTP."""

from __future__ import annotations

import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

_START = """
import logging, sys
from moto.moto_server.threaded_moto_server import ThreadedMotoServer
logging.disable()
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""


@dataclass(frozen=True)
class Bucket:
    """An empty bucket, and the environment in which it is spoken to; ``url`` ends in a slash."""

    url: str
    environment: dict[str, str]


@contextmanager
def s3_server() -> Iterator[str]:
    """Run a server; give its address. It ends with the block, and with this process."""
    server = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", _START],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert server.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
    finally:
        server.kill()
        server.communicate()


def free_port() -> int:
    """Return a port at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def s3_address() -> Iterator[str]:
    """The address of a running S3 server."""
    pytest.importorskip("s3fs")
    with s3_server() as address:
        forget_connections()
        yield address
        forget_connections()


def forget_connections() -> None:
    """Have the next request read the environment anew."""
    from calls.objectstore import filesystem

    filesystem("s3").clear_instance_cache()


@pytest.fixture
def bucket(s3_address: str, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """An empty bucket that this process, and those that it starts, may use."""
    from calls.objectstore import filesystem

    name = f"rec-{uuid.uuid4().hex[:8]}"
    environment = {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": s3_address,
        "HUAWU_OBJECT_STORES": f"s3://{name}/",
    }
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    filesystem("s3").mkdir(name)
    return Bucket(f"s3://{name}/", environment)
