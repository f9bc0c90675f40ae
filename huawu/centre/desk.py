"""The QA desk as a process of a centre."""

from __future__ import annotations

import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from huawu.console_command import console_command


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSettings:
    """All fields are of JSON's types.

    Parameters
    ----------
    database, recordings : str
        Where calls are kept.
    port : int
        On this machine.
    """

    database: str
    recordings: str
    port: int


def run(settings: DeskSettings) -> None:
    """Serve the desk until told to end."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    console_command(settings.database, Path(settings.recordings), settings.port, "127.0.0.1")
