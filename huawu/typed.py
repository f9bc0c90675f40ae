"""What a person types to be a caller: keys of a telephone, words that are said, silence, or the end."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

#: What a telephone has.
KEYS = frozenset("0123456789*#")
#: Hangs up, as a line of its own.
HANG_UP = "q"

#: Ctrl-D: the end of the input.
END = "\x04"
_DELETE, _DELETE_ALL = "\x7f\b", "\x15"  # Backspace, Ctrl-U


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that the caller does; ``text`` is what is pressed or said."""

    kind: Literal["press", "say", "silence", "hang up"]
    text: str = ""


def understood(line: str) -> Act:
    """Return what a typed line means.

    Nothing is silence, ``q`` hangs up, a line of telephone keys is pressed, anything else is said. A
    line that begins with a space is said in any case.
    """
    # a Chinese input method types ＃ for #
    plain = unicodedata.normalize("NFKC", line).strip()
    if not plain:
        return Act("silence")
    if line[0].isspace():
        return Act("say", line.strip())
    if plain.lower() == HANG_UP:
        return Act("hang up")
    return Act("press", plain) if KEYS.issuperset(plain) else Act("say", line.strip())


def joined(acts: Iterable[Act]) -> list[Act]:
    """Return the acts with keys that follow each other in one."""
    result: list[Act] = []
    for act in acts:
        if result and act.kind == result[-1].kind == "press":
            result[-1] = Act("press", result[-1].text + act.text)
        else:
            result.append(act)
    return result


class TypedLine:
    """A line that is being typed, character by character. Telephone keys act at once, words by Enter."""

    def __init__(self) -> None:
        self.text = ""

    def feed(self, character: str) -> Act | None:
        """Take in a character; return what the caller does by it, if that is anything yet."""
        if character in "\r\n":
            line, self.text = self.text, ""
            return understood(line)
        if character in _DELETE:
            self.text = self.text[:-1]
        elif character == _DELETE_ALL:
            self.text = ""
        elif character == END:
            return Act("hang up")
        elif not self.text and (key := unicodedata.normalize("NFKC", character)) in KEYS:
            return Act("press", key)
        elif character.isprintable():
            self.text += character
        return None
