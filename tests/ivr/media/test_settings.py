from __future__ import annotations

import os
import subprocess
import sys

import pytest

from calls.errors import ServeError
from ivr.media.settings import MediaSettings

pytestmark = pytest.mark.unit


def test_the_defaults_hold_a_thousand_legs() -> None:
    settings = MediaSettings(run="run", ring="ring")
    assert (settings.slots, settings.host) == (1000, "127.0.0.1")
    assert (settings.port_max + 1 - settings.port_min) // 2 >= settings.slots


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("slots", 0),
        ("slots", 10_001),
        ("port_min", 80),
        ("port_min", 29_999),
        ("port_max", 70_000),
        ("rtp_timeout_seconds", 0.0),
        ("sound_minutes", 0.0),
        ("message_minutes", 61.0),
        ("network", "carrier pigeons"),
    ],
)
def test_a_value_out_of_range_is_refused_with_its_name(field: str, value: float | str) -> None:
    with pytest.raises(ServeError, match=str(value)):
        MediaSettings(run="run", ring="ring", **{field: value})


LOADED = """
import os, sys
import ivr.media.settings
assert "numpy" not in sys.modules
import ivr.media.process
print(os.environ["OPENBLAS_NUM_THREADS"])
heavy = {"vosk", "sklearn", "scipy", "sqlalchemy", "jieba", "pydantic", "flask", "soundfile", "soxr"}
print(sorted(heavy & {name.split(".")[0] for name in sys.modules}))
"""


def test_the_process_loads_nothing_heavy_and_uses_one_thread_for_arithmetic() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.endswith("NUM_THREADS")}
    done = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, env=environment, timeout=60
    )
    assert done.stdout.split("\n")[:2] == ["1", "[]"], done.stderr
