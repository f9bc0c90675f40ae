"""Kamailio (Debian's 5.6) with the files of ``deploy/kamailio/`` as they are shipped.

What an operator writes is written here: the place (``kamailio-local.cfg``), the nodes, the sources, and a
certificate.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import pytest

from tests.peers.deadline import PeerError, until
from tests.peers.ports import free_port

SHIPPED = Path(__file__).parents[2] / "deploy" / "kamailio"
_MODULES = ("/usr/lib/*/kamailio/modules", "/usr/lib64/kamailio/modules")
_STATE = re.compile(r"URI: (\S+)\s+FLAGS: (\w)")


class Kamailio:
    """Kamailio at work, in a ``with`` block.

    Parameters
    ----------
    nodes : sequence of str
        ``host:port`` of the nodes.
    outside, inside : str
        Addresses that callers, and nodes, reach it at: ``host``, or ``host:port``. If ``inside`` is empty,
        both reach it at the same.
    tcp, tls, websocket : bool
        What it speaks besides UDP.
    defines : mapping of str to str
        More of what a place may define; an empty value for a mere ``#!define NAME``.
    sources : str
        Lines of the list of sources; those that are shipped, by default.
    within : sequence of str
        Command that runs it elsewhere.

    Attributes
    ----------
    folder : Path
        Of its files.
    udp, tcp, tls, websocket : int
        Ports outside; 0 where it does not speak that.
    """

    def __init__(
        self,
        nodes: Sequence[str],
        *,
        outside: str = "127.0.0.1",
        inside: str = "127.0.0.1",
        tcp: bool = False,
        tls: bool = False,
        websocket: bool = False,
        defines: Mapping[str, str] | None = None,
        sources: str = "",
        within: Sequence[str] = (),
    ) -> None:
        self.host, _, port = outside.partition(":")
        self.udp = int(port) if port else free_port()
        self.tcp = free_port(socket.SOCK_STREAM) if tcp else 0
        self.tls = free_port(socket.SOCK_STREAM) if tls or websocket else 0
        self.websocket = free_port(socket.SOCK_STREAM) if websocket else 0
        self.inside = f"{inside}:{free_port()}" if inside and ":" not in inside else inside
        self.folder = Path(tempfile.mkdtemp(prefix="kamailio-"))
        self._within = within
        place = {
            "OUTSIDE": f"udp:{self.host}:{self.udp}",
            **({"INSIDE": f"udp:{self.inside}"} if inside else {}),
            **({"OUTSIDE_TCP": f"tcp:{self.host}:{self.tcp}"} if self.tcp else {}),
            **({"OUTSIDE_TLS": f"tls:{self.host}:{self.tls}"} if self.tls else {}),
            **({"OUTSIDE_WEBSOCKET": f"tls:{self.host}:{self.websocket}"} if websocket else {}),
            **({"WEBSOCKET_PORT": f"{self.websocket}"} if websocket else {}),
            "DISPATCHER_LIST": f'"{self.folder}/dispatcher.list"',
            "ADDRESS_LIST": f'"{self.folder}/address.list"',
            "TLS_CONFIG": f'"{self.folder}/tls.cfg"',
            "CONTROL": f'"unix:{self.folder}/control"',
            "PING_SECONDS": "1",
            "NODE_TIMEOUT": "700",
            "WORKERS": "1",  # more overtake each other, and SIPp minds the order
            **(defines or {}),
        }
        for name in ("kamailio.cfg", "tls.cfg", "address.list"):
            shutil.copy(SHIPPED / name, self.folder / name)
        self._write("kamailio-local.cfg", (f"#!define {name} {value}" for name, value in place.items()))
        self._write("dispatcher.list", (f"1 sip:{node} 0 0 rweight=50" for node in nodes))
        if sources:
            self._write("address.list", [sources])
        if self.tls:
            make_certificate(self.folder / "tls")

    @property
    def address(self) -> str:
        """``host:port`` that callers call."""
        return f"{self.host}:{self.udp}"

    def __enter__(self) -> Kamailio:
        self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            error.add_note(f"Kamailio said:\n{self.log[-6000:]}")
        self._stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def restart(self) -> None:
        """Let it end and begin again."""
        self._stop()
        (self.folder / "control").unlink(missing_ok=True)
        self._start()

    def _start(self) -> None:
        command = [
            *self._within, "kamailio", "-f", str(self.folder / "kamailio.cfg"), "-DD", "-E",
            "-Y", str(self.folder), "-w", str(self.folder), "-m", "32", "-M", "4",
        ]  # fmt: skip
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        try:
            until(self._is_up, 15, "Kamailio is up")
        except PeerError as error:
            self.__exit__(type(error), error, None)
            raise

    def _stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(10)
            # a child that is late would go on taking packets from the port, and answer none
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    @property
    def log(self) -> str:
        """What it complained of so far."""
        text = (self.folder / "log").read_text(encoding="utf-8", errors="replace")
        return "".join(line for line in text.splitlines(keepends=True) if " INFO: " not in line)

    def control(self, *command: str) -> str:
        """Return the answer to a command of ``kamcmd``."""
        asked = ["kamcmd", "-s", f"unix:{self.folder}/control", *command]
        return subprocess.run(asked, capture_output=True, text=True, timeout=10).stdout

    def states(self) -> dict[str, str]:
        """Return ``host:port`` → ``A`` where a node gets calls, ``I`` where it does not."""
        listed = _STATE.findall(self.control("dispatcher.list"))
        return {uri.removeprefix("sip:"): state for uri, state in listed}

    def wait_for(self, states: Mapping[str, str], seconds: float = 15.0) -> None:
        """Wait until the nodes are in these states."""
        until(lambda: self.states() == states, seconds, f"Kamailio sees the nodes as {states}")

    def _is_up(self) -> bool:
        if self._process.poll() is not None:
            raise PeerError("Kamailio ended")
        return (self.folder / "control").exists() and "uptime" in self.control("core.uptime")

    def _write(self, name: str, lines: Iterable[str]) -> None:
        text = "".join(f"{line}\n" for line in lines)
        (self.folder / name).write_text(text, encoding="utf-8")


def check(folder: Path) -> subprocess.CompletedProcess[str]:
    """Let Kamailio check the files in a folder."""
    return subprocess.run(
        ["kamailio", "-c", "-f", str(folder / "kamailio.cfg"), "-Y", str(folder), "-w", str(folder)],
        capture_output=True,
        text=True,
        timeout=60,
    )


def make_certificate(folder: Path) -> None:
    """Make a key and a certificate of its own for ``127.0.0.1`` where ``tls.cfg`` seeks them."""
    folder.mkdir(exist_ok=True)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem"),
         "-subj", "/CN=kamailio.test", "-addext", "subjectAltName=IP:127.0.0.1,DNS:kamailio.test"],
        check=True, capture_output=True,
    )  # fmt: skip


def require(*modules: str) -> None:
    """Skip the test where Kamailio, or a module that Debian packs apart, is not installed."""
    for program in ("kamailio", "kamcmd"):
        if shutil.which(program) is None:
            pytest.skip("kamailio is not installed")
    for module in modules:
        if not any(Path("/").glob(f"{each[1:]}/{module}.so") for each in _MODULES):
            pytest.skip(f"kamailio-{module}-modules is not installed")
