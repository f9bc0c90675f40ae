"""Text files of other systems: in UTF-8 with or without a mark, or in GB18030, line by line."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO, TextIO

from calls.errors import BatchError

#: Characters of a line; what is longer is given in pieces, so that a file without lines fills no memory.
LONGEST_LINE = 1 << 20
_BLOCK = 1 << 18


def lines_of(text: TextIO) -> Iterator[str]:
    """Yield the lines that are left of a text, with their ends."""
    while line := text.readline(LONGEST_LINE):
        yield line


def encoding_of(name: str, file: BinaryIO) -> str:
    """Return how a file is encoded: it has to be valid from its first byte to its last.

    Parameters
    ----------
    name : str
        For messages.
    file : BinaryIO
        Read to its end, a block at a time.

    Raises
    ------
    BatchError
        It is neither UTF-8 nor GB18030.
    """
    decoders = {each: codecs.getincrementaldecoder(each)() for each in ("utf-8-sig", "gb18030")}
    line = 1
    first = True
    while True:
        block = file.read(_BLOCK)
        if first and block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise BatchError(f"{name}: it is UTF-16", "save it as CSV UTF-8")
        first = False
        for each in list(decoders):
            try:
                decoders[each].decode(block, final=not block)
            except UnicodeDecodeError:
                del decoders[each]
        if not decoders:
            raise BatchError(f"{name}: near line {line}: neither UTF-8 nor GB18030", "save it as CSV UTF-8")
        if not block:
            return next(iter(decoders))
        line += block.count(b"\n")
