"""Scores of several judges made into calibrated probabilities, by rows that they had not seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, log_expit, logsumexp, softmax

#: Strength of the belief that each judge counts the same, and that no topic needs an offset.
SLOPE_BELIEF = 0.5
OFFSET_BELIEF = 1.0
#: Least share of the rows that a threshold must leave answered to be measured at all.
LEAST_ANSWERED = 0.05


@dataclass(frozen=True, slots=True)
class Stack:
    """How judges are blended: ``sum(slopes[j] * scores[j]) + offsets`` is the log-odds of each topic.

    ``loss`` is the log-loss over the rows, with what it costs to leave the belief.
    """

    slopes: np.ndarray
    offsets: np.ndarray
    loss: float


def probabilities(log_odds: np.ndarray, exclusive: bool) -> np.ndarray:
    """Return probabilities, shape (n_rows, n_topics): of one topic a row, or of each topic by itself."""
    return np.asarray(softmax(log_odds, axis=1) if exclusive else expit(log_odds))


def stack(scores: list[np.ndarray], targets: np.ndarray, weight: np.ndarray, exclusive: bool) -> Stack:
    """Blend judges so that the probabilities fit rows that they had not seen.

    Few parameters are fitted (one slope a judge, one offset a topic), and each is held towards a belief
    that few rows cannot overcome: that judges count the same, and topics need no offset.

    Parameters
    ----------
    scores : list of float array, shape (n_rows, n_topics)
        One of each judge.
    targets : bool array, shape (n_rows, n_topics)
    weight : float array, shape (n_rows,)
    exclusive : bool
        Every row has exactly one topic.
    """
    spread = [max(float(score.std()), 1e-9) for score in scores]
    unit = np.stack([score / scale for score, scale in zip(scores, spread, strict=True)])
    judges, topics = len(scores), targets.shape[1]
    share = weight[:, np.newaxis]

    def loss(point: np.ndarray) -> tuple[float, np.ndarray]:
        slopes, offsets = point[:judges], point[judges:]
        odds = np.tensordot(slopes, unit, 1) + offsets
        if exclusive:
            fit = (targets * (odds - logsumexp(odds, axis=1, keepdims=True)) * share).sum()
        else:
            fit = ((targets * log_expit(odds) + ~targets * log_expit(-odds)) * share).sum()
        error = (probabilities(odds, exclusive) - targets) * share
        belief = SLOPE_BELIEF * ((slopes - 1) ** 2).sum() + OFFSET_BELIEF * (offsets**2).sum()
        slope = np.array([(error * each).sum() for each in unit]) + SLOPE_BELIEF * (slopes - 1)
        offset = error.sum(axis=0) + OFFSET_BELIEF * offsets
        return belief / 2 - float(fit), np.concatenate([slope, offset])

    found = minimize(
        loss,
        np.concatenate([np.ones(judges), np.zeros(topics)]),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0, None)] * judges + [(None, None)] * topics,
    )
    return Stack(found.x[:judges] / np.array(spread), found.x[judges:], float(found.fun))


def threshold(
    probability: np.ndarray, targets: np.ndarray, weight: np.ndarray, exclusive: bool, precision: float
) -> float:
    """Return from which probability on a topic is named.

    Of all thresholds with which at least ``precision`` of what is named is right, the one with the
    greatest F1 of what is named; where none reaches it, the one that is right most often and still
    names :data:`LEAST_ANSWERED` of what there is. Meant for probabilities of rows not seen in training.

    Parameters
    ----------
    probability : float array, shape (n_rows, n_topics)
    targets : bool array, shape (n_rows, n_topics)
    weight : float array, shape (n_rows,)
    exclusive : bool
        Only the likeliest topic of a row is named.
    precision : float in (0, 1)
    """
    if exclusive:
        best = probability.argmax(axis=1)[:, np.newaxis]
        probability = np.take_along_axis(probability, best, axis=1)
        right = np.take_along_axis(targets, best, axis=1)
        there = weight.sum()
    else:
        right, there = targets, (targets * weight[:, np.newaxis]).sum()
    mass = np.broadcast_to(weight[:, np.newaxis], probability.shape).ravel()
    order = np.argsort(-probability.ravel(), kind="stable")
    values = probability.ravel()[order]
    named = np.cumsum(mass[order])
    hits = np.cumsum((mass * right.ravel())[order])
    last = np.append(values[1:] != values[:-1], True) & (named >= LEAST_ANSWERED * there)
    if not last.any():
        return 0.5
    values, named, hits = values[last], named[last], hits[last]
    exact = hits / named
    fair = exact >= precision
    chosen = (
        int(np.where(fair, 2 * hits / (named + there), -1).argmax()) if fair.any() else int(exact.argmax())
    )
    # halfway to the next: what is clearly apart in training need not be quite so clear to be named
    return float(values[chosen] + (values[chosen + 1] if chosen + 1 < len(values) else values[chosen])) / 2
