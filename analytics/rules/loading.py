"""Rule files: read, checked that their parts fit together, every fault with file, line and field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from analytics.rules.conditions import ATTRIBUTE_VALUES, Condition
from analytics.rules.logic import RESERVED, names
from analytics.rules.ruleset import Rule, RuleSet, named_in
from calls.document import Document, Location, read_document
from calls.errors import AnalyticsError, HuawuError


def shipped_path(name: str = "service") -> Path:
    """Return the file of a rule set that ships with huawu."""
    return Path(str(files("analytics.rules") / "sets" / f"{name}.yaml"))


def load_rules(path: str | Path) -> RuleSet:
    """Read a rule file and check it.

    Raises
    ------
    AnalyticsError
        It cannot be read or its parts do not fit; the message names file, line, field and known names.
    """
    rules, faults, _ = read_rules(path)
    if rules is None:
        raise faults[0]
    return rules


def read_rules(path: str | Path) -> tuple[RuleSet | None, list[HuawuError], Document | None]:
    """Read a rule file and collect what is wrong with it.

    Returns
    -------
    rules : RuleSet or None
        ``None`` where there is a fault.
    faults : list of AnalyticsError
        Everything that is wrong.
    document : Document or None
        The file with its lines; ``None`` where it is no YAML.
    """
    try:
        document = read_document(Path(path), AnalyticsError)
    except AnalyticsError as error:
        return None, [error], None
    rules, faults = document.read_all(RuleSet)
    if rules is None:
        return None, faults, document
    faults = [*_faults(document, rules)]
    if faults:
        return None, faults, document
    rules._version = document.version
    return rules, [], document


def _faults(document: Document, rules: RuleSet) -> Iterator[HuawuError]:
    for name, words in rules.words.items():
        for number, word in enumerate(words):
            if word.startswith("@"):
                problem = "a list holds words, not other lists"
                yield document.complaint(("words", name, number), problem, "write the words out")
    yield from _condition_faults(document, ("conditions",), rules, rules.conditions, rules.conditions)
    for name, rule in rules.rules.items():
        place: Location = ("rules", name)
        for own in rule.conditions.keys() & rules.conditions.keys():
            problem = f"{own!r} is already a condition that all rules share"
            yield document.complaint((*place, "conditions", own), problem, "choose another name")
        known = rules.conditions_of(rule)
        yield from _condition_faults(document, (*place, "conditions"), rules, rule.conditions, known)
        yield from _expression_faults(document, place, rule, known)
    for name, card in rules.scorecards.items():
        for section, item_name, item in card.items():
            if item.rule is not None and item.rule not in rules.rules:
                at: Location = ("scorecards", name, "sections", section, "items", item_name, "rule")
                yield document.unknown(at, "rule", item.rule, rules.rules)
        yield from _items_given_twice(document, name, rules)


def _items_given_twice(document: Document, card: str, rules: RuleSet) -> Iterator[HuawuError]:
    seen: dict[str, str] = {}
    for section, name, _ in rules.scorecards[card].items():
        if name in seen:
            problem = f"section {seen[name]!r} has an item of this name already"
            at: Location = ("scorecards", card, "sections", section, "items", name)
            yield document.complaint(at, problem, "stored answers could not be told apart: choose another")
        seen.setdefault(name, section)


def _expression_faults(
    document: Document, place: Location, rule: Rule, known: Mapping[str, Condition]
) -> Iterator[HuawuError]:
    for field, logic in (("when", rule.when), ("not_applicable", rule.not_applicable)):
        if logic is not None:
            for name in dict.fromkeys(names(logic)):
                if name not in known:
                    yield document.unknown((*place, field), "condition", name, known)


def _condition_faults(
    document: Document,
    place: Location,
    rules: RuleSet,
    conditions: Mapping[str, Condition],
    known: Mapping[str, Condition],
) -> Iterator[HuawuError]:
    for name, condition in conditions.items():
        at = (*place, name)
        if name in RESERVED:
            yield document.complaint(at, f"{name!r} is a word of expressions", "choose another name")
        for field, listed in _lists_named(condition):
            if listed not in rules.words:
                yield document.unknown(
                    (*at, *field), "list", f"@{listed}", [f"@{each}" for each in rules.words]
                )
        if condition.anchor is not None:
            if condition.anchor.to not in known:
                yield document.unknown((*at, "anchor", "to"), "condition", condition.anchor.to, known)
            elif circle := _circle(name, known):
                problem = f"anchors go in a circle: {' → '.join(circle)}"
                yield document.complaint((*at, "anchor"), problem, "one of them must stand by itself")
        if condition.attribute is not None:
            for attribute, values in condition.attribute.items():
                possible = ATTRIBUTE_VALUES.get(attribute)
                for value in values:
                    if possible is not None and value not in possible:
                        yield document.unknown((*at, "attribute", attribute), attribute, value, possible)


def _circle(name: str, known: Mapping[str, Condition]) -> list[str]:
    """Return the anchors from a condition back to itself, or nothing."""
    way = [name]
    while True:
        condition = known.get(way[-1])
        if condition is None or condition.anchor is None:
            return []
        way.append(condition.anchor.to)
        if way[-1] == name:
            return way
        if way[-1] in way[:-1]:
            return []  # a circle that others are in: told of there


def _lists_named(condition: Condition) -> Iterator[tuple[Location, str]]:
    """Yield each list that a condition names, with its place."""
    if condition.keywords is not None:
        for field in ("any", "all", "none", "of", "unless"):
            yield from _in_words(("keywords", field), getattr(condition.keywords, field) or ())
    if condition.repetition is not None:
        yield from _in_words(("repetition", "unless"), condition.repetition.unless or ())


def _in_words(place: Location, words: Sequence[str | Sequence[str]]) -> Iterator[tuple[Location, str]]:
    for number, entry in enumerate(words):
        for word in (entry,) if isinstance(entry, str) else entry:
            if word.startswith("@"):
                yield (*place, number), word[1:]


def used(rules: RuleSet, rule: Rule) -> list[str]:
    """Return the conditions that decide a rule: those it names, and those these are anchored to."""
    known = rules.conditions_of(rule)
    waiting, found = named_in(rule), []
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.append(name)
        if anchor := known[name].anchor:
            waiting.append(anchor.to)
    return found
