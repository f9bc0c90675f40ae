"""Our model beside the baseline, on the same rows: cross-validated, on a test file, or on the lockbox."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from analytics.evaluation.bootstrap import RESAMPLES
from analytics.evaluation.contender import Contender, Maker
from analytics.evaluation.folds import Fold, Plan, deal, in_lockbox
from analytics.evaluation.metrics import Answer, Measures, Truth, as_json, differences, measures
from analytics.evaluation.noise import Noise, corrupt, corrupt_calls
from analytics.evaluation.openings import opening_groups
from analytics.evaluation.sets import LabelledSet, Row
from calls.errors import AnalyticsError
from calls.records import Transcript

OURS, BASELINE, DIFFERENCE = "huawu", "baseline", "difference"
THREE_TIMES_FIVE = Plan(5, 3)


@dataclass(frozen=True, slots=True)
class Setup:
    """How rows are divided and what is done to them.

    Attributes
    ----------
    plan : Plan
        The cross-validation, where there is no test file.
    by_opening : bool
        Rows that begin alike stay on one side.
    locked : bool
        Rows in the lockbox take no part in cross-validation.
    lockbox : bool
        The lockbox is judged instead, by what was learnt from all other rows.
    noise : float
        Character error rate of the corruption; 0 for none.
    seed : int
    resamples : int
        Resamples behind the intervals.
    """

    plan: Plan = THREE_TIMES_FIVE
    by_opening: bool = True
    locked: bool = False
    lockbox: bool = False
    noise: float = 0.0
    seed: int = 0
    resamples: int = RESAMPLES


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What came out.

    Attributes
    ----------
    task, train, test : str
        The task, and the files; ``test`` is empty for a cross-validation, ``train`` where nothing was learnt.
    protocol : str
        How the rows were divided, in words.
    n : int
        Rows that were judged.
    wanted : str
        The label that is put first; empty where there is none.
    wanted_share : float
        Its share of the rows.
    results : dict of str to dict of str to Measures
        By condition (``clean``; with noise also ``noisy``: learnt clean, judged corrupted, and
        ``trained-noisy``: learnt and judged corrupted), then by contender: ``huawu``, and where there is one
        ``baseline`` and the ``difference``, ours less the baseline's.
    noise : Noise or None
        What was done to all rows together.
    left_out : dict of str to int
        Labels that took no part, with their rows.
    seconds : float
        How long it took.
    """

    task: str
    train: str
    test: str
    protocol: str
    n: int
    wanted: str
    wanted_share: float
    results: dict[str, dict[str, Measures]]
    noise: Noise | None = None
    left_out: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def headline(self) -> dict[str, Measures]:
        """The condition that was asked for: corrupted text, where there is noise, learnt from clean."""
        return self.results.get("noisy") or self.results["clean"]

    def as_json(self) -> dict[str, Any]:
        """Return one object: our measures at the top, those of the baseline and other conditions below."""
        facts = {
            name: getattr(self, name)
            for name in ("task", "train", "test", "protocol", "n", "wanted", "left_out")
        }
        facts |= {"wanted_share": round(self.wanted_share, 5), "seconds": round(self.seconds, 1)}
        others = {
            condition.replace("-", "_"): {name: as_json(each) for name, each in found.items()}
            for condition, found in self.results.items()
        }
        baseline = self.headline.get(BASELINE)
        return {
            **facts,
            **as_json(self.headline[OURS]),
            "baseline": as_json(baseline) if baseline else None,
            "noise": asdict(self.noise) if self.noise else None,
            "conditions": others,
        }


