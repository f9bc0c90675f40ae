from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from huawu.centre.config import load_centre
from huawu.centre.upkeep import DRAIN_MARGIN, GRACE

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]


def test_systemd_waits_until_the_engine_has_finished() -> None:
    unit = (ROOT / "deploy" / "systemd" / "huawu.service").read_text("utf-8")
    minutes = re.search(r"^TimeoutStopSec=(\d+)min$", unit, re.MULTILINE)
    assert minutes is not None
    drain = load_centre().file.engine.drain_minutes * 60
    assert int(minutes[1]) * 60 > drain + DRAIN_MARGIN + 2 * GRACE


def test_the_container_is_given_all_that_the_wheel_is_made_of() -> None:
    lines = (ROOT / "deploy" / "container" / "Containerfile").read_text("utf-8").splitlines()
    copied = {name for line in lines if line.startswith("COPY ") for name in line.split()[1:-1]}
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"][
        "wheel"
    ]
    needed = {*wheel["packages"], *(path.split("/")[0] for path in wheel["force-include"])}
    assert needed <= copied
