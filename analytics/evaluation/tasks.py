"""The three things that are evaluated: what their files are, what is sought, and who takes part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from analytics.evaluation.contender import Maker
from analytics.evaluation.contest import BASELINE, OURS, Evaluation, Setup, contest
from analytics.evaluation.sets import LabelledSet, without_rare
from calls.errors import AnalyticsError

#: A topic with fewer rows to learn from takes no part, unless asked otherwise.
LEAST_ROWS = 10


@dataclass(frozen=True, slots=True)
class Task:
    """One kind of evaluation.

    Attributes
    ----------
    name : str
    read : callable
        From a file to labelled rows.
    wanted : str
        The label that is put first; empty where no label is sought more than another.
    ours : callable
        From the labels of the rows to what makes our model, to be trained.
    builtin : callable
        From the labels to what makes our model as it is shipped.
    baseline : Maker
    locked : bool
        One fifth of the rows is a lockbox, left out of cross-validation.
    """

    name: str
    read: Callable[[Path], LabelledSet[Any]]
    wanted: str
    ours: Callable[[list[str]], Maker]
    builtin: Callable[[list[str]], Maker]
    baseline: Maker
    locked: bool = False


def evaluate(
    task: Task,
    train: LabelledSet[Any] | None,
    test: LabelledSet[Any] | None,
    setup: Setup,
    *,
    untrained: bool = False,
    least_rows: int = LEAST_ROWS,
) -> Evaluation:
    """Evaluate one task.

    Parameters
    ----------
    task : Task
    train, test : LabelledSet, optional
        Rows to learn from, and to judge. Without ``test``, cross-validation on ``train``. Without
        ``train``, which only ``untrained`` allows, there is no baseline: it would have nothing to learn from.
    setup : Setup
    untrained : bool
        Judge with the built-in model.
    least_rows : int
        Labels with fewer rows in ``train`` are left out, where no label is sought more than another.

    Raises
    ------
    AnalyticsError
        The rows do not allow it.
    """
    if train is None and (test is None or not untrained):
        raise AnalyticsError("there is nothing to learn from", "give a file with --train")
    left_out: dict[str, int] = {}
    if train is not None and not task.wanted:
        train, left_out = without_rare(train, least_rows)
        if not len(train):
            raise AnalyticsError(
                f"no label has {least_rows} rows or more", "give more rows, or a lower --least-rows"
            )
    rows = test if train is None else train
    assert rows is not None
    labels = sorted(set(rows.labels.tolist()))
    if len(labels) < 2:
        raise AnalyticsError(
            f"{rows.name}: every row has the label {labels[0]}", "give rows of two labels or more"
        )
    makers = {OURS: task.builtin(labels) if untrained else task.ours(labels)}
    if train is not None:
        makers[BASELINE] = task.baseline
    setup = replace(setup, locked=task.locked)
    # small matrices gain nothing from threads, and waiting threads take a busy machine's time
    with threadpool_limits(limits=1):
        found = contest(task.name, task.wanted, makers, train, test, setup)
    return replace(found, left_out=left_out | found.left_out)
