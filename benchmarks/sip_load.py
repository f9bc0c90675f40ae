"""Calls a second through the signalling process, with SIPp as callers and an engine that only answers.

Each call is INVITE, 200, ACK, two seconds, BYE. Printed for each rate: calls that failed, messages that SIPp
had to send again, and what the process used of one core.

    python -m benchmarks.sip_load --rates 50 200 400 --seconds 8 --json
"""

from __future__ import annotations

import argparse
import json
import os
import re
import select
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from ivr.wire import signalling as wire
from tests.ivr.sip.scenario import Scenario
from tests.ivr.sip.stand import Signalling, Sipp, session


def answer_all(sip: Signalling, stopped: threading.Event) -> None:
    """Answer every call that comes."""
    link = sip.link
    assert link is not None
    text = session()
    while not stopped.is_set():
        ready, _, _ = select.select([link], [], [], 0.1)
        for event in link.receive() if ready else ():
            if isinstance(event, wire.Arrived):
                link.send(wire.Accept(event.call, text))


def used(process: int) -> float:
    """Return the seconds of processor time that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measured(rate: int, seconds: float) -> dict[str, Any]:
    """Play ``rate`` calls a second for ``seconds``; return one row."""
    with tempfile.TemporaryDirectory() as folder:
        sip = Signalling(Path(folder), rate_per_second=1e6, max_calls=100_000)
        sip.connect()
        stopped = threading.Event()
        engine = threading.Thread(target=answer_all, args=(sip, stopped))
        engine.start()
        count = int(rate * seconds)
        before, begin = used(sip.process.pid), time.monotonic()
        arguments = [
            "-s",
            "110",
            "-r",
            str(rate),
            "-l",
            "100000",
            "-trace_stat",
            "-stf",
            f"{folder}/stat.csv",
        ]
        callers = Sipp(
            Path(folder),
            Scenario().established().pause(2000).bye(),
            *arguments,
            target=sip.target,
            calls=count,
        )
        callers.process.wait(seconds * 4 + 60)
        took = time.monotonic() - begin
        cpu = used(sip.process.pid) - before
        stopped.set()
        engine.join()
        pages = int(Path(f"/proc/{sip.process.pid}/statm").read_text().split()[1])
        sip.close()
        callers.close()
        last = Path(folder, "stat.csv").read_text().splitlines()
        named = dict(zip(last[0].split(";"), last[-1].split(";"), strict=False))
    return {
        "engine": "huawu",
        "rate": rate,
        "calls": count,
        "seconds": round(took, 1),
        "failed": int(named["FailedCall(C)"]),
        "repeated": int(re.sub(r"\D", "", named["Retransmissions(C)"]) or 0),
        "cpu_core": round(cpu / took, 3),
        "ms_per_call": round(1000 * cpu / count, 2),
        "rss_mb": round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1),
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rates", type=int, nargs="+", default=[50, 200, 400])
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    rows = [measured(rate, wanted.seconds) for rate in wanted.rates]
    if wanted.json:
        print(json.dumps(rows, indent=1))
    else:
        for row in rows:
            print("  ".join(f"{name} {value}" for name, value in row.items()))
    return 1 if any(row["failed"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
