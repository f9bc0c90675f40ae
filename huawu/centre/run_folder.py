"""The run folder of a centre: who supervises there, and what runs."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from calls.errors import ServeError

_LOCK, _STATE = "serve.lock", "state.json"


@contextmanager
def locked(run: str | Path) -> Iterator[None]:
    """Be the one supervisor of a run folder, which is made if it is missing.

    Raises
    ------
    ServeError
        Another one is, or the folder cannot be used.
    """
    try:
        Path(run).mkdir(mode=0o700, parents=True, exist_ok=True)
        file = Path(run, _LOCK).open("a+", encoding="ascii")
    except OSError as error:
        raise ServeError(f"run folder {run}: {error.strerror}", "name another one with run:") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            holder = file.read().strip() or "?"
            raise ServeError(
                f"run folder {run}: another huawu serve works there, process {holder}",
                "stop it, or name another folder with run:",
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def write_state(run: str | Path, state: dict[str, Any]) -> None:
    """Put ``state`` in the place of what :func:`read_state` returned; readers see the old one or the new."""
    place = Path(run, _STATE)
    new = place.with_suffix(".new")
    new.write_text(json.dumps(state), encoding="utf-8")
    new.replace(place)


def read_state(run: str | Path) -> dict[str, Any] | None:
    """Return what the supervisor of a run folder last told; ``None`` where none works there.

    Returns
    -------
    dict
        ``serve``: its process; ``http``: address of the engine's pages; ``processes``: by name ``pid``,
        ``ready`` and ``restarts`` of those that run.
    """
    try:
        state: dict[str, Any] = json.loads(Path(run, _STATE).read_bytes())
        os.kill(state["serve"], 0)
    except (OSError, ValueError):
        return None
    return state


def clear(run: str | Path, others: Iterable[str | Path] = ()) -> None:
    """Take away what :func:`read_state` returned, and other files: nothing runs any more."""
    for file in (Path(run, _STATE), *map(Path, others)):
        file.unlink(missing_ok=True)
