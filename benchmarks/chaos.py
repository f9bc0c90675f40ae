"""Kills the processes of a centre in turn while calls go on: what is lost, how soon calls are taken again.

SIPp keeps so many calls up on the flows that ship, as in :mod:`benchmarks.soak`. Then one process after the
other is killed (``kill -9``). From that moment a telephone calls twenty times a second until one of its
calls is answered, and then until it hears a prompt. A row for each process tells

- ``answered_s``, ``heard_s``: from the kill to the first call that is answered and to its first packet that
  is not silence; ``placed``, ``refused``: the telephone's calls, and those that were refused;
- ``ready_s``: to the supervisor's word that the process is back;
- of the ``up`` calls that talked at that moment: how many the kill ended (``interrupted``), how many records
  are open in the end, how many recordings are missing or cannot be opened, and ``lost_s_max``: the most
  sound that one lacks of what there was until the kill.

    python -m benchmarks.chaos [--calls 100] [--kill media,sip,engine,ear] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import re
import select
import signal
import socket
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from benchmarks.callers import Crowd
from benchmarks.centre import Books, Centre, KeptCall, about, complaints, length, wait_until_idle
from calls.records import Outcome
from speech.g711 import ALAW_SILENCE
from tests.doors.running import NUMBERS
from tests.peers.deadline import until
from tests.peers.ports import free_port

PROCESSES = ("media", "engine", "ear", "gateway", "sip")  # the last: its callers hear no more of their calls
#: Seconds between two calls of the telephone.
REDIAL = 0.05
#: Seconds after which the telephone gives up, and after which a record that is open counts as left open.
PATIENCE = 90.0
#: Seconds in which apologies are heard, and recordings that were open are repaired.
AFTERMATH = 6.0
#: Of what was said until the kill a recording may lack so much, in seconds.
LAST_SECOND = 1.0
_SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio {port} RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
    "a=sendrecv\r\n"
)


@dataclass(slots=True)
class Redial:
    """Calls again and again until it is answered and hears something.

    Parameters
    ----------
    host, port : str, int
        Whom it calls.
    number : str
        Whom it calls there.
    """

    host: str
    port: int
    number: str
    calls: int = 0
    refused: int = 0
    answered: dict[str, str] = field(default_factory=dict)
    _sip: socket.socket = field(init=False)
    _ear: socket.socket = field(init=False)
    _mark: str = field(init=False)

    def __post_init__(self) -> None:
        self._mark = os.urandom(4).hex()
        self._sip, self._ear = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        for each in (self._sip, self._ear):
            each.bind(("127.0.0.1", 0))
            each.setblocking(False)

    def run(self, killed: float) -> dict[str, Any]:
        """Call until a prompt is heard; return when, in seconds since the kill (monotonic)."""
        row: dict[str, Any] = {"answered_s": None, "heard_s": None}
        due = 0.0
        while row["heard_s"] is None and (now := time.monotonic()) < killed + PATIENCE:
            if row["answered_s"] is None and now >= due:
                self._invite()
                due = now + REDIAL
            ready, _, _ = select.select([self._sip, self._ear], [], [], REDIAL / 5)
            if self._sip in ready and self._listen() and row["answered_s"] is None:
                row["answered_s"] = round(time.monotonic() - killed, 3)
            if self._ear in ready and self._hear():
                row["heard_s"] = round(time.monotonic() - killed, 3)
        return row | {"placed": self.calls, "refused": self.refused}

    def close(self) -> None:
        """Hang up all that was answered."""
        end = time.monotonic() + 2.0
        while (left := end - time.monotonic()) > 0:  # later answers come until then
            if select.select([self._sip], [], [], left)[0]:
                self._listen()
        for call, to in self.answered.items():
            self._send("BYE", call, to, 2)
        self._sip.close()
        self._ear.close()

    def _invite(self) -> None:
        self.calls += 1
        port = self._ear.getsockname()[1]
        self._send("INVITE", f"{self._mark}-{self.calls}", "", 1, _SDP.format(port=port))

    def _send(self, method: str, call: str, to: str, number: int, body: str = "") -> None:
        uri, near = f"sip:{self.number}@{self.host}:{self.port}", self._sip.getsockname()[1]
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{near};branch=z9hG4bK{call}{method}{number};rport",
            f"From: <sip:13800000000@127.0.0.1:{near}>;tag={self._mark}",
            to or f"To: <{uri}>",
            f"Call-ID: {call}",
            f"CSeq: {number} {method}",
            f"Contact: <sip:redial@127.0.0.1:{near}>",
            "Max-Forwards: 70",
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        try:
            self._sip.sendto("\r\n".join([*lines, "", body]).encode(), (self.host, self.port))
        except OSError:  # nobody is there
            pass

    def _listen(self) -> bool:
        """Take what was answered; tell whether a call was taken."""
        taken = False
        while True:
            try:
                text = self._sip.recv(65_535).decode(errors="replace")
            except BlockingIOError:
                return taken
            except OSError:  # nobody was there
                continue
            call = _header("Call-ID", text).removeprefix("Call-ID:").strip()
            if not call.startswith(self._mark) or "INVITE" not in _header("CSeq", text):
                continue
            if text.startswith("SIP/2.0 200"):
                self.answered[call] = _header("To", text)
                self._send("ACK", call, self.answered[call], 1)
                taken = True
            elif re.match(r"SIP/2.0 [3-6]", text):
                self.refused += 1
                self._send("ACK", call, _header("To", text), 1)

    def _hear(self) -> bool:
        heard = False
        while True:
            try:
                heard = any(byte != ALAW_SILENCE for byte in self._ear.recv(2048)[12:]) or heard
            except OSError:
                return heard


def _header(name: str, text: str) -> str:
    found = re.search(rf"^{name}:.*$", text, re.MULTILINE | re.IGNORECASE)
    return found[0].strip() if found else ""


def chaos(calls: int, names: list[str], *, settle: float = 5.0, seed: int = 1) -> list[dict[str, Any]]:
    """Return a row for each process that is killed, and one for the whole."""
    first = {**about(), "calls": calls}
    killed: list[tuple[str, dict[str, Any], set[str], float]] = []
    door = {"web_port": free_port(socket.SOCK_STREAM), "max_calls": 5}
    with Centre(calls, 12, **({"gateway": door} if "gateway" in names else {})) as centre:
        books = Books(centre)
        callers = Crowd(
            centre.address, [*NUMBERS], calls, outside=centre.outside, seed=seed, patient=0.5, patience=20.0
        )
        with callers as crowd:
            for name in names:
                _wait_for_calls(centre, crowd, books, calls)
                _let_time_pass(crowd, settle)
                up = {each.id for each in books.open_calls() if each.answered is not None}
                at = time.time()
                killed.append((name, _kill(centre, crowd, name), up, at))
                _let_time_pass(crowd, AFTERMATH)
            sipp = crowd.close(40)
        left = wait_until_idle(centre, PATIENCE)
        books.look_through()
        kept = {each.id: each for each in books.calls()}
        rows = [
            {**first, "killed": name, **row, **_lost(books, [kept[each] for each in up], at)}
            for name, row, up, at in killed
        ]
        whole = {"left": left, "sipp": sipp, "records": books.audit.row(), "log": complaints(centre)}
        restarts = {name: each["restarts"] for name, each in centre.processes().items()}
        return [*rows, {**first, "killed": "all in turn", "restarts": restarts, **whole}]


def _wait_for_calls(centre: Centre, crowd: Crowd, books: Books, calls: int) -> None:
    """Wait until nearly all callers are on the line."""

    def enough() -> bool:
        crowd.drain()
        return sum(each.answered is not None for each in books.open_calls()) >= 0.9 * calls

    until(enough, PATIENCE, f"{calls} callers are on the line")


def _let_time_pass(crowd: Crowd, seconds: float) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(left, 1.0))
        crowd.drain()


def _kill(centre: Centre, crowd: Crowd, name: str) -> dict[str, Any]:
    """Kill a process, and call until it is answered."""
    before = centre.processes()[name]
    redial = Redial(centre.host, centre.port, "1001")
    os.kill(before["pid"], signal.SIGKILL)
    killed = time.monotonic()
    row = redial.run(killed)

    def back() -> bool:
        crowd.drain()
        now = centre.processes().get(name)
        return bool(now and now["ready"] and now["restarts"] > before["restarts"])

    until(back, PATIENCE, f"{name} is back")
    row["ready_s"] = round(time.monotonic() - killed, 2)
    redial.close()
    return row


def _lost(books: Books, calls: list[KeptCall], at: float) -> dict[str, Any]:
    found: Counter[str] = Counter()
    lacking = [0.0]
    for call in calls:
        assert call.answered is not None
        path = books.path(call)
        seconds = length(path)
        soon = call.ended is not None and call.ended < at + AFTERMATH
        found["interrupted"] += soon and call.outcome == Outcome.INTERRUPTED
        found["records_open"] += call.ended is None
        found["recordings_missing"] += not path.is_file()
        found["recordings_unreadable"] += path.is_file() and seconds is None
        found["without_checksum"] += not call.sha256
        lacking.append(min(call.ended or at, at) - call.answered - (seconds or 0.0))
    return {
        "up": len(calls),
        **found,
        "lost_s_max": round(max(lacking), 3),
        f"lost_more_than_{LAST_SECOND:g}_s": sum(each > LAST_SECOND for each in lacking),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--calls", type=int, default=100)
    parser.add_argument("--kill", default=",".join(PROCESSES))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print the raw rows")
    options = parser.parse_args()
    rows = chaos(options.calls, options.kill.split(","), seed=options.seed)
    if options.json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for row in rows:
        print("  ".join(f"{name} {value}" for name, value in row.items()))


if __name__ == "__main__":
    main()
