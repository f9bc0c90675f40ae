"""Random flows that reach every kind of node, and random worlds that they run in.

Every exit of every node leads through a ``goto`` node of its own, so that the trace of a call says
which exits were taken.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from calls.records import EventKind
from ivr import actions, events
from ivr.calendar import shipped_calendar
from ivr.dialog import CallFacts, Dialog
from ivr.events import Event
from ivr.flow import Flow
from ivr.simulation import MONDAY

Fields = dict[str, Any]

CALLS_PER_FLOW = 20
MOST_EVENTS = 120
#: A call in which only time passes is over after fewer timers than this.
PATIENCE = 3000

KINDS = ("digits", "phone", "id_card", "bank_card", "order", "amount", "date")
PHRASES = ("话费", "快递", "宽带", "投诉", "人工", "退款")
GOOD = {  # keys and canonical values that are right
    "digits": ("4711", "4711"),
    "phone": ("19900010001", "19900010001"),
    "id_card": ("11010519491231002*", "11010519491231002X"),
    "bank_card": ("4111111111111111", "4111111111111111"),
    "order": ("4711", "4711"),
    "amount": ("12*5", "12.5"),
    "date": ("20261123", "2026-11-23"),
}


class RandomFlow:
    """A flow made of ``size`` random nodes, and what its exits are.

    Parameters
    ----------
    rng : random.Random
        Equal generators make equal flows.
    size : int
        Nodes, exits not counted.
    name : str
        Of the flow.
    inner : RandomFlow, optional
        A flow that it can lead into.
    """

    def __init__(
        self, rng: random.Random, size: int, name: str = "outer", inner: RandomFlow | None = None
    ) -> None:
        self._rng = rng
        self._inner = inner
        self._names = [f"n{number}" for number in range(size)]
        self._nodes: dict[str, Fields] = {}
        #: Node of an exit in the trace → type of the node it belongs to, and the exit's name.
        self.exits: dict[str, tuple[str, str]] = dict(inner.exits) if inner else {}
        self._prefix = "" if name == "outer" else f"{name}."
        makers = [maker for maker in _MAKERS if inner is not None or maker is not _enter]
        if name != "outer":
            makers.append(_return)
        for number, node in enumerate(self._names):
            # the outer flow of every pair has at least one node of each type if it is large enough
            maker = makers[number % len(makers)] if size >= len(makers) else rng.choice(makers)
            self._nodes[node] = maker(self)
        operator = rng.random() < 0.7
        fields: Fields = {
            "name": name,
            "start": rng.choice(self._names),
            "languages": ["zh", "en"],
            "max_hops": rng.randint(10, 120),
            "defaults": {
                "no_input": self._retries("default"),
                "no_match": self._retries("default"),
            },
            "schedules": {"office": {"weekly": {"mon-fri": ["09:00-18:00"]}, "calendar": "china"}},
            "variables": {"level": "gold", "amount": 12, "value": ""},
            "nodes": self._nodes,
        }
        if operator:
            fields["operator"] = self.exit("any", "operator key")
            fields["hot_keys"] = {"0": "operator", "*": "back", "#": "repeat"}
        self.flow = Flow.model_validate(fields)
        flows = {name: self.flow} | ({"inner": inner.flow} if inner else {})
        self.flow._flows = flows
        self.flow._calendars = {"china": shipped_calendar("china")}

    def exit(self, kind: str, name: str) -> str:
        """Make an exit and return the name of its node."""
        node = f"x{len(self._nodes)}"
        self._nodes[node] = {"type": "goto", "next": self._rng.choice(self._names)}
        self.exits[f"{self._prefix}{node}"] = kind, name
        return node

    def maybe(self, probability: float = 0.5) -> bool:
        return self._rng.random() < probability

    def pick(self, *values: Any) -> Any:
        return self._rng.choice(values)

    def _retries(self, kind: str) -> Fields:
        return {
            "prompts": self.pick([], ["没听到"], ["没听到", {"zh": "还是没有", "en": "nothing"}]),
            "max": self._rng.randint(1, 3),
            "next": self.exit("any", f"{kind} retries"),
        }

    def input(self, kind: str) -> Fields:
        """Return what all inputs have."""
        fields: Fields = {
            "type": kind,
            "prompt": self.pick("请选择", {"zh": "请选择", "en": "choose"}),
            "again": self.pick([], "再选一次", ["再选", "最后一次"]),
            "barge_in": self.pick(True, False, "digits", "speech"),
            "flush": self.maybe(0.2),
        }
        for reason in ("no_input", "no_match"):
            if self.maybe(0.4):
                fields[reason] = self._retries(kind) | {"next": self.exit(kind, reason)}
        if self.maybe(0.2):
            fields["hot_keys"] = {"#": "repeat", "*": "back"}
        return fields


def _play(flow: RandomFlow) -> Fields:
    notice = flow.maybe(0.3)
    return {
        "type": "play",
        "prompt": "您好{value}",
        "notice": notice,
        "barge_in": not notice and flow.maybe(),
        "answers": flow.maybe(),
        "flush": flow.maybe(0.2),
        "next": flow.exit("play", "next"),
    }


def _menu(flow: RandomFlow) -> Fields:
    choices = []
    for number, phrase in enumerate(PHRASES[: flow.pick(1, 2, 5)], start=1):
        digits = flow.pick(str(number), f"{number}{number}", f"{number}*")
        choices.append({"digits": digits, "phrases": [phrase], "next": flow.exit("menu", "choice")})
    return flow.input("menu") | {"choices": choices, "variable": "choice"}


def _collect(flow: RandomFlow) -> Fields:
    kind = flow.pick(*KINDS)
    secret = flow.maybe(0.3)
    fields = flow.input("collect") | {
        "variable": "pin" if secret else "value",
        "kind": kind,
        "spoken": flow.maybe(),
        "secret": secret,
        "terminator": flow.pick("#", None),
        "next": flow.exit("collect", "next"),
    }
    if kind == "order":
        fields["pattern"] = r"\d{4}"
    return fields


def _confirm(flow: RandomFlow) -> Fields:
    name = next(
        (name for name, node in flow._nodes.items() if node["type"] == "collect" and not node["secret"]), None
    )
    if name is None:
        return _play(flow)
    return flow.input("confirm") | {
        "variable": "value",
        "prompt": "您的号码是{value}",
        "always": flow.maybe(0.3),
        "attempts": flow.pick(1, 2),
        "next": flow.exit("confirm", "next"),
        "retry": name,
        "give_up": flow.exit("confirm", "give_up"),
    }


def _survey(flow: RandomFlow) -> Fields:
    return flow.input("survey") | {"variable": "mark", "next": flow.exit("survey", "next")}


def _record(flow: RandomFlow) -> Fields:
    fields: Fields = {"type": "record", "prompt": "请留言", "next": flow.exit("record", "next")}
    return fields | ({"review": "重听按一"} if flow.maybe() else {})


def _branch(flow: RandomFlow) -> Fields:
    condition = flow.pick("level == 'gold'", "len(value) > 5", "amount > 100", "value in ['4711']")
    return {
        "type": "branch",
        "cases": [{"when": condition, "next": flow.exit("branch", "case")}],
        "otherwise": flow.exit("branch", "otherwise"),
    }


def _set(flow: RandomFlow) -> Fields:
    values = flow.pick({"amount": "= amount + 1"}, {"level": "silver"}, {"amount": "= value / 0"})
    return {"type": "set", "values": values, "next": flow.exit("set", "next")}


def _hours(flow: RandomFlow) -> Fields:
    fields = {state: flow.exit("hours", state) for state in ("open", "closed", "holiday")}
    return {"type": "hours", "schedule": "office"} | fields


def _http(flow: RandomFlow) -> Fields:
    return {
        "type": "http",
        "url": "https://crm.example.cn/{value}",
        "body": {"pin": "{pin}", "many": [{"level": "{level}"}]},
        "filler": flow.pick(None, "正在查询"),
        "retries": flow.pick(0, 1),
        "result": {"level": "customer.level"},
        "next": flow.exit("http", "next"),
        "error": flow.exit("http", "error"),
    }


def _split(flow: RandomFlow) -> Fields:
    shares = [{"percent": 50, "next": flow.exit("split", f"share {number}")} for number in (1, 2)]
    return {"type": "split", "shares": shares}


def _language(flow: RandomFlow) -> Fields:
    return {"type": "language", "language": flow.pick("zh", "en"), "next": flow.exit("language", "next")}


def _queue(flow: RandomFlow) -> Fields:
    return {
        "type": "queue",
        "queue": "general",
        "prompt": "请稍候",
        "keys": {"1": flow.exit("queue", "key")},
        "comfort": flow.pick(None, "请继续等待"),
        "position": flow.pick(None, True, "第{position}位"),
        "after": flow.exit("queue", "after"),
        "no_agent": flow.exit("queue", "no_agent"),
    }


def _transfer(flow: RandomFlow) -> Fields:
    exits = {name: flow.exit("transfer", name) for name in ("failed", "busy", "no_answer", "after")}
    return {"type": "transfer", "to": "4001", "prompt": flow.pick(None, "请稍候")} | exits


def _callback(flow: RandomFlow) -> Fields:
    fields: Fields = {"type": "callback", "queue": "general", "variable": flow.pick(None, "value")}
    return fields | {name: flow.exit("callback", name) for name in ("next", "failed")}


def _enter(flow: RandomFlow) -> Fields:
    fields: Fields = {"type": "goto", "flow": "inner"}
    return fields | ({"next": flow.exit("goto", "returned")} if flow.maybe(0.9) else {})


def _return(flow: RandomFlow) -> Fields:
    return {"type": "return"}


def _hangup(flow: RandomFlow) -> Fields:
    return {"type": "hangup", "outcome": flow.pick("contained", "failed")}


_MAKERS: tuple[Callable[[RandomFlow], Fields], ...] = (
    *(_play, _menu, _collect, _confirm, _survey, _record, _branch, _set, _hours, _http, _split),
    *(_language, _queue, _transfer, _callback, _enter, _hangup),
)


class RandomCall:
    """A dialog in a world that does what it likes, and the rules that hold all the same.

    Parameters
    ----------
    made : RandomFlow
        The flow.
    rng : random.Random
        The world.
    """

    def __init__(self, made: RandomFlow, rng: random.Random) -> None:
        self._made = made
        self._rng = rng
        caller = rng.choice(["19900010001", "19900010002", ""])
        started = MONDAY - timedelta(days=rng.randint(0, 300), hours=rng.randint(0, 23))
        self.facts = CallFacts(started=started, caller=caller, id="c1")
        self.dialog = Dialog(made.flow, self.facts)
        self.at = 0.0
        self.timers: list[int] = []
        self._under_way: dict[str, int] = {}
        self._listen: actions.Listen | None = None
        self.told: list[tuple[Event, float]] = []
        self.done: list[actions.Action] = []
        self.hops = 0
        #: Types of nodes that were entered, exits that were taken.
        self.seen: Counter[str] = Counter()
        self.taken: Counter[tuple[str, str]] = Counter()

    def tell(self, event: Event) -> None:
        """Let something happen, and check what must hold after it."""
        self.told.append((event, self.at))
        ended_before = self.dialog.ended
        if isinstance(event, events.TimerEnded) and event.timer in self.timers:
            self.timers.remove(event.timer)
        found = self.dialog.handle(event, self.at)
        assert not (ended_before and found), "an action after the last one"
        for action in found:
            self._take(action)
        self.done += found
        assert self.dialog.ended == (bool(self.done) and isinstance(self.done[-1], actions.HangUp))
        assert not any(isinstance(action, actions.HangUp) for action in found[:-1]), (
            "it goes on after the end"
        )
        assert self.timers or self.dialog.ended, f"at {self.dialog.node} it could wait for ever"
        assert self.hops <= self._made.flow.max_hops + 1

    def anything(self) -> Event:
        """Return something that may happen now, most of the time something that makes sense."""
        rng = self._rng
        ids = (
            {**self._under_way} if rng.random() < 0.9 else dict.fromkeys(self._under_way, rng.randint(0, 99))
        )
        chances: list[Event] = [events.Digit(rng.choice("0123456789*#"))]
        if self.timers:
            chances.append(events.TimerEnded(rng.choice(self.timers)))
        match ids:
            case {"play": play}:
                chances += [events.PromptEnded(play)] * 4
        if self._listen is not None:
            chances += [events.SpeechStarted(self._listen.id), *[self._utterance(self._listen)] * 3]
        if "fetch" in ids:
            chances += [
                events.Fetched(ids["fetch"], rng.choice([200, 404]), {"customer": {"level": "vip"}}),
                events.FetchFailed(ids["fetch"], "timeout"),
            ]
        if "transfer" in ids:
            reason = rng.choice(["busy", "no-answer", "failed"])
            chances += [
                events.TransferAnswered(ids["transfer"]),
                events.TransferFailed(ids["transfer"], reason),
            ]
        if "callback" in ids:
            chances += [events.CallbackKept(ids["callback"]), events.CallbackRefused(ids["callback"])]
        if "record" in ids:
            chances.append(events.MessageEnded(ids["record"]))
        if "enqueue" in ids:
            enqueue = ids["enqueue"]
            chances += [events.AgentAnswered(enqueue, "1001"), events.NoAgent(enqueue)]
            chances += [events.QueueMoved(enqueue, rng.randint(1, 9))] * 2
        chances.append(events.HungUp("agent"))
        return rng.choice(chances)

    def keys(self) -> list[Event]:
        """Return the keys of a value that is right somewhere, or of a choice."""
        text = self._rng.choice([*(keys for keys, _ in GOOD.values()), "11", "1*", "1", "2", "5"])
        return [events.Digit(key) for key in text + self._rng.choice(["#", ""])]

    def _utterance(self, listen: actions.Listen) -> Event:
        rng = self._rng
        answer = rng.choice([*listen.phrases, None]) if listen.phrases else None
        if listen.value is not None and rng.random() < 0.8:
            answer = GOOD[listen.value][1]
        text = rng.choice(["", answer or "火锅", answer or "火锅"])
        return events.Heard(listen.id, text, answer, rng.random())

    def _take(self, action: actions.Action) -> None:
        match action:
            case actions.StartTimer(timer, _, seconds):
                assert seconds > 0
                self.timers.append(timer)
            case actions.CancelTimer(timer):
                self.timers.remove(timer)
            case actions.Play(play) | actions.Replay(play):
                self._under_way["play"] = play
            case actions.Listen():
                self._listen = action
            case actions.StopListening():
                self._listen = None
            case actions.Fetch(fetch):
                self._under_way["fetch"] = fetch
            case actions.Record(record):
                self._under_way["record"] = record
            case actions.Enqueue(enqueue):
                self._under_way["enqueue"] = enqueue
            case actions.Transfer(transfer):
                self._under_way["transfer"] = transfer
            case actions.Callback(callback):
                self._under_way["callback"] = callback
            case actions.Note(EventKind.NODE, node, data):
                self.hops += 1
                self.seen[data["type"]] += 1
                if node in self._made.exits:
                    self.taken[self._made.exits[node]] += 1


def a_flow(seed: int) -> RandomFlow:
    rng = random.Random(seed)
    inner = RandomFlow(rng, rng.randint(3, 12), "inner")
    return RandomFlow(rng, rng.randint(3, 40), "outer", inner)


def live(call: RandomCall, rng: random.Random, most: int) -> None:
    """Let things happen to a call until it ends or there were enough."""
    call.tell(events.Arrived())
    for _ in range(rng.randint(0, most)):
        call.at += rng.random() * 3
        for event in call.keys() if rng.random() < 0.1 else [call.anything()]:
            if not call.dialog.ended:
                call.tell(event)


def random_calls(count: int) -> Iterator[RandomCall]:
    """Play so many calls, on a new flow every now and then, until only time passes and they are over."""
    for number in range(count):
        if number % CALLS_PER_FLOW == 0:
            made = a_flow(number)
        rng = random.Random(-1 - number)
        call = RandomCall(made, rng)
        live(call, rng, MOST_EVENTS)
        for _ in range(PATIENCE):
            if call.dialog.ended:
                break
            call.at += 1
            call.tell(events.TimerEnded(call.timers[0]))
        yield call
