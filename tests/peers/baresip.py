"""baresip (Debian's 1.0.0): a telephone with sound of its own, played from a file and recorded to one.

Its sound goes to a player that does not exist (module ``aubridge`` with nobody at the other end of the
bridge), and what it hears is written by the ``sndfile`` filter as it is decoded: it takes 1 to 2 % of a
core, where the ALSA null device, which returns at once, makes it take a whole one. Its keys are
telephone-events; this version does not press them by INFO.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.peers import hearing
from tests.peers.deadline import Deadline, PeerError, until
from tests.peers.ports import free_port, free_ports, is_bound
from tests.peers.rtp import RATE, Samples

_MODULES = Path("/usr/lib/baresip/modules")
_CONFIG = """\
poll_method epoll
sip_listen {host}:{port}
net_interface {host}
call_local_timeout 120
call_max_calls 4
audio_player aubridge,nowhere
audio_source aufile,{folder}/said.wav
audio_alert aubridge,nobody
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
ausrc_format s16
auplay_format s16
audio_txmode thread
audio_level no
rtp_ports {first}-{last}
rtcp_mux no
jitter_buffer_type off
rtp_stats yes
module_path {modules}
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
snd_path {folder}
"""
#: Seconds of silence after what it says.
_LONGEST = 120
#: How a key is let go: the end of file character.
_RELEASE = "\x04"


class Baresip:
    """A telephone, in a ``with`` block.

    Parameters
    ----------
    user : str
        Its number.
    says : int16 array, shape (n,), or None
        What it says in a call, once, and silence after it.
    answers : bool
        Answer calls at once.
    host : str
        Where it is.
    account : mapping of str to str
        More parameters of its account: ``regint``, ``outbound``, ``auth_user``, ``auth_pass`` …
    config : str
        More lines of its configuration.
    """

    def __init__(
        self,
        user: str = "801",
        *,
        says: Samples | None = None,
        answers: bool = False,
        host: str = "127.0.0.1",
        account: Mapping[str, str] | None = None,
        config: str = "",
    ) -> None:
        self.host = host
        self._more = config
        self.port = free_port(host=host)
        self.user = user
        self._control_port = free_port(socket.SOCK_STREAM)
        self._rtp_ports = free_ports(40, host=host)
        chosen = {
            "regint": "0",
            "audio_codecs": "PCMA/8000/1,PCMU/8000/1",
            "answermode": "auto" if answers else "manual",
        } | dict(account or {})
        parameters = ";".join(f"{name}={value}" for name, value in chosen.items())
        self._account = f"<sip:{user}@{host}:{self.port}>;{parameters}\n"
        silence = np.zeros(_LONGEST * RATE, np.int16)  # it hangs up at the end of the file
        self._sound = silence if says is None else np.concatenate([says, silence])
        self._events: list[dict[str, Any]] = []
        self._half = b""

    @property
    def address(self) -> str:
        """``host:port`` at which it can be called."""
        return f"{self.host}:{self.port}"

    def __enter__(self) -> Baresip:
        require()
        with ExitStack() as opened:
            self._folder = Path(tempfile.mkdtemp(prefix="baresip-"))
            opened.callback(shutil.rmtree, self._folder, ignore_errors=True)
            self._write_files()
            output = opened.enter_context((self._folder / "output").open("wb"))
            command = ["baresip", "-f", str(self._folder)]
            self._process = opened.enter_context(
                subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=self._folder
                )
            )
            opened.callback(self._process.kill)
            self._control = opened.enter_context(until(self._connected, 15, "baresip takes commands"))
            until(lambda: is_bound(self.port), 15, f"baresip listens at {self.address}")
            self._opened = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def _write_files(self) -> None:
        config = _CONFIG.format(
            host=self.host, port=self.port, control=self._control_port, folder=self._folder,
            first=self._rtp_ports[0], last=self._rtp_ports[-1], modules=_MODULES,
        )  # fmt: skip
        (self._folder / "config").write_text(config + self._more)
        (self._folder / "accounts").write_text(self._account)
        soundfile.write(self._folder / "said.wav", self._sound, RATE)

    # -- what it does --------------------------------------------------------------------------------

    def dial(self, uri: str) -> None:
        """Call somebody: ``sip:number@host:port``."""
        self._command("dial", uri)

    def call(self, uri: str, seconds: float = 15.0) -> None:
        """Call somebody and wait until they answer."""
        self.dial(uri)
        self.wait("CALL_ESTABLISHED", seconds)

    def answer(self) -> None:
        """Take the call that rings."""
        self._command("accept")

    def hang_up(self) -> None:
        """End the call, or refuse it."""
        self._command("hangup")

    def press(self, keys: str) -> None:
        """Press keys, one after another."""
        for key in keys:
            self._command("sndcode", key)
            self._command("sndcode", _RELEASE)

    def hold(self) -> None:
        """Put the other side on hold."""
        self._command("hold")

    def resume(self) -> None:
        """Take it off hold."""
        self._command("resume")

    def transfer(self, uri: str) -> None:
        """Send the other side elsewhere (REFER)."""
        self._command("transfer", uri)

    # -- what it tells -------------------------------------------------------------------------------

    def wait(self, event: str, seconds: float = 20.0) -> dict[str, Any]:
        """Wait for an event (``CALL_ESTABLISHED``, ``CALL_INCOMING``, ``CALL_CLOSED`` …), once each."""
        deadline = Deadline(seconds, f"baresip tells {event}")
        while True:
            for each in self._events:
                if each["type"] == event:
                    self._events.remove(each)
                    return each
            try:
                left = deadline.left()
            except PeerError as error:
                told = [each["type"] for each in self._events]
                raise PeerError(f"{error}; it told {told}\n{self._said()}") from None
            self._read(left)

    def heard(self) -> Samples:
        """Return what it has heard in its last call, int16 at 8 kHz: packets one behind another."""
        recordings = sorted(self._folder.glob("dump-*-dec.wav"))
        if not recordings:
            raise PeerError(f"baresip has heard nothing\n{self._said()}")
        # the header is complete only after the call
        data = recordings[-1].read_bytes()
        return np.frombuffer(data[44 : len(data) - len(data) % 2], np.int16)

    def wait_to_hear(self, prompt: Samples, seconds: float = 15.0) -> None:
        """Wait until ``prompt`` is heard in this call."""
        until(lambda: hearing.find(prompt, self.heard()), seconds, "baresip hears the prompt")

    def cpu_seconds(self) -> float:
        """Return the processor time that it has taken."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    # -- its control connection ----------------------------------------------------------------------

    def _connected(self) -> socket.socket | None:
        if self._process.poll() is not None:
            raise PeerError(f"baresip does not start\n{self._said()}")
        try:
            return socket.create_connection(("127.0.0.1", self._control_port), 5)
        except ConnectionRefusedError:
            return None

    def _command(self, name: str, parameters: str = "") -> None:
        text = json.dumps({"command": name, "params": parameters, "token": name}).encode()
        self._control.sendall(b"%d:%s," % (len(text), text))
        deadline = Deadline(10, f"baresip does {name!r}")
        while not (answered := [each for each in self._events if each.get("token") == name]):
            self._read(deadline.left())
        self._events.remove(answered[0])
        if not answered[0]["ok"]:
            raise PeerError(f"baresip does not {name} {parameters}: {answered[0]['data']}")

    def _read(self, seconds: float) -> None:
        ready, _, _ = select.select([self._control], [], [], seconds)
        if not ready:
            return
        data = self._control.recv(65536)
        if not data:
            raise PeerError(f"baresip is gone\n{self._said()}")
        self._half += data
        while (message := self._netstring()) is not None:
            self._events.append({"type": ""} | json.loads(message))

    def _netstring(self) -> bytes | None:
        length, colon, rest = self._half.partition(b":")
        if not colon or len(rest) <= int(length):
            return None
        self._half = rest[int(length) + 1 :]
        return rest[: int(length)]

    def _said(self) -> str:
        output = (self._folder / "output").read_text(errors="replace")
        lines = [line for line in output.splitlines() if "(bit/s)" not in line]
        return "\n".join(lines[-20:])


def require() -> None:
    """Skip the test where baresip is not installed."""
    missing = [each for each in _REQUIRED if not (_MODULES / f"{each}.so").exists()]
    if shutil.which("baresip") is None or missing:
        pytest.skip("baresip (Debian's baresip-core) is not installed")


_REQUIRED: Sequence[str] = ("g711", "aufile", "aubridge", "sndfile", "account", "menu", "ctrl_tcp")
