"""A list of recordings with what is known of each: CSV with a line of column names, or JSON lines."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import tzinfo
from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from calls.errors import BatchError
from huawu.batch.entry import Entry
from huawu.batch.sources.fields import CHINESE, READERS, BadValue
from huawu.batch.sources.tally import Tally
from huawu.batch.sources.text import encoding_of, lines_of

#: Suffixes of manifests.
CSV_SUFFIXES, JSON_SUFFIXES = (".csv", ".tsv"), (".jsonl", ".ndjson")
#: What the columns of a manifest are called.
COLUMNS = ("path", *READERS)
_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")


def is_manifest(name: str) -> bool:
    """Tell by the suffix whether a file is a manifest."""
    return PurePosixPath(name).suffix.lower() in (*CSV_SUFFIXES, *JSON_SUFFIXES)


def read_manifest(
    name: str,
    open_it: Callable[[], BinaryIO],
    locate: Callable[[str], str],
    tally: Tally,
    zone: tzinfo | None = None,
) -> Iterator[Entry]:
    """Yield the recordings of a manifest, a line at a time.

    Parameters
    ----------
    name : str
        A path or URL, for its suffix and for messages.
    open_it : callable
        Opens it anew; it is read twice, once to tell its encoding (UTF-8 with or without a mark, GB18030).
    locate : callable
        Makes a place of the text of ``path``; raises :class:`BatchError` where there can be none.
    tally : Tally
        Is told of every line that is wrong; the others are taken.
    zone : tzinfo, optional
        Of times that say none; this machine's by default.

    Raises
    ------
    BatchError
        The manifest as a whole is wrong: an unknown column, no column ``path``, an unknown encoding.
    """
    with closing(open_it()) as file:
        encoding = encoding_of(name, file)
    with closing(open_it()) as file:
        text = io.TextIOWrapper(io.BufferedReader(file), encoding, newline="")  # type: ignore[type-var]
        is_csv = PurePosixPath(name).suffix.lower() in CSV_SUFFIXES
        rows = _csv_rows(name, text, tally) if is_csv else _json_rows(name, text, tally)
        for line, row in rows:
            try:
                yield _entry(name, line, row, locate, zone)
            except BatchError as error:
                tally.fault(error)


def _entry(
    name: str, line: int, row: dict[str, str], locate: Callable[[str], str], zone: tzinfo | None
) -> Entry:
    values: dict[str, Any] = {}
    for field, text in row.items():
        if field == "path" or not text:
            continue
        try:
            values[field] = READERS[field](text, zone)
        except BadValue as problem:
            raise BatchError(
                f"{name}:{line}: {field}: {text!r}: {problem.args[0]}", problem.args[1]
            ) from None
    path = row.get("path", "")
    if not path:
        raise BatchError(f"{name}:{line}: path: it is empty", "name the recording, or take the line out")
    if _WINDOWS.match(path):
        raise BatchError(
            f"{name}:{line}: path: {path!r}: a path of Windows",
            "write it as this machine sees it",
        )
    try:
        place = locate(path)
    except BatchError as problem:
        raise BatchError(f"{name}:{line}: path: {problem.message}", problem.hint) from None
    return Entry(place=place, line=line, **values)


def _csv_rows(name: str, text: io.TextIOWrapper, tally: Tally) -> Iterator[tuple[int, dict[str, str]]]:
    first = next(lines_of(text), "")
    delimiter = max(",;\t", key=first.count)
    header = next(csv.reader([first], delimiter=delimiter), [])
    columns = [_column(name, 1, each) for each in header]
    _check_columns(name, columns)
    for number, line in enumerate(lines_of(text), 2):
        try:
            # line by line: a quote that is not closed would swallow all that follows
            row = next(csv.reader([line], delimiter=delimiter, strict=True), [])
        except csv.Error as error:
            tally.fault(BatchError(f"{name}:{number}: {error}", "check the quotes of the line"))
            continue
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(columns):
            problem = f"{name}:{number}: {len(row)} fields, and line 1 has {len(columns)}"
            tally.fault(BatchError(problem, "put what holds a comma in double quotes"))
            continue
        yield (
            number,
            {field: cell.strip() for field, cell in zip(columns, row, strict=True) if field is not None},
        )


def _json_rows(name: str, text: io.TextIOWrapper, tally: Tally) -> Iterator[tuple[int, dict[str, str]]]:
    for number, line in enumerate(lines_of(text), 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
            if not isinstance(values, dict):
                raise BatchError(f"{name}:{number}: no object", 'write {"path": "a.wav", …} in each line')
            row = {}
            for key, value in values.items():
                field = _column(name, number, key)
                if isinstance(value, bool | dict | list | float):
                    problem = f"{name}:{number}: {key}: {value!r}: neither text nor a whole number"
                    raise BatchError(problem, "put it in double quotes")
                if field is not None and value is not None:
                    row[field] = str(value).strip()
        except (ValueError, RecursionError) as error:
            reason = getattr(error, "msg", None) or "brackets are nested too deeply"
            tally.fault(BatchError(f"{name}:{number}: no JSON: {reason}", "write one object in each line"))
        except BatchError as error:
            tally.fault(error)
        else:
            yield number, row


def _column(name: str, line: int, column: str) -> str | None:
    """Return the field that a column stands for; ``None`` where its name begins with ``_``."""
    text = column.strip()
    field = CHINESE.get(text, text.lower())
    if field.startswith("_"):
        return None
    if field in ("place", "uri", "file"):
        return "path"
    if field not in COLUMNS:
        near = get_close_matches(field, COLUMNS, n=1)
        known = f"known: {', '.join(COLUMNS)}; a column whose name begins with _ is left out"
        hint = f"did you mean {near[0]!r}? {known}" if near else known
        raise BatchError(f"{name}:{line}: unknown column {text!r}", hint)
    return field


def _check_columns(name: str, columns: list[str | None]) -> None:
    given = [column for column in columns if column is not None]
    if "path" not in given:
        raise BatchError(f"{name}:1: no column 'path'", f"name columns in line 1: {', '.join(COLUMNS)}")
    for column in given:
        if given.count(column) > 1:
            raise BatchError(f"{name}:1: the column {column!r} stands there twice", "keep one of them")
