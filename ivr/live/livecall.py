"""A call as the engine holds it: its dialog, its caller, and whoever the caller speaks with.

The counterpart of :class:`ivr.engine.Engine` for callers whose sound is in another process: actions of the
dialog become commands, what the processes tell becomes events, and the clock is the loop's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Literal, Protocol

import structlog

from calls.errors import HuawuError
from calls.masking import masked_number
from calls.recordings import RecordingFolder
from calls.records import EventKind, Outcome, Recording
from calls.store import Store
from ivr import actions, events
from ivr.actions import Action, Note
from ivr.calllog import CallLog
from ivr.dialog import Dialog
from ivr.doors import RATE
from ivr.events import Event
from ivr.live.closing import complete
from ivr.live.othercall import OtherCall
from ivr.live.party import Party, PartyState
from ivr.live.sounds import LoadedSound, PromptSound, SoundShelf, SpokenSound
from ivr.privacy import Privacy
from ivr.prompt import Prompt
from ivr.web import WebClient
from ivr.wire import ears, media, signalling

#: Number of a play that is no prompt of the dialog's: music, ringing, the beep.
NO_PLAY = 0
#: A-law bytes of a message that carries a piece of a spoken prompt: half a second.
_PIECE = 4000
#: How long who an agent transfers a caller to may ring, in seconds.
SUCCESSOR_SECONDS = 30.0
_DECLINE = 603
_LONGEST_ANSWER = 300.0  # seconds that a web service may take

Observer = Callable[[Note, float], None]


class Hearing(Protocol):
    """The ears, as a call uses them: :class:`ivr.ears.pool.EarPool`."""

    def attach(self, call: str, slot: int) -> None:
        """Say where a call's sound is."""

    def listen(self, call: str, listen: actions.Listen) -> bool:
        """Recognise the next utterance; ``False`` where there is no ear for it."""

    def stop(self, call: str) -> None:
        """Drop it."""

    def await_silence(self, call: str, record: int, seconds: float) -> None:
        """Tell when the caller has been silent for so long."""

    def stop_awaiting(self, call: str) -> None:
        """Do not tell."""

    def detach(self, call: str) -> None:
        """Forget a call that is over."""


class Waiting(Protocol):
    """Where callers wait for agents: :class:`ivr.live.desk.AgentDesk`."""

    def enqueue(self, call: LiveCall, queue: str, enqueue: int) -> None:
        """Look for an agent."""

    def leave(self, call: LiveCall, by: str = "caller") -> None:
        """Stop looking, or take in that the conversation is over; ``by`` says who or what ended it."""


class Surroundings(Protocol):
    """What a call needs of the engine around it."""

    loop: asyncio.AbstractEventLoop
    store: Store
    sounds: SoundShelf
    hearing: Hearing
    waiting: Waiting
    folder: RecordingFolder
    fsync_seconds: float
    allow_web: list[str]
    trunk: str

    def address(self, to: str) -> str | None:
        """Return the URI to dial for a number, ``None`` where there is no way to it."""

    def load(self, sound: LoadedSound) -> str:
        """Have the media process know a sound; return its name there."""

    def other_call(self, call: LiveCall) -> OtherCall:
        """Return a call to someone else for this one's caller."""

    def refers(self, to: str) -> str | None:
        """Return the URI that a caller is sent to by REFER, where that is how ``to`` is reached."""

    def over(self, call: LiveCall) -> None:
        """Nothing more comes of the call."""


