"""The assessor of complaints: severity by criteria, cause, responsible party, resolution, with evidence."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from sklearn.base import BaseEstimator
from sklearn.model_selection import GroupKFold

from analytics.calltext import CallRows, CallText, Turn, read_turns, roles_available, turns_of
from analytics.complaint import ComplaintClassifier
from analytics.complaints import reasons, resolution
from analytics.complaints.corpus import (
    plain_sentences,
    read_sentences,
    read_words,
    topic_sentences,
)
from analytics.complaints.criteria import CRITERIA, Hit, criteria_met
from analytics.complaints.overruling import Rulings, users_rulings
from analytics.complaints.reasons import CallLabeller, ScoredCall, composed_calls, scored
from analytics.complaints.resolution import ResolutionClassifier, composed_closings, deciding_turns
from analytics.complaints.sentences import Scored, SentenceScorer
from analytics.complaints.severity import SeverityModel
from analytics.complaints.speech import Speech, distinct
from analytics.labels import NO_COMPLAINT, SEVERITIES
from analytics.passage import above_floor, cited, strongest
from analytics.seed.assembly import SeedCall
from analytics.words import normalise
from calls.records import Evidence, Finding, Role, Transcript, Utterance

Array = npt.NDArray[np.float64]

#: Turns cited for one finding at most.
CITED = 3
#: A level above 一般 that no criterion supports needs this probability.
ALONE = 0.9
#: A cause or culprit less likely than this is not named.
NAMED = 0.4
#: Causes named at most.
CAUSES_NAMED = 2
#: Probability of a cause that a caller names in a centre's own words, at least.
TOLD = 0.9
_FOLDS = 3
_ATTITUDE_FOLDS = 2

#: Returns what speaks for a target of the complaint classifier, or (sign -1) against it.
Citing = Callable[[int, int], tuple[Evidence, ...]]


@dataclass(frozen=True, slots=True)
class Assessment:
    """What is known of the complaint in one call.

    Parameters
    ----------
    findings : tuple of Finding
        ``complaint`` always; where there is one also ``cause`` (up to two), ``responsible`` and
        ``resolved``, each only where it is likely enough.
    criteria : tuple of Hit
        The criteria met, with the words that meet them.
    at_least : dict of str to float
        The probability of each severity or a graver one.
    """

    findings: tuple[Finding, ...]
    criteria: tuple[Hit, ...]
    at_least: dict[str, float]


class ComplaintAssessor(BaseEstimator):  # type: ignore[misc]
    """Judges what the complaint classifier leaves open.

    Parameters
    ----------
    named : float, default 0.4
        Least probability of a cause or a responsible party that is named.
    seed : int, default 0
        Of the calls put together for the calibration.

    Attributes
    ----------
    scorer_ : SentenceScorer
    cause_, responsible_ : CallLabeller
    resolution_ : ResolutionClassifier
    severity_ : SeverityModel
    rulings : Rulings
        What the centre changes in criteria and causes: what its own file says where none is set. It is not
        part of the model, and not stored with it.
    """

    _rulings: Rulings | None = None

    def __init__(self, named: float = NAMED, seed: int = 0) -> None:
        self.named = named
        self.seed = seed

    @property
    def rulings(self) -> Rulings:
        """What the centre changes."""
        return users_rulings() if self._rulings is None else self._rulings

    @rulings.setter
    def rulings(self, rulings: Rulings) -> None:
        self._rulings = rulings

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in super().__getstate__().items() if name != "_rulings"}

    def fit(self, X: Sequence[SeedCall], y: None = None) -> ComplaintAssessor:
        """Learn from the seed's calls (severity) and from this package's own sentences (all else)."""
        sentences, always = read_sentences() + plain_sentences(), read_words() + topic_sentences()
        rng = random.Random(self.seed)
        rng.shuffle(sentences)
        causes: list[tuple[ScoredCall, str]] = []
        culprits: list[tuple[ScoredCall, str]] = []
        closings: list[tuple[tuple[Array, Sequence[str]], str]] = []
        for fold in range(_FOLDS):
            unseen = sentences[fold::_FOLDS]
            scorer = SentenceScorer().fit([s for n, s in enumerate(sentences) if n % _FOLDS != fold] + always)
            for column, calls in (("cause", causes), ("responsible", culprits)):
                for caller, agent, label in composed_calls(column, unseen, reasons.CALLS // _FOLDS, rng):
                    calls.append((scored(scorer, column, caller, agent), label))
            for turns, label in composed_closings(unseen, resolution.CALLS // _FOLDS, rng):
                if turns:
                    roles = [role for role, _ in turns]
                    closings.append(
                        ((_acts(scorer, scorer.score([text for _, text in turns])), roles), label)
                    )
        self.scorer_ = SentenceScorer().fit(sentences + always)
        self.cause_ = CallLabeller("cause").fit(*zip(*causes, strict=True))
        self.responsible_ = CallLabeller("responsible").fit(*zip(*culprits, strict=True))
        self.resolution_ = ResolutionClassifier().fit(*zip(*closings, strict=True))
        self.severity_ = SeverityModel().fit(
            unseen_at_least(X), [_seed_criteria(call) for call in X], [call.severity for call in X]
        )
        return self

    def assess(
        self,
        transcript: Transcript,
        at_least: Sequence[float],
        cite: Citing,
        *,
        model: str = "",
        earlier_calls: int | None = None,
        read: Scored | None = None,
    ) -> Assessment:
        """Judge one call.

        Parameters
        ----------
        transcript : Transcript
            Where roles are unknown, all turns may be the caller's, and resolution is not judged.
        at_least : sequence of float, length 3
            What :meth:`analytics.complaint.ComplaintClassifier.predict_at_least` gives for the call.
        cite : callable
            ``cite(target, sign)`` returns the classifier's own evidence, as :func:`analytics.evidence.cite`.
        model : str
            The version that marks the findings.
        earlier_calls : int, optional
            How often the same caller rang in the seven days before.
        read : Scored, optional
            What the scorer makes of the call's turns, where that is known already.
        """
        turns = turns_of(transcript)
        known = roles_available(transcript)
        caller = Speech(tuple(turn for turn in turns if turn.role is Role.CALLER or not known))
        rulings = self.rulings
        made = _Findings(
            transcript.call_id, model + (f"+criteria-{rulings.version}" if rulings.version else "")
        )
        if not caller.turns:
            # Who said nothing did not complain: no estimate, a fact.
            made.add("complaint", NO_COMPLAINT, 1.0, ())
            return Assessment(tuple(made.made), (), dict.fromkeys(SEVERITIES, 0.0))
        hits = criteria_met(caller, earlier_calls, rulings)
        levels = self.severity_.predict_at_least(
            np.array([at_least], np.float64), [frozenset(hit.criterion for hit in hits)]
        )[0]
        severity, probability = _severity(levels, hits)
        made.add("complaint", severity, probability, _severity_evidence(severity, hits, cite))
        if severity != NO_COMPLAINT:
            read = read or self.scorer_.read(read_turns(turns))
            self._add_reasons(made, turns, read, known, _told_causes(caller, rulings))
            if known:
                self._add_resolution(made, turns, read)
        return Assessment(
            tuple(made.made), tuple(hits), dict(zip(SEVERITIES, map(float, levels), strict=True))
        )

    def _add_reasons(
        self,
        made: _Findings,
        turns: Sequence[Turn],
        read: Scored,
        roles_known: bool,
        named: dict[str, list[Evidence]],
    ) -> None:
        is_agent = np.array([roles_known and turn.role is Role.AGENT for turn in turns])
        sides = (np.flatnonzero(~is_agent), np.flatnonzero(is_agent))
        for labeller, most in ((self.cause_, CAUSES_NAMED), (self.responsible_, 1)):
            columns = self.scorer_.columns(labeller.column)
            scores = read.scores[:, columns]
            likely = labeller.predict_proba([ScoredCall(*(scores[side] for side in sides))])[0]
            own = named if labeller.column == "cause" else {}
            for label, evidence in own.items():
                told_of = labeller.classes_.index(label)
                likely[told_of] = max(likely[told_of], TOLD) if evidence else 0.0
            for place in np.argsort(-likely, kind="stable")[:most]:
                if likely[place] < self.named:
                    break
                told = [int(side[scores[side, place].argmax()]) for side in sides if len(side)]
                told[1:] = [turn for turn in told[1:] if scores[turn, place] > 0.0]
                evidence = [*own.get(labeller.classes_[place], ())]
                evidence += [_telling(turns[n], read, n, columns.start + int(place)) for n in told]
                made.add(
                    labeller.column, labeller.classes_[place], float(likely[place]), distinct(evidence, CITED)
                )

    def _add_resolution(self, made: _Findings, turns: Sequence[Turn], read: Scored) -> None:
        closing = turns[-resolution.CLOSING :]
        roles = [turn.role.value for turn in closing]
        acts = _acts(self.scorer_, read.scores[-resolution.CLOSING :])
        likely = self.resolution_.predict_proba([(acts, roles)])[0]
        place = int(likely.argmax())
        evidence = [_whole(closing[turn].utterance) for turn, _ in deciding_turns(acts, roles)]
        label = self.resolution_.classes_[place]
        made.add("resolved", label, float(likely[place]), distinct(evidence, CITED))


class _Findings:
    """The findings made so far on one call."""

    def __init__(self, call_id: str, model: str) -> None:
        self.made: list[Finding] = []
        self._call_id = call_id
        self._model = model

    def add(self, kind: str, label: str, probability: float, evidence: tuple[Evidence, ...]) -> None:
        self.made.append(
            Finding(
                call_id=self._call_id,
                kind=kind,
                label=label,
                probability=probability,
                evidence=evidence,
                model=self._model,
            )
        )


def _told_causes(caller: Speech, rulings: Rulings) -> dict[str, list[Evidence]]:
    """Return the causes that a centre's own words name, with these, and those never named with none."""
    named: dict[str, list[Evidence]] = {label: [] for label in rulings.causes_off}
    for label, own in rulings.causes.items():
        if places := [*own.find(caller)]:
            named[label] = [caller.cite(place) for place in places]
    return named


