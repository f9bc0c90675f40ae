"""Small flows for tests, and a way to talk to them in one line a turn."""

from __future__ import annotations

from pathlib import Path

from calls.records import EventKind
from ivr import actions, events
from ivr.actions import Action, HangUp, Note
from ivr.dialog import CallFacts, Dialog
from ivr.events import Event
from ivr.flow import Flow, load_flow
from ivr.simulation import MONDAY

DESK = """
name: desk
start: hello
operator: agent
max_hops: 12
hot_keys: {"0": operator, "*": back, "#": repeat}
defaults:
  no_input: {prompts: [没听到, 还是没听到], max: 3, next: lost}
  no_match: {prompts: [没听懂, 还是没听懂], max: 3, next: lost}
nodes:
  hello: {type: play, prompt: 您好, barge_in: true, next: menu}
  menu:
    type: menu
    prompt: 话费一快递二
    again: 一还是二
    choices:
      - {digits: "1", phrases: [话费, 查话费], next: phone}
      - {digits: "2", phrases: [快递], next: parcels}
      - {digits: "34", next: notice}
      - {digits: "345", next: message}
  phone:
    type: collect
    prompt: 手机号码
    variable: phone
    spoken: true
    min_length: 4
    max_length: 6
    next: bill
  bill: {type: play, prompt: "尾号{phone_last4}", answers: true, next: bye}
  parcels:
    type: menu
    prompt: 人工一
    barge_in: false
    choices: [{digits: "1", next: agent}]
  notice: {type: play, prompt: 请听, next: menu}
  message: {type: record, prompt: 请留言, max_seconds: 20, silence_seconds: 3, next: bye}
  agent: {type: queue, queue: general, prompt: 请稍候, max_wait_seconds: 30, no_agent: message}
  lost: {type: hangup, outcome: failed, cause: lost}
  bye: {type: hangup}
"""


def flow_of(folder: Path, text: str = DESK) -> Flow:
    """Read a flow from its text."""
    path = folder / "flow.yaml"
    path.write_text(text, encoding="utf-8")
    return load_flow(path)


class Talk:
    """A dialog and what it is doing, as someone on the line would notice it."""

    def __init__(self, flow: Flow, call: CallFacts | None = None) -> None:
        self.dialog = Dialog(flow, call or CallFacts(started=MONDAY, caller="19900010001"))
        self.actions: list[Action] = []
        self.playing: actions.Play | None = None
        self.listening: actions.Listen | None = None
        self.timers: dict[str, actions.StartTimer] = {}
        self.heard: list[str] = []
        self.tell(events.Arrived())

    def tell(self, event: Event) -> Talk:
        for action in self.dialog.handle(event, 0.0):
            self.actions.append(action)
            match action:
                case actions.Play():
                    assert self.playing is None, "two prompts at once"
                    self.playing = action
                    self.heard.append(action.prompt.text)
                case actions.StopPlaying():
                    assert self.playing is not None, "nothing to stop"
                    self.playing = None
                case actions.Listen():
                    assert self.listening is None, "listens already"
                    self.listening = action
                case actions.StopListening():
                    assert self.listening is not None, "does not listen"
                    self.listening = None
                case actions.StartTimer(name=name):
                    assert name not in self.timers, f"timer {name} runs already"
                    self.timers[name] = action
                case actions.CancelTimer(id=timer):
                    self.timers = {name: t for name, t in self.timers.items() if t.id != timer}
        return self

    def press(self, keys: str) -> Talk:
        for key in keys:
            self.tell(events.Digit(key))
        return self

    def prompt_ends(self) -> Talk:
        """Let what is being said be said to its end."""
        assert self.playing is not None, "nothing is being said"
        play, self.playing = self.playing, None
        return self.tell(events.PromptEnded(play.id))

    def prompts_end(self) -> Talk:
        """Let that and all that follows be said to its end."""
        while self.playing is not None:
            self.prompt_ends()
        return self

    def say(self, text: str, answer: str | None = None) -> Talk:
        assert self.listening is not None, "nobody listens"
        self.tell(events.SpeechStarted(self.listening.id))
        listen, self.listening = self.listening, None
        return self.tell(events.Heard(listen.id, text, answer))

    def time_passes(self, timer: str) -> Talk:
        return self.tell(events.TimerEnded(self.timers.pop(timer).id))

    @property
    def enqueue(self) -> int:
        """Id of the last request for an agent, 0 before the first."""
        return max((a.id for a in self.actions if isinstance(a, actions.Enqueue)), default=0)

    @property
    def record(self) -> int:
        """Id of the last request for a message, 0 before the first."""
        return max((a.id for a in self.actions if isinstance(a, actions.Record)), default=0)

    @property
    def is_playing(self) -> bool:
        return self.playing is not None

    @property
    def node(self) -> str:
        return self.dialog.node

    @property
    def end(self) -> HangUp | None:
        last = self.actions[-1]
        return last if isinstance(last, HangUp) else None

    def notes(self, *kinds: EventKind) -> list[tuple[EventKind, dict[str, object]]]:
        return [(a.kind, a.data) for a in self.actions if isinstance(a, Note) and a.kind in kinds]
