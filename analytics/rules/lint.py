"""What is not right about a rule file, though it loads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from pathlib import Path
from typing import Any

from analytics.rules.conditions import ON_CALL, Condition
from analytics.rules.loading import read_rules, used
from analytics.rules.logic import Logic, names, value
from analytics.rules.pattern import PatternTimeout, compiled, spans
from analytics.rules.ruleset import Rule, RuleSet
from analytics.rules.wording import keyword_groups
from analytics.sounds import Tolerance, readings
from analytics.words import NUMBER, normalise
from calls.document import Document, Location
from calls.errors import HuawuError

#: Expressions with more conditions are not looked at for all their values.
MAX_NAMES = 10


class Severity(StrEnum):
    """How much a finding matters."""

    ERROR = "error"  # the rule cannot do what it says
    WARNING = "warning"  # it will surprise
    INFO = "info"  # good to know


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that is not right: where, what, and the way out."""

    code: str
    severity: Severity
    file: Path
    line: int
    field: str
    message: str
    hint: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "file": str(self.file),
            "line": self.line,
            "field": self.field,
            "message": self.message,
            "hint": self.hint,
        }


def lint(path: Path) -> list[Notice]:
    """Return what is not right about a rule file, by line; faults that keep it from loading first."""
    rules, faults, document = read_rules(path)
    if rules is None or document is None:
        return [_invalid(path, fault) for fault in faults]
    found = [*_Linter(document, rules).notices()]
    return sorted(found, key=lambda notice: (notice.line, notice.field, notice.code))


def _invalid(path: Path, fault: HuawuError) -> Notice:
    place, _, rest = fault.message.removeprefix(f"{path}:").partition(": ")
    line, message = (int(place), rest) if place.isdigit() else (1, fault.message)
    return Notice("invalid", Severity.ERROR, path, line, "", message, fault.hint)


