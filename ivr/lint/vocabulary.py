"""Words that a model does not have, and how it will hear them instead."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import accumulate

import jieba

from ivr.flow import CollectNode
from ivr.lint.finding import Finding
from ivr.lint.phrases import phrases_of
from ivr.lint.study import Study
from ivr.values import spoken_words
from speech.error_rate import DEFAULT
from speech.grammar import segment
from speech.recogniser import VoskModel

jieba.setLogLevel(logging.WARNING)  # it tells of its dictionary on stderr


def check(study: Study) -> Iterator[Finding]:
    """Find phrases that the model cannot hear, or hears character by character. Needs a model."""
    model = study.model
    if model is None:
        return
    for place in study.places():
        spelt: list[str] = []
        for _, location, phrase in phrases_of(place):
            words = segment(phrase, model)
            if words is not None:
                spelt += [_heard_as(word, phrase) for word in _spelt(words)]
                continue
            missing = "".join(dict.fromkeys(c for c in DEFAULT(phrase) if not model.knows(c)))
            yield study.find(
                "unheard-phrase",
                place.flow,
                ("nodes", place.name, *location),
                f"model {model.name} can never hear {phrase!r}: it does not know {missing}",
                "use other words, or another model",
            )
        if spelt:
            yield study.find(
                "spelt-phrase",
                place.flow,
                ("nodes", place.name),
                f"model {model.name} has no such word as {', '.join(spelt)}",
                "they are understood less surely than words that it has",
            )
        node = place.node
        if isinstance(node, CollectNode) and node.spoken:
            unknown = [word for word in spoken_words(node.kind) if not _can_hear(word, model)]
            if unknown:
                yield study.find(
                    "unheard-phrase",
                    place.flow,
                    ("nodes", place.name, "spoken"),
                    f"model {model.name} cannot hear {', '.join(unknown)}, of which such values are made",
                    "ask for keys only, or use another model",
                )


def _spelt(words: list[str]) -> list[str]:
    """Return the words of the language that a model hears as a row of single characters."""
    cuts = {0, *accumulate(map(len, words))}
    found, start = [], 0
    for word in jieba.lcut("".join(words), HMM=False):
        end = start + len(word)
        if len(word) > 1 and cuts.issuperset(range(start, end + 1)):
            found.append(word)
        start = end
    return found


def _heard_as(word: str, phrase: str) -> str:
    within = f" in the phrase {phrase!r}" if word != phrase else ""
    return f"{word!r}{within} (heard as {' '.join(word)})"


def _can_hear(word: str, model: VoskModel) -> bool:
    return segment(word, model) is not None
