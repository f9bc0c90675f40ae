"""How many workers a machine bears: from its processors, its free memory and the size of the model."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from speech.engines import AnyFolder

#: Memory that a worker needs beside the model which all share, in bytes: Python's own pages, decoder, and
#: the sound of a call of up to an hour.
WORKER_BYTES = 160 << 20
#: Memory of a loaded model for each byte of its folder.
MODEL_FACTOR = 1.3
#: Memory of what is there once: the process that gives the tasks, the judge's models and the imports.
HOUSE_BYTES = 900 << 20
#: Share of the free memory that is left to others.
RESERVE = 0.1

_CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What a machine has to give.

    Attributes
    ----------
    processors : int
        That this process may use: of its affinity and its group's quota.
    memory : int
        Bytes that are free, within the group's limit.
    """

    processors: int
    memory: int

    @classmethod
    def here(cls) -> Machine:
        """Return what this process has."""
        processors = len(os.sched_getaffinity(0))
        quota = _quota(_CGROUP, Path("/proc/self/cgroup"))
        return cls(
            processors=max(1, min(processors, math.ceil(quota))) if quota else processors,
            memory=min(_available(Path("/proc/meminfo")), _group_room(_CGROUP, Path("/proc/self/cgroup"))),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Who works.

    Attributes
    ----------
    workers : int
        Processes that transcribe, each one recording at a time.
    threads : int
        Channels that a worker recognises at the same time while other workers have nothing to do.
    judges : int
        Processes that judge; they are started when there is something to judge.
    why : str
        One line for people.
    """

    workers: int
    threads: int = 2
    judges: int = 1
    why: str = ""


def plan(
    machine: Machine,
    model_bytes: int,
    *,
    shared: bool = True,
    workers: int | None = None,
    threads: int | None = None,
    judges: int | None = None,
) -> Plan:
    """Return how many workers a machine bears.

    One worker for each processor, as long as memory suffices: recognising keeps a processor busy and nothing
    else. Two channels are recognised side by side by a worker whose neighbours have nothing to do; otherwise
    a second thread would only take the processor from another call.

    Parameters
    ----------
    machine : Machine
    model_bytes : int
        Size of the model's folder.
    shared : bool, optional
        Whether workers share the loaded model, as those of Vosk do.
    workers, threads, judges : int, optional
        What somebody wants instead.
    """
    loaded = int(MODEL_FACTOR * model_bytes)
    once, each = (HOUSE_BYTES + loaded, WORKER_BYTES) if shared else (HOUSE_BYTES, WORKER_BYTES + loaded)
    room = int((1 - RESERVE) * machine.memory) - once
    fitting = max(1, room // each)
    chosen = workers or min(machine.processors, fitting)
    needed = once + chosen * each
    parts = [f"{_many(machine.processors, 'processor')}, {_size(machine.memory)} of memory free"]
    kind = "shared" if shared else "each"
    parts.append(f"model {_size(loaded)} {kind}, {_size(WORKER_BYTES)} more for each worker")
    if workers:
        parts.append("as asked")
    elif fitting < machine.processors:
        parts.append("more do not fit into memory")
    if needed > machine.memory:
        parts.append(f"may need {_size(needed)}, more than is free")
    made = Plan(workers=chosen, threads=threads or 2, judges=judges or max(1, min(chosen, room // each)))
    why = f"{_many(made.workers, 'worker')}, up to {_many(made.threads, 'thread')} each, "
    why += f"{_many(made.judges, 'judge')}: {'; '.join(parts)}"
    return Plan(workers=made.workers, threads=made.threads, judges=made.judges, why=why)


def plan_for(
    folder: AnyFolder,
    machine: Machine | None = None,
    *,
    workers: int | None = None,
    judges: int | None = None,
) -> Plan:
    """Return :func:`plan` for a model, by default on the machine that this process is on.

    Parameters
    ----------
    folder : ModelFolder or SherpaFolder
        From :func:`speech.engines.find_recogniser`.
    machine : Machine, optional
    workers, judges : int, optional
        What somebody wants instead.
    """
    # all engines that there are have no threads of their own where one is asked for, so that forks share them
    return plan(
        machine or Machine.here(),
        folder_bytes(folder.path),
        workers=workers,
        judges=judges,
    )


def folder_bytes(folder: Path) -> int:
    """Return the size of all files in a folder."""
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())


def _available(meminfo: Path) -> int:
    """Return the bytes that can be had without swapping (proc(5), ``MemAvailable``)."""
    for line in meminfo.read_text().splitlines():
        name, _, rest = line.partition(":")
        if name == "MemAvailable":
            return int(rest.split()[0]) << 10
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _groups(root: Path, membership: Path) -> list[Path]:
    """Return the folders of our control group (version 2) and of those above it."""
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        return []
    own = next((line[3:] for line in lines if line.startswith("0::")), "/").strip("/")
    folder = root / own
    return [each for each in (folder, *folder.parents) if each.is_relative_to(root)]


def _quota(root: Path, membership: Path) -> float | None:
    """Return how many processors the control group may use; ``None`` where nothing limits it."""
    quotas = []
    for folder in _groups(root, membership):
        words = _read(folder / "cpu.max").split()
        if len(words) == 2 and words[0].isdecimal():
            quotas.append(int(words[0]) / int(words[1]))
    old = _read(root / "cpu/cpu.cfs_quota_us").strip()  # version 1
    period = _read(root / "cpu/cpu.cfs_period_us").strip()
    if old.isdecimal() and period.isdecimal() and int(old) > 0:
        quotas.append(int(old) / int(period))
    return min(quotas, default=None)


def _group_room(root: Path, membership: Path) -> int:
    """Return the bytes that the control group may take yet; very many where nothing limits it."""
    rooms = [1 << 62]
    for folder in _groups(root, membership):
        limit, used = _read(folder / "memory.max").strip(), _read(folder / "memory.current").strip()
        if limit.isdecimal() and used.isdecimal():
            rooms.append(
                int(limit) - int(used) + _reclaimable(_read(folder / "memory.stat"), "inactive_file")
            )
    old = root / "memory"
    limit, used = (_read(old / f"memory.{name}_in_bytes").strip() for name in ("limit", "usage"))
    if limit.isdecimal() and used.isdecimal():
        rooms.append(int(limit) - int(used) + _reclaimable(_read(old / "memory.stat"), "total_inactive_file"))
    return max(0, min(rooms))


def _reclaimable(stat: str, name: str) -> int:
    return next((int(line.split()[1]) for line in stat.splitlines() if line.split()[:1] == [name]), 0)


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def _many(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _size(count: int) -> str:
    return f"{count / (1 << 30):.1f} GB" if count >= 1 << 30 else f"{count / (1 << 20):.0f} MB"
