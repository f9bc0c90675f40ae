"""The judge: from a transcript to everything that is found in a call, with evidence and probabilities."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from platformdirs import user_cache_path

from analytics.calltext import CallText, roles_available, turns_of
from analytics.complaint import ComplaintClassifier
from analytics.complaints.assessor import Assessment, ComplaintAssessor, unseen_at_least
from analytics.conversation.features import features_of
from analytics.evidence import cite
from analytics.feeling.builtin import builtin_model
from analytics.feeling.call import UtteranceFeeling, feelings_of, findings_of
from analytics.modelfile import model_key, read_model, write_model
from analytics.riskmodel.builtin import BAD, vote
from analytics.riskmodel.model import RiskModel
from analytics.riskmodel.reasons import Reason
from analytics.riskmodel.signals import FROM_FINDINGS, NOT_FOUND, all_signals_of
from analytics.rules.inspector import RuleInspector, RuleResult, findings
from analytics.rules.loading import load_rules, shipped_path
from analytics.rules.ruleset import RuleSet
from analytics.rules.scoring import FormScore, form_score, machine, machine_scores
from analytics.rules.subject import Subject
from analytics.seed.assembly import SeedCall, seed_calls, seed_transcript
from analytics.themes.topicmodel import TopicModel
from analytics.training.shelf import ModelShelf
from analytics.words import normalise
from calls.records import (
    Call,
    CallEvent,
    CallMetrics,
    CallRisk,
    Evidence,
    Finding,
    RiskReason,
    Score,
    Transcript,
)

#: Days before a call in which earlier ones of the same caller make it a repeated contact.
REPEAT_DAYS = 7
#: The complaint classifier's answers by their names as signals of the risk model.
COMPLAINT_SIGNALS = ("complaint", "grave_complaint", "urgent_complaint")
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
    levels : sequence of float or None, optional
        Loudness of each utterance, as of :func:`analytics.conversation.loudness.utterance_levels`.
    attributes : mapping of str to str
        More that rules may ask for, such as the agent's team.
    """

    call: Call | None = None
    events: Sequence[CallEvent] = ()
    earlier: Sequence[datetime] | None = None
    levels: Sequence[float | None] | None = None
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


