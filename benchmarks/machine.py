"""On what machine something was measured, and how much memory it took."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def machine() -> str:
    """Return processor, number of processors and version of Python, for people."""
    models = [
        line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")
    ]
    name = models[0].partition(":")[2].strip() if models else platform.machine()
    return f"{name}, {os.cpu_count()} processors, Python {platform.python_version()}"


def peak_megabytes(pid: int | None = None) -> float:
    """Return a process's greatest resident size; getrusage would count the parent's before exec."""
    status = Path(f"/proc/{pid or 'self'}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
