"""Labelled files: dialogues with the votes of raters, texts with a sentiment, texts with a topic.

Three formats are read, and what is wrong in one is said with its line, field and value:

- dialogues, JSON lines: ``id``, ``turns`` of ``speaker`` (customer or agent) and ``text``, and
  ``satisfaction_mean`` from −2 to 2;
- sentiment, CSV with a header: ``text`` and ``label`` (1 positive and 0 negative, or the words);
- topics, CSV with a header: ``text`` and ``topic`` (or ``domain``).

Where a CSV file has a column ``title``, the title is read as the beginning of the text.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np

from calls.errors import AnalyticsError
from calls.records import Role, Transcript, Utterance

Row = TypeVar("Row", Transcript, str)

#: A dialogue is *dissatisfied* from this mean vote down: the sum of 19 votes is −13 or less.
DISSATISFIED_MEAN = -0.684
DISSATISFIED, OTHER = "dissatisfied", "other"

#: The sentiment that is sought.
NEGATIVE = "negative"
#: What may stand in the column ``label`` of a sentiment file, and what it means.
SENTIMENT_VALUES = {
    "0": NEGATIVE,
    "1": "positive",
    "negative": NEGATIVE,
    "neutral": "neutral",
    "positive": "positive",
}
TOPIC_COLUMNS = ("topic", "domain")
_SPEAKERS = {"customer": Role.CALLER, "agent": Role.AGENT}
_LOWEST, _HIGHEST = -2.0, 2.0


@dataclass(frozen=True, slots=True)
class LabelledSet(Generic[Row]):
    """Labelled rows of one file.

    Attributes
    ----------
    name : str
        The file's name, for messages and tables.
    ids : tuple of str
        As in the file; ``line 7`` where it has none.
    rows : tuple of Transcript or tuple of str
    labels : str array, shape (n_rows,)
    openings : tuple of str
        What the customer said first, or the text: by it near-identical rows are found.
    means : float array, shape (n_rows,), or None
        Mean vote of each dialogue, from −2 (very dissatisfied) to 2.
    votes : tuple of tuple of float
        The votes of each dialogue in no order; empty where the file holds none.
    """

    name: str
    ids: tuple[str, ...]
    rows: tuple[Row, ...]
    labels: np.ndarray
    openings: tuple[str, ...]
    means: np.ndarray | None = None
    votes: tuple[tuple[float, ...], ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def select(self, chosen: np.ndarray) -> LabelledSet[Row]:
        """Return the rows at the given indices, or where a mask is true."""
        places = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
        return LabelledSet(
            self.name,
            tuple(self.ids[place] for place in places),
            tuple(self.rows[place] for place in places),
            self.labels[places],
            tuple(self.openings[place] for place in places),
            None if self.means is None else self.means[places],
            tuple(self.votes[place] for place in places) if self.votes else (),
        )


def read_dialogues(path: Path) -> LabelledSet[Transcript]:
    """Read dialogues with their mean vote; the label is ``dissatisfied`` or ``other``.

    A written dialogue has no times: all its utterances begin and end at 0.0.

    Raises
    ------
    AnalyticsError
        The file, or a line of it, is not of the format.
    """
    rows: list[Transcript] = []
    means: list[float] = []
    votes: list[tuple[float, ...]] = []
    for place, line in _lines(path):
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise AnalyticsError(
                f"{place}: no JSON ({error.msg} at character {error.pos})", "put one object on each line"
            ) from None
        if not isinstance(row, dict):
            raise AnalyticsError(
                f"{place}: {_shown(row)} is no object", "write {id, turns, satisfaction_mean}"
            )
        rows.append(_transcript(place, row))
        means.append(_mean(place, row))
        votes.append(_votes(place, row))
    ids = tuple(row.call_id for row in rows)
    _require_rows(path, ids)
    _require_unique(path, ids)
    labels = np.where(np.array(means) <= DISSATISFIED_MEAN, DISSATISFIED, OTHER)
    return LabelledSet(
        path.name,
        ids,
        tuple(rows),
        labels,
        tuple(_opening(row) for row in rows),
        np.array(means),
        tuple(votes) if all(votes) else (),
    )


def read_sentiments(path: Path) -> LabelledSet[str]:
    """Read texts with their sentiment: ``negative``, ``neutral`` or ``positive``.

    Raises
    ------
    AnalyticsError
        The file, or a line of it, is not of the format.
    """
    ids, texts, labels = [], [], []
    for place, row in _records(path, ("label",)):
        value = row["label"].strip().lower()
        if value not in SENTIMENT_VALUES:
            raise AnalyticsError(
                f"{place}: label: {_shown(row['label'])}" if value else f"{place}: label is empty",
                f"write one of {', '.join(SENTIMENT_VALUES)}",
            )
        ids.append(row.get("id") or place.rpartition(":")[2])
        texts.append(_text(row))
        labels.append(SENTIMENT_VALUES[value])
    _require_rows(path, ids)
    return LabelledSet(path.name, tuple(ids), tuple(texts), np.array(labels), tuple(texts))


def read_topics(path: Path) -> LabelledSet[str]:
    """Read texts with their topic.

    Raises
    ------
    AnalyticsError
        The file, or a line of it, is not of the format.
    """
    ids, texts, labels = [], [], []
    for place, row in _records(path, TOPIC_COLUMNS):
        column = next(name for name in TOPIC_COLUMNS if name in row)
        topic = row[column].strip()
        if not topic:
            raise AnalyticsError(f"{place}: {column} is empty", "label the row or leave it out")
        ids.append(row.get("id") or place.rpartition(":")[2])
        texts.append(_text(row))
        labels.append(topic)
    _require_rows(path, ids)
    return LabelledSet(path.name, tuple(ids), tuple(texts), np.array(labels), tuple(texts))


def without_rare(rows: LabelledSet[Row], least: int) -> tuple[LabelledSet[Row], dict[str, int]]:
    """Leave out labels with fewer than ``least`` rows; return the rest, and the labels with their rows."""
    count = Counter(rows.labels.tolist())
    rare = {label: number for label, number in sorted(count.items()) if number < least}
    kept = rows.select(~np.isin(rows.labels, list(rare))) if rare else rows
    return kept, rare


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the place (file:line) and the text of each line that is not blank."""
    for number, line in enumerate(_read(path).split("\n"), start=1):
        if line.strip():
            yield f"{path}:{number}", line


