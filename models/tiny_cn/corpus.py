"""The text that the demo model learns: what call centres say, as it is spoken.

Written by hand (``text/``), expanded from templates, and read from the prompts, the scenarios and the
seed corpus of this project. A scenario marked ``heldout`` lends its single words, never a sentence, so
that recognising it is a test. Needs no PyTorch, is the same on every run and takes seconds.
"""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from speech.reading import spoken

ROOT = Path(__file__).parents[2]
_TEXT = Path(__file__).parent / "text"
_SEED = 20_261
#: How many distinct sentences are drawn from the templates.
EXPANSIONS = 24_000
#: A text is unseen when it shares no run of this many characters with the corpus.
GRAM = 13

DIGITS = "零一二三四五六七八九"
_HANZI = re.compile(r"[\u4e00-\u9fffA-Z]+")
_SLOT = re.compile(r"{(\w+)}")
_FLOW_TEXTS = frozenset({"prompt", "again", "prompts", "phrases", "say", "text"})
_SPOKEN_BY = frozenset({"agent", "caller", "say"})


def plain(text: str) -> str:
    """Return the Hanzi (and Latin capitals) of ``text`` as it is read aloud, without punctuation."""
    return "".join(_HANZI.findall(spoken(text).upper()))


@cache
def groups() -> dict[str, tuple[str, ...]]:
    """Return all sentences by origin, each distinct within its group and without punctuation.

    Origins: ``command``, ``sentence``, ``template``, ``flow``, ``scenario``, ``seed``.
    """
    return {
        "command": _distinct(_lines("commands.txt")),
        "sentence": _distinct(_clauses((*_lines("sentences.txt"), *_lines("dialogue.txt")))),
        "template": _distinct(_expansions(random.Random(_SEED), EXPANSIONS)),
        "flow": _distinct(_clauses(_flow_texts())),
        "scenario": _distinct(_clauses(text for held, text in scenario_lines() if not held)),
        "seed": _distinct(_clauses(_seed_texts())),
    }


@cache
def sentences() -> tuple[str, ...]:
    """Return every distinct sentence that language model or network may learn."""
    return _distinct(text for texts in groups().values() for text in texts)


def scenario_lines() -> Iterator[tuple[bool, str]]:
    """Yield ``(held out, text)`` for everything that is spoken in the scenarios, in file order."""
    for path in sorted((ROOT / "prompts" / "scenarios").glob("*.yaml")):
        scenario = yaml.safe_load(path.read_text(encoding="utf-8"))
        for part in ("steps", "conversation"):
            for entry in scenario.get(part) or ():
                for key, value in entry.items():
                    if key in _SPOKEN_BY and isinstance(value, str):
                        yield bool(scenario.get("heldout")), value


def agent_names() -> tuple[str, ...]:
    """Return the names of the scenarios' agents: words that are said but written nowhere else."""
    names = []
    for path in sorted((ROOT / "prompts" / "scenarios").glob("*.yaml")):
        agent = yaml.safe_load(path.read_text(encoding="utf-8")).get("agent") or {}
        names.append(plain(str(agent.get("name", ""))))
    return _distinct(names)


def held_out_texts() -> tuple[str, ...]:
    """Return the texts of held-out scenarios, whose single words alone may be learnt."""
    return _distinct(_clauses(text for held, text in scenario_lines() if held))


def unseen(text: str) -> bool:
    """Tell whether no run of :data:`GRAM` characters of ``text`` is in the corpus.

    A text that is shorter than that is unseen when the whole of it is within no sentence.
    """
    body = plain(text)
    if len(body) < GRAM:
        return not any(body in sentence for sentence in sentences())
    return _grams().isdisjoint(body[i : i + GRAM] for i in range(len(body) - GRAM + 1))


@cache
def _grams() -> frozenset[str]:
    return frozenset(text[i : i + GRAM] for text in sentences() for i in range(len(text) - GRAM + 1))


