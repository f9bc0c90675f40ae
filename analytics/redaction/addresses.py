"""Addresses: a chain of places, roads, houses and rooms, of which a recogniser may have lost a link."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

_N = "[0-9零〇一二三四五六七八九幺两十百ABCDabcd]"
_H = "[㐀-鿿]"
#: Links of an address from large to small; what stands before the last characters of each is its name.
_LINKS = {
    "region": re.compile(f"{_H}{{2,6}}?(?:省|自治区|自治州|市|区|县|旗)"),
    "town": re.compile(f"{_H}{{1,4}}?(?:镇|乡|街道|村|组|屯)"),
    "road": re.compile(f"{_H}{{1,5}}?(?:大道|大街|路|街|巷|弄|胡同|里)"),
    "estate": re.compile(f"{_H}{{2,6}}?(?:小区|花园|公寓|大厦|大楼|新村|家园|广场|苑|花苑|华庭|公馆|宿舍)"),
    "house": re.compile(
        f"{_N}{{1,6}}(?:(?:号楼|号院|号|弄|栋|幢|座|单元)(?:{_N}{{3,5}}(?:室|房|户)?)?|层|楼|室|房|户)"
    ),
}
#: A house or room of which the recogniser lost a numeral or what it counts, after the last link.
_TAIL = re.compile(f"[^\n，。,]{{0,2}}?{_N}{{1,5}}[^\n，。,]?{_N}{{0,4}}(?:号|弄|栋|幢|单元|层|楼|室|房|户)?")
#: Words after which an address is given.
_CUE = re.compile("地址|住在|家住|住址|寄到|送到|寄往|送往|搬到|住的是|位于|家在")
#: Links that no further apart are of one address.
_GAP = 6
#: After a word that announces an address more may have been misheard between two links.
_LONG_GAP = 12
#: Not in a name of a place: it begins after them.
_NEVER = "我你您他她们的了在是到住家址说给寄送就那这有个往从把和请吧吗呢啊嗯哦对"


class Address(NamedTuple):
    """The half-open span of an address."""

    start: int
    end: int


def addresses(text: str) -> Iterator[Address]:
    """Yield the addresses of a text in order; they may overlap.

    An address is two links or more, from large to small, one of them smaller than a town, none far from the
    next. After a word such as 地址 or 住在 one link is enough, and all up to the last one belongs to it.
    """
    hits = sorted(_hits(text))
    for cue in _CUE.finditer(text):
        end = cue.end()
        for start, stop, _ in hits:
            if cue.end() <= start <= end + _LONG_GAP and "\n" not in text[end:start]:
                end = max(end, stop)
        if end > cue.end():
            yield Address(_after_links(text, cue.end(), end), _with_tail(text, end))
    chain: list[tuple[int, int, str]] = []
    for hit in [*hits, (len(text) + 100, len(text) + 100, "")]:
        if chain and hit[0] - chain[-1][1] > _GAP:
            if _narrows([kind for _, _, kind in chain]):
                yield Address(chain[0][0], _with_tail(text, chain[-1][1]))
            chain = []
        if not chain or hit[1] > chain[-1][1]:
            chain.append(hit)


def _hits(text: str) -> Iterator[tuple[int, int, str]]:
    for kind, pattern in _LINKS.items():
        for found in pattern.finditer(text):
            start = found.start()
            if kind != "house":
                start = max([start, *(text.rfind(each, start, found.end() - 1) + 1 for each in _NEVER)])
            if start < found.end() - 1 or kind == "house":
                yield start, found.end(), kind


def _narrows(kinds: list[str]) -> bool:
    """Whether links go from large to small as those of an address do."""
    sizes = [[*_LINKS].index(kind) for kind in kinds]
    found = {*kinds}
    small = (
        "house" in found or {"road", "estate"} <= found or (len(found) >= 3 and found & {"road", "estate"})
    )
    return bool(small) and any(before < after for before, after in pairwise(sizes))


def _with_tail(text: str, end: int) -> int:
    for _ in range(3):
        tail = _TAIL.match(text, end)
        end = tail.end() if tail else end
    return end


def _after_links(text: str, place: int, start: int) -> int:
    while place < start and text[place] in _NEVER + " ，,：:":
        place += 1
    return place
