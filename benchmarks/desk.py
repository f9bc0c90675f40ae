"""How quickly the desk answers twenty inspectors at once, on a large centre's database.

The database of :mod:`benchmarks.desk_calls` (50,000 calls, 1,000,000 utterances) and its index are made once
and kept. The desk runs as users run it, under waitress in a process of its own; the inspectors are threads of
another process, each with a connection that stays open, asking again as soon as an answer has come. They ask
in turns for the list, a search, and the page of a call: words nobody says, rare ones, the ten most frequent,
what sounds like a word, and words with filters. What a page loads besides (styles, scripts, sound) is not
asked for.

The peer is what a plain ``LIKE`` over the utterances takes for the same words on the same database: one
question at a time, without a desk around it. Beside it stands the same query by the index alone.

    python -m benchmarks.desk [--calls 50000] [--inspectors 20] [--seconds 30] [--database FILE] [--json]
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from analytics.search.index import SearchIndex
from analytics.search.query import parse
from analytics.search.wanted import Wanted
from benchmarks.desk_calls import NEVER, RARE, UTTERANCES, build, words_by_rank
from benchmarks.machine import machine
from calls.records import Call
from calls.store import Store
from huawu.places import cache

#: Questions to the peer and to the bare index, of each kind.
ALONE = 10
_SERVE = "import typer; from huawu.console_command import console_command; typer.run(console_command)"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of question: ``paths`` to draw from, ``words`` that the peer is asked for."""

    name: str
    paths: tuple[str, ...]
    words: tuple[str, ...] = ()
    filters: dict[str, str] = field(default_factory=dict)


def kinds(call_ids: list[str]) -> list[Kind]:
    """Return what inspectors ask for."""
    ranked = words_by_rank()
    top = tuple(ranked[:10])

    def searches(name: str, words: tuple[str, ...], **filters: str) -> Kind:
        paths = tuple("/calls?" + urlencode({"q": word, **filters}) for word in words)
        return Kind(name, paths, words, filters)

    return [
        Kind("list", ("/calls", "/calls?outcome=handed-off")),
        Kind("list, filtered", ("/calls?severity=any", "/calls?topic=refund", "/calls?agent=A0300")),
        searches("search: nobody says it", (NEVER,)),
        searches("search: rare", (RARE, *ranked[8000:8005])),
        searches("search: top 10", top),
        searches("search: by sound", ("~退款", "~投诉", *(f"~{word}" for word in top[:3]))),
        searches("search: top 10, filtered", top, severity="any"),
        searches("search: top 10, one agent", top, agent="A0300"),
        searches("search: by relevance", top, order="relevance"),
        Kind("call", tuple(f"/calls/{call_id}" for call_id in call_ids)),
    ]


def prepared(path: Path, calls: int, say: Callable[[str], None]) -> dict[str, float]:
    """Make the database and its index where they are not there; return the seconds that took."""
    took = {}
    if not path.is_file():
        say(f"making {calls} calls")
        begun = time.perf_counter()
        part = path.with_name(path.name + ".part")
        build(part, calls)
        part.rename(path)
        took["build_seconds"] = time.perf_counter() - begun
    # a database of an earlier release is brought to this one
    Store.open(path).close()
    with SearchIndex.open(path) as index:
        if index.backlog():
            say("reading them into the index")
            begun = time.perf_counter()
            index.catch_up()
            took["index_seconds"] = time.perf_counter() - begun
    return took


