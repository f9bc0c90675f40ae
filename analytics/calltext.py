"""The text of calls as matrices: a row for every turn and a row for every call, caller beside agent.

Caller and agent text are separate features (Morchid et al. 2014, hal-01318662: significantly better
than joint ones). Where roles are unknown, role features are *not available*: another model is trained
on a single block of all text, rather than this one being fed zeros.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin

from analytics.grams import Known
from analytics.reading import CHARACTERS, SOUNDS, Grams, Reading, mark_of, read
from analytics.words import Spoken, normalise
from calls.records import Role, Transcript, Utterance


class Turn(NamedTuple):
    """One utterance made ready: who spoke, what remains after normalising, and where it came from."""

    role: Role
    spoken: Spoken
    utterance: Utterance


def turns_of(transcript: Transcript) -> list[Turn]:
    """Return the turns of the two parties that hold words; the system's prompts are left out."""
    turns = []
    for utterance in transcript.utterances:
        if utterance.role is Role.SYSTEM:
            continue
        spoken = normalise(utterance.text)
        if spoken.text:
            turns.append(Turn(utterance.role, spoken, utterance))
    return turns


def read_turns(turns: Sequence[Turn]) -> Reading:
    """Read the turns of a call once for all models."""
    return read([turn.spoken.text for turn in turns], [mark_of(turn.utterance.text) for turn in turns])


def roles_available(transcript: Transcript) -> bool:
    """Tell whether every utterance has a known role."""
    return transcript.roles_known and all(u.role is not Role.UNKNOWN for u in transcript.utterances)


@dataclass(frozen=True, slots=True)
class Found:
    """Where the turns of calls hold known features.

    Attributes
    ----------
    grams : Grams
        The runs that are known, ascending by turn.
    column : int array, shape (n_found,)
        The feature that each is.
    cell : int array, shape (n_found,)
        Its place in the data of :attr:`CallRows.turns`.
    share : float array, shape (n_found,)
        One by how often the turn holds the feature.
    """

    grams: Grams
    column: np.ndarray
    cell: np.ndarray
    share: np.ndarray


@dataclass(frozen=True, slots=True)
class CallRows:
    """Calls as matrices.

    Attributes
    ----------
    turns : sparse matrix, shape (n_turns, n_features)
        One row a turn, the turns of a call one after another.
    whole : sparse matrix, shape (n_calls, n_features)
        One row a call, over all its turns.
    call : int array, shape (n_turns,)
        The call of each turn, ascending.
    caller : bool array, shape (n_turns,)
        Whether the turn can be the caller's; all true where roles are unknown.
    found : Found, optional
        What the turns' rows are made of; not kept by :meth:`select`.
    """

    turns: Any
    whole: Any
    call: np.ndarray
    caller: np.ndarray
    found: Found | None = None

    def select(self, calls: np.ndarray) -> CallRows:
        """Return the calls at the given ascending indices."""
        kept = np.isin(self.call, calls)
        return CallRows(
            self.turns[kept], self.whole[calls], np.searchsorted(calls, self.call[kept]), self.caller[kept]
        )


#: Lengths of the runs that are features, by view.
_LENGTHS = {CHARACTERS: (1, 2), SOUNDS: (2, 3)}
_BLOCK_SHIFT = np.uint64(61)


