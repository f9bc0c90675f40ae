"""Why a call was judged so: the turns and the characters that moved the score."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analytics.calltext import CallRows, Turn
from analytics.passage import cited, shared_out, strongest_words
from analytics.scorer import CallScorer
from calls.records import Evidence

#: Turns cited for one finding at most.
CITED = 3


def cite(
    scorer: CallScorer,
    rows: CallRows,
    scores: np.ndarray,
    turns: Sequence[Turn],
    first: int,
    target: int,
    sign: int = 1,
) -> tuple[Evidence, ...]:
    """Return the turns of one call that speak most for a target, strongest first.

    Parameters
    ----------
    scorer : CallScorer
        The fitted classifier.
    rows : CallRows
        The rows of some calls.
    scores : float array, shape (n_turns, n_targets)
        :meth:`analytics.scorer.CallScorer.turn_scores` of these rows.
    turns : sequence of Turn
        Of the call.
    first : int
        The row of the first of them.
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
    here = slice(first, first + len(turns))
    counted = np.flatnonzero(rows.caller[here])
    if not len(counted):
        return ()
    own = sign * scores[here, target][counted]
    order = np.argsort(-own, kind="stable")[:CITED].tolist()
    told = [int(counted[place]) for rank, place in enumerate(order) if rank == 0 or own[place] > 0]
    return tuple(
        _evidence(turns[turn], sign * _pull(scorer, rows, turns[turn], first + turn, target)) for turn in told
    )


def _pull(scorer: CallScorer, rows: CallRows, turn: Turn, row: int, target: int) -> np.ndarray:
    """Return what each character of a turn contributes to the score, shape (n_characters,).

    The contribution of a feature is its weight times its value; it is shared by the places where the
    feature occurs and there by its characters.
    """
    found = rows.found
    assert found is not None
    here = slice(*np.searchsorted(found.grams.text, (row, row + 1)))
    added = scorer.coef_[target, found.column[here]] * rows.turns.data[found.cell[here]] * found.share[here]
    return shared_out(added, found.grams.start[here], found.grams.end[here], len(turn.spoken.text))


def _evidence(turn: Turn, pull: np.ndarray) -> Evidence:
    """Cite the run of whole words that contributes most."""
    run = strongest_words(turn.spoken.text, pull.tolist())
    assert run is not None  # a turn has words
    return cited(turn.utterance, turn.spoken.original_span(*run))
