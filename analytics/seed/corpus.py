"""The seed corpus: labelled utterances of call-centre Chinese, as tab-separated text anyone may extend.

``written/<topic>.tsv`` holds sentences written one by one, ``composed/<topic>.tsv`` what
:mod:`analytics.seed.composer` makes of fragments. ``written/general.tsv`` holds what is said in every
call (greetings, menu prompts, numbers) and has no topic. Columns: role, severity, sentiment, family,
text. Rows of one family share their telling words, so a fair split keeps a family on one side; ``-`` is
a family of its own.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from analytics.labels import SENTIMENTS, SEVERITIES, STRONG_NEGATIVE, TOPICS
from calls.errors import HuawuError
from calls.records import Role

FOLDER = Path(__file__).parent
COLUMNS = ("role", "severity", "sentiment", "family", "text")
#: File name of the rows without a topic.
GENERAL = "general"
_ALLOWED = {
    "role": (Role.CALLER.value, Role.AGENT.value),
    "severity": ("none", *SEVERITIES),
    "sentiment": (STRONG_NEGATIVE, *SENTIMENTS),
}


class SeedError(HuawuError):
    """A line of a seed file is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedRow:
    """One labelled utterance. ``topic`` is ``""`` where the words belong to no topic."""

    role: str
    topic: str
    severity: str
    sentiment: str
    family: str
    text: str


def seed_files(folder: Path = FOLDER) -> list[Path]:
    """Return the seed's files in a fixed order."""
    return sorted((folder / "written").glob("*.tsv")) + sorted((folder / "composed").glob("*.tsv"))


def seed_hash(folder: Path = FOLDER) -> str:
    """Return the SHA-256 (hexadecimal) over the names and the content of the seed's files."""
    digest = hashlib.sha256()
    for path in seed_files(folder):
        digest.update(f"{path.parent.name}/{path.name}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def read_seed(folder: Path = FOLDER) -> list[SeedRow]:
    """Return all rows of the seed.

    Raises
    ------
    SeedError
        A file is named after no topic, a line has the wrong columns, or a label is unknown; the message
        names file, line and the allowed values.
    """
    rows: list[SeedRow] = []
    for path in seed_files(folder):
        rows.extend(_read_file(path))
    return rows


def _read_file(path: Path) -> Iterator[SeedRow]:
    topic = "" if path.stem == GENERAL else path.stem
    if topic and topic not in TOPICS:
        raise SeedError(f"{path}: no topic {topic!r}", f"name the file after one of {', '.join(TOPICS)}")
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise SeedError(f"{path}:1: wrong columns", f"the first line must name {', '.join(COLUMNS)}")
        for fields in reader:
            where = f"{path}:{reader.line_num}"
            if None in fields or not fields["text"]:
                raise SeedError(
                    f"{where}: not {len(COLUMNS)} fields", "separate the fields with one tab each"
                )
            for column, allowed in _ALLOWED.items():
                if fields[column] not in allowed:
                    raise SeedError(
                        f"{where}: {column}: {fields[column]!r} is unknown",
                        f"use one of {', '.join(allowed)}",
                    )
            family = fields.pop("family")
            if family == "-":
                family = f"{path.stem}/line-{reader.line_num}"
            yield SeedRow(topic=topic, family=family, **fields)


def write_rows(path: Path, rows: Iterable[SeedRow]) -> None:
    """Write rows of one topic to a seed file."""
    with path.open("w", encoding="utf-8", newline="") as lines:
        lines.write("\t".join(COLUMNS) + "\n")
        for row in rows:
            lines.write("\t".join(getattr(row, column) for column in COLUMNS) + "\n")
