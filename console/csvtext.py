"""Tables as CSV that a spreadsheet only shows, and never computes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import chain

#: What begins a formula, for some spreadsheet: OWASP, CSV Injection.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def harmless(value: object) -> str:
    """Return a value as text that no spreadsheet takes for a formula; numbers stay as they are."""
    text = "" if value is None else str(value)
    if isinstance(value, (int, float)) or not text.lstrip(" \u00a0\u3000").startswith(_FORMULA):
        return text
    return f"'{text}"


def csv_lines(head: Iterable[object], rows: Iterable[Iterable[object]]) -> Iterator[bytes]:
    """Yield a table line by line, in UTF-8 with the mark by which spreadsheets know it."""
    line = io.StringIO()
    writer = csv.writer(line, quoting=csv.QUOTE_ALL)
    yield b"\xef\xbb\xbf"
    for row in chain((head,), rows):
        writer.writerow([harmless(value) for value in row])
        yield line.getvalue().encode()
        line.seek(0)
        line.truncate()
