from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ivr.ears.contact import PATIENCE, EarContact
from ivr.wire import ears
from tests.ivr.ears.scripted_ear import ScriptedEar, until


class Clock:
    """Sleeps that end when the test says so."""

    def __init__(self) -> None:
        self.asleep: list[tuple[float, asyncio.Event]] = []

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.Event()
        self.asleep.append((seconds, woken))
        await woken.wait()

    async def wake(self) -> list[float]:
        """Have everyone sleep, then end it; return for how long each would have slept."""
        await until(lambda: self.asleep)
        ended, self.asleep = self.asleep, []
        for _, woken in ended:
            woken.set()
        return [seconds for seconds, _ in ended]


class Owner:
    """Takes down what a contact says."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.seen: list[object] = []
        self.contact = EarContact(
            path,
            lambda _: self.seen.append("found"),
            lambda _: self.seen.append("lost"),
            lambda _, message: self.seen.append(message),
            sleep=clock.sleep,
        )


@pytest.mark.integration
def test_an_ear_that_comes_later_is_found_and_found_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = Clock()
        owner = Owner(tmp_path / "ear-0.sock", clock)
        task = asyncio.create_task(owner.contact.keep())
        assert [await clock.wake() for _ in range(2)] == [[0.02], [0.04]]
        await until(lambda: clock.asleep)
        ear = ScriptedEar(owner.contact.path)
        assert await clock.wake() == [0.08]
        await until(lambda: owner.contact.ready)
        ear.say(ears.EarHealth(3, 120.0), ears.FellSilent("c1", 7))
        await until(lambda: len(owner.seen) == 2)
        assert (owner.contact.behind_ms, owner.contact.model) == (120.0, "tiny-cn")
        ear.hang_up()
        await until(lambda: not owner.contact.ready)
        assert owner.seen == ["found", ears.FellSilent("c1", 7), "lost"]
        await until(lambda: len(clock.asleep) == 2)
        assert await clock.wake() == [1.0, 0.02]
        await until(lambda: owner.contact.ready)
        assert ear.connections == 2
        task.cancel()
        ear.die()

    asyncio.run(scenario())


@pytest.mark.integration
def test_an_ear_that_stops_answering_is_lost_and_its_connection_kept_until_it_wakes(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = Clock()
        owner = Owner(tmp_path / "ear-0.sock", clock)
        ear = ScriptedEar(owner.contact.path)
        task = asyncio.create_task(owner.contact.keep())
        await until(lambda: owner.contact.ready)
        await clock.wake()  # EarReady was a sign of life
        ear.say(ears.EarHealth(0, 40.0))
        await until(lambda: owner.contact.behind_ms == 40.0 and clock.asleep)
        for _ in range(PATIENCE):
            await clock.wake()
        await until(lambda: owner.seen == ["found", "lost"])
        await clock.wake()
        assert (owner.contact.ready, ear.connections) == (False, 1)
        ear.say(ears.FellSilent("c1", 7))
        await until(lambda: len(clock.asleep) == 2)
        await clock.wake()
        await until(lambda: owner.contact.ready)
        assert (owner.seen, ear.connections) == (["found", "lost", "found"], 2)
        task.cancel()
        ear.die()

    asyncio.run(scenario())


@pytest.mark.integration
def test_a_connection_that_never_becomes_ready_is_waited_for(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = Clock()
        owner = Owner(tmp_path / "ear-0.sock", clock)
        ear = ScriptedEar(owner.contact.path, ready=False)
        task = asyncio.create_task(owner.contact.keep())
        for _ in range(2 * PATIENCE):
            assert await clock.wake() == [1.0]
        owner.contact.send(ears.Detach("c1"))
        assert (owner.seen, ear.connections, ear.commands) == ([], 1, [])
        task.cancel()
        ear.die()

    asyncio.run(scenario())
