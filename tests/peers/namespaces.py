"""Hosts of their own on one machine: network namespaces on a bridge (only the administrator may)."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType

import pytest

_NET = "10.77.0"
_numbers = itertools.count()


@dataclass(frozen=True, slots=True)
class Host:
    """A network namespace: its ``address`` is on a bridge with those of the others."""

    namespace: str
    address: str
    device: str

    @property
    def command(self) -> list[str]:
        """What stands before a command that runs there."""
        return ["ip", "netns", "exec", self.namespace]

    def run(self, command: Sequence[str], seconds: float = 30) -> str:
        """Run a command there and return what it prints."""
        return _run([*self.command, *command], seconds)

    def cut_off(self) -> None:
        """Pull its cable."""
        _run(["ip", "link", "set", self.device, "down"])

    def plug_in(self) -> None:
        """Put its cable back."""
        _run(["ip", "link", "set", self.device, "up"])


class Network:
    """Hosts by name, in a ``with`` block: ``10.77.0.1`` is the first; the test itself is at ``.254``."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def __enter__(self) -> dict[str, Host]:
        require()
        mark = f"{os.getpid() % 100_000:x}{next(_numbers):x}"
        bridge = f"hwb{mark}"
        with ExitStack() as made:
            _run(["ip", "link", "add", bridge, "type", "bridge"])
            made.callback(_run, ["ip", "link", "del", bridge])
            _run(["ip", "address", "add", f"{_NET}.254/24", "dev", bridge])
            _run(["ip", "link", "set", bridge, "up"])
            hosts: dict[str, Host] = {}
            for number, name in enumerate(self._names, 1):
                host = Host(f"hw{mark}-{name}", f"{_NET}.{number}", f"hwv{mark}{number}")
                _run(["ip", "netns", "add", host.namespace])
                made.callback(_run, ["ip", "netns", "del", host.namespace])
                _run(["ip", "link", "add", host.device, "type", "veth", "peer", "name", f"{host.device}p"])
                _run(["ip", "link", "set", host.device, "master", bridge, "up"])
                _run(["ip", "link", "set", f"{host.device}p", "netns", host.namespace, "name", "eth0"])
                host.run(["ip", "address", "add", f"{host.address}/24", "dev", "eth0"])
                host.run(["ip", "link", "set", "eth0", "up"])
                host.run(["ip", "link", "set", "lo", "up"])
                hosts[name] = host
            self._made = made.pop_all()
        return hosts

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._made.close()


def require() -> None:
    """Skip the test where it may not make network namespaces."""
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    if shutil.which("ip") is None:
        pytest.skip("ip (Debian's iproute2) is not installed")
    probe = subprocess.run(["unshare", "--net", "true"], capture_output=True, timeout=10)
    if probe.returncode:
        pytest.skip("network namespaces are not permitted here")


def _run(command: Sequence[str], seconds: float = 30) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds)
    if done.returncode:
        raise OSError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout
