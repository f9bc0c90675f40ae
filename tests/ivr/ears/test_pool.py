from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from ivr.actions import Listen
from ivr.ears.pool import EarPool, PoolFigures, Told
from ivr.ears.settings import socket_path
from ivr.wire import ears
from tests.ivr.ears.scripted_ear import ScriptedEar, until

MENU = Listen(1, phrases=("查话费",))


class Engine:
    """A pool with scripted ears, and what it told."""

    def __init__(self, run: Path, count: int, most: int) -> None:
        self.run = run
        self.told: list[Told] = []
        self.deaf: list[str] = []
        self.ears = [ScriptedEar(socket_path(run, number)) for number in range(count)]
        self.pool = EarPool(
            [socket_path(run, number) for number in range(count)],
            most_recognitions=most,
            told=self.told.append,
            deaf=self.deaf.append,
        )

    async def ready(self, count: int) -> None:
        await until(lambda: self.pool.figures.ready == count)

    async def said_to(self, number: int, count: int) -> list[object]:
        """Return what an ear was told, once it is ``count`` commands."""
        await until(lambda: len(self.ears[number].commands) >= count)
        return self.ears[number].commands


def with_engine(
    run: Path, scenario: Callable[[Engine], Awaitable[None]], *, count: int = 2, most: int = 10
) -> None:
    async def go() -> None:
        engine = Engine(run, count, most)
        engine.pool.start()
        try:
            await engine.ready(count)
            await scenario(engine)
        finally:
            await engine.pool.close()
            for ear in engine.ears:
                ear.die()

    asyncio.run(go())


@pytest.mark.integration
def test_a_call_goes_to_the_ear_with_the_fewest_calls_and_stays_there(tmp_path: Path) -> None:
    async def scenario(engine: Engine) -> None:
        pool = engine.pool
        for slot, call in enumerate(("a", "b", "c")):
            pool.attach(call, slot)
        attached = [ears.Attach("a", 0), ears.Attach("b", 1), ears.Attach("c", 2)]
        pool.listen("a", MENU)
        pool.await_silence("b", 7, 2.0)
        pool.listen("a", Listen(2, value="phone", secret=True))
        pool.stop("a")
        pool.stop_awaiting("b")
        pool.detach("a")
        assert await engine.said_to(0, 7) == [
            *attached,
            ears.Listen("a", 1, ("查话费",)),
            ears.Listen("a", 2, (), "phone", True),
            ears.StopListening("a"),
            ears.Detach("a"),
        ]
        assert await engine.said_to(1, 6) == [
            *attached,
            ears.AwaitSilence("b", 7, 2.0),
            ears.StopAwaiting("b"),
            ears.Detach("a"),
        ]
        pool.listen("c", MENU)  # "a" has gone, "b" is still the other ear's
        assert (await engine.said_to(0, 8))[7:] == [ears.Listen("c", 1, ("查话费",))]

    with_engine(tmp_path, scenario)


@pytest.mark.integration
def test_only_what_is_still_waited_for_is_told(tmp_path: Path) -> None:
    async def scenario(engine: Engine) -> None:
        pool, (ear,) = engine.pool, engine.ears
        pool.attach("a", 0)
        pool.listen("a", MENU)
        pool.listen("a", Listen(2, phrases=("退款",)))
        pool.await_silence("a", 7, 1.0)
        await engine.said_to(0, 4)
        wanted = [
            ears.SpeechStarted("a", 2),
            ears.Heard("a", 2, "退款", "退款", 0.9),
            ears.FellSilent("a", 7),
        ]
        ear.say(
            ears.SpeechStarted("a", 1),
            ears.Heard("a", 1, "查话费", "查话费"),
            ears.Heard("unknown", 2, "退款", "退款"),
            *wanted,
            *wanted,
            ears.EarHealth(1, 100.0),
        )
        await until(lambda: pool.figures.behind_ms)
        assert engine.told == wanted
        assert pool.figures == PoolFigures(1, 1, 1, 0, 0, 100.0, 0, 0, 0)
        assert pool.model == "tiny-cn"

    with_engine(tmp_path, scenario, count=1)


