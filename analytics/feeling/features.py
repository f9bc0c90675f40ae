"""Texts as rows of numbers: what the lexicon reads in them, and which n-grams they hold.

A row is linear in its causes: each polar word has its *share* of the lexicon's columns, each n-gram is a
column of its own. So a score can be handed back, to the last digit, to the spans that made it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log1p, tanh
from typing import Any

import numpy as np
from scipy import sparse

from analytics.feeling.lexicon import ABUSE, POLAR, STANCE, THREAT, TROUBLE, WORD
from analytics.feeling.reader import BREAKS, Reading, plain, read
from analytics.grams import Line, hashes, key_of, line_of, points_of, sounds_of
from analytics.words import words_of

#: Columns of the lexicon: sums, the last and the first word, counts by kind; from ``silent`` on the
#: columns that no single word owns.
READ_COLUMNS = (
    "praise",
    "blame",
    "balance",
    "last",
    "first",
    "after contrast",
    "mean",
    "highest",
    "lowest",
    "praises",
    "blames",
    *(kind for kind in POLAR if kind != WORD),
    "silent",
    "wishes",
    "questions",
    "exclamations",
    "length",
)
SHARED = READ_COLUMNS.index("silent")
_KINDS = {kind: READ_COLUMNS.index(kind) for kind in (ABUSE, THREAT, TROUBLE, STANCE)}
#: Counts beyond this add nothing.
COUNTED = 3
#: Weights of the views: characters, syllables, words.
VIEW_WEIGHTS = (1.0, 0.5, 1.0)
#: Columns of a view: 2 to this power. Fewer would mix rare n-grams into the telling ones.
BITS = 20
COLUMNS = 1 << BITS
#: Lengths of the n-grams of the characters and of the syllables: toneless, without punctuation.
CHARACTERS = (1, 2, 3, 4)
SYLLABLES = (2, 3, 4)
#: Columns of all views together.
GRAM_COLUMNS = len(VIEW_WEIGHTS) * COLUMNS

_EDGE = "\n"
_SHIFT = np.uint64(64 - BITS)
_SIGNS = np.array([ord(sign) for sign in BREAKS], np.uint64)


@dataclass(frozen=True, slots=True)
class View:
    """The n-grams of one view of some texts.

    Attributes
    ----------
    columns : int array, shape (n_lengths, n_places)
        Column of the n-gram of each length at each place; :data:`COLUMNS` where none begins.
    lengths : tuple of int
    text : int array, shape (n_places,)
        Text of each place, ascending.
    origin : int array, shape (n_places,)
        Index of the place's character in its text; -1 and its length for the edges.
    """

    columns: np.ndarray
    lengths: tuple[int, ...]
    text: np.ndarray
    origin: np.ndarray


@dataclass(frozen=True, slots=True)
class Texts:
    """Some texts, read once for all that is asked of them.

    Attributes
    ----------
    texts : sequence of str
    readings : list of Reading
        What the lexicon finds in each.
    views : list of (View, float array, int)
        Each view with the value of an n-gram in each text, and the view's first column.
    """

    texts: Sequence[str]
    readings: list[Reading]
    views: list[tuple[View, np.ndarray, int]]


@dataclass(frozen=True, slots=True)
class Rows:
    """Some texts as features.

    Attributes
    ----------
    read : float array, shape (n_texts, len(READ_COLUMNS))
    grams : sparse matrix, shape (n_texts, GRAM_COLUMNS)
        Characters, syllables, words (empty where not asked for); a row's n-grams of a view that occur but
        once have the length of the view's weight together.
    """

    read: np.ndarray
    grams: Any


def read_texts(texts: Sequence[str], words: bool = False) -> Texts:
    """Read texts; with their words too, where a model asks for them."""
    found = []
    of_texts = [*views(texts), word_view(texts)] if words else views(texts)
    for number, (view, weight) in enumerate(zip(of_texts, VIEW_WEIGHTS, strict=False)):
        counts = np.bincount(view.text, (view.columns < COLUMNS).sum(axis=0), minlength=len(texts))
        found.append((view, weight / np.sqrt(np.maximum(counts, 1.0)), number * COLUMNS))
    return Texts(texts, [read(text) for text in texts], found)


def rows_of(texts: Sequence[str], words: bool = False) -> Rows:
    """Return the features of ``texts``."""
    found = read_texts(texts, words)
    matrices = [_matrix(view, value, len(texts)) for view, value, _ in found.views]
    if not words:
        matrices.append(sparse.csr_matrix((len(texts), COLUMNS), dtype=np.float32))
    return Rows(read_rows(found.readings), sparse.hstack(matrices, format="csr"))


def views(texts: Sequence[str]) -> tuple[View, View]:
    """Return the character view and the syllable view of ``texts``."""
    line = line_of([_EDGE + plain(text) + _EDGE for text in texts])
    spoken = np.flatnonzero(~np.isin(line.code, _SIGNS))
    heard = line.kept(spoken, sounds_of(line.code))
    return _view(line, CHARACTERS), _view(heard, SYLLABLES)


def _view(line: Line, lengths: tuple[int, ...]) -> View:
    columns = np.full((len(lengths), len(line.code)), COLUMNS, dtype=np.int32)
    for length, key in enumerate(hashes(line.code, lengths[-1]), start=1):
        if length in lengths:
            inside = line.text[: len(key)] == line.text[length - 1 :]
            row = columns[lengths.index(length)]
            np.copyto(row[: len(key)], key >> _SHIFT, where=inside, casting="unsafe")
    return View(columns, lengths, line.text, line.start - 1)


def word_view(texts: Sequence[str]) -> View:
    """Return the words of ``texts`` as a view: each stands at its first character.

    It costs as much as all else together, so that only models that ask for it have it.
    """
    found = [
        (number, start, key_of(points_of(word).astype(np.uint64)) >> (64 - BITS))
        for number, said in enumerate(texts)
        for word, start, end in words_of(plain(said))
        if end - start > 1
    ]
    text, origin, column = np.array(found, dtype=np.int64).reshape(-1, 3).T
    return View(column[np.newaxis].astype(np.int32), (1,), text, origin)


def _matrix(view: View, value: np.ndarray, texts: int) -> Any:
    length, place = np.nonzero(view.columns < COLUMNS)
    text = view.text[place]
    return sparse.csr_matrix(
        (value[text].astype(np.float32), (text, view.columns[length, place])), shape=(texts, COLUMNS)
    )


def read_rows(readings: Sequence[Reading]) -> np.ndarray:
    """Return the lexicon's columns of texts that it has read, shape (n_texts, len(READ_COLUMNS))."""
    return np.array([_row(each) for each in readings], dtype=np.float32).reshape(-1, len(READ_COLUMNS))


