"""rtpengine (Debian's 10.5) beside Kamailio: the shipped ``rtpengine.conf`` at addresses of this host."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

import pytest

from tests.doors.kamailio import SHIPPED
from tests.peers.deadline import PeerError, until
from tests.peers.ports import free_port, free_ports, is_bound

#: Where callers' sound comes to, and nodes'.
OUTSIDE, INSIDE = "127.0.0.1", "127.0.0.2"


class Rtpengine:
    """rtpengine at work, in a ``with`` block.

    Attributes
    ----------
    defines : dict
        What Kamailio's place defines to use it.
    ports : range
        For sound.
    """

    def __init__(self) -> None:
        self._control = free_port()
        self.ports = free_ports(40)
        self.defines = {"WITH_RTPENGINE": "", "RTPENGINE": f'"udp:127.0.0.1:{self._control}"'}
        self._folder = Path(tempfile.mkdtemp(prefix="rtpengine-"))
        text = (SHIPPED / "rtpengine.conf").read_text(encoding="utf-8")
        for shipped, here in (
            ("outside/192.0.2.5;inside/10.77.0.2", f"outside/{OUTSIDE};inside/{INSIDE}"),
            ("listen-ng = 127.0.0.1:2223", f"listen-ng = 127.0.0.1:{self._control}"),
            ("port-min = 30000", f"port-min = {self.ports[0]}"),
            ("port-max = 39999", f"port-max = {self.ports[-1]}"),
        ):
            assert shipped in text
            text = text.replace(shipped, here)
        (self._folder / "rtpengine.conf").write_text(text, encoding="utf-8")

    def __enter__(self) -> Rtpengine:
        command = [
            "rtpengine", "--config-file", str(self._folder / "rtpengine.conf"), "--foreground",
            "--log-stderr", "--pidfile", str(self._folder / "pid"),
        ]  # fmt: skip
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            until(lambda: is_bound(self._control) or self._process.poll(), 15, "rtpengine is up")
        except PeerError as error:
            self.__exit__(type(error), error, None)
            raise
        return self

    def busy(self) -> list[int]:
        """Return the ports that it holds for calls."""
        return [port for port in self.ports if is_bound(port)]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        if error is not None:
            error.add_note(f"rtpengine said:\n{(self._folder / 'log').read_text(errors='replace')[-4000:]}")
        shutil.rmtree(self._folder, ignore_errors=True)


def require() -> None:
    """Skip the test where rtpengine is not installed."""
    if shutil.which("rtpengine") is None:
        pytest.skip("rtpengine (Debian's rtpengine-daemon) is not installed")
