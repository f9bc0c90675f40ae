"""How wide texts are, and how they are broken into lines, without knowing the font that will show them."""

from __future__ import annotations

import re
import unicodedata

#: Fonts with Chinese letters that systems have: Linux, macOS, Windows.
FONTS = (
    "'Noto Sans CJK SC', 'Noto Sans SC', 'PingFang SC', 'Microsoft YaHei', 'WenQuanYi Micro Hei', sans-serif"
)

_WIDE, _CAPITAL, _NARROW, _OTHER = 1.0, 0.68, 0.32, 0.57  # of the letter height; a little wider than most
_ELLIPSIS = "…"
#: What a line may be broken before: a Latin word, or any one Chinese letter with the marks behind it.
_PIECE = re.compile(r"[\w{}.%/@'-]+(?<=[ -~])\s*|.[，。！？、；：）》”’%,.!?;:)]*\s*", re.ASCII)


def width(text: str, size: float) -> float:
    """Return about how wide ``text`` is in letters of ``size`` pixels."""
    return size * sum(map(_share, text))


def _share(letter: str) -> float:
    if unicodedata.east_asian_width(letter) in "WFA":
        return _WIDE
    if letter.isupper() or letter in "mwMW@%":
        return _CAPITAL
    return _NARROW if letter in "iljtfr.,:;|'!() " else _OTHER


def shortened(text: str, size: float, limit: float) -> str:
    """Return ``text``, cut with an ellipsis where it is wider than ``limit`` pixels."""
    if width(text, size) <= limit:
        return text
    while text and width(text + _ELLIPSIS, size) > limit:
        text = text[:-1]
    return text.rstrip() + _ELLIPSIS


def wrapped(text: str, size: float, limit: float, most: int) -> list[str]:
    """Return ``text`` in at most ``most`` lines of ``limit`` pixels; the last is cut where more follows."""
    lines = [""]
    for piece in _PIECE.findall(" ".join(text.split())):
        if lines[-1] and width((lines[-1] + piece).rstrip(), size) > limit:
            lines.append("")
        lines[-1] += piece
    if len(lines) > most:
        lines[most - 1 :] = ["".join(lines[most - 1 :])]
    return [shortened(line.strip(), size, limit) for line in lines if line.strip()]
