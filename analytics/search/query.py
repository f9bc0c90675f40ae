"""The language of the search box: words, "exact text", ~sounds, AND OR NOT, brackets, and who said it.

    退款                     the word
    "退款没到账"              these characters in a row; so is a text that is not one word
    ~退款  ~tuikuan          whatever sounds so: 退宽, 腿款
    退款 投诉                 both in one call (AND may be written between them)
    退款 OR 退货              one of them; AND binds tighter, brackets group
    退款 NOT 投诉   -投诉      without that
    caller:退款  agent:"您好"  said by the caller (来电人:, 客户:), the agent (坐席:, 客服:), the menu (系统:)

Figures are looked for one by one and as the number that they are: 3500元 finds 三千五百元 too.

Full-width signs stand for the half-width ones. What is looked for is a whole call: 退款 may be said in one
sentence and 投诉 in another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from analytics.search.tokens import folded, is_word, readings
from calls.errors import HuawuError
from speech.reading import spoken

#: Characters of a query, things looked for in it, and brackets within brackets at most.
LENGTH, TERMS, DEPTH = 200, 24, 8


class Speaker(StrEnum):
    """Whose words are looked for; ``OTHER`` are the menu, and everybody where roles are not known."""

    ANY = ""
    CALLER = "caller"
    AGENT = "agent"
    OTHER = "other"


#: What may stand before a colon.
SPEAKERS: Mapping[str, Speaker] = {
    **dict.fromkeys(("caller", "来电人", "来电", "客户"), Speaker.CALLER),
    **dict.fromkeys(("agent", "坐席", "客服"), Speaker.AGENT),
    **dict.fromkeys(("system", "系统"), Speaker.OTHER),
}


class Problem(StrEnum):
    """What may be wrong with a query."""

    TOO_LONG = "too-long"
    TOO_MANY = "too-many"
    TOO_DEEP = "too-deep"
    NOTHING = "nothing"  # nothing in it can be said
    QUOTE = "quote"  # a quotation is not closed
    BRACKET = "bracket"  # a bracket is not closed, or not opened
    OPERAND = "operand"  # an operator has nothing to work on
    ONLY_NOT = "only-not"  # nothing is looked for, only left out
    SPEAKER = "speaker"  # nobody is called so


_MESSAGES: Mapping[Problem, tuple[str, str]] = {
    Problem.TOO_LONG: ("it has more than {limit} characters", "shorten it"),
    Problem.TOO_MANY: ("more than {limit} things are looked for at once", "leave some out"),
    Problem.TOO_DEEP: ("more than {limit} brackets are within each other", "write it without some"),
    Problem.NOTHING: ("nothing in {at!r} can be said", "use words, characters or pinyin"),
    Problem.QUOTE: ("the quotation {at!r} is not closed", "end it with a quotation mark"),
    Problem.BRACKET: ("a bracket at {at!r} has no partner", "close each bracket that is opened"),
    Problem.OPERAND: ("{at!r} has nothing to work on", "put a word beside it, or quote it"),
    Problem.ONLY_NOT: ("{at!r} only leaves something out", "add a word to look for"),
    Problem.SPEAKER: ("nobody is called {at!r}", f"known: {', '.join(SPEAKERS)}"),
}


class QueryError(HuawuError):
    """A query cannot be understood.

    Attributes
    ----------
    problem : Problem
    at : str
        The piece of the query that is meant.
    limit : int
        Which bound it passes, or 0.
    """

    def __init__(self, problem: Problem, at: str = "", limit: int = 0) -> None:
        message, hint = _MESSAGES[problem]
        super().__init__(f"search: {message.format(at=at, limit=limit)}", hint)
        self.problem, self.at, self.limit = problem, at, limit


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a folded text, said by ``speaker``."""

    text: str
    speaker: Speaker = Speaker.ANY


@dataclass(frozen=True, slots=True)
class Run:
    """Characters of a folded text, two at least, in a row."""

    text: str
    speaker: Speaker = Speaker.ANY


@dataclass(frozen=True, slots=True)
class Sound:
    """Toneless syllables, two at least, in a row; any one of several ways to read what was typed."""

    readings: tuple[tuple[str, ...], ...]
    speaker: Speaker = Speaker.ANY


@dataclass(frozen=True, slots=True)
class All:
    """Calls that have all of ``parts`` and none of ``without``; there is one part at least."""

    parts: tuple[Node, ...]
    without: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Either:
    """Calls that have one of ``parts``, of which there are two at least."""

    parts: tuple[Node, ...]


Term = Word | Run | Sound
Node = Term | All | Either


def terms(node: Node) -> Iterator[Term]:
    """Yield what is looked for, without what is left out: the places to show."""
    if isinstance(node, (All, Either)):
        for part in node.parts:
            yield from terms(part)
    else:
        yield node


_SIGNS = str.maketrans("（）：“”～＂＋－　｜＆「」『』", '():""~"+- |&""""')
_PIECE = re.compile(
    r'\s*(?:(?P<open>\()|(?P<close>\))|(?P<operator>(?:AND|OR|NOT)(?=[\s()"~]|$)|[|&])'
    r'|(?P<minus>-)|(?P<speaker>[^\W\d_]{1,12}):(?!\d)|(?P<sound>~)|"(?P<quoted>[^"]*)(?P<end>"?)'
    r'|(?P<bare>[^\s()"~|&:]+:?|:))'
)
_NAMES = {"|": "OR", "&": "AND"}


