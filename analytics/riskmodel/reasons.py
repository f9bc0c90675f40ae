"""Why a call has its risk: the model's own contributions, in words and with their places in the call."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from analytics.riskmodel.cues import cue_keys
from analytics.riskmodel.features import CallFeatures, Hits, Reading, Signals
from analytics.riskmodel.shape import COLUMNS, shape_in_words
from analytics.riskmodel.signals import SIGNALS, Signal, signal_columns
from analytics.timing import said_at
from analytics.words import words_of
from calls.records import Evidence, Transcript

#: Reasons named for a call at most, and places cited for one.
MOST_REASONS, CITED = 8, 3
#: What all reasons too small to be named are together.
REST = "其余用词和特征"
#: Characters of an utterance in which passages are sought, so that the cost is bounded.
SEARCHED = 4000


@dataclass(frozen=True, slots=True)
class Reason:
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
    evidence: tuple[Evidence, ...] = field(default=())

    def in_words(self) -> str:
        """Return the reason as one line of Chinese."""
        direction = "升高" if self.contribution > 0 else "降低"
        return f"{self.what}（{direction}风险，占 {self.share:.0%}）"


def reasons_of(
    features: CallFeatures,
    coef: np.ndarray,
    mean: np.ndarray,
    transcript: Transcript,
    signals: Signals | None,
    most: int,
) -> tuple[Reason, ...]:
    """Return the reasons for the logit of one call, weightiest first.

    Parameters
    ----------
    features : CallFeatures
        Fitted.
    coef, mean : float array, shape (n_columns,)
        The model, and the average call.
    transcript : Transcript
    signals : sequence of one mapping, optional
    most : int
        Reasons named at most; the others are summed in a last one of kind ``"rest"``.

    Returns
    -------
    tuple of Reason
        Their contributions sum to ``coef · (row − mean)``.
    """
    reading = features.read([transcript])
    hits = features.text_hits(reading)
    cells = features.text_cells(reading, hits)
    said = coef[cells.column] * cells.value
    width = features.text_width
    row = features.dense(reading, signals)[0] * features.scale_[width:]
    beside = coef[width:] * (row - mean[width:])
    others = _cues(features, reading, beside)
    others += _shape(features, reading, beside)
    others += _signals(features, signals, beside)
    pull = _pull(hits, (said / cells.count)[cells.of_hit], len(reading.characters.code))
    named = _passages(features, reading, pull, most, others) + others
    named.sort(key=lambda reason: -abs(reason.contribution))
    named = named[:most]
    logit = float(said.sum() - coef[:width] @ mean[:width] + beside.sum())
    rest = logit - sum(reason.contribution for reason in named)
    named.append(Reason("rest", REST, rest))
    total = sum(abs(reason.contribution) for reason in named) or 1.0
    return tuple(
        Reason(r.kind, r.what, r.contribution, abs(r.contribution) / total, r.evidence) for r in named
    )


def _passages(
    features: CallFeatures, reading: Reading, pull: np.ndarray, most: int, others: list[Reason]
) -> list[Reason]:
    """Return the passages that move the logit most, up or down, of the utterances that move it most.

    No passage moves it farther than its utterance does. So those utterances are not looked at that cannot
    be among the ``most`` reasons, beside the ``others`` and what was found before.
    """
    moved = np.bincount(
        reading.characters.utterance, np.abs(pull), minlength=len(reading.calls[0].parts)
    ).tolist()
    found: dict[int, list[Reason]] = {}
    sizes = sorted((abs(reason.contribution) for reason in others), reverse=True)[:most]
    for number in sorted(range(len(moved)), key=lambda number: -moved[number])[:most]:
        if len(sizes) == most and moved[number] < sizes[-1]:
            break
        found[number] = _passages_of(features, reading, pull, number)
        sizes += [abs(reason.contribution) for reason in found[number]]
        sizes = sorted(sizes, reverse=True)[:most]
    return [reason for number in sorted(found) for reason in found[number]]


def _passages_of(features: CallFeatures, reading: Reading, pull: np.ndarray, number: int) -> list[Reason]:
    """Return the passages of one utterance that move the logit most, up and down."""
    characters = reading.characters
    part = reading.calls[0].parts[number]
    first, last = np.searchsorted(characters.utterance, [number, number + 1]).tolist()
    here = slice(first, min(last, first + SEARCHED))
    by_place = np.zeros(int(characters.place[here].max(initial=-1)) + 1)
    by_place[characters.place[here]] = pull[here]
    who = ("客服" if part.agent else "客户") if features.roles else "通话中"
    reasons = []
    for start, end in _strongest(part.utterance.text[: len(by_place)], by_place):
        evidence = _evidence(reading, number, (start, end))
        moves = float(by_place[start:end].sum())
        reasons.append(Reason("words", f"{who}说“{evidence.text}”", moves, 0.0, (evidence,)))
    return reasons


def _pull(hits: Hits, added: np.ndarray, count: int) -> np.ndarray:
    """Return what each character adds, shape (count,): what each hit adds is shared by its characters."""
    pull = np.zeros(count)
    length = hits.last - hits.first
    each = added / length
    for offset in range(int(length.max(initial=0))):
        inside = length > offset
        pull += np.bincount(hits.first[inside] + offset, each[inside], minlength=count)
    return pull


def _strongest(text: str, pull: np.ndarray) -> list[tuple[int, int]]:
    """Return the passage that raises the logit most and the one that lowers it most, of whole words.

    A passage does not go over signs. Half of the mean of the pulls to its side is the floor that keeps it
    to the words that matter.
    """
    words = [(start, end, word.isalnum()) for word, start, end in words_of(text)]
    found = []
    for sign in (1.0, -1.0):
        to_side = sign * pull
        helpful = to_side[to_side > 0]
        if not helpful.size:
            continue
        until = np.concatenate([[0.0], np.cumsum(to_side - 0.5 * helpful.mean())]).tolist()
        best, running, first = (0.0, 0, 0), 0.0, 0
        for start, end, spoken in words:
            if not spoken:
                running = 0.0
                continue
            if running <= 0:
                running, first = 0.0, start
            running += until[end] - until[start]
            if running > best[0]:
                best = (running, first, end)
        if best[2] > best[1]:
            found.append((best[1], best[2]))
    return _apart(found)


def _apart(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the spans without those that share characters with one before."""
    kept: list[tuple[int, int]] = []
    for span in spans:
        if all(span[1] <= start or end <= span[0] for start, end in kept):
            kept.append(span)
    return kept


