"""Flow files: read, checked that their parts fit together, every fault with file, line and field."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from calls.document import Document, Location, read_document
from calls.errors import FlowError, HuawuError
from ivr.calendar import shipped_calendar
from ivr.flow.flow import FACTS, Flow
from ivr.flow.inputs import REASONS, Answer, CollectNode, ConfirmNode, InputNode, MenuNode, SurveyNode
from ivr.flow.node import templates_in
from ivr.flow.steps import GotoNode, HoursNode, HttpNode, LanguageNode, QueueNode, SetNode
from ivr.flow.words import PLAIN_POSITION

#: Flows that one flow may lead into, directly or through others.
MAX_FLOWS = 50


def load_flow(path: str | Path) -> Flow:
    """Read a flow file, and those it leads into, and check them.

    Raises
    ------
    FlowError
        A file cannot be read or its parts do not fit; the message names file, line, field and the
        known names.
    """
    flow, faults = read_flow(path)
    if faults:
        raise faults[0]
    assert flow is not None
    return flow


def read_flow(path: str | Path) -> tuple[Flow | None, list[HuawuError]]:
    """Read a flow file, and those it leads into, and collect what is wrong with them.

    Returns
    -------
    flow : Flow or None
        ``None`` where there is a fault.
    faults : list of FlowError
        Everything that is wrong, in the order of the files.
    """
    path = Path(path)
    documents: dict[str, tuple[Document, Flow]] = {}
    faults: list[HuawuError] = []
    waiting = [(path.stem, path)]
    while waiting:
        name, file = waiting.pop(0)
        try:
            document = read_document(file, FlowError)
        except FlowError as error:
            faults.append(error)
            continue
        flow, wrong = document.read_all(Flow)
        faults += wrong
        if flow is None:
            continue
        documents[name] = document, flow
        for location, wanted in _flows_named(flow):
            beside = file.with_name(f"{wanted}{file.suffix}")
            if wanted in documents or any(wanted == known for known, _ in waiting):
                continue
            if not beside.is_file():
                known = [each.stem for each in file.parent.glob(f"*{file.suffix}")]
                faults.append(document.unknown(location, "flow", wanted, known))
            elif len(documents) + len(waiting) >= MAX_FLOWS:
                faults.append(document.complaint(location, f"more than {MAX_FLOWS} flows", "join some"))
            else:
                waiting.append((wanted, beside))
    faults += _names_given_twice([*documents.values()])
    shared = _written_anywhere(flow for _, flow in documents.values())
    for document, flow in documents.values():
        faults += _faults(document, flow, shared)
    if faults or path.stem not in documents:
        return None, faults
    return _joined(path.stem, documents), []


def _names_given_twice(flows: Sequence[tuple[Document, Flow]]) -> Iterator[HuawuError]:
    """Refuse two flows of one name: traces and recorded prompts could not tell them apart."""
    files: dict[str, Path] = {}
    for document, flow in flows:
        if flow.name in files:
            problem = f"{flow.name!r} is already the name of {files[flow.name].name}"
            yield document.complaint(("name",), problem, "choose another")
        files.setdefault(flow.name, document.path)


def _joined(name: str, documents: dict[str, tuple[Document, Flow]]) -> Flow:
    versions = "".join(document.version for document, _ in documents.values())
    flows = {each: flow for each, (_, flow) in documents.items()}
    for document, flow in documents.values():
        flow._version = document.version
        flow._flows = flows
        names = {schedule.calendar for schedule in flow.schedules.values()}
        flow._calendars = {name: shipped_calendar(name) for name in names if name is not None}
    main = flows[name]
    if len(documents) > 1:
        main._version = hashlib.sha256(versions.encode()).hexdigest()[:12]
    return main


def _flows_named(flow: Flow) -> Iterator[tuple[Location, str]]:
    for name, node in flow.nodes.items():
        if isinstance(node, GotoNode) and node.flow is not None:
            yield ("nodes", name, "flow"), node.flow


def _written_anywhere(flows: Iterator[Flow]) -> tuple[frozenset[str], frozenset[str]]:
    """Return all variables, and the secret ones, of flows that share a call."""
    both = [(flow.written(), flow.secrets()) for flow in flows]
    return frozenset().union(*(each[0] for each in both)), frozenset().union(*(each[1] for each in both))


def _faults(
    document: Document, flow: Flow, shared: tuple[frozenset[str], frozenset[str]]
) -> Iterator[HuawuError]:
    written, secrets = shared
    yield from _wrong_ways(document, flow)
    yield from _wrong_names(document, flow)
    for name, node in flow.nodes.items():
        if isinstance(node, MenuNode | ConfirmNode | SurveyNode):
            yield from _answers_given_twice(document, name, node)
    yield from _wrong_variables(document, flow, written)
    yield from _told_secrets(document, flow, secrets)


def _wrong_ways(document: Document, flow: Flow) -> Iterator[HuawuError]:
    ways: list[tuple[Location, str]] = [(("start",), flow.start)]
    if flow.operator is not None:
        ways.append((("operator",), flow.operator))
    for reason in REASONS:
        ways.append((("defaults", reason, "next"), getattr(flow.defaults, reason).next))
    for name, node in flow.nodes.items():
        ways.extend((("nodes", name, *way.location), way.target) for way in node.ways())
    for location, target in ways:
        if target not in flow.nodes:
            yield document.unknown(location, "node", target, flow.nodes)
    own = [node.hot_keys for node in flow.nodes.values() if isinstance(node, InputNode) and node.hot_keys]
    if flow.operator is None and any("operator" in keys.values() for keys in [flow.hot_keys or {}, *own]):
        yield document.complaint(
            ("hot_keys",), "a key leads to the operator, but the flow names none", "add operator: <node>"
        )


def _wrong_names(document: Document, flow: Flow) -> Iterator[HuawuError]:
    """Find schedules, languages and nodes of the wrong kind."""
    for name, node in flow.nodes.items():
        place: Location = ("nodes", name)
        match node:
            case HoursNode(schedule=schedule) if schedule not in flow.schedules:
                yield document.unknown((*place, "schedule"), "schedule", schedule, flow.schedules)
            case LanguageNode(language=language) if language not in flow.languages:
                yield document.unknown((*place, "language"), "language", language, flow.languages)
            case QueueNode(position=words) if words == {}:
                for language in flow.languages:
                    if language[:2] not in PLAIN_POSITION:
                        problem = f"there are no plain words for it in {language!r}"
                        hint = "write a text, or one for each language, with {position} in it"
                        yield document.complaint((*place, "position"), problem, hint)
            case ConfirmNode(variable=variable, retry=retry) if retry in flow.nodes:
                asked = flow.nodes[retry]
                if not isinstance(asked, MenuNode | CollectNode) or asked.variable != variable:
                    askers = [n for n, each in flow.nodes.items() if variable in each.writes()]
                    yield document.complaint(
                        (*place, "retry"),
                        f"node {retry!r} does not ask for {variable!r}",
                        f"name the node that does: {', '.join(askers) or 'there is none'}",
                    )
            case _:
                pass
        for spoken in node.texts():
            for language in spoken.words:
                if language and language not in flow.languages:
                    location = (*place, *spoken.location, language)
                    yield document.unknown(location, "language", language, flow.languages)


def _answers_given_twice(
    document: Document, name: str, node: MenuNode | ConfirmNode | SurveyNode
) -> Iterator[HuawuError]:
    """Refuse one answer with two meanings: the second could never be reached."""
    meanings: list[tuple[Location, str, Answer]]
    match node:
        case MenuNode():
            meanings = [(("choices", i), f"choice {i + 1}", each) for i, each in enumerate(node.choices)]
        case ConfirmNode():
            meanings = [(("yes",), "yes", node.yes), (("no",), "no", node.no)]
        case SurveyNode():
            meanings = [
                (("marks", mark), f"mark {mark}", Answer(digits=mark, phrases=phrases))
                for mark, phrases in node.marks.items()
            ]
    taken: dict[str, str] = {}
    for place, meaning, answer in meanings:
        answers: list[tuple[Location, str]] = [(("digits",), answer.digits)] if answer.digits else []
        answers += [(("phrases", index), phrase) for index, phrase in enumerate(answer.phrases)]
        for location, text in answers:
            if text in taken:
                yield document.complaint(
                    ("nodes", name, *place, *location),
                    f"{text!r} is already an answer of {taken[text]}",
                    "give every digit and phrase to one choice only",
                )
            taken.setdefault(text, meaning)


def _wrong_variables(document: Document, flow: Flow, written: frozenset[str]) -> Iterator[HuawuError]:
    defaults = ((("defaults", r, "prompts"), getattr(flow.defaults, r).prompts) for r in REASONS)
    named = [found for place, prompts in defaults for found in templates_in(prompts, place)]
    for name, node in flow.nodes.items():
        named += ((("nodes", name, *location), variable) for location, variable in node.reads())
        for variable in node.writes():
            if variable in FACTS:
                yield document.complaint(
                    ("nodes", name), f"variable {variable!r} is a fact of the call", "choose another name"
                )
    for location, variable in named:
        if variable not in written:
            yield document.unknown(location, "variable", variable, written)


def _told_secrets(document: Document, flow: Flow, secrets: frozenset[str]) -> Iterator[HuawuError]:
    """Refuse a secret wherever it would be said, written down or copied."""
    hint = "a secret may only be compared in a branch, or sent in the headers or body of an http node"
    for name, node in flow.nodes.items():
        place: Location = ("nodes", name)
        for location, variable in node.reads():
            harmless = isinstance(node, HttpNode) and location[0] in ("headers", "body")
            if variable in secrets and not harmless and location[0] != "cases":
                yield document.complaint((*place, *location), f"{variable!r} is secret", hint)
        match node:
            case SetNode(values=values):
                for variable in set(values) & secrets:
                    yield document.complaint((*place, "values", variable), f"{variable!r} is secret", hint)
            case _:
                pass