def _severity(levels: Array, hits: Sequence[Hit]) -> tuple[str, float]:
    """Return the gravest level likelier than not, with its probability; see :data:`ALONE`."""
    supported = {CRITERIA[hit.criterion].severity for hit in hits}
    for rank in (2, 1):
        severity = SEVERITIES[rank]
        if levels[rank] >= (0.5 if severity in supported else ALONE):
            return severity, float(levels[rank])
    if levels[0] >= 0.5:
        return SEVERITIES[0], float(levels[0])
    return NO_COMPLAINT, float(1.0 - levels[0])


def _severity_evidence(severity: str, hits: Sequence[Hit], cite: Citing) -> tuple[Evidence, ...]:
    """Return the words that meet a criterion of the severity, and then those that moved the classifier."""
    if severity == NO_COMPLAINT:
        return cite(0, -1)
    met = [
        hit.evidence
        for hit in hits
        if CRITERIA[hit.criterion].severity == severity and hit.evidence is not None
    ]
    evidence = distinct(met, CITED)
    if len(evidence) < CITED:
        evidence = distinct([*evidence, *cite(SEVERITIES.index(severity), 1)], CITED)
    return evidence


def _acts(scorer: SentenceScorer, scores: Array) -> Array:
    """Return the probability of each act for scored turns, shape (n_turns, 6)."""
    return np.asarray(expit(scores[:, scorer.columns("act")]))


