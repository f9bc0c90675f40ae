"""The job: takes an archive in, has it transcribed and judged, and brings the index up to it.

It alone writes to the database, and stores each result with the state that follows from it in one
transaction. Killed at any moment, it goes on where it was: what was being done then is done again, and
nothing else.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from typing import TypeVar

from analytics.judge import Judgement
from analytics.search.index import SearchIndex
from calls.batches import BatchFile, FileState, Step
from calls.errors import StoreError, StoreLocked
from calls.foreign import ARCHIVE
from calls.recordings import RecordingFolder
from calls.records import Call, Layout, Recording, Role, Transcript
from calls.store import Store
from huawu.batch.entry import Entry
from huawu.batch.figures import Figures
from huawu.batch.ingest import Ingest, Seen, Standing, pieces
from huawu.batch.ledger import PIECE, Ledger, at_step, failed
from huawu.batch.tasks import (
    Analyse,
    Analysed,
    Executor,
    Kind,
    NotDone,
    Result,
    Task,
    Transcribe,
    Transcribed,
)
from huawu.pipeline import contexts_of, store_judgements, store_transcripts

T = TypeVar("T")

#: Calls that are judged together.
GROUP = 32
#: How often a task is given out whose process died: the file before it may have been the cause.
MOST_TRIES = 2
#: Seconds for which a job waits while another program holds the database.
LOCKED_SECONDS = 300.0
#: Seconds between two looks at the clock while tasks go on.
_LOOK = 0.5


@dataclass(frozen=True, slots=True)
class _Given:
    """A task that is given out, with the files that it is for."""

    task: Task
    rows: tuple[BatchFile, ...]

    @property
    def name(self) -> str:
        """What tells it from all others that are given out."""
        return _name(self.task)

    def part(self, number: int) -> _Given:
        """Return the same for one of its files."""
        assert isinstance(self.task, Analyse)
        this = slice(number, number + 1)
        task = Analyse(
            keys=self.task.keys[this],
            transcripts=self.task.transcripts[this],
            contexts=self.task.contexts[this],
        )
        return _Given(task, self.rows[this])


class Job:
    """The steps of one batch.

    Parameters
    ----------
    store : Store
    folder : RecordingFolder
    ledger : Ledger
    executor : callable
        Makes who does the tasks, when there is something to do.
    on_change : callable, optional
        Called with the figures between tasks, on the thread of the job; what it raises ends the job.
    """

    def __init__(
        self,
        store: Store,
        folder: RecordingFolder,
        ledger: Ledger,
        executor: Callable[[], Executor],
        on_change: Callable[[Figures], None] = lambda _: None,
    ) -> None:
        self.figures = Figures()
        self._store = store
        self._folder = folder
        self._ledger = ledger
        self._make_executor = executor
        self._executor: Executor | None = None
        self._on_change = on_change

    def close(self) -> None:
        """End those who work; what they are doing is given up. Idempotent."""
        if self._executor is not None:
            self._executor.close()
            self._executor = None

    def ingest(
        self,
        entries: Iterable[Entry],
        ingest: Ingest,
        *,
        limit: int | None = None,
        resting_since: float | None = None,
    ) -> None:
        """Take recordings in.

        Parameters
        ----------
        entries : iterable of Entry
        ingest : Ingest
        limit : int, optional
            Stop when so many were taken in or failed.
        resting_since : float, optional
            Leave files that were changed after this moment, in seconds since 1970.
        """
        figures = self.figures
        figures.begin(Step.INGEST, time.monotonic())
        before = figures.taken + figures.failed + figures.duplicates
        size = PIECE if limit is None else min(PIECE, limit)
        for piece in pieces(entries, size):
            seen = list(ingest.look(piece, resting_since))
            if limit is not None:
                left = limit - (figures.taken + figures.failed + figures.duplicates - before)
                seen = _at_most(seen, left)
            told = self._patiently(lambda seen=seen: ingest.take(seen))  # type: ignore[misc]
            figures.known += told.known
            figures.growing += told.growing
            figures.taken += told.taken
            figures.failed += told.failed
            figures.duplicates += told.duplicates
            figures.phase.done += len(seen)
            self._on_change(figures)
            if limit is not None and figures.taken + figures.failed + figures.duplicates - before >= limit:
                return

    def transcribe(self) -> None:
        """Have written down what is said in the recordings that wait for it."""
        self._begin(Step.TRANSCRIBE)
        self._run(self._transcribe_tasks(), self._transcribed)

    def analyse(self) -> None:
        """Have the calls judged that wait for it, some together."""
        self._begin(Step.ANALYSE)
        self._run(self._analyse_tasks(), self._analysed)

    def index(self, index: SearchIndex) -> None:
        """Bring the index up to the calls."""
        self._begin(Step.INDEX)
        rows = self._ledger.waiting(Step.INDEX)
        first = next(rows, None)
        if first is None:
            return
        while not index.catch_up(_LOOK):
            self._on_change(self.figures)
        waiting = deque([first])
        while piece := [*waiting, *islice(rows, PIECE)]:
            waiting.clear()
            done = [at_step(row, Step.DONE) for row in piece]
            self._patiently(lambda done=done: self._store.add(*done))  # type: ignore[misc]
            self.figures.finished += len(done)
            self.figures.phase.done += len(done)
            self._on_change(self.figures)

    def rest(self, seconds: float) -> None:
        """Do nothing for a while, and be seen to live."""
        self.figures.begin(Step.DONE, time.monotonic())
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._on_change(self.figures)
            time.sleep(min(left, _LOOK))

    def _begin(self, step: Step) -> None:
        total = self._ledger.count(state=FileState.WAITING, step=step)
        self.figures.begin(step, time.monotonic(), total)
        self._on_change(self.figures)

    def _run(self, tasks: Iterator[_Given], take: Callable[[list[tuple[_Given, Result]]], None]) -> None:
        """Give tasks out while there is room, and take their results, until all are done."""
        given: dict[str, _Given] = {}
        again: deque[_Given] = deque()
        exhausted = False
        while True:
            while not exhausted or again:
                if self._executor is not None and self._executor.room < 1:
                    break
                one = again.popleft() if again else next(tasks, None)
                if one is None:
                    exhausted = True
                    continue
                if self._executor is None:
                    self._executor = self._make_executor()
                    if self._executor.room < 1:
                        again.appendleft(one)
                        break
                given[one.name] = one
                self._executor.submit(one.task)
            if self._executor is None or (exhausted and not given and not again):
                return
            results = [(given.pop(_name(task)), result) for task, result in self._executor.wait(_LOOK)]
            again.extend(part for each in results for part in self._again(*each))
            if kept := [each for each in results if not isinstance(each[1], NotDone)]:
                take(kept)
            self._on_change(self.figures)

    def _again(self, one: _Given, result: Result) -> list[_Given]:
        """Return what is to be given out again of a task that was not done; the rest of it has failed."""
        if not isinstance(result, NotDone):
            return []
        if len(one.rows) > 1:  # one of them is the cause, and the others shall not suffer for it
            self.figures.again += len(one.rows)
            return [one.part(number) for number in range(len(one.rows))]
        (row,) = one.rows
        tries = row.attempts + 1
        if result.kind is Kind.CRASH and tries < MOST_TRIES:
            self.figures.again += 1
            row = replace(row, attempts=tries)
            self._patiently(lambda: self._store.add(row))
            return [_Given(one.task, (row,))]
        self._fail(row, result.reason, tries if result.kind is Kind.CRASH else 0)
        return []

    def _fail(self, row: BatchFile, reason: str, attempts: int = 0) -> None:
        self._patiently(lambda: self._store.add(failed(row, reason, attempts)))
        self.figures.failed += 1
        self.figures.phase.done += 1

    def _transcribe_tasks(self) -> Iterator[_Given]:
        rows = self._ledger.waiting(Step.TRANSCRIBE)
        while piece := list(islice(rows, PIECE)):
            recordings = self._recordings(piece)
            for row in piece:
                recording = recordings.get(row.recording_id or "")
                if recording is None:
                    self._fail(row, f"{row.place}: its recording is no longer in the database")
                    continue
                roles = recording.channels if len(recording.channels) == 2 else (Role.CALLER, Role.AGENT)
                task = Transcribe(
                    key=row.id,
                    place=str(self._folder.place(recording)),
                    call_id=recording.call_id,
                    recording_id=recording.id,
                    roles=roles,
                    seconds=recording.seconds,
                )
                yield _Given(task, (row,))

    def _transcribed(self, done: list[tuple[_Given, Result]]) -> None:
        results = [(one.rows[0], result) for one, result in done if isinstance(result, Transcribed)]
        self._store_each(results, self._put_transcripts)
        for _, result in results:
            self.figures.heard(result.seconds, result.channels, result.cpu_seconds, result.wall_seconds)

    def _put_transcripts(self, done: Sequence[tuple[BatchFile, Transcribed]]) -> None:
        known = self._recordings([row for row, _ in done])
        records: list[object] = []
        for row, result in done:
            recording = known.get(row.recording_id or "")
            if recording is not None and row.sha256:  # of ours: what others have recorded they know best
                heard = _as_heard(recording, result)
                if heard != recording:
                    records.append(heard)
                if abs(heard.seconds - recording.seconds) > 0.5:
                    records += self._with_length(heard)
            records.append(at_step(row, Step.ANALYSE, seconds=result.seconds))
        _, stored = store_transcripts(self._store, [result.transcript for _, result in done], *records)
        stored.result()

    def _with_length(self, recording: Recording) -> list[Call]:
        """Return the call of a recording whose length was not known before; that of a call of ours was."""
        calls = self._store.find(Call, id=recording.call_id, door=ARCHIVE)
        return [
            replace(each, ended_at=each.started_at + timedelta(seconds=recording.seconds)) for each in calls
        ]

    def _analyse_tasks(self) -> Iterator[_Given]:
        rows = self._ledger.waiting(Step.ANALYSE)
        while piece := list(islice(rows, GROUP)):
            ids = [row.call_id or "" for row in piece]
            said = {each.call_id: each for each in self._store.find(Transcript, call_id=ids)}
            for row in piece:
                if row.call_id not in said:
                    self._fail(row, f"{row.place}: its transcript is no longer in the database")
            there = tuple(row for row in piece if row.call_id in said)
            if there:
                transcripts = tuple(said[row.call_id or ""] for row in there)
                contexts = tuple(contexts_of(self._store, [each.call_id for each in transcripts]))
                keys = tuple(row.id for row in there)
                yield _Given(Analyse(keys=keys, transcripts=transcripts, contexts=contexts), there)

    def _analysed(self, done: list[tuple[_Given, Result]]) -> None:
        for one, result in done:
            if not isinstance(result, Analysed) or not isinstance(one.task, Analyse):
                continue
            calls = [each.call for each in one.task.contexts]
            results = list(zip(one.rows, zip(calls, result.judgements, strict=True), strict=True))
            self._store_each(results, lambda part, by=result.scored_by: self._put_judgements(part, by))  # type: ignore[misc]
            self.figures.analysed += len(results)
            self.figures.phase.done += len(results)
            self.figures.judge_seconds += result.cpu_seconds

    def _put_judgements(
        self, done: Sequence[tuple[BatchFile, tuple[Call | None, Judgement]]], scored_by: str
    ) -> None:
        rows = [at_step(row, Step.INDEX) for row, _ in done]
        calls = [call for _, (call, _) in done if call is not None]
        judgements = [judgement for _, (_, judgement) in done]
        store_judgements(self._store, calls, judgements, scored_by, *rows).result()

    def _store_each(
        self, done: Sequence[tuple[BatchFile, T]], put: Callable[[Sequence[tuple[BatchFile, T]]], None]
    ) -> None:
        """Store results together; where the database does not take them, one by one, and say which."""
        try:
            self._patiently(lambda: put(done))
        except StoreLocked:
            raise
        except (StoreError, ValueError) as error:
            if len(done) > 1:
                for each in done:
                    self._store_each([each], put)
                return
            self._fail(done[0][0], f"its results cannot be stored: {error}")

    def _recordings(self, rows: Sequence[BatchFile]) -> dict[str, Recording]:
        ids = [row.recording_id for row in rows if row.recording_id]
        return {each.id: each for each in self._store.find(Recording, id=ids)}

    def _patiently(self, work: Callable[[], T]) -> T:
        """Do what writes; wait while another program holds the database."""
        until = time.monotonic() + LOCKED_SECONDS
        while True:
            try:
                return work()
            except StoreLocked:
                if time.monotonic() >= until:
                    raise
                self._on_change(self.figures)


def _name(task: Task) -> str:
    return task.key if isinstance(task, Transcribe) else " ".join(task.keys)


def _at_most(seen: Sequence[Seen], limit: int) -> list[Seen]:
    """Return entries up to so many of which something is to be done."""
    kept = []
    for each in seen:
        if each.standing not in (Standing.DONE, Standing.FAILED, Standing.GROWING):
            if limit < 1:
                break
            limit -= 1
        kept.append(each)
    return kept


def _as_heard(recording: Recording, result: Transcribed) -> Recording:
    """Return a recording with what is known of its sound since it was decoded."""
    channels, layout = recording.channels, Layout.STEREO
    if not result.transcript.roles_known:
        layout = Layout.MONO if result.channels == 1 else Layout.TWIN
        channels = (Role.UNKNOWN,) * result.channels
    return replace(
        recording,
        channels=channels,
        layout=layout,
        sample_rate=result.rate,
        seconds=result.seconds,
        flags=tuple(dict.fromkeys((*recording.flags, *result.flags))),
    )
