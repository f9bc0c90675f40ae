"""The sentences from which the built-in model learns: ours, every one.

``sentences.yaml`` holds clauses by domain (food, goods, delivery, service, bank, telephone); they are joined
as people talk, with and without punctuation, and the seed of the judges is added. Nothing of it was copied
from recordings, reviews or corpora.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from analytics.labels import STRONG_NEGATIVE
from analytics.seed.corpus import read_seed

SENTENCES = Path(__file__).parent / "sentences.yaml"
#: Sentences of each way of speaking that are composed for each domain.
ROUNDS = 30


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with its sentiment (or ``strong-negative``) and its domain, the group in fair splits."""

    text: str
    sentiment: str
    domain: str


def sentences() -> list[Sentence]:
    """Return all sentences that the built-in model learns from, the same ones on every run."""
    source = yaml.safe_load(SENTENCES.read_text("utf-8"))
    found = [
        sentence
        for domain, own in source["domains"].items()
        for sentence in _compose(domain, own, source["shared"])
    ]
    return found + [Sentence(row.text, row.sentiment, row.topic or "general") for row in read_seed()]


def _compose(
    domain: str, own: Mapping[str, Sequence[str]], shared: Mapping[str, Sequence[str]]
) -> Iterator[Sentence]:
    for mood in ("positive", "negative", "neutral"):
        yield from (Sentence(clause, mood, domain) for clause in own[mood])
    for slot, mood in _ALONE.items():
        yield from (Sentence(clause, mood, domain) for clause in shared[slot])
    rng = random.Random(f"feeling:{domain}")
    for _ in range(ROUNDS):
        for mood, slots in _WAYS:
            clauses = [rng.choice((own if slot in own else shared)[slot]) for slot in slots]
            yield Sentence(_joined(clauses, slots, rng), mood, domain)


#: Clauses of these kinds also stand alone.
_ALONE = {
    "praise": "positive",
    "blame": "negative",
    "turned_praise": "negative",
    "turned_blame": "positive",
    "plain": "neutral",
    "abuse": STRONG_NEGATIVE,
}
#: Ways of speaking: the mood of the whole, and the kinds of its clauses. What stands last decides.
_WAYS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("positive", ("opening", "positive", "positive")),
    ("positive", ("opening", "positive", "praise")),
    ("positive", ("neutral", "positive")),
    ("positive", ("positive", "turned_blame")),
    ("positive", ("negative", "contrast", "positive", "praise")),
    ("positive", ("positive", "positive", "praise")),
    ("negative", ("opening", "negative", "negative")),
    ("negative", ("opening", "negative", "blame")),
    ("negative", ("neutral", "negative")),
    ("negative", ("negative", "turned_praise")),
    ("negative", ("positive", "contrast", "negative", "blame")),
    ("negative", ("negative", "negative", "blame")),
    ("neutral", ("opening", "neutral", "neutral")),
    ("neutral", ("plain", "neutral")),
    ("neutral", ("neutral", "plain")),
    ("neutral", ("plain", "plain")),
    (STRONG_NEGATIVE, ("abuse", "negative")),
    (STRONG_NEGATIVE, ("negative", "abuse")),
    (STRONG_NEGATIVE, ("neutral", "abuse")),
)


def _joined(clauses: Sequence[str], slots: Sequence[str], rng: random.Random) -> str:
    """Join clauses with commas or, as a recogniser writes, without."""
    mark = rng.choice(("", "，", "，"))
    text = ""
    for clause, slot in zip(clauses, slots, strict=True):
        text += clause + ("" if not clause or slot in ("opening", "contrast") else mark)
    return text.removesuffix("，") + (rng.choice(("", "。", "！")) if mark else "")
