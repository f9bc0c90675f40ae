"""``huawu agents`` as its users see it, on a database of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from calls.errors import AgentError, HuawuError, NotFound
from calls.records import Agent, AgentState, AgentStateChange, Queue
from calls.store import Store
from huawu.agents_command import agents_app

pytestmark = pytest.mark.integration


class Shell:
    """Calls the command on one database."""

    def __init__(self, folder: Path) -> None:
        self.database = folder / "huawu.db"

    def run(self, *arguments: str | Path) -> Result:
        return CliRunner().invoke(agents_app, [*map(str, arguments), "--db", str(self.database)])

    def says(self, *arguments: str | Path) -> str:
        done = self.run(*arguments)
        assert done.exit_code == 0, done.output
        return done.output

    def refuses(self, *arguments: str | Path) -> HuawuError:
        error = self.run(*arguments).exception
        assert isinstance(error, HuawuError)
        return error

    def stored(self, kind: type) -> list[object]:
        with Store.open(self.database) as store:
            return store.find(kind)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


WANG = (
    "add",
    "1001",
    "--address",
    "sip:1001@10.0.0.5",
    "--name",
    "王敏",
    "--team",
    "一组",
    "--skills",
    "退款",
)


def test_an_agent_is_added_changed_listed_and_removed(shell: Shell) -> None:
    assert shell.says(*WANG).startswith("agent 1001 added.")
    assert shell.says("add", "1001", "--skills", "退款,宽带", "--login").startswith("agent 1001 changed.")
    assert shell.stored(Agent) == [
        Agent(id="1001", name="王敏", team="一组", skills=("退款", "宽带"), address="sip:1001@10.0.0.5")
    ]
    header, line = shell.says("list").splitlines()
    assert header.split() == ["ID", "NAME", "TEAM", "SKILLS", "ADDRESS", "STATE", "SINCE"]
    assert line.split()[:-2] == ["1001", "王敏", "一组", "退款", "宽带", "sip:1001@10.0.0.5", "available"]
    assert shell.says("remove", "1001").startswith("1 agents removed.")
    assert shell.says("list") == "there are no agents\n"


def test_who_is_to_begin_at_once_is_logged_in(shell: Shell) -> None:
    shell.says(*WANG, "--login")
    (change,) = shell.stored(AgentStateChange)
    assert isinstance(change, AgentStateChange)
    assert (change.agent_id, change.state) == ("1001", AgentState.AVAILABLE)


def test_an_address_that_cannot_be_rung_is_refused(shell: Shell) -> None:
    error = shell.refuses("add", "1001", "--address", "10.0.0.5")
    assert (type(error), error.message) == (AgentError, "address: '10.0.0.5' is no address of a phone")
    assert shell.stored(Agent) == []


def test_an_agent_who_does_not_exist_cannot_be_removed_nor_others_with_it(shell: Shell) -> None:
    shell.says(*WANG)
    error = shell.refuses("remove", "1001", "1002")
    assert (type(error), error.message) == (NotFound, "agent 1002 does not exist; nothing was removed")
    assert len(shell.stored(Agent)) == 1


def test_a_file_is_taken_as_a_whole_or_not_at_all(shell: Shell, tmp_path: Path) -> None:
    shell.says(*WANG)
    file = tmp_path / "agents.csv"
    file.write_text("id,name,address\n1001,王静,\n1002,李强,sip:1002@10.0.0.5\n", encoding="utf-8")
    assert shell.says("import", file).startswith("1 agents added, 1 changed.")
    before = shell.stored(Agent)
    assert before == [
        Agent(id="1001", name="王静"),
        Agent(id="1002", name="李强", address="sip:1002@10.0.0.5"),
    ]
    file.write_text("id,name,address\n1003,张三,\n1004,赵六,10.0.0.5\n", encoding="utf-8")
    assert shell.refuses("import", file).message.startswith(f"{file}:3: address: '10.0.0.5' is no address")
    assert shell.stored(Agent) == before


def test_a_queue_is_added_changed_listed_and_removed(shell: Shell) -> None:
    shell.says(*WANG)
    assert shell.says("queue", "refund", "--name", "售后", "--skills", "退款").startswith(
        "queue refund added."
    )
    assert shell.says("queue", "refund", "--ring-seconds", "15").startswith("queue refund changed.")
    assert shell.stored(Queue) == [Queue(id="refund", name="售后", skills=("退款",), ring_seconds=15.0)]
    assert shell.says("queues").splitlines()[1].split() == ["refund", "售后", "退款", "15", "s", "1"]
    assert shell.says("remove-queue", "refund").startswith("1 queues removed.")
    assert shell.says("queues") == "there are no queues\n"


@pytest.mark.parametrize("command", [["list"], ["queues"], ["remove", "1001"], ["remove-queue", "q"]])
def test_a_database_that_is_not_there_is_not_made(shell: Shell, command: list[str]) -> None:
    assert "does not exist" in shell.refuses(*command).message
    assert not shell.database.exists()