def digit_string(rng: random.Random, length: int) -> str:
    """Return ``length`` spoken digits, one in two strings with 幺 for 一."""
    digits = "".join(rng.choice(DIGITS) for _ in range(length))
    return digits.replace("一", "幺") if rng.random() < 0.5 else digits


def phone_number(rng: random.Random) -> str:
    """Return a spoken eleven-digit mobile number."""
    digits = "一" + rng.choice("三四五六七八九") + digit_string(rng, 9)
    return digits.replace("一", "幺") if rng.random() < 0.7 else digits


def _amount(rng: random.Random) -> str:
    whole = rng.choice(
        (rng.randint(1, 99), rng.randint(100, 999), rng.randint(1000, 20_000), 10 * rng.randint(1, 90))
    )
    cents = f".{rng.randint(1, 9)}" if rng.random() < 0.12 else ""
    return spoken(f"{whole}{cents}{rng.choice(('元', '元', '块', '块钱'))}")


#: Slots that are made of numbers.
_NUMBERS: dict[str, Callable[[random.Random], str]] = {
    "amount": _amount,
    "count": lambda rng: spoken(f"{rng.choice((rng.randint(2, 10), rng.randint(2, 60)))}个").removesuffix(
        "个"
    ),
    "unit": lambda rng: rng.choice(("天", "个小时", "分钟", "个星期", "个月")),
    "digit": lambda rng: digit_string(rng, 1),
    "three": lambda rng: digit_string(rng, 3),
    "four": lambda rng: digit_string(rng, 4),
    "six": lambda rng: digit_string(rng, 6),
    "digits": lambda rng: digit_string(rng, rng.choice((5, 7, 8, 8, 10, 12))),
    "phone": phone_number,
    "date": lambda rng: spoken(f"{rng.randint(1, 12)}月{rng.randint(1, 31)}{rng.choice('日号')}"),
    "clock": lambda rng: (
        rng.choice(("上午", "下午", "晚上", "早上", ""))
        + spoken(f"{rng.randint(1, 12)}点")
        + rng.choice(("", "半", "钟"))
    ),
    "percent": lambda rng: spoken(f"{rng.choice((5, 10, 15, 20, 30, 50, 80))}%"),
}


def _expansions(rng: random.Random, count: int) -> Iterator[str]:
    slots: dict[str, list[str]] = yaml.safe_load((_TEXT / "slots.yaml").read_text(encoding="utf-8"))
    templates = list(_lines("templates.txt"))

    def fill(match: re.Match[str]) -> str:
        number = _NUMBERS.get(match[1])
        return number(rng) if number else rng.choice(slots[match[1]])

    seen: set[str] = set()
    while len(seen) < count:
        text = _SLOT.sub(fill, rng.choice(templates))
        if text not in seen:
            seen.add(text)
            yield text


def _flow_texts() -> Iterator[str]:
    rng = random.Random(_SEED)

    def walk(node: Any, key: str) -> Iterator[str]:
        if isinstance(node, dict):
            for name, value in node.items():
                yield from walk(value, str(name))
        elif isinstance(node, list):
            for value in node:
                yield from walk(value, key)
        elif isinstance(node, str) and key in _FLOW_TEXTS:
            for _ in range(4 if _SLOT.search(node) else 1):  # a prompt's variable holds digits
                yield _SLOT.sub(lambda _match: digit_string(rng, 4), node)

    for path in sorted((ROOT / "prompts" / "flows").glob("*.yaml")):
        yield from walk(yaml.safe_load(path.read_text(encoding="utf-8")), "")


def _seed_texts() -> Iterator[str]:
    for path in sorted((ROOT / "analytics" / "seed").glob("*/*.tsv")):
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
                yield row["text"]


def _lines(name: str) -> Iterator[str]:
    for line in (_TEXT / name).read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            yield line.strip()


def _clauses(texts: Iterable[str]) -> Iterator[str]:
    """Yield each text whole, and its sentences where it has several."""
    for text in texts:
        yield plain(text)
        parts = re.split(r"[。？！；]", text)
        if len(parts) > 2:
            yield from map(plain, parts)


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))
