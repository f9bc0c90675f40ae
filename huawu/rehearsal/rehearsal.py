"""Plays scenarios through the telephone lines: what callers and agents do, and when."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from calls.errors import LinkError, ServeError
from calls.records import Agent, Call, CallEvent, Queue, Role, new_id
from calls.store import Store
from huawu.rehearsal.processes import HOST, Lines, lines
from huawu.rehearsal.telephone import Telephone
from ivr.actions import Note
from ivr.call import PlayedCall
from ivr.doors import RATE, Samples
from ivr.doors.caller import ScriptedCaller
from ivr.doors.timeline import Pace, Placed, Timeline
from ivr.live.party import Holder, Party
from ivr.script import Scenario
from ivr.wire import media, signalling
from ivr.wire.link import LinkReader, connect_to
from speech.voices import VOICES, Speaker

#: Longest call, in seconds.
LONGEST = 180.0
#: How often a caller looks at what the menu has said, in seconds.
_LOOK = 0.05
#: Slower than without telephones: what is said takes a while to get there.
_PACE = Pace(breath=0.25, reply=(0.5, 1.2), last_word=1.0)
_BEGIN = 0.3  # seconds until two who are brought together hear each other
_AGENT_SNR_DB = 40.0


class Rehearsal:
    """Some scenarios at the same time.

    Parameters
    ----------
    scenarios : sequence of Scenario
        No two of them with the same queue or agent.
    store : Store
        The centre's own database.
    speaker : Speaker
        The parties' voices.
    seed : int
        Of noise and pauses.
    """

    def __init__(self, scenarios: Sequence[Scenario], store: Store, speaker: Speaker, seed: int) -> None:
        self._scenarios = scenarios
        self._store = store
        self._seed = seed
        self._voices = _rendered(scenarios, speaker)
        self._stopped = threading.Event()
        self._running: tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]] | None = None

    def stop(self) -> None:
        """Have :meth:`run` end soon, with a ServeError, if it has not ended; called from another thread."""
        self._stopped.set()
        if self._running is not None:
            loop, task = self._running
            with suppress(RuntimeError):  # the loop is closed: it has ended by itself
                loop.call_soon_threadsafe(task.cancel)

    def run(
        self, database: str, recordings: Path, flow: Path, log: Path
    ) -> list[tuple[Scenario, PlayedCall]]:
        """Play them; return each with what was truly said.

        Raises
        ------
        ServeError
            The lines cannot be had, or a call was not stored.
        """
        queues = [each.expect.queue or "" for each in self._scenarios if each.agent]
        self._store.add(*(Queue(id=name, skills=(name,)) for name in queues))
        with lines(database, recordings, flow, log, self._stopped) as made:
            agents = [_at_work(each, made) for each in self._scenarios if each.agent]
            self._store.add(*agents)
            try:
                return asyncio.run(self._stoppable(made, [agent.id for agent in agents]))
            except asyncio.CancelledError:
                raise ServeError("the calls over SIP were interrupted") from None

    async def _stoppable(self, made: Lines, agents: list[str]) -> list[tuple[Scenario, PlayedCall]]:
        task = asyncio.ensure_future(self._play(made, agents))
        self._running = asyncio.get_running_loop(), task
        if self._stopped.is_set():
            task.cancel()
        return await task

    async def _play(self, made: Lines, agents: list[str]) -> list[tuple[Scenario, PlayedCall]]:
        with tempfile.TemporaryDirectory(prefix="huawu-") as folder:
            board = _Board(made)
            await _log_in(made, agents)
            parts = [
                _Part(
                    each,
                    self._store,
                    board,
                    Path(folder),
                    self._voices,
                    np.random.default_rng([self._seed, number]),
                )
                for number, each in enumerate(self._scenarios)
            ]
            try:
                async with asyncio.timeout(LONGEST):
                    played = await asyncio.gather(*(part.play() for part in parts))
            except TimeoutError:
                raise ServeError(f"a call over SIP was not over after {LONGEST:.0f} s") from None
            finally:
                board.close()
            return list(zip(self._scenarios, played, strict=True))


def _at_work(scenario: Scenario, made: Lines) -> Agent:
    """Return the agent of a scenario, at one of the telephones, for the scenario's queue alone."""
    part = scenario.agent
    assert part is not None
    return Agent(
        id=part.id,
        name=part.name,
        team=part.team,
        skills=(scenario.expect.queue or "",),
        address=f"sip:{part.id}@{HOST}:{made.telephones}",
    )


async def _log_in(made: Lines, agents: list[str]) -> None:
    """Have the agents at work: the centre finds who is new within some seconds."""
    async with httpx.AsyncClient(trust_env=False) as client:
        for agent in agents:
            async with asyncio.timeout(30):
                while (await client.post(f"http://{made.engine}/agents/{agent}/login")).status_code == 404:
                    await asyncio.sleep(0.2)


def _rendered(scenarios: Sequence[Scenario], speaker: Speaker) -> dict[tuple[str, str], Samples]:
    """Return what everybody will say, made before the time begins to run."""
    wanted = set()
    for each in scenarios:
        wanted |= {(each.caller.voice, text) for step in each.steps for text in step.lines}
        for turn in each.conversation:
            assert each.agent is not None
            wanted.add((each.agent.voice if turn.agent is not None else each.caller.voice, turn.text))
    return {(voice, text): speaker.say(text, VOICES[voice], RATE) for voice, text in sorted(wanted)}


