"""A process to be supervised: opens a socket, says which signals it gets, and ends as it is told.

``small_child.py SOCKET [NAME=…]``: ``keeps`` names signals that do not end it, ``code`` is with what it ends
at once, ``starts`` makes it start a process of its own.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys

SIGNALS = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]


def say(**fields: object) -> None:
    sys.stderr.write(json.dumps(fields) + "\n")


def main(place: str, *options: str) -> int:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # with the supervisor, as those of huawu.child do
    chosen = dict(option.split("=") for option in options)
    if "code" in chosen:
        return int(chosen["code"])
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    settings = sys.stdin.read()
    helper = subprocess.Popen(["sleep", "600"]).pid if "starts" in chosen else 0
    said = {"child": os.path.basename(place), "settings": settings, "helper": helper}
    say(event="hello", **said, threads=os.environ.get("OMP_NUM_THREADS"))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(place)
        while True:
            name = signal.Signals(signal.sigwait(SIGNALS)).name
            say(event="got", child=said["child"], signal=name)
            if name not in ("SIGHUP", *chosen.get("keeps", "").split(",")):
                return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