def parse(text: str, speaker: Speaker = Speaker.ANY, *, by_sound: bool = False) -> Node | None:
    """Read a query.

    Parameters
    ----------
    text : str
        What was typed.
    speaker : Speaker, optional
        Whose words are meant where the query does not say.
    by_sound : bool, optional
        Look for everything by its sound.

    Returns
    -------
    Node or None
        ``None`` where nothing was typed.

    Raises
    ------
    QueryError
        It cannot be understood.
    """
    if len(text) > LENGTH:
        raise QueryError(Problem.TOO_LONG, limit=LENGTH)
    if not text.strip():
        return None
    return _Reader(text.translate(_SIGNS), speaker, by_sound).read()


class _Reader:
    """One pass over a query, by recursive descent."""

    def __init__(self, text: str, speaker: Speaker, by_sound: bool) -> None:
        self._pieces = [(match.lastgroup or "", match) for match in _PIECE.finditer(text)]
        self._place = 0
        self._speaker = speaker
        self._by_sound = by_sound
        self._terms = 0

    def read(self) -> Node:
        node = self._either(0)
        if self._kind() == "close":
            raise QueryError(Problem.BRACKET, ")")
        return node

    def _kind(self) -> str:
        """Return what comes next: the name of an operator, of a group, or nothing at the end."""
        if self._place >= len(self._pieces):
            return ""
        kind, match = self._pieces[self._place]
        if kind == "operator":
            return _NAMES.get(match["operator"], match["operator"])
        return "quoted" if kind == "end" else kind

    def _take(self) -> re.Match[str]:
        self._place += 1
        return self._pieces[self._place - 1][1]

    def _either(self, depth: int) -> Node:
        if depth > DEPTH:
            raise QueryError(Problem.TOO_DEEP, limit=DEPTH)
        parts = [self._all(depth)]
        while self._kind() == "OR":
            self._take()
            parts.append(self._all(depth))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _all(self, depth: int) -> Node:
        parts: list[Node] = []
        without: list[Node] = []
        begun = self._place
        while True:
            kind = self._kind()
            if kind == "AND":
                sign = self._take()["operator"]
                if not (parts or without) or self._kind() in ("", "close", "OR", "AND"):
                    raise QueryError(Problem.OPERAND, sign)
                continue
            if kind in ("NOT", "minus"):
                sign = self._take().group().strip()
                if self._kind() in ("", "close", "OR", "AND", "NOT", "minus"):
                    raise QueryError(Problem.OPERAND, sign)
                without.append(self._one(depth))
            elif kind in ("", "close", "OR"):
                break
            else:
                parts.append(self._one(depth))
        if not parts and not without:
            raise QueryError(Problem.OPERAND, self._beside())
        if not parts:
            said = "".join(match.group() for _, match in self._pieces[begun : self._place])
            raise QueryError(Problem.ONLY_NOT, said.strip())
        return parts[0] if len(parts) == 1 and not without else All(tuple(parts), tuple(without))

    def _beside(self) -> str:
        """Return the piece that has nothing beside it."""
        place = min(self._place, len(self._pieces) - 1)
        return self._pieces[place][1].group().strip()

    def _one(self, depth: int) -> Node:
        if self._kind() == "open":
            self._take()
            node = self._either(depth + 1)
            if self._kind() != "close":
                raise QueryError(Problem.BRACKET, "(")
            self._take()
            return node
        return self._term()

    def _term(self) -> Node:
        speaker, by_sound = self._speaker, self._by_sound
        if self._kind() == "speaker":
            name = self._take()["speaker"]
            if name.lower() not in SPEAKERS:
                raise QueryError(Problem.SPEAKER, name)
            speaker = SPEAKERS[name.lower()]
        if self._kind() == "sound":
            self._take()
            by_sound = True
        kind = self._kind()
        if kind not in ("quoted", "bare"):
            raise QueryError(Problem.OPERAND, self._pieces[self._place - 1][1].group().strip())
        match = self._take()
        if kind == "quoted" and not match["end"]:
            raise QueryError(Problem.QUOTE, match["quoted"])
        typed = match["quoted"] if kind == "quoted" else match["bare"]
        self._terms += 1
        if self._terms > TERMS:
            raise QueryError(Problem.TOO_MANY, limit=TERMS)
        ways = dict.fromkeys(
            _meant(each, speaker, by_sound, exact=kind == "quoted") for each in _as_said(typed)
        )
        return next(iter(ways)) if len(ways) == 1 else Either(tuple(ways))


def _as_said(typed: str) -> tuple[str, ...]:
    """Return what was typed, and how it is said where that is not figure by figure."""
    return (typed, spoken(typed)) if any(each.isdecimal() for each in typed) else (typed,)


def _meant(typed: str, speaker: Speaker, by_sound: bool, exact: bool) -> Term:
    said = folded(typed)
    if not said:
        raise QueryError(Problem.NOTHING, typed)
    if by_sound:
        ways = _sounds(typed, said)
        if ways:
            return Sound(ways, speaker)
    if len(said) > 1 and (exact or not is_word(said)):
        return Run(said, speaker)
    return Word(said, speaker)


def _sounds(typed: str, said: str) -> tuple[tuple[str, ...], ...]:
    """Return the readings of two and more syllables; some thirty characters share a single one."""
    apart = [folded(each) for each in typed.split()]
    if len(apart) > 1 and all(each.isascii() and each for each in apart):
        found = [tuple(apart)]  # pinyin with blanks
    else:
        found = readings(said)
    return tuple(each for each in found if len(each) > 1)
