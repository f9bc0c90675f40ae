"""Models hear files, each in a process of its own: memory is its own, and a crash costs one file."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from calls.errors import ModelError

#: Seconds that loading may take, and reading a file.
PATIENCE = 600.0
#: Seconds that recognising a file may take, and beside them so many for each second of a channel.
GRACE, SLOWEST = 60.0, 20.0
#: So that a real-time factor is that of one core.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True)
class Hearing:
    """What a model heard in a file, and what it cost in seconds; or the reason why there is nothing.

    ``seconds`` are those of sound in all channels.
    """

    text: str = ""
    seconds: float = 0.0
    wall: float = 0.0
    cpu: float = 0.0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a model heard in all files, in their order.

    Attributes
    ----------
    model, engine : str
        Their names.
    synthetic : bool
        It is the built-in model, which hears huawu's own synthetic voices only.
    load_seconds : float
    idle_mb, peak_mb : float
        Memory after loading, and the most there was, in MiB.
    hearings : tuple of Hearing
    """

    model: str
    engine: str
    synthetic: bool
    load_seconds: float
    idle_mb: float
    peak_mb: float
    hearings: tuple[Hearing, ...]


@dataclass(slots=True)
class _State:
    about: dict[str, Any] = field(default_factory=dict)
    hearings: dict[int, Hearing] = field(default_factory=dict)
    peak: float = 0.0


def hear(
    model: str,
    files: Sequence[Path],
    *,
    tick: Callable[[], None] = lambda: None,
    command: Sequence[str] = (sys.executable, "-m", "huawu.asr.ear"),
    grace: float = GRACE,
) -> Heard:
    """Let a model hear files, one after the other.

    A file at which the process dies or does not come to an end has that for its reason, and another
    process goes on with the next.

    Parameters
    ----------
    model : str
        As for ``--model``.
    files : sequence of Path
        Sound files.
    tick : callable, optional
        Called after each file.
    command : sequence of str, optional
        What is started.
    grace : float
        Seconds; see :data:`GRACE`.

    Raises
    ------
    ModelError
        The model cannot be loaded.
    """
    state = _State()
    while (first := len(state.hearings)) < len(files) or not state.about:
        _run(model, files, first, state, tick, command, grace)
    return Heard(
        model=state.about["name"],
        engine=state.about["engine"],
        synthetic=state.about["synthetic"],
        load_seconds=state.about["load_seconds"],
        idle_mb=state.about["idle_mb"],
        peak_mb=state.peak,
        hearings=tuple(state.hearings[number] for number in range(len(files))),
    )


def _run(
    model: str,
    files: Sequence[Path],
    first: int,
    state: _State,
    tick: Callable[[], None],
    command: Sequence[str],
    grace: float,
) -> None:
    """Start one process; it ends with all files heard, or with a reason for the file that ended it."""
    asked = json.dumps({"model": model, "files": [str(file) for file in files[first:]]})
    with tempfile.TemporaryFile() as complaints:
        with subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            env=os.environ | ONE_THREAD,
        ) as child:
            assert child.stdin is not None and child.stdout is not None
            lines, reader = _lines(child.stdout)
            try:
                try:
                    with child.stdin as pipe:
                        pipe.write(asked)
                except BrokenPipeError:
                    pass  # it died already: the end of its lines says so
                loaded, limit, seconds = False, PATIENCE, 0.0
                reason = "the process ended"
                while len(state.hearings) < len(files) or not loaded:
                    try:
                        line = lines.get(timeout=limit)
                    except queue.Empty:
                        reason = f"it took longer than {limit:.0f} s"
                        break
                    if line is None:
                        break
                    said = json.loads(line)
                    state.peak = max(state.peak, said.get("peak_mb", 0.0), said.get("idle_mb", 0.0))
                    if "refused" in said:
                        raise ModelError(said["refused"], said["hint"])
                    if "engine" in said:
                        loaded, state.about = True, state.about or said
                    elif "begins" in said:
                        seconds = said["seconds"] * said["channels"]
                        limit = grace + SLOWEST * seconds
                    else:
                        cost = {name: said[name] for name in ("text", "wall", "cpu") if name in said}
                        state.hearings[first + said["file"]] = Hearing(
                            **cost, seconds=seconds if cost else 0.0, reason=said.get("reason", "")
                        )
                        limit = PATIENCE
                        tick()
                else:
                    return
            finally:
                # one that is done gets the time to end, and then nothing is left of any
                _end(child)
                reader.join()
        if child.returncode < 0 and not reason.startswith("it took"):
            reason = f"the process died of signal {-child.returncode}"
        last = _last_line(complaints)
        if not loaded:
            raise ModelError(f"model {model} does not load: {reason}{last}", "see 'huawu models verify'")
        state.hearings[len(state.hearings)] = Hearing(reason=f"{reason} at this file{last}")
        tick()


def _end(child: subprocess.Popen[str]) -> None:
    try:
        child.wait(timeout=0.5)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _lines(pipe: IO[str]) -> tuple[queue.Queue[str | None], threading.Thread]:
    """Return a queue of the lines of a pipe, ``None`` at its end, and who fills it."""
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        for line in pipe:
            lines.put(line)
        lines.put(None)

    reader = threading.Thread(target=read, name="ear", daemon=True)
    reader.start()
    return lines, reader


def _last_line(file: IO[bytes]) -> str:
    file.seek(max(0, file.seek(0, 2) - 500))
    lines = file.read().decode("utf-8", "replace").strip().splitlines()
    return f" ({lines[-1][:200]})" if lines else ""
