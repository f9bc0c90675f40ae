"""A flow in virtual time and without sound: the world that tests and the terminal play a call in.

Prompts take as long as they would to say, timers run on the clock of the simulation, agents, web
services and other numbers answer as they are told to. The dialog in it is the one of live calls.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any, Literal

from pydantic import Field

from calls.document import Section
from calls.records import EventKind
from ivr import actions, events
from ivr.actions import Action, HangUp, Note
from ivr.dialog import CallFacts, Dialog
from ivr.events import Event
from ivr.flow import Flow
from ivr.prompt import Prompt
from ivr.values import from_speech

#: How fast prompts are said, in characters a second: about 270 Hanzi or 150 English words a minute, a
#: friendly service voice.
CHARACTERS_PER_SECOND = 4.5
LETTERS_PER_SECOND = 14.0
#: A Monday morning in Beijing, for calls of which nothing else is said.
MONDAY = datetime(2026, 11, 23, 10, tzinfo=timezone(timedelta(hours=8)))
#: How long an utterance takes from its beginning until it is recognised, beyond its characters.
HEARING_SECONDS = 0.7
#: How long a conversation with another number lasts, a number that rings, and one that does not answer.
TALK_SECONDS, RING_SECONDS, UNANSWERED_SECONDS = 30.0, 3.0, 20.0
#: How long a message is that is played back.
REPLAY_SECONDS = 5.0


def pace(language: str) -> float:
    """Return how many characters of a language are said in a second."""
    return CHARACTERS_PER_SECOND if language.startswith("zh") else LETTERS_PER_SECOND


Waiting = Literal["answer", "message", "queue", "talk"]


class AgentStub(Section):
    """The agent of a queue: answers after some seconds, talks, and one side hangs up.

    The caller enters the queue at ``position`` and moves up evenly until then.
    """

    id: str = "1001"
    position: int = Field(default=1, ge=1, le=99)
    after: float = Field(default=5.0, ge=0)
    talks: float = Field(default=30.0, ge=0)
    hangs_up: Literal["agent", "caller"] = "agent"


class WebAnswer(Section):
    """What a web service answers after some seconds; ``fails`` names a failure instead."""

    status: int = Field(default=200, ge=100, le=599)
    data: Any = None
    fails: str | None = None
    seconds: float = Field(default=0.5, ge=0)


class World(Section):
    """Everything around a call that is not the caller.

    Parameters
    ----------
    agents : dict
        By queue; in other queues nobody answers.
    web : dict
        Answers by ``http`` node, one after the other, the last for ever; others cannot be reached.
    transfers : dict
        What becomes of a transfer, by number; others are not answered. A conversation lasts 30 s.
    callbacks : bool
        Whether callbacks are kept.
    """

    agents: dict[str, AgentStub] = Field(default_factory=dict)
    web: dict[str, tuple[WebAnswer, ...]] = Field(default_factory=dict)
    transfers: dict[str, Literal["answered", "busy", "no-answer", "failed"]] = Field(default_factory=dict)
    callbacks: bool = True


@dataclass(frozen=True, slots=True)
class Said:
    """A prompt that began ``at`` seconds; ``cut`` if it was stopped."""

    at: float
    prompt: Prompt
    cut: bool = False


@dataclass(order=True, slots=True)
class _Due:
    at: float
    number: int
    happen: Callable[[], bool] = field(compare=False)


class Simulation:
    """One call through a flow.

    Parameters
    ----------
    flow : Flow
        What answers.
    call : CallFacts, optional
        Who calls, and when; by default a made-up number on :data:`MONDAY`.
    world : World, optional
        What is around it.
    observer : callable, optional
        Told every action and its time.

    Attributes
    ----------
    now : float
        Seconds since the call arrived.
    said : list of Said
        Every prompt so far.
    notes : list of (float, Note)
        The trace so far.
    survey : int or None
        The caller's mark.
    callbacks : list of (str, str)
        Numbers to be rung back, with their queues.
    transferred : list of str
        Numbers that were dialled.
    message : bool
        Whether a message was left.
    end : HangUp or None
        How the call ended.
    """

    def __init__(
        self,
        flow: Flow,
        call: CallFacts | None = None,
        world: World | None = None,
        *,
        observer: Callable[[Action, float], None] | None = None,
    ) -> None:
        self.dialog = Dialog(flow, call or CallFacts(started=MONDAY, caller="19900010001"))
        self.now = 0.0
        self.said: list[Said] = []
        self.notes: list[tuple[float, Note]] = []
        self.survey: int | None = None
        self.callbacks: list[tuple[str, str]] = []
        self.transferred: list[str] = []
        self.message = False
        self.end: HangUp | None = None
        self._world = world or World()
        self._observer = observer
        self._due: list[_Due] = []
        self._numbers = itertools.count()
        self._timers: dict[int, tuple[str, float]] = {}
        self._play: int | None = None
        self._listen: actions.Listen | None = None
        self._fetch: int | None = None
        self._ringing: int | None = None
        self._replaying = False
        self._recording: int | None = None
        self._silence = 0.0
        self._queued: int | None = None
        self._talking = False
        self._asked: dict[str, int] = {}
        self._tell(events.Arrived())

    # -- looking ------------------------------------------------------------------------------------

    @property
    def ended(self) -> bool:
        """Whether the call is over."""
        return self.dialog.ended

    @property
    def node(self) -> str:
        """Where the call is."""
        return self.dialog.node

    @property
    def playing(self) -> Prompt | None:
        """What is being said."""
        return self.said[-1].prompt if self._play is not None and self.said else None

    @property
    def listening(self) -> actions.Listen | None:
        """What is listened for."""
        return self._listen

    @property
    def waiting(self) -> Waiting | None:
        """What the caller is expected to do; ``None`` while something is said or looked up."""
        if self._recording is not None:
            return "message"
        if self._talking:
            return "talk"
        names = {name for name, _ in self._timers.values()}
        if self._play is None and names & {"first-input", "inter-digit", "review"}:
            return "answer"
        return "queue" if self._queued is not None else None

    def timers(self) -> dict[str, float]:
        """Return the timers that run, with the seconds left."""
        return {name: end - self.now for name, end in self._timers.values()}

    # -- doing --------------------------------------------------------------------------------------

    def press(self, keys: str) -> None:
        """Press keys, one right after the other."""
        for key in keys:
            self._tell(events.Digit(key))

    def say(self, text: str, confidence: float = 1.0) -> bool:
        """Say something; return whether anyone listened.

        It is understood word for word, with the confidence given.
        """
        listen = self._listen
        if listen is None:
            return False
        self._tell(events.SpeechStarted(listen.id))
        self.advance(len(text) / CHARACTERS_PER_SECOND + HEARING_SECONDS)
        if self._listen is not listen:
            return True
        self._listen = None
        if listen.value is not None:
            answer = from_speech(listen.value, text)
        else:
            answer = text if text in listen.phrases else None
        self._tell(events.Heard(listen.id, text, answer, confidence))
        return True

    def leave_message(self, seconds: float) -> None:
        """Talk for so long, then be silent: the recording tells when that has been long enough."""
        silence = self._silence
        self.advance(seconds)
        record = self._recording
        if record is not None:
            self._later(silence, lambda: self._fell_silent(record))

    def hang_up(self) -> None:
        """Leave."""
        self._tell(events.HungUp("caller"))

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        until = self.now + seconds
        while not self.ended and self._due and self._due[0].at <= until:
            self._next()
        self.now = max(self.now, until) if not self.ended else self.now

    def step(self) -> bool:
        """Let time pass until something happens; return whether anything did."""
        while self._due and not self.ended:
            if self._next():
                return True
        return False

    def _next(self) -> bool:
        """Go to what is due next; return whether it still matters."""
        due = heapq.heappop(self._due)
        self.now = max(self.now, due.at)
        return due.happen()

    def until_waiting(self) -> None:
        """Let time pass until the caller is expected to do something, or the call is over."""
        while self.waiting is None and self.step():
            pass

    def until_over(self) -> None:
        """Let time pass until the call is over."""
        while self.step():
            pass

    # -- the world ----------------------------------------------------------------------------------

    def _later(self, seconds: float, happen: Callable[[], bool]) -> None:
        heapq.heappush(self._due, _Due(self.now + seconds, next(self._numbers), happen))

    def _tell(self, event: Event) -> bool:
        for action in self.dialog.handle(event, self.now):
            if self._observer is not None:
                self._observer(action, self.now)
            self._carry_out(action)
        return True

    def _carry_out(self, action: Action) -> None:
        match action:
            case actions.Play(play, prompt):
                self.said.append(Said(self.now, prompt))
                self._begin(play, len(prompt.text) / pace(prompt.language))
            case actions.Replay(play):
                self._begin(play, REPLAY_SECONDS, replaying=True)
            case actions.StopPlaying():
                if not self._replaying:
                    self.said[-1] = replace(self.said[-1], cut=True)
                self._play = None
            case actions.Listen():
                self._listen = action
            case actions.StopListening():
                self._listen = None
            case actions.StartTimer(timer, name, seconds):
                self._timers[timer] = name, self.now + seconds
                self._later(seconds, lambda: self._timer_over(timer))
            case actions.CancelTimer(timer):
                self._timers.pop(timer, None)
            case actions.Record(record, silence_seconds):
                self._recording, self._silence = record, silence_seconds
            case actions.StopRecording():
                self._recording, self.message = None, True
            case actions.Discard():
                self.message = False
            case actions.Enqueue(enqueue, queue):
                self._enqueue(enqueue, queue)
            case actions.LeaveQueue():
                self._queued = None
            case actions.Transfer(transfer, to):
                self._dial(transfer, to)
            case actions.StopTransfer():
                self._ringing = None
            case actions.Callback(callback, number, queue):
                self._call_back(callback, number, queue)
            case actions.KeepSurvey(score):
                self.survey = score
            case actions.Fetch(fetch):
                self._ask(fetch)
            case actions.StopFetching():
                self._fetch = None
            case Note():
                self._note(action)
            case HangUp():
                if self._play is not None:
                    self.said[-1] = replace(self.said[-1], cut=True)
                    self._play = None
                self.end = action

    def _fell_silent(self, record: int) -> bool:
        return record == self._recording and self._tell(events.MessageEnded(record))

    def _begin(self, play: int, seconds: float, *, replaying: bool = False) -> None:
        self._play, self._replaying = play, replaying
        self._later(seconds, lambda: self._prompt_over(play))

    def _prompt_over(self, play: int) -> bool:
        if self._play != play:
            return False
        self._play = None
        return self._tell(events.PromptEnded(play))

    def _timer_over(self, timer: int) -> bool:
        if self._timers.pop(timer, None) is None:
            return False
        return self._tell(events.TimerEnded(timer))

    def _note(self, note: Note) -> None:
        self.notes.append((self.now, note))
        if note.kind is EventKind.CONNECT:
            self._talking = True
        elif note.kind in (EventKind.COMPLETEAGENT, EventKind.COMPLETECALLER):
            self._talking = False

    def _enqueue(self, enqueue: int, queue: str) -> None:
        self._queued = enqueue
        agent = self._world.agents.get(queue)
        if agent is None:
            return
        for gone in range(agent.position):
            self._later(
                agent.after * gone / agent.position, partial(self._move, enqueue, agent.position - gone)
            )
        self._later(agent.after, lambda: self._answer(agent, enqueue))

    def _move(self, enqueue: int, position: int) -> bool:
        before = len(self.said)
        if self._queued == enqueue:
            self._tell(events.QueueMoved(enqueue, position))
        return len(self.said) > before  # most flows do not tell it, and nothing has happened

    def _answer(self, agent: AgentStub, enqueue: int) -> bool:
        if self._queued != enqueue:
            return False
        self._queued = None
        self._later(agent.talks, lambda: self._tell(events.HungUp(agent.hangs_up)))
        return self._tell(events.AgentAnswered(enqueue, agent.id))

    def _dial(self, transfer: int, to: str) -> None:
        self.transferred.append(to)
        self._ringing = transfer
        result = self._world.transfers.get(to, "no-answer")
        seconds = UNANSWERED_SECONDS if result == "no-answer" else RING_SECONDS
        self._later(seconds, lambda: self._dialled(transfer, result))

    def _dialled(self, transfer: int, result: Literal["answered", "busy", "no-answer", "failed"]) -> bool:
        if self._ringing != transfer:
            return False
        self._ringing = None
        if result != "answered":
            return self._tell(events.TransferFailed(transfer, result))
        self._later(TALK_SECONDS, lambda: self._tell(events.HungUp("agent")))
        return self._tell(events.TransferAnswered(transfer))

    def _call_back(self, callback: int, number: str, queue: str) -> None:
        if self._world.callbacks:
            self.callbacks.append((number, queue))
            self._later(0.0, lambda: self._tell(events.CallbackKept(callback)))
        else:
            self._later(0.0, lambda: self._tell(events.CallbackRefused(callback)))

    def _ask(self, fetch: int) -> None:
        self._fetch = fetch
        answers = self._world.web.get(self.node, (WebAnswer(fails="unreachable", seconds=0.1),))
        count = self._asked.get(self.node, 0)
        self._asked[self.node] = count + 1
        answer = answers[min(count, len(answers) - 1)]
        self._later(answer.seconds, lambda: self._answered(fetch, answer))

    def _answered(self, fetch: int, answer: WebAnswer) -> bool:
        if self._fetch != fetch:
            return False
        self._fetch = None
        if answer.fails is not None:
            return self._tell(events.FetchFailed(fetch, answer.fails))
        return self._tell(events.Fetched(fetch, answer.status, answer.data))