def contest(
    task: str,
    wanted: str,
    contenders: dict[str, Maker],
    train: LabelledSet[Row] | None,
    test: LabelledSet[Row] | None,
    setup: Setup,
) -> Evaluation:
    """Let contenders learn from the same rows and judge the same rows.

    Parameters
    ----------
    task, wanted : str
        Name of the task; the label to put first, or ``""``.
    contenders : dict of str to Maker
        ``huawu``, and ``baseline`` where there is one.
    train : LabelledSet, optional
        None for contenders that are not trained.
    test : LabelledSet, optional
        Cross-validation on ``train`` if None.
    setup : Setup

    Raises
    ------
    AnalyticsError
        The rows do not allow it.
    """
    began = time.monotonic()
    rows, folds, protocol, left_out = _divided(train, test, setup)
    noisy, noise = _noisy(rows, setup)
    groups = _groups(rows, setup)
    answers = {
        name: _answers(make, rows, noisy, groups, folds, setup.plan.repeats)
        for name, make in contenders.items()
    }
    judged = np.unique(np.concatenate([fold.test for fold in folds]))
    truth = Truth(
        rows.labels[judged], groups[judged], wanted, None if rows.means is None else rows.means[judged]
    )
    given = {
        name: {condition: [_chosen(each, judged) for each in said] for condition, said in conditions.items()}
        for name, conditions in answers.items()
    }
    results: dict[str, dict[str, Measures]] = {}
    for condition in given[OURS]:
        ours, other = given[OURS][condition], given.get(BASELINE, {}).get(condition)
        found = {OURS: measures(truth, ours, setup.resamples, setup.seed)}
        if other is not None:
            found[BASELINE] = measures(truth, other, setup.resamples, setup.seed)
            found[DIFFERENCE] = differences(truth, ours, other, setup.resamples, setup.seed)
        results[condition] = found
    return Evaluation(
        task=task,
        train=train.name if train is not None else "",
        test=test.name if test is not None else "",
        protocol=protocol,
        n=len(truth),
        wanted=wanted,
        wanted_share=float(np.mean(truth.labels == wanted)) if wanted else 0.0,
        results=results,
        noise=noise,
        left_out=left_out,
        seconds=time.monotonic() - began,
    )


def _divided(
    train: LabelledSet[Row] | None, test: LabelledSet[Row] | None, setup: Setup
) -> tuple[LabelledSet[Row], list[Fold], str, dict[str, int]]:
    """Return all rows that take part, the folds over them, the protocol in words, and labels left out."""
    if train is None:
        if test is None:
            raise AnalyticsError("there are no rows", "give a file to judge")
        every = np.arange(len(test))
        return test, [Fold(0, every[:0], every)], "nothing learnt from the rows", {}
    if test is not None:
        return _by_file(train, test, setup)
    if setup.lockbox:
        return (train, [_lockbox_fold(train, setup)], "the lockbox, learnt from all other rows", {})
    rows = train.select(~in_lockbox(train.ids)) if setup.locked else train
    if not len(rows):
        raise AnalyticsError(f"{train.name}: all rows are in the lockbox", "give more rows")
    folds = deal(rows.labels, _groups(rows, setup), setup.plan, setup.seed)
    protocol = f"{setup.plan} stratified cross-validation"
    protocol += ", near-identical openings on one side" if setup.by_opening else ""
    protocol += f", {len(train) - len(rows)} rows in the lockbox left out" if setup.locked else ""
    return rows, folds, protocol, {}


def _by_file(
    train: LabelledSet[Row], test: LabelledSet[Row], setup: Setup
) -> tuple[LabelledSet[Row], list[Fold], str, dict[str, int]]:
    known = np.isin(test.labels, np.unique(train.labels))
    unknown, counts = np.unique(test.labels[~known], return_counts=True)
    left_out = dict(zip(unknown.tolist(), counts.tolist(), strict=True))
    if not known.any():
        raise AnalyticsError(
            f"{test.name}: none of its labels ({', '.join(unknown[:5])}) is in {train.name}",
            "give files with the same labels",
        )
    test = test.select(known)
    rows = _joined(train, test)
    first = np.arange(len(rows)) < len(train)
    protocol = "learnt from one file, judged on another"
    if setup.by_opening:
        groups = _groups(rows, setup)
        shared = first & np.isin(groups, groups[~first])
        protocol += f"; {int(shared.sum())} rows that begin like one of the other file were not learnt from"
        learnt = first & ~shared
        if not learnt.any():
            raise AnalyticsError(
                f"{train.name}: every row begins like one of {test.name}", "give another file"
            )
    else:
        learnt = first
    return rows, [Fold(0, np.flatnonzero(learnt), np.flatnonzero(~first))], protocol, left_out


