from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from calls.errors import TrialError
from huawu.cli import flow_app
from tests.ivr.flows import DESK

pytestmark = pytest.mark.integration

SECRET = DESK.replace("    spoken: true\n", "    secret: true\n").replace('"尾号{phone_last4}"', "已经办好")
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "desk.yaml"
    path.write_text(DESK, encoding="utf-8")
    return path


def fast(file: Path, typed: str, *options: str | Path) -> Result:
    """Call from a pipe, in virtual time."""
    command = ["try", str(file), "--fast", *map(str, options)]
    return CliRunner().invoke(flow_app, command, input=typed)


# -- lines from a pipe ------------------------------------------------------------------------------


def test_a_call_from_a_pipe(file: Path) -> None:
    done = fast(file, "天气\n1\n1234#\n")
    assert (done.exit_code, done.stdout.splitlines()) == (
        0,
        [
            "     0.0 s  node    hello (play)",
            "     0.0 s  system  您好",
            "     0.4 s  node    menu (menu)",
            "     0.4 s  system  话费一快递二",
            "     1.8 s  caller  says 天气",
            "     2.9 s  call    heard “天气” with confidence 1.00",
            "     2.9 s  call    no-match number 1, heard 天气",
            "     2.9 s  system  没听懂",
            "     3.6 s  system  一还是二",
            "     4.5 s  caller  presses 1",
            "     4.5 s  node    phone (collect)",
            "     4.5 s  system  手机号码",
            "     5.4 s  caller  presses 1234#",
            "     5.4 s  node    bill (play)",
            "     5.4 s  system  尾号幺二三四",
            "                    phone = 1234",
            "                    phone_last4 = 1234",
            "     6.7 s  node    bye (hangup)",
            "     6.7 s  call    ended: completed, contained",
            "contained (completed) after 6.7 s",
        ],
    )


def test_secrets_are_dots_everywhere(file: Path) -> None:
    file.write_text(SECRET, encoding="utf-8")
    done = fast(file, "1\n1357#\n")
    assert "caller  presses •••••\n" in done.stdout
    assert "phone = •••\n" in done.stdout
    assert "1357" not in done.stdout


def test_silence_runs_the_timer_out(file: Path) -> None:
    done = fast(file, "\n\n\n")
    spoken = [line for line in done.stdout.splitlines() if " call " in line]
    assert spoken == [
        "     6.8 s  call    no-input number 1",
        "    13.3 s  call    no-input number 2",
        "    20.3 s  call    no-input number 3",
        "    20.3 s  call    ended: lost, failed",
    ]


def test_silence_while_a_message_is_taken_ends_it(file: Path) -> None:
    done = fast(file, "345\n你好请回电\n\n")
    assert "caller  says 你好请回电\n" in done.stdout
    assert done.stdout.endswith("voicemail (completed) after 6.6 s · left a message\n")


@pytest.mark.parametrize("typed", ["", "q\n"], ids=["end of the input", "q"])
def test_hanging_up(file: Path, typed: str) -> None:
    done = fast(file, typed)
    assert (done.exit_code, done.stdout.splitlines()[-3:]) == (
        0,
        [
            "     1.8 s  caller  hangs up",
            "     1.8 s  call    ended: caller, abandoned",
            "abandoned (caller) after 1.8 s",
        ],
    )


def test_the_world_around_the_call(file: Path) -> None:
    agent = fast(file, "0\n\n\n")
    assert "talks with agent 1001" in agent.stdout
    assert agent.stdout.endswith("handed-off (agent) after 37.4 s\n")

    world = file.with_name("world.yaml")
    world.write_text("agents: {}\n", encoding="utf-8")
    nobody = fast(file, "0\n\n", "--world", world)
    assert "the longest wait is over" in nobody.stdout

    world.write_text("agents: {sales: {}}\n", encoding="utf-8")
    wrong = fast(file, "", "--world", world)
    assert isinstance(wrong.exception, TrialError)
    assert str(wrong.exception) == f"{world}:1: agents.sales: unknown queue 'sales' → known: general"


def test_a_caller_at_another_time(file: Path) -> None:
    schedule = "schedules: {office: {weekly: {mon-fri: ['09:00-18:00']}}}\nnodes:\n"
    node = "  hello: {type: hours, schedule: office, open: menu, closed: message}\n"
    text = DESK.replace("nodes:\n", schedule + node).replace("  hello: {type: play", "  hello2: {type: play")
    file.write_text(text, encoding="utf-8")
    assert "hello (hours, state open)" in fast(file, "").stdout
    assert "hello (hours, state closed)" in fast(file, "", "--at", "2026-11-22 10:00").stdout


# -- a person at a terminal -------------------------------------------------------------------------


class Person:
    """Someone at a terminal in which the command runs."""

    def __init__(self, file: Path) -> None:
        self._end, self.terminal = pty.openpty()
        self.mode = termios.tcgetattr(self.terminal)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "huawu", "flow", "try", str(file)],
            stdin=self.terminal,
            stdout=self.terminal,
            stderr=self.terminal,
            env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "NO_COLOR": ""},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        self.seen = ""

    def types(self, text: str) -> Person:
        os.write(self._end, text.encode())
        return self

    def sees(self, text: str) -> Person:
        """Wait until it is shown, and forget what came before."""
        while text not in self.seen:
            assert select.select([self._end], [], [], 60)[0], f"waited for {text}, saw {self.seen[-2000:]}"
            self.seen += ESCAPES.sub("", os.read(self._end, 65536).decode(errors="ignore"))
        self.seen = self.seen[self.seen.index(text) + len(text) :]
        return self

    def exit_code(self) -> int:
        return self.process.wait(timeout=60)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._end)
        os.close(self.terminal)


@pytest.fixture
def person(file: Path) -> Iterator[Person]:
    someone = Person(file)
    yield someone
    someone.close()


@pytest.mark.slow
def test_keys_interrupt_words_are_said_and_timers_run(person: Person) -> None:
    person.sees("hello (play)").sees("menu (menu)")
    person.types("3").sees("inter-digit ").sees("█")
    person.types("4").sees("notice (play)").sees("menu (menu)").sees("first-input ")
    person.types("话费").sees("话费").sees("the clock stands still until Enter")
    person.types("\r").sees("says 话费").sees("heard “话费” with confidence 1.00").sees("phone (collect)")
    person.types("1234#").sees("presses 1234#").sees("bill (play)").sees("phone = 1234")
    person.types("\r").sees("contained (completed) after")
    assert person.exit_code() == 0
    assert termios.tcgetattr(person.terminal) == person.mode


def test_ctrl_c_hangs_up_and_the_terminal_is_as_before(person: Person) -> None:
    person.sees("menu (menu)").types("\x03").sees("ended: caller, abandoned").sees("abandoned (caller)")
    assert person.exit_code() == 130
    assert termios.tcgetattr(person.terminal) == person.mode


def test_a_terminal_that_closes_hangs_up(person: Person) -> None:
    person.sees("menu (menu)").types("\x04").sees("hangs up").sees("abandoned (caller)")
    assert person.exit_code() == 0
