"""The text of calls as matrices: a row for every turn and a row for every call, caller beside agent.

Caller and agent text are separate features (Morchid et al. 2014, hal-01318662: significantly better
than joint ones). Where roles are unknown, role features are *not available*: another model is trained
on a single block of all text, rather than this one being fed zeros.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

from analytics.gramtable import GramTable
from analytics.words import Spoken, normalise, unit_names
from calls.records import Role, Transcript, Utterance


@dataclass(frozen=True, slots=True)
class Turn:
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


def roles_available(transcript: Transcript) -> bool:
    """Tell whether every utterance has a known role."""
    return transcript.roles_known and all(u.role is not Role.UNKNOWN for u in transcript.utterances)


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
    """

    turns: Any
    whole: Any
    call: np.ndarray
    caller: np.ndarray

    def features(self, turn: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the columns and the values of one turn."""
        held = slice(*self.turns.indptr[turn : turn + 2])
        return self.turns.indices[held], self.turns.data[held]

    def select(self, calls: np.ndarray) -> CallRows:
        """Return the calls at the given ascending indices."""
        kept = np.isin(self.call, calls)
        return CallRows(
            self.turns[kept], self.whole[calls], np.searchsorted(calls, self.call[kept]), self.caller[kept]
        )


class CallText(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turns calls into TF-IDF rows of words, characters and syllables.

    Parameters
    ----------
    roles : bool, default True
        Keep caller and agent text apart as separate features. False reads all text as one block.
    min_count : int, default 2
        Leave out features that occur in fewer turns.

    Attributes
    ----------
    counters_, weights_ : list of CountVectorizer, list of TfidfTransformer
        One of each per block; each block of a row has unit length.
    """

    def __init__(self, roles: bool = True, min_count: int = 2) -> None:
        self.roles = roles
        self.min_count = min_count

    def fit(self, calls: Sequence[Sequence[tuple[str, str]]], y: None = None) -> CallText:
        """Learn the features from calls, each a sequence of (role, normalised text)."""
        self.counters_: list[CountVectorizer] = []
        self.weights_: list[TfidfTransformer] = []
        for block in self._blocks():
            texts = [text for call in calls for role, text in call if block in ("", role)]
            counter = CountVectorizer(analyzer=unit_names, min_df=self.min_count, dtype=np.float32)
            self.weights_.append(TfidfTransformer(sublinear_tf=True).fit(counter.fit_transform(texts)))
            self.counters_.append(counter)
        self.__dict__.pop("_tables", None)
        return self

    def transform(self, calls: Sequence[Sequence[tuple[str, str]]]) -> CallRows:
        """Return the rows of calls, each a sequence of (role, normalised text)."""
        call_of_turn = np.repeat(np.arange(len(calls)), [len(call) for call in calls])
        said = [turn for call in calls for turn in call]
        turn, column = self._found(said)
        caller = np.array([not self.roles or role == Role.CALLER for role, _ in said], dtype=bool)
        return CallRows(
            self._weighed(turn, column, len(said)),
            self._weighed(call_of_turn[turn], column, len(calls)),
            call_of_turn,
            caller,
        )

    def _found(self, said: Sequence[tuple[str, str]]) -> tuple[np.ndarray, np.ndarray]:
        """Return the turn and the column of every known feature, as often as it is said."""
        turns, columns = [], []
        first = 0
        for block, counter, table in zip(self._blocks(), self.counters_, self._lookup(), strict=True):
            of_block = [turn for turn, (role, _) in enumerate(said) if block in ("", role)]
            if of_block:
                number, column = table.find([said[turn][1] for turn in of_block])
                turns.append(np.array(of_block)[number])
                columns.append(first + column)
            first += len(counter.vocabulary_)
        nothing = np.zeros(0, np.int64)
        return np.concatenate([nothing, *turns]), np.concatenate([nothing, *columns])

    def _lookup(self) -> list[GramTable]:
        """Return for each block where its features are found."""
        tables: list[GramTable] | None = getattr(self, "_tables", None)
        if tables is None:
            tables = self._tables = [GramTable(counter.vocabulary_) for counter in self.counters_]
        return tables

    def __getstate__(self) -> dict[str, Any]:
        # the letters of syllables differ from process to process
        return {name: value for name, value in super().__getstate__().items() if name != "_tables"}

    def _weighed(self, row: np.ndarray, column: np.ndarray, rows: int) -> Any:
        """Return the TF-IDF rows of features, by sublinear frequency, each block of unit length."""
        sizes = [len(counter.vocabulary_) for counter in self.counters_]
        width = sum(sizes)
        cells, counts = np.unique(row * width + column, return_counts=True)
        row, column = np.divmod(cells, max(width, 1))
        values = np.log(counts.astype(np.float32)) + np.float32(1.0)
        values *= np.concatenate([weight.idf_ for weight in self.weights_])[column]
        block = row * len(sizes) + np.searchsorted(np.cumsum(sizes), column, side="right")
        length = np.sqrt(np.bincount(block, values * values))
        return sparse.csr_matrix(
            (
                (values / length[block]).astype(np.float32),
                column.astype(np.int32),
                np.searchsorted(row, np.arange(rows + 1)).astype(np.int32),
            ),
            shape=(rows, width),
        )

    def columns(self, role: str) -> tuple[dict[str, int], int]:
        """Return the features as said by ``role``, each with its place, and the column of place 0."""
        first = 0
        for block, counter in zip(self._blocks(), self.counters_, strict=True):
            if block in ("", role):
                return counter.vocabulary_, first
            first += len(counter.vocabulary_)
        return {}, first

    def _blocks(self) -> tuple[str, ...]:
        return (Role.CALLER.value, Role.AGENT.value) if self.roles else ("",)
