"""A switchboard between a media process and a signalling process that a test plays, on real sockets."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import numpy as np

from calls.records import Agent, AgentStateChange, Call, CallEvent, EventKind, Queue, Recording
from calls.store import Store
from ivr import actions
from ivr.agents.codes import DialCodes
from ivr.agents.rules import Rules
from ivr.doors import Samples
from ivr.live.desk import AgentDesk
from ivr.live.figures import Figures
from ivr.live.livecall import LiveCall
from ivr.live.settings import EngineSettings
from ivr.live.sounds import SoundShelf
from ivr.live.switchboard import Switchboard
from ivr.shelf import FlowShelf
from ivr.wire import media, signalling
from ivr.wire.link import Link, LinkReader, listen_at

OFFER = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 40000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"
)
HELD = OFFER + "a=sendonly\r\n"
PATIENCE = 10.0

M = TypeVar("M")


class StillLoop(asyncio.SelectorEventLoop):
    """A loop whose clock stands still until a test moves it on."""

    def __init__(self) -> None:
        self._seconds = 0.0
        super().__init__()

    def time(self) -> float:
        return self._seconds

    def pass_time(self, seconds: float) -> None:
        """Let so much time be over."""
        self._seconds += seconds


def perform(scene: Callable[[], Awaitable[None]]) -> None:
    """Play a scene on a loop whose clock stands still, and break it off where it does not end."""
    with asyncio.Runner(loop_factory=StillLoop) as runner:

        async def watched() -> None:
            loop, task = asyncio.get_running_loop(), asyncio.current_task()
            assert task is not None
            watch = threading.Timer(3 * PATIENCE, loop.call_soon_threadsafe, (task.cancel,))
            watch.start()
            try:
                await scene()
            finally:
                watch.cancel()

        runner.run(watched())


class Process:
    """The other end of one of the switchboard's connections."""

    def __init__(self, path: Path, vocabulary: ModuleType, reply: Callable[[Any], Any]) -> None:
        self.path = path
        self.vocabulary = vocabulary
        self.heard: list[Any] = []
        self._reply = reply
        self._change = asyncio.Event()
        self._listener = listen_at(path)
        self._reader: LinkReader | None = None
        self._read = 0
        asyncio.get_running_loop().add_reader(self._listener.fileno(), self._accept)

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        self._reader = LinkReader(Link(connection, self.vocabulary), self._told, lambda _error: None)

    def _told(self, message: Any) -> None:
        self.heard.append(message)
        reply = self._reply(message)
        if reply is not None:
            self.say(reply)
        self._change.set()

    @property
    def connected(self) -> bool:
        """Whether the switchboard is there."""
        return self._reader is not None

    def say(self, message: Any) -> None:
        """Tell the switchboard."""
        assert self._reader is not None
        self._reader.send(message)

    async def until(self, kind: type[M], fits: Callable[[M], bool] = lambda _message: True) -> M:
        """Return the next message of a kind since the last that was asked for."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for place in range(self._read, len(self.heard)):
                    message = self.heard[place]
                    if isinstance(message, kind) and fits(message):
                        self._read = place + 1
                        return message
                self._change.clear()
                await self._change.wait()

    def die(self) -> None:
        """Be gone, as if killed. Idempotent."""
        if self._listener.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._listener.fileno())
            self._listener.close()
            self.path.unlink()
        if self._reader is not None:
            self._reader.close()


class Ears:
    """Somebody who listens, and what was asked of them."""

    def __init__(self) -> None:
        self.listens: dict[str, actions.Listen] = {}
        self.silences: dict[str, float] = {}
        self.attached: dict[str, int] = {}
        self.room = True

    def attach(self, call: str, slot: int) -> None:
        self.attached[call] = slot

    def detach(self, call: str) -> None:
        self.attached.pop(call, None)

    def listen(self, call: str, listen: actions.Listen) -> bool:
        if self.room:
            self.listens[call] = listen
        return self.room

    def stop(self, call: str) -> None:
        self.listens.pop(call, None)

    def await_silence(self, call: str, record: int, seconds: float) -> None:
        self.record = record
        self.silences[call] = seconds

    def stop_awaiting(self, call: str) -> None:
        self.silences.pop(call, None)


class Queues:
    """Who waits for an agent."""

    def __init__(self) -> None:
        self.waiting: dict[str, str] = {}

    def enqueue(self, call: LiveCall, queue: str, enqueue: int) -> None:
        self.waiting[call.id] = queue

    def hand_on(self, call: LiveCall, target: str) -> str | int | None:
        return target

    def leave(self, call: LiveCall, by: str = "caller") -> None:
        self.waiting.pop(call.id, None)


class Stage:
    """All of it; use it with ``async with``.

    Where ``staff`` is given, agents are rung as they are in earnest, and :attr:`desk` is who rings them.
    """

    desk: AgentDesk

    def __init__(
        self, folder: Path, flow: str, staff: Sequence[Agent | Queue] | None = None, **settings: Any
    ) -> None:
        self.folder, self._staff = folder, staff
        (folder / "flow.yaml").write_text(flow, encoding="utf-8")
        self.settings = EngineSettings(
            run=str(folder),
            ring="",
            flows=[["9*", str(folder / "flow.yaml")]],
            database=str(folder / "huawu.db"),
            recordings=str(folder / "recordings"),
            **settings,
        )
        self.ears, self.queues = Ears(), Queues()
        #: Whether a call of which we want no more is over at once.
        self.sip_replies_to_bye = True
        self.closing = media.Recorded(seconds=1.0, sha256="0" * 64)

    async def __aenter__(self) -> Stage:
        self.store = Store.open(self.settings.database)
        self.media = Process(self.folder / "media.sock", media, self._media)
        self.sip = Process(self.folder / "sip.sock", signalling, self._sip)
        shelves = [(pattern, FlowShelf(path)) for pattern, path in self.settings.flows]
        sounds = SoundShelf(self.folder / "sounds", _sound)
        self.board = Switchboard(self.settings, self.store, sounds, shelves, Figures())
        self.board.hearing, self.board.waiting = self.ears, self.queues
        if self._staff is not None:
            self.store.add(*self._staff)
            self.open_desk()
        self._keeping = [
            asyncio.create_task(each.keep()) for each in (self.board.media, *self.board.doors.values())
        ]
        async with asyncio.timeout(PATIENCE):
            while not (self.board.ready and self.media.connected and self.sip.connected):
                await asyncio.sleep(0)
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._keeping:
            task.cancel()
        await asyncio.gather(*self._keeping, return_exceptions=True)
        self.board.sounds.close()
        self.store.close()
        for each in (self.media, self.sip):
            each.die()

    def open_desk(self) -> None:
        """Let agents be rung by who finds in the store what they were doing."""
        settings = self.settings
        rules = Rules(
            ring_seconds=settings.ring_seconds,
            wrap_up_seconds=settings.wrap_up_seconds,
            most_no_answers=settings.most_no_answers,
        )
        self.desk = AgentDesk(self.board, rules, DialCodes(settings.codes))
        self.board.waiting, self.board.special = self.desk, self.desk.special

    def pass_time(self, seconds: float) -> None:
        """Move the clock on, where it stands still (:func:`perform`)."""
        assert isinstance(self.board.loop, StillLoop)
        self.board.loop.pass_time(seconds)

    def _media(self, message: Any) -> Any:
        match message:
            case media.OpenLeg(leg):
                return media.LegOpened(leg, 20000, len(self.media.heard))
            case media.CloseLeg(leg):
                return media.LegClosed(leg, 1.0, media.Quality(packets=50, mos=4.3), self.closing)
        return None

    def _sip(self, message: Any) -> Any:
        match message:
            case signalling.Bye(call) | signalling.Reject(call) if self.sip_replies_to_bye:
                return signalling.Ended(call, "local")
        return None

    def arrive(self, id: str = "c1", callee: str = "95000", offer: str = OFFER) -> None:
        """Ring."""
        self.sip.say(signalling.Arrived(id, "19900010001", callee, offer))

    async def call(self, id: str = "c1", offer: str = OFFER) -> LiveCall:
        """Ring, be answered, and hear the first prompt begin."""
        self.arrive(id, offer=offer)
        await self.sip.until(signalling.Accept)
        self.sip.say(signalling.Confirmed(id, "" if offer else OFFER))
        await self.media.until(media.Play, lambda play: play.leg == id)
        return next(call for call in self.board.calls.values() if call.caller and call.caller.id == id)

    async def press(self, key: str, id: str = "c1") -> None:
        """Press a key."""
        self.media.say(media.DigitPressed(id, key, 0.0, "event"))

    async def over(self, call: LiveCall) -> Call:
        """Wait until the call is off the board; return its record."""
        async with asyncio.timeout(PATIENCE):
            while call.id in self.board.calls:
                await asyncio.to_thread(self.store.add)  # as long as what was queued takes
        return self.store.get(Call, call.id)

    async def notes(self, call: LiveCall) -> list[tuple[EventKind, dict[str, Any]]]:
        """Return the call's trace as it is stored."""
        await asyncio.to_thread(self.store.add)  # what was queued before is committed then
        return [(each.kind, each.data) for each in self.store.find(CallEvent, call_id=call.id)]

    async def changes(self, agent: str, least: int = 0) -> list[AgentStateChange]:
        """Return at least so many changes of an agent's state as they are stored."""
        async with asyncio.timeout(PATIENCE):
            while True:
                await asyncio.to_thread(self.store.add)
                found = self.store.find(AgentStateChange, agent_id=agent, order_by=("id",))
                if len(found) >= least:
                    return found

    async def until(self, fits: Callable[[], bool]) -> None:
        """Wait until something is so."""
        async with asyncio.timeout(PATIENCE):
            while not fits():
                await asyncio.to_thread(self.store.add)

    def follow_staff(self) -> asyncio.Task[None]:
        """Have the desk look at the store for new agents."""
        return asyncio.create_task(self.desk.follow_staff())

    def recordings(self, call: LiveCall) -> list[Recording]:
        """Return the call's recordings as they are stored."""
        return self.store.find(Recording, call_id=call.id)


def _sound(name: str, text: str, language: str) -> Samples:
    if "说不出" in text:
        raise ValueError(text)
    return np.full(160 * (1 + len(text)), len(name), np.int16)
