"""Files of rule tests: short conversations, and what each rule should come to in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from analytics.rules.inspector import RuleInspector, RuleResult
from analytics.rules.operators import Name, Part
from analytics.rules.ruleset import RuleSet
from analytics.rules.scoring import form_score, machine_scores
from analytics.rules.subject import Subject
from calls.document import Document, read_document
from calls.errors import AnalyticsError
from calls.records import Call, Outcome, Role, Transcript, Utterance

#: How long a character takes, and the pause between two lines that give no times, in seconds.
SECONDS_A_CHARACTER = 0.25
PAUSE = 0.5
#: When the calls of tests begin.
BEGIN = datetime(2026, 11, 23, 2, tzinfo=UTC)

Expected = Literal["passed", "failed", "not-applicable", "not-available"]
Words = Annotated[str, Field(max_length=2000)]


class Line(Part):
    """What somebody says; exactly one of the roles."""

    caller: Words | None = None
    """What the caller says."""
    agent: Words | None = None
    """What the agent says."""
    system: Words | None = None
    """What a prompt says."""
    unknown: Words | None = None
    """What somebody says."""
    at: tuple[float, float] | None = None
    """From when to when, in seconds; a natural pace without it."""
    level: float | None = None
    """How loud, in dB below full scale."""

    @model_validator(mode="after")
    def _one_speaker(self) -> Line:
        if sum(each is not None for each in (self.caller, self.agent, self.system, self.unknown)) != 1:
            raise PydanticCustomError("line", "a line is what one of caller, agent, system, unknown says")
        return self

    @property
    def said(self) -> tuple[Role, str]:
        """Who says what."""
        texts = [(Role(name), getattr(self, name)) for name in ("caller", "agent", "system", "unknown")]
        return next((role, text) for role, text in texts if text is not None)


class Facts(Part):
    """What is known of the call."""

    seconds: Annotated[float, Field(ge=0)] | None = None
    """How long it lasted; to its last word without it."""
    outcome: Outcome = Outcome.HANDED_OFF
    """What it came to."""
    cause: str = "caller"
    """Why it ended: caller, agent, or another cause."""
    door: str = "sip"
    """By which door it came."""
    queue: str | None = None
    """In which queue it waited."""
    agent: str | None = None
    """Who answered."""
    attributes: dict[Name, str] = Field(default_factory=dict)
    """More that conditions ask for."""


class Case(Part):
    """One test."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    """What it shows; given once in a file."""
    lines: tuple[Line, ...] = ()
    """The conversation."""
    written: bool = False
    """Whether it is a written dialogue, without times."""
    roles_known: bool = True
    """Whether it is known who speaks."""
    call: Facts | None = None
    """What is known of the call; nothing but the conversation without it."""
    expect: Annotated[dict[Name, Expected], Field(min_length=1)]
    """What each rule named here comes to: passed, failed, not-applicable or not-available."""
    evidence: dict[Name, tuple[str, ...]] = Field(default_factory=dict)
    """The words that each rule named here cites, all of them, in order."""
    score: dict[Name, Annotated[float, Field(ge=0, le=100)]] = Field(default_factory=dict)
    """The score of each form named here, to one decimal."""


class CaseFile(Part):
    """A file of rule tests."""

    cases: Annotated[tuple[Case, ...], Field(min_length=1, max_length=2000)]
    """The tests."""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What became of one test: nothing in ``problems`` means it passed."""

    case: Case
    line: int
    subject: Subject
    results: dict[str, RuleResult]
    problems: tuple[str, ...]


def read_cases(path: Path, rules: RuleSet) -> tuple[Document, CaseFile]:
    """Read a file of tests.

    Raises
    ------
    AnalyticsError
        It cannot be read, or names rules or forms that do not exist.
    """
    document = read_document(path, AnalyticsError)
    file = document.read_as(CaseFile)
    names: set[str] = set()
    for number, case in enumerate(file.cases):
        place = ("cases", number)
        if case.name in names:
            raise document.complaint((*place, "name"), f"{case.name!r} is given twice", "choose another name")
        names.add(case.name)
        for field, named, known in (
            ("expect", case.expect, rules.rules),
            ("evidence", case.evidence, rules.rules),
            ("score", case.score, rules.scorecards),
        ):
            for name in named:
                if name not in known:
                    what = "scorecard" if field == "score" else "rule"
                    raise document.unknown((*place, field, name), what, name, known)
    return document, file


def run_cases(path: Path, rules: RuleSet, name: str = "") -> Iterator[CaseResult]:
    """Run the tests of a file whose names contain ``name``."""
    document, file = read_cases(path, rules)
    inspector = RuleInspector(rules)
    for number, case in enumerate(file.cases):
        if name in case.name:
            subject = subject_of(case)
            results = inspector.inspect(subject)
            problems = tuple(_problems(case, rules, subject, results))
            yield CaseResult(case, document.lines["cases", number], subject, results, problems)


def untested(rules: RuleSet, cases: Sequence[Case]) -> list[str]:
    """Return the rules that no test sees pass, or no test sees fail."""
    seen = {(rule, verdict) for case in cases for rule, verdict in case.expect.items()}
    return [
        f"{name}: no test in which it has {verdict}"
        for name in rules.rules
        for verdict in ("passed", "failed")
        if (name, verdict) not in seen
    ]


def subject_of(case: Case) -> Subject:
    """Return the call that a test writes down."""
    utterances: list[Utterance] = []
    clock = 0.0
    for number, line in enumerate(case.lines):
        role, text = line.said
        start, end = line.at or (clock, clock + SECONDS_A_CHARACTER * len(text))
        clock = end + PAUSE
        if case.written:
            start = end = 0.0
        utterances.append(Utterance(number=number, role=role, start=start, end=end, text=text))
    transcript = Transcript(
        call_id=case.name,
        recogniser="test",
        model="test",
        utterances=tuple(utterances),
        roles_known=case.roles_known,
        roles_note="" if case.roles_known else "the recording is mono",
    )
    levels = [line.level for line in case.lines]
    measured = levels if any(level is not None for level in levels) else None
    if case.call is None:
        return Subject(transcript=transcript, levels=measured)
    facts = case.call
    seconds = (
        facts.seconds if facts.seconds is not None else max((each.end for each in utterances), default=0)
    )
    call = Call(
        id=case.name,
        door=facts.door,
        started_at=BEGIN,
        ended_at=BEGIN + timedelta(seconds=seconds),
        outcome=facts.outcome,
        hangup_cause=facts.cause,
        queue_id=facts.queue,
        agent_id=facts.agent,
    )
    return Subject(transcript=transcript, call=call, levels=measured, attributes=facts.attributes)


def _problems(case: Case, rules: RuleSet, subject: Subject, results: dict[str, RuleResult]) -> Iterator[str]:
    for name, expected in case.expect.items():
        result = results[name]
        if result.verdict != expected:
            why = f" ({result.reason})" if result.reason else ""
            yield f"{name}: expected {expected}, instead {result.verdict}{why}"
    for name, expected_words in case.evidence.items():
        cited = tuple(each.text for each in results[name].evidence)
        if cited != expected_words:
            yield f"{name}: expected to cite {_listed(expected_words)}, instead {_listed(cited)}"
    for name, expected_score in case.score.items():
        score = form_score(rules, name, machine_scores(rules, name, results, case.name)).score
        if score is None or round(score, 1) != round(expected_score, 1):
            found = "none" if score is None else f"{score:.1f}"
            yield f"{name}: expected a score of {expected_score:.1f}, instead {found}"


def _listed(words: Sequence[str]) -> str:
    return "、".join(f"“{word}”" for word in words) or "nothing"
