"""A whole flow: its nodes, what they share, and what they say in which language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated

from pydantic import Field, PrivateAttr

from calls.document import Section
from ivr.calendar import Calendar
from ivr.expression import Value
from ivr.flow.inputs import (
    REASONS,
    CollectNode,
    ConfirmNode,
    InputNode,
    MenuNode,
    Reason,
    Retries,
    SurveyNode,
)
from ivr.flow.node import Way
from ivr.flow.steps import (
    BranchNode,
    CallbackNode,
    GotoNode,
    HangupNode,
    HoursNode,
    HttpNode,
    LanguageNode,
    PlayNode,
    QueueNode,
    RecordNode,
    ReturnNode,
    SetNode,
    SplitNode,
    TransferNode,
)
from ivr.flow.words import PLAIN_POSITION, HotKey, Key, Language, NodeName, Variable, in_language
from ivr.hours import Schedule, State
from ivr.prompt import Prompt

AnyNode = (
    PlayNode
    | MenuNode
    | CollectNode
    | ConfirmNode
    | SurveyNode
    | RecordNode
    | BranchNode
    | SetNode
    | HoursNode
    | HttpNode
    | SplitNode
    | LanguageNode
    | QueueNode
    | TransferNode
    | CallbackNode
    | GotoNode
    | ReturnNode
    | HangupNode
)
#: Variables that every call has from its beginning.
FACTS = frozenset({"caller", "caller_last4", "callee", "language"})
#: Hot keys of a flow that names none (the menu keys of FreeSWITCH's and most centres' own menus).
HOT_KEYS: dict[str, HotKey] = {"0": "operator", "*": "back", "#": "repeat"}
#: Fields of nodes with something to say besides their prompt.
EXTRAS = ("review", "comfort", "position", "filler")
#: Failure with which a survey lets the caller go.
SURVEY_TRIES = 2


class Defaults(Section):
    """What every input does that says nothing else."""

    no_input: Retries
    no_match: Retries


class Flow(Section):
    """A whole flow; :func:`ivr.flow.load_flow` reads one and checks that its parts fit together.

    Parameters
    ----------
    name, title : str
        Its name in call records, and for people.
    start : str
        The first node.
    languages : tuple of str
        That it speaks, its own first.
    operator : str, optional
        The node behind the operator key.
    max_hops : int
        Nodes that a call may enter before it is ended: no caller goes in circles for ever.
    hot_keys : dict
        Keys that mean the same in every input which does not use them itself: ``0`` operator (where
        the flow has one), ``*`` back, ``#`` repeat by default.
    variables : dict
        What the call knows at its beginning, or is told by the door.
    schedules : dict
        Opening hours by name, for ``hours`` nodes.
    defaults : Defaults
        For inputs without their own.
    nodes : dict
        By name.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    title: str = ""
    start: str
    languages: tuple[Language, ...] = Field(("zh",), min_length=1)
    operator: str | None = None
    max_hops: int = Field(50, ge=1, le=1000)
    hot_keys: dict[Key, HotKey] | None = None
    variables: dict[Variable, str | int | float | bool] = Field(default_factory=dict)
    schedules: dict[str, Schedule] = Field(default_factory=dict)
    defaults: Defaults
    nodes: dict[NodeName, Annotated[AnyNode, Field(discriminator="type")]] = Field(min_length=1)

    _version: str = PrivateAttr("")
    _flows: dict[str, Flow] = PrivateAttr(default_factory=dict)
    _unknown: dict[str, str] | None = PrivateAttr(None)
    _calendars: dict[str, Calendar] = PrivateAttr(default_factory=dict)

    @property
    def version(self) -> str:
        """First 12 hexadecimal digits of the SHA-256 of its file and of those it leads into."""
        return self._version

    @property
    def flows(self) -> Mapping[str, Flow]:
        """Flows that it, or one of them, leads into, by the names that ``goto`` uses."""
        return self._flows

    @property
    def language(self) -> str:
        """The language that it speaks first."""
        return self.languages[0]

    # -- ways ---------------------------------------------------------------------------------------

    def ways(self, name: str) -> list[Way]:
        """Return every way out of node ``name``, those of the flow's defaults and hot keys included."""
        node = self.nodes[name]
        ways = list(node.ways())
        if isinstance(node, InputNode):
            for reason in REASONS:
                if getattr(node, reason) is None:
                    retries = self.retries(node, reason)
                    ways.append(Way(("defaults", reason, "next"), reason.replace("_", "-"), retries.next))
            for key, meaning in self.hot_keys_of(node).items():
                if meaning == "operator" and self.operator is not None:
                    ways.append(Way(("operator",), f"key {key}", self.operator))
        return ways

    def retries(self, node: InputNode, reason: Reason) -> Retries:
        """Return what happens where ``node`` hears nothing, or something else than it asked for."""
        own: Retries | None = getattr(node, reason)
        if own is not None:
            return own
        default: Retries = getattr(self.defaults, reason)
        if isinstance(node, SurveyNode):
            return Retries(prompts=default.prompts, max=SURVEY_TRIES, next=node.next)
        return default

    def hot_keys_of(self, node: InputNode) -> dict[str, HotKey]:
        """Return the hot keys that work in ``node``: those that it does not use as an answer."""
        keys = node.hot_keys if node.hot_keys is not None else self.hot_keys
        if keys is None:
            keys = {key: what for key, what in HOT_KEYS.items() if what != "operator" or self.operator}
        return {key: what for key, what in keys.items() if key not in node.keys_taken}

    # -- variables ----------------------------------------------------------------------------------

    def secrets(self) -> frozenset[str]:
        """Return the variables that may be written nowhere."""
        nodes = self.nodes.values()
        return frozenset(n.variable for n in nodes if isinstance(n, CollectNode) and n.secret)

    def written(self) -> frozenset[str]:
        """Return every variable that a call in this flow can have."""
        own = {name for node in self.nodes.values() for name in node.writes()}
        return FACTS | own | frozenset(self.variables)

    @property
    def unknown(self) -> Mapping[str, str]:
        """Return an empty text for every variable that a call can have in it or in one of its flows."""
        if self._unknown is None:
            names = self.written().union(*(flow.written() for flow in self._flows.values()))
            self._unknown = dict.fromkeys(names, "")
        return self._unknown

    def beginnings(self) -> dict[str, Value]:
        """Return the variables that every call has at its beginning."""
        return dict(self.variables)

    def schedule_state(self, name: str, now: datetime) -> State:
        """Return whether schedule ``name`` is open at a time."""
        schedule = self.schedules[name]
        return schedule.state(now, self._calendars.get(schedule.calendar or ""))

    # -- prompts ------------------------------------------------------------------------------------

    def question(self, name: str, language: str = "", *, repeats: int = 0) -> Prompt | None:
        """Return what node ``name`` says first, or when it asks for the ``repeats``-th time more."""
        node = self.nodes[name]
        if repeats and isinstance(node, InputNode) and node.again:
            count = min(repeats, len(node.again))
            suffix = "-again" if count == 1 else f"-again-{count}"
            return self._prompt(name + suffix, node.again[count - 1], language)
        words = getattr(node, "prompt", None)
        return self._prompt(name, words, language) if words is not None else None

    def extra(self, name: str, field: str, language: str = "") -> Prompt | None:
        """Return what node ``name`` says by its field ``review``, ``comfort``, ``position`` or ``filler``."""
        words = getattr(self.nodes[name], field, None)
        if words == {}:
            known = (each for each in self.languages if each[:2] in PLAIN_POSITION)
            words = {each: PLAIN_POSITION[each[:2]] for each in known}
        return self._prompt(f"{name}-{field}", words, language) if words else None

    def regret(self, name: str, reason: Reason, failures: int, language: str = "") -> Prompt | None:
        """Return what node ``name`` says after so many failures for ``reason``, if it says anything."""
        node = self.nodes[name]
        assert isinstance(node, InputNode)
        prompts = self.retries(node, reason).prompts
        if not prompts:
            return None
        count = min(failures, len(prompts))
        owner = name if getattr(node, reason) is not None else "default"
        return self._prompt(f"{owner}-{reason.replace('_', '-')}-{count}", prompts[count - 1], language)

    def prompts(self) -> Iterator[Prompt]:
        """Yield every prompt that the flow can say, in all its languages, variables not filled in."""
        seen: set[str] = set()
        for language in self.languages:
            for name, node in self.nodes.items():
                found = [self.question(name, language)]
                found += [self.extra(name, field, language) for field in EXTRAS]
                if isinstance(node, InputNode):
                    for repeats in range(1, len(node.again) + 1):
                        found.append(self.question(name, language, repeats=repeats))
                    for reason in REASONS:
                        for count in range(1, len(self.retries(node, reason).prompts) + 1):
                            found.append(self.regret(name, reason, count, language))
                for prompt in found:
                    if prompt is not None and prompt.name not in seen:
                        seen.add(prompt.name)
                        yield prompt

    def _prompt(self, name: str, words: Mapping[str, str], language: str) -> Prompt:
        text, spoken = in_language(words, language or self.language, self.language)
        return Prompt(name if spoken == self.language else f"{name}@{spoken}", text, spoken)