class Judge:
    """Judges calls. Make one with :meth:`load`."""

    def __init__(self, folder: Path, shelf: ModelShelf | None, rules: RuleSet) -> None:
        self._folder = folder
        self._key = model_key()
        self._shelf = shelf
        self._inspector = RuleInspector(rules)
        self._complaints: dict[bool, dict[str, Any]] = {}
        self._models = {kind: self._trained_or_builtin(kind) for kind in ("topic", "sentiment")}
        self.assessor: ComplaintAssessor = self._kept("assessor", _train_assessor)
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
            A trained model cannot be read.
        """
        return cls(cache or user_cache_path("huawu") / "judges", trained, rules or load_rules(shipped_path()))

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
        known = context or Context()
        complaint = self.assess_complaint(transcript, known.recent_calls())
        feelings = feelings_of(transcript, self._models["sentiment"][0])
        made = [*self._topics(transcript), *complaint.findings, *self._feeling(transcript, feelings)]
        subject = Subject(
            transcript=transcript,
            call=known.call,
            levels=known.levels,
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
        metrics = self._metrics(transcript, known, feelings)
        return Judgement(
            [*made, *findings(rules, subject, results)],
            metrics,
            self._risk(transcript, made, metrics),
            results,
            scores,
            form_score(rules, cards[0], scores) if cards else None,
        )

    def _topics(self, transcript: Transcript) -> list[Finding]:
        model, version = self._models["topic"]
        return [replace(each, model=version) for each in model.findings(transcript)]

    def _feeling(self, transcript: Transcript, feelings: Sequence[UtteranceFeeling]) -> list[Finding]:
        model, version = self._models["sentiment"]
        return findings_of(transcript, model, version, feelings)

    def assess_complaint(self, transcript: Transcript, earlier_calls: int | None = None) -> Assessment:
        """Return what is known of the complaint in one call, with the criteria that it meets.

        Parameters
        ----------
        transcript : Transcript
        earlier_calls : int, optional
            How often the same caller rang in the days before.
        """
        by_role = roles_available(transcript)
        version = self.version + ("" if by_role else "/all-text")
        turns = turns_of(transcript)
        if not turns:
            return self.assessor.assess(transcript, (0.0, 0.0, 0.0), lambda *_: (), model=version)
        parts = self._complaint_parts(by_role)
        rows = parts["text"].transform([[(turn.role, turn.spoken.text) for turn in turns]])

        def evidence(target: int, sign: int) -> tuple[Evidence, ...]:
            return cite(parts["text"], parts["complaint"], rows, turns, target, sign)

        at_least = parts["complaint"].predict_at_least(rows)[0].tolist()
        return self.assessor.assess(
            transcript, at_least, evidence, model=version, earlier_calls=earlier_calls
        )

    def _metrics(
        self, transcript: Transcript, known: Context, feelings: Sequence[UtteranceFeeling]
    ) -> CallMetrics:
        polarity = {each.number: each.polarity for each in feelings}
        found = features_of(
            transcript,
            call=known.call,
            events=known.events,
            polarity=[polarity.get(each.number) for each in transcript.utterances],
            loudness=known.levels,
            earlier=known.earlier,
        )
        return CallMetrics(call_id=transcript.call_id, values=found.values, unavailable=found.unavailable)

    def _risk(self, transcript: Transcript, made: list[Finding], metrics: CallMetrics) -> CallRisk:
        model, version = self._models["risk"]
        signals = {**metrics.values, **all_signals_of(made)}
        reasons = model.explain(transcript, signals)
        base = model.base(transcript)
        logit = base + sum(each.contribution for each in reasons)
        return CallRisk(
            call_id=transcript.call_id,
            probability=float(1.0 / (1.0 + np.exp(-logit))),
            base=base,
            reasons=tuple(_reason(each, made) for each in reasons),
            model=version,
        )

    def _trained_or_builtin(self, kind: str) -> tuple[Any, str]:
        trained = self._shelf.current(kind) if self._shelf is not None else None
        if trained is not None:
            model, manifest = trained
            return model, f"{kind}-{manifest.version}"
        if kind == "topic":
            return TopicModel.builtin(self._folder), self.version
        if kind == "sentiment":
            return builtin_model(self._folder), self.version
        return self._kept("risk", train_risk), self.version

    def _complaint_parts(self, by_role: bool) -> dict[str, Any]:
        """Return the complaint classifier and its features, for calls with or without roles."""
        if by_role not in self._complaints:
            name = "complaint" if by_role else "complaint-all-text"
            self._complaints[by_role] = self._kept(name, lambda: train_complaint(seed_calls(), by_role))
        return self._complaints[by_role]

    def _kept(self, name: str, train: Callable[[], Any]) -> Any:
        """Return a model from its file, or train and keep it."""
        path = self._folder / f"{self._key[:32]}-{name}.skops"
        parts = read_model(path)
        if parts is None:
            parts = {"model": train()}
            write_model(path, parts)
        return parts["model"]


def _complaint_signals(at_least: Sequence[float]) -> dict[str, float]:
    """Return what a complaint finding would tell the risk model, from the probabilities of the severities."""
    named = max(sum(probability >= 0.5 for probability in at_least), 1)
    return dict.fromkeys(COMPLAINT_SIGNALS[:named], at_least[named - 1])


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


def train_risk() -> RiskModel:
    """Return the risk model that needs no verdicts: learnt from the seed and the complaints found in it.

    What the complaint classifier says of a seed call comes from one that had not seen it; the sentiment model
    has seen all of them, so it has no say. The seed's calls are put together at random, so their shape means
    nothing and is not learnt from; nor are cues, whose words were written by somebody who had read real
    dialogues.
    """
    calls = seed_calls()
    levels = unseen_at_least(calls)
    several = [number for number, call in enumerate(calls) if len(call.turns) > 1]
    votes = np.array([vote(calls[number]) for number in several])
    return RiskModel(shape=False, cues=False, signals=COMPLAINT_SIGNALS[:2]).fit(
        [seed_transcript(calls[number]) for number in several],
        votes <= BAD,
        y_mean=votes,
        groups=np.array([calls[number].group for number in several]),
        signals=[
            dict.fromkeys(COMPLAINT_SIGNALS, NOT_FOUND) | _complaint_signals(levels[number].tolist())
            for number in several
        ],
    )
