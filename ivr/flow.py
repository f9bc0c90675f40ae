"""The flow language: a call centre's menus in one YAML file that a supervisor can read.

A flow is a set of named nodes; each says what is played, what the caller may do, and where to go
next. `docs/flows.md` teaches it; `prompts/flows/main.yaml` is the demo's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr, StringConstraints, field_validator, model_validator

from calls.errors import FlowError
from calls.records import Outcome
from ivr.document import Document, Location, Section, read_document
from ivr.prompt import Prompt, variables_in

Key = Annotated[str, StringConstraints(pattern=r"^[0-9*#]$")]
Terminator = Literal["*", "#"]
Keys = Annotated[str, StringConstraints(pattern=r"^[0-9*#]{1,8}$")]
Phrase = Annotated[str, StringConstraints(min_length=1, max_length=20, strip_whitespace=True)]
NodeName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Variable = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Seconds = Annotated[float, Field(gt=0, le=600)]
HotKey = Literal["operator", "back", "repeat"]
Reason = Literal["no_input", "no_match"]
REASONS: tuple[Reason, ...] = ("no_input", "no_match")


class Retries(Section):
    """What happens when an input fails, counted per reason and visit to the node.

    Parameters
    ----------
    prompts : tuple of str
        Said after the first, second, … failure before the question is asked again; the last one
        serves all further failures.
    max : int
        The failure with which the dialog stops asking (FreeSWITCH ``max-failures``, 3).
    next : str
        Where it goes then.
    """

    prompts: tuple[Text, ...] = ()
    max: int = Field(3, ge=1, le=10)
    next: str


class Defaults(Section):
    """What every menu and collect node does that says nothing else."""

    no_input: Retries
    no_match: Retries


class Node(Section):
    """What all kinds of node share."""

    def ways(self) -> Iterator[tuple[Location, str]]:
        """Yield every field that names another node, with that name."""
        target = getattr(self, "next", None)
        if isinstance(target, str):
            yield ("next",), target


class PlayNode(Node):
    """Say something.

    ``answers`` marks what the caller rang for: from here on a call counts as contained, even if the
    caller hangs up. Without ``barge_in`` a digit pressed meanwhile waits for the next input.
    """

    type: Literal["play"]
    prompt: Text
    barge_in: bool = False
    answers: bool = False
    next: str


class InputNode(Node):
    """What menus and collect nodes share: a question, and what to do without a usable answer.

    Parameters
    ----------
    prompt, again : str
        The question, and its short form for every repetition (default: the same).
    barge_in : bool
        Whether a digit or speech stops the prompt (jambonz ``dtmfBargein``: yes).
    first_input_seconds : float
        Silence after the prompt's end that counts as no input (5 s, as Twilio Gather).
    inter_digit_seconds : float
        Longest pause between two digits (3 s, as VoiceXML platforms do).
    hot_keys : dict, optional
        Replaces the flow's for this node.
    no_input, no_match : Retries, optional
        Replace the flow's defaults.
    """

    prompt: Text
    again: Text | None = None
    barge_in: bool = True
    first_input_seconds: Seconds = 5.0
    inter_digit_seconds: Seconds = 3.0
    hot_keys: dict[Key, HotKey] | None = None
    no_input: Retries | None = None
    no_match: Retries | None = None

    def ways(self) -> Iterator[tuple[Location, str]]:
        """Yield every field that names another node, with that name."""
        yield from super().ways()
        for reason in REASONS:
            retries: Retries | None = getattr(self, reason)
            if retries is not None:
                yield (reason, "next"), retries.next


class Choice(Section):
    """One answer to a menu: by digits, by any of several phrases, or both."""

    digits: Keys | None = None
    phrases: tuple[Phrase, ...] = ()
    next: str

    @model_validator(mode="after")
    def _can_be_chosen(self) -> Choice:
        if self.digits is None and not self.phrases:
            raise ValueError("a choice needs digits or phrases")
        return self


class MenuNode(InputNode):
    """Ask for one of several choices, pressed or spoken."""

    type: Literal["menu"]
    choices: tuple[Choice, ...] = Field(min_length=1)

    @property
    def phrases(self) -> tuple[str, ...]:
        """Everything that can be said here."""
        return tuple(phrase for choice in self.choices for phrase in choice.phrases)

    def ways(self) -> Iterator[tuple[Location, str]]:
        """Yield every field that names another node, with that name."""
        yield from super().ways()
        for number, choice in enumerate(self.choices):
            yield ("choices", number, "next"), choice.next


class CollectNode(InputNode):
    """Ask for a number, pressed or (``spoken``) said digit by digit.

    It is kept as ``variable``, and its last four digits as ``<variable>_last4``, which is what prompts
    should read back. ``pattern`` is a regular expression for the whole number.
    """

    type: Literal["collect"]
    variable: Variable
    spoken: bool = False
    min_length: int = Field(1, ge=1, le=32)
    max_length: int = Field(32, ge=1, le=32)
    pattern: str | None = None
    terminator: Terminator | None = "#"
    next: str

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        try:
            re.compile(pattern or "")
        except re.error as error:
            raise ValueError(f"not a regular expression ({error})") from None
        return pattern

    @model_validator(mode="after")
    def _lengths_are_in_order(self) -> CollectNode:
        if self.min_length > self.max_length:
            raise ValueError(f"min_length {self.min_length} is over max_length {self.max_length}")
        return self

    def accepts(self, number: str) -> bool:
        """Return whether ``number`` is a complete answer."""
        return self.min_length <= len(number) <= self.max_length and (
            self.pattern is None or re.fullmatch(self.pattern, number) is not None
        )


class RecordNode(Node):
    """Take a message: until the terminator, a silence, or the longest time."""

    type: Literal["record"]
    prompt: Text
    max_seconds: Seconds = 120.0
    silence_seconds: Seconds = 4.0
    terminator: Terminator | None = "#"
    next: str


class QueueNode(Node):
    """Hand the caller to an agent of a queue; ``no_agent`` is the way on if none answers in time."""

    type: Literal["queue"]
    queue: str = Field(min_length=1)
    prompt: Text
    max_wait_seconds: Seconds = 60.0
    no_agent: str

    def ways(self) -> Iterator[tuple[Location, str]]:
        """Yield every field that names another node, with that name."""
        yield ("no_agent",), self.no_agent


class GotoNode(Node):
    """Go to another node: a second name for it, or a place to come back to."""

    type: Literal["goto"]
    next: str


class HangupNode(Node):
    """End the call; ``outcome`` is ``contained`` or, where the retries ran out, ``failed``."""

    type: Literal["hangup"]
    outcome: Literal[Outcome.CONTAINED, Outcome.FAILED] = Outcome.CONTAINED
    cause: str = "completed"


AnyNode = Annotated[
    PlayNode | MenuNode | CollectNode | RecordNode | QueueNode | GotoNode | HangupNode,
    Field(discriminator="type"),
]


class Flow(Section):
    """A whole flow; :func:`load_flow` reads one and checks that its parts fit together.

    Parameters
    ----------
    name, title : str
        Its name in call records, and for people.
    start : str
        The first node.
    operator : str, optional
        The node behind the operator key.
    max_hops : int
        Nodes that a call may enter before it is ended: no caller goes in circles for ever.
    hot_keys : dict
        Keys that mean the same in every menu and collect node which does not use them itself.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    title: str = ""
    start: str
    operator: str | None = None
    max_hops: int = Field(50, ge=1, le=1000)
    hot_keys: dict[Key, HotKey] = Field(default_factory=dict)
    defaults: Defaults
    nodes: dict[NodeName, AnyNode] = Field(min_length=1)

    _version: str = PrivateAttr("")

    @property
    def version(self) -> str:
        """First 12 hexadecimal digits of the SHA-256 of the file."""
        return self._version

    def retries(self, node: InputNode, reason: Reason) -> Retries:
        """Return what happens where ``node`` hears nothing, or something else than it asked for."""
        own: Retries | None = getattr(node, reason)
        default: Retries = getattr(self.defaults, reason)
        return own or default

    def question(self, name: str, *, again: bool = False) -> Prompt:
        """Return the prompt of node ``name``, or the one with which it asks once more."""
        node = self.nodes[name]
        short = node.again if again and isinstance(node, InputNode) else None
        if short is not None:
            return Prompt(f"{name}-again", short)
        return Prompt(name, getattr(node, "prompt", ""))

    def regret(self, name: str, reason: Reason, failures: int) -> Prompt | None:
        """Return what node ``name`` says after so many failures for ``reason``, if it says anything."""
        node = self.nodes[name]
        assert isinstance(node, InputNode)
        own: Retries | None = getattr(node, reason)
        texts = self.retries(node, reason).prompts
        if not texts:
            return None
        count = min(failures, len(texts))
        return Prompt(f"{name if own else 'default'}-{reason.replace('_', '-')}-{count}", texts[count - 1])

    def prompts(self) -> Iterator[Prompt]:
        """Yield every prompt that the flow can say, variables not filled in."""
        seen: set[str] = set()
        for name, node in self.nodes.items():
            found = [] if isinstance(node, GotoNode | HangupNode) else [self.question(name)]
            if isinstance(node, InputNode):
                found.append(self.question(name, again=True))
                for reason in REASONS:
                    for count in range(1, len(self.retries(node, reason).prompts) + 1):
                        regret = self.regret(name, reason, count)
                        found += [regret] if regret else []
            yield from (prompt for prompt in found if prompt.name not in seen)
            seen |= {prompt.name for prompt in found}

    def hot_keys_of(self, node: InputNode) -> dict[str, HotKey]:
        """Return the hot keys that work in ``node``: those that it does not use as an answer."""
        keys = self.hot_keys if node.hot_keys is None else node.hot_keys
        if isinstance(node, CollectNode):
            taken = {*"0123456789", node.terminator}
        else:
            assert isinstance(node, MenuNode)
            taken = {choice.digits[0] for choice in node.choices if choice.digits}
        return {key: what for key, what in keys.items() if key not in taken}