def _lockbox_fold(rows: LabelledSet[Row], setup: Setup) -> Fold:
    locked = in_lockbox(rows.ids)
    groups = _groups(rows, setup)
    learnt = ~locked & ~np.isin(groups, groups[locked])
    if not locked.any() or not learnt.any():
        raise AnalyticsError(
            f"{rows.name}: {int(locked.sum())} of {len(rows)} rows are in the lockbox", "give more rows"
        )
    return Fold(0, np.flatnonzero(learnt), np.flatnonzero(locked))


def _joined(one: LabelledSet[Row], other: LabelledSet[Row]) -> LabelledSet[Row]:
    means = None if one.means is None or other.means is None else np.concatenate([one.means, other.means])
    return LabelledSet(
        one.name,
        one.ids + other.ids,
        one.rows + other.rows,
        np.concatenate([one.labels, other.labels]),
        one.openings + other.openings,
        means,
    )


def _groups(rows: LabelledSet[Row], setup: Setup) -> np.ndarray:
    return opening_groups(rows.openings) if setup.by_opening else np.arange(len(rows))


def _noisy(rows: LabelledSet[Row], setup: Setup) -> tuple[LabelledSet[Row] | None, Noise | None]:
    """Return the rows as a recogniser would have written them; None for both where that is not asked."""
    if not setup.noise:
        return None, None
    if isinstance(rows.rows[0], Transcript):
        heard, noise = corrupt_calls(rows.rows, setup.noise, setup.seed)
    else:
        heard, noise = corrupt(rows.rows, setup.noise, setup.seed)
    return replace(rows, rows=tuple(heard)), noise


def _answers(
    make: Maker,
    rows: LabelledSet[Row],
    noisy: LabelledSet[Row] | None,
    groups: np.ndarray,
    folds: Sequence[Fold],
    repeats: int,
) -> dict[str, list[Answer]]:
    """Return the answers for all rows by condition, one for each repeat that the folds have."""
    parts: dict[str, list[tuple[Fold, Answer]]] = {}
    for fold in folds:
        clean = _fitted(make, rows, groups, fold)
        parts.setdefault("clean", []).append((fold, clean.answer(rows.select(fold.test).rows)))
        if noisy is not None:
            heard = noisy.select(fold.test).rows
            parts.setdefault("noisy", []).append((fold, clean.answer(heard)))
            used = _fitted(make, noisy, groups, fold)
            parts.setdefault("trained-noisy", []).append((fold, used.answer(heard)))
    return {
        condition: [
            _merged(len(rows), [(fold, answer) for fold, answer in given if fold.repeat == repeat])
            for repeat in range(repeats)
            if any(fold.repeat == repeat for fold, _ in given)
        ]
        for condition, given in parts.items()
    }


def _fitted(make: Maker, rows: LabelledSet[Row], groups: np.ndarray, fold: Fold) -> Contender[Row]:
    contender: Contender[Row] = make()
    contender.fit(rows.select(fold.train), groups[fold.train])
    return contender


def _merged(length: int, parts: Sequence[tuple[Fold, Answer]]) -> Answer:
    """Put the answers of the folds of one repeat side by side; rows that no fold judged stay empty."""

    def column(name: str) -> np.ndarray | None:
        given = [getattr(answer, name) for _, answer in parts]
        if any(each is None for each in given):
            return None
        whole = np.full(length, np.nan)
        for (fold, _), each in zip(parts, given, strict=True):
            whole[fold.test] = each
        return whole

    labels = np.full(length, "", dtype=object)
    for fold, answer in parts:
        labels[fold.test] = answer.labels
    return Answer(labels.astype(str), column("score"), column("probability"), column("mean"))


def _chosen(answer: Answer, rows: np.ndarray) -> Answer:
    columns: Iterable[np.ndarray | None] = (answer.score, answer.probability, answer.mean)
    return Answer(answer.labels[rows], *(None if each is None else each[rows] for each in columns))
