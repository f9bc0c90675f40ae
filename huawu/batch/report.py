"""The report of a batch: a line of JSON for each of its files, with the reason where there is one."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from calls.batches import BatchFile
from calls.errors import BatchError


class Report:
    """Writes the report of a batch, which takes the place of an earlier one when it is complete.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if path.is_dir() or not path.absolute().parent.is_dir():
            raise BatchError(
                f"--report {path}: a file cannot be made there", "name a file in a folder that exists"
            )

    def write(self, files: Iterable[BatchFile], faults: Iterable[str] = ()) -> None:
        """Write a line for each fault of the source, and for each file.

        Raises
        ------
        BatchError
            It cannot be written.
        """
        draft = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")
        try:
            with draft.open("w", encoding="utf-8") as out:
                for fault in faults:
                    out.write(_line({"place": "", "state": "failed", "step": "source", "reason": fault}))
                for file in files:
                    out.write(_line(row_of(file)))
                out.flush()
                os.fsync(out.fileno())
            os.replace(draft, self.path)
        except OSError as error:
            raise BatchError(
                f"--report {self.path}: {error.strerror}", "free some space, or name another file"
            ) from None
        finally:
            with suppress(OSError):
                draft.unlink()


def row_of(file: BatchFile) -> dict[str, Any]:
    """Return what the report says of a file."""
    return {
        "place": file.place,
        "state": file.state.value,
        "step": file.step.value,
        "reason": file.reason,
        "call": file.call_id,
        "recording": file.recording_id,
        "seconds": round(file.seconds, 3),
        "size": file.size,
        "sha256": file.sha256,
        "found_at": file.found_at.isoformat(timespec="seconds"),
        "changed_at": file.changed_at.isoformat(timespec="seconds"),
    }


def _line(values: dict[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False) + "\n"
