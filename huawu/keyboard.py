"""The keys of a test call: a terminal read key by key, or a pipe that a test writes to."""

from __future__ import annotations

import os
import unicodedata
from types import TracebackType

from huawu.terminal import Terminal
from huawu.typed import KEYS
from ivr.doors.microphone import HANG_UP


class Keyboard:
    """Tells which keys were pressed. A terminal gets its mode back when the ``with`` block ends.

    Parameters
    ----------
    file : int
        File number of a terminal or of anything else that can be read; its end is no key.
    """

    def __init__(self, file: int) -> None:
        self._input = Terminal(file)
        self._is_terminal = os.isatty(file)
        self._over = False

    def __enter__(self) -> Keyboard:
        if self._is_terminal:
            self._input.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_terminal:
            self._input.__exit__(kind, error, trace)

    def pressed(self) -> str:
        """Return the telephone's keys and ``q``, to hang up, that were pressed since the last time."""
        typed = None if self._over else self._input.read(0)
        self._over = typed is None
        # a Chinese input method types ＃ for #
        plain = unicodedata.normalize("NFKC", typed or "").lower()
        return "".join(key for key in plain if key in KEYS or key == HANG_UP)
