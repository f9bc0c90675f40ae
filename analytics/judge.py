"""The judge: from a transcript to everything that is found in a call, with evidence and probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from analytics.calltext import CallRows, CallText, Turn, read_turns, roles_available, turns_of
from analytics.complaint import ComplaintClassifier
from analytics.complaints.assessor import Assessment, ComplaintAssessor
from analytics.complaints.overruling import users_rulings
from analytics.conversation.features import features_of
from analytics.conversation.loudness import levels_of
from analytics.evidence import cite
from analytics.feeling.builtin import builtin_model
from analytics.feeling.call import Felt, UtteranceFeeling, felt_in_each, findings_of
from analytics.modelfile import kept, model_key
from analytics.reading import Reading
from analytics.riskmodel.builtin import COMPLAINT_SIGNALS, train_builtin
from analytics.riskmodel.reasons import Reason
from analytics.riskmodel.signals import FROM_FINDINGS, NOT_FOUND, all_signals_of
from analytics.rules.inspector import RuleInspector, RuleResult, findings
from analytics.rules.loading import load_rules, shipped_path
from analytics.rules.ruleset import RuleSet
from analytics.rules.scoring import FormScore, form_score, machine, machine_scores
from analytics.rules.subject import Subject
from analytics.seed.assembly import SeedCall, seed_calls
from analytics.themes.topicmodel import TopicModel
from analytics.training.shelf import ModelShelf
from analytics.words import normalise
from calls.records import (
    Call,
    CallEvent,
    CallMetrics,
    CallRisk,
    Finding,
    RiskReason,
    Score,
    Transcript,
)

#: Days before a call in which earlier ones of the same caller make it a repeated contact.
REPEAT_DAYS = 7
#: Calls read together: more would take more memory and no less time.
TOGETHER = 16
#: Title of a signal → the kind of finding whose words show it.
_SHOWN_BY = {
    FROM_FINDINGS[name].title: kind
    for name, kind in (
        *((name, "complaint") for name in COMPLAINT_SIGNALS),
        ("negative", "sentiment"),
        ("positive", "sentiment"),
        ("abuse", "abuse"),
    )
}


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of a call beside what was said; nothing of it need be known.

    Attributes
    ----------
    call : Call, optional
    events : sequence of CallEvent
        All of the call's.
    earlier : sequence of datetime, optional
        When the same caller's other calls began; ``None`` where that is not known.
    attributes : mapping of str to str
        More that rules may ask for, such as the agent's team.
    """

    call: Call | None = None
    events: Sequence[CallEvent] = ()
    earlier: Sequence[datetime] | None = None
    attributes: dict[str, str] = field(default_factory=dict)

    def recent_calls(self) -> int | None:
        """Return how many of the earlier calls began within :data:`REPEAT_DAYS` before this one."""
        if self.call is None or self.earlier is None:
            return None
        begun = self.call.started_at
        return sum(begun - timedelta(days=REPEAT_DAYS) <= each < begun for each in self.earlier)


@dataclass(frozen=True, slots=True)
class Judgement:
    """All that was found in one call.

    Attributes
    ----------
    findings : list of Finding
        Kinds ``topic`` (likeliest first; none where it is unclear), ``complaint`` (``none`` or a severity;
        the probability of a severity is that of a complaint at least so grave), ``cause``, ``responsible``
        and ``resolved`` (of complaints), ``sentiment``, ``abuse`` (only where found) and ``rule`` (each
        quality rule that is broken).
    metrics : CallMetrics
    risk : CallRisk
    rules : dict of str to RuleResult
        What each quality rule came to.
    scores : list of Score
        The machine's answers to the scorecard.
    form : FormScore or None
        What they come to; None where the rules have no scorecard.
    """

    findings: list[Finding]
    metrics: CallMetrics
    risk: CallRisk
    rules: dict[str, RuleResult]
    scores: list[Score]
    form: FormScore | None


@dataclass(frozen=True, slots=True)
class _Seen:
    """Some calls as the complaint classifier sees them, with the probabilities that it gives each."""

    classifier: ComplaintClassifier
    rows: CallRows
    scores: np.ndarray
    at_least: list[list[float]]