class _Board:
    """The telephones' side of the lines: their parties, and who is called."""

    def __init__(self, made: Lines) -> None:
        self.loop = asyncio.get_running_loop()
        self.made = made
        self.agents: dict[str, Telephone] = {}
        self._parties: dict[str, Party] = {}
        self._media = LinkReader(connect_to(made.run / "media.sock", media), self._heard, _lost)
        self._sip = LinkReader(connect_to(made.run / "sip.sock", signalling), self._told, _lost)

    def party(self, id: str, holder: Holder) -> Party:
        party = Party(
            id,
            holder,
            to_media=self._media.send,
            to_door=self._sip.send,
            host=HOST,
            clock=self.loop.time,
            gone=self._gone,
        )
        self._parties[id] = party
        return party

    def _gone(self, party: Party) -> None:
        self._parties.pop(party.id, None)

    def close(self) -> None:
        self._media.close()
        self._sip.close()

    def _heard(self, message: Any) -> None:
        party = self._parties.get(getattr(message, "leg", ""))
        if party is not None:
            party.media_told(message)

    def _told(self, message: Any) -> None:
        if isinstance(message, signalling.Arrived):
            agent = self.agents.get(message.callee)
            if agent is None:
                self._sip.send(signalling.Reject(message.call, 404, "Not Found"))
            else:
                self._sip.send(signalling.Ring(message.call))
                self.party(message.call, agent).arrive(message.offer)
            return
        party = self._parties.get(getattr(message, "call", ""))
        if party is not None:
            party.door_told(message)


def _lost(error: LinkError) -> None:
    """Wait for the time limit: the calls are over."""


class _Part:
    """One scenario on the lines."""

    def __init__(
        self,
        scenario: Scenario,
        store: Store,
        board: _Board,
        folder: Path,
        voices: dict[tuple[str, str], Samples],
        rng: np.random.Generator,
    ) -> None:
        self._scenario = scenario
        self._store = store
        self._board = board
        self._timeline = Timeline(scenario, lambda voice, text: voices[voice, text], rng, _PACE)
        self._script = ScriptedCaller(scenario.steps)
        part = scenario.caller
        self._caller = Telephone(board.loop, folder, (part.snr_db, part.codec), rng)
        self._over = asyncio.Event()
        self._caller.quiet = lambda: self._script.hear_silence(self._caller.now)
        self._caller.gone = self._over.set
        self._agent = Telephone(board.loop, folder, (_AGENT_SNR_DB, "alaw"), rng)
        self._talking = False
        if scenario.agent is not None:
            board.agents[scenario.agent.id] = self._agent
            self._agent.opened = self._ring
            self._agent.up = self._converse

    async def play(self) -> PlayedCall:
        """Play it; return what was said."""
        caller, board = self._caller, self._board
        party = board.party(new_id(), caller)
        party.dial(f"sip:95000@{HOST}:{board.made.centre}", caller=self._scenario.caller.number)
        call_id, seen = "", 0
        while not self._over.is_set():
            await asyncio.sleep(_LOOK)
            if not call_id:
                call_id = self._find()
                continue
            events = self._store.find(CallEvent, call_id=call_id)
            for each in events[seen:]:
                self._script.hear(Note(each.kind, each.node, each.data), each.at)
            seen = len(events)
            self._act()
        end = caller.now
        record = await self._ended(call_id or self._find())
        self._timeline.end(end)
        spoken = sorted(self._timeline.spoken, key=lambda line: (line.start, line.end))
        return PlayedCall(record.id, tuple(spoken))

    def _find(self) -> str:
        found = self._store.find(Call, door="sip", caller=self._scenario.caller.number, limit=1)
        return found[0].id if found else ""

    async def _ended(self, call_id: str) -> Call:
        while call_id:
            record = self._store.get(Call, call_id)
            if record.ended_at is not None:
                return record
            await asyncio.sleep(_LOOK)
        raise ServeError(f"scenario {self._scenario.id}: its call over SIP never arrived")

    def _act(self) -> None:
        """Do what is the caller's turn now."""
        act = self._script.act
        if act is None or self._caller.now < act.at or self._talking:
            return
        step = self._script.take()
        if step.hang_up:
            self._caller.hang_up()
            return
        now = self._now
        lines, keys = self._timeline.turn(step, now)
        self._say(lines, now)
        if step.press:
            self._board.loop.call_later((keys - now) / RATE, self._caller.press, step.press)

    @property
    def _now(self) -> int:
        """Samples since the caller is on the line."""
        return round(self._caller.now * RATE)

    def _say(self, lines: list[Placed], now: int) -> None:
        for role, phone in ((Role.CALLER, self._caller), (Role.AGENT, self._agent)):
            said = [((each.at - now) / RATE, each.sound) for each in lines if each.role is role]
            if said:
                phone.say(said)

    def _ring(self) -> None:
        agent, party = self._scenario.agent, self._agent.party
        assert agent is not None and party is not None
        self._board.loop.call_later(agent.answers_after, party.accept)

    def _converse(self) -> None:
        """Say the whole conversation, both sides at their times, and hang up."""
        self._talking = True
        now = self._now
        lines, over = self._timeline.conversation(now, begin=_BEGIN)
        self._say(lines, now)
        leaves = self._caller if self._scenario.hang_up == "caller" else self._agent
        self._board.loop.call_later((over - now) / RATE, leaves.hang_up)