class LiveCall:
    """One call, from the moment its caller is on the line.

    Parameters
    ----------
    dialog : Dialog
        New.
    log : CallLog
        Open.
    recording : Recording or None
        Where it is to be recorded.
    around : Surroundings
        The engine.
    observers : sequence of callable
        Told every note of the trace and its time in seconds.
    show : callable, optional
        Shown what is said and understood, for a caller who has a screen.
    """

    def __init__(
        self,
        dialog: Dialog,
        log: CallLog,
        recording: Recording | None,
        around: Surroundings,
        *,
        observers: tuple[Observer, ...] = (),
        show: Callable[[dict[str, Any]], None] | None = None,
    ) -> None:
        self.id = log.call.id
        self.dialog = dialog
        self.log = log
        self.caller: Party | None = None
        #: Whoever the caller speaks with, or who is being called for the caller.
        self.other: OtherCall | None = None
        #: How it ended.
        self.end: actions.HangUp | None = None
        self.quality: media.Quality | None = None
        self._recording = recording
        self._around = around
        self._observers = (log.observe, *observers)
        self._show = show
        self._privacy = Privacy()
        self._silent = True
        self._unmask: asyncio.TimerHandle | None = None
        self._began: float | None = None
        self._timers: dict[int, asyncio.TimerHandle] = {}
        self._frozen: dict[int, float] = {}
        self._play: int | None = None
        self._preparing: asyncio.Task[None] | None = None
        self._filler: LoadedSound | None = None
        self._filling = False
        self._successor: OtherCall | None = None
        self._handed_on = False
        self._enqueue: int | None = None
        self._exit = "caller"
        self._transfer: int | None = None
        self._referring = False
        self._record: int | None = None
        self._callback: actions.Callback | None = None
        self._web: WebClient | None = None
        self._fetch: int | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended_at = 0.0
        self._closed = False

    # -- what others see ----------------------------------------------------------------------------

    @property
    def now(self) -> float:
        """Seconds since the caller was answered."""
        return 0.0 if self._began is None else self._around.loop.time() - self._began

    @property
    def state(self) -> str:
        """What goes on, in a word: ``arriving``, ``menu``, ``waiting``, ``talking``, ``ending``."""
        if self.over:
            return "ending"
        if self._began is None:
            return "arriving"
        if self.other is not None and self._transfer is None:
            return "talking"
        return "menu" if self._enqueue is None and self._transfer is None else "waiting"

    @property
    def over(self) -> bool:
        """Whether the dialog has ended."""
        return self.end is not None

    def begin(self, caller: Party, offer: str) -> None:
        """Take the call of ``caller``, who offers this session."""
        self.caller = caller
        caller.arrive(offer)

    # -- the caller (party.Holder) ------------------------------------------------------------------

    def party_opened(self, party: Party) -> None:
        """Answer the caller."""
        party.accept()

    def party_refused(self, party: Party, code: int, reason: str) -> None:
        """Take in that the caller could not be answered."""
        self._finish(actions.HangUp(f"refused-{code}", Outcome.FAILED))

    def party_up(self, party: Party) -> None:
        """Begin."""
        if self.over:
            return
        self._began = self._around.loop.time()
        self.log.answered()
        self._around.hearing.attach(self.id, party.slot)
        if self._recording is not None:
            self._around.store.submit(self._recording)
            path = self._around.folder.path(self._recording)
            party.send(media.StartRecording(party.id, str(path), self._around.fsync_seconds, silent=True))
        self.tell(events.Arrived())

    def party_held(self, party: Party, held: bool) -> None:
        """Let time stand still for a caller who has put us on hold, unless there is someone to hold."""
        self.observe(Note(EventKind.HOLD, self.dialog.node, {"by": "caller", "on": held}))
        if held:
            now = self._around.loop.time()
            self._frozen = {timer: handle.when() - now for timer, handle in self._timers.items()}
            for handle in self._timers.values():
                handle.cancel()
            self._timers.clear()
        else:
            frozen, self._frozen = self._frozen, {}
            for timer, seconds in frozen.items():
                self._start_timer(timer, seconds)

    def party_digit(self, party: Party, key: str) -> None:
        """Take a key."""
        if self._began is not None:
            self.tell(events.Digit(key))

    def party_told(self, party: Party, message: Any) -> None:
        """Take what else comes of the caller."""
        match message:
            case media.PlayEnded(_, play):
                self._played(play, events.PromptEnded(play))
            case media.PlayFailed(_, play):
                self._played(play, events.PromptFailed(play))
            case media.RecordingFailed(_, reason):
                self.observe(
                    Note(EventKind.ERROR, self.dialog.node, {"reason": "recording", "problem": reason})
                )
            case signalling.ReferProgress(_, code, _, True):
                self._referred(code)
            case signalling.ReferRequested():  # who calls has nobody to transfer
                party.signal(signalling.ReferProgress(party.id, _DECLINE, final=True))
            case _:
                pass

    def party_left(self, party: Party, reason: str) -> None:
        """Take in that the caller hung up, or was lost."""
        if reason in ("media-died", "internal-error"):
            self._break(reason)
        else:
            if reason in ("media-timeout", "no-codec"):
                self.observe(Note(EventKind.ERROR, self.dialog.node, {"reason": reason}))
            self._around.waiting.leave(self)
            self.tell(events.HungUp("caller"))
        if not self.over:  # it left before the dialog began
            self._finish(actions.HangUp("caller", Outcome.ABANDONED))

    def party_cut_off(self, party: Party) -> None:
        """Apologise as long as the caller can hear it, and end: the signalling process died."""
        if not self.over:
            self.observe(Note(EventKind.HANGUP, self.dialog.node, {"cause": "signalling-died"}))
            self._finish(actions.HangUp("signalling-died", Outcome.INTERRUPTED), last_words=True)

    def party_closed(self, party: Party, closed: media.LegClosed | None) -> None:
        """Complete the record."""
        if not self.over:
            self._break("media-died")
        if closed is not None:
            self.quality = closed.quality
            self.observe(Note(EventKind.QUALITY, "", asdict(closed.quality)))
        recorded = closed.recorded if closed is not None else None
        self._conclude(recorded, begun=self._began is not None)

    # -- the ears -----------------------------------------------------------------------------------

    def heard(self, message: Any) -> None:
        """Take what an ear tells."""
        match message:
            case ears.SpeechStarted(_, listen):
                self.tell(events.SpeechStarted(listen))
            case ears.Heard(_, listen, text, answer, confidence):
                if self._show is not None:
                    self._show({"heard": text, "answer": answer})
                self.tell(events.Heard(listen, text, answer, confidence))
            case ears.FellSilent(_, record):
                self.tell(events.MessageEnded(record))
            case _:
                pass

    # -- whoever the caller speaks with --------------------------------------------------------------

    def agent_answered(self, agent: str, other: OtherCall) -> None:
        """Connect the caller with an agent of the queue who took the call."""
        if self._enqueue is None or self.over:
            other.hang_up("the caller is gone")
            return
        enqueue, self._enqueue = self._enqueue, None
        self._handed_on = False
        self._connect(other)
        self.tell(events.AgentAnswered(enqueue, agent))

    @property
    def enqueued(self) -> int | None:
        """Which :class:`~ivr.actions.Enqueue` the caller waits by, if the caller waits for an agent."""
        return self._enqueue

    def no_agent(self, enqueue: int) -> None:
        """No agent of the queue will answer."""
        self.tell(events.NoAgent(enqueue))

    def moved(self, enqueue: int, position: int) -> None:
        """Take in that the caller's place in the queue changed."""
        self.tell(events.QueueMoved(enqueue, position))

    def other_answered(self, other: OtherCall) -> None:
        """Connect the caller with who was dialled."""
        if other is self._successor and not self.over:
            self._successor = None
            before = self.other
            self._connect(other)
            if before is not None:
                before.hang_up("transferred")
                self._sent_on()
            return
        if self._transfer is None or self.over:
            other.hang_up("the caller is gone")
            return
        transfer, self._transfer = self._transfer, None
        self._connect(other)
        self.tell(events.TransferAnswered(transfer))

    def other_failed(self, other: OtherCall, code: int) -> None:
        """Take in that who was dialled did not answer."""
        if other is self._successor:
            self._successor = None
            trace = {"by": "agent", "failed": _reason(code), "code": code}
            self.observe(Note(EventKind.TRANSFER, self.dialog.node, trace))
            if self.other is not None:
                self.other.refer_failed(code)
                self._let_talk(self.other)
            else:
                self._fill(None)
                self.tell(events.HungUp("agent"))
            return
        if self._transfer is None:
            return
        transfer, self._transfer, self.other = self._transfer, None, None
        self._fill(None)
        self._transfer_failed(transfer, code)

    def other_holds(self, other: OtherCall, on: bool) -> None:
        """Who the caller speaks with put the caller on hold, or came back."""
        if other is self.other:
            self.observe(Note(EventKind.HOLD, self.dialog.node, {"by": "agent", "on": on}))
            if self._successor is None:  # else the caller hears that it rings
                self._let_talk(other)

    def other_refers(self, other: OtherCall, target: str) -> None:
        """Call who the agent wants the caller to speak with; the agent waits until that one answers."""
        if other is not self.other or self._successor is not None:
            other.refer_failed(_DECLINE)
            return
        self.observe(Note(EventKind.TRANSFER, self.dialog.node, {"by": "agent", "to": masked_number(target)}))
        other.part()
        self._fill(self._around.sounds.ringing)
        self._successor = self._around.other_call(self)
        self._successor.dial(target, SUCCESSOR_SECONDS, caller=self.log.call.caller)

    def other_left(self, other: OtherCall) -> None:
        """Who the caller spoke with hung up."""
        if other is not self.other:
            return
        self.other = None
        if self._successor is not None:  # transferred blindly: the caller waits for the next one
            self._sent_on()
            return
        self._fill(None)
        self._around.waiting.leave(self, "agent")
        self.tell(events.HungUp("agent"))

    def observe(self, note: Note) -> None:
        """Keep a note of what happened outside the dialog."""
        for observer in self._observers:
            observer(note, self.now)

    # -- ends ---------------------------------------------------------------------------------------

    def tell(self, event: Event) -> None:
        """Tell the dialog what happened and do what it asks for."""
        if self.over:
            return
        for action in self.dialog.handle(event, self.now):
            self._carry_out(action)
        self._fill_silence()

    def hang_up(self, cause: str) -> None:
        """End the call from outside: the centre is closing."""
        self._break(cause)

    # -- actions ------------------------------------------------------------------------------------

    def _carry_out(self, action: Action) -> None:
        match action:
            case actions.Answer():
                pass  # the caller was answered before the dialog was told of the call
            case actions.Play(play, prompt):
                self._say(play, prompt)
            case actions.Replay(play):
                self._begin_play(play)
                self._media(media.PlayMessage(self._leg, play))
            case actions.StopPlaying():
                self._quiet()
                self._media(media.StopPlaying(self._leg))
            case actions.Listen():
                if not self._around.hearing.listen(self.id, action):
                    self.observe(Note(EventKind.ERROR, self.dialog.node, {"reason": "no-ear"}))
            case actions.StopListening():
                self._around.hearing.stop(self.id)
            case actions.StartTimer(timer, _, seconds):
                self._start_timer(timer, seconds)
            case actions.CancelTimer(timer):
                self._frozen.pop(timer, None)
                handle = self._timers.pop(timer, None)
                if handle is not None:
                    handle.cancel()
            case actions.StartRecording() | actions.Mask() | actions.Unmask():
                self._privacy.take(action, self._sample)
                self._follow_privacy()
            case actions.Record(record, silence_seconds):
                self._record = record
                self._media(media.StartMessage(self._leg))
                self._follow_privacy()
                self._play_loaded(NO_PLAY, self._around.sounds.beep)
                self._around.hearing.await_silence(self.id, record, silence_seconds)
            case actions.StopRecording():
                self._record = None
                self._media(media.StopMessage(self._leg))
                self._follow_privacy()
                self._around.hearing.stop_awaiting(self.id)
            case actions.Discard():
                pass  # the next message takes its place
            case actions.Note():
                self._noted(action)
            case actions.KeepSurvey(score):
                self.log.keep_survey(score)
            case actions.Fetch():
                self._ask(action)
            case actions.StopFetching():
                self._fetch = None
            case actions.HangUp():
                self._finish(action)
            case _:
                self._hand_over(action)

    def _hand_over(self, action: Action) -> None:
        match action:
            case actions.Enqueue(enqueue, queue):
                self._enqueue = enqueue
                self._fill(self._around.sounds.hold_music)
                self._around.waiting.enqueue(self, queue, enqueue)
            case actions.LeaveQueue():
                self._enqueue = None
                self._fill(None)
                self._around.waiting.leave(self, self._exit)
            case actions.Transfer(transfer, to, seconds):
                self._transfer = transfer
                target = self._around.refers(to)
                if target is not None and self.caller is not None:
                    self._referring = True
                    self.caller.signal(signalling.Refer(self.caller.id, target))
                    return
                self._fill(self._around.sounds.ringing)
                self._dial(to, seconds)
            case actions.StopTransfer():
                self._transfer = None
                self._fill(None)
                self._part("the caller was taken back")
            case actions.Callback(callback, _, _):
                self._callback = action
                self._soon(events.CallbackKept(callback))
            case _:
                raise TypeError(f"{type(action).__name__} is no action of a call")

    def _noted(self, note: Note) -> None:
        if self._handed_on and note.kind in (EventKind.COMPLETEAGENT, EventKind.COMPLETECALLER):
            return  # the agent's conversation ended before, with BLINDTRANSFER
        if note.kind in (EventKind.EXITWITHKEY, EventKind.EXITWITHTIMEOUT):
            self._exit = note.kind.value
        if note.kind is EventKind.CALLBACK and note.data.get("kept"):
            asked, self._callback = self._callback, None
            if asked is not None:
                self.log.keep_callback(asked.number, asked.queue)
        self.observe(note)

    # -- sound --------------------------------------------------------------------------------------

    @property
    def _leg(self) -> str:
        return self.caller.id if self.caller is not None else ""

    @property
    def _sample(self) -> int:
        return round(self.now * RATE)

    def _media(self, message: Any) -> None:
        if self.caller is not None:
            self.caller.send(message)

    def _say(self, play: int, prompt: Prompt) -> None:
        self._begin_play(play)
        if self._show is not None:
            self._show({"say": prompt.text})
        ready = self._around.sounds.ready(prompt)
        if ready is not None:
            self._play_loaded(play, ready)
            return
        task = self._around.loop.create_task(self._prepare(play, prompt))
        self._preparing = task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _prepare(self, play: int, prompt: Prompt) -> None:
        """Play a prompt as soon as it is made; whatever is wrong with it, the call goes on without."""
        try:
            sound: PromptSound = await self._around.sounds.sound(prompt)
        except Exception as error:
            # what was to be said may be about the caller: it stays out of trace and log
            trace = {"reason": "prompt", "name": prompt.name, "problem": type(error).__name__}
            self.observe(Note(EventKind.ERROR, self.dialog.node, trace))
            self._played(play, events.PromptFailed(play))
            return
        if self._play != play or self.over:
            return
        if isinstance(sound, LoadedSound):
            self._play_loaded(play, sound)
        else:
            self._play_spoken(play, sound)

    def _begin_play(self, play: int) -> None:
        self._quiet()
        self._play = play
        self._filling = False

    def _quiet(self) -> None:
        self._play = None
        self._filling = False
        if self._preparing is not None:
            self._preparing.cancel()
            self._preparing = None

    def _play_loaded(self, play: int, sound: LoadedSound, *, loop: bool = False) -> None:
        self._media(media.Play(self._leg, play, self._around.load(sound), loop))

    def _play_spoken(self, play: int, sound: SpokenSound) -> None:
        self._media(media.PlayStream(self._leg, play))
        for first in range(0, len(sound.sound), _PIECE):
            self._media(media.Feed(self._leg, play, sound.sound[first : first + _PIECE]))
        self._media(media.Feed(self._leg, play, b"", last=True))

    def _played(self, play: int, event: events.PromptEnded | events.PromptFailed) -> None:
        if play != NO_PLAY and play == self._play:
            self._play = None
            self.tell(event)

    def _fill(self, filler: LoadedSound | None) -> None:
        """Have something to hear while nothing is said, or no longer."""
        if filler is None and self._filling:
            self._media(media.StopPlaying(self._leg))
        self._filler, self._filling = filler, False
        self._fill_silence()

    def _fill_silence(self) -> None:
        if self._filler is not None and self._play is None and not self._filling and not self.over:
            self._filling = True
            self._play_loaded(NO_PLAY, self._filler, loop=True)

    def _follow_privacy(self) -> None:
        """Have the caller's channel written as silence, or not, as it should be from now on."""
        if self._unmask is not None:
            self._unmask.cancel()
            self._unmask = None
        silent = self._privacy.silent(self._sample, message=self._record is not None)
        if silent != self._silent:
            self._silent = silent
            self._media(media.Silence(self._leg, silent))
        if self._privacy.ends_at is not None:
            wait = max(self._privacy.ends_at - self._sample, 0) / RATE + 0.001
            self._unmask = self._around.loop.call_later(wait, self._follow_privacy)

    # -- time and the web ---------------------------------------------------------------------------

    def _start_timer(self, timer: int, seconds: float) -> None:
        if self.caller is not None and self.caller.held:
            self._frozen[timer] = seconds
            return
        self._timers[timer] = self._around.loop.call_later(seconds, self._timer_ended, timer)

    def _timer_ended(self, timer: int) -> None:
        self._timers.pop(timer, None)
        self.tell(events.TimerEnded(timer))

    def _soon(self, event: Event) -> None:
        """Tell the dialog after what it has asked for now is done."""
        self._around.loop.call_soon(self.tell, event)

    def _ask(self, fetch: actions.Fetch) -> None:
        if not self._around.allow_web:
            self._soon(events.FetchFailed(fetch.id, "not-allowed"))
            return
        if self._web is None:
            self._web = WebClient(self._around.allow_web)
        self._fetch = fetch.id
        self._web.start(fetch)
        task = self._around.loop.create_task(self._answer(self._web, fetch.id))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, web: WebClient, fetch: int) -> None:
        answer = await asyncio.to_thread(web.wait, fetch, _LONGEST_ANSWER)
        if self._fetch == fetch:
            self._fetch = None
            self.tell(answer or events.FetchFailed(fetch, "timeout"))

    # -- someone else -------------------------------------------------------------------------------

    def _dial(self, to: str, seconds: float) -> None:
        self.other = self._around.other_call(self)
        self.other.dial(self._around.address(to), seconds, trunk=self._around.trunk)

    def _connect(self, other: OtherCall) -> None:
        self._quiet()
        self.other = other
        self._around.hearing.stop(self.id)
        self._let_talk(other)

    def _let_talk(self, other: OtherCall) -> None:
        """Let the caller hear ``other``, or music as long as that one has the caller on hold."""
        if other.holds:
            other.part()
            self._fill(self._around.sounds.hold_music)
        else:
            self._filler, self._filling = None, False  # a bridge ends what is played
            other.bridge()

    def _sent_on(self) -> None:
        """Take in that the agent's part in the call is over."""
        self._handed_on = True
        self._around.waiting.leave(self, "transfer")

    def _part(self, reason: str) -> None:
        others = [each for each in (self.other, self._successor) if each is not None]
        self.other = self._successor = None
        for each in others:
            each.hang_up(reason)

    def _referred(self, code: int) -> None:
        """Take in what became of sending the caller elsewhere."""
        if not self._referring or self._transfer is None:
            return
        self._referring = False
        transfer, self._transfer = self._transfer, None
        if 200 <= code < 300:
            self.tell(events.TransferAnswered(transfer))
            self.tell(events.HungUp("caller"))
        else:
            self._transfer_failed(transfer, code)

    def _transfer_failed(self, transfer: int, code: int) -> None:
        reason = _reason(code)
        self.observe(Note(EventKind.TRANSFER, self.dialog.node, {"failed": reason, "code": code}))
        self.tell(events.TransferFailed(transfer, reason))

    # -- the end ------------------------------------------------------------------------------------

    def _break(self, cause: str) -> None:
        """End it although the dialog would go on."""
        if not self.over:
            self.observe(Note(EventKind.HANGUP, self.dialog.node, {"cause": cause}))
            self._finish(actions.HangUp(cause, Outcome.INTERRUPTED))

    def _finish(self, end: actions.HangUp, *, last_words: bool = False) -> None:
        if self.over:
            return
        self.end, self._ended_at = end, self.now
        self._quiet()
        self._filler = None
        for handle in [*self._timers.values(), *([self._unmask] if self._unmask else [])]:
            handle.cancel()
        self._timers.clear()
        self._frozen.clear()
        self._fetch = None
        if self._web is not None:
            self._web.close()
        self._around.hearing.detach(self.id)
        self._part("the caller is gone")
        self._around.waiting.leave(self)
        caller = self.caller
        if caller is None or not caller.closing:
            self._conclude(None, begun=self._began is not None)
        elif last_words and self._began is not None and caller.state is not PartyState.OVER:
            self._play_loaded(NO_PLAY, self._around.sounds.apology)
            wait = self._around.sounds.apology.seconds
            self._around.loop.call_later(wait, caller.hang_up, end.cause)
        elif caller.state is not PartyState.OVER:
            caller.hang_up(end.cause)

    def _conclude(self, recorded: media.Recorded | None, *, begun: bool) -> None:
        """Complete the record in a thread: what was recorded is looked at, and the database may wait."""
        if self._closed:
            return
        self._closed = True
        assert self.end is not None
        recording = self._recording if begun else None
        done = self._around.loop.run_in_executor(
            None, complete, self.log, self.end, self._ended_at, self._around.folder, recording, recorded
        )
        done.add_done_callback(self._concluded)

    def _concluded(self, done: asyncio.Future[None]) -> None:
        problem = done.exception()
        if problem is not None:
            why = str(problem) if isinstance(problem, HuawuError) else repr(problem)
            structlog.get_logger().error("a call's record could not be completed", call=self.id, why=why)
        self._around.over(self)


def _reason(code: int) -> Literal["busy", "no-answer", "failed"]:
    """Return what a SIP status means to a dialog."""
    if code in (486, 600, 603):
        return "busy"
    return "no-answer" if code in (408, 480, 487) else "failed"