def _row(reading: Reading) -> list[float]:
    """Return the column sums of :func:`shares` and the shared columns; written out, because it is hot."""
    row = [0.0] * len(READ_COLUMNS)
    praise = blame = after = highest = lowest = 0.0
    praises = blames = 0
    first = last = None
    for number, pull in enumerate(reading.pulls):
        value = pull.value
        if pull.kind != WORD:
            row[_KINDS[pull.kind]] += 1.0
            continue
        if first is None:
            first = value
        last = value
        if value > 0:
            praise, praises = praise + value, praises + 1
            highest = max(highest, value)
        else:
            blame, blames = blame + value, blames + 1
            lowest = min(lowest, value)
        if number >= reading.turn:
            after += value
    for column in _KINDS.values():
        row[column] = min(row[column], COUNTED)
    if first is not None and last is not None:
        row[:11] = (
            praise / 3,
            blame / 3,
            tanh((praise + blame) / 3),
            last / 2,
            first / 2,
            after / 3,
            (praise + blame) / (praises + blames) / 2,
            highest / 2,
            lowest / 2,
            min(praises, COUNTED) / 2,
            min(blames, COUNTED) / 2,
        )
    row[SHARED:] = _shared(reading)
    return row


def _shared(reading: Reading) -> tuple[float, ...]:
    return (
        0.0 if reading.pulls else 1.0,
        min(reading.wishes, 2) / 2,
        min(reading.questions, 2) / 2,
        min(reading.exclamations, COUNTED) / 2,
        log1p(reading.length) / 4,
    )


def shares(reading: Reading) -> np.ndarray:
    """Return what each polar word has of each column, shape (n_pulls, len(READ_COLUMNS)).

    The columns up to :data:`SHARED` sum to those of the text's row; the others are zero.
    """
    share = np.zeros((len(reading.pulls), len(READ_COLUMNS)))
    kind = np.array([pull.kind for pull in reading.pulls])
    value = np.array([pull.value for pull in reading.pulls])
    for name, column in _KINDS.items():
        said = kind == name if len(kind) else np.zeros(0, dtype=bool)
        if said.any():
            share[said, column] = min(said.sum(), COUNTED) / said.sum()
    words = np.flatnonzero(kind == WORD) if len(kind) else np.zeros(0, dtype=int)
    if not words.size:
        return share
    worth = value[words]
    total = worth.sum()
    up, down = words[worth > 0], words[worth <= 0]
    share[up, 0] = value[up] / 3
    share[down, 1] = value[down] / 3
    if abs(total) > 1e-9:
        share[words, 2] = tanh(total / 3) * worth / total
    share[words[-1], 3] = worth[-1] / 2
    share[words[0], 4] = worth[0] / 2
    after = words[words >= reading.turn]
    share[after, 5] = value[after] / 3
    share[words, 6] = worth / len(words) / 2
    if up.size:
        share[up[value[up].argmax()], 7] = value[up].max() / 2
        share[up, 9] = min(up.size, COUNTED) / 2 / up.size
    if down.size:
        share[down[value[down].argmin()], 8] = value[down].min() / 2
        share[down, 10] = min(down.size, COUNTED) / 2 / down.size
    return share
