"""The risk of a call: an additive, calibrated model, fitted on verdicts or on the votes of many raters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from analytics.riskmodel.features import CallFeatures, Signals
from analytics.riskmodel.linear import Span, fit_least_squares, fit_logistic, sigmoid
from analytics.riskmodel.parts import knows_roles
from analytics.riskmodel.reasons import MOST_REASONS, Reason, reasons_of_each
from calls.records import Transcript

#: Thresholds of the soft labels from the asked one, and their softness, in standard deviations of the votes.
THRESHOLDS, SOFTNESS = (-0.8, -0.4, 0.0, 0.4, 0.8), 0.15
#: Votes farther than so many standard deviations from the threshold are equally bad, or equally good.
REACH = 1.1
#: Calls read at a time: bounds the memory.
BATCH = 200


class RiskScorer(BaseEstimator):  # type: ignore[misc]
    """Scores calls that are all read in one way; :class:`RiskModel` holds one or two of these.

    Several linear models of the same columns (logistic on labels that the distance of the mean vote from
    the threshold, and from four beside it, softens; least squares on the mean vote, cut off away from the
    threshold) are averaged, each by its own spread; without votes there is only the label's logistic
    model. A sum of linear models is one linear model, whose output Platt's map (1999), fitted on scores of
    calls that were left out, turns into a calibrated logit.

    Parameters
    ----------
    features : CallFeatures
    C : float, default 2.0
        Inverse strength of the penalty of the logistic models.
    ridge : float, default 0.5
        Inverse strength of the penalty of least squares.
    folds : int, default 5
        Folds behind the calibration.
    seed : int, default 0
        Deals the folds.

    Attributes
    ----------
    coef_, intercept_ : float array, shape (n_columns,), float
        The logit.
    mean_ : float array, shape (n_columns,)
        The average call, from which reasons are counted.
    score_coef_, score_intercept_ : float array, shape (n_columns,), float
        The mean vote; minus the logit where no votes were given.
    """

    def __init__(
        self, features: CallFeatures, C: float = 2.0, ridge: float = 0.5, folds: int = 5, seed: int = 0
    ) -> None:
        self.features = features
        self.C = C
        self.ridge = ridge
        self.folds = folds
        self.seed = seed

    def fit(
        self,
        X: Sequence[Transcript],
        y: np.ndarray,
        y_mean: np.ndarray | None,
        groups: np.ndarray,
        sample_weight: np.ndarray,
        signals: Signals | None,
    ) -> RiskScorer:
        """Learn from calls; the parameters are those of :meth:`RiskModel.fit`, all given."""
        rows = self.features.fit_transform(X, signals)
        span = Span(rows)
        targets = _targets(y, y_mean, sample_weight)
        coef, intercept, unseen = [], [], []
        left_out = self._left_out(y, groups)
        for kind, target in targets:
            fitted = self._fit_one(kind, span.coordinates, target, sample_weight)
            coef.append(fitted[0])
            intercept.append(fitted[1])
            unseen.append(self._unseen(kind, span.coordinates, target, sample_weight, left_out, fitted))
        spread = np.maximum(np.std(unseen, axis=1), 1e-9)
        slope, shift = _platt(np.sum(unseen / spread[:, None], axis=0), y, sample_weight)
        self.coef_ = span.columns(slope * np.sum(np.array(coef) / spread[:, None], axis=0))
        self.intercept_ = float(shift + slope * np.sum(np.array(intercept) / spread))
        self.mean_ = np.asarray(rows.T @ sample_weight / sample_weight.sum())
        self.__dict__.pop("_average", None)
        if y_mean is None:
            self.score_coef_, self.score_intercept_ = -self.coef_, -self.intercept_
        else:
            score, self.score_intercept_ = fit_least_squares(
                span.coordinates, y_mean, sample_weight, self.ridge
            )
            self.score_coef_ = span.columns(score)
        return self

    def mean_with(self, other: RiskScorer) -> None:
        """Become the mean of this scorer and one of the same columns, fitted on the same calls."""
        for name in ("coef_", "intercept_", "score_coef_", "score_intercept_"):
            setattr(self, name, 0.5 * (getattr(self, name) + getattr(other, name)))
        self.__dict__.pop("_average", None)

    @property
    def base(self) -> float:
        """The logit of the average call."""
        return self.intercept_ + sum(self._average)

    def explain_each(
        self, X: Sequence[Transcript], signals: Signals | None, most: int
    ) -> list[tuple[Reason, ...]]:
        """Return why calls have their logits, as :meth:`RiskModel.explain` does."""
        text, _ = self._average
        return reasons_of_each(self.features, self.coef_, self.mean_, text, X, signals, most)

    @cached_property
    def _average(self) -> tuple[float, float]:
        """What the text of the average call adds to its logit, and what all else does."""
        width = self.features.text_width
        return (
            float(self.coef_[:width] @ self.mean_[:width]),
            float(self.coef_[width:] @ self.mean_[width:]),
        )

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in super().__getstate__().items() if name != "_average"}

    def decision_function(self, X: Sequence[Transcript], signals: Signals | None = None) -> np.ndarray:
        """Return the logit of the risk, shape (n_calls,)."""
        return self._dot(X, self.coef_, signals) + self.intercept_

    def predict_score(self, X: Sequence[Transcript], signals: Signals | None = None) -> np.ndarray:
        """Return the estimated mean vote, shape (n_calls,)."""
        return self._dot(X, self.score_coef_, signals) + self.score_intercept_

    def _dot(self, X: Sequence[Transcript], coef: np.ndarray, signals: Signals | None) -> np.ndarray:
        found = [np.empty(0)]
        for first in range(0, len(X), BATCH):
            batch = slice(first, first + BATCH)
            known = None if signals is None else signals[batch]
            found.append(self.features.dot(self.features.read(X[batch]), coef, known))
        return np.concatenate(found)

    def _fit_one(
        self, kind: str, rows: Any, target: np.ndarray, weight: np.ndarray
    ) -> tuple[np.ndarray, float]:
        if kind == "logistic":
            return fit_logistic(rows, target, weight, self.C)
        return fit_least_squares(rows, target, weight, self.ridge)

    def _left_out(self, y: np.ndarray, groups: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return folds in which both answers are learnt from; none where there are too few calls."""
        fewest = min(len(np.unique(groups[y == answer])) for answer in (False, True))
        folds = min(self.folds, fewest)
        if folds < 2:
            return []
        splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=self.seed)
        dealt = list(splitter.split(y, y, groups))
        return dealt if all(0 < y[train].sum() < len(train) for train, _ in dealt) else []

    def _unseen(
        self,
        kind: str,
        rows: Any,
        target: np.ndarray,
        weight: np.ndarray,
        folds: list[tuple[np.ndarray, np.ndarray]],
        fitted: tuple[np.ndarray, float],
    ) -> np.ndarray:
        """Return the scores that calls get from models fitted without them."""
        scores = np.asarray(rows @ fitted[0] + fitted[1])
        for train, test in folds:
            coef, intercept = self._fit_one(kind, rows[train], target[train], weight[train])
            scores[test] = rows[test] @ coef + intercept
        return scores


