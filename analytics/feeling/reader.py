"""Reads the polarity of a text: which words pull, how far, turned over by what.

The rules are those of lexicon-based analysis since Turney (ACL 2002) and Taboada et al. (Computational
Linguistics 37:2, 2011), for spoken Chinese: a degree adverb multiplies, a negator turns over what follows
in its clause, what stands after 但是 weighs more than what stands before, a wish or a question is no
statement, and a short adjective means what the noun before it makes of it (速度快, 消耗快).
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from analytics.feeling import lexicon as kinds
from analytics.feeling.lexicon import Entry, Lexicon, default_lexicon

#: Characters without meaning that may lie between a modifier and its word, or a noun and its adjective.
REACH = 3
NOUN_REACH = 2
#: What negation makes of praise (不好吃) and of blame (不难吃); what a wish or a question leaves of both.
TURNED_PRAISE, TURNED_BLAME = -0.9, -0.5
WISHED_PRAISE, WISHED_BLAME = -0.2, 0.6
ASKED = 0.25
LARGEST_DEGREE = 2.0
#: A polar word weighs at most this, whatever multiplies it.
LARGEST_PULL = 5.0

_FULL_WIDTH = {0xFF01 + number: 0x21 + number for number in range(94)}
_DIGITS = {ord("0") + number: character for number, character in enumerate("零一二三四五六七八九")}
_PUNCTUATION = "，。、；：,.;:…~～—-()（）[]【】《》<>\"'“”‘’/\\|*#@&^_=+·`{}$% \t\r\n\u3000"
_PLAIN = (
    {code: chr(ascii_code) for code, ascii_code in _FULL_WIDTH.items()}
    | {code: number for code, number in _DIGITS.items()}
    | {0xFF10 + number: character for number, character in enumerate("零一二三四五六七八九")}
    | dict.fromkeys(map(ord, _PUNCTUATION), "，")
    | {ord("！"): "!", ord("？"): "?"}
    | {ord("A") + number: chr(ord("a") + number) for number in range(26)}
    | {0xFF21 + number: chr(ord("a") + number) for number in range(26)}
    | dict(
        zip(
            map(ord, "還這個沒來會說時後們對錢電話嗎壞讓為麼請員務態貴難過歡滿問題寫點"),
            "还这个没来会说时后们对钱电话吗坏让为么请员务态贵难过欢满问题写点",
            strict=True,
        )
    )
)
BREAKS = "，!?"


@lru_cache(maxsize=1024)
def plain(text: str) -> str:
    """Return ``text`` of the same length in the signs that the lexicon knows.

    Half-width, lower case, digits as Hanzi, one sign for all punctuation but ``!`` and ``?``.
    """
    return text.translate(_PLAIN)


class Pull(NamedTuple):
    """A word with what it is worth where it stands: half-open span of the text, kind, signed strength."""

    start: int
    end: int
    kind: str
    value: float


class Reading(NamedTuple):
    """What the lexicon finds in a text.

    Attributes
    ----------
    pulls : tuple of Pull
        In order of the text.
    turn : int
        Index into ``pulls`` of the first one after the last contrast (但是), or 0.
    wishes, questions, exclamations : int
    length : int
        Characters of the text.
    """

    pulls: tuple[Pull, ...]
    turn: int = 0
    wishes: int = 0
    questions: int = 0
    exclamations: int = 0
    length: int = 0


def read(text: str, lexicon: Lexicon | None = None) -> Reading:
    """Return the polar words of ``text``, each with its worth in its place."""
    return _Reader(plain(text), lexicon or default_lexicon()).reading()


def _hits(text: str, lexicon: Lexicon) -> list[tuple[int, int, Entry]]:
    """Return the longest entries from left to right, (start, end, entry), and punctuation in between."""
    found = []
    tree = lexicon.tree
    start, length = 0, len(text)
    while start < length:
        node = tree.get(text[start])
        if node is None:
            if text[start] in BREAKS:
                found.append((start, start + 1, _BREAK))
            start += 1
            continue
        best, end, place = node.get(""), start + 1, start + 1
        while place < length:
            node = node.get(text[place])
            if node is None:
                break
            place += 1
            entry = node.get("")
            if entry is not None:
                best, end = entry, place
        if best is not None:
            found.append((start, end, best))
        start = end
    return found


_BREAK = Entry()


class _Reader:
    """One pass over the hits of a text."""

    def __init__(self, text: str, lexicon: Lexicon) -> None:
        self._text = text
        self._hits = _hits(text, lexicon)
        self._pulls: list[Pull] = []
        self._turn = self._wishes = self._questions = 0
        self._new_clause()

    def _new_clause(self) -> None:
        self._degree, self._negated, self._modified = 1.0, False, -REACH - 1
        self._nouns: tuple[int, ...] = ()
        self._noun_end = -NOUN_REACH - 1
        self._wished = False

    def reading(self) -> Reading:
        for number, (start, end, entry) in enumerate(self._hits):
            if entry is _BREAK:
                self._new_clause()
                if self._text[start] == "?":
                    self._asked(start)
                continue
            if start - self._modified > REACH:
                self._degree, self._negated = 1.0, False
            if not self._modify(number, start, end, entry):
                self._pull(start, end, entry)
            if entry.nouns:
                self._nouns, self._noun_end = entry.nouns, end
        return Reading(
            tuple(self._pulls),
            self._turn if self._turn < len(self._pulls) else 0,
            self._wishes,
            self._questions,
            self._text.count("!"),
            len(self._text),
        )

    def _modify(self, number: int, start: int, end: int, entry: Entry) -> bool:
        """Take note of a modifier; false where the word is to be weighed as a polar one."""
        factors = entry.factors
        if not factors:
            return False
        if kinds.SUFFIX in factors and self._pulls and start - self._pulls[-1].end <= 1:
            self._scale_last(factors[kinds.SUFFIX])
            return True
        if kinds.CONTRAST in factors:
            self._new_clause()
            self._turn = len(self._pulls)
            return not entry.polar
        if kinds.QUESTION in factors:
            self._asked(start)
        if kinds.WISH in factors:
            self._wished, self._wishes = True, self._wishes + 1
        if self._nouns and start - self._noun_end <= NOUN_REACH and kinds.FILL in factors:
            self._noun_end = end
        if kinds.NEGATOR in factors:
            if entry.polar:
                self._pulls.append(Pull(start, end, entry.polar, entry.strength))
            self._negated, self._modified = not self._negated, end
            return True
        if kinds.DEGREE in factors and not (entry.worth and not self._leads(number, end)):
            self._degree = min(self._degree * factors[kinds.DEGREE], LARGEST_DEGREE)
            self._modified = end
            return True
        return not (entry.polar or entry.worth)

    def _leads(self, number: int, end: int) -> bool:
        """Tell whether a polar word or another modifier follows at once (好 in 好难吃)."""
        if number + 1 == len(self._hits):
            return False
        start, _, entry = self._hits[number + 1]
        return start == end and bool(
            entry.polar or entry.worth or kinds.DEGREE in entry.factors or kinds.NEGATOR in entry.factors
        )

    def _pull(self, start: int, end: int, entry: Entry) -> None:
        if entry.worth:
            near = self._nouns if start - self._noun_end <= NOUN_REACH else ()
            group = next((each for each in near if each in entry.worth), 0)
            value = entry.worth.get(group, 0.0)
            kind = kinds.WORD
        else:
            value, kind = entry.strength, entry.polar
        if not value or not (kind or entry.worth):
            return
        if kind == kinds.WORD:
            value *= self._degree
            if self._negated:
                value *= TURNED_PRAISE if value > 0 else TURNED_BLAME
            if self._wished:
                value *= WISHED_PRAISE if value > 0 else WISHED_BLAME
            value = max(-LARGEST_PULL, min(LARGEST_PULL, value))
            self._degree, self._negated = 1.0, False
        self._pulls.append(Pull(start, end, kind, value))

    def _asked(self, start: int) -> None:
        """Weaken the word that a question directly follows (好吃吗)."""
        self._questions += 1
        if self._pulls and start - self._pulls[-1].end <= REACH and self._pulls[-1].kind == kinds.WORD:
            self._scale_last(ASKED)

    def _scale_last(self, factor: float) -> None:
        last = self._pulls[-1]
        self._pulls[-1] = last._replace(value=max(-LARGEST_PULL, min(LARGEST_PULL, last.value * factor)))
