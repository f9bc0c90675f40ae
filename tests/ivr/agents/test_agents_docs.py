"""``docs/agents.md`` tells of everything that there is, with its own numbers."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from calls.records import AgentState
from huawu.agents_command import agents_app
from ivr.agents.actions import LogKind
from ivr.agents.codes import CODES
from ivr.agents.personnel import COLUMNS
from ivr.agents.rules import Rules

pytestmark = pytest.mark.unit

PAGE = (Path(__file__).parents[3] / "docs" / "agents.md").read_text(encoding="utf-8")


def column(section: str) -> list[str]:
    """Return the first cells of the table in a section."""
    text = PAGE.partition(f"## {section}\n")[2].partition("\n## ")[0]
    return re.findall(r"`([^`]+)`", "\n".join(re.findall(r"^\| (`[^|]*)\|", text, re.MULTILINE)))


def test_every_state_code_and_event_is_there_and_no_other() -> None:
    assert column("States") == [*AgentState]
    assert column("From the agent's phone") == [*CODES.values()]
    assert {*column("The queue log")} == {*LogKind}


def test_numbers_are_those_of_the_code() -> None:
    rules = Rules()
    for text in (
        f"`ring_seconds` ({rules.ring_seconds:g})",
        f"`wrap_up_seconds` ({rules.wrap_up_seconds:g})",
        f"left alone for {rules.retry_seconds:g} seconds",
        f"{rules.most_no_answers} rings in a row",
        f"for {rules.empty_seconds:g} seconds (`leavewhenempty`",
        f"`{','.join(COLUMNS)}`",
    ):
        assert text in " ".join(PAGE.split()), text


def test_the_commands_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "agents.csv").write_text("id\n1002\n")
    commands = re.findall(r"^huawu agents (.*)$", PAGE, re.MULTILINE)
    assert len(commands) == 5 <= len(get_command(agents_app).commands)  # type: ignore[attr-defined]
    for command in commands:
        assert CliRunner().invoke(agents_app, shlex.split(command), catch_exceptions=False).exit_code == 0
