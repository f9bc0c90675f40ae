from __future__ import annotations

import os
import pty
import termios
from collections.abc import Iterator

import pytest

from huawu.keyboard import Keyboard

pytestmark = pytest.mark.unit


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """The person's end and the program's end of a terminal."""
    person, program = pty.openpty()
    yield person, program
    os.close(person)
    os.close(program)


def is_raw(terminal: int) -> bool:
    return not termios.tcgetattr(terminal)[3] & (termios.ICANON | termios.ECHO)


def test_a_key_counts_when_it_is_pressed(terminal: tuple[int, int]) -> None:
    person, program = terminal
    with Keyboard(program) as keys:
        assert keys.pressed() == ""
        os.write(person, b"1")
        assert keys.pressed() == "1"
        os.write(person, b"*0#q")
        assert keys.pressed() == "*0#q"


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_the_terminal_is_given_back_whatever_happens(
    terminal: tuple[int, int], error: type[BaseException]
) -> None:
    _, program = terminal
    before = termios.tcgetattr(program)
    with pytest.raises(error), Keyboard(program):
        assert is_raw(program)
        raise error
    assert termios.tcgetattr(program) == before


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        ("１２＃＊", "12#*"),  # a Chinese input method
        ("Q", "q"),
        ("\x1b[3~1\x1b[15~2\x1bOP", "12"),  # delete, F5 and F1
        ("a b\n1号", "1"),
    ],
)
def test_only_keys_of_a_telephone_count(typed: str, keys: str) -> None:
    read, write = os.pipe()
    os.write(write, typed.encode())
    with Keyboard(read) as keyboard:
        assert keyboard.pressed() == keys
    os.close(read)
    os.close(write)


def test_the_end_of_a_pipe_is_no_key() -> None:
    read, write = os.pipe()
    os.write(write, "7＃".encode()[:2])
    os.close(write)
    with Keyboard(read) as keyboard:
        assert [keyboard.pressed(), keyboard.pressed()] == ["7", ""]
    os.close(read)
