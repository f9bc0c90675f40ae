"""A caller, Kamailio and two whole centres, each on a host of its own."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from huawu.centre.run_folder import read_state
from tests.doors import kamailio as kamailio_peer
from tests.doors.kamailio import Kamailio
from tests.peers.caller import Caller
from tests.peers.deadline import PeerError, until
from tests.peers.namespaces import Host, Network
from tests.peers.receiver import Receiver
from tests.peers.sipp import Cue, Sipp

pytestmark = [pytest.mark.integration, pytest.mark.slow]

_CLONE_NEWNET = 0x40000000
_PROCESSES = {"media", "sip", "engine"}


@contextmanager
def centre(host: Host, proxy: Host, folder: Path) -> Iterator[None]:
    """Let ``huawu serve`` run on a host, as docs/kamailio.md says for a node behind Kamailio."""
    folder.mkdir()
    run = folder / "run"
    (folder / "huawu.yaml").write_text(
        f"flows: main\nrun: {run}\nears: {{count: 0}}\nconsole: {{enabled: false}}\n"
        f"sip:\n  host: {host.address}\n"
        f"  allow_sources: [{proxy.address}]\n  trusted_sources: [{proxy.address}]\n",
        encoding="utf-8",
    )
    command = [*host.command, sys.executable, "-m", "huawu", "serve", "--config", "huawu.yaml"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        until(
            lambda: process.poll() is not None or _is_ready(run), 120, f"the centre at {host.address} serves"
        )
        yield
    except BaseException as error:
        error.add_note(f"the centre at {host.address} said:\n{(folder / 'log').read_text()[-3000:]}")
        raise
    finally:
        die(host)
        process.wait()


def die(host: Host) -> None:
    """Let everything on a host end at once, without a word to anybody."""
    for each in (signal.SIGSTOP, signal.SIGKILL):  # one that dies must not be noticed by those it started
        for pid in map(int, _pids(host)):
            try:
                os.kill(pid, each)
            except ProcessLookupError:
                continue
    until(lambda: not _pids(host), 10, f"everything at {host.address} ended")


def _pids(host: Host) -> list[str]:
    listed = subprocess.run(
        ["ip", "netns", "pids", host.namespace], capture_output=True, text=True, check=True
    )
    return listed.stdout.split()


def _is_ready(run: Path) -> bool:
    state = read_state(run)
    return state is not None and _PROCESSES <= {
        name for name, each in state["processes"].items() if each["ready"]
    }


def receiver_at(host: Host) -> Receiver:
    """Return an ear whose socket is on that host, wherever the ear itself is."""
    made: list[Receiver] = []

    def make() -> None:
        with open(f"/run/netns/{host.namespace}", "rb") as namespace:
            if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), _CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
        made.append(Receiver(host.address))

    thread = threading.Thread(target=make)  # a namespace is a thread's, and this one's ends with it
    thread.start()
    thread.join()
    return made[0]


def test_calls_are_spread_and_go_on_when_a_node_is_gone(tmp_path: Path) -> None:
    kamailio_peer.require()
    stays = Caller("stays").invite().answered().cue("talking").bye()
    with Network("caller", "kamailio", "one", "other") as hosts:
        caller, proxy, one, other = hosts.values()
        nodes = [f"{each.address}:5060" for each in (one, other)]
        place = f"{proxy.address}:5060"
        with (
            centre(one, proxy, tmp_path / "one"),
            centre(other, proxy, tmp_path / "other"),
            Kamailio(nodes, outside=place, inside="", within=proxy.command) as kamailio,
            receiver_at(caller) as ear,
        ):

            def calls(number: int) -> Counter[str]:
                """Let so many call, hear those that answer, and hang up; return how often who answered."""
                with Sipp(
                    stays, place, "10010", media=(ear.host, ear.port), calls=number, rate=20,
                    host=caller.address, within=caller.command,
                ) as calling:  # fmt: skip
                    talking: list[Cue] = [calling.wait("talking") for _ in range(number)]
                    answered = Counter(calling.wait("answered").address[0] for _ in range(number))
                    since = max(each.at for each in ear.arrivals()) if ear.arrivals() else 0.0
                    until(
                        lambda: {each.source[0] for each in ear.arrivals(since)} >= set(answered),
                        10,
                        f"all of {set(answered)} are heard",
                    )
                    ear.wait_for_sound(since=since)
                    for each in talking:
                        calling.go(each)
                    assert calling.succeed().succeeded == number
                return answered

            assert calls(6) == {one.address: 3, other.address: 3}
            die(one)
            assert calls(6) == {other.address: 6}
            kamailio.wait_for({nodes[0]: "I", nodes[1]: "A"})
            other.cut_off()
            with pytest.raises(PeerError, match="503"):
                calls(1)
