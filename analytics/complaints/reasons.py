"""Why a caller complains and who is responsible: from scored turns to one label for the call."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression

from analytics.complaints.corpus import COLUMNS, Sentence
from analytics.complaints.sentences import SentenceScorer
from analytics.words import normalise
from calls.records import Role

Array = npt.NDArray[np.float64]

#: What is known of each label in a call, in the order of ``coef_``.
POOLED = ("caller's highest turn", "agent's highest turn", "lead over the caller's other labels")
#: Stands for a party that said nothing: what no turn scores.
_SILENT = -6.0
#: How many calls are put together for the calibration, out of sentences that the scorer did not learn from.
CALLS = 1200


@dataclass(frozen=True, slots=True)
class ScoredCall:
    """The scores of a call's turns, caller's and agent's, each of shape (n_turns, n_labels)."""

    caller: Array
    agent: Array


class CallLabeller(BaseEstimator):  # type: ignore[misc]
    """Gives a call the probability of each label of one column.

    The highest turn of each party and the lead over the next label are weighed by one logistic model for
    all labels; it learns from calls put together of sentences that the scorer had not seen, which makes
    its output calibrated.

    Parameters
    ----------
    column : str, default "cause"
        One of the columns of the corpus.

    Attributes
    ----------
    coef_ : float array, shape (3,)
        Weights of :data:`POOLED`.
    intercept_ : float
    """

    def __init__(self, column: str = "cause") -> None:
        self.column = column

    @property
    def classes_(self) -> tuple[str, ...]:
        """The labels."""
        return COLUMNS[self.column]

    def fit(self, X: Sequence[ScoredCall], y: Sequence[str]) -> CallLabeller:
        """Learn from scored calls and their labels, ``""`` for a call without one."""
        pooled = np.concatenate([self._pool(call) for call in X])
        right = np.concatenate([[label == each for label in self.classes_] for each in y])
        model = LogisticRegression(C=1.0).fit(pooled, right)
        self.coef_ = model.coef_[0]
        self.intercept_ = float(model.intercept_[0])
        return self

    def predict_proba(self, X: Sequence[ScoredCall]) -> Array:
        """Return the probability of each label, shape (n_calls, n_labels); rows need not sum to one."""
        if not X:
            return np.empty((0, len(self.classes_)))
        logits = np.array([self._pool(call) @ self.coef_ + self.intercept_ for call in X])
        return np.asarray(expit(logits))

    def _pool(self, call: ScoredCall) -> Array:
        """Return the pooled scores, shape (n_labels, 3)."""
        caller, agent = (
            scores.max(axis=0) if len(scores) else np.full(len(self.classes_), _SILENT)
            for scores in (call.caller, call.agent)
        )
        best, second = np.sort(caller)[[-1, -2]]
        others = np.where(caller == best, second, best)
        return np.column_stack([caller, agent, caller - others])


def scored(scorer: SentenceScorer, column: str, caller: Sequence[str], agent: Sequence[str]) -> ScoredCall:
    """Return the scores of one column for normalised turns."""
    columns = scorer.columns(column)
    return ScoredCall(scorer.score(caller)[:, columns], scorer.score(agent)[:, columns])


def composed_calls(
    column: str, sentences: Sequence[Sentence], count: int, rng: random.Random
) -> list[tuple[list[str], list[str], str]]:
    """Return calls put together of sentences: (caller's turns, agent's turns, label), texts normalised.

    One call in five has no label. In the others a caller's sentence has it, and in half of them an agent's
    too. Who is responsible by an agent's finding outweighs what the caller says.
    """
    labels = COLUMNS[column]
    pools: dict[tuple[str, str], list[str]] = {}
    for sentence in sentences:
        if column in sentence.labels:
            pools.setdefault((sentence.role, sentence.labels[column]), []).append(
                normalise(sentence.text).text
            )
    plain = pools.get((Role.CALLER.value, ""), [])
    calls = []
    for _ in range(count):
        caller = rng.sample(plain, min(len(plain), rng.randint(1, 6)))
        agent = rng.sample(_AGENTS, rng.randint(1, 4))
        label = "" if rng.random() < 0.2 else rng.choice(labels)
        said = pools.get((Role.CALLER.value, label), [])
        if label and said:
            caller.insert(rng.randint(0, len(caller)), rng.choice(said))
            found = pools.get((Role.AGENT.value, label), [])
            if found and rng.random() < 0.5:
                agent.append(rng.choice(found))
            elif column == "responsible" and rng.random() < 0.3:
                other = rng.choice(
                    [each for each in labels if pools.get((Role.AGENT.value, each))] or [label]
                )
                agent.append(rng.choice(pools.get((Role.AGENT.value, other), [""])))
                label = other
        else:
            label = ""
        calls.append((caller, agent, label))
    return calls


#: What agents say in every call.
_AGENTS = [
    normalise(text).text
    for text in (
        "您好很高兴为您服务",
        "请问有什么可以帮您",
        "请提供一下您的号码",
        "好的我帮您查一下",
        "请您稍等",
        "您说的情况我了解了",
        "请问还有其他问题吗",
        "感谢您的来电再见",
        "非常抱歉给您带来不便",
        "您先别着急",
        "我理解您的心情",
        "麻烦您报一下订单号",
        "请问您贵姓",
    )
]
