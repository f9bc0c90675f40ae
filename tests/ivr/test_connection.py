from __future__ import annotations

import asyncio
from itertools import islice
from pathlib import Path

import pytest

from ivr.connection import Connection, pauses
from ivr.wire import ears
from tests.ivr.ears.scripted_ear import ScriptedEar, until


@pytest.mark.unit
def test_each_attempt_waits_twice_as_long_as_the_one_before() -> None:
    assert list(islice(pauses(), 7)) == [0.02, 0.04, 0.08, 0.16, 0.32, 0.5, 0.5]


@pytest.mark.integration
def test_who_accepts_and_says_nothing_is_asked_ever_more_rarely_and_who_spoke_at_once(tmp_path: Path) -> None:
    slept: list[float] = []
    seen: list[object] = []

    async def sleep(seconds: float) -> None:
        if seconds == 1.0:  # of who counts the silence
            await asyncio.Event().wait()
        slept.append(seconds)

    async def scenario() -> None:
        path = tmp_path / "ear-0.sock"
        connection = Connection(
            "ear-0",
            path,
            ears,
            told=seen.append,
            up=lambda: seen.append("up"),
            lost=lambda: seen.append("lost"),
            sleep=sleep,
        )
        mute = ScriptedEar(path, ready=False)
        task = asyncio.create_task(connection.keep())
        for number in (1, 2, 3):
            await until(lambda number=number: mute.connections == number)  # type: ignore[misc]
            mute.hang_up()
        await until(lambda: mute.connections == 4)
        assert (seen, slept) == (["up", "lost"] * 3 + ["up"], [0.02, 0.04, 0.08])
        mute.say(ears.EarReady("tiny-cn"))
        await until(lambda: seen[-1] == ears.EarReady("tiny-cn"))
        connection.begin_anew("a test")
        await until(lambda: mute.connections == 5)
        assert (seen[-2:], slept[3:]) == (["lost", "up"], [0.02])
        task.cancel()
        mute.die()

    asyncio.run(scenario())


@pytest.mark.integration
def test_seconds_without_a_word_are_counted_one_by_one(tmp_path: Path) -> None:
    ticks = asyncio.Queue[None]()
    told: list[int] = []

    async def scenario() -> None:
        path = tmp_path / "ear-0.sock"
        connection = Connection(
            "ear-0",
            path,
            ears,
            told=lambda _: None,
            up=lambda: None,
            lost=lambda: None,
            quiet=told.append,
            sleep=lambda _: ticks.get(),
        )
        ear = ScriptedEar(path, ready=False)
        task = asyncio.create_task(connection.keep())
        for _ in range(3):
            ticks.put_nowait(None)
        await until(lambda: connection.silent == 3)
        ear.say(ears.EarHealth(0, 0.0))
        await until(lambda: connection.silent == 0)
        ticks.put_nowait(None)
        await until(lambda: connection.silent == 1)
        ear.hang_up()
        await until(lambda: not connection.standing)
        assert (connection.silent, told) == (0, [1, 2, 3, 1])
        task.cancel()
        ear.die()

    asyncio.run(scenario())