def _records(path: Path, label_columns: Sequence[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the place and the fields of each record of a CSV file."""
    # not splitlines: a field may hold line ends of its own, and U+2028 ends no record
    reader = csv.reader(line + "\n" for line in _read(path).split("\n"))
    header: list[str] | None = None
    start = 1
    try:
        for record in reader:
            place, start = f"{path}:{start}", reader.line_num + 1
            if not any(record):
                continue
            if header is None:
                header = [name.strip() for name in record]
                _require_columns(path, header, label_columns)
                continue
            if len(record) != len(header):
                raise AnalyticsError(
                    f"{place}: {len(record)} fields, the header has {len(header)}",
                    "put texts with commas or line ends into double quotes",
                )
            yield place, dict(zip(header, record, strict=True))
    except csv.Error as error:
        raise AnalyticsError(
            f"{path}:{start}: no CSV ({error})", "quote each text with double quotes"
        ) from None


def _require_columns(path: Path, header: Sequence[str], label_columns: Sequence[str]) -> None:
    there = f"{path}:1: the columns are {_shown(', '.join(header))}"
    if "text" not in header:
        raise AnalyticsError(f"{there}; there is no column text", "name the column of the texts text")
    if not set(label_columns) & set(header):
        raise AnalyticsError(
            f"{there}; there is no column {' or '.join(label_columns)}", "only labelled rows can be scored"
        )


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise AnalyticsError(f"{path}: no UTF-8 at byte {error.start}", "save the file as UTF-8") from None


def _transcript(place: str, row: dict[str, Any]) -> Transcript:
    name = row.get("id")
    if not isinstance(name, str) or not name:
        raise AnalyticsError(f"{place}: id: {_shown(name)}", "give every dialogue an id, as a string")
    turns = row.get("turns")
    if not isinstance(turns, list) or not turns:
        raise AnalyticsError(f"{place}: turns: {_shown(turns)}", "write a list of {speaker, text}")
    utterances = []
    for number, turn in enumerate(turns):
        speaker = turn.get("speaker") if isinstance(turn, dict) else None
        text = turn.get("text") if isinstance(turn, dict) else None
        if not isinstance(speaker, str) or speaker not in _SPEAKERS:
            raise AnalyticsError(
                f"{place}: turns[{number}].speaker: {_shown(speaker)}", f"write {' or '.join(_SPEAKERS)}"
            )
        if not isinstance(text, str):
            raise AnalyticsError(
                f"{place}: turns[{number}].text: {_shown(text)}", "write the text as a string"
            )
        utterances.append(Utterance(number=number, role=_SPEAKERS[speaker], start=0.0, end=0.0, text=text))
    return Transcript(
        id=name, call_id=name, recogniser="written", model="written", utterances=tuple(utterances)
    )


def _mean(place: str, row: dict[str, Any]) -> float:
    mean = row.get("satisfaction_mean")
    if mean is None:
        raise AnalyticsError(
            f"{place}: there is no satisfaction_mean", "only labelled rows can be scored: leave this one out"
        )
    if isinstance(mean, bool) or not isinstance(mean, int | float) or not _LOWEST <= mean <= _HIGHEST:
        raise AnalyticsError(f"{place}: satisfaction_mean: {_shown(mean)}", "write a number from -2 to 2")
    return float(mean)


def _votes(place: str, row: dict[str, Any]) -> tuple[float, ...]:
    votes = row.get("satisfaction_votes", [])
    if not isinstance(votes, list) or not all(isinstance(vote, int | float) for vote in votes):
        raise AnalyticsError(f"{place}: satisfaction_votes: {_shown(votes)}", "write a list of numbers")
    return tuple(float(vote) for vote in votes)


def _opening(transcript: Transcript) -> str:
    """Return the customer's first words; the first words of the dialogue where the customer says none."""
    said = [each.text for each in transcript.utterances if each.role is Role.CALLER]
    return said[0] if said else transcript.utterances[0].text


def _text(row: dict[str, str]) -> str:
    title = row.get("title", "").strip()
    return f"{title}。{row['text']}" if title else row["text"]


def _require_rows(path: Path, ids: Sequence[str]) -> None:
    if not ids:
        raise AnalyticsError(f"{path}: there are no rows", "give a file with labelled rows")


def _require_unique(path: Path, ids: Sequence[str]) -> None:
    twice = [name for name, count in Counter(ids).items() if count > 1]
    if twice:
        raise AnalyticsError(
            f"{path}: id {_shown(twice[0])} is there twice", "give every dialogue its own id"
        )


def _shown(value: object) -> str:
    """Return a value as a message shows it: short, since it may be a whole text."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "…"