def load_flow(path: str | Path) -> Flow:
    """Read a flow file and check it.

    Raises
    ------
    FlowError
        The file cannot be read or its parts do not fit; the message names file, line, field and the
        known names.
    """
    document = read_document(Path(path), FlowError)
    flow = document.read_as(Flow)
    _check_ways(document, flow)
    for name, node in flow.nodes.items():
        if isinstance(node, MenuNode):
            _check_choices(document, name, node)
    _check_variables(document, flow)
    flow._version = document.version
    return flow


def _check_ways(document: Document, flow: Flow) -> None:
    ways: list[tuple[Location, str]] = [(("start",), flow.start)]
    if flow.operator is not None:
        ways.append((("operator",), flow.operator))
    for reason in REASONS:
        ways.append((("defaults", reason, "next"), getattr(flow.defaults, reason).next))
    for name, node in flow.nodes.items():
        ways.extend((("nodes", name, *location), target) for location, target in node.ways())
    for location, target in ways:
        if target not in flow.nodes:
            raise document.unknown(location, "node", target, flow.nodes)
    own = [node.hot_keys for node in flow.nodes.values() if isinstance(node, InputNode) and node.hot_keys]
    if flow.operator is None and any("operator" in keys.values() for keys in [flow.hot_keys, *own]):
        raise document.complaint(
            ("hot_keys",), "a key leads to the operator, but the flow names none", "add operator: <node>"
        )


