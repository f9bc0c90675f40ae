"""The dialog: a pure interpreter of flows, events in, actions out.

It has no clock and does no I/O: timers are actions, and their ends are events. The same object runs a
live call, a scripted test and a simulation. In every state but the last a timer is running, so it
cannot wait for ever, whatever the world fails to report.
"""

from __future__ import annotations

from collections import Counter, deque
from enum import Enum

from calls.records import EventKind, Outcome
from ivr import actions, events, outbox
from ivr.actions import Action
from ivr.entry import Verdict, judge, judge_pause, masked
from ivr.events import Event
from ivr.flow import (
    CollectNode,
    Flow,
    GotoNode,
    HangupNode,
    MenuNode,
    PlayNode,
    QueueNode,
    Reason,
    RecordNode,
)
from ivr.outbox import Outbox
from ivr.prompt import Prompt

#: Longest utterance that is waited for (VoiceXML ``maxspeechtimeout``).
SPEECH_SECONDS = 15.0
#: Longest conversation with an agent.
TALK_SECONDS = 4 * 3600.0


class _Phase(Enum):
    RINGING = "not answered yet"
    SAYING = "a prompt before something else than an input"
    ASKING = "an input, prompt included"
    RECORDING = "a message"
    WAITING = "in a queue"
    TALKING = "with an agent"
    ENDED = "over"


