"""Why a call was judged so: the turns and the characters that moved the score."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analytics.calltext import CallRows, CallText, Turn
from analytics.scorer import CallScorer
from analytics.timing import said_at
from analytics.words import units, words_of
from calls.records import Evidence

#: Turns cited for one finding at most.
CITED = 3


def cite(
    text: CallText, scorer: CallScorer, rows: CallRows, turns: Sequence[Turn], target: int, sign: int = 1
) -> tuple[Evidence, ...]:
    """Return the turns of one call that speak most for a target, strongest first.

    Parameters
    ----------
    text, scorer
        The fitted features and classifier.
    rows : CallRows
        The call's rows, one in ``rows.turns`` for each of ``turns``.
    turns : sequence of Turn
    target : int
        Column of the classifier's targets.
    sign : {1, -1}
        -1 cites what speaks *against* the target.

    Returns
    -------
    tuple of Evidence
        One to :data:`CITED` items; empty only where no turn counts. Beyond the strongest turn only
        those are cited that by themselves are on the same side.
    """
    counted = [k for k in range(len(turns)) if rows.caller[k]]
    if not counted:
        return ()
    scores = sign * scorer.turn_scores(rows)[:, target]
    order = sorted(counted, key=lambda k: -scores[k])
    cited = [order[0], *(k for k in order[1:CITED] if scores[k] > 0)]
    weights = scorer.coef_[target]
    return tuple(_evidence(turns[k], sign * _pull(text, turns[k], rows.features(k), weights)) for k in cited)


def _pull(text: CallText, turn: Turn, row: tuple[np.ndarray, np.ndarray], weights: np.ndarray) -> np.ndarray:
    """Return what each character of the turn contributes to the score, shape (len(turn.spoken.text),).

    The contribution of a feature is its weight times its value; it is shared by the places where the
    feature occurs and there by its characters.
    """
    columns, value = row
    values = dict(zip(columns.tolist(), (value * weights[columns]).tolist(), strict=True))
    places: dict[int, list[tuple[int, int]]] = {}
    features, first = text.columns(turn.role)
    for unit in units(turn.spoken.text):
        if unit.name in features:
            places.setdefault(first + features[unit.name], []).append((unit.start, unit.end))
    pull = [0.0] * len(turn.spoken.text)
    for column, spans in places.items():
        for start, end in spans:
            share = values[column] / len(spans) / (end - start)
            for character in range(start, end):
                pull[character] += share
    return np.array(pull)


def _evidence(turn: Turn, pull: np.ndarray) -> Evidence:
    """Cite the run of whole words with the greatest sum of contributions above a floor.

    The floor, half of the mean helpful contribution, keeps the run to the words that matter.
    """
    words = [(start, end) for _, start, end in words_of(turn.spoken.text)]
    helpful = pull[pull > 0]
    above = (pull - (0.5 * helpful.mean() if helpful.size else 0.0)).tolist()
    best = (-np.inf, 0, 0)
    running, first = 0.0, 0
    for start, end in words:
        if running <= 0:
            running, first = 0.0, start
        running += sum(above[start:end])
        if running > best[0]:
            best = (running, first, end)
    span = turn.spoken.original_span(best[1], best[2])
    start_s, end_s = said_at(turn.utterance, *span)
    text = turn.utterance.text[span[0] : span[1]]
    return Evidence(utterance=turn.utterance.number, start=start_s, end=end_s, text=text, span=span)
