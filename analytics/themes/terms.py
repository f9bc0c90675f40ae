"""Which words and phrases each call holds: once a call, however often they are said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from analytics.passage import cited
from analytics.reading import PLACE
from analytics.words import NUMBER, NUMERALS, default_tokeniser, normalise
from calls.records import Evidence, Role, Transcript, Utterance

#: Words of a phrase at most: a name that no dictionary knows is cut into single characters.
LONGEST = 4
#: Characters of a term.
CHARACTERS = (2, 10)
#: Words that no term begins or ends with: they say how, not what.
_FUNCTION = frozenset(
    "的 了 吗 呢 吧 啊 呀 嘛 是 我 你 您 他 她 它 我们 你们 他们 就 都 也 还 在 有 这 那 这个 那个"
    " 和 跟 把 被 给 很 一个 怎么 什么".split()
)
_NUMERALS = frozenset(NUMERALS + NUMBER)


@dataclass(frozen=True, slots=True)
class Incidence:
    """Which call holds which term.

    Attributes
    ----------
    terms : list of str
        Normalised words and phrases.
    held : sparse matrix, shape (n_calls, n_terms)
        One where the call holds the term.
    """

    terms: list[str]
    held: Any


def incidence(calls: Sequence[Transcript], least: int) -> Incidence:
    """Return the terms that at least ``least`` calls hold.

    Callers' words count, or everyone's where roles are unknown; what the system says never does.
    """
    number_of: dict[str, int] = {}
    first, column = [0], []
    for call in calls:
        found = {
            number_of.setdefault(term, len(number_of))
            for utterance in counted(call)
            for piece in PLACE.split(normalise(utterance.text).text)
            for term in terms_of(piece)
        }
        column += sorted(found)
        first.append(len(column))
    held = sparse.csr_matrix(
        (np.ones(len(column), dtype=np.int32), column, first), shape=(len(calls), len(number_of))
    )
    kept = np.flatnonzero(np.bincount(held.indices, minlength=len(number_of)) >= least)
    names = list(number_of)
    return Incidence([names[number] for number in kept], held[:, kept])


def counted(call: Transcript) -> Iterator[Utterance]:
    """Yield the utterances of which the words count."""
    for utterance in call.utterances:
        if utterance.role is Role.CALLER or (
            utterance.role is not Role.SYSTEM and not (call.roles_known and utterance.role is Role.AGENT)
        ):
            yield utterance


def terms_of(text: str) -> Iterator[str]:
    """Yield the words and phrases of a normalised text; numbers by themselves are none."""
    words = list(default_tokeniser().words(text))
    for first, (word, begin, _) in enumerate(words):
        if word in _FUNCTION:
            continue
        for last, _, end in words[first : first + LONGEST]:
            term = text[begin:end]
            if (
                last not in _FUNCTION
                and CHARACTERS[0] <= len(term) <= CHARACTERS[1]
                and not _NUMERALS.issuperset(term)
            ):
                yield term


def heard(call: Transcript, term: str) -> Evidence | None:
    """Return where a call says a term first."""
    for utterance in counted(call):
        spoken = normalise(utterance.text)
        if (start := spoken.text.find(term)) >= 0:
            return cited(utterance, spoken.original_span(start, start + len(term)))
    return None
