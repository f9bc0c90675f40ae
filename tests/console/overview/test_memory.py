from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from console.overview.memory import Memory

pytestmark = pytest.mark.unit


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_what_is_known_is_not_made_again_until_it_is_old() -> None:
    clock, made = Clock(), iter("abc")
    memory = Memory(60.0, clock=clock)

    first = memory.get("x", lambda: next(made))
    clock.now = 59.9
    second = memory.get("x", lambda: next(made))
    clock.now = 60.0
    third = memory.get("x", lambda: next(made))

    assert (first, second, third) == ("a", "a", "b")


def test_of_too_many_the_one_used_longest_ago_goes() -> None:
    memory, made = Memory(60.0, most=2, clock=Clock()), iter(range(9))
    for key in ("x", "y", "x", "z"):
        memory.get(key, lambda: next(made))

    assert memory.get("x", lambda: next(made)) == 0
    assert memory.get("y", lambda: next(made)) == 3


def test_an_error_is_not_kept() -> None:
    memory = Memory()

    def fail() -> int:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        memory.get("x", fail)
    assert memory.get("x", lambda: 1) == 1


def test_two_that_ask_at_once_let_it_be_made_once() -> None:
    memory, started, go = Memory(), Event(), Event()
    made: list[int] = []

    def make() -> int:
        started.set()
        assert go.wait(10)
        made.append(1)
        return len(made)

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(memory.get, "x", make)
        assert started.wait(10)
        two = pool.submit(memory.get, "x", make)
        go.set()
        assert (one.result(10), two.result(10)) == (1, 1)
    assert made == [1]
