"""The real console in a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CODE = "import typer; from huawu.console_command import console_command; typer.run(console_command)"


@dataclass
class Running:
    """A console at ``address``; what it said and how it ended are known after it was interrupted."""

    address: str
    said: str = ""
    exit_code: int | None = None


@contextmanager
def running_console(folder: Path, *more: str) -> Iterator[Running]:
    """Serve ``desk.db`` and ``recordings`` of a folder, and interrupt the console at the end."""
    options = ["--db", str(folder / "desk.db"), "--recordings", str(folder / "recordings"), *more]
    command = [sys.executable, "-c", CODE, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        running = Running(process.stdout.readline().strip())
        try:
            yield running
        finally:
            process.send_signal(signal.SIGINT)
            running.said, _ = process.communicate(timeout=30)
            running.exit_code = process.returncode
