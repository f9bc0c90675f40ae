"""Feelings over a call: each utterance, each party, each quarter, and how they change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np

from analytics.feeling.features import Texts
from analytics.feeling.model import MOODS, SentimentModel, Span, polarity
from analytics.feeling.mood import CITED, LIKELY, Mood, mood_of
from analytics.labels import STRONG_NEGATIVE
from analytics.passage import cited, strongest
from analytics.words import normalise
from calls.records import Evidence, Finding, Role, Transcript, Utterance

#: Parts of a call that are compared.
QUARTERS = 4
_PEOPLE = (Role.CALLER, Role.AGENT, Role.UNKNOWN)


class UtteranceFeeling(NamedTuple):
    """What one utterance feels like.

    Attributes
    ----------
    number : int
        Of the utterance in its transcript.
    role : Role
    strong_negative, negative, neutral, positive : float
        Calibrated probabilities; they sum to one.
    """

    number: int
    role: Role
    strong_negative: float
    negative: float
    neutral: float
    positive: float

    @property
    def polarity(self) -> float:
        """From -1, displeased, to 1, pleased."""
        return self.positive - self.negative - self.strong_negative

    @property
    def mood(self) -> str:
        """The likeliest of :data:`analytics.feeling.model.MOODS`."""
        return max(
            zip((self.strong_negative, self.negative, self.neutral, self.positive), MOODS, strict=True)
        )[1]


@dataclass(frozen=True, slots=True)
class RoleFeeling:
    """What one party feels over the call.

    Attributes
    ----------
    utterances : int
    polarity : float
        Mean over the utterances, -1 to 1.
    lowest : float
        Polarity of the most displeased utterance.
    quarters : tuple of float or None
        Mean polarity in each quarter of the call; None where the party said nothing in it.
    change : float or None
        Of the last quarter with words against the first one; None where there is but one.
    """

    utterances: int
    polarity: float
    lowest: float
    quarters: tuple[float | None, ...]
    change: float | None


@dataclass(frozen=True, slots=True)
class Felt:
    """The feelings of a call's utterances, with the texts as the model read them.

    That of the first feeling is text number ``first``, and so on.
    """

    feelings: list[UtteranceFeeling]
    texts: Texts
    first: int = 0


def felt_in_each(calls: Sequence[Transcript], model: SentimentModel | None = None) -> list[Felt]:
    """Return the feelings of the utterances of calls, the system's prompts left out.

    Parameters
    ----------
    calls : sequence of Transcript
    model : SentimentModel, optional
        A model of moods; the built-in one if not given. Moods that it does not know get probability 0.
    """
    model = model or SentimentModel.builtin()
    own = [[utterance for utterance in call.utterances if utterance.role in _PEOPLE] for call in calls]
    said = [utterance for call in own for utterance in call]
    texts = model.read([utterance.text for utterance in said])
    found = model.predict_proba(texts)
    likely = np.zeros((len(said), len(MOODS)))
    for column, mood in enumerate(model.classes_.tolist()):
        likely[:, MOODS.index(mood)] = found[:, column]
    feelings = [
        UtteranceFeeling(utterance.number, utterance.role, *row)
        for utterance, row in zip(said, likely.tolist(), strict=True)
    ]
    edges = pairwise(accumulate(map(len, own), initial=0))
    return [Felt(feelings[first:last], texts, first) for first, last in edges]


def feelings_of(transcript: Transcript, model: SentimentModel | None = None) -> list[UtteranceFeeling]:
    """Return the feelings in one call, as of :func:`felt_in_each`."""
    return felt_in_each([transcript], model)[0].feelings


def summary_of(transcript: Transcript, feelings: Sequence[UtteranceFeeling]) -> dict[Role, RoleFeeling]:
    """Return what each party feels over the call; a party that said nothing is left out.

    The quarters are of the call's time, from the first utterance to the end of the last. Where times are not
    known (a written dialogue: all zero), they are of the number of utterances.
    """
    by_number = {utterance.number: utterance for utterance in transcript.utterances}
    quarter = dict(
        zip(
            (feeling.number for feeling in feelings),
            _quarters([by_number[feeling.number] for feeling in feelings]),
            strict=True,
        )
    )
    summary = {}
    for role in _PEOPLE:
        own = [feeling for feeling in feelings if feeling.role == role]
        if own:
            quarters = tuple(
                _mean([feeling.polarity for feeling in own if quarter[feeling.number] == part])
                for part in range(QUARTERS)
            )
            known = [value for value in quarters if value is not None]
            summary[role] = RoleFeeling(
                utterances=len(own),
                polarity=float(np.mean([feeling.polarity for feeling in own])),
                lowest=min(feeling.polarity for feeling in own),
                quarters=quarters,
                change=known[-1] - known[0] if len(known) > 1 else None,
            )
    return summary


def _quarters(said: Sequence[Utterance]) -> list[int]:
    """Return the quarter, 0 to 3, in which each utterance's middle lies."""
    if not said:
        return []
    first, last = min(each.start for each in said), max(each.end for each in said)
    if last > first:
        middles = [((each.start + each.end) / 2 - first) / (last - first) for each in said]
    else:
        middles = [(place + 0.5) / len(said) for place in range(len(said))]
    return [min(int(middle * QUARTERS), QUARTERS - 1) for middle in middles]


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None