class RiskModel(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Estimates how likely a call is one that a person should hear, and says why.

    Parameters
    ----------
    shape : bool, default True
        Use the shape of the call: how many turns, how long, who speaks last, who repeats what.
    cues : bool, default True
        Count words that tell how a customer feels and how an agent answers.
    sounds : bool, default False
        Read syllables beside characters, see :class:`CallFeatures`.
    signals : tuple of str, default ()
        Names of what else is known of calls, see :data:`analytics.riskmodel.signals.SIGNALS`.
    blind : bool, default True
        Learn to judge calls without roles too, from the same calls with their roles taken away.
    C, ridge, folds, seed
        As in :class:`RiskScorer`.

    Attributes
    ----------
    classes_ : bool array
        False, True.
    known_ : RiskScorer or None
        Judges calls with roles; None where there were none to learn from.
    blind_ : RiskScorer or None
        Judges calls without roles; None where ``blind`` is false.
    """

    def __init__(
        self,
        shape: bool = True,
        cues: bool = True,
        sounds: bool = False,
        signals: tuple[str, ...] = (),
        blind: bool = True,
        C: float = 2.0,
        ridge: float = 0.5,
        folds: int = 5,
        seed: int = 0,
    ) -> None:
        self.shape = shape
        self.cues = cues
        self.sounds = sounds
        self.signals = signals
        self.blind = blind
        self.C = C
        self.ridge = ridge
        self.folds = folds
        self.seed = seed

    def fit(
        self,
        X: Sequence[Transcript],
        y: np.ndarray,
        y_mean: np.ndarray | None = None,
        groups: np.ndarray | None = None,
        sample_weight: np.ndarray | None = None,
        signals: Signals | None = None,
    ) -> RiskModel:
        """Learn from calls that people have judged.

        Parameters
        ----------
        X : sequence of Transcript
        y : bool array, shape (n_calls,)
            Whether each is a call that a person should hear.
        y_mean : float array, shape (n_calls,), optional
            Mean vote of several raters, of which ``y`` is one side of a threshold.
        groups : array, shape (n_calls,), optional
            Calls of one group stay on one side of the inner folds.
        sample_weight : float array, shape (n_calls,), optional
            Inverse probabilities of inclusion, for instance.
        signals : sequence of mapping, optional
            What is known of each call beside its text; read for the names in ``signals`` only.

        Raises
        ------
        ValueError
            The lengths differ, or all calls have the same answer.
        """
        labels = np.asarray(y).astype(bool)
        if len(labels) != len(X):
            raise ValueError(f"{len(X)} calls, {len(labels)} labels")
        if len(np.unique(labels)) < 2:
            raise ValueError(f"all {len(labels)} calls have the same label: nothing can be learnt")
        means = None if y_mean is None else np.asarray(y_mean, dtype=float)
        together = np.arange(len(X)) if groups is None else np.asarray(groups)
        weight = np.ones(len(X)) if sample_weight is None else np.asarray(sample_weight, dtype=float)
        self.classes_ = np.array([False, True])
        told = np.array([knows_roles(call) for call in X], dtype=bool)
        self.known_ = self.blind_ = None
        if len(np.unique(labels[told])) == 2:
            self.known_ = self._fitted(
                True, X, labels, means, together, weight, signals, np.flatnonzero(told)
            )
        if self.blind or self.known_ is None:
            kept = np.arange(len(X))
            self.blind_ = self._fitted(False, X, labels, means, together, weight, signals, kept)
        return self

    def mean_with(self, other: RiskModel) -> RiskModel:
        """Become the mean of this model and one that was fitted on the same calls without their signals."""
        for own, its in ((self.known_, other.known_), (self.blind_, other.blind_)):
            if own is not None and its is not None:
                own.mean_with(its)
        return self

    def decision_function(self, X: Sequence[Transcript], signals: Signals | None = None) -> np.ndarray:
        """Return the logit of the risk of each call, shape (n_calls,)."""
        return self._scored("decision_function", X, signals)

    def predict_proba(self, X: Sequence[Transcript], signals: Signals | None = None) -> np.ndarray:
        """Return the probabilities of no and yes, shape (n_calls, 2)."""
        yes = sigmoid(self.decision_function(X, signals))
        return np.column_stack([1.0 - yes, yes])

    def predict(self, X: Sequence[Transcript], signals: Signals | None = None) -> np.ndarray:
        """Tell of each call whether it is likelier than not that a person should hear it."""
        return np.asarray(self.decision_function(X, signals) >= 0.0)

    def predict_score(self, X: Sequence[Transcript], signals: Signals | None = None) -> np.ndarray:
        """Return the estimated mean vote, shape (n_calls,); minus the logit where none were learnt from."""
        return self._scored("predict_score", X, signals)

    def base(self, transcript: Transcript) -> float:
        """Return the logit of the average call learnt from, to which the reasons of a call add."""
        return self._scorer(knows_roles(transcript)).base

    def explain(
        self, transcript: Transcript, signals: dict[str, float | None] | None = None, most: int = MOST_REASONS
    ) -> tuple[Reason, ...]:
        """Return why a call has its risk, the weightiest reason first.

        The contributions add up, with :meth:`base`, to the logit; what is too small to be named is in one
        last reason.

        Parameters
        ----------
        transcript : Transcript
        signals : mapping, optional
        most : int, default 8
            Reasons named at most.
        """
        return self.explain_each([transcript], None if signals is None else [signals], most)[0]

    def explain_each(
        self, X: Sequence[Transcript], signals: Signals | None = None, most: int = MOST_REASONS
    ) -> list[tuple[Reason, ...]]:
        """Return :meth:`explain` of each of some calls that are judged together."""
        found: list[tuple[Reason, ...]] = [()] * len(X)
        for scorer, places in self._told_apart(X):
            known = None if signals is None else [signals[place] for place in places]
            reasons = scorer.explain_each([X[place] for place in places], known, most)
            for place, each in zip(places, reasons, strict=True):
                found[place] = each
        return found

    def reasons_in_words(
        self, transcript: Transcript, signals: dict[str, float | None] | None = None, most: int = 3
    ) -> tuple[str, ...]:
        """Return the reasons that raise the risk, weightiest first, each as one line of Chinese."""
        raising = [r for r in self.explain(transcript, signals) if r.contribution > 0 and r.kind != "rest"]
        return tuple(reason.in_words() for reason in raising[:most])

    def _fitted(
        self,
        roles: bool,
        X: Sequence[Transcript],
        y: np.ndarray,
        y_mean: np.ndarray | None,
        groups: np.ndarray,
        weight: np.ndarray,
        signals: Signals | None,
        kept: np.ndarray,
    ) -> RiskScorer:
        features = CallFeatures(roles, self.shape, self.cues, self.sounds, self.signals)
        return RiskScorer(features, self.C, self.ridge, self.folds, self.seed).fit(
            [X[place] for place in kept.tolist()],
            y[kept],
            None if y_mean is None else y_mean[kept],
            groups[kept],
            weight[kept],
            None if signals is None else [signals[place] for place in kept.tolist()],
        )

    def _scorer(self, roles: bool) -> RiskScorer:
        scorer = self.known_ if roles and self.known_ is not None else self.blind_
        if scorer is None:
            raise ValueError("roles are not known, and this model was fitted with blind=False")
        return scorer

    def _told_apart(self, X: Sequence[Transcript]) -> Iterator[tuple[RiskScorer, list[int]]]:
        """Yield each scorer with the places of the calls that are its own."""
        told = [knows_roles(call) for call in X]
        for roles in (True, False):
            places = [place for place, known in enumerate(told) if known is roles]
            if places:
                yield self._scorer(roles), places

    def _scored(self, method: str, X: Sequence[Transcript], signals: Signals | None) -> np.ndarray:
        scores = np.empty(len(X))
        for scorer, places in self._told_apart(X):
            known = None if signals is None else [signals[place] for place in places]
            scores[places] = getattr(scorer, method)([X[place] for place in places], known)
        return scores


def _targets(y: np.ndarray, y_mean: np.ndarray | None, weight: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """Return what the averaged models are fitted to; the label alone where votes do not help."""
    hard = [("logistic", y.astype(float))]
    if y_mean is None:
        return hard
    spread = float(np.sqrt(np.cov(y_mean, aweights=weight)))
    sign = (
        1.0 if np.average(y_mean[y], weights=weight[y]) > np.average(y_mean[~y], weights=weight[~y]) else -1.0
    )
    lowest, highest = (sign * y_mean[y]).min(), (sign * y_mean[~y]).max()
    if not spread > 0 or lowest < highest:
        return hard
    beyond = (sign * y_mean - 0.5 * (lowest + highest)) / spread
    soft = [("logistic", sigmoid((beyond - threshold) / SOFTNESS)) for threshold in THRESHOLDS]
    return [*soft, ("least squares", np.clip(beyond, -REACH, REACH))]


def _platt(scores: np.ndarray, y: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Return slope and shift of the map from scores to calibrated logits; the slope is not negative."""
    fitted = LogisticRegression(C=1e3).fit(scores[:, None], y, sample_weight=weight)
    return max(float(fitted.coef_[0, 0]), 0.0), float(fitted.intercept_[0])
