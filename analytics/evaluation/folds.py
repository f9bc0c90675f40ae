"""Repeated stratified folds that keep groups whole, and the lockbox."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from calls.errors import AnalyticsError

#: One id of so many is in the lockbox.
LOCKBOX_SHARE = 5
_PLAN = re.compile(r"(\d{1,2})x(\d{1,2})")


@dataclass(frozen=True, slots=True)
class Plan:
    """Cross-validation: so many folds, dealt anew so many times; written ``5x3``."""

    folds: int
    repeats: int

    @classmethod
    def of(cls, text: str) -> Plan:
        """Read a plan.

        Raises
        ------
        AnalyticsError
            It is not of the form, or there are fewer than two folds or one repeat.
        """
        match = _PLAN.fullmatch(text)
        if match is None or int(match[1]) < 2 or int(match[2]) < 1:
            raise AnalyticsError(f"--cv {text}", "write folds x repeats: 5x3")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.folds}x{self.repeats}"


@dataclass(frozen=True, slots=True)
class Fold:
    """Row numbers to learn from and to judge, both ascending, in the ``repeat``-th dealing."""

    repeat: int
    train: np.ndarray
    test: np.ndarray


def in_lockbox(ids: Sequence[str]) -> np.ndarray:
    """Tell of each row whether it is locked away: about one in five, whatever else is in the file.

    By the SHA-256 of the id, as a big-endian number modulo 5.
    """
    digests = (hashlib.sha256(name.encode()).digest() for name in ids)
    return np.array([int.from_bytes(digest) % LOCKBOX_SHARE == 0 for digest in digests], dtype=bool)


def deal(labels: np.ndarray, groups: np.ndarray, plan: Plan, seed: int = 0) -> list[Fold]:
    """Deal rows into folds, alike in labels, no group on both sides.

    Every row is judged once a repeat.

    Parameters
    ----------
    labels : array, shape (n_rows,)
    groups : int array, shape (n_rows,)
    plan : Plan
    seed : int
        The repeats are dealt with seed, seed + 1, …

    Raises
    ------
    AnalyticsError
        A label has fewer groups than there are folds.
    """
    for label in np.unique(labels):
        there = len(np.unique(groups[labels == label]))
        if there < plan.folds:
            raise AnalyticsError(
                f"label {label}: {there} rows or groups of rows, for {plan.folds} folds",
                "give more rows of it, or ask for fewer folds",
            )
    dealt = []
    for repeat in range(plan.repeats):
        splitter = StratifiedGroupKFold(plan.folds, shuffle=True, random_state=seed + repeat)
        for train, test in splitter.split(labels, labels, groups):
            dealt.append(Fold(repeat, train, test))
    return dealt
