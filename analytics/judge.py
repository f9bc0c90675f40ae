"""The judge: from a transcript to findings, each with its evidence and a calibrated probability."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from platformdirs import user_cache_path

from analytics.calltext import CallRows, CallText, Turn, roles_available, turns_of
from analytics.complaint import ComplaintClassifier
from analytics.evidence import cite
from analytics.labels import NO_COMPLAINT, STRONG_NEGATIVE
from analytics.modelfile import model_key, read_model, write_model
from analytics.seed.assembly import SeedCall, assemble, family_groups, single_calls
from analytics.seed.corpus import read_seed
from analytics.sentiment import ABUSIVE, NEGATIVE, POSITIVE, SentimentClassifier
from analytics.topic import TopicClassifier
from analytics.words import normalise
from calls.records import Evidence, Finding, Transcript

#: Calls assembled from the seed beside its single utterances, and the groups that families are dealt over.
ASSEMBLED_CALLS = 700
GROUPS = 6

#: The models, each trained and stored on its own, and whether it keeps caller and agent text apart. The
#: seed holds few lines of agents: apart, the words of a topic would have to be learnt twice from them.
MODELS = {"topic": False, "attitude": True, "attitude-all-text": False}


def seed_calls() -> list[SeedCall]:
    """Return the training set: every seed utterance as a call, and calls assembled from them."""
    rows = read_seed()
    groups = family_groups(rows, GROUPS)
    return single_calls(rows, groups) + assemble(rows, groups, ASSEMBLED_CALLS)


def text_rows(text: CallText, calls: Sequence[SeedCall]) -> CallRows:
    """Return the rows of labelled calls under fitted features."""
    return text.transform([[(role, normalise(said).text) for role, said in call.turns] for call in calls])


def train(name: str, calls: Sequence[SeedCall]) -> dict[str, Any]:
    """Return the fitted parts of one of :data:`MODELS`: ``text`` and its classifiers by finding kind."""
    singles = [
        [(role, normalise(said).text) for role, said in call.turns] for call in calls if len(call.turns) == 1
    ]
    text = CallText(roles=MODELS[name]).fit(singles)
    rows = text_rows(text, calls)
    groups = np.array([call.group for call in calls])
    if name == "topic":
        return {"text": text, "topic": TopicClassifier().fit(rows, [call.topics for call in calls], groups)}
    return {
        "text": text,
        "complaint": ComplaintClassifier().fit(rows, [call.severity for call in calls], groups),
        "sentiment": SentimentClassifier().fit(rows, [call.sentiment for call in calls], groups),
    }


class Judge:
    """Judges topic, complaint and sentiment of calls.

    Make one with :meth:`load`. The model for transcripts without roles is trained or read when the first
    such transcript comes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = model_key()
        self._models: dict[str, dict[str, Any]] = {}

    @classmethod
    def load(cls, cache: Path | None = None) -> Judge:
        """Return a judge, trained from the seed on first use (some seconds) and cached afterwards.

        Parameters
        ----------
        cache : Path, optional
            Folder of the model files; the user's cache folder if not given.
        """
        judge = cls(cache or user_cache_path("huawu") / "judges")
        judge._prepare("topic", "attitude")
        return judge

    @property
    def version(self) -> str:
        """The version that marks findings: what the judge has learnt from, as a hash."""
        return f"seed-{self._key[:12]}"

    def judge(self, transcript: Transcript) -> list[Finding]:
        """Return the findings on one call.

        They are: ``topic`` (one or more, likeliest first; none where nothing was said), ``complaint``
        (``none`` or a severity), ``sentiment``, and ``abuse`` with label ``strong-negative`` only where
        found. The probability of a severity is that of a complaint at least so grave. Where roles are
        unknown all text counts, and the model named in complaint and sentiment ends in ``/all-text``.
        """
        turns = turns_of(transcript)
        findings = _Findings(transcript.call_id, self.version, turns)
        if turns:
            self._judge_topic(findings)
        attitude = "attitude" if roles_available(transcript) else "attitude-all-text"
        self._judge_attitude(findings, attitude)
        return findings.made

    def _judge_topic(self, findings: _Findings) -> None:
        parts = self._prepare("topic")
        rows = findings.rows(parts["text"])
        for label, probability in parts["topic"].predict(rows)[0]:
            target = parts["topic"].classes_.index(label)
            findings.add(
                "topic", label, probability, cite(parts["text"], parts["topic"], rows, findings.turns, target)
            )

    def _judge_attitude(self, findings: _Findings, name: str) -> None:
        parts = self._prepare(name)
        suffix = "" if MODELS[name] else "/all-text"
        rows = findings.rows(parts["text"]) if findings.turns else None
        if rows is None or not rows.caller.any():
            # Who said nothing did not complain: no estimate, a fact.
            findings.add("complaint", NO_COMPLAINT, 1.0, (), suffix)
            findings.add("sentiment", "neutral", 1.0, (), suffix)
            return
        for kind, label, probability, target, sign in _attitudes(
            parts["complaint"], parts["sentiment"], rows
        ):
            scorer = parts["complaint" if kind == "complaint" else "sentiment"]
            evidence = cite(parts["text"], scorer, rows, findings.turns, target, sign)
            findings.add(kind, label, probability, evidence, suffix)

    def _prepare(self, *names: str) -> dict[str, Any]:
        """Return the parts of the first of the named models; those not in memory are read, or trained."""
        wanted = [name for name in names if name not in self._models]
        calls: list[SeedCall] = []
        for name in wanted:
            path = self._folder / f"{self._key[:32]}-{name}.skops"
            parts = read_model(path)
            if parts is None:
                calls = calls or seed_calls()
                parts = train(name, calls)
                write_model(path, parts)
            self._models[name] = parts
        return self._models[names[0]]


class _Findings:
    """The findings made so far on one call."""

    def __init__(self, call_id: str, version: str, turns: list[Turn]) -> None:
        self.turns = turns
        self.made: list[Finding] = []
        self._call_id = call_id
        self._version = version

    def rows(self, text: CallText) -> CallRows:
        return text.transform([[(turn.role, turn.spoken.text) for turn in self.turns]])

    def add(
        self, kind: str, label: str, probability: float, evidence: tuple[Evidence, ...], suffix: str = ""
    ) -> None:
        self.made.append(
            Finding(
                call_id=self._call_id,
                kind=kind,
                label=label,
                probability=probability,
                evidence=evidence,
                model=self._version + suffix,
            )
        )


def _attitudes(
    complaint: ComplaintClassifier, sentiment: SentimentClassifier, rows: CallRows
) -> list[tuple[str, str, float, int, int]]:
    """Return (kind, label, probability, target to cite, its sign) for complaint, sentiment and abuse."""
    severity, probability = complaint.predict(rows)[0]
    rank = complaint.classes_.index(severity)
    judged = [("complaint", severity, probability, max(rank - 1, 0), 1 if rank else -1)]
    mood, probability = sentiment.predict(rows)[0]
    target, sign = {"negative": (NEGATIVE, 1), "positive": (POSITIVE, 1), "neutral": (NEGATIVE, -1)}[mood]
    judged.append(("sentiment", mood, probability, target, sign))
    abuse = float(sentiment.predict_abuse(rows)[0])
    if abuse >= 0.5:
        judged.append(("abuse", STRONG_NEGATIVE, abuse, ABUSIVE, 1))
    return judged
