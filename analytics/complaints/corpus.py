"""The self-written sentences from which cause, responsible party and resolution are learnt."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from analytics.complaints.taxonomy import AGENT_ACTS, CALLER_ACTS, CAUSES, RESPONSIBLE
from analytics.labels import NO_COMPLAINT, SEVERITIES
from analytics.seed.corpus import FOLDER as TOPIC_SEED
from analytics.seed.corpus import SeedError, SeedRow, read_seed
from calls.records import Role

FOLDER = Path(__file__).parent / "seed"
#: What a sentence may teach; ``-`` in a file stands for none.
COLUMNS: dict[str, tuple[str, ...]] = {
    "cause": tuple(CAUSES),
    "responsible": tuple(RESPONSIBLE),
    "act": AGENT_ACTS + CALLER_ACTS,
}
FILES = {"reasons.tsv": ("cause", "responsible"), "closings.tsv": ("act",)}
#: Telling words, each with the column and the label that it speaks for.
WORDS = "words.tsv"
#: Topics of the other seed whose plain requests look like no cause: those of faults and parcels would.
_PLAIN = frozenset({"", "activity", "inquiry", "invoice", "account", "package"})
#: Topics of the other seed whose complaints mostly have one cause.
_MOSTLY = {
    "network": "outage",
    "device": "quality",
    "delivery": "delivery",
    "refund": "refund",
    "billing": "billing",
}


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, who says it, and its label in each column that it teaches; ``""`` for none."""

    role: str
    text: str
    labels: dict[str, str]


def read_sentences(folder: Path = FOLDER) -> list[Sentence]:
    """Return the sentences of the seed's files.

    Raises
    ------
    SeedError
        A line has the wrong columns, or a label is unknown; the message names file, line and labels.
    """
    return [sentence for name in FILES for sentence in _read(folder / name, FILES[name])]


def read_words(folder: Path = FOLDER) -> list[Sentence]:
    """Return the telling words as sentences, which teach one column each; nobody in particular says them.

    Raises
    ------
    SeedError
        As :func:`read_sentences`.
    """
    return [
        Sentence("", fields["text"], {fields["column"]: fields["label"]})
        for fields, where in _rows(folder / WORDS, ("column", "label", "text"))
        if _check(where, "column", fields["column"], tuple(COLUMNS))
        and _check(where, "label", fields["label"], COLUMNS[fields["column"]])
    ]


def plain_sentences() -> list[Sentence]:
    """Return sentences without a cause: greetings and requests of the topic seed's callers."""
    return [
        Sentence(row.role, row.text, {"cause": "", "responsible": ""})
        for row in _callers()
        if row.severity == NO_COMPLAINT and row.sentiment != "positive" and row.topic in _PLAIN
    ]


def topic_sentences() -> list[Sentence]:
    """Return complaints of the topic seed with the cause that most of their topic have."""
    return [
        Sentence(row.role, row.text, {"cause": _MOSTLY[row.topic]})
        for row in _callers()
        if row.severity in SEVERITIES[:2] and row.topic in _MOSTLY
    ]


def _callers() -> list[SeedRow]:
    """Return what callers say in the topic seed's sentences, those that were written one by one."""
    return [row for row in read_seed(TOPIC_SEED) if row.role == Role.CALLER and "/line-" in row.family]


def corpus_hash(folder: Path = FOLDER) -> str:
    """Return the SHA-256 (hexadecimal) of the seed's files."""
    digest = hashlib.sha256()
    for name in (*FILES, WORDS):
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()


def _read(path: Path, columns: tuple[str, ...]) -> Iterator[Sentence]:
    for fields, where in _rows(path, ("role", *columns, "text")):
        _check(where, "role", fields["role"], (Role.CALLER.value, Role.AGENT.value))
        for column in columns:
            _check(where, column, fields[column], ("-", *COLUMNS[column]))
        labels = {column: fields[column].removeprefix("-") for column in columns}
        yield Sentence(fields["role"], fields["text"], labels)


def _rows(path: Path, wanted: tuple[str, ...]) -> Iterator[tuple[dict[str, str], str]]:
    """Yield the lines of a file as fields, each with its place."""
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        if tuple(reader.fieldnames or ()) != wanted:
            raise SeedError(f"{path}:1: wrong columns", f"the first line must name {', '.join(wanted)}")
        for fields in reader:
            where = f"{path}:{reader.line_num}"
            if None in fields or not fields["text"]:
                raise SeedError(f"{where}: not {len(wanted)} fields", "separate the fields with one tab each")
            yield fields, where


def _check(where: str, name: str, value: str, allowed: tuple[str, ...]) -> bool:
    if value not in allowed:
        raise SeedError(f"{where}: {name}: {value!r} is unknown", f"use one of {', '.join(allowed)}")
    return True
