"""Phrases of one menu that can be taken for each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

from calls.document import Location
from calls.errors import VoiceError
from ivr.flow import ConfirmNode, MenuNode, SurveyNode
from ivr.flow.words import Phrase
from ivr.lint.finding import Finding
from ivr.lint.study import Place, Study
from speech.error_rate import DEFAULT
from speech.pinyin import syllables

#: Before a phrase these make its opposite: no pair of yes and no can do without them.
_NEGATIONS = "不没别无非未"
#: Initials and finals that large parts of the country do not keep apart (zh/z, ch/c, sh/s; n/l; f/h; r/l;
#: -ng/-n after a, e, i), each mapped to one of the two.
_MERGED = tuple(
    (re.compile(pattern), merged)
    for pattern, merged in (
        ("^zh", "z"), ("^ch", "c"), ("^sh", "s"), ("^[nr](?=.)", "l"), ("^hu(?=[aioe])", "f"), ("^h", "f"),
        ("ng$", "n"),
    )
)  # fmt: skip


class Said(NamedTuple):
    """A phrase of a node: which answer it belongs to, and how it sounds."""

    answer: int
    location: Location
    phrase: str
    text: str
    sounds: tuple[str, ...]


def check(study: Study) -> Iterator[Finding]:
    """Find phrases of different answers that are, begin, contain or sound like each other."""
    for place in study.places():
        found: list[Said] = []
        for answer, location, phrase in phrases_of(place):
            text = DEFAULT(phrase)
            try:
                sounds = tuple(syllables(phrase))
                problem, hint = ("" if text else f"{phrase!r} has nothing to say"), "write words in it"
            except VoiceError as error:
                sounds, problem, hint = (), error.message, error.hint
            if problem:
                where = ("nodes", place.name, *location)
                yield study.find("unreadable-text", place.flow, where, problem, hint)
            else:
                found.append(Said(answer, location, phrase, text, sounds))
        for one, other in combinations(found, 2):
            if one.answer != other.answer:
                yield from _compared(study, place, one, other)


def phrases_of(place: Place) -> Iterator[tuple[int, Location, Phrase]]:
    """Yield the phrases that the author of a node gave, by answer; its defaults are known to be good."""
    match place.node:
        case MenuNode(choices=choices):
            for number, choice in enumerate(choices):
                for index, phrase in enumerate(choice.phrases):
                    yield number, ("choices", number, "phrases", index), phrase
        case ConfirmNode() as node:
            for number, field in enumerate(("yes", "no")):
                if field in node.model_fields_set:
                    for index, phrase in enumerate(getattr(node, field).phrases):
                        yield number, (field, "phrases", index), phrase
        case SurveyNode() as node if "marks" in node.model_fields_set:
            for number, (mark, phrases) in enumerate(node.marks.items()):
                for index, phrase in enumerate(phrases):
                    yield number, ("marks", mark, index), phrase
        case _:
            pass


def _compared(study: Study, place: Place, one: Said, other: Said) -> Iterator[Finding]:
    rule = fault_of(one, other)
    if rule is None:
        return
    code, message, hint = rule
    yield study.find(code, place.flow, ("nodes", place.name, *other.location), message, hint)


def fault_of(one: Said, other: Said) -> tuple[str, str, str] | None:
    """Return code, message and way out of the worst that two phrases of different answers have in common."""
    pair = f"{other.phrase!r} and {one.phrase!r} of another choice"
    if one.text == other.text:
        return "same-phrase", f"{pair} are the same phrase", "give every phrase to one choice only"
    if _toneless(one.sounds) == _toneless(other.sounds):
        said, also = " ".join(other.sounds), " ".join(one.sounds)
        how = f"the same ({said})" if said == also else f"the same but for the tone ({said}, {also})"
        return "homophones", f"{pair} sound {how}", "use another word for one of them"
    short, long = sorted((one, other), key=lambda said: len(said.text))
    if long.text.startswith(short.text):
        return (
            "overlapping-phrases",
            f"who says {long.phrase!r} may be taken to say {short.phrase!r} before the end",
            "begin the phrases of different choices differently",
        )
    if short.text in long.text and one.location[0] == "choices":  # marks and answers differ by degree
        before = long.text[: long.text.index(short.text)]
        if before[-1] in _NEGATIONS:
            return None
        return (
            "contained-phrase",
            f"{long.phrase!r} is taken for {short.phrase!r} if its beginning is lost",
            "use phrases of which none is part of another",
        )
    if _merged(one.sounds) == _merged(other.sounds):
        return (
            "near-homophones",
            f"{pair} sound alike to many speakers ({' '.join(other.sounds)}, {' '.join(one.sounds)})",
            "use another word for one of them",
        )
    return None


def _toneless(sounds: tuple[str, ...]) -> list[str]:
    return [syllable.rstrip("12345") for syllable in sounds]


def _merged(sounds: tuple[str, ...]) -> list[str]:
    merged = _toneless(sounds)
    for pattern, into in _MERGED:
        merged = [pattern.sub(into, syllable) for syllable in merged]
    return merged
