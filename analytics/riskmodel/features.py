"""Calls as rows of numbers: runs of characters and sounds, cues, shape, and signals, each in its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin

from analytics.grams import Known, Line, Runs, runs_of, sounds_of
from analytics.riskmodel.cues import cue_keys
from analytics.riskmodel.parts import Parts, Stage, parts_of
from analytics.riskmodel.shape import COLUMNS, shape_of
from analytics.riskmodel.signals import signal_columns
from analytics.riskmodel.written import LONGEST, written
from calls.records import Transcript

#: Values of the signals of calls, one mapping a call; what is missing or ``None`` is not known.
Signals = Sequence[Mapping[str, float | None]]

#: A cue is counted up to so many times, and its square root is taken.
CUE_CAP = 4


@dataclass(frozen=True, slots=True)
class View:
    """The text of one speaker at one stage, read as ``"characters"`` or ``"sounds"``, and its weight."""

    speaker: str
    stage: Stage
    reading: str
    weight: float

    @property
    def agent(self) -> bool:
        """Whether the agent speaks."""
        return self.speaker == "agent"


#: The weights are variances: how much of the prior's freedom a block gets beside the others.
VIEWS: tuple[View, ...] = tuple(
    View(speaker, stage, reading, weight * share)
    for reading, share in (("characters", 1.0), ("sounds", 0.5))
    for speaker, stage, weight in (
        ("customer", Stage.ALL, 1.0),
        ("customer", Stage.LATER, 1.0),
        ("customer", Stage.LAST, 1.5),
        ("customer", Stage.FINAL, 0.5),
        ("agent", Stage.ALL, 1.0),
        ("agent", Stage.FINAL, 0.5),
    )
)
CUE_VIEWS: tuple[tuple[str, Stage], ...] = (
    ("customer", Stage.ALL),
    ("customer", Stage.LATER),
    ("customer", Stage.LAST),
    ("agent", Stage.ALL),
    ("agent", Stage.LAST),
)
CUE_WEIGHT = 0.1
SHAPE_WEIGHTS = {"turns": 1.0, "lengths": 0.3, "repeats": 0.1}
SIGNAL_WEIGHT = 0.5


@dataclass(frozen=True, slots=True)
class Hits:
    """Where columns are found in the text.

    Attributes
    ----------
    column, call : int array, shape (n,)
        The column, and the number of the call in its batch.
    first, last : int array, shape (n,)
        First character and the one after the last, as indices into ``characters``.
    """

    column: np.ndarray
    call: np.ndarray
    first: np.ndarray
    last: np.ndarray


@dataclass(frozen=True, slots=True)
class Cells:
    """What columns of the text are worth in calls, ascending by call and column.

    Attributes
    ----------
    call, column : int array, shape (n_cells,)
    value : float array, shape (n_cells,)
        (1 + log count) · scale, shortened for much text, · scale of the view.
    count : int array, shape (n_cells,)
        How often the column is found in the call.
    of_hit : int array, shape (n_hits,)
        The cell of each of the :class:`Hits` that they are made of.
    """

    call: np.ndarray
    column: np.ndarray
    value: np.ndarray
    count: np.ndarray
    of_hit: np.ndarray


@dataclass(frozen=True, slots=True)
class Reading:
    """A batch of calls as characters and runs.

    Attributes
    ----------
    calls : list of Parts
    call, agent, stage : array, shape (n_utterances,)
        Of every utterance of the batch: the number of its call, whether an agent said it, and its stage.
    characters : Line
    runs : dict of str to Runs
        By reading.
    """

    calls: list[Parts]
    call: np.ndarray
    agent: np.ndarray
    stage: np.ndarray
    characters: Line
    runs: dict[str, Runs]


class CallFeatures(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turns calls into sparse rows.

    Parameters
    ----------
    roles : bool, default True
        Read customer and agent apart. False reads every utterance as the customer's, for calls in which
        roles are not known; there, what only roles tell is left out.
    shape : bool, default True
        Include the shape of the call (:mod:`analytics.riskmodel.shape`).
    cues : bool, default True
        Include the cues (:mod:`analytics.riskmodel.cues`).
    sounds : bool, default False
        Read the text as toneless syllables too, on which most homophone errors leave no mark. It doubles
        the time and wins little (docs/accuracy.md), since words in other places of a call tell the same.
    signals : tuple of str, default ()
        Names of the signals to include.
    min_calls : int, default 2
        Runs in fewer calls are left out.
    max_runs : int, default 200_000
        Of the other runs of a speaker and reading, so many that are in most calls are kept.

    Attributes
    ----------
    known_ : dict of str to uint64 array
        ``"speaker reading"`` → the runs that are known, ascending.
    scale_ : float array, shape (n_columns,)
        What a column's raw value is multiplied by; 0 for one that tells nothing.
    view_scale_ : float array, shape (n_views,)
        What a view's row is multiplied by after its length has been evened out.
    signal_mean_ : float array, shape (n_signals,)
        Stands for a signal that is not known.
    """

    def __init__(
        self,
        roles: bool = True,
        shape: bool = True,
        cues: bool = True,
        sounds: bool = False,
        signals: tuple[str, ...] = (),
        min_calls: int = 2,
        max_runs: int = 200_000,
    ) -> None:
        self.roles = roles
        self.shape = shape
        self.cues = cues
        self.sounds = sounds
        self.signals = signals
        self.min_calls = min_calls
        self.max_runs = max_runs

    def fit(self, calls: Sequence[Transcript], signals: Signals | None = None) -> CallFeatures:
        """Learn which runs there are, how common they are, and how far each column spreads."""
        self.fit_transform(calls, signals)
        return self

    def fit_transform(self, calls: Sequence[Transcript], signals: Signals | None = None) -> Any:
        """Learn from calls and return their rows, as :meth:`transform` would."""
        reading = self.read(calls)
        self.known_: dict[str, np.ndarray] = {}
        for view in self.views:
            name = f"{view.speaker} {view.reading}"
            if name not in self.known_:
                self.known_[name] = self._common(reading, view)
        self.__dict__.pop("_tables", None)
        known = signal_columns(self.signals, signals, len(calls))
        there = np.isfinite(known)
        self.signal_mean_ = np.where(there, known, 0.0).sum(axis=0) / np.maximum(there.sum(axis=0), 1)
        self.scale_ = np.ones(self.text_width + self.dense_width)
        self.view_scale_ = np.ones(len(self.views))
        self._learn_weights(reading)
        dense = self.dense(reading, signals)
        self.scale_[self.text_width :] = self._dense_scale(dense)
        return self._assembled(self._text_rows(reading), dense)

    def transform(self, calls: Sequence[Transcript], signals: Signals | None = None) -> Any:
        """Return the rows of calls, sparse, shape (n_calls, n_columns)."""
        return self.rows(self.read(calls), signals)

    def rows(self, reading: Reading, signals: Signals | None = None) -> Any:
        """Return the rows of calls that have been read, as :meth:`transform` does."""
        return self._assembled(self._text_rows(reading), self.dense(reading, signals))

    def dot(self, reading: Reading, coef: np.ndarray, signals: Signals | None = None) -> np.ndarray:
        """Return :meth:`rows` · ``coef``, without making the rows."""
        cells = self.text_cells(reading, self.text_hits(reading))
        first = self.text_width
        said = np.bincount(cells.call, cells.value * coef[cells.column], minlength=len(reading.calls))
        return np.asarray(said + self.dense(reading, signals) @ (self.scale_[first:] * coef[first:]))

    @property
    def views(self) -> tuple[View, ...]:
        """The views of the text that are taken, in the order of their columns."""
        return tuple(
            view
            for view in VIEWS
            if (self.sounds or view.reading != "sounds")
            and (self.roles or not (view.agent or view.stage is Stage.FINAL))
        )

    @property
    def cue_views(self) -> tuple[tuple[str, Stage], ...]:
        """The views in which cues are counted."""
        if not self.cues:
            return ()
        return tuple(view for view in CUE_VIEWS if self.roles or view[0] == "customer")

    @property
    def shape_places(self) -> list[int]:
        """The places in :data:`analytics.riskmodel.shape.COLUMNS` that are taken."""
        if not self.shape:
            return []
        told = ("turns", "first", "last", "customer", "customer repeats")
        return [n for n, column in enumerate(COLUMNS) if self.roles or column.group in told]

    @property
    def text_width(self) -> int:
        """Number of columns of the views, which come first."""
        return sum(self._width(view) for view in self.views)

    @property
    def dense_width(self) -> int:
        """Number of columns of cues, shape and signals."""
        cues = sum(len(cue_keys(speaker).names) for speaker, _ in self.cue_views)
        return cues + len(self.shape_places) + len(self.signals)

    def read(self, calls: Sequence[Transcript]) -> Reading:
        """Return the characters and runs of calls."""
        parts = [parts_of(call, self.roles) for call in calls]
        said = [part for call in parts for part in call.parts]
        characters = written([part.utterance.text for part in said])
        lengths = range(1, LONGEST + 1)
        runs = {"characters": runs_of(characters, lengths)}
        if self.sounds:
            heard = replace(characters, code=sounds_of(characters.code))
            runs["sounds"] = runs_of(heard, lengths)
        return Reading(
            calls=parts,
            call=np.repeat(np.arange(len(parts)), [len(call.parts) for call in parts]),
            agent=np.array([part.agent for part in said], dtype=bool),
            stage=np.array([int(part.stage) for part in said], dtype=np.int64),
            characters=characters,
            runs=runs,
        )

    def text_hits(self, reading: Reading) -> Hits:
        """Return where the columns of the views are found."""
        columns, places, readings = [], [], []
        base = 0
        found: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        for view in self.views:
            name = f"{view.speaker} {view.reading}"
            runs = reading.runs[view.reading]
            utterance = reading.characters.text[runs.first]
            if name not in found:
                said = np.flatnonzero(reading.agent[utterance] == view.agent)
                hit, place = self._lookup(name).find(runs.key[said])
                found[name] = said[hit], place
            hit, place = found[name]
            inside = (reading.stage[utterance[hit]] & int(view.stage)) > 0
            columns.append(place[inside] + base)
            places.append(hit[inside])
            readings.append(view.reading)
            base += self._width(view)
        return self._hits(reading, columns, places, readings)

    def cue_hits(self, reading: Reading) -> Hits:
        """Return where cues are found; columns count from the first dense column."""
        runs = reading.runs["characters"]
        utterance = reading.characters.text[runs.first]
        found: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        columns, places = [], []
        base = 0
        for speaker, stage in self.cue_views:
            keys = cue_keys(speaker)
            if speaker not in found:
                said = np.flatnonzero(reading.agent[utterance] == (speaker == "agent"))
                hit, place = keys.known.find(runs.key[said])
                found[speaker] = said[hit], keys.cue[place]
            hit, cue = found[speaker]
            inside = (reading.stage[utterance[hit]] & int(stage)) > 0
            columns.append(cue[inside] + base)
            places.append(hit[inside])
            base += len(keys.names)
        return self._hits(reading, columns, places, ["characters"] * len(columns))

    def _lookup(self, name: str) -> Known:
        tables: dict[str, Known] | None = getattr(self, "_tables", None)
        if tables is None:
            tables = self._tables = {each: Known(keys) for each, keys in self.known_.items()}
        return tables[name]

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in super().__getstate__().items() if name != "_tables"}

    def _width(self, view: View) -> int:
        return len(self.known_[f"{view.speaker} {view.reading}"])

    def _hits(
        self, reading: Reading, columns: list[np.ndarray], places: list[np.ndarray], readings: list[str]
    ) -> Hits:
        if not columns:
            none = np.empty(0, np.int64)
            return Hits(none, none, none, none)
        first = np.concatenate([reading.runs[r].first[p] for r, p in zip(readings, places, strict=True)])
        length = np.concatenate([reading.runs[r].length[p] for r, p in zip(readings, places, strict=True)])
        call = reading.call[reading.characters.text[first]]
        return Hits(np.concatenate(columns), call, first, first + length)

    def _common(self, reading: Reading, view: View) -> np.ndarray:
        """Return the runs of a speaker and reading that are in enough calls, ascending."""
        runs = reading.runs[view.reading]
        utterance = reading.characters.text[runs.first]
        said = reading.agent[utterance] == view.agent
        keys, numbers = np.unique(runs.key[said], return_inverse=True)
        pairs = np.unique(numbers * max(len(reading.calls), 1) + reading.call[utterance[said]])
        calls = np.bincount(pairs // max(len(reading.calls), 1), minlength=len(keys))
        least = self.min_calls
        if (calls >= least).sum() > self.max_runs:
            least = int(np.sort(calls)[-self.max_runs]) + 1
        return keys[calls >= least]

    def _learn_weights(self, reading: Reading) -> None:
        """Set the scale of runs, the root of their inverse frequency, and that of views, by their weights."""
        rows = self._text_rows(reading)
        calls = np.bincount(rows.indices, minlength=self.text_width)[: self.text_width]
        count = rows.shape[0]
        rarity = np.sqrt(np.log((1.0 + count) / (1.0 + calls)) + 1.0)
        self.scale_[: self.text_width] = np.where(calls >= self.min_calls, rarity, 0.0)
        rows = self._text_rows(reading)
        base = 0
        for number, view in enumerate(self.views):
            block = rows[:, base : base + self._width(view)]
            squares = np.asarray(block.multiply(block).sum(axis=1)).ravel()
            size = squares[squares > 0].mean() if (squares > 0).any() else 1.0
            self.view_scale_[number] = np.sqrt(view.weight / size)
            base += self._width(view)

    def _text_rows(self, reading: Reading) -> Any:
        cells = self.text_cells(reading, self.text_hits(reading))
        pointers = np.searchsorted(cells.call, np.arange(len(reading.calls) + 1))
        return sparse.csr_matrix(
            (cells.value, cells.column, pointers), shape=(len(reading.calls), self.text_width)
        )

    def text_cells(self, reading: Reading, hits: Hits) -> Cells:
        """Return what the runs found by :meth:`text_hits` come to."""
        widths = [self._width(view) for view in self.views]
        cells, of_hit, counts = np.unique(
            hits.call * max(sum(widths), 1) + hits.column, return_inverse=True, return_counts=True
        )
        call, column = np.divmod(cells, max(sum(widths), 1))
        block = np.searchsorted(np.cumsum(widths), column, side="right")
        weighed = (1.0 + np.log(counts)) * self.scale_[column]
        value = self.view_scale_[block] * weighed / self._lengths(call, block, weighed)
        return Cells(call, column, value, counts, of_hit)

    def _lengths(self, call: np.ndarray, block: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Return what each cell is divided by: nearly the length of its call's row in its block.

        The power of 0.9 leaves a longer text a little more weight than a shorter one.
        """
        place = call * len(self.views) + block
        length = np.sqrt(np.bincount(place, values * values))
        length[length == 0] = 1.0
        return np.asarray(length[place] ** 0.9)

    def dense(self, reading: Reading, signals: Signals | None) -> np.ndarray:
        """Return cues, shape and signals, unscaled, shape (n_calls, dense_width)."""
        count = len(reading.calls)
        cues = sum(len(cue_keys(speaker).names) for speaker, _ in self.cue_views)
        counted = np.zeros((count, cues))
        if cues:
            hits = self.cue_hits(reading)
            cells = np.bincount(hits.call * cues + hits.column, minlength=count * cues)
            counted = np.sqrt(np.minimum(cells, CUE_CAP)).reshape(count, cues)
        places = self.shape_places
        shapes = np.zeros((count, len(places)))
        if places:
            for row, call in enumerate(reading.calls):
                shapes[row] = shape_of(call)[places]
        known = signal_columns(self.signals, signals, count)
        known = np.where(np.isfinite(known), known, self.signal_mean_)
        return np.hstack([counted, shapes, known])

    def _dense_scale(self, dense: np.ndarray) -> np.ndarray:
        """Return √(weight of the block / its columns) / standard deviation, 0 where nothing varies."""
        weights = [
            CUE_WEIGHT / len(cue_keys(speaker).names)
            for speaker, _ in self.cue_views
            for _ in cue_keys(speaker).names
        ]
        blocks = [COLUMNS[place].block for place in self.shape_places]
        weights += [SHAPE_WEIGHTS[block] / blocks.count(block) for block in blocks]
        weights += [SIGNAL_WEIGHT / len(self.signals) for _ in self.signals]
        spread = dense.std(axis=0)
        return np.where(spread > 1e-9, np.sqrt(weights) / np.maximum(spread, 1e-9), 0.0)

    def _assembled(self, text: Any, dense: np.ndarray) -> Any:
        scaled = dense * self.scale_[self.text_width :]
        return sparse.hstack([text, sparse.csr_matrix(scaled)], format="csr")
