"""Which scorecard belongs to a call, and what machine and person answer on it, line by line.

A form is a scorecard of a rule file (:mod:`analytics.rules`). The file of the day is kept with the first
review that is made with it, so that an old review is always read with the form of its day.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Annotated, Self

from flask import current_app
from pydantic import Field

from analytics.rules.inspector import RuleInspector, RuleResult, Verdict
from analytics.rules.loading import load_rules, shipped_path
from analytics.rules.ruleset import Item, RuleSet
from analytics.rules.scoring import FormScore, form_score, machine, machine_scores, may_not_fail, weight_of
from analytics.rules.subject import Subject
from calls.document import Section, read_document
from calls.errors import AnalyticsError
from calls.records import Agent, Call, CallEvent, Evidence, Finding, Review, Score, Transcript
from calls.reviewing import FormVersion
from calls.store import Store
from console.access import the_settings
from console.work.verdict import Answer

#: The environment variable that names the file of choices.
SETTING = "HUAWU_SCORECARDS"
#: Evidence of one answer that is shown at most.
EVIDENCE_SHOWN = 3


class Choice(Section):
    """A form: a rule file, or the name of a shipped set, and which of its scorecards (else the first)."""

    rules: Annotated[str, Field(min_length=1)] = "service"
    scorecard: str = ""


class Choices(Section):
    """The file that says which calls are judged on which form.

    Attributes
    ----------
    default : Choice
        For all calls that nothing else is said of.
    queues : dict of str to Choice
        By the id of the queue that a call came through.
    """

    default: Choice = Choice()
    queues: dict[str, Choice] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Card:
    """A scorecard of one version of a rule file; ``content`` is the file."""

    rules: RuleSet
    name: str
    content: str
    inspector: RuleInspector = field(compare=False, repr=False)

    @property
    def label(self) -> str:
        """``name@version`` of the rule file: the id of its :class:`calls.reviewing.FormVersion`."""
        return self.rules.label

    @property
    def version(self) -> FormVersion:
        """The record that keeps the file."""
        return FormVersion(id=self.label, content=self.content)

    @property
    def weights(self) -> dict[str, float]:
        """How much each item counts, in the order of the form."""
        return {
            name: weight_of(self.rules, item) for _, name, item in self.rules.scorecards[self.name].items()
        }

    def score(self, scores: Sequence[Score]) -> FormScore:
        """Return what answers of machine and person come to."""
        return form_score(self.rules, self.name, scores)


@dataclass(frozen=True, slots=True)
class MachineAnswer:
    """What the machine proposes for an item: its verdict, why, and where in the call that can be heard."""

    verdict: Verdict
    points: float | None
    reason: str = ""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An item of a form with both answers.

    ``texts`` are the words of the item and ``about`` what its rule asks for, by language. Who fails a
    ``fatal`` one fails the form.
    """

    item: str
    texts: Mapping[str, str]
    about: Mapping[str, str]
    weight: float
    fatal: bool
    proposed: MachineAnswer | None
    answer: Answer


@dataclass(frozen=True, slots=True)
class Part:
    """A section of a form; ``weight`` is ``None`` where it is the sum of what counts in it."""

    name: str
    texts: Mapping[str, str]
    weight: float | None
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """A scorecard filled in for a call, and what it comes to."""

    card: Card
    texts: Mapping[str, str]
    parts: tuple[Part, ...]
    score: FormScore


class Scorecards:
    """The forms of a desk.

    Parameters
    ----------
    path : Path, optional
        A file of :class:`Choices`; without it all calls have the shipped set's form. Rule files are named
        relative to it. It is read, like they are, when a form is first asked for.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._choices: Choices | None = None
        self._cards: dict[tuple[str, str], Card] = {}
        self._old: dict[str, RuleSet] = {}
        self._lock = Lock()

    def of(self, call: Call) -> Card | None:
        """Return the form of a call; ``None`` where the chosen rule file has none.

        Raises
        ------
        AnalyticsError
            The file of choices or a rule file is wrong.
        """
        with self._lock:
            choices = self._read()
            card = self._card(choices.queues.get(call.queue_id or "", choices.default))
        return card if card.name else None

    def check(self) -> None:
        """Read the file of choices and all rule files that it names, so that what is wrong is told at once.

        Raises
        ------
        AnalyticsError
            One of them is wrong.
        """
        with self._lock:
            choices = self._read()
            for choice in (choices.default, *choices.queues.values()):
                self._card(choice)

    def of_version(self, store: Store, label: str, name: str) -> Card | None:
        """Return the form of a kept version of a rule file; ``None`` where it was not kept."""
        with self._lock:
            for card in self._cards.values():
                if (card.label, card.name) == (label, name):
                    return card
        versions = store.find(FormVersion, id=label)
        if not versions:
            return None
        content = versions[0].content
        with self._lock:
            if label not in self._old:
                self._old[label] = _rules_from(content)
            rules = self._old[label]
        return Card(rules, name, content, RuleInspector(rules)) if name in rules.scorecards else None

    def _card(self, choice: Choice) -> Card:
        key = (choice.rules, choice.scorecard)
        if key not in self._cards:
            path = self._rule_file(choice.rules)
            rules = load_rules(path)
            if choice.scorecard and choice.scorecard not in rules.scorecards:
                raise AnalyticsError(
                    f"{self._path}: scorecard {choice.scorecard!r} is not in {path.name}",
                    f"known: {', '.join(rules.scorecards)}",
                )
            name = choice.scorecard or next(iter(rules.scorecards), "")
            content = path.read_bytes().decode()
            self._cards[key] = Card(rules, name, content, RuleInspector(rules))
        return self._cards[key]

    def _read(self) -> Choices:
        if self._choices is None:
            if self._path is None:
                self._choices = Choices()
            else:
                self._choices = read_document(self._path, AnalyticsError).read_as(Choices)
        return self._choices

    def _rule_file(self, name: str) -> Path:
        if "/" not in name and "." not in name:
            return shipped_path(name)
        return (self._path.parent if self._path else Path()) / name


def the_scorecards() -> Scorecards:
    """Return the forms of the application that serves the present request.

    The file of choices is that of the application's settings, else what the environment variable
    :data:`SETTING` names.
    """
    extensions = current_app.extensions
    if "scorecards" not in extensions:
        chosen = the_settings().scorecards or os.environ.get(SETTING)
        extensions.setdefault("scorecards", Scorecards(Path(chosen) if chosen else None))
    found: Scorecards = extensions["scorecards"]
    return found


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules may ask about a call beside its words; ``team`` is that of its agent."""

    events: Sequence[CallEvent]
    findings: Sequence[Finding]
    team: str

    @classmethod
    def of(cls, store: Store, call: Call) -> Self:
        """Read them."""
        agents = store.find(Agent, id=call.agent_id) if call.agent_id else []
        return cls(
            store.find(CallEvent, call_id=call.id, order_by=("at", "id")),
            store.find(Finding, call_id=call.id),
            agents[0].team if agents else "",
        )


