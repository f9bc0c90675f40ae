from __future__ import annotations

from pathlib import Path
from queue import SimpleQueue

import pytest

from ivr.media.loader import Loaded, Loader

pytestmark = pytest.mark.integration


def test_files_are_read_or_it_is_said_why_not(tmp_path: Path) -> None:
    told: SimpleQueue[Loaded] = SimpleQueue()
    loader = Loader(told.put)
    sound, empty, missing = (tmp_path / name for name in ("sound", "empty", "missing"))
    sound.write_bytes(b"abc")
    empty.write_bytes(b"")
    for path in (sound, empty, missing):
        loader.load(str(path))
    loader.end()
    assert [told.get_nowait() for _ in range(3)] == [
        Loaded(str(sound), b"abc"),
        Loaded(str(empty), None, f"{empty}: empty"),
        Loaded(str(missing), None, f"{missing}: No such file or directory"),
    ]
