from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from ivr.actions import Listen
from ivr.ears.pool import EarPool, Told
from ivr.ears.settings import socket_path
from ivr.wire import ears
from ivr.wire.ring import SoundRing
from speech.voices import Speaker
from tests.ivr.ears.scripted_ear import until
from tests.ivr.ears.sound import quiet, said, write

PHRASES = ("查话费", "人工服务", "携号转网")


class Ears:
    """A real process with two ears, its ring, and the engine's pool."""

    def __init__(self, run: Path) -> None:
        self.run = run
        self.ring = SoundRing.create(run / "ring", 4)
        self.log = run / "log"
        settings = {"run": str(run), "ring": str(run / "ring"), "count": 2, "model": "builtin"}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "huawu.child", "ear", json.dumps(settings)], stderr=log
            )

    def children(self) -> list[int]:
        """Return the process ids of the ears, in the order of their birth."""
        pid = self.process.pid
        return sorted(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))

    def end(self) -> None:
        self.process.kill()
        self.process.wait()

    def with_pool(self, scenario: Callable[[EarPool, list[Told], list[str]], Awaitable[None]]) -> None:
        """Play a scenario with a pool that has found both ears."""

        async def go() -> None:
            told: list[Told] = []
            deaf: list[str] = []
            sockets = [socket_path(self.run, number) for number in range(2)]
            pool = EarPool(sockets, most_recognitions=10, told=told.append, deaf=deaf.append)
            pool.start()
            try:
                await until(lambda: pool.figures.ready == 2)
                await scenario(pool, told, deaf)
            finally:
                await pool.close()

        asyncio.run(go())


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Ears]:
    made = Ears(tmp_path)
    yield made
    made.end()


def alive(pid: int) -> bool:
    """Tell whether a process runs; one that only waits to be buried does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


async def heard_from_now_on(pool: EarPool, told: list[Told], ring: SoundRing, call: str, slot: int) -> None:
    """Attach a call, and be sure that its ear knows: a silence is told that begins after it."""
    pool.attach(call, slot)
    pool.await_silence(call, 7, 0.1)
    while ears.FellSilent(call, 7) not in told:
        write(ring, slot, quiet(0.1))
        await asyncio.sleep(0.02)
    told.remove(ears.FellSilent(call, 7))


def answers(told: list[Told]) -> list[tuple[str, str | None]]:
    return [(each.call, each.answer) for each in told if isinstance(each, ears.Heard)]


@pytest.mark.integration
def test_two_ears_hear_two_calls_and_write_down_nothing_of_it(running: Ears, speaker: Speaker) -> None:
    async def scenario(pool: EarPool, told: list[Told], deaf: list[str]) -> None:
        await heard_from_now_on(pool, told, running.ring, "a", 0)
        await heard_from_now_on(pool, told, running.ring, "b", 3)
        pool.listen("a", Listen(1, PHRASES))
        pool.listen("b", Listen(2, value="digits", secret=True))
        write(running.ring, 0, said(speaker, "人工服务"))
        write(running.ring, 3, said(speaker, "四零七八五九"))
        await until(lambda: len(told) == 4)
        assert sorted(answers(told)) == [("a", "人工服务"), ("b", "407859")]
        assert [ear.calls for ear in pool._ears] == [{"a"}, {"b"}]
        assert deaf == []

    running.with_pool(scenario)
    assert not any(word in running.log.read_text() for word in ("人工服务", "407859", "四零七"))


@pytest.mark.integration
def test_an_ear_that_is_killed_is_replaced_and_its_call_heard_again(running: Ears, speaker: Speaker) -> None:
    async def scenario(pool: EarPool, told: list[Told], deaf: list[str]) -> None:
        pool.attach("a", 0)
        assert pool.listen("a", Listen(1, PHRASES))
        first, second = running.children()
        os.kill(first, signal.SIGKILL)
        await until(lambda: deaf == ["a"])
        await heard_from_now_on(pool, told, running.ring, "a", 0)
        assert pool.listen("a", Listen(2, PHRASES))
        write(running.ring, 0, said(speaker, "携号转网"))
        await until(lambda: answers(told) and pool.figures.ready == 2)
        assert answers(told) == [("a", "携号转网")]
        assert running.children()[0] == second and len(running.children()) == 2

    running.with_pool(scenario)


@pytest.mark.integration
def test_ears_have_no_thread_beside_their_own(running: Ears) -> None:
    async def scenario(pool: EarPool, told: list[Told], deaf: list[str]) -> None:
        for pid in (running.process.pid, *running.children()):
            assert len(os.listdir(f"/proc/{pid}/task")) == 1

    running.with_pool(scenario)


@pytest.mark.integration
def test_ears_end_when_they_are_told_to(running: Ears) -> None:
    async def scenario(pool: EarPool, told: list[Told], deaf: list[str]) -> None:
        born = running.children()
        running.process.terminate()
        await until(lambda: running.process.poll() is not None)
        assert running.process.returncode == 0
        assert [pid for pid in born if alive(pid)] == []

    running.with_pool(scenario)


@pytest.mark.integration
def test_ears_die_with_their_parent(running: Ears) -> None:
    async def scenario(pool: EarPool, told: list[Told], deaf: list[str]) -> None:
        born = running.children()
        running.process.kill()
        await until(lambda: not any(map(alive, born)))
        await until(lambda: pool.figures.ready == 0)

    running.with_pool(scenario)


@pytest.mark.integration
def test_a_new_engine_takes_the_ears_over(running: Ears, speaker: Speaker) -> None:
    async def scenario(pool: EarPool, told: list[Told], deaf: list[str]) -> None:
        pool.attach("a", 0)
        pool.listen("a", Listen(1, PHRASES))

    running.with_pool(scenario)

    async def again(pool: EarPool, told: list[Told], deaf: list[str]) -> None:
        await heard_from_now_on(pool, told, running.ring, "b", 0)
        pool.listen("b", Listen(1, PHRASES))
        write(running.ring, 0, said(speaker, "查话费"))
        await until(lambda: answers(told))
        assert answers(told) == [("b", "查话费")]

    running.with_pool(again)


@pytest.mark.integration
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"model": "no-such-model"}, "--model: there is no model 'no-such-model'"),
        ({"count": 0}, "ears: count is 0 → choose 1 to 256"),
    ],
)
def test_what_cannot_run_says_why(tmp_path: Path, settings: dict[str, object], message: str) -> None:
    text = json.dumps({"run": str(tmp_path), "ring": str(tmp_path / "ring"), **settings})
    done = subprocess.run(
        [sys.executable, "-m", "huawu.child", "ear", text], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, message in done.stderr) == (2, True)
