"""A call as the engine holds it: its dialog, its caller, and whoever the caller speaks with.

The counterpart of :class:`ivr.engine.Engine` for callers whose sound is in another process: actions of the
dialog become commands, what the processes tell becomes events, and the clock is the loop's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import structlog

from calls.errors import HuawuError
from calls.records import EventKind, Outcome, Recording
from ivr import actions, events
from ivr.actions import Action, Note
from ivr.calllog import CallLog
from ivr.dialog import Dialog
from ivr.events import Event
from ivr.live.closing import complete
from ivr.live.lookup import Lookup
from ivr.live.partner import DECLINE, Partner
from ivr.live.party import DOOR_CLOSED, Party, PartyState
from ivr.live.saying import NO_PLAY, Saying
from ivr.live.surroundings import Surroundings
from ivr.live.timers import Timers
from ivr.live.veil import Veil
from ivr.wire import ears, media, signalling

Observer = Callable[[Note, float], None]


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
        #: How it ended.
        self.end: actions.HangUp | None = None
        self.quality: media.Quality | None = None
        self._recording = recording
        self._around = around
        self._observers = (log.observe, *observers)
        self._show = show
        self._began: float | None = None
        #: What the caller hears of us.
        self.saying = Saying(
            around.loop,
            around.sounds,
            load=around.load,
            leg=lambda: self._leg,
            send=self._media,
            ended=self.tell,
            observe=lambda kind, data: self.observe(Note(kind, self.dialog.node, data)),
            show=show,
        )
        #: Whoever the caller is brought together with.
        self.partner = Partner(self, around)
        self._veil = Veil(
            around.loop, lambda: self.now, lambda silent: self._media(media.Silence(self._leg, silent))
        )
        self._timers = Timers(around.loop, lambda timer: self.tell(events.TimerEnded(timer)))
        self._lookup = Lookup(around.loop, around.allow_web, self.tell)
        self._callback: actions.Callback | None = None
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
        return self.partner.state

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
            self._timers.stand_still()
        else:
            self._timers.go_on()

    def party_digit(self, party: Party, key: str) -> None:
        """Take a key."""
        if self._began is not None:
            self.tell(events.Digit(key))

    def party_told(self, party: Party, message: Any) -> None:
        """Take what else comes of the caller."""
        match message:
            case media.PlayEnded(_, play):
                self.saying.played(play, events.PromptEnded(play))
            case media.PlayFailed(_, play):
                self.saying.played(play, events.PromptFailed(play))
            case media.RecordingFailed(_, reason):
                self.observe(
                    Note(EventKind.ERROR, self.dialog.node, {"reason": "recording", "problem": reason})
                )
            case signalling.ReferProgress(_, code, _, True):
                self.partner.referred(code)
            case signalling.ReferRequested():  # who calls has nobody to transfer
                party.signal(signalling.ReferProgress(party.id, DECLINE, final=True))
            case _:
                pass

    def party_left(self, party: Party, reason: str) -> None:
        """Take in that the caller hung up, or was lost."""
        if reason in ("media-died", "internal-error", DOOR_CLOSED):
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
        self.saying.fill_silence()

    def hang_up(self, cause: str) -> None:
        """End the call from outside: the centre is closing."""
        self._break(cause)

    # -- actions ------------------------------------------------------------------------------------

    def _carry_out(self, action: Action) -> None:
        match action:
            case actions.Answer():
                pass  # the caller was answered before the dialog was told of the call
            case actions.Play(play, prompt):
                self.saying.say(play, prompt)
            case actions.Replay(play):
                self.saying.replay(play)
            case actions.StopPlaying():
                self.saying.stop()
            case actions.Listen():
                if not self._around.hearing.listen(self.id, action):
                    self.observe(Note(EventKind.ERROR, self.dialog.node, {"reason": "no-ear"}))
            case actions.StopListening():
                self._around.hearing.stop(self.id)
            case actions.StartTimer(timer, _, seconds):
                self._timers.start(timer, seconds)
            case actions.CancelTimer(timer):
                self._timers.cancel(timer)
            case actions.StartRecording() | actions.Mask() | actions.Unmask():
                self._veil.take(action)
            case actions.Record() | actions.StopRecording() | actions.Discard():
                self._take_message(action)
            case actions.Note():
                self._noted(action)
            case actions.KeepSurvey(score):
                self.log.keep_survey(score)
            case actions.Callback(callback, _, _):
                self._callback = action
                self._around.loop.call_soon(self.tell, events.CallbackKept(callback))
            case actions.Fetch():
                self._lookup.ask(action)
            case actions.StopFetching():
                self._lookup.stop()
            case actions.HangUp():
                self._finish(action)
            case _:
                self.partner.carry_out(action)

    def _take_message(self, action: actions.Record | actions.StopRecording | actions.Discard) -> None:
        match action:
            case actions.Record(record, silence_seconds):
                self._media(media.StartMessage(self._leg))
                self._veil.message(True)
                self.saying.beep()
                self._around.hearing.await_silence(self.id, record, silence_seconds)
            case actions.StopRecording():
                self._media(media.StopMessage(self._leg))
                self._veil.message(False)
                self._around.hearing.stop_awaiting(self.id)
            case actions.Discard():
                pass  # the next message takes its place

    def _noted(self, note: Note) -> None:
        if note.kind is EventKind.CALLBACK and note.data.get("kept"):
            asked, self._callback = self._callback, None
            if asked is not None:
                self.log.keep_callback(asked.number, asked.queue)
        if self.partner.noted(note):
            self.observe(note)

    @property
    def _leg(self) -> str:
        return self.caller.id if self.caller is not None else ""

    def _media(self, message: Any) -> None:
        if self.caller is not None:
            self.caller.send(message)

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
        self.saying.close()
        self._veil.close()
        self._timers.clear()
        self._lookup.close()
        self._around.hearing.detach(self.id)
        self.partner.part("the caller is gone")
        self._around.waiting.leave(self)
        caller = self.caller
        if caller is None or not caller.closing:
            self._conclude(None, begun=self._began is not None)
        elif last_words and self._began is not None and caller.state is not PartyState.OVER:
            self.saying.play(NO_PLAY, self._around.sounds.apology)
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
