"""How callers put a thing: patterns found by their characters or by their sounds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from analytics.complaints.speech import Place, Speech, hear

WORDINGS = Path(__file__).parent / "wordings.yaml"

#: From here on lie the letters of sounds.
_PRIVATE = "\ue000"
_PART = re.compile("<([a-z_]+)>")


class Wording:
    """Ways to say one thing, found in any characters of their sound.

    Parameters
    ----------
    *patterns : str
        Regular expressions over normalised text (no signs, digits as Hanzi); ``.`` stays within a turn.
        Those that begin with ``=`` are found in their own characters only, because what sounds like them
        is often said. So are matches of two characters, unless the pattern begins with ``~``; and
        numerals within a pattern, since 就 sounds like 九.
    needs : str
        What every match has, to look for it first where that is faster.
    """

    def __init__(self, *patterns: str, needs: str = "") -> None:
        loose = [pattern.lstrip("~") for pattern in patterns if not pattern.startswith("=")]
        self._short = {hear(pattern[1:]) for pattern in patterns if pattern.startswith("~")}
        self._literal = _any_of([pattern.lstrip("=~") for pattern in patterns])
        self._heard = _any_of(list(map(hear, loose))) if loose else None
        self._needs = re.compile(f"{needs}|{hear(needs)}") if needs else None

    def within(self, text: str) -> bool:
        """Tell whether a normalised text has one of the patterns, in its own characters."""
        return self._literal.search(text) is not None

    def find(self, speech: Speech) -> Iterator[Place]:
        """Yield the places, those in the very characters first."""
        if self._needs is not None and not (
            self._needs.search(speech.text) or self._needs.search(speech.heard)
        ):
            return
        seen = set()
        for match in self._literal.finditer(speech.text):
            seen.add(match.span())
            yield speech.place(*match.span())
        if self._heard is not None:
            for match in self._heard.finditer(speech.heard):
                is_long = match.end() - match.start() > 2 or match.group() in self._short
                if is_long and match.span() not in seen:
                    yield speech.place(*match.span())


def _any_of(patterns: list[str]) -> re.Pattern[str]:
    """Return what matches where any of the patterns does.

    At most places of a text no match begins, and a look at the letter there tells it in a third of the time.
    """
    joined = "|".join(patterns)
    if any(pattern.startswith(("^", ".", "[^")) for pattern in patterns) or "\\" in joined:
        return re.compile(joined)
    letters = "".join(sorted({sign for sign in joined if sign.isalnum() or sign >= _PRIVATE}))
    return re.compile(f"(?=[{letters}])(?:{joined})")


@cache
def wording(name: str) -> Wording:
    """Return one of the wordings of ``wordings.yaml``."""
    return Wording(*map(expanded, _file()[name]), needs=expanded(_file()["needs"].get(name, "")))


def expanded(pattern: str) -> str:
    """Return a pattern with the parts of ``wordings.yaml`` in place of their names, such as <authority>.

    Raises
    ------
    KeyError
        There is no such part.
    """
    return _PART.sub(lambda part: str(_file()["parts"][part[1]]), pattern)


def part_names() -> list[str]:
    """Return the names of the parts."""
    return list(_file()["parts"])


@cache
def _file() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(WORDINGS.read_text("utf-8"))
    return content
