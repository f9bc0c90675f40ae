"""Files of flow tests: what a caller does in a flow, in which world, and how that should end.

`docs/testing-flows.md` explains the fields; :mod:`ivr.trial` runs the tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from calls.document import Document, Location, Section, read_document
from calls.errors import TrialError
from calls.records import Outcome
from ivr.dialog import CallFacts
from ivr.flow import Flow, QueueNode, load_flow
from ivr.flow.words import Share, Variable
from ivr.simulation import World

#: Where a time without a zone is meant.
ZONE = ZoneInfo("Asia/Shanghai")
#: When calls arrive that say nothing else: a Monday that is no holiday, in office hours.
ARRIVAL = datetime(2026, 11, 23, 10, tzinfo=ZONE)


def _zoned(at: datetime) -> datetime:
    return at if at.tzinfo is not None else at.replace(tzinfo=ZONE)


Arrival = Annotated[datetime, AfterValidator(_zoned)]
Sentence = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Seconds = Annotated[float, Field(ge=0, le=24 * 3600)]


class Step(Section):
    """One thing that the caller does, or hears.

    Parameters
    ----------
    hear : str, optional
        Let time pass until a prompt begins that contains this; each prompt is heard once.
    press : str, optional
        Keys, when the caller's turn has come.
    say : str, optional
        Speech, when the caller is asked for something; recognised with ``confidence``.
    silent : bool
        Let the time for an answer run out.
    wait : float, optional
        Let so many seconds pass.
    leave_message : float, optional
        Speak for so many seconds after the tone, then be silent.
    hang_up : bool
        Leave.
    barge_in : float, optional
        Press or speak so many seconds after the beginning of the prompt that is being said, 0 at once,
        instead of hearing all prompts first.
    """

    hear: Sentence | None = None
    press: Annotated[str, StringConstraints(pattern=r"^[0-9*#]{1,40}$")] | None = None
    say: Sentence | None = None
    silent: bool = False
    wait: Seconds | None = None
    leave_message: Seconds | None = None
    hang_up: bool = False
    barge_in: Seconds | None = None
    confidence: Share = 1.0

    @model_validator(mode="after")
    def _one_thing(self) -> Step:
        timed = [self.wait, self.leave_message]
        things = [self.hear, self.press, self.say, self.silent or None, self.hang_up or None, *timed]
        if sum(thing is not None for thing in things) != 1:
            raise ValueError(
                "a step is one of hear, press, say, silent: true, wait, leave_message, hang_up: true"
            )
        if self.barge_in is not None and self.press is None and self.say is None:
            raise ValueError("barge_in belongs to press or say")
        if "confidence" in self.model_fields_set and self.say is None:
            raise ValueError("confidence belongs to say")
        return self

    def __str__(self) -> str:
        given = self.model_dump(exclude_unset=True)
        return ", ".join(f"{name}: {value}" for name, value in given.items())


class Expectation(Section):
    """How a call should end; what is left out may be anything.

    Parameters
    ----------
    outcome : Outcome
        contained, handed-off, voicemail, abandoned, failed.
    cause, queue, transferred, callback : str, optional
        Why it was hung up; the last queue it waited in; the number it was last connected to; the number
        that will be rung back.
    path, never : tuple of str
        Nodes that it enters in this order, others between; and nodes that it does not enter.
    variables : dict
        What it knows at its end.
    survey : int, optional
        The caller's mark.
    message : bool, optional
        Whether a message was left.
    """

    outcome: Outcome
    cause: str | None = None
    queue: str | None = None
    path: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    variables: dict[Variable, str | int | float | bool] = Field(default_factory=dict)
    survey: Annotated[int, Field(ge=1, le=5)] | None = None
    callback: str | None = None
    transferred: str | None = None
    message: bool | None = None


class Script(Section):
    """One test as it is written.

    Parameters
    ----------
    name : str
        What it shows; given once in a file.
    caller, callee : str
        The two numbers; empty where withheld.
    at : datetime, optional
        When the call arrives; by default as all calls of the file.
    world : World
        Agents, web services and other numbers.
    steps : tuple of Step
        What the caller does, in order; then time passes until the call is over.
    expect : Expectation
        How it should end.
    """

    name: Sentence
    caller: Annotated[str, StringConstraints(pattern=r"^[0-9]{0,15}$")] = ""
    callee: Annotated[str, StringConstraints(pattern=r"^[0-9]{0,15}$")] = ""
    at: Arrival | None = None
    world: World = Field(default_factory=World)
    steps: tuple[Step, ...] = ()
    expect: Expectation


class TrialFile(Section):
    """A file of tests of one flow.

    Parameters
    ----------
    flow : str
        The flow's file, relative to this one.
    at : datetime
        When calls arrive that say nothing else.
    tests : tuple of Script
        In the order in which they are run.
    """

    flow: str
    at: Arrival = ARRIVAL
    tests: tuple[Script, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Trial:
    """One test that can be run.

    Parameters
    ----------
    file : Path
        Where it is written.
    script : Script
        What happens.
    flow : Flow
        What answers.
    at : datetime
        When the call arrives.
    lines : dict
        Line in the file by the place of a field within the script, as ``("steps", 0)``.
    """

    file: Path
    script: Script
    flow: Flow
    at: datetime
    lines: dict[Location, int] = field(repr=False)

    @property
    def call(self) -> CallFacts:
        """Who calls whom, and when."""
        return CallFacts(started=self.at, caller=self.script.caller, callee=self.script.callee)

    def line(self, *place: str | int) -> int:
        """Return the line of a field, or of the nearest one around it that is written."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines[place]


