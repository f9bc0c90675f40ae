"""Inner folds, of rows dealt so that every fold has its share of every topic."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np


def deal(
    targets: np.ndarray, groups: Sequence[Hashable] | np.ndarray | None, count: int, seed: int
) -> np.ndarray:
    """Return the fold of each row, shape (n_rows,); fewer folds where there are fewer groups.

    Rows of one group are in one fold. Groups of the same first topic are dealt one after another, in an
    order that ``seed`` shuffles.

    Parameters
    ----------
    targets : bool array, shape (n_rows, n_topics)
    groups : sequence, length n_rows, optional
        Without it every row is a group of its own.
    count : int
        Folds wanted.
    seed : int
    """
    rows = len(targets)
    names = {} if groups is None else {group: number for number, group in enumerate(dict.fromkeys(groups))}
    unit = np.arange(rows) if groups is None else np.array([names[group] for group in groups])
    units = int(unit.max()) + 1 if rows else 0
    held = np.zeros((units, targets.shape[1] + 1))
    np.add.at(held, unit, np.column_stack([targets, ~targets.any(axis=1)]))
    topic = held.argmax(axis=1)
    order = np.random.default_rng(seed).permutation(units)
    order = order[np.argsort(topic[order], kind="stable")]
    fold = np.empty(units, dtype=np.int64)
    fold[order] = np.arange(units) % max(min(count, units), 1)
    return np.asarray(fold[unit])
