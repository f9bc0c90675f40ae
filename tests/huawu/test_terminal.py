from __future__ import annotations

import os
import pty
import signal
import termios
from collections.abc import Iterator

import pytest

from huawu.terminal import Terminal

pytestmark = pytest.mark.unit


@pytest.fixture
def ends() -> Iterator[tuple[int, int]]:
    """Both ends of a terminal: where a person types, and where the program reads."""
    person, program = pty.openpty()
    yield person, program
    os.close(person)
    os.close(program)


def test_characters_come_without_enter_and_without_echo(ends: tuple[int, int]) -> None:
    person, program = ends
    with Terminal(program) as terminal:
        os.write(person, "1话".encode())
        assert terminal.read(5) == "1话"
        assert terminal.read(0) == ""
        assert not termios.tcgetattr(program)[3] & termios.ECHO


def test_a_character_that_arrives_in_parts(ends: tuple[int, int]) -> None:
    person, program = ends
    first, rest = "话".encode()[:1], "话".encode()[1:]
    with Terminal(program) as terminal:
        os.write(person, first)
        assert terminal.read(5) == ""
        os.write(person, rest)
        assert terminal.read(5) == "话"


@pytest.mark.parametrize("key", ["\x1b[A", "\x1b[3~", "\x1bOP", "\x1b[1;5C", "\x1b"])
def test_function_keys_are_nothing(ends: tuple[int, int], key: str) -> None:
    person, program = ends
    with Terminal(program) as terminal:
        os.write(person, f"{key}".encode())
        assert terminal.read(5) == ""


def test_a_closed_terminal_has_an_end() -> None:
    person, program = pty.openpty()
    with Terminal(program) as terminal:
        os.close(person)
        assert terminal.read(5) is None
    os.close(program)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_the_mode_is_given_back_when_a_signal_ends_the_process(
    ends: tuple[int, int], number: signal.Signals
) -> None:
    _, program = ends
    before, handler = termios.tcgetattr(program), signal.getsignal(number)
    with pytest.raises(SystemExit) as caught, Terminal(program) as terminal:
        os.kill(os.getpid(), number)
        terminal.read(5)
    assert caught.value.code == 128 + number
    assert termios.tcgetattr(program) == before
    assert signal.getsignal(number) == handler


def test_the_mode_is_taken_again_after_a_stop(ends: tuple[int, int]) -> None:
    _, program = ends
    before = termios.tcgetattr(program)
    with Terminal(program) as terminal:
        termios.tcsetattr(program, termios.TCSANOW, before)
        os.kill(os.getpid(), signal.SIGCONT)
        terminal.read(0)
        assert not termios.tcgetattr(program)[3] & termios.ECHO
    assert termios.tcgetattr(program) == before