def _telling(turn: Turn, told: Scored, number: int, label: int) -> Evidence:
    """Return the characters of a turn that speak most for a label."""
    text = turn.spoken.text
    above = above_floor(told.pull(number, len(text), label).tolist())
    run = strongest([(place, place + 1, added) for place, added in enumerate(above)], 0.0)
    return cited(turn.utterance, turn.spoken.original_span(*(run or (0, len(text)))))


def _whole(utterance: Utterance) -> Evidence:
    return cited(utterance, (0, len(utterance.text)))


def _seed_criteria(call: SeedCall) -> frozenset[str]:
    turns = tuple(
        Turn(Role.CALLER, spoken, Utterance(number=n, role=Role.CALLER, start=0.0, end=0.0, text=text))
        for n, (role, text) in enumerate(call.turns)
        if role == Role.CALLER and (spoken := normalise(text)).text
    )
    return frozenset(hit.criterion for hit in criteria_met(Speech(turns)))


def unseen_at_least(calls: Sequence[SeedCall]) -> Array:
    """Return what complaint classifiers give to calls of families that they have not learnt from."""
    groups = np.array([call.group for call in calls])
    unseen = np.empty((len(calls), len(SEVERITIES)))
    for train, test in GroupKFold(_ATTITUDE_FOLDS).split(groups, groups=groups):
        singles = [_words(calls[n]) for n in train if len(calls[n].turns) == 1]
        text = CallText().fit(singles)
        rows = text.transform([_words(calls[n]) for n in train])
        classifier = ComplaintClassifier().fit(rows, [calls[n].severity for n in train], groups[train])
        unheard: CallRows = text.transform([_words(calls[n]) for n in test])
        unseen[test] = classifier.predict_at_least(unheard)
    return unseen


def _words(call: SeedCall) -> list[tuple[str, str]]:
    return [(role, normalise(said).text) for role, said in call.turns]