class Dialog:
    """One call's way through a flow.

    Feed it :mod:`ivr.events` with :meth:`handle` and carry out the :mod:`ivr.actions` it returns, in
    order. Events that come too late (of a stopped prompt, a cancelled timer, an old utterance) are
    ignored, as is everything after the end.

    Parameters
    ----------
    flow : Flow
        Shared between calls; never changed.
    """

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        #: What the caller entered, by the names that prompts use.
        self.variables: dict[str, str] = {}
        self._phase = _Phase.RINGING
        self._out = Outbox()
        self._target: str | None = None
        self._hops = 0
        self._keys = ""
        self._ahead: deque[str] = deque()
        self._late_terminator: str | None = None
        self._failures: Counter[Reason] = Counter()
        self._asked: list[str] = []
        self._achieved: Outcome | None = None

    @property
    def node(self) -> str:
        """Name of the node that the call is at; empty before it is answered."""
        return self._out.node

    @property
    def ended(self) -> bool:
        """Whether the call is over."""
        return self._phase is _Phase.ENDED

    def handle(self, event: Event) -> list[Action]:
        """Take in what happened and return what is to be done about it."""
        if not self.ended:
            self._dispatch(event)
        while self._target is not None and not self.ended:
            target, self._target = self._target, None
            self._enter(target)
        return self._out.take()

    def _dispatch(self, event: Event) -> None:
        match event:
            case events.HungUp(by):
                self._hung_up(by)
            case events.Arrived():
                if self._phase is _Phase.RINGING:
                    self._out.add(actions.Answer())
                    self._go(self.flow.start)
            case events.PromptEnded(play):
                if play == self._out.play:
                    self._prompt_ended()
            case events.Digit(key):
                self._digit(key)
            case events.SpeechStarted(listen):
                if listen == self._out.listen:
                    self._speech_started()
            case events.Heard():
                if event.listen == self._out.listen:
                    self._heard(event)
            case events.TimerEnded(timer):
                self._timer_ended(timer)
            case events.AgentAnswered(agent):
                if self._phase is _Phase.WAITING:
                    self._connected(agent)
            case events.NoAgent():
                if self._phase is _Phase.WAITING:
                    self._unanswered(EventKind.RINGNOANSWER)
            case events.MessageEnded():
                if self._phase is _Phase.RECORDING:
                    self._message_taken("silence")

    # -- walking the flow ---------------------------------------------------------------------------

    def _go(self, name: str) -> None:
        self._target = name

    def _enter(self, name: str) -> None:
        self._out.quieten()
        self._out.node = name
        self._hops += 1
        if self._hops > self.flow.max_hops:
            self._out.note(EventKind.ERROR, reason="hop-limit", hops=self.flow.max_hops)
            self._end("hop-limit", Outcome.FAILED)
            return
        self._out.note(EventKind.NODE, type=self.flow.nodes[name].type)
        match self.flow.nodes[name]:
            case PlayNode() | RecordNode() | QueueNode():
                self._phase = _Phase.SAYING
                self._out.say([self.flow.question(name)], self.variables)
            case MenuNode() | CollectNode():
                self._phase = _Phase.ASKING
                self._failures.clear()
                if self._asked[-1:] != [name]:
                    self._asked.append(name)
                self._ask(self.flow.question(name))
            case GotoNode(next=target):
                self._go(target)
            case HangupNode(outcome=outcome, cause=cause):
                self._end(cause, self._achieved or outcome)

    def _prompt_ended(self) -> None:
        self._late_terminator = None
        if self._out.goes_on():
            return
        match self.flow.nodes[self._out.node]:
            case PlayNode() as node:
                self._leave_play(node)
            case MenuNode() | CollectNode() as node:
                if not self._flush_ahead(node):
                    self._start_listening(node)
                    self._out.start("first-input", node.first_input_seconds)
            case RecordNode(silence_seconds=silence, max_seconds=longest):
                self._phase = _Phase.RECORDING
                self._ahead.clear()
                self._out.add(actions.Record(silence))
                self._out.start("message", longest)
            case QueueNode(queue=queue, max_wait_seconds=longest):
                self._phase = _Phase.WAITING
                self._ahead.clear()
                self._out.note(EventKind.ENTERQUEUE, queue=queue)
                self._out.add(actions.Enqueue(queue))
                self._out.start("wait", longest)

    def _leave_play(self, node: PlayNode) -> None:
        if node.answers:
            self._achieved = self._achieved or Outcome.CONTAINED
        self._go(node.next)

    # -- inputs -------------------------------------------------------------------------------------

    def _ask(self, *prompts: Prompt) -> None:
        """Put the question, unless it is answered already by keys pressed ahead."""
        node = self._input()
        self._keys = ""
        if self._flush_ahead(node):
            return
        if node.barge_in:
            self._start_listening(node)
        self._out.say([*prompts], self.variables)

    def _flush_ahead(self, node: MenuNode | CollectNode) -> bool:
        """Use keys pressed ahead; return whether there were any."""
        used = bool(self._ahead)
        while self._ahead and self._target is None and self._out.play is None and not self.ended:
            self._key(node, self._ahead.popleft())
        return used

    def _start_listening(self, node: MenuNode | CollectNode) -> None:
        phrases = node.phrases if isinstance(node, MenuNode) else ()
        digits = isinstance(node, CollectNode) and node.spoken
        self._out.listen_for(phrases, digits=digits)

    def _digit(self, key: str) -> None:
        if key == self._late_terminator:
            # it ended a number that was complete without it; it must not become a hot key
            self._late_terminator = None
            return
        self._late_terminator = None
        node = self.flow.nodes.get(self._out.node)
        match self._phase:
            case _Phase.SAYING:
                self._ahead.append(key)
                if isinstance(node, PlayNode) and node.barge_in:
                    self._barge_in("digit")
                    self._leave_play(node)
            case _Phase.ASKING:
                asked = self._input()
                if self._out.play is not None and not asked.barge_in:
                    self._ahead.append(key)
                    return
                self._barge_in("digit")
                self._key(asked, key)
            case _Phase.RECORDING:
                if isinstance(node, RecordNode) and key == node.terminator:
                    self._message_taken("key")
            case _:
                pass

    def _key(self, node: MenuNode | CollectNode, key: str) -> None:
        self._out.stop_listening()
        self._out.cancel("first-input", "inter-digit", "speech")
        if not self._keys and (meaning := self.flow.hot_keys_of(node).get(key)):
            self._out.note(EventKind.DIGIT, key=key, means=meaning)
            self._hot_key(meaning)
            return
        self._keys += key
        if isinstance(node, MenuNode):
            self._out.note(EventKind.DIGIT, key=key)
        else:
            self._out.note(EventKind.DIGIT, count=len(self._keys))
        match judge(node, self._keys):
            case Verdict.DONE:
                self._late_terminator = None
                if isinstance(node, CollectNode) and key != node.terminator:
                    self._late_terminator = node.terminator
                self._answered(node, self._keys)
            case Verdict.WRONG:
                self._fail("no_match", keys=len(self._keys))
            case Verdict.MORE:
                short = isinstance(node, CollectNode) and len(self._keys) < node.min_length
                seconds = node.first_input_seconds if short else node.inter_digit_seconds
                self._out.start("inter-digit", seconds)

    def _hot_key(self, meaning: str) -> None:
        match meaning:
            case "operator":
                assert self.flow.operator is not None
                self._go(self.flow.operator)
            case "back":
                if len(self._asked) > 1:
                    self._asked.pop()
                self._go(self._asked[-1])
            case _:
                self._go(self._out.node)

    def _speech_started(self) -> None:
        self._barge_in("speech")
        self._out.cancel("first-input")
        self._out.start("speech", SPEECH_SECONDS)

    def _heard(self, event: events.Heard) -> None:
        node = self._input()
        self._out.listen = None
        self._barge_in("speech")
        self._out.cancel("first-input", "speech")
        if not event.text:
            self._fail("no_input", heard="noise")
            return
        text = event.text if isinstance(node, MenuNode) else masked(event.answer or "")
        self._out.note(EventKind.RECOGNITION, text=text, confidence=round(event.confidence, 3))
        usable = event.answer is not None and (isinstance(node, MenuNode) or node.accepts(event.answer))
        if event.answer is not None and usable:
            self._answered(node, event.answer)
        else:
            self._fail("no_match", heard=text)

    def _answered(self, node: MenuNode | CollectNode, answer: str) -> None:
        if isinstance(node, CollectNode):
            number = answer.removesuffix(node.terminator or "")
            self.variables |= {node.variable: number, f"{node.variable}_last4": number[-4:]}
            self._go(node.next)
            return
        for choice in node.choices:
            if answer == choice.digits or answer in choice.phrases:
                self._go(choice.next)
                return
        self._fail("no_match", heard=answer)

    def _fail(self, reason: Reason, **data: object) -> None:
        node = self._input()
        self._out.quieten()
        self._ahead.clear()
        self._failures[reason] += 1
        failures, retries = self._failures[reason], self.flow.retries(node, reason)
        kind = EventKind.NO_INPUT if reason == "no_input" else EventKind.NO_MATCH
        self._out.note(kind, count=failures, **data)
        if failures >= retries.max:
            self._go(retries.next)
            return
        regret = self.flow.regret(self._out.node, reason, failures)
        again = self.flow.question(self._out.node, again=True)
        self._ask(*[prompt for prompt in (regret, again) if prompt])

    # -- agents, messages, the end ------------------------------------------------------------------

    def _connected(self, agent: str) -> None:
        self._out.cancel("wait")
        self._phase = _Phase.TALKING
        self._achieved = Outcome.HANDED_OFF
        self._out.note(EventKind.CONNECT, agent=agent)
        self._out.start("talk", TALK_SECONDS)

    def _unanswered(self, kind: EventKind) -> None:
        node = self.flow.nodes[self._out.node]
        assert isinstance(node, QueueNode)
        self._out.note(kind, queue=node.queue)
        self._out.add(actions.LeaveQueue())
        self._go(node.no_agent)

    def _message_taken(self, ended_by: str) -> None:
        node = self.flow.nodes[self._out.node]
        assert isinstance(node, RecordNode)
        self._achieved = Outcome.VOICEMAIL
        self._out.add(actions.StopRecording())
        self._out.note(EventKind.MESSAGE, ended_by=ended_by)
        self._go(node.next)

    def _hung_up(self, by: str) -> None:
        match self._phase:
            case _Phase.WAITING:
                self._out.note(EventKind.ABANDON)
            case _Phase.TALKING:
                complete = EventKind.COMPLETEAGENT if by == "agent" else EventKind.COMPLETECALLER
                self._out.note(complete)
            case _Phase.RECORDING:
                self._achieved = Outcome.VOICEMAIL
                self._out.note(EventKind.MESSAGE, ended_by="hang-up")
            case _:
                pass
        self._end(by, self._achieved or Outcome.ABANDONED)

    def _end(self, cause: str, outcome: Outcome) -> None:
        self._phase = _Phase.ENDED
        self._out.note(EventKind.HANGUP, cause=cause, outcome=outcome.value)
        self._out.add(actions.HangUp(cause, outcome))

    def _timer_ended(self, timer: int) -> None:
        match self._out.ended(timer):
            case outbox.PROMPT_TIMER:
                self._prompt_ended()
            case "first-input":
                self._fail("no_input")
            case "inter-digit":
                node = self._input()
                if judge_pause(node, self._keys) is Verdict.DONE:
                    self._answered(node, self._keys)
                else:
                    self._fail("no_match", keys=len(self._keys))
            case "speech":
                self._fail("no_match", heard="too long")
            case "message":
                self._message_taken("length")
            case "wait":
                self._unanswered(EventKind.EXITWITHTIMEOUT)
            case "talk":
                self._end("talk-limit", Outcome.HANDED_OFF)

    # -- small parts --------------------------------------------------------------------------------

    def _input(self) -> MenuNode | CollectNode:
        node = self.flow.nodes[self._out.node]
        assert isinstance(node, MenuNode | CollectNode)
        return node

    def _barge_in(self, by: str) -> None:
        if self._out.play is not None:
            self._out.note(EventKind.BARGE_IN, by=by)
            self._out.stop_playing()
