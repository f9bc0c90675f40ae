"""Tokens of a network with the times at which they began → words.

Networks write Chinese in characters, Latin words in pieces (``▁hel`` ``lo``, or ``hel@@`` ``lo``) and rare
characters in bytes (``<0xE4>``). Only the beginning of a token is known, so a word ends where the next one
begins, at the latest :data:`LONGEST_SYLLABLE` after its last token began.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from calls.records import Word
from speech.joining import is_cjk, join

#: Longest time that a token is taken to last, in seconds: a slow syllable of Mandarin.
LONGEST_SYLLABLE = 0.4

_BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")


@dataclass(frozen=True, slots=True)
class _Sign:
    """One character, the number of the token that it began in, and of the last that it needed."""

    text: str
    first: int
    last: int


def words_of(
    text: str,
    tokens: Sequence[str],
    starts: Sequence[float],
    end: float,
    confidences: Sequence[float] | None = None,
) -> tuple[Word, ...]:
    """Return the words of a text: single Chinese characters, whole words of other scripts.

    Parameters
    ----------
    text : str
        What the tokens mean together.
    tokens : sequence of str
        As the network writes them.
    starts : sequence of float
        When each began, in seconds; of another length than ``tokens`` where the network does not tell,
        and then the text is one word from 0 to ``end``.
    end : float
        When the sound ends, in seconds.
    confidences : sequence of float, optional
        Of each token, in [0, 1]; without them nothing is claimed of any word.
    """
    words = text.split()
    if not words:
        return ()
    if not tokens or len(starts) != len(tokens):
        return (Word(text=join(words), start=0.0, end=end, confidence=None),)
    if confidences is not None and len(confidences) != len(tokens):
        confidences = None
    signs = _signs(tokens)
    plain = "".join(words)
    if "".join(sign.text for sign in signs) != plain:
        # a code of its own, as in byte-level vocabularies: characters share the tokens evenly
        share = len(tokens) / len(plain)
        signs = [_Sign(c, int(n * share), int(n * share)) for n, c in enumerate(plain)]
    groups: list[list[_Sign]] = []
    at = 0
    for word in words:
        for number, character in enumerate(word):
            if number == 0 or is_cjk(character) or is_cjk(word[number - 1]):
                groups.append([])
            groups[-1].append(signs[at])
            at += 1
    return tuple(_word(group, tokens, starts, end, confidences) for group in groups)


def _word(
    signs: Sequence[_Sign],
    tokens: Sequence[str],
    starts: Sequence[float],
    end: float,
    confidences: Sequence[float] | None,
) -> Word:
    first, last = signs[0].first, signs[-1].last
    following = next((start for start in starts[last + 1 :] if start > starts[last]), end)
    stop = min(following, starts[last] + LONGEST_SYLLABLE, max(end, starts[last]))
    sure = None if confidences is None else min(confidences[first : last + 1])
    return Word(
        text="".join(sign.text for sign in signs),
        start=round(starts[first], 3),
        end=round(stop, 3),
        confidence=sure,
    )


def _signs(tokens: Sequence[str]) -> list[_Sign]:
    signs: list[_Sign] = []
    pending, began = b"", 0
    for number, token in enumerate(tokens):
        if byte := _BYTE.fullmatch(token):
            began = began if pending else number
            pending += bytes.fromhex(byte[1])
            try:
                signs += [_Sign(c, began, number) for c in pending.decode() if not c.isspace()]
                pending = b""
            except UnicodeDecodeError:
                continue
        else:
            pending = b""
            plain = token.removesuffix("@@") if len(token) > 2 else token
            signs += [_Sign(c, number, number) for c in plain.replace("▁", "") if not c.isspace()]
    return signs
