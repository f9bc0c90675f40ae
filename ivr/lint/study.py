"""What is linted: a flow with those it enters, their files, and the ways that calls can go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

from calls.document import Document, Location
from ivr.flow import REASONS, CollectNode, Flow, InputNode, Node, QueueNode, TransferNode, Way
from ivr.flow.words import OWN
from ivr.hours import Calendar
from ivr.lint.finding import RULES, Finding
from ivr.lint.graph import CallGraph, Stand, Step
from speech.recogniser import VoskModel

#: Fields of a flow, not of its node, in which a way may stand.
_OF_THE_FLOW = ("defaults", "operator")


class Place(NamedTuple):
    """A node and the flow that it stands in."""

    flow: str
    name: str
    node: Node


class Text(NamedTuple):
    """One text in one language, and where it stands; ``owner`` is the node, none for defaults."""

    flow: str
    location: Location
    language: str
    text: str
    owner: Place | None


@dataclass(frozen=True)
class Study:
    """A flow with all that is known of it.

    Parameters
    ----------
    main : str
        Name of the flow that answers.
    flows, documents : mapping
        It and those it enters, and their files, by name.
    today : date
        For dated exceptions.
    calendar : Calendar
        Public holidays.
    model : VoskModel, optional
        What listens; without one nothing is said about words.
    """

    main: str
    flows: Mapping[str, Flow]
    documents: Mapping[str, Document]
    today: date
    calendar: Calendar | None = None
    model: VoskModel | None = None

    @cached_property
    def graph(self) -> CallGraph:
        """Every way that a call can go."""
        return CallGraph(self.main, self.flows)

    def find(self, rule: str, flow: str, location: Location, message: str, hint: str = "") -> Finding:
        """Return a finding at a field of a flow; where there is no such field, at what holds it."""
        document = self.documents[flow]
        while location and location not in document.lines:
            location = location[:-1]
        field = ".".join(map(str, location))
        return Finding(document.path, document.lines.get(location, 1), field, RULES[rule], message, hint)

    def find_way(self, rule: str, step: Step, message: str, hint: str = "") -> Finding:
        """Return a finding at the field by which a call goes a way."""
        return self.find(rule, step.source.flow, way_location(step.source.node, step.way), message, hint)

    @cached_property
    def _stands(self) -> dict[tuple[str, str], list[Stand]]:
        """Where every node that calls come to stands in the graph, in the order of the files."""
        found: dict[tuple[str, str], list[Stand]] = {
            (flow, name): [] for flow, content in self.flows.items() for name in content.nodes
        }
        for stand in self.graph.steps:
            found[stand.flow, stand.node].append(stand)
        return {place: stands for place, stands in found.items() if stands}

    def places(self) -> Iterator[Place]:
        """Yield every node to which a call can come, once, in the order of the files."""
        for flow, name in self._stands:
            yield Place(flow, name, self.flows[flow].nodes[name])

    def stands(self, place: Place) -> list[Stand]:
        """Return where in the graph a node stands: once for each way into its flow."""
        return self._stands[place.flow, place.name]

    def in_order(self, stands: Iterable[Stand]) -> list[Stand]:
        """Return places in the order of the files."""
        order = {place: number for number, place in enumerate(self._stands)}
        return sorted(stands, key=lambda stand: order[stand.flow, stand.node])

    def texts(self) -> Iterator[Text]:
        """Yield every text of every node that calls come to, and of the defaults."""
        for flow, content in self.flows.items():
            for reason in REASONS:
                for index, words in enumerate(getattr(content.defaults, reason).prompts):
                    location = ("defaults", reason, "prompts", index)
                    yield from _by_language(flow, content, location, words, None)
        for place in self.places():
            content = self.flows[place.flow]
            for spoken in place.node.texts():
                location = ("nodes", place.name, *spoken.location)
                yield from _by_language(place.flow, content, location, spoken.words, place)

    def collected(self) -> dict[str, CollectNode]:
        """Return the variables that callers enter, and where."""
        return {p.node.variable: p.node for p in self.places() if isinstance(p.node, CollectNode)}

    def is_hand_off(self, stand: Stand) -> bool:
        """Return whether a person takes over here."""
        return isinstance(self.graph.node(stand), QueueNode | TransferNode)

    def is_input(self, stand: Stand) -> bool:
        """Return whether the caller is asked here."""
        return isinstance(self.graph.node(stand), InputNode)


def way_location(name: str, way: Way) -> Location:
    """Return the field of the flow that names a way's target."""
    of_the_flow = way.location[:1] and way.location[0] in _OF_THE_FLOW
    return way.location if of_the_flow else ("nodes", name, *way.location)


def _by_language(
    flow: str, content: Flow, location: Location, words: Mapping[str, str], owner: Place | None
) -> Iterator[Text]:
    for language, text in words.items():
        place = location if language == OWN else (*location, language)
        yield Text(flow, place, language or content.language, text, owner)
