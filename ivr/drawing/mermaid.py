"""A flow as Mermaid text, which GitHub, GitLab and many editors show as a picture."""

from __future__ import annotations

from ivr.drawing.cards import Card, Exit, cards
from ivr.drawing.dropoff import DropOff
from ivr.drawing.shapes import SHAPES
from ivr.drawing.wording import Wording
from ivr.flow import Flow

#: How Mermaid brackets a text for a shape; ``rounded`` where nothing else is said.
_BRACKETS: dict[str, tuple[str, str]] = {
    "start": ("([", "])"),
    "any": ("[", "]"),
    "play": ("(", ")"),
    "menu": ("[", "]"),
    "collect": ("[/", "/]"),
    "confirm": ("[/", "/]"),
    "survey": ("[/", "/]"),
    "record": ("[\\", "\\]"),
    "branch": ("{{", "}}"),
    "hours": ("{{", "}}"),
    "split": ("{{", "}}"),
    "set": ("[", "]"),
    "language": ("[", "]"),
    "http": ("[(", ")]"),
    "queue": (">", "]"),
    "transfer": (">", "]"),
    "callback": (">", "]"),
    "goto": ("([", "])"),
    "subflow": ("[[", "]]"),
    "return": ("([", "])"),
    "hangup": ("(((", ")))"),
}
#: Letters with a meaning in Mermaid or in the HTML that it makes, as it wants them written.
_ESCAPED = {ord(letter): f"#{ord(letter)};" for letter in '#"<>&`{}[]()|\\'}


def draw_mermaid(flow: Flow, traffic: DropOff | None = None, *, language: str = "") -> str:
    """Draw a flow.

    Parameters
    ----------
    flow, traffic, language
        As for :func:`ivr.drawing.draw_svg`.

    Returns
    -------
    str
        A ``flowchart`` from left to right.
    """
    language = language or flow.language
    words = Wording(language)
    drawn = cards(flow, language, words)
    lines = ["flowchart LR"]
    lines += [f"  {_node(card, traffic, words)}" for card in drawn]
    lines += [f"  {_link(card, each)}" for card in drawn for each in card.exits]
    for kind in dict.fromkeys(card.kind for card in drawn):
        shape = SHAPES[kind]
        letters = "#ffffff" if kind == "start" else "#1f2933"
        lines.append(f"  classDef {kind} fill:{shape.light},stroke:{shape.dark},color:{letters}")
    return "\n".join(lines) + "\n"


def _node(card: Card, traffic: DropOff | None, words: Wording) -> str:
    opening, closing = _BRACKETS[card.kind]
    kind = words.kind(card.kind)
    named = card.kind not in ("start", "any")
    parts = [f"{card.name} · {kind}" if named else kind, card.text, card.detail]
    if traffic is not None and card.name in traffic.nodes:
        passage = traffic.nodes[card.name]
        parts.append(
            f"{passage.entered:,} {words['entered']} · {words['left']} {passage.left:,} ({passage.share:.1%})"
        )
    text = "<br/>".join(_escaped(part) for part in parts if part)
    return f'{_id(card.name)}{opening}"{text}"{closing}:::{card.kind}'


def _link(card: Card, each: Exit) -> str:
    arrow = "-.->" if each.trouble else "-->"
    label = f'|"{_escaped(each.label)}"|' if each.label else ""
    return f"{_id(card.name)} {arrow}{label} {_id(each.target)}"


def _escaped(text: str) -> str:
    return " ".join(text.split()).translate(_ESCAPED)


def _id(name: str) -> str:
    """Return an identifier: ``end``, for one, is a word of Mermaid's own."""
    return "n_" + name.strip("()")