class Judge:
    """Judges calls. Make one with :meth:`load`."""

    def __init__(self, folder: Path | None, shelf: ModelShelf | None, rules: RuleSet) -> None:
        self._folder = folder
        self._key = model_key()
        self._shelf = shelf
        self._inspector = RuleInspector(rules)
        self._complaints: dict[bool, dict[str, Any]] = {}
        self._models = {kind: self._trained_or_builtin(kind) for kind in ("topic", "sentiment")}
        self.assessor: ComplaintAssessor = kept(self._folder, "assessor", _train_assessor)
        self._complaint_parts(True)
        self._models["risk"] = self._trained_or_builtin("risk")

    @classmethod
    def load(
        cls, cache: Path | None = None, *, trained: ModelShelf | None = None, rules: RuleSet | None = None
    ) -> Judge:
        """Return a judge; what it learns from our own seed is learnt on first use and cached afterwards.

        Parameters
        ----------
        cache : Path, optional
            Folder of the built-in models; the user's cache folder if not given.
        trained : ModelShelf, optional
            Models trained on verdicts, which take the place of the built-in ones.
        rules : RuleSet, optional
            Quality rules; the shipped ones if not given.

        Raises
        ------
        AnalyticsError
            A trained model cannot be read, or the user's own criteria of complaints
            (:mod:`analytics.complaints.overruling`).
        """
        judge = cls(cache, trained, rules or load_rules(shipped_path()))
        judge.assessor.rulings = users_rulings()  # a fault in them is told now
        return judge

    @property
    def version(self) -> str:
        """The version that marks findings of the built-in models: what they have learnt from, as a hash."""
        return f"seed-{self._key[:12]}"

    @property
    def scored_by(self) -> str:
        """Under what name the machine answers scorecards."""
        return machine(self._inspector.rules)

    def model(self, kind: str) -> tuple[Any, str]:
        """Return the model in use of a kind (``risk``, ``topic``, ``sentiment``), and its version."""
        return self._models[kind]

    def judge(self, transcript: Transcript, context: Context | None = None) -> Judgement:
        """Return all that is found in one call.

        Where roles are unknown all text counts, and the models named in findings on the caller end in
        ``/all-text``.
        """
        return self.judge_each([transcript], [context or Context()])[0]

    def judge_each(
        self, transcripts: Sequence[Transcript], contexts: Sequence[Context] | None = None
    ) -> list[Judgement]:
        """Return :meth:`judge` of each of some calls; read together, they take two thirds of the time."""
        known = contexts or [Context()] * len(transcripts)
        return [
            judgement
            for first in range(0, len(transcripts), TOGETHER)
            for judgement in self._judged(
                transcripts[first : first + TOGETHER], known[first : first + TOGETHER]
            )
        ]

    def _judged(self, transcripts: Sequence[Transcript], known: Sequence[Context]) -> list[Judgement]:
        turns = [turns_of(transcript) for transcript in transcripts]
        reading = read_turns([turn for call in turns for turn in call])
        topic, version = self._models["topic"]
        topics = topic.findings_of_each(transcripts, reading, version)
        felt = felt_in_each(transcripts, self._models["sentiment"][0])
        complaints = self._complaints_in(transcripts, turns, reading, [each.recent_calls() for each in known])
        made = [
            [*topics[number], *complaints[number].findings, *self._feeling(transcript, felt[number])]
            for number, transcript in enumerate(transcripts)
        ]
        metrics = [
            self._metrics(transcript, known[number], felt[number].feelings)
            for number, transcript in enumerate(transcripts)
        ]
        risks = self._risks(transcripts, made, metrics)
        return [
            self._judgement(transcript, known[number], made[number], metrics[number], risks[number])
            for number, transcript in enumerate(transcripts)
        ]

    def _judgement(
        self,
        transcript: Transcript,
        known: Context,
        made: list[Finding],
        metrics: CallMetrics,
        risk: CallRisk,
    ) -> Judgement:
        """Return all that is found in a call, now that the models have had their say and the rules follow."""
        subject = Subject(
            transcript=transcript,
            call=known.call,
            levels=levels_of(transcript),
            events=known.events,
            findings=made,
            attributes=known.attributes,
        )
        results = self._inspector.inspect(subject)
        rules = self._inspector.rules
        cards = [*rules.scorecards]
        scores = [
            score for card in cards for score in machine_scores(rules, card, results, transcript.call_id)
        ]
        return Judgement(
            [*made, *findings(rules, subject, results)],
            metrics,
            risk,
            results,
            scores,
            form_score(rules, cards[0], scores) if cards else None,
        )

    def _feeling(self, transcript: Transcript, felt: Felt) -> list[Finding]:
        model, version = self._models["sentiment"]
        return findings_of(transcript, model, version, felt)

    def assess_complaint(self, transcript: Transcript, earlier_calls: int | None = None) -> Assessment:
        """Return what is known of the complaint in one call, with the criteria that it meets.

        Parameters
        ----------
        transcript : Transcript
        earlier_calls : int, optional
            How often the same caller rang in the days before.
        """
        turns = turns_of(transcript)
        return self._complaints_in([transcript], [turns], read_turns(turns), [earlier_calls])[0]

    def _complaints_in(
        self,
        transcripts: Sequence[Transcript],
        turns: Sequence[Sequence[Turn]],
        reading: Reading,
        earlier_calls: Sequence[int | None],
    ) -> list[Assessment]:
        """Return what is known of the complaints in calls whose turns have been read."""
        roles = [turn.role for call in turns for turn in call]
        firsts = list(accumulate(map(len, turns), initial=0))
        scored = self.assessor.scorer_.read(reading)
        told = [roles_available(transcript) for transcript in transcripts]
        seen = {by_role: self._seen(by_role, reading, roles, turns) for by_role in dict.fromkeys(told)}
        found = []
        for number, transcript in enumerate(transcripts):
            judged, first = seen[told[number]], firsts[number]
            found.append(
                self.assessor.assess(
                    transcript,
                    judged.at_least[number],
                    partial(cite, judged.classifier, judged.rows, judged.scores, turns[number], first),
                    model=self.version + ("" if told[number] else "/all-text"),
                    earlier_calls=earlier_calls[number],
                    read=scored.part(first, firsts[number + 1]),
                )
            )
        return found

    def _seen(
        self, by_role: bool, reading: Reading, roles: Sequence[str], turns: Sequence[Sequence[Turn]]
    ) -> _Seen:
        """Return what the complaint classifier with or without roles makes of calls."""
        parts = self._complaint_parts(by_role)
        classifier: ComplaintClassifier = parts["complaint"]
        rows = parts["text"].rows(reading, roles, [len(call) for call in turns])
        scores = classifier.turn_scores(rows)
        return _Seen(classifier, rows, scores, classifier.predict_at_least(rows, scores).tolist())

    def _metrics(
        self, transcript: Transcript, known: Context, feelings: Sequence[UtteranceFeeling]
    ) -> CallMetrics:
        polarity = {each.number: each.polarity for each in feelings}
        found = features_of(
            transcript,
            call=known.call,
            events=known.events,
            polarity=[polarity.get(each.number) for each in transcript.utterances],
            loudness=levels_of(transcript),
            earlier=known.earlier,
        )
        return CallMetrics(call_id=transcript.call_id, values=found.values, unavailable=found.unavailable)

    def _risks(
        self,
        transcripts: Sequence[Transcript],
        made: Sequence[list[Finding]],
        metrics: Sequence[CallMetrics],
    ) -> list[CallRisk]:
        model, version = self._models["risk"]
        signals = [
            {**measured.values, **all_signals_of(found)}
            for measured, found in zip(metrics, made, strict=True)
        ]
        risks = []
        for number, reasons in enumerate(model.explain_each(transcripts, signals)):
            base = model.base(transcripts[number])
            logit = base + sum(each.contribution for each in reasons)
            risks.append(
                CallRisk(
                    call_id=transcripts[number].call_id,
                    probability=float(1.0 / (1.0 + np.exp(-logit))),
                    base=base,
                    reasons=tuple(_reason(each, made[number]) for each in reasons),
                    model=version,
                )
            )
        return risks

    def _trained_or_builtin(self, kind: str) -> tuple[Any, str]:
        trained = self._shelf.current(kind) if self._shelf is not None else None
        if trained is not None:
            model, manifest = trained
            return model, f"{kind}-{manifest.version}"
        if kind == "topic":
            return TopicModel.builtin(self._folder), self.version
        if kind == "sentiment":
            return builtin_model(self._folder), self.version
        return kept(self._folder, "risk", train_builtin), self.version

    def _complaint_parts(self, by_role: bool) -> dict[str, Any]:
        """Return the complaint classifier and its features, for calls with or without roles."""
        if by_role not in self._complaints:
            name = "complaint" if by_role else "complaint-all-text"
            self._complaints[by_role] = kept(
                self._folder, name, lambda: train_complaint(seed_calls(), by_role)
            )
        return self._complaints[by_role]


