from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

import console
from analytics.labels import SENTIMENTS, SEVERITIES, TOPICS
from calls.records import EventKind, Outcome, Role
from console.texts import LANGUAGES, TEXTS, known_text, label_text, text

pytestmark = pytest.mark.unit

SOURCES = Path(console.__file__).parent


def placeholders(words: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(words) if name}


def test_both_languages_say_everything_with_the_same_placeholders() -> None:
    unlike = {key for key, (zh, en) in TEXTS.items() if placeholders(zh) != placeholders(en)}
    empty = {key for key, pair in TEXTS.items() if not all(pair)}

    assert (unlike, empty) == (set(), set())


def test_every_key_that_pages_ask_for_exists() -> None:
    asked: set[str] = set()
    for file in [*SOURCES.rglob("*.html"), *SOURCES.rglob("*.py")]:
        asked |= set(re.findall(r"""\bt\(["']([\w.-]+)["'][,)]""", file.read_text(encoding="utf-8")))

    assert len(asked) > 80
    assert asked - TEXTS.keys() == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_value_of_the_records_has_words(language: str) -> None:
    wordless = (
        [kind for kind in EventKind if f"event.{kind}" not in TEXTS]
        + [outcome for outcome in Outcome if f"outcome.{outcome}" not in TEXTS]
        + [role for role in Role if f"role.{role}" not in TEXTS or f"lane.{role}" not in TEXTS]
    )
    assert wordless == []
    names = [label_text("topic", each, language) for each in TOPICS]
    names += [label_text("complaint", each, language) for each in ("none", *SEVERITIES)]
    names += [label_text("sentiment", each, language) for each in SENTIMENTS]
    names.append(label_text("abuse", "strong-negative", language))
    assert len(set(names)) == len(names)


def test_words_are_filled_in() -> None:
    assert text("calls.page", "zh", page=2, pages=9) == "第 2 / 9 页"
    assert text("calls.page", "en", page=2, pages=9) == "Page 2 of 9"


def test_values_of_a_later_version_are_shown_as_they_are() -> None:
    assert label_text("topic", "roaming", "zh") == "roaming"
    assert label_text("sentiment", "bored", "en") == "bored"
    assert known_text("event.TELEPORT", "zh", "TELEPORT") == "TELEPORT"