def findings_of(
    transcript: Transcript,
    model: SentimentModel | None = None,
    version: str = "feeling",
    felt: Felt | None = None,
) -> list[Finding]:
    """Return the findings ``sentiment`` (one) and ``abuse`` (where found) of a call.

    The probability of ``sentiment`` is that the whole call has this mood (:mod:`analytics.feeling.mood`),
    that of ``abuse`` is of its worst utterance. The caller is judged; where roles are unknown, whoever spoke,
    and ``version`` gets ``/all-text``. Abuse by the agent is not found here: it is a matter of the quality
    rules. ``felt`` is what :func:`felt_in_each` gives, where it is known already.
    """
    model = model or SentimentModel.builtin()
    by_role = _told_apart(transcript)
    by_number = {utterance.number: utterance for utterance in transcript.utterances}
    felt = felt or felt_in_each([transcript], model)[0]
    place = {feeling.number: place for place, feeling in enumerate(felt.feelings, start=felt.first)}
    feelings = callers_feelings(transcript, felt.feelings)
    version += "" if by_role else "/all-text"

    def finding(kind: str, label: str, probability: float, cited: Sequence[UtteranceFeeling]) -> Finding:
        return Finding(
            call_id=transcript.call_id,
            kind=kind,
            label=label,
            probability=probability,
            evidence=tuple(
                evidence_of(by_number[each.number], model.spans(felt.texts, place[each.number], label))
                for each in cited
            ),
            model=version,
        )

    if not feelings:
        # Who said nothing felt nothing that words show: no estimate, a fact.
        return [finding("sentiment", "neutral", 1.0, ())]
    mood = mood_in(feelings)
    probability = model.mood_probability(mood)
    findings = [finding("sentiment", mood.label, probability, [feelings[place] for place in mood.cited])]
    abused = sorted(feelings, key=lambda each: -each.strong_negative)[:CITED]
    if abused[0].strong_negative >= LIKELY:
        cited = [each for each in abused if each.strong_negative >= LIKELY]
        findings.append(finding("abuse", STRONG_NEGATIVE, abused[0].strong_negative, cited))
    return findings


def callers_feelings(transcript: Transcript, feelings: Sequence[UtteranceFeeling]) -> list[UtteranceFeeling]:
    """Return those of the feelings in a call that tell of the caller, or of all who may be."""
    by_role = _told_apart(transcript)
    by_number = {utterance.number: utterance for utterance in transcript.utterances}
    return [
        feeling
        for feeling in feelings
        if (feeling.role is Role.CALLER or not by_role) and normalise(by_number[feeling.number].text).text
    ]


def _told_apart(transcript: Transcript) -> bool:
    return transcript.roles_known and all(each.role is not Role.UNKNOWN for each in transcript.utterances)


def mood_in(feelings: Sequence[UtteranceFeeling]) -> Mood:
    """Return the mood of a party's utterances, one at least."""
    return mood_of(
        [each.negative + each.strong_negative for each in feelings],
        [each.neutral for each in feelings],
        [each.positive for each in feelings],
    )


def evidence_of(utterance: Utterance, spans: Sequence[Span]) -> Evidence:
    """Cite the run of spans of an utterance that pulls its score most, or all of it where none pulls up."""
    run = strongest(((span.start, span.end, span.pull) for span in spans), 0.0)
    return cited(utterance, run or (0, len(utterance.text)))


__all__ = [
    "Felt",
    "RoleFeeling",
    "UtteranceFeeling",
    "evidence_of",
    "feelings_of",
    "felt_in_each",
    "findings_of",
    "mood_in",
    "polarity",
    "summary_of",
]