@contextmanager
def desk(path: Path, processes: int) -> Iterator[tuple[str, int]]:
    """Serve the desk as ``huawu console --processes`` does; yield host and port."""
    command = [
        sys.executable,
        "-c",
        _SERVE,
        "--db",
        str(path),
        "--recordings",
        str(path.parent / "recordings"),
        "--processes",
        str(processes),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            if not address:
                raise SystemExit("benchmarks.desk: the desk did not start")
            host, _, port = address.removeprefix("http://").strip("/").partition(":")
            yield host, int(port)
        finally:
            process.terminate()
            process.wait()


def ask(connection: http.client.HTTPConnection, path: str) -> tuple[float, int, int]:
    """Return the seconds until an answer was there in full, its status and its length."""
    begun = time.perf_counter()
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    return time.perf_counter() - begun, answer.status, len(body)


def drive(
    address: tuple[str, int], asked: list[Kind], inspectors: int, seconds: float, pause: float
) -> dict[str, list[tuple[float, int]]]:
    """Let inspectors ask for some time; return kind → (seconds, status) of each answer.

    Between an answer and the next question each waits ``pause`` seconds on average, none to twice that.
    """
    found: dict[str, list[tuple[float, int]]] = defaultdict(list)
    lock = threading.Lock()
    until = time.perf_counter() + seconds

    def inspect(number: int) -> None:
        rng = random.Random(number)
        connection = http.client.HTTPConnection(*address, timeout=60)
        own: list[tuple[str, float, int]] = []
        while time.perf_counter() < until:
            kind = rng.choice(asked)
            try:
                took, status, _ = ask(connection, rng.choice(kind.paths))
            except (OSError, http.client.HTTPException):
                connection.close()
                took, status = 0.0, 0
            own.append((kind.name, took, status))
            if pause:
                time.sleep(rng.uniform(0, 2 * pause))
        connection.close()
        with lock:
            for name, took, status in own:
                found[name].append((took, status))

    threads = [threading.Thread(target=inspect, args=(number,)) for number in range(inspectors)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def like(path: Path, words: tuple[str, ...]) -> list[float]:
    """Return the seconds of the peer: the newest calls with a word, by LIKE over all utterances."""
    query = (
        "SELECT DISTINCT call.id FROM utterance JOIN transcript ON transcript.id = transcript_id"
        " JOIN call ON call.id = call_id WHERE utterance.text LIKE ? ORDER BY call.started_at DESC LIMIT 25"
    )
    asked = [f"%{words[number % len(words)].strip('~')}%" for number in range(min(ALONE, 2 * len(words)))]
    connection = sqlite3.connect(path)
    try:
        return [timed(lambda one=one: connection.execute(query, (one,)).fetchall()) for one in asked]  # type: ignore[misc]
    finally:
        connection.close()


def bare(path: Path, words: tuple[str, ...]) -> list[float]:
    """Return the seconds that the index alone takes for a page and the number of all that match."""
    with SearchIndex.open(path) as index:
        asked = [Wanted(node=parse(words[number % len(words)])) for number in range(ALONE)]
        index.search(asked[0])
        return [timed(lambda one=one: index.search(one)) for one in asked]  # type: ignore[misc]


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that something takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def spread(seconds: list[float]) -> dict[str, float]:
    """Return median, 95th percentile and maximum in milliseconds."""
    ordered = sorted(seconds)
    place = min(len(ordered) - 1, int(0.95 * len(ordered)))
    return {
        "p50_ms": round(statistics.median(ordered) * 1e3, 1),
        "p95_ms": round(ordered[place] * 1e3, 1),
        "max_ms": round(ordered[-1] * 1e3, 1),
    }


def row(system: str, kind: str, seconds: list[float], errors: int = 0) -> dict[str, Any]:
    """Return one line of the result."""
    return {"system": system, "kind": kind, "count": len(seconds), "errors": errors, **spread(seconds)}


def measure(path: Path, inspectors: int, seconds: float, processes: int) -> list[dict[str, Any]]:
    """Return the rows of one run over a prepared database: without a pause, and with one of a second."""
    with Store.open(path) as store:
        calls = store.find(Call, order_by="-started_at", limit=2000)
    asked = kinds([each.id for each in calls])
    rows = []
    with desk(path, processes) as address:
        connection = http.client.HTTPConnection(*address, timeout=60)
        for kind in asked:
            for place in kind.paths[:3]:
                ask(connection, place)  # what is loaded only once
        alone: dict[str, list[float]] = {
            kind.name: [ask(connection, kind.paths[number % len(kind.paths)])[0] for number in range(ALONE)]
            for kind in asked
        }
        connection.close()
        found = {pause: drive(address, asked, inspectors, seconds, pause) for pause in (0.0, 1.0)}
    for kind in asked:
        rows.append(row("desk, 1 inspector", kind.name, alone[kind.name]))
        for pause, by_kind in found.items():
            answers = by_kind.get(kind.name, [])
            good = [took for took, status in answers if status == 200]
            if good:
                name = f"desk, {inspectors} inspectors" + (f", pause {pause:g} s" if pause else "")
                rows.append(row(name, kind.name, good, len(answers) - len(good)))
        if kind.words and not kind.filters:
            rows.append(row("index alone", kind.name, bare(path, kind.words)))
            rows.append(row("LIKE", kind.name, like(path, kind.words)))
    return rows


def main() -> None:
    """Print the result as a table, or as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=50_000)
    parser.add_argument("--inspectors", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--processes", type=int, default=2, help="of the desk")
    parser.add_argument("--database", type=Path, help="made where it is not there; kept")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    path = given.database or cache("benchmarks") / f"desk-{given.calls}.db"
    took = prepared(path, given.calls, lambda words: print(words, file=sys.stderr, flush=True))
    rows = measure(path, given.inspectors, given.seconds, given.processes)
    of = {(each["system"], each["kind"]): each for each in rows}
    many = f"desk, {given.inspectors} inspectors"
    searches = {kind for system, kind in of if system == "LIKE" and (many, kind) in of}
    result = {
        "machine": machine(),
        "processes": given.processes,
        "calls": given.calls,
        "utterances": given.calls * UTTERANCES,
        "database_megabytes": round(path.stat().st_size / 1e6),
        "index_megabytes": round(path.with_name(path.name + ".search").stat().st_size / 1e6),
        **{name: round(value, 1) for name, value in took.items()},
        "rows": rows,
        "like_over_desk": {
            kind: round(of["LIKE", kind]["p50_ms"] / of[many, kind]["p50_ms"], 2) for kind in sorted(searches)
        },
    }
    if given.json:
        print(json.dumps(result, ensure_ascii=False, indent=2))
        return
    print(f"{result['machine']}\n{result['calls']:,} calls, {result['utterances']:,} utterances")
    print(f"{'':34}{'':28}{'count':>7}{'errors':>8}{'p50 ms':>10}{'p95 ms':>10}{'max ms':>10}")
    for each in rows:
        figures = "".join(f"{each[name]:>10}" for name in ("p50_ms", "p95_ms", "max_ms"))
        print(f"{each['system']:34}{each['kind']:28}{each['count']:>7}{each['errors']:>8}{figures}")
    for kind, ratio in result["like_over_desk"].items():
        print(f"LIKE alone ÷ desk with {given.inspectors} inspectors, {kind}: {ratio}")


if __name__ == "__main__":
    main()
