"""What ``benchmarks.menus`` says to a menu: phrases, sentences that are no phrase, and numbers.

Two sets that share no sentence: ``dev`` guided every decision on speech menus, ``blind`` is for
reporting. The menus of ``dev`` are those of the shipped demo flow and some more; those of ``blind`` were
written apart, in the manner of a telecom line, a parcel service and a government hotline.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Literal

import yaml

Part = Literal["dev", "blind"]
#: One menu: for each choice what may be said.
Menu = tuple[tuple[str, ...], ...]

_TEXTS = yaml.safe_load(Path(__file__).with_name("menus.yaml").read_text(encoding="utf-8"))
_FLOW = Path(__file__).parents[1] / "prompts" / "flows" / "main.yaml"


@dataclass(frozen=True, slots=True)
class Asked:
    """Something said to a menu, and the choice's phrases that it stands for (none: it is no answer)."""

    text: str
    phrases: tuple[str, ...]
    meant: tuple[str, ...] = ()


def menus(part: Part) -> list[Menu]:
    """Return the menus of ``part``; the shipped demo flow's are of ``dev``."""
    written = [tuple(tuple(choice.split()) for choice in menu) for menu in _TEXTS[part]["menus"]]
    if part == "blind":
        return written
    nodes = yaml.safe_load(_FLOW.read_text(encoding="utf-8"))["nodes"].values()
    shipped = [
        tuple(tuple(choice["phrases"]) for choice in node["choices"] if choice.get("phrases"))
        for node in nodes
        if node["type"] == "menu"
    ]
    return [*shipped, *written]


def answers(part: Part) -> list[Asked]:
    """Return every phrase of every menu."""
    return [
        Asked(phrase, _phrases(menu), choice) for menu in menus(part) for choice in menu for phrase in choice
    ]


def sentences(part: Part, count: int = 500) -> list[Asked]:
    """Return ``count`` distinct sentences, each said to a menu that does not offer it."""
    said = [
        beginning + end
        for group in _TEXTS[part]["sentences"]
        for beginning, end in product(group["beginnings"], group["ends"])
    ]
    random.Random(part).shuffle(said)
    said += [text + more for more in _TEXTS[part]["appended"] for text in said]
    offered = [*map(_phrases, menus(part))]
    return [Asked(text, offered[number % len(offered)]) for number, text in enumerate(said[:count])]


def short_words(part: Part) -> list[Asked]:
    """Return exclamations and the like, each said to several menus."""
    offered = [*map(_phrases, menus(part))]
    return [
        Asked(text, phrases)
        for number, text in enumerate(_TEXTS[part]["short"])
        for phrases in offered[number % 3 :: 3]
        if text not in phrases
    ]


def negations(part: Part) -> list[Asked]:
    """Return refusals of phrases, each said to the menu of the phrase, which does not offer the refusal."""
    found = []
    for menu in menus(part):
        phrases = _phrases(menu)
        for number, phrase in enumerate(phrases):
            refusal = ("不要", "不是", "我不想", "先别")[number % 4] + phrase
            if len(phrase) >= 2 and not set("不没") & set(phrase) and refusal not in phrases:
                found.append(Asked(refusal, phrases))
    return found


def stories(part: Part) -> list[Asked]:
    """Return sentences that begin with a phrase of the menu and go on as no phrase does."""
    tails = _TEXTS[part]["tails"]
    return [
        Asked(asked.text + tails[number % len(tails)], asked.phrases)
        for number, asked in enumerate(answers(part))
        if len(asked.text) >= 2
    ]


def other_phrases(part: Part) -> list[Asked]:
    """Return phrases said to a menu that does not offer them but another."""
    offered = [*map(_phrases, menus(part))]
    found = []
    for place, phrases in enumerate(offered):
        other = offered[(place + 1) % len(offered)]
        found += [Asked(phrase, other) for phrase in phrases if phrase not in other]
    return found


def phone_numbers(part: Part, count: int) -> list[str]:
    """Return mobile numbers as people say them: digit by digit, 一 mostly as 幺."""
    rng = random.Random(f"phones {part}")
    numbers = []
    for _ in range(count):
        digits = "一" + rng.choice("三五六七八九") + "".join(rng.choices("零一二三四五六七八九", k=9))
        numbers.append(digits.replace("一", "幺") if rng.random() < 0.7 else digits)
    return numbers


def _phrases(menu: Menu) -> tuple[str, ...]:
    return tuple(phrase for choice in menu for phrase in choice)
