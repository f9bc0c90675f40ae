"""Whether the matter was settled in the call: what the closing turns do.

The agent has done it, promises or refuses; the caller accepts, sees it mended, or rejects. The last of
each party's acts and the strongest in the closing decide, weighed by a small model.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression

from analytics.complaints.corpus import Sentence
from analytics.complaints.taxonomy import AGENT_ACTS, CALLER_ACTS, RESOLUTIONS
from analytics.words import normalise
from calls.records import Role

Array = npt.NDArray[np.float64]

#: How many turns from the end are the closing.
CLOSING = 10
#: An act likelier than this is one.
AN_ACT = 0.4
_ACTS = {Role.AGENT.value: AGENT_ACTS, Role.CALLER.value: CALLER_ACTS}
CALLS = 1500


class ResolutionClassifier(BaseEstimator):  # type: ignore[misc]
    """Gives a call the probability of each of :data:`~analytics.complaints.taxonomy.RESOLUTIONS`.

    Parameters
    ----------
    C : float, default 1.0
        Inverse strength of the regularisation.

    Attributes
    ----------
    coef_ : float array, shape (4, 12)
        Weights of the acts: last agent's, last caller's, strongest agent's, strongest caller's.
    intercept_ : float array, shape (4,)
    """

    def __init__(self, C: float = 1.0) -> None:
        self.C = C

    @property
    def classes_(self) -> tuple[str, ...]:
        """The labels."""
        return tuple(RESOLUTIONS)

    def fit(self, X: Sequence[tuple[Array, Sequence[str]]], y: Sequence[str]) -> ResolutionClassifier:
        """Learn from closings: (probability of each act, shape (n_turns, 6), role of each turn)."""
        features = np.array([self._features(*closing) for closing in X])
        model = LogisticRegression(C=self.C, max_iter=2000).fit(
            features, [self.classes_.index(label) for label in y]
        )
        self.coef_, self.intercept_ = model.coef_, model.intercept_
        return self

    def predict_proba(self, X: Sequence[tuple[Array, Sequence[str]]]) -> Array:
        """Return the probability of each label, shape (n_calls, 4); rows sum to one."""
        if not X:
            return np.empty((0, len(self.classes_)))
        features = np.array([self._features(*closing) for closing in X])
        logits = features @ self.coef_.T + self.intercept_
        likely = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(likely / likely.sum(axis=1, keepdims=True))

    def _features(self, acts: Array, roles: Sequence[str]) -> Array:
        acts, roles = acts[-CLOSING:], roles[-CLOSING:]
        features = np.zeros((2, 6))
        for turn, role in zip(acts, roles, strict=True):
            own = slice(0, 3) if role == Role.AGENT else slice(3, 6)
            if turn[own].max() > AN_ACT:
                features[0, own] = turn[own]
            features[1, own] = np.maximum(features[1, own], turn[own])
        return features.ravel()


def deciding_turns(acts: Array, roles: Sequence[str]) -> list[tuple[int, int]]:
    """Return (turn, act) of the last act of each party in the closing, the later first.

    ``act`` is a column of ``acts``. Where there is no act, it is the last turn and its likeliest act.
    """
    last: dict[str, tuple[int, int]] = {}
    for number in range(max(0, len(roles) - CLOSING), len(roles)):
        first = 0 if roles[number] == Role.AGENT else 3
        act = first + int(acts[number, first : first + 3].argmax())
        if acts[number, act] > AN_ACT:
            last[roles[number]] = (number, act)
        fallback = (number, act)
    return sorted(last.values(), reverse=True) or [fallback]


def composed_closings(
    sentences: Sequence[Sentence], count: int, rng: random.Random
) -> list[tuple[list[tuple[str, str]], str]]:
    """Return closings put together of sentences: the turns as (role, normalised text), and the label.

    Up to three exchanges follow each other, and what every call has comes before, between and behind. The
    last exchange decides: what was done and not rejected is settled, what was promised and not rejected is
    promised, what was refused or rejected is not settled.
    """
    pools: dict[str, list[str]] = {}
    plain: dict[str, list[str]] = {}
    for sentence in sentences:
        if "act" in sentence.labels:
            pool = pools if sentence.labels["act"] else plain
            key = sentence.labels["act"] or sentence.role
            pool.setdefault(key, []).append(normalise(sentence.text).text)
    role_of = {act: role for role, acts in _ACTS.items() for act in acts}

    def say(act: str) -> tuple[str, str]:
        return role_of[act], rng.choice(pools[act])

    def chat(most: int) -> list[tuple[str, str]]:
        said = [rng.choice(("caller", "agent")) for _ in range(rng.randint(0, most))]
        return [(role, rng.choice(plain[role])) for role in said if role in plain]

    calls = []
    for _ in range(count):
        turns, label = chat(4), "unknown"
        for _ in range(rng.choice((0, 1, 1, 1, 2, 2, 3))):
            acts, label = rng.choice(_EXCHANGES)
            for act in acts:
                turns += [say(act), *chat(1)]
        calls.append((turns + chat(3), label))
    return calls


#: What the parties do in turn, and what has become of the matter then.
_EXCHANGES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("done", "accept"), "yes"),
    (("done", "fixed"), "yes"),
    (("done",), "yes"),
    (("fixed",), "yes"),
    (("done", "reject"), "no"),
    (("promise", "accept"), "promised"),
    (("promise", "accept"), "promised"),
    (("promise",), "promised"),
    (("promise", "reject"), "no"),
    (("refuse", "reject"), "no"),
    (("refuse", "accept"), "no"),
    (("refuse",), "no"),
    (("reject",), "no"),
)
