"""The timer that deletes what is too old, as far as it can be tried without systemd."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analytics.privacy.retention import Retention, read_retention
from calls.store import Store
from huawu.cli import app

pytestmark = pytest.mark.unit
DEPLOY = Path(__file__).parents[2] / "deploy"


def values(unit: str, field: str) -> list[str]:
    text = (DEPLOY / "systemd" / unit).read_text("utf-8")
    return re.findall(rf"^{field}=(.*)$", text, re.MULTILINE)


def test_the_file_that_is_shipped_holds_the_defaults() -> None:
    assert read_retention(DEPLOY / "retention.yaml") == Retention()


def test_the_service_calls_a_command_that_there_is(tmp_path: Path) -> None:
    Store.open(tmp_path / "huawu.db").close()
    (defaults,) = values("huawu-retention.service", "Environment")
    assert dict(each.split("=") for each in defaults.split()) == {
        "HUAWU_DB": "out/huawu.db",
        "HUAWU_RECORDINGS": "out/recordings",
    }
    (line,) = values("huawu-retention.service", "ExecStart")
    line = line.replace("${HUAWU_DB}", str(tmp_path / "huawu.db"))
    line = line.replace("${HUAWU_RECORDINGS}", str(tmp_path / "recordings"))
    program, *words = shlex.split(line.replace("/etc/huawu", str(DEPLOY)))

    done = CliRunner().invoke(app, words)

    assert program == values("huawu.service", "ExecStart")[0].split()[0]
    assert (done.exit_code, done.stdout.split(":")[0]) == (0, "deleted")


def test_both_services_share_user_and_folders() -> None:
    for field in ("User", "Group", "StateDirectory", "WorkingDirectory", "EnvironmentFile", "UMask"):
        assert values("huawu-retention.service", field) == values("huawu.service", field) != []


def test_the_timer_starts_every_night_and_makes_up_for_one_that_was_missed() -> None:
    assert values("huawu-retention.timer", "OnCalendar") == ["*-*-* 03:30"]
    assert values("huawu-retention.timer", "Persistent") == ["true"]
    assert values("huawu-retention.timer", "WantedBy") == ["timers.target"]
