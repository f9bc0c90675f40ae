"""Hurts the signalling process with messages that are nearly right, and looks at what is left of it.

Messages of ``tests/ivr/sip/torture.py`` and of calls are changed at random, from a seed, and sent over UDP
to a process of its own with an engine that refuses, answers or leaves the calls that come of it. Every
message that is sent unchanged has to be answered as RFC 4475 says; the process must stay, log no fault of
its own, and in the end keep nothing.

    python -m benchmarks.sip_fuzz --messages 10000 --json
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import select
import signal
import socket
import sys
import tempfile
import threading
import time
from collections import Counter, deque
from pathlib import Path
from typing import Any

from benchmarks.centre import about
from ivr.wire import signalling as wire
from tests.ivr.sip.stand import Signalling, session
from tests.ivr.sip.torture import ALL, REACHED, SILENT, Torture, invite, message

#: Messages between two that have to be answered, so that no buffer overflows and no answer is missed.
STRIDE = 20
#: What keeps a number of its own in each message, so that none is taken for another's repetition.
_PIECES = (
    b"\r\n",
    b"\n",
    b";",
    b",",
    b'"',
    b"<",
    b">",
    b":",
    b"@",
    b"%00",
    b"\0",
    b"\xff\xfe",
    "客服".encode("gbk"),
)
_NUMBERS = (b"0", b"-1", b"65536", b"4294967296", b"99999999999999999999")
#: Calls that the engine leaves to themselves.
TALKING = 100
#: Seconds of a run after which memory has to be flat: answers are remembered for up to 64 s.
LONG = 300.0
KEPT = ("calls", "dialogs", "asked", "answered")


class Engine(threading.Thread):
    """Refuses most calls, answers some, forgets some."""

    def __init__(self, sip: Signalling, seed: int) -> None:
        super().__init__(daemon=True)
        self._sip, self._random = sip, random.Random(seed)
        self._stopped = False
        self._talking: deque[str] = deque()
        self.events: Counter[str] = Counter()

    def run(self) -> None:
        """Answer until it is stopped."""
        link = self._sip.link
        assert link is not None
        while not self._stopped:
            ready, _, _ = select.select([link], [], [], 0.1)
            for event in link.receive() if ready else ():
                self.events[type(event).__name__] += 1
                self._sip.tell(*self._commands(event))

    def stop(self) -> None:
        """Answer no more."""
        self._stopped = True
        self.join()

    def _commands(self, event: Any) -> list[Any]:
        if isinstance(event, wire.Confirmed):
            self._talking.append(event.call)
            return [wire.Bye(self._talking.popleft())] if len(self._talking) > TALKING else []
        if isinstance(event, wire.Reoffered):
            return [wire.Accept(event.call, session(2))]
        if not isinstance(event, wire.Arrived):
            return []
        if event.callee != "120":  # what has to be answered as the table says
            return [wire.Reject(event.call, REACHED)]
        dice = self._random.random()
        if dice < 0.3:
            return [wire.Ring(event.call), wire.Accept(event.call, session()), wire.Bye(event.call)]
        if dice < 0.5:
            return [wire.Accept(event.call, session()), wire.SendInfo(event.call, "text/plain", "x")]
        return [wire.Ring(event.call), wire.Reject(event.call, 480)]


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Return a message with one to four changes."""
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(data) + 1)
        match chance.randrange(9):
            case 0:
                data = data[:place] + bytes([chance.randrange(256)]) + data[place + 1 :]
            case 1:
                data = data[:place] + chance.choice(_PIECES) + data[place:]
            case 2:
                data = data[:place] + data[place + chance.randint(1, 20) :]
            case 3:
                data = data[:place]
            case 4:
                lines = data.split(b"\r\n")
                one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
                lines[one], lines[other] = lines[other], lines[one]
                data = b"\r\n".join(lines)
            case 5:
                lines = data.split(b"\r\n")
                lines.insert(chance.randrange(len(lines)), chance.choice(lines))
                data = b"\r\n".join(lines)
            case 6:
                numbers = list(re.finditer(rb"\d+", data))
                if numbers:
                    found = chance.choice(numbers)
                    data = data[: found.start()] + chance.choice(_NUMBERS) + data[found.end() :]
            case 7:
                data = data[:place] + data[max(0, place - chance.randint(1, 200)) :]
            case 8:
                lines = data.split(b"\r\n")
                del lines[chance.randrange(len(lines))]
                data = b"\r\n".join(lines)
    return data[:60_000]


