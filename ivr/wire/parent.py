"""A process that ends with the one that started it."""

from __future__ import annotations

import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1  # prctl(2)


def end_with(parent: int, by: signal.Signals) -> bool:
    """Have the system send us ``by`` when ``parent`` ends; return whether it still lives."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, by)
    return os.getppid() == parent