def _reason(reason: Reason, made: Sequence[Finding]) -> RiskReason:
    """Return a reason as it is kept; what another model found is shown with that finding's words."""
    words, evidence = reason.what, reason.evidence
    if reason.kind == "signal":
        title = next((each for each in _SHOWN_BY if words.startswith(each)), "")
        if words == f"{title}（{NOT_FOUND:.0%}）":
            words = f"未发现{title}"
        elif title:
            evidence = next((each.evidence for each in made if each.kind == _SHOWN_BY[title]), ())
            words += f"：“{evidence[0].text}”" if evidence else ""
    return RiskReason(words=words, share=reason.contribution, evidence=evidence)


def _train_assessor() -> ComplaintAssessor:
    return ComplaintAssessor().fit(seed_calls())


def train_complaint(calls: Sequence[SeedCall], by_role: bool = True) -> dict[str, Any]:
    """Return the complaint classifier and its text features, with the parties apart or as one."""
    texts = [[(role, normalise(said).text) for role, said in call.turns] for call in calls]
    text = CallText(roles=by_role).fit([each for each in texts if len(each) == 1])
    groups = np.array([call.group for call in calls])
    classifier = ComplaintClassifier().fit(text.transform(texts), [call.severity for call in calls], groups)
    return {"text": text, "complaint": classifier}