@pytest.mark.integration
def test_beyond_the_limit_menus_go_on_with_keys_only(tmp_path: Path) -> None:
    async def scenario(engine: Engine) -> None:
        pool = engine.pool
        for slot, call in enumerate(("a", "b", "c")):
            pool.attach(call, slot)
        assert [pool.listen(call, MENU) for call in ("a", "b", "c")] == [True, True, False]
        assert pool.listen("a", Listen(2, phrases=("退款",)))  # it has its place already
        pool.await_silence("c", 7, 1.0)  # costs little
        pool.stop("a")
        assert pool.listen("c", MENU)
        pool.detach("b")
        assert pool.listen("a", MENU)
        assert not pool.listen("b", MENU)
        assert pool.figures == PoolFigures(2, 2, 2, 2, 1, 0.0, 1, 0, 0)

    with_engine(tmp_path, scenario, most=2)


@pytest.mark.integration
def test_when_an_ear_dies_its_questions_are_lost_and_the_next_go_to_another(tmp_path: Path) -> None:
    async def scenario(engine: Engine) -> None:
        pool = engine.pool
        for slot, call in enumerate(("a", "b", "c", "d")):
            pool.attach(call, slot)
        assert pool.listen("a", MENU) and pool.listen("b", MENU)
        pool.await_silence("c", 7, 3.0)
        engine.ears[0].die()
        await engine.ready(1)
        assert engine.deaf == ["a"]
        assert pool.listen("a", Listen(2, phrases=("退款",)))
        assert (await engine.said_to(1, 7))[4:] == [
            ears.Listen("b", 1, ("查话费",)),
            ears.AwaitSilence("c", 7, 3.0),
            ears.Listen("a", 2, ("退款",)),
        ]
        engine.ears[1].say(ears.Heard("a", 2, "退款", "退款"), ears.FellSilent("c", 7))
        await until(lambda: len(engine.told) == 2)
        engine.ears[0] = ScriptedEar(socket_path(tmp_path, 0))
        await engine.ready(2)
        assert pool.listen("d", MENU)
        assert await engine.said_to(0, 5) == [
            *(ears.Attach(call, slot) for slot, call in enumerate("abcd")),
            ears.Listen("d", 1, ("查话费",)),
        ]
        assert pool.figures == PoolFigures(2, 2, 4, 2, 0, 0.0, 0, 0, 1)

    with_engine(tmp_path, scenario)


@pytest.mark.integration
def test_without_ears_questions_are_refused_and_silence_waits_for_one(tmp_path: Path) -> None:
    async def scenario(engine: Engine) -> None:
        pool = engine.pool
        engine.ears[0].die()
        await engine.ready(0)
        pool.attach("a", 3)
        assert not pool.listen("a", MENU)
        pool.await_silence("a", 7, 2.5)
        assert pool.figures == PoolFigures(1, 0, 1, 0, 1, 0.0, 0, 1, 0)
        engine.ears[0] = ScriptedEar(socket_path(tmp_path, 0))
        assert await engine.said_to(0, 2) == [ears.Attach("a", 3), ears.AwaitSilence("a", 7, 2.5)]

    with_engine(tmp_path, scenario, count=1)


@pytest.mark.integration
def test_what_is_said_of_calls_that_nobody_knows_is_no_error(tmp_path: Path) -> None:
    async def scenario(engine: Engine) -> None:
        pool = engine.pool
        pool.stop("a")
        pool.await_silence("a", 7, 1.0)
        pool.stop_awaiting("a")
        pool.detach("a")
        assert not pool.listen("a", MENU)
        assert pool.figures == PoolFigures(1, 1, 0, 0, 0, 0.0, 0, 0, 0)

    with_engine(tmp_path, scenario, count=1)


@pytest.mark.integration
def test_silence_that_was_awaited_before_does_not_count_for_the_next_message(tmp_path: Path) -> None:
    async def scenario(engine: Engine) -> None:
        pool = engine.pool
        pool.attach("a", 3)
        pool.await_silence("a", 7, 1.0)
        pool.stop_awaiting("a")
        pool.await_silence("a", 8, 1.0)
        engine.ears[0].say(ears.FellSilent("a", 7), ears.FellSilent("a", 8))
        await until(lambda: bool(engine.told))
        assert engine.told == [ears.FellSilent("a", 8)]

    with_engine(tmp_path, scenario, count=1)