def conversation() -> list[bytes]:
    """Return the messages of a call that the engine may answer, as templates."""
    to = "To: <sip:120@service.example>"
    call = {"to": to, "line": "INVITE sip:120@127.0.0.1 SIP/2.0"}
    tagged = {"to": f"{to};tag=@@"}
    return [
        invite(**call),
        invite(**call, more="Supported: timer\r\nSession-Expires: 1800"),
        invite(**call, body="", kind=""),
        message("ACK", **tagged),
        message("BYE", cseq="CSeq: 9 BYE", **tagged),
        message("CANCEL", to=to, line="CANCEL sip:120@127.0.0.1 SIP/2.0", cseq="CSeq: 7 CANCEL"),
        message("INFO", cseq="CSeq: 8 INFO", kind="Content-Type: application/dtmf", body="5", **tagged),
        message("UPDATE", cseq="CSeq: 8 UPDATE", **tagged),
        message("REFER", cseq="CSeq: 8 REFER", more="Refer-To: <sip:8001@127.0.0.1>", **tagged),
        message("NOTIFY", cseq="CSeq: 8 NOTIFY", more="Event: refer", **tagged),
        invite(cseq="CSeq: 8 INVITE", **tagged),
    ]


class Attack:
    """Sends the messages and checks what has to come back."""

    def __init__(self, sip: Signalling, seed: int) -> None:
        self._sip, self._random = sip, random.Random(seed)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self._port = self._socket.getsockname()[1]
        self._conversation = conversation()
        self._tags: dict[int, str] = {}
        self.answers: Counter[int] = Counter()
        self.wrong: list[str] = []
        self.checked = self._sent = 0

    def run(self, count: int) -> None:
        """Send ``count`` messages."""
        sure = [each for each in ALL if each not in SILENT and each.code is not None]
        for number in range(self._sent, self._sent + count):
            if number % STRIDE == 0:
                self._check(sure[number // STRIDE % len(sure)], number)
            else:
                self._socket.sendto(self._changed(number), ("127.0.0.1", self._sip.port))
        self._sent += count

    def _changed(self, number: int) -> bytes:
        if self._random.random() < 0.5:
            data = self._random.choice(ALL).made(self._port, f"m{number}")
            return mutated(data, self._random)
        known = (
            self._random.choice(list(self._tags)) if self._tags and self._random.random() < 0.7 else number
        )
        template = self._random.choice(self._conversation).replace(b"@@", self._tags.get(known, "x").encode())
        data = Torture("", None, template).made(self._port, f"c{known}")
        return mutated(data, self._random) if self._random.random() < 0.6 else data

    def _check(self, torture: Torture, number: int) -> None:
        self._socket.sendto(torture.made(self._port, f"s{number}"), ("127.0.0.1", self._sip.port))
        mark = f"s{number}"
        until = time.monotonic() + 10.0
        self.checked += 1
        while True:
            ready, _, _ = select.select([self._socket], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                self.wrong.append(f"{torture.name}: no answer")
                return
            heard = self._socket.recv(65_535).decode(errors="replace")
            code = self._noted(heard)
            if (
                code is not None
                and code >= 200
                and re.search(rf"(?:torture-{mark}@|branch=z9hG4bK{mark}\b|wild.{mark}@|{mark}\b)", heard)
            ):
                if code != torture.code:
                    self.wrong.append(f"{torture.name}: {code} instead of {torture.code}")
                return

    def _noted(self, heard: str) -> int | None:
        status = re.match(r"SIP/2\.0 (\d{3})", heard)
        if status is None:
            return None
        code = int(status[1])
        self.answers[code] += 1
        known = re.search(r"Call-ID: torture-c(\d+)@", heard)
        tag = re.search(r"^To:.*;tag=([0-9a-f]+)", heard, re.MULTILINE)
        if code == 200 and known and tag:
            self._tags[int(known[1])] = tag[1]
            if len(self._tags) > 50:
                self._tags.pop(next(iter(self._tags)))
        return code

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


def figures(sip: Signalling) -> dict[str, int]:
    """Return what the process keeps now, with its memory and descriptors."""
    before = sip.log.read_text().count('"figures"')
    sip.process.send_signal(signal.SIGUSR1)
    until = time.monotonic() + 10.0
    while (lines := [each for each in sip.log.read_text().splitlines() if '"figures"' in each])[
        before:
    ] == []:
        if time.monotonic() > until:
            raise SystemExit("the process does not answer")
        time.sleep(0.02)
    said = json.loads(lines[-1])
    folder = Path("/proc", str(sip.process.pid))
    pages = int(folder.joinpath("statm").read_text().split()[1])
    return {name: said[name] for name in (*KEPT, "remembered", "timers", "refused", "dropped")} | {
        "rss_kb": pages * os.sysconf("SC_PAGE_SIZE") // 1024,
        "descriptors": len(os.listdir(folder / "fd")),
    }


def settled(sip: Signalling, seconds: float) -> dict[str, int]:
    """Return the figures when nothing is kept, or after ``seconds``."""
    until = time.monotonic() + seconds
    while True:
        now = figures(sip)
        if not any(now[name] for name in KEPT) or time.monotonic() > until:
            return now
        time.sleep(1.0)


def fuzz(count: int, seed: int, settle: float) -> dict[str, Any]:
    """Send ``count`` messages to a process; return what became of it."""
    with tempfile.TemporaryDirectory() as folder:
        sip = Signalling(
            Path(folder),
            rate_per_second=1e6,
            ban_after=1_000_000_000,
            max_calls=100_000,
            allow_targets=("8001@127.0.0.1",),
        )
        try:
            sip.connect()
            engine = Engine(sip, seed)
            engine.start()
            attack = Attack(sip, seed)
            attack.run(min(2000, count))
            warm = figures(sip)
            begin = time.monotonic()
            hot = []
            for part in range(10):
                attack.run(count * (part + 1) // 10 - count * part // 10)
                hot.append(figures(sip))
            seconds = time.monotonic() - begin
            alive = sip.process.poll() is None
            engine.stop()
            sip.disconnect()
            cold = settled(sip, settle)
            attack.close()
            log = sip.log.read_text()
        finally:
            code = sip.close()
    return {
        **about(),
        "messages": count,
        "seed": seed,
        "seconds": round(seconds, 1),
        "per_second": round(count / seconds),
        "alive": alive,
        "exit_code": code,
        "checked": attack.checked,
        "wrong": attack.wrong[:20],
        "answers": {str(each): attack.answers[each] for each in sorted(attack.answers)},
        "events": dict(sorted(engine.events.items())),
        "faults": [line[:300] for line in log.splitlines() if '"signalling"' in line or "Traceback" in line][
            :20
        ],
        "log_lines": len(log.splitlines()),
        "warm": warm,
        "hot": hot,
        "settled": cold,
    }


def passed(result: dict[str, Any]) -> bool:
    """Say whether the process came out of it as it went in."""
    return (
        result["alive"]
        and result["exit_code"] == 0
        and not result["wrong"]
        and not result["faults"]
        and not any(result["settled"][name] for name in KEPT)
        and result["settled"]["descriptors"] <= result["warm"]["descriptors"]
        and (result["seconds"] < LONG or flat([each["rss_kb"] for each in result["hot"]]))
    )


def flat(kilobytes: list[int]) -> bool:
    """Say whether the memory of the last tenths is that of the middle ones, within a sixth."""
    return max(kilobytes[-2:]) <= max(kilobytes[4:6]) * 7 / 6


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=4475)
    parser.add_argument("--settle", type=float, default=130.0, help="seconds to wait until nothing is kept")
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    result = fuzz(wanted.messages, wanted.seed, wanted.settle)
    if wanted.json:
        print(json.dumps(result, indent=1))
    else:
        print(f"{result['messages']} messages in {result['seconds']} s, {result['checked']} checked")
        for name in ("wrong", "faults", "warm", "settled"):
            print(f"{name}: {result[name]}")
        print(f"resident KB after each tenth: {[each['rss_kb'] for each in result['hot']]}")
    return 0 if passed(result) else 1


if __name__ == "__main__":
    sys.exit(main())