def _cues(features: CallFeatures, reading: Reading, beside: np.ndarray) -> list[Reason]:
    """Return one reason for each cue and speaker, over its stages."""
    hits = features.cue_hits(reading)
    where = zip(hits.column.tolist(), hits.first.tolist(), hits.last.tolist(), strict=True)
    owners: list[tuple[str, str]] = []
    total: dict[tuple[str, str], float] = {}
    for speaker, _ in features.cue_views:
        for name in cue_keys(speaker).names:
            total[speaker, name] = total.get((speaker, name), 0.0) + float(beside[len(owners)])
            owners.append((speaker, name))
    places: dict[tuple[str, str], set[tuple[int, int]]] = {owner: set() for owner in owners}
    for cue, first, last in where:
        places[owners[cue]].add((first, last))
    reasons = []
    for (speaker, name), contribution in total.items():
        who = ("客服" if speaker == "agent" else "客户") if features.roles else "通话中"
        spans = sorted(places[speaker, name])
        evidence = tuple(_cited(reading, first, last) for first, last in spans[:CITED])
        what = f"{who}{name}：“{evidence[0].text}”" if evidence else f"{who}没有{name}"
        reasons.append(Reason("cue", what, contribution, 0.0, evidence))
    return reasons


def _shape(features: CallFeatures, reading: Reading, beside: np.ndarray) -> list[Reason]:
    places = features.shape_places
    if not places:
        return []
    words = shape_in_words(reading.calls[0])
    first = len(beside) - len(features.signals) - len(places)
    total: dict[str, float] = {}
    for offset, place in enumerate(places):
        group = COLUMNS[place].group
        total[group] = total.get(group, 0.0) + float(beside[first + offset])
    return [Reason("shape", words[group], contribution) for group, contribution in total.items()]


def _signals(features: CallFeatures, signals: Signals | None, beside: np.ndarray) -> list[Reason]:
    """Return a reason for each signal that is known."""
    if not features.signals or signals is None:
        return []
    known = np.isfinite(signal_columns(features.signals, signals, 1)[0])
    first = len(beside) - len(features.signals)
    reasons = []
    for offset, name in enumerate(features.signals):
        if known[offset]:
            value = signals[0][name]
            signal = SIGNALS.get(name, Signal(name))
            shown = f"{value:.0%}" if signal.form == "probability" else f"{value:.3g}"
            reasons.append(Reason("signal", f"{signal.title}（{shown}）", float(beside[first + offset])))
    return reasons


def _cited(reading: Reading, first: int, last: int) -> Evidence:
    number = int(reading.characters.utterance[first])
    span = int(reading.characters.place[first]), int(reading.characters.place[last - 1]) + 1
    return _evidence(reading, number, span)


def _evidence(reading: Reading, number: int, span: tuple[int, int]) -> Evidence:
    utterance = reading.calls[0].parts[number].utterance
    start, end = said_at(utterance, *span)
    return Evidence(
        utterance=utterance.number, start=start, end=end, text=utterance.text[span[0] : span[1]], span=span
    )
