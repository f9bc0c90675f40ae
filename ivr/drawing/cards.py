"""What a drawing shows of a flow: a card for every node, with its text and its ways out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ivr.drawing.layers import loops
from ivr.drawing.wording import Wording
from ivr.flow import (
    REASONS,
    AnyNode,
    CallbackNode,
    CollectNode,
    ConfirmNode,
    Flow,
    GotoNode,
    HangupNode,
    HoursNode,
    HttpNode,
    InputNode,
    LanguageNode,
    MenuNode,
    PlayNode,
    QueueNode,
    RecordNode,
    SetNode,
    SurveyNode,
    TransferNode,
)

#: Cards that are no nodes; node names have no brackets.
START, ANY = "(start)", "(any)"

_TROUBLE = frozenset(("no_input", "no_match", "error", "failed", "busy", "no_answer", "no_agent", "give_up"))


@dataclass(frozen=True, slots=True)
class Exit:
    """A way out of a node.

    Parameters
    ----------
    label : str
        When the call goes there; empty for the only way out of a node, which needs none.
    target : str
        The node it leads to.
    trouble : bool
        Whether something went wrong: no answer from the caller, the service or the agents.
    back : bool
        Whether it leads to where the call has been: drawn as a reference, not as a line.
    """

    label: str
    target: str
    trouble: bool = False
    back: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """A node as it is drawn.

    Parameters
    ----------
    name : str
        The node's, or :data:`START`, or :data:`ANY` for what all inputs have in common.
    kind : str
        The node's type; ``subflow`` for a ``goto`` into another flow, ``start`` and ``any``.
    text : str
        What it says.
    detail : str
        What else matters about it, in a few words.
    exits : tuple of Exit
        In the order of the file.
    flow : str
        The other flow that it leads into.
    """

    name: str
    kind: str
    text: str = ""
    detail: str = ""
    exits: tuple[Exit, ...] = ()
    flow: str = ""


def cards(flow: Flow, language: str, wording: Wording) -> list[Card]:
    """Return the cards of a flow, where the call begins first.

    The ways out that inputs share (``defaults`` and the operator's key) are those of one card, not of
    every input.
    """
    drawn = [Card(START, "start", exits=(Exit("", flow.start),))]
    shared = _shared(flow, wording)
    drawn += [shared] if shared is not None else []
    names = [flow.start, *(name for name in flow.nodes if name != flow.start)]
    drawn += [_card(flow, name, language, wording) for name in names]
    links = [(card.name, each.target) for card in drawn for each in card.exits]
    back = loops([card.name for card in drawn], links)
    number = 0
    for index, card in enumerate(drawn):
        exits = []
        for each in card.exits:
            exits.append(replace(each, back=number in back))
            number += 1
        drawn[index] = replace(card, exits=tuple(exits))
    return drawn


def _card(flow: Flow, name: str, language: str, wording: Wording) -> Card:
    node = flow.nodes[name]
    prompt = flow.question(name, language) or flow.extra(name, "filler", language)
    counts = {
        reason: flow.retries(node, reason).max
        for reason in REASONS
        if isinstance(node, InputNode) and getattr(node, reason) is not None
    }
    exits = [
        Exit(wording.label(way.label, counts.get(way.location[0])), way.target, way.location[0] in _TROUBLE)
        for way in node.ways()
    ]
    if len(exits) == 1 and not exits[0].trouble:
        exits = [replace(exits[0], label="")]
    subflow = node.flow if isinstance(node, GotoNode) else None
    return Card(
        name,
        "subflow" if subflow else node.type,
        prompt.text if prompt is not None else "",
        " · ".join(_details(node, wording)),
        tuple(exits),
        subflow or "",
    )


def _shared(flow: Flow, wording: Wording) -> Card | None:
    """Return the card for the ways out that inputs take from the flow, if any does."""
    inputs = [node for node in flow.nodes.values() if isinstance(node, InputNode)]
    exits = []
    for reason in REASONS:
        # a survey's own default lets the caller go on
        if any(getattr(node, reason) is None and not isinstance(node, SurveyNode) for node in inputs):
            retries = getattr(flow.defaults, reason)
            label = wording.label(reason.replace("_", "-"), retries.max)
            exits.append(Exit(label, retries.next, trouble=True))
    meanings: dict[str, str] = {}
    for node in inputs:
        for key, meaning in flow.hot_keys_of(node).items():
            meanings.setdefault(meaning, key)
    if "operator" in meanings and flow.operator is not None:
        exits.append(Exit(f"{meanings.pop('operator')} {wording['operator']}", flow.operator, trouble=True))
    keys = [f"{key} {wording[f'{meaning}_key']}" for meaning, key in sorted(meanings.items())]
    return Card(ANY, "any", detail=" · ".join(keys), exits=tuple(exits)) if exits else None


def _details(node: AnyNode, wording: Wording) -> Iterator[str]:
    match node:
        case PlayNode():
            if node.notice:
                yield wording["notice"]
            if node.answers:
                yield wording["answers"]
        case CollectNode():
            yield f"→ {node.variable}"
            yield node.kind
            if node.secret:
                yield wording["secret"]
            elif node.spoken:
                yield wording["spoken"]
        case ConfirmNode():
            yield node.variable
        case RecordNode():
            yield f"{wording['at most']} {node.max_seconds:g} {wording['seconds']}"
        case HoursNode():
            yield node.schedule
        case SetNode():
            yield from (f"{name} = {getattr(value, 'text', value)}" for name, value in node.values.items())
        case LanguageNode():
            yield node.language
        case HttpNode():
            yield f"{node.method} {node.url}"
        case QueueNode():
            yield f"{wording['queue']} {node.queue}"
            yield f"{wording['at most']} {node.max_wait_seconds:g} {wording['seconds']}"
        case TransferNode():
            yield node.to
        case CallbackNode():
            yield f"{wording['queue']} {node.queue}"
        case GotoNode(flow=str(other)):
            yield other
        case HangupNode():
            yield wording[node.outcome.value]
            if node.cause != "completed":
                yield node.cause
        case MenuNode(variable=str(variable)) | SurveyNode(variable=str(variable)):
            yield f"→ {variable}"
        case _:
            pass
