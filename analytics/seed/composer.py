"""Composes the second half of the seed from hand-written fragments.

``fragments/<topic>.yaml`` holds what only callers and agents of that topic say, ``fragments/shared.yaml``
what all say and the *forms* that put both together. The result is committed under ``composed/``, so that
people read and extend data, not a program; after a fragment is changed, write it anew with
``python -m analytics.seed.composer``.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from analytics.labels import TOPICS
from analytics.seed.corpus import FOLDER, SeedRow, write_rows

#: Draws of a form that may fail (a row seen before) in a row before the form is taken as exhausted.
PATIENCE = 60
_SLOT = re.compile(r"\{(\w+)(\?)?\}")


@dataclass(frozen=True, slots=True)
class Form:
    """One way of speaking: sentence lines with slots, and the labels that they carry.

    ``count`` is how many rows the form contributes to each topic, where the fragments suffice.
    """

    name: str
    role: str
    severity: str
    sentiment: str
    count: int
    lines: Sequence[str]


def compose(
    topic: str, own: Mapping[str, Sequence[str]], shared: Mapping[str, Sequence[str]], forms: Sequence[Form]
) -> Iterator[SeedRow]:
    """Yield the composed rows of one topic, the same ones on every run.

    Parameters
    ----------
    topic : str
        Label of :data:`analytics.labels.TOPICS`; it seeds the random choices.
    own, shared : mapping of str to sequence of str
        Fragments by slot; those in ``own`` are the topic's and name the row's family.
    forms : sequence of Form
        The forms to fill. A line with a slot that the topic does not have is passed over.
    """
    rng = random.Random(f"seed:{topic}")
    seen: set[str] = set()
    for form in forms:
        lines = [
            line
            for line in form.lines
            if all(slot in own or slot in shared for slot, _ in _SLOT.findall(line))
        ]
        made = misses = 0
        while lines and made < form.count and misses < PATIENCE:
            text, family = _fill(rng.choice(lines), own, shared, rng)
            if text in seen:
                misses += 1
                continue
            seen.add(text)
            made, misses = made + 1, 0
            yield SeedRow(
                role=form.role,
                topic=topic,
                severity=form.severity,
                sentiment=form.sentiment,
                family=f"{topic}/{family}",
                text=text,
            )


def _fill(
    line: str, own: Mapping[str, Sequence[str]], shared: Mapping[str, Sequence[str]], rng: random.Random
) -> tuple[str, str]:
    """Return the line with its slots filled, and the family: the first fragment of the topic in it."""
    family = ""

    def fragment(match: re.Match[str]) -> str:
        nonlocal family
        slot, optional = match.groups()
        if optional and rng.random() < 0.5:
            return ""
        if slot not in own:
            return rng.choice(shared[slot])
        number = rng.randrange(len(own[slot]))
        family = family or f"{slot}-{number}"
        return own[slot][number]

    return _SLOT.sub(fragment, line), family


def compose_all(folder: Path = FOLDER) -> dict[str, list[SeedRow]]:
    """Return the composed rows of every topic from the fragments under ``folder``."""
    shared = yaml.safe_load((folder / "fragments" / "shared.yaml").read_text("utf-8"))
    forms = [Form(**form) for form in shared["forms"]]
    rows = {}
    for topic in TOPICS:
        own = yaml.safe_load((folder / "fragments" / f"{topic}.yaml").read_text("utf-8"))
        rows[topic] = list(compose(topic, own, shared["slots"], forms))
    return rows


def main() -> None:
    """Write ``composed/<topic>.tsv`` anew."""
    for topic, rows in compose_all().items():
        write_rows(FOLDER / "composed" / f"{topic}.tsv", rows)


if __name__ == "__main__":
    main()
