"""Texts and calls as TF-IDF rows over n-grams, each view of unit length.

Beside the views of every reading, runs of characters and of syllables, three are taken for topics:

- ``numerals``: the characters with every run of numerals as one of them, only where there is one;
- ``names``: the characters with every known name as one of its kind (:mod:`analytics.themes.names`), only
  where there is one;
- ``length``: how long the text is, for commands of a few words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator

from analytics.grams import Known, Line, hashes, runs_of
from analytics.passage import cited
from analytics.reading import CHARACTERS, LONGEST, SOUNDS, Grams, Reading, mark_of, read
from analytics.themes.names import names_in
from analytics.words import NUMBER, NUMERALS, Spoken, normalise
from calls.records import Evidence, Role, Transcript, Utterance

#: The views beside those of a reading, and what each counts beside the others.
OF_NUMERALS, OF_LENGTH = 2, 3
VIEWS = {CHARACTERS: 1.4, SOUNDS: 0.7, OF_NUMERALS: 0.5, OF_LENGTH: 0.5}
#: A text of so many characters and more is simply long.
LONG = 12

#: A written text of so many characters and more has a beginning that says what it is about.
LONG_TEXT = 30
#: Ends of sentences; the first one ends the beginning of a written text.
_STOPS = "。！？!?\n；;"
#: Copies of the characters' n-grams, for what one party says.
_COPIES = {Role.CALLER.value: 1, Role.AGENT.value: 2}
_ROLE_SHIFT = np.uint64(61)
#: Bits of a number of which row and block take the place, where n-grams without a column are counted.
_ROW_BITS = 21
_BLOCK_BITS = 3
_LOW = np.uint64((1 << (_ROW_BITS + _BLOCK_BITS)) - 1)
#: The view of names has the block behind the copies, so that the numbers of the others stay.
OF_NAMES = len(VIEWS) + len(_COPIES)
BLOCKS = OF_NAMES + 1
_WEIGHTS = np.array([*VIEWS.values(), 0.7, 0.7, 0.7])
_NUMERAL = np.uint64(3)
#: Characters beyond the basic plane are looked up as its last one, which is no numeral.
_LAST = np.uint64(0xFFFF)
_IS_NUMERAL = np.zeros(0x10000, dtype=bool)
_IS_NUMERAL[[ord(character) for character in NUMERALS + NUMBER]] = True
#: Makes a length another number than a character.
_LENGTH_SALT = np.uint64(1 << 40)


class Part(NamedTuple):
    """One piece of a text or of a call.

    Attributes
    ----------
    role : str
        Who said it; empty where that is not known.
    spoken : Spoken
        The piece, normalised.
    text : str
        The original text of the piece.
    times : int
        How often it counts.
    shift : int
        Where the piece begins in a written text.
    utterance : Utterance, optional
        What it is of a call.
    """

    role: str
    spoken: Spoken
    text: str
    times: int = 1
    shift: int = 0
    utterance: Utterance | None = None

    def evidence(self, start: int, end: int) -> Evidence:
        """Return the evidence for its normalised characters [start, end)."""
        first, last = self.spoken.original_span(start, end)
        if self.utterance is not None:
            return cited(self.utterance, (first, last))
        span = (first + self.shift, last + self.shift)
        return Evidence(utterance=0, start=0.0, end=0.0, text=self.text[first:last], span=span)


@dataclass(frozen=True, slots=True)
class Found:
    """N-grams found in rows.

    Attributes
    ----------
    grams : Grams
        All n-grams of the parts.
    count : int
        How many parts there are.
    key, block, row, times : array, shape (n_found,)
        Hash, number of the block, row, and how often it counts.
    source : int array, shape (n_found,)
        Its place in ``grams``: n-grams of a role are found twice.
    column : int array, shape (n_found,)
        Its column, -1 if it has none.
    """

    grams: Grams
    count: int
    key: np.ndarray
    block: np.ndarray
    row: np.ndarray
    times: np.ndarray
    source: np.ndarray
    column: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))


def parts_of(item: str | Transcript, lead: int) -> list[Part]:
    """Return the pieces of a written text (its beginning, its rest) or of a call (its turns).

    Pieces without any character are left out, and so is what the system said. The beginning of a text of
    :data:`LONG_TEXT` characters and more is its first sentence, a title where the text has one; it counts
    ``lead`` times.
    """
    if isinstance(item, str):
        end = min((found for stop in _STOPS if (found := item.find(stop)) >= 0), default=-1) + 1
        if len(item) < LONG_TEXT or not end or not item[end:].strip():
            pieces = [Part("", normalise(item), item)]
        else:
            pieces = [
                Part("", normalise(item[:end]), item[:end], lead),
                Part("", normalise(item[end:]), item[end:], shift=end),
            ]
    else:
        roles = item.roles_known
        pieces = [
            Part(each.role.value if roles else "", normalise(each.text), each.text, utterance=each)
            for each in item.utterances
            if each.role is not Role.SYSTEM
        ]
    return [piece for piece in pieces if piece.spoken.text]


def read_parts(parts: Sequence[Part]) -> Reading:
    """Read pieces of texts or calls."""
    return read([part.spoken.text for part in parts], [mark_of(part.text) for part in parts])


def grams_of_topics(reading: Reading) -> Grams:
    """Return the n-grams of texts under all views."""
    views = [reading.grams]
    line = reading.written
    numeral = _IS_NUMERAL[np.minimum(line.code, _LAST).astype(np.int64)]
    if numeral.any():
        edges = np.flatnonzero(np.diff(numeral, prepend=False, append=False))
        kinds = np.full(len(edges) // 2, _NUMERAL)
        views.append(_with_kinds(line, edges[::2], edges[1::2], kinds, OF_NUMERALS))
    names = names_in(line)
    if len(names.first):
        views.append(_with_kinds(line, *names, OF_NAMES))
    count = len(reading)
    nothing = np.zeros(count, np.int64)
    size = next(hashes(np.minimum(reading.lengths, LONG).astype(np.uint64) + _LENGTH_SALT, 1), nothing)
    views.append(
        Grams(
            size.astype(np.uint64),
            np.full(count, OF_LENGTH, np.int8),
            np.arange(count),
            nothing,
            nothing,
            nothing,
        )
    )
    return Grams.joined(views)


def _with_kinds(line: Line, first: np.ndarray, last: np.ndarray, kind: np.ndarray, view: int) -> Grams:
    """Return the runs that hold a span of symbols which is read as one, as runs of a view.

    The spans are half-open, ascending, and do not overlap; ``kind`` is the symbol that each is read as.
    """
    inside = np.zeros(len(line.code) + 1, dtype=np.int64)
    np.add.at(inside, first + 1, 1)
    np.add.at(inside, last, -1)
    kept = np.flatnonzero(np.cumsum(inside)[:-1] == 0)
    code = line.code.copy()
    code[first] = kind
    begins = np.zeros(len(code), dtype=bool)
    begins[first] = True
    held = np.append(0, np.cumsum(begins[kept]))
    ends = np.append(kept[1:], len(code)) - 1
    runs = runs_of(
        Line(code[kept], line.text[kept], line.start[kept], line.end[ends]), range(1, LONGEST + 1), view
    )
    some = np.flatnonzero(held[runs.first + runs.length] > held[runs.first])
    begin, length = runs.first[some], runs.length[some]
    return Grams(
        runs.key[some],
        np.full(len(some), view, np.int8),
        line.text[kept[begin]],
        line.start[kept[begin]],
        line.end[ends[begin + length - 1]],
        length,
    )


class GramSpace(BaseEstimator):  # type: ignore[misc]
    """The n-grams that were seen in training, with how telling each is.

    Parameters
    ----------
    min_count : int, default 1
        Leave out n-grams that fewer rows hold.
    roles : bool, default True
        Count what callers and agents say also apart, in copies of the characters' n-grams, so that a word
        may mean another thing when the agent says it (Daumé 2007: general and specific copies).

    Attributes
    ----------
    keys_ : uint64 array, shape (n_features,)
        Hashes of the n-grams, ascending.
    blocks_ : int8 array, shape (n_features,)
        Block of each feature: the number of its view; after the views come the copies by role.
    idf_ : float32 array, shape (n_features,)
    unseen_idf_ : float
        Of an n-gram that no row of training held. It has no column, yet it counts in the length of a row:
        a text of unknown words has short rows, and so low scores.
    """

    def __init__(self, min_count: int = 1, roles: bool = True) -> None:
        self.min_count = min_count
        self.roles = roles

    def fit(self, rows: Sequence[Sequence[Part]], y: None = None) -> GramSpace:
        """Learn which n-grams there are from rows of parts."""
        found = self._found(rows)
        keys, column = np.unique(found.key, return_inverse=True)
        counts = _counts(found.row, column, found.times, len(rows), len(keys))
        held = np.bincount(counts.indices, minlength=len(keys))
        blocks = np.zeros(len(keys), np.int8)
        blocks[column] = found.block
        kept = held >= self.min_count
        self.keys_, self.blocks_ = keys[kept], blocks[kept]
        self.__dict__.pop("_known", None)
        self.idf_ = (np.log((1 + len(rows)) / (1 + held[kept])) + 1).astype(np.float32)
        self.unseen_idf_ = float(np.log(1 + len(rows)) + 1)
        return self

    def transform(self, rows: Sequence[Sequence[Part]]) -> Any:
        """Return the TF-IDF rows, a sparse matrix of shape (n_rows, n_features)."""
        return self.weigh(self.found(rows), len(rows))

    def weigh(self, found: Found, n_rows: int) -> Any:
        """Return the TF-IDF rows, by sublinear frequency, of n-grams found in rows."""
        known = found.column >= 0
        row, column, times = found.row[known], found.column[known], found.times[known]
        rows = _counts(row, column, times, n_rows, len(self.keys_))
        weight = (1 + np.log(rows.data)) * self.idf_[rows.indices]
        block = np.repeat(np.arange(n_rows), np.diff(rows.indptr)) * BLOCKS + self.blocks_[rows.indices]
        square = np.bincount(block, weight * weight, minlength=n_rows * BLOCKS)
        # an n-gram without a column counts once a row, as one with a column nearly does
        strange = np.flatnonzero(~known)
        of = (found.row[strange] << _BLOCK_BITS | found.block[strange]).astype(np.uint64)
        once = np.unique(found.key[strange] & ~_LOW | of) & _LOW
        row, block_of = np.divmod(once.astype(np.int64), 1 << _BLOCK_BITS)
        unseen = np.bincount(row * BLOCKS + block_of, minlength=n_rows * BLOCKS)
        length = np.sqrt(square + unseen * self.unseen_idf_**2)
        rows.data = (weight * _WEIGHTS[self.blocks_[rows.indices]] / length[block]).astype(np.float32)
        return rows

    def familiar(self, weighed: Any) -> np.ndarray:
        """Return how much of what each row says training held, shape (n_rows,), in [0, 1].

        It is the share of the squared TF-IDF of its characters' n-grams.
        """
        characters = weighed.data * (self.blocks_[weighed.indices] == CHARACTERS)
        row = np.repeat(np.arange(weighed.shape[0]), np.diff(weighed.indptr))
        square = np.bincount(row, characters * characters, minlength=weighed.shape[0])
        return np.asarray(square / _WEIGHTS[CHARACTERS] ** 2)

    def weigh_each(self, found: Found, n_rows: int) -> np.ndarray:
        """Return what each n-gram found weighs in its row, by plain frequency, shape (n_found,).

        Zero for those that training did not hold. An utterance seldom says an n-gram twice, so the rows
        made of these are those of :meth:`weigh`, nearly.
        """
        known = found.column >= 0
        weight = np.full(len(found.column), self.unseen_idf_)
        weight[known] = self.idf_[found.column[known]]
        block = found.row * BLOCKS + found.block
        length = np.sqrt(np.bincount(block, weight * weight, minlength=n_rows * BLOCKS))
        return np.asarray(np.where(known, weight * _WEIGHTS[found.block] / length[block], 0.0))

    def columns(self, keys: np.ndarray) -> np.ndarray:
        """Return the column of each n-gram, -1 where training held none such."""
        known: Known | None = getattr(self, "_known", None)
        if known is None:
            known = self._known = Known(self.keys_)
        columns = np.full(len(keys), -1)
        hit, place = known.find(keys)
        columns[hit] = place
        return columns

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in super().__getstate__().items() if name != "_known"}

    def found(self, rows: Sequence[Sequence[Part]], reading: Reading | None = None) -> Found:
        """Return the n-grams of the rows' parts with their columns; with ``roles``, some of them twice.

        ``reading`` is that of all parts, where they have been read already.
        """
        found = self._found(rows, reading)
        return replace(found, column=self.columns(found.key))

    def _found(self, rows: Sequence[Sequence[Part]], reading: Reading | None = None) -> Found:
        parts = [part for row in rows for part in row]
        row_of = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
        times = np.array([part.times for part in parts], dtype=np.float64)
        each = grams_of_topics(reading or read_parts(parts))
        if not self.roles or not any(part.role in _COPIES for part in parts):
            source, key, block = np.arange(len(each)), each.key, each.view
        else:
            copied = np.array([_COPIES.get(part.role, 0) for part in parts])[each.text]
            chosen = np.flatnonzero((copied > 0) & (each.view == CHARACTERS))
            salt = copied[chosen].astype(np.uint64) << _ROLE_SHIFT
            source = np.concatenate([np.arange(len(each)), chosen])
            key = np.concatenate([each.key, each.key[chosen] ^ salt])
            block = np.concatenate([each.view, copied[chosen] + len(VIEWS) - 1])
        text = each.text[source]
        return Found(each, len(parts), key, block, row_of[text], times[text], source)


def _counts(row: np.ndarray, column: np.ndarray, times: np.ndarray, n_rows: int, n_columns: int) -> Any:
    """Return how often each row holds each column, a sparse matrix in order and without duplicates."""
    wide = max(n_columns, 1)
    both = row * wide + column
    if (times == 1).all():
        places, count = np.unique(both, return_counts=True)
    else:
        places, where = np.unique(both, return_inverse=True)
        count = np.bincount(where, times, minlength=len(places))
    first = np.searchsorted(places, np.arange(n_rows + 1) * wide)
    counts = sparse.csr_matrix(
        (count.astype(np.float64), (places % wide).astype(np.int32), first.astype(np.int32)),
        shape=(n_rows, n_columns),
    )
    counts.has_canonical_format = True
    return counts
