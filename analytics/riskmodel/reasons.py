"""Why a call has its risk: the model's own contributions, in words and with their places in the call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from analytics.passage import apart, cited, shared_out, strongest_words
from analytics.riskmodel.cues import cue_keys
from analytics.riskmodel.features import CallFeatures, Hits, Reading, Signals
from analytics.riskmodel.shape import COLUMNS, shape_in_words
from analytics.riskmodel.signals import SIGNALS, Signal, signal_columns
from calls.records import Evidence, Transcript

#: Reasons named for a call at most, and places cited for one.
MOST_REASONS, CITED = 8, 3
#: What all reasons too small to be named are together.
REST = "其余用词和特征"
#: Characters of an utterance in which passages are sought, so that the cost is bounded.
SEARCHED = 4000


class Reason(NamedTuple):
    """One part of a call's logit.

    Attributes
    ----------
    kind : {"words", "cue", "shape", "signal", "rest"}
        A passage; words of one cue; the shape of the call; something else that is known; all the rest.
    what : str
        What it is, in Chinese.
    contribution : float
        What it adds to the logit, beside the average call.
    share : float in [0, 1]
        Its part of all contributions without their signs.
    evidence : tuple of Evidence
        Where it is said; none for shape, signals and rest.
    """

    kind: str
    what: str
    contribution: float
    share: float = 0.0
    evidence: tuple[Evidence, ...] = ()

    def in_words(self) -> str:
        """Return the reason as one line of Chinese."""
        direction = "升高" if self.contribution > 0 else "降低"
        return f"{self.what}（{direction}风险，占 {self.share:.0%}）"


def reasons_of_each(
    features: CallFeatures,
    coef: np.ndarray,
    mean: np.ndarray,
    average: float,
    calls: Sequence[Transcript],
    signals: Signals | None,
    most: int,
) -> list[tuple[Reason, ...]]:
    """Return the reasons for the logits of calls, of each the weightiest first.

    Parameters
    ----------
    features : CallFeatures
        Fitted.
    coef, mean : float array, shape (n_columns,)
        The model, and the average call.
    average : float
        What the text of the average call adds to its logit.
    calls : sequence of Transcript
    signals : sequence of mapping, optional
    most : int
        Reasons named at most; the others are summed in a last one of kind ``"rest"``.

    Returns
    -------
    list of tuple of Reason
        Their contributions sum to ``coef · (row − mean)``.
    """
    reading = features.read(calls)
    hits = features.text_hits(reading)
    cells = features.text_cells(reading, hits)
    said = coef[cells.column] * cells.value
    logits = np.bincount(cells.call, said, minlength=len(calls)) - average
    added = (said / cells.count)[cells.of_hit]
    pull = shared_out(added, hits.first, hits.last, len(reading.characters.code))
    moved = np.bincount(reading.characters.text, np.abs(pull), minlength=len(reading.call))
    width = features.text_width
    rows = features.dense(reading, signals) * features.scale_[width:]
    beside = coef[width:] * (rows - mean[width:])
    cues = features.cue_hits(reading)
    firsts = np.searchsorted(reading.call, np.arange(len(calls) + 1)).tolist()
    found = []
    for number in range(len(calls)):
        own = _Own(features, reading, number, firsts[number])
        others = own.cues(cues, beside[number])
        others += own.shape(beside[number])
        others += own.signals(signals, beside[number])
        moves = moved[firsts[number] : firsts[number + 1]].tolist()
        named = own.passages(pull, moves, most, others) + others
        logit = float(logits[number] + beside[number].sum())
        found.append(_rounded_off(named, logit, most))
    return found


def _rounded_off(reasons: list[Reason], logit: float, most: int) -> tuple[Reason, ...]:
    """Return the weightiest reasons with the rest of the logit, each with its share."""
    named = sorted(reasons, key=lambda reason: -abs(reason.contribution))[:most]
    named.append(Reason("rest", REST, logit - sum(reason.contribution for reason in named)))
    total = sum(abs(reason.contribution) for reason in named) or 1.0
    return tuple(
        Reason(r.kind, r.what, r.contribution, abs(r.contribution) / total, r.evidence) for r in named
    )


class _Own:
    """One call of a reading; ``first`` is its first utterance there."""

    def __init__(self, features: CallFeatures, reading: Reading, number: int, first: int) -> None:
        self._features, self._reading = features, reading
        self._number, self._first = number, first
        self._call = reading.calls[number]

    def passages(self, pull: np.ndarray, moved: list[float], most: int, others: list[Reason]) -> list[Reason]:
        """Return the passages that move the logit most, of the utterances that move it most.

        No passage moves it farther than its utterance does. So those utterances are not looked at that
        cannot be among the ``most`` reasons, beside the ``others`` and what was found before.
        """
        found: dict[int, list[Reason]] = {}
        sizes = sorted((abs(reason.contribution) for reason in others), reverse=True)[:most]
        for place in sorted(range(len(moved)), key=lambda place: -moved[place])[:most]:
            if len(sizes) == most and moved[place] < sizes[-1]:
                break
            found[place] = self._passages_in(pull, place)
            sizes += [abs(reason.contribution) for reason in found[place]]
            sizes = sorted(sizes, reverse=True)[:most]
        return [reason for place in sorted(found) for reason in found[place]]

    def _passages_in(self, pull: np.ndarray, place: int) -> list[Reason]:
        """Return the passage of an utterance that raises the logit most, and the one that lowers it most."""
        characters, part = self._reading.characters, self._call.parts[place]
        number = self._first + place
        first, last = np.searchsorted(characters.text, [number, number + 1]).tolist()
        here = slice(first, min(last, first + SEARCHED))
        by_place = np.zeros(int(characters.start[here].max(initial=-1)) + 1)
        by_place[characters.start[here]] = pull[here]
        text = part.utterance.text[: len(by_place)]
        found = [
            strongest_words(text, adding, within_signs=True)
            for adding in (by_place.tolist(), (-by_place).tolist())
        ]
        reasons = []
        for start, end in apart([span for span in found if span is not None]):
            evidence = cited(part.utterance, (start, end))
            moves = float(by_place[start:end].sum())
            words = f"{self._who(part.agent)}说“{evidence.text}”"
            reasons.append(Reason("words", words, moves, 0.0, (evidence,)))
        return reasons

    def cues(self, hits: Hits, beside: np.ndarray) -> list[Reason]:
        """Return one reason for each cue and speaker, over its stages."""
        if not self._features.cue_views:
            return []
        owners: list[tuple[str, str]] = []
        total: dict[tuple[str, str], float] = {}
        for speaker, _ in self._features.cue_views:
            for name in cue_keys(speaker).names:
                total[speaker, name] = total.get((speaker, name), 0.0) + float(beside[len(owners)])
                owners.append((speaker, name))
        places: dict[tuple[str, str], set[tuple[int, int]]] = {owner: set() for owner in owners}
        own = hits.call == self._number
        columns = hits.column[own].tolist()
        spans = zip(hits.first[own].tolist(), hits.last[own].tolist(), strict=True)
        for cue, span in zip(columns, spans, strict=True):
            places[owners[cue]].add(span)
        reasons = []
        for (speaker, name), contribution in total.items():
            who = self._who(speaker == "agent")
            evidence = tuple(self._cited(*span) for span in sorted(places[speaker, name])[:CITED])
            what = f"{who}{name}：“{evidence[0].text}”" if evidence else f"{who}没有{name}"
            reasons.append(Reason("cue", what, contribution, 0.0, evidence))
        return reasons

    def shape(self, beside: np.ndarray) -> list[Reason]:
        """Return one reason for each group of numbers of the call's shape."""
        places = self._features.shape_places
        if not places:
            return []
        words = shape_in_words(self._call)
        first = len(beside) - len(self._features.signals) - len(places)
        total: dict[str, float] = {}
        for offset, place in enumerate(places):
            group = COLUMNS[place].group
            total[group] = total.get(group, 0.0) + float(beside[first + offset])
        return [Reason("shape", words[group], contribution) for group, contribution in total.items()]

    def signals(self, signals: Signals | None, beside: np.ndarray) -> list[Reason]:
        """Return a reason for each signal that is known."""
        if not self._features.signals or signals is None:
            return []
        own = signals[self._number]
        known = np.isfinite(signal_columns(self._features.signals, [own], 1)[0])
        first = len(beside) - len(self._features.signals)
        reasons = []
        for offset, name in enumerate(self._features.signals):
            if known[offset]:
                signal = SIGNALS.get(name, Signal(name))
                shown = f"{own[name]:.0%}" if signal.form == "probability" else f"{own[name]:.3g}"
                moves = float(beside[first + offset])
                reasons.append(Reason("signal", f"{signal.title}（{shown}）", moves))
        return reasons

    def _who(self, agent: bool) -> str:
        return ("客服" if agent else "客户") if self._features.roles else "通话中"

    def _cited(self, first: int, last: int) -> Evidence:
        characters = self._reading.characters
        place = int(characters.text[first]) - self._first
        span = int(characters.start[first]), int(characters.start[last - 1]) + 1
        return cited(self._call.parts[place].utterance, span)
