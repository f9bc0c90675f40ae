"""Builders for the tests of rules: calls in one line, rule sets from YAML text."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from analytics.rules.conditions import Condition
from analytics.rules.inspector import RuleInspector, RuleResult
from analytics.rules.loading import load_rules
from analytics.rules.ruleset import Rule, RuleSet
from analytics.rules.subject import Subject
from calls.records import Call, Outcome, Role, Transcript, Utterance

ROLES = {"c": Role.CALLER, "a": Role.AGENT, "s": Role.SYSTEM, "u": Role.UNKNOWN}
_LINE = re.compile(r"(?P<who>\w) (?:(?P<start>[0-9.]+)-(?P<end>[0-9.]+) )?(?P<text>.*)", re.DOTALL)
START = datetime(2026, 11, 23, 2, tzinfo=UTC)


def said(*lines: str, roles_known: bool = True, written: bool = False) -> Transcript:
    """Build a transcript from lines such as ``"c 1.0-2.5 我要退货"``; the times may be left out.

    Without times an utterance lasts two seconds and comes one second after the one before. A ``written``
    dialogue has no times.
    """
    utterances: list[Utterance] = []
    for number, line in enumerate(lines):
        match = _LINE.fullmatch(line)
        assert match is not None, line
        start = utterances[-1].end + 1 if utterances else 0.0
        end = start + 2
        if match["start"]:
            start, end = float(match["start"]), float(match["end"])
        if written:
            start = end = 0.0
        utterances.append(
            Utterance(number=number, role=ROLES[match["who"]], start=start, end=end, text=match["text"])
        )
    return Transcript(
        call_id="call",
        recogniser="test",
        model="test",
        utterances=tuple(utterances),
        roles_known=roles_known,
        roles_note="" if roles_known else "the recording is mono",
    )


def a_call(seconds: float = 60, **fields: object) -> Call:
    """Build a call that lasted so long."""
    given: dict[str, object] = {
        "door": "sip",
        "outcome": Outcome.HANDED_OFF,
        "hangup_cause": "caller",
        **fields,
    }
    return Call(
        id="call",
        started_at=START,
        ended_at=START + timedelta(seconds=seconds),
        **given,  # type: ignore[arg-type]
    )


def checked(subject: Subject, /, **conditions: dict[str, object]) -> RuleResult:
    """Apply a rule whose condition is the last one given; the others are there to be anchors."""
    name = [*conditions][-1]
    read = {each: Condition.model_validate(given) for each, given in conditions.items()}
    rules = RuleSet(name="test", rules={"rule": Rule(conditions=read, when=name)})
    return RuleInspector(rules).inspect(subject)["rule"]


def outcome(result: RuleResult) -> str | list[str]:
    """Return what a condition found, in short: the texts of its hits, ``no``, or why it is not available."""
    if result.verdict == "not-available":
        return result.reason
    if result.verdict == "failed":
        return "no"
    return [each.text for each in result.evidence]


def rules_of(folder: Path, text: str, name: str = "rules.yaml") -> RuleSet:
    """Return the rule set that a YAML text writes."""
    return load_rules(written(folder, text, name))


def written(folder: Path, text: str, name: str = "rules.yaml") -> Path:
    """Write a YAML text to a file."""
    path = folder / name
    path.write_text(textwrap.dedent(text).lstrip(), "utf-8")
    return path


def verdicts(results: dict[str, RuleResult]) -> dict[str, str]:
    """Return the verdict of each rule."""
    return {name: result.verdict.value for name, result in results.items()}


def heard(results: Sequence[RuleResult]) -> list[str]:
    """Return the evidence of results as text."""
    return [each.text for result in results for each in result.evidence]