def machine_answers(
    store: Store, card: Card, call: Call, transcript: Transcript | None, facts: Facts | None = None
) -> tuple[list[Score], dict[str, RuleResult]]:
    """Return what the machine answers on a form, and what each rule comes to.

    Answers that are stored for this version of the rules count; where there are none, the rules are applied
    now. Evidence is never stored for rules that are kept, so results are always made now. ``facts`` are read
    where they are not at hand.
    """
    stored = store.find(Score, call_id=call.id, by=machine(card.rules))
    ours = [each for each in stored if each.item.startswith(f"{card.name}.")]
    if transcript is None:
        return ours, {}
    known = facts or Facts.of(store, call)
    subject = Subject(
        transcript=transcript,
        call=call,
        events=known.events,
        findings=[each for each in known.findings if each.kind != "rule"] or None,
        attributes={"team": known.team} if known.team else {},
    )
    results = card.inspector.inspect(subject)
    return ours or machine_scores(card.rules, card.name, results, call.id), results


def fill(
    card: Card,
    scores: Sequence[Score],
    results: Mapping[str, RuleResult],
    answers: Mapping[str, Answer],
    given: Sequence[Score] = (),
) -> Form:
    """Return a form with both answers to each item.

    Parameters
    ----------
    card : Card
    scores : sequence of Score
        The machine's.
    results : mapping of str to RuleResult
        What each rule comes to, for reasons and evidence.
    answers : mapping of str to Answer
        The person's, by item.
    given : sequence of Score
        The person's as scores, as far as they can be scored.
    """
    machines = {each.item: each for each in scores}
    parts = []
    for name, section in card.rules.scorecards[card.name].sections.items():
        lines = tuple(
            Line(
                item=each,
                texts=_texts(card.rules, each, item),
                about=card.rules.rules[item.rule].description if item.rule else {},
                weight=weight_of(card.rules, item),
                fatal=may_not_fail(card.rules, item),
                proposed=_proposed(
                    machines.get(f"{card.name}.{each}"), results.get(item.rule) if item.rule else None
                ),
                answer=answers.get(each, Answer()),
            )
            for each, item in section.items.items()
        )
        parts.append(Part(name, section.name or {"": name}, section.weight, lines))
    texts = card.rules.scorecards[card.name].name or {"": card.name}
    return Form(card, texts, tuple(parts), card.score([*scores, *given]))


def filled(store: Store, scorecards: Scorecards, review: Review) -> Form | None:
    """Return the form of a stored review, that of its day, as it was filled in; ``None`` without one."""
    card = scorecards.of_version(store, review.form, review.scorecard) if review.form else None
    if card is None:
        return None
    given = store.find(Score, review_id=review.id)
    proposed = store.find(Score, call_id=review.call_id, by=machine(card.rules))
    broken = store.find(Finding, call_id=review.call_id, kind="rule", model=card.label)
    results = {
        each.label: RuleResult(each.label, Verdict.FAILED, each.evidence, len(each.evidence))
        for each in broken
    }
    weights = card.weights
    answers = {
        item: Answer.of(each, weights[item])
        for each in given
        if (item := each.item.partition(".")[2]) in weights
    }
    return fill(card, proposed, results, answers, given)


def _rules_from(content: str) -> RuleSet:
    """Return the rules in a file's text, which are only read from files."""
    with tempfile.TemporaryDirectory(prefix="huawu-form-") as folder:
        path = Path(folder) / "form.yaml"
        path.write_bytes(content.encode())
        return load_rules(path)


def _texts(rules: RuleSet, name: str, item: Item) -> Mapping[str, str]:
    return item.question or (rules.rules[item.rule].name if item.rule else {}) or {"": name}


def _proposed(score: Score | None, result: RuleResult | None) -> MachineAnswer | None:
    if score is None:
        return None
    word, _, reason = score.comment.partition(": ")
    try:
        verdict = Verdict(word)
    except ValueError:
        verdict = Verdict.NOT_APPLICABLE if score.points is None else Verdict.PASSED
    agrees = result is not None and result.verdict is verdict
    evidence = result.evidence[:EVIDENCE_SHOWN] if result is not None and agrees else ()
    return MachineAnswer(verdict, score.points, reason, evidence)