def load_trials(path: str | Path) -> list[Trial]:
    """Read a file of tests, and the flow they are about.

    Raises
    ------
    TrialError
        The file is wrong, or names what its flow does not have; file, line and field are named.
    FlowError
        The flow is wrong.
    """
    path = Path(path)
    document = read_document(path, TrialError)
    content = document.read_as(TrialFile)
    place = path.parent / content.flow
    if not place.is_file():
        raise document.complaint(("flow",), f"there is no file {place}", "name it relative to this file")
    flow = load_flow(place)
    trials = []
    names: dict[str, int] = {}
    for number, script in enumerate(content.tests):
        where: Location = ("tests", number)
        first = names.setdefault(script.name, number)
        if first != number:
            line = document.lines["tests", first]
            raise document.complaint((*where, "name"), f"already the test on line {line}", "rename one")
        for location, what, name, known in _named(script, flow):
            if name not in known:
                raise document.unknown((*where, *location), what, name, known)
        trials.append(Trial(path, script, flow, script.at or content.at, _lines(document, where)))
    return trials


def _lines(document: Document, where: Location) -> dict[Location, int]:
    depth = len(where)
    return {place[depth:]: line for place, line in document.lines.items() if place[:depth] == where}


def load_world(path: str | Path, flow: Flow) -> World:
    """Read a file that says what is around a call: the field ``world`` of a test, on its own.

    Raises
    ------
    TrialError
        The file is wrong, or names what the flow does not have.
    """
    document = read_document(Path(path), TrialError)
    world = document.read_as(World)
    for location, what, name, known in _named_in_world(world, flow):
        if name not in known:
            raise document.unknown(location, what, name, known)
    return world


#: A name of something in the flow: its place in the file, what it names, itself, those there are.
_Named = tuple[Location, str, str, frozenset[str]]


def _named(script: Script, flow: Flow) -> Iterator[_Named]:
    nodes, variables = _nodes(flow), frozenset().union(*(each.written() for each in flow.flows.values()))
    expect = script.expect
    yield from ((("expect", "path", i), "node", name, nodes) for i, name in enumerate(expect.path))
    yield from ((("expect", "never", i), "node", name, nodes) for i, name in enumerate(expect.never))
    yield from ((("expect", "variables", n), "variable", n, variables) for n in expect.variables)
    if expect.queue is not None:
        yield ("expect", "queue"), "queue", expect.queue, queues_of(flow)
    for location, what, name, known in _named_in_world(script.world, flow):
        yield ("world", *location), what, name, known


def _named_in_world(world: World, flow: Flow) -> Iterator[_Named]:
    yield from ((("agents", name), "queue", name, queues_of(flow)) for name in world.agents)
    yield from ((("web", name), "node", name, _nodes(flow)) for name in world.web)


def queues_of(flow: Flow) -> frozenset[str]:
    """Return the queues of a flow and of those it leads into."""
    nodes = (node for each in flow.flows.values() for node in each.nodes.values())
    return frozenset(node.queue for node in nodes if isinstance(node, QueueNode))


def _nodes(flow: Flow) -> frozenset[str]:
    """Return the nodes by their names in the trace: those of other flows follow the flow's name."""
    others = (f"{each.name}.{name}" for each in flow.flows.values() for name in each.nodes)
    return frozenset(flow.nodes).union(others)
