"""Lists of calls as files for spreadsheets: CSV, and XLSX in which every cell of words is words."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import IO

import xlsxwriter

#: Bytes of a file that are handed on at a time.
PIECE = 64 * 1024
#: Characters that a cell takes (Excel's specification).
CELL = 32_767

Cell = str | float | None


def xlsx_pieces(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """Yield an XLSX file piece by piece, once all rows are written to the disk.

    No cell is a formula or a link, whatever it holds.
    """
    with tempfile.TemporaryFile() as file:
        _write(file, head, rows)
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


def _write(file: IO[bytes], head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    # one row at a time is in memory
    book = xlsxwriter.Workbook(file, {"constant_memory": True})
    sheet = book.add_worksheet()
    bold = book.add_format({"bold": True})
    for column, name in enumerate(head):
        sheet.write_string(0, column, name, bold)
    sheet.freeze_panes(1, 0)
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(number, column, value[:CELL])
            elif value is not None:
                sheet.write_number(number, column, value)
    book.close()