class CallText(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turns calls into TF-IDF rows of characters and syllables.

    Words are no features of their own: beside pairs of characters and up to three syllables they tell nothing
    more, and to find them would take longer than all else.

    Parameters
    ----------
    roles : bool, default True
        Keep caller and agent text apart as separate features. False reads all text as one block.
    min_count : int, default 2
        Leave out features that occur in fewer turns.

    Attributes
    ----------
    keys_ : uint64 array, shape (n_features,)
        The runs that are features, ascending: see :func:`analytics.reading.read`. As said by the agent, a run
        is another feature.
    blocks_ : int8 array, shape (n_features,)
        0 for what the caller says, or anybody; 1 for what the agent says. Each block of a row has unit
        length.
    idf_ : float32 array, shape (n_features,)
        How rare each is.
    """

    def __init__(self, roles: bool = True, min_count: int = 2) -> None:
        self.roles = roles
        self.min_count = min_count

    def fit(self, calls: Sequence[Sequence[tuple[str, str]]], y: None = None) -> CallText:
        """Learn the features from calls, each a sequence of (role, normalised text)."""
        said = [turn for call in calls for turn in call]
        reading = read([text for _, text in said])
        grams = reading.grams
        wanted = [np.isin(grams.length, lengths) & (grams.view == view) for view, lengths in _LENGTHS.items()]
        chosen = np.flatnonzero(np.any(wanted, axis=0) & grams.inner())
        block = self._blocks([role for role, _ in said])
        turns = np.bincount(np.maximum(block, 0), block >= 0, minlength=2)
        key, text = grams.key[chosen], grams.text[chosen]
        known = block[text] >= 0
        key, text = key[known] ^ (block[text[known]].astype(np.uint64) << _BLOCK_SHIFT), text[known]
        self.keys_, first, column = np.unique(key, return_index=True, return_inverse=True)
        held = np.unique(text * len(self.keys_) + column) % max(len(self.keys_), 1)
        counts = np.bincount(held, minlength=len(self.keys_))
        kept = counts >= self.min_count
        self.keys_ = self.keys_[kept]
        self.blocks_ = block[text[first[kept]]].astype(np.int8)
        # smoothed, as scikit-learn does it
        self.idf_ = (np.log((1 + turns[self.blocks_]) / (1 + counts[kept])) + 1).astype(np.float32)
        self.__dict__.pop("_known", None)
        return self

    def transform(self, calls: Sequence[Sequence[tuple[str, str]]]) -> CallRows:
        """Return the rows of calls, each a sequence of (role, normalised text)."""
        said = [turn for call in calls for turn in call]
        reading = read([text for _, text in said])
        return self.rows(reading, [role for role, _ in said], [len(call) for call in calls])

    def rows(self, reading: Reading, roles: Sequence[str], turns: Sequence[int]) -> CallRows:
        """Return the rows of calls that have been read.

        Parameters
        ----------
        reading : Reading
            Of all turns of all calls, one after another.
        roles : sequence of str
            Of every turn.
        turns : sequence of int
            How many turns each call has.
        """
        known: Known | None = getattr(self, "_known", None)
        if known is None:
            known = self._known = Known(self.keys_)
        block = self._blocks(roles)
        salt = (block.astype(np.uint64) << _BLOCK_SHIFT)[reading.grams.text]
        hit, column = known.find(reading.grams.key ^ salt)
        order = np.argsort(reading.grams.text[hit], kind="stable")
        grams, column = reading.grams.take(hit[order]), column[order]
        call = np.repeat(np.arange(len(turns)), turns)
        own, cell, count = self._weighed(grams.text, column, len(call))
        whole, _, _ = self._weighed(call[grams.text], column, len(turns))
        caller = np.array([not self.roles or role == Role.CALLER for role in roles], dtype=bool)
        return CallRows(own, whole, call, caller, Found(grams, column, cell, 1.0 / count[cell]))

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in super().__getstate__().items() if name != "_known"}

    def _blocks(self, roles: Sequence[str]) -> np.ndarray:
        """Return the block of each turn; -1 for a role that has none, shape (n_turns,)."""
        number = {Role.CALLER.value: 0, Role.AGENT.value: 1} if self.roles else {}
        return np.array([number.get(role, -1 if self.roles else 0) for role in roles], dtype=np.int64)

    def _weighed(self, row: np.ndarray, column: np.ndarray, rows: int) -> tuple[Any, np.ndarray, np.ndarray]:
        """Return TF-IDF rows, by sublinear frequency, each block of unit length.

        And the cell of each of the features given, and how many of them make each cell.
        """
        width = max(len(self.keys_), 1)
        cells, cell, counts = np.unique(row * width + column, return_inverse=True, return_counts=True)
        row, column = np.divmod(cells, width)
        values = np.log(counts.astype(np.float32)) + np.float32(1.0)
        values *= self.idf_[column]
        block = 2 * row + self.blocks_[column]
        length = np.sqrt(np.bincount(block, values * values))
        matrix = sparse.csr_matrix(
            (
                (values / length[block]).astype(np.float32),
                column.astype(np.int32),
                np.searchsorted(row, np.arange(rows + 1)).astype(np.int32),
            ),
            shape=(rows, len(self.keys_)),
        )
        return matrix, cell, counts
