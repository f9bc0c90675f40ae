"""Which rows begin alike: a customer who writes the same to two desks may not be on both sides of a fold."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from speech.error_rate import DEFAULT

#: Characters of a shingle, and the Jaccard similarity of shingles from which two openings are near-identical.
SHINGLE, ALIKE = 3, 0.5
#: Openings compared at a time: bounds the memory.
BLOCK = 1000

_MENTION = re.compile(r"@[\w-]+")


def opening_groups(openings: Sequence[str]) -> np.ndarray:
    """Return the group of every row, numbered from 0 in order of first appearance.

    Two rows whose openings share at least half of their character 3-grams are in one group, and so are
    rows that a chain of such pairs links. Names after @, signs, spaces and case do not count. All pairs
    are compared; no hashing, no chance.

    Parameters
    ----------
    openings : sequence of str
        What the customer said first, as in :attr:`analytics.evaluation.sets.LabelledSet.openings`.
    """
    matrix = _shingles([DEFAULT(_MENTION.sub("", opening)) for opening in openings])
    sizes = np.asarray(matrix.sum(axis=1)).ravel()
    pairs = []
    for first in range(0, len(openings), BLOCK):
        shared = (matrix[first : first + BLOCK] @ matrix.T).tocoo()
        rows = shared.row + first
        alike = shared.data >= ALIKE * (sizes[rows] + sizes[shared.col] - shared.data)
        pairs.append(np.column_stack([rows[alike], shared.col[alike]]))
    ends = np.concatenate(pairs) if pairs else np.empty((0, 2), dtype=int)
    links = sparse.coo_matrix((np.ones(len(ends)), ends.T), shape=(len(openings), len(openings)))
    _, component = connected_components(links, directed=False)
    _, first_row, group = np.unique(component, return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(first_row))[group])


def _shingles(texts: Sequence[str]) -> sparse.csr_matrix:
    """Return which shingles each text has, as ones; a shorter text is a shingle itself."""
    column: dict[str, int] = {}
    starts, columns = [0], []
    for text in texts:
        there = {text[at : at + SHINGLE] for at in range(max(len(text) - SHINGLE + 1, 1))}
        columns += [column.setdefault(each, len(column)) for each in sorted(there)]
        starts.append(len(columns))
    ones = np.ones(len(columns), dtype=np.int32)
    return sparse.csr_matrix((ones, columns, starts), shape=(len(texts), len(column)))