class _Linter:
    def __init__(self, document: Document, rules: RuleSet) -> None:
        self._document = document
        self._rules = rules

    def notices(self) -> Iterator[Notice]:
        yield from self._unused()
        shared: Location = ("conditions",)
        for name, condition in self._rules.conditions.items():
            yield from self._condition((*shared, name), condition, self._rules.conditions)
        for rule_name, rule in self._rules.rules.items():
            known = self._rules.conditions_of(rule)
            for name, condition in rule.conditions.items():
                yield from self._condition(("rules", rule_name, "conditions", name), condition, known)
            yield from self._rule(("rules", rule_name), rule, known)

    def _notice(self, code: str, severity: Severity, place: Location, message: str, hint: str = "") -> Notice:
        found = place
        while found and found not in self._document.lines:
            found = found[:-1]
        field = ".".join(map(str, place))
        return Notice(
            code, severity, self._document.path, self._document.lines.get(found, 1), field, message, hint
        )

    # -- what nothing uses ------------------------------------------------------------------------------

    def _unused(self) -> Iterator[Notice]:
        seen: set[str] = set()
        for rule_name, rule in self._rules.rules.items():
            needed = {*used(self._rules, rule)}
            seen |= needed
            for name in rule.conditions.keys() - needed:
                place = ("rules", rule_name, "conditions", name)
                yield self._notice(
                    "unreachable", Severity.WARNING, place, "the rule does not use this condition",
                    "name it in when: or remove it",
                )  # fmt: skip
        for name in self._rules.conditions.keys() - seen:
            yield self._notice(
                "unreachable",
                Severity.WARNING,
                ("conditions", name),
                "no rule uses this condition",
                "remove it",
            )
        lists = {word[1:] for condition in self._all() for word in _words(condition) if word.startswith("@")}
        for name in self._rules.words.keys() - lists:
            yield self._notice(
                "unreachable", Severity.WARNING, ("words", name), "no condition uses this list", "remove it"
            )
        asked = {item.rule for card in self._rules.scorecards.values() for _, _, item in card.items()}
        for name in self._rules.rules.keys() - asked if self._rules.scorecards else ():
            yield self._notice(
                "not-scored", Severity.INFO, ("rules", name), "no scorecard has this rule",
                "it makes findings all the same",
            )  # fmt: skip

    def _all(self) -> Iterator[Condition]:
        yield from self._rules.conditions.values()
        for rule in self._rules.rules.values():
            yield from rule.conditions.values()

    # -- rules ------------------------------------------------------------------------------------------

    def _rule(self, place: Location, rule: Rule, known: Mapping[str, Condition]) -> Iterator[Notice]:
        for field, logic in (("when", rule.expression), ("not_applicable", rule.applicability)):
            constant = _constant(logic) if logic is not None else None
            if constant is not None:
                yield self._notice(
                    "constant", Severity.ERROR, (*place, field),
                    f"this is always {'true' if constant else 'false'}, whatever is said",
                )  # fmt: skip
        if rule.kind == "forbidden":
            for name in dict.fromkeys(names(rule.expression)):
                condition = known[name]
                if condition.role is None and condition.operator in ("keywords", "similar", "pattern"):
                    yield self._notice(
                        "no-role", Severity.WARNING, (*place, "conditions", name),
                        "what callers say counts too", "write role: agent",
                    )  # fmt: skip

    # -- conditions -------------------------------------------------------------------------------------

    def _condition(
        self, place: Location, condition: Condition, known: Mapping[str, Condition]
    ) -> Iterator[Notice]:
        yield from self._limits(place, condition)
        if condition.anchor is not None:
            yield from self._anchor((*place, "anchor"), condition, known[condition.anchor.to])
        if condition.keywords is not None:
            yield from self._keywords((*place, "keywords"), condition)
        if condition.pattern is not None:
            yield from self._pattern((*place, "pattern"), condition)
        for sample in condition.similar.to if condition.similar is not None else ():
            if len(normalise(sample).text) < 4:
                yield self._notice(
                    "short-sample", Severity.WARNING, (*place, "similar", "to"),
                    f"{sample!r} is so short that much is similar to it", "use keywords",
                )  # fmt: skip

    def _limits(self, place: Location, condition: Condition) -> Iterator[Notice]:
        part = getattr(condition, condition.operator)
        for more, less, step in (
            ("longer_than", "shorter_than", 0.0),
            ("faster_than", "slower_than", 0.0),
            ("louder_than", "quieter_than", 0.0),
            ("more_than", "fewer_than", 1.0),
        ):
            low, high = getattr(part, more, None), getattr(part, less, None)
            if low is not None and high is not None and low + step >= high:
                yield self._notice(
                    "never", Severity.ERROR, (*place, condition.operator),
                    f"nothing is {more.replace('_', ' ')} {low:g} and {less.replace('_', ' ')} {high:g}",
                )  # fmt: skip

    def _anchor(self, place: Location, condition: Condition, other: Condition) -> Iterator[Notice]:
        assert condition.anchor is not None
        if other.operator in ON_CALL and other.operator != "finding":
            yield self._notice(
                "never", Severity.ERROR, (*place, "to"),
                f"{condition.anchor.to!r} is about the call as a whole: it has no place in it",
                "anchor to something that is said",
            )  # fmt: skip
        elif other.keywords is not None and other.keywords.none is not None:
            yield self._notice(
                "never", Severity.ERROR, (*place, "to"),
                f"{condition.anchor.to!r} is that nothing is said: when it is met it has no hits",
                "anchor to the words, with any:",
            )  # fmt: skip

    def _keywords(self, place: Location, condition: Condition) -> Iterator[Notice]:
        wanted = condition.keywords
        assert wanted is not None
        tolerance = condition.sounding or self._rules.sounding
        groups = keyword_groups(condition, self._rules)
        if wanted.of is not None and wanted.at_least > len(groups):
            yield self._notice(
                "never", Severity.ERROR, (*place, "at_least"), f"there are only {len(groups)} of them"
            )
        excluded = {word for group in self._rules.spread(wanted.unless) for word in group}
        sounding: dict[tuple[str, ...], str] = {}
        for word in dict.fromkeys(word for group in groups for word in group):
            text = normalise(word).text
            if not text:
                yield self._notice(
                    "never", Severity.ERROR, place, f"{word!r} is passed over as a filler or a sign",
                    "remove it",
                )  # fmt: skip
                continue
            if word in excluded:
                yield self._notice(
                    "never", Severity.ERROR, place, f"{word!r} is also in unless, so it never counts"
                )
            if len(text) == 1 and tolerance is not Tolerance.LITERAL:
                yield self._notice(
                    "one-character", Severity.WARNING, place,
                    f"{word!r} is one character: it is found as written, not by its sound, and in any word",
                    "write a longer word",
                )  # fmt: skip
            if NUMBER in text:
                yield self._notice(
                    "long-number", Severity.WARNING, place,
                    f"{word!r} stands for any number of seven digits or more", "use pattern",
                )  # fmt: skip
            sound = readings(word, tolerance)
            if len(text) > 1 and sound in sounding:
                yield self._notice(
                    "same-sound", Severity.INFO, place, f"{word!r} sounds like {sounding[sound]!r}",
                    "one of them is enough",
                )  # fmt: skip
            sounding.setdefault(sound, word)

    def _pattern(self, place: Location, condition: Condition) -> Iterator[Notice]:
        assert condition.pattern is not None
        for field in ("match", "unless"):
            yield from self._expressions((*place, field), getattr(condition.pattern, field) or ())

    def _expressions(self, place: Location, patterns: Sequence[str]) -> Iterator[Notice]:
        for pattern in patterns:
            if (r"\d" in pattern or "[0-9" in pattern) and not any(each in pattern for each in "一二三十"):
                yield self._notice(
                    "digits", Severity.WARNING, place,
                    "recognisers write numbers as 一二三, not as 123",
                    "allow both: [0-9零一二三四五六七八九十百千万]",
                )  # fmt: skip
            if _slow(pattern):
                yield self._notice(
                    "slow", Severity.WARNING, place,
                    "it takes too long on some texts and is then not available",
                    "leave out repetitions within repetitions",
                )  # fmt: skip


def _words(condition: Condition) -> Iterator[str]:
    entries: list[str | tuple[str, ...]] = []
    if condition.keywords is not None:
        entries += (*condition.keywords.words, *(condition.keywords.unless or ()))
    if condition.repetition is not None:
        entries += condition.repetition.unless or ()
    for entry in entries:
        yield from (entry,) if isinstance(entry, str) else entry


def _constant(logic: Logic) -> bool | None:
    """Return what an expression always is, if it is always the same."""
    named = [*dict.fromkeys(names(logic))]
    if len(named) > MAX_NAMES:
        return None
    values = {
        value(logic, dict(zip(named, truths, strict=True)))
        for truths in product((False, True), repeat=len(named))
    }
    return values.pop() if len(values) == 1 else None


def _slow(pattern: str) -> bool:
    letters = [*dict.fromkeys(each for each in pattern if each.isalnum())][:6] or ["一"]
    expression = compiled(pattern)
    try:
        for text in (*(letter * 3000 + "！" for letter in letters), "".join(letters) * 600 + "！"):
            spans(expression, text)
    except PatternTimeout:
        return True
    return False