def _check_choices(document: Document, name: str, menu: MenuNode) -> None:
    """Refuse two choices for one answer: the second could never be reached."""
    taken: dict[str, int] = {}
    for number, choice in enumerate(menu.choices):
        place: Location = ("nodes", name, "choices", number)
        answers: list[tuple[Location, str]] = [(("digits",), choice.digits)] if choice.digits else []
        answers += [(("phrases", index), phrase) for index, phrase in enumerate(choice.phrases)]
        for location, answer in answers:
            if answer in taken:
                raise document.complaint(
                    (*place, *location),
                    f"{answer!r} is already an answer of choice {taken[answer] + 1}",
                    "give every digit and phrase to one choice only",
                )
            taken[answer] = number


def _check_variables(document: Document, flow: Flow) -> None:
    known: set[str] = set()
    for node in flow.nodes.values():
        if isinstance(node, CollectNode):
            known |= {node.variable, f"{node.variable}_last4"}
    for location, text in _texts(document.data):
        for name in variables_in(text):
            if name not in known:
                raise document.unknown(location, "variable", name, known)


def _texts(value: Any, location: Location = ()) -> Iterator[tuple[Location, str]]:
    """Yield every prompt text of a flow file with its place."""
    if isinstance(value, dict):
        for key, part in value.items():
            if key in ("prompt", "again") and isinstance(part, str):
                yield (*location, key), part
            elif key == "prompts":
                yield from ((((*location, key, index)), text) for index, text in enumerate(part))
            else:
                yield from _texts(part, (*location, key))
