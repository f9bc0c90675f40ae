"""The switchboard: all calls and all their parties, and who is told what the processes say."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from calls.errors import HuawuError
from calls.recordings import RecordingFolder
from calls.records import Call, EventKind, Outcome, Recording, Role, new_id, utc_now
from calls.store import Store
from ivr import actions
from ivr.calllog import CallLog
from ivr.connection import Connection
from ivr.dialog import CallFacts, Dialog
from ivr.flow import Flow
from ivr.live.figures import Figures
from ivr.live.livecall import LiveCall
from ivr.live.othercall import Concerned, OtherCall
from ivr.live.party import DOOR_CLOSED, Holder, Party
from ivr.live.settings import EngineSettings
from ivr.live.sounds import LoadedSound, SoundShelf
from ivr.live.surroundings import Hearing, Waiting
from ivr.shelf import FlowShelf
from ivr.wire import media, signalling

#: When a caller who was refused may try again, in seconds.
RETRY_SECONDS = 5


@dataclass(slots=True)
class _Arriving:
    """A call whose record is being made, and how it ended meanwhile, if it did."""

    door: str
    end: actions.HangUp | None = None


class Switchboard:
    """Holds what is going on.

    Parameters
    ----------
    settings : EngineSettings
        As given.
    store : Store
        Open.
    sounds : SoundShelf
        With what the flows say.
    shelves : list of (str, FlowShelf)
        Pattern of dialled numbers → flow, the first that fits counts.
    figures : Figures
        Counts what happens.
    """

    def __init__(
        self,
        settings: EngineSettings,
        store: Store,
        sounds: SoundShelf,
        shelves: list[tuple[str, FlowShelf]],
        figures: Figures,
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self.store = store
        self.sounds = sounds
        self.figures = figures
        self.folder = RecordingFolder(Path(settings.recordings))
        self.fsync_seconds = settings.fsync_seconds
        self.allow_web = settings.allow_web
        self.trunk = settings.trunk
        self.hearing: Hearing
        self.waiting: Waiting
        #: Calls by the id of their record.
        self.calls: dict[str, LiveCall] = {}
        #: Asked first who a call is for; returns whether it took the call.
        self.special: Callable[[str, signalling.Arrived], bool] = lambda _door, _arrived: False
        #: Seconds in which no ear said anything.
        self.ears_silent: Callable[[], int] = lambda: 0
        self.draining = False
        self._settings = settings
        self._shelves = shelves
        self._parties: dict[str, Party] = {}
        self._door_of: dict[str, str] = {}
        self._arriving: dict[str, _Arriving] = {}
        self._loaded: set[str] = set()
        self._quiet = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        run = Path(settings.run)
        self.media = Connection(
            "media",
            run / "media.sock",
            media,
            told=self._media_told,
            up=self._media_up,
            lost=self._media_lost,
        )
        self.doors = {
            name: Connection(
                name,
                run / f"{name}.sock",
                signalling,
                told=partial(self._door_told, name),
                up=partial(self._door_up, name),
                lost=partial(self._door_lost, name),
            )
            for name, runs in (("sip", settings.sip), ("gateway", settings.gateway))
            if runs
        }

    # -- what calls ask for (surroundings.Surroundings) --------------------------------------------------

    def load(self, sound: LoadedSound) -> str:
        """Have the media process know a sound; return its name there."""
        if sound.id not in self._loaded:
            self._loaded.add(sound.id)
            self.media.send(media.LoadSound(sound.id, sound.path))
        return sound.id

    def other_call(self, call: LiveCall, concerned: Concerned) -> OtherCall:
        """Return a call to someone else for this one's caller, and tell ``concerned`` of it."""
        assert call.caller is not None
        return OtherCall(call.caller, self._outgoing, concerned)

    def address(self, to: str) -> str | None:
        """Return the URI to dial for a number, ``None`` where there is no way to it."""
        if to.startswith(("sip:", "tel:")):
            return to
        return self._settings.outbound.replace("{number}", to) if self._settings.outbound else None

    def is_ours(self, uri: str) -> bool:
        """Return whether a SIP URI leads to our own signalling process."""
        place = uri.partition("@")[2].partition(";")[0]
        return bool(self._settings.address) and place in (
            self._settings.address,
            self._settings.address.removesuffix(":5060"),
        )

    def refers(self, to: str) -> str | None:
        """Return the URI that a caller is sent to by REFER, where that is how ``to`` is reached."""
        fits = any(fnmatchcase(to, pattern) for pattern in self._settings.refer)
        return self.address(to) if fits else None

    def over(self, call: LiveCall) -> None:
        """Take a call off the board."""
        if self.calls.pop(call.id, None) is not None:
            assert call.end is not None
            self.figures.ended(call.log.call.door, call.end.outcome.value, call.end.cause)
            if call.quality is not None:
                self.figures.quality(call.quality)
        self._look()

    def heard(self, message: Any) -> None:
        """Take what an ear tells of a call."""
        call = self.calls.get(message.call)
        if call is not None and call.caller is not None:
            self._guarded(call.caller, call.heard, message)

    def deaf(self, call: str) -> None:
        """Note that a caller was speaking to an ear that died: keys still count."""
        found = self.calls.get(call)
        if found is not None:
            found.observe(actions.Note(EventKind.ERROR, found.dialog.node, {"reason": "ear-died"}))

    def party(self, id: str, door: str, holder: Holder) -> Party:
        """Return a new party on one of the doors."""
        made = Party(
            id,
            holder,
            to_media=self.media.send,
            to_door=self.doors[door].send,
            host=self._settings.media_host,
            clock=self.loop.time,
            gone=self._gone,
        )
        self._parties[id] = made
        self._door_of[id] = door
        return made

    # -- the whole -----------------------------------------------------------------------------------

    @property
    def ready(self) -> bool:
        """Whether calls are taken."""
        return (
            self.media.standing and all(each.standing for each in self.doors.values()) and not self.draining
        )

    @property
    def silent(self) -> dict[str, int]:
        """For how many seconds each of the other processes has said nothing; they do every second."""
        connections = {"media": self.media, **self.doors}
        return {name: each.silent for name, each in connections.items()} | {"ear": self.ears_silent()}

    async def drain(self, seconds: float) -> None:
        """Take no new calls, and wait for the others to end; after so many seconds they are ended."""
        self.draining = True
        for door in self.doors.values():
            door.send(signalling.Drain(True))
        log = structlog.get_logger()
        log.info("draining", calls=len(self.calls), seconds=seconds)
        try:
            await asyncio.wait_for(self._empty(), seconds)
        except TimeoutError:
            log.warning("calls are ended", calls=len(self.calls))
            for call in list(self.calls.values()):
                call.hang_up("drained")
            try:
                await asyncio.wait_for(self._empty(), 10)
            except TimeoutError:
                log.error("calls are left to recovery", calls=len(self.calls))

    def give_up(self) -> None:
        """End all calls now."""
        for call in list(self.calls.values()):
            call.hang_up("drained")

    async def _empty(self) -> None:
        while self.calls or self._arriving:
            self._quiet.clear()
            await self._quiet.wait()

    def _look(self) -> None:
        self.figures.calls(len(self.calls))
        if not self.calls and not self._arriving:
            self._quiet.set()

    def _gone(self, party: Party) -> None:
        self._parties.pop(party.id, None)
        self._door_of.pop(party.id, None)

    def _outgoing(self, holder: OtherCall) -> Party | None:
        if "sip" not in self.doors or not self.doors["sip"].standing or not self.media.standing:
            return None
        return self.party(new_id(), "sip", holder)

    # -- the media process ---------------------------------------------------------------------------

    def _media_up(self) -> None:
        self._loaded.clear()

    def _media_told(self, message: Any) -> None:
        if isinstance(message, media.MediaHealth):
            self.figures.media(message)
            return
        party = self._parties.get(message.leg)
        if party is not None:
            self._guarded(party, party.media_told, message)

    def _media_lost(self) -> None:
        self.figures.lost("media")
        self._loaded.clear()
        for party in list(self._parties.values()):
            self._guarded(party, party.media_lost)

    # -- the signalling processes --------------------------------------------------------------------

    def _door_up(self, name: str) -> None:
        if self.draining:
            self.doors[name].send(signalling.Drain(True))

    def _door_told(self, door: str, message: Any) -> None:
        match message:
            case signalling.Arrived():
                self._arrived(door, message)
            case signalling.SignallingHealth():
                self.figures.signalling(door, message)
            case signalling.TrunkState(trunk, registered, reason):
                self.figures.trunk(trunk, registered)
                structlog.get_logger().info("trunk", trunk=trunk, registered=registered, why=reason)
            case _:
                if isinstance(message, signalling.Ended) and message.call in self._arriving:
                    self._arriving[message.call].end = (
                        actions.HangUp(DOOR_CLOSED, Outcome.INTERRUPTED)
                        if message.by == "local"
                        else actions.HangUp("caller", Outcome.ABANDONED)
                    )
                party = self._parties.get(message.call)
                if party is not None:
                    self._guarded(party, party.door_told, message)

    def _door_lost(self, name: str) -> None:
        self.figures.lost(name)
        for arriving in self._arriving.values():
            if arriving.door == name:
                arriving.end = actions.HangUp("signalling-died", Outcome.INTERRUPTED)
        for id in [each for each, door in self._door_of.items() if door == name]:
            party = self._parties.get(id)
            if party is not None:
                self._guarded(party, party.door_lost)

    def _guarded(self, party: Party, handle: Callable[..., None], *arguments: Any) -> None:
        """Keep what goes wrong in one call from all others."""
        try:
            handle(*arguments)
        except Exception:
            structlog.get_logger().exception("a call broke", party=party.id)
            self.figures.broke()
            try:
                party.hang_up("internal error")
                party.holder.party_left(party, "internal-error")
            except Exception:
                structlog.get_logger().exception("a broken call did not end", party=party.id)

    # -- arrivals ------------------------------------------------------------------------------------

    def _arrived(self, door: str, arrived: signalling.Arrived) -> None:
        """Take a call, or refuse it and say when to try again."""
        if self.draining or not self.media.standing:
            self._refuse(door, arrived, 503, "draining" if self.draining else "no-media")
        elif len(self.calls) + len(self._arriving) >= self._settings.most_calls:
            self._refuse(door, arrived, 503, "full")
        elif self.special(door, arrived):
            return
        else:
            shelf = self._shelf(arrived)
            if shelf is None:
                self._refuse(door, arrived, 404, "no-flow")
                return
            self._arriving[arrived.call] = _Arriving(door)
            task = self.loop.create_task(self._take(door, arrived, shelf))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _refuse(self, door: str, arrived: signalling.Arrived, code: int, why: str) -> None:
        self.figures.refused(why)
        phrase = "Not Found" if code == 404 else "Service Unavailable"
        retry = RETRY_SECONDS if code == 503 else None
        self.doors[door].send(signalling.Reject(arrived.call, code, phrase, retry))

    def _shelf(self, arrived: signalling.Arrived) -> FlowShelf | None:
        wanted = arrived.headers.get("x-huawu-flow") or arrived.callee
        return next((shelf for pattern, shelf in self._shelves if fnmatchcase(wanted, pattern)), None)

    async def _take(self, door: str, arrived: signalling.Arrived, shelf: FlowShelf) -> None:
        name = arrived.headers.get("x-huawu-door", door)
        try:
            log, flow = await self.loop.run_in_executor(None, self._open, name, arrived, shelf)
        except Exception as error:
            if isinstance(error, HuawuError):
                structlog.get_logger().error("a call cannot be stored", why=str(error))
            else:
                structlog.get_logger().exception("a call broke before it began", party=arrived.call)
                self.figures.broke()
            del self._arriving[arrived.call]
            self._refuse(door, arrived, 503, "store")
            self._look()
            return
        end = self._arriving.pop(arrived.call).end
        if end is None and not self.media.standing:
            end = actions.HangUp("media-died", Outcome.INTERRUPTED)
            self._refuse(door, arrived, 503, "no-media")
        if end is not None:  # it went while its record was made, or there is nobody to give it sound
            await self.loop.run_in_executor(None, log.close, end, 0.0, None)
            self._look()
            return
        call = log.call
        recording = Recording(
            id=new_id(),
            call_id=call.id,
            uri=f"{call.started_at:%Y/%m/%d}/{call.id}.wav",
            channels=(Role.CALLER, Role.AGENT),
        )
        facts = CallFacts(id=call.id, caller=call.caller, callee=call.callee, started=call.started_at)
        show = partial(self._show, door, arrived.call) if name == "web" else None
        live = LiveCall(
            Dialog(flow, facts), log, recording, self, observers=(self.figures.observe,), show=show
        )
        self.calls[call.id] = live
        self.figures.began(name)
        self._look()
        structlog.get_logger().info("call", call=call.id, door=name, flow=flow.name, caller=call.caller)
        party = self.party(arrived.call, door, live)
        self._guarded(party, live.begin, party, arrived.offer)

    def _open(self, door: str, arrived: signalling.Arrived, shelf: FlowShelf) -> tuple[CallLog, Flow]:
        """Make the call's record, in a thread."""
        flow = shelf.current()
        call = Call(
            door=door,
            caller=arrived.caller,
            callee=arrived.callee,
            started_at=utc_now(),
            flow=flow.name,
            flow_version=flow.version,
            node=self._settings.node,
        )
        log = CallLog(call, self.store)
        log.open(None)
        return log, flow

    def _show(self, door: str, call: str, what: dict[str, Any]) -> None:
        body = json.dumps(what, ensure_ascii=False)
        self.doors[door].send(signalling.SendInfo(call, "application/json", body))
