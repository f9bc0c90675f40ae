"""A terminal that is read character by character, and gets back its mode whatever happens."""

from __future__ import annotations

import codecs
import os
import re
import select
import signal
import termios
import tty
from types import FrameType, TracebackType
from typing import Any

# A function key sends digits too: the delete key, for example, ESC [ 3 ~ (ECMA-48, 5.4).
_FUNCTION_KEY = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O.|.)?")
_AT_ONCE = 4096


class Terminal:
    """Tells what is typed, without echo and without waiting for Enter.

    Within the ``with`` block signals that ask the process to end raise :class:`SystemExit`, so that the
    mode is given back then too; after a stop (Ctrl-Z) the mode is taken again.

    Parameters
    ----------
    file : int
        File number of a terminal.
    """

    def __init__(self, file: int) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._mode: list[Any] = []
        self._handlers: dict[int, Any] = {}

    def __enter__(self) -> Terminal:
        self._mode = termios.tcgetattr(self._file)
        for number in (signal.SIGTERM, signal.SIGHUP):
            self._handlers[number] = signal.signal(number, self._end)
        self._handlers[signal.SIGCONT] = signal.signal(signal.SIGCONT, self._go_on)
        tty.setcbreak(self._file, termios.TCSADRAIN)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        try:
            termios.tcsetattr(self._file, termios.TCSADRAIN, self._mode)
        except termios.error:  # the terminal was closed
            pass

    def read(self, seconds: float) -> str | None:
        """Return what was typed, waiting so long for the first character; ``None`` at its end."""
        if not select.select([self._file], [], [], seconds)[0]:
            return ""
        try:
            data = os.read(self._file, _AT_ONCE)
        except OSError:  # the terminal was closed
            data = b""
        return _FUNCTION_KEY.sub("", self._decoder.decode(data)) if data else None

    def _end(self, number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    def _go_on(self, _number: int, _frame: FrameType | None) -> None:
        tty.setcbreak(self._file, termios.TCSADRAIN)
