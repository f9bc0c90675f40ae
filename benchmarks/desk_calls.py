"""A large centre's database for :mod:`benchmarks.desk`: Zipf words, skewed agents, everything the desk shows.

Half of what is said are sentences of the seed, which people wrote or :mod:`analytics.seed.composer` composed;
half are words of jieba's dictionary, drawn so that the n-th most frequent comes about 1/n as often as the
first. A few agents take most calls. The rows are written at once, without the store: some minutes for 50,000
calls.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from analytics.labels import NO_COMPLAINT, SEVERITIES, TOPICS
from analytics.search.entries import PER_SECOND
from analytics.seed.corpus import SeedRow, read_seed
from analytics.words import default_tokeniser
from calls.records import Outcome, Role
from calls.store import Store

UTTERANCES = 20
LEXICON, EXPONENT, SHIFT = 30_000, 1.05, 2.7
AGENTS, TEAMS, QUEUES = 500, 25, 8
#: Seconds between two calls: 50,000 of them fill some five weeks.
EVERY = 60
BEGUN = datetime(2026, 1, 5, tzinfo=UTC)
PIECE = 1000
#: Said in one call in two hundred; nobody says :data:`NEVER`.
RARE, NEVER = "鹦鹉螺化石", "魑魅魍魉"


def build(path: Path, calls: int, seed: int = 1) -> None:
    """Make the database; a file that is there already is replaced."""
    for suffix in ("", "-wal", "-shm", ".search", ".search-wal", ".search-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    Store.open(path).close()
    made = _Centre(seed)
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        _insert(connection, "agent", made.agents())
        _insert(connection, "queue", made.queues())
        for first in range(0, calls, PIECE):
            tables: dict[str, list[dict[str, Any]]] = {}
            for number in range(first, min(first + PIECE, calls)):
                for table, row in made.call(number):
                    tables.setdefault(table, []).append(row)
            for table, rows in tables.items():
                _insert(connection, table, rows)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def words_by_rank() -> list[str]:
    """Return the words that the half without sentences is made of, the most frequent first."""
    frequency = default_tokeniser()._jieba.FREQ
    said = [word for word, count in frequency.items() if count and 2 <= len(word) <= 4 and _hanzi(word)]
    return sorted(said, key=lambda word: (-frequency[word], word))[:LEXICON]


def _hanzi(word: str) -> bool:
    return all("\u4e00" <= each <= "\u9fd5" for each in word)


def _insert(connection: sqlite3.Connection, table: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        names = ", ".join(f'"{name}"' for name in rows[0])
        values = ", ".join(f":{name}" for name in rows[0])
        connection.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({values})', rows)


class _Centre:
    """Draws calls; the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._words = np.array(words_by_rank())
        ranks = np.arange(1, len(self._words) + 1)
        chance = 1 / (ranks + SHIFT) ** EXPONENT
        self._cumulative = np.cumsum(chance / chance.sum())
        load = 1 / np.arange(1, AGENTS + 1) ** 0.8
        self._load = load / load.sum()
        rows = read_seed()
        self._said = {
            role: [row for row in rows if row.role == role] for role in (Role.CALLER.value, Role.AGENT.value)
        }

    def agents(self) -> list[dict[str, Any]]:
        return [
            {
                "id": f"A{n:04}",
                "name": f"坐席{n:04}",
                "team": f"{n % TEAMS + 1}组",
                "skills": "[]",
                "address": "",
            }
            for n in range(AGENTS)
        ]

    def queues(self) -> list[dict[str, Any]]:
        return [{"id": f"q{n}", "name": f"队列{n}", "skills": "[]"} for n in range(QUEUES)]

    def call(self, number: int) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield (table, row) for everything that is stored of a call."""
        rng = self._rng
        started = BEGUN + timedelta(seconds=number * EVERY + int(rng.integers(EVERY)))
        call_id = f"{number * PER_SECOND:016x}{int(rng.integers(1 << 62)):016x}"
        seconds = UTTERANCES * 4.0 + 4
        agent = int(rng.choice(AGENTS, p=self._load))
        yield (
            "call",
            {
                "id": call_id,
                "door": "sip",
                "direction": "inbound",
                "caller": f"1{int(rng.integers(3, 10))}{int(rng.integers(10**9)):09}",
                "callee": "10086",
                "started_at": _stored(started),
                "answered_at": _stored(started),
                "ended_at": _stored(started + timedelta(seconds=seconds)),
                "flow": "main",
                "flow_version": "0123456789ab",
                "node": "",
                "outcome": str(rng.choice([Outcome.HANDED_OFF.value, Outcome.ABANDONED.value], p=[0.9, 0.1])),
                "hangup_cause": "",
                "agent_id": f"A{agent:04}",
                "queue_id": f"q{int(rng.integers(QUEUES))}",
            },
        )
        at = {"call_id": call_id}
        made = {"created_at": _stored(started)}
        lines = [self._line(place) for place in range(UTTERANCES)]
        if rng.random() < 1 / 200:
            lines[3] = (Role.CALLER.value, f"我想问一下{RARE}", None)
        yield (
            "transcript",
            {"id": f"t{call_id[:30]}", **at, "recording_id": f"r{call_id[:30]}", **_HEARD, **made},
        )
        for place, (role, text, _) in enumerate(lines):
            begin = place * 4.0
            cut = [text[n : n + 2] for n in range(0, len(text), 2)]
            words = [
                {"text": each, "start": begin + n * 0.3, "end": begin + n * 0.3 + 0.3, "confidence": 0.93}
                for n, each in enumerate(cut)
            ]
            yield (
                "utterance",
                {
                    "transcript_id": f"t{call_id[:30]}",
                    "number": place,
                    "role": role,
                    "start": begin,
                    "end": begin + 3.5,
                    "text": text,
                    "channel": int(role == Role.AGENT),
                    "words": json.dumps(words, ensure_ascii=False),
                },
            )
        yield (
            "recording",
            {
                "id": f"r{call_id[:30]}",
                **at,
                "uri": f"{call_id}.wav",
                "channels": '["caller", "agent"]',
                "layout": "stereo",
                "sample_rate": 8000,
                "seconds": seconds,
                "sha256": "",
                "masked": "[]",
                "flags": "[]",
            },
        )
        rows = [row for _, _, row in lines if row is not None]
        topics = sorted({row.topic for row in rows if row.topic})[:2] or [str(rng.choice(list(TOPICS)))]
        severity = str(rng.choice([NO_COMPLAINT, *SEVERITIES], p=[0.9, 0.07, 0.025, 0.005]))
        judged = [("complaint", severity), ("sentiment", "neutral"), *(("topic", each) for each in topics)]
        for place, (kind, label) in enumerate(judged):
            evidence = {"utterance": 2, "start": 8.0, "end": 11.5, "text": lines[2][1], "span": None}
            yield (
                "finding",
                {
                    "id": f"f{place}{call_id[:29]}",
                    **at,
                    "kind": kind,
                    "label": label,
                    "probability": 0.5 + 0.5 * float(rng.random()),
                    "evidence": json.dumps([evidence], ensure_ascii=False),
                    "model": "seed",
                    **made,
                },
            )
        for place, kind in enumerate(("node", "prompt", "digit", "ENTERQUEUE", "CONNECT", "COMPLETECALLER")):
            row = {"id": f"e{place}{call_id[:29]}", **at, "at": place * 0.5, "kind": kind, "node": "main"}
            yield "call_event", {**row, "data": "{}"}
        if rng.random() < 0.02:
            yield "review", {"id": f"v{call_id[:30]}", **at, "reviewer": "chen", **_JUDGED, **made}

    def _line(self, place: int) -> tuple[str, str, SeedRow | None]:
        role = (Role.AGENT if place % 2 == 0 else Role.CALLER).value
        rng = self._rng
        if rng.random() < 0.5:
            row = self._said[role][int(rng.integers(len(self._said[role])))]
            return role, row.text, row
        drawn = np.searchsorted(self._cumulative, rng.random(int(rng.integers(3, 9))))
        return role, "".join(self._words[np.minimum(drawn, len(self._words) - 1)]), None


_HEARD = {"recogniser": "vosk", "model": "vosk-model-small-cn-0.22", "roles_known": 1, "roles_note": ""}
_JUDGED = {"complaint": 0, "score": 90.0, "comment": "", "scorecard": "", "form": ""}


def _stored(time: datetime) -> str:
    """Return a time as the store writes it to SQLite."""
    return time.strftime("%Y-%m-%d %H:%M:%S.%f")
