"""A job as a command runs it: with its lock, its bar, its report and its figures for Prometheus."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from analytics.search.index import SearchIndex
from calls.recordings import RecordingFolder
from calls.store import Store
from huawu.batch.figures import Figures
from huawu.batch.job import Job
from huawu.batch.ledger import Ledger
from huawu.batch.lock import JobLock
from huawu.batch.metrics import Metrics
from huawu.batch.progress import JobProgress
from huawu.batch.report import Report
from huawu.batch.tasks import Executor


@contextmanager
def running(
    store: Store,
    folder: RecordingFolder,
    ledger: Ledger,
    executor: Callable[[], Executor],
    console: Console,
    *,
    doing: str,
    report: Path | None = None,
    metrics: Path | None = None,
    faults: list[str] | None = None,
) -> Iterator[Job]:
    """Give a job that holds the database; at its end, however it comes, the report and figures are written.

    Parameters
    ----------
    store, folder, ledger, executor
        Of :class:`huawu.batch.job.Job`.
    console : Console
        For the bar.
    doing : str
        What the job does, for others that find the database held.
    report, metrics : Path, optional
    faults : list of str, optional
        What is wrong with the source itself, for the report.

    Raises
    ------
    BatchError
        Another job works on the database, or a file cannot be written.
    """
    told = Report(report) if report else None
    figures_file = Metrics(metrics, ledger) if metrics else None
    with _terminated_as_interrupted(), JobLock(store, doing) as lock, JobProgress(console) as progress:

        def changed(figures: Figures) -> None:
            lock.check()
            progress.show(figures)
            if figures_file is not None:
                figures_file.keep(figures, time.time())

        job = Job(store, folder, ledger, executor, changed)
        try:
            yield job
        finally:
            job.close()
            if figures_file is not None:
                figures_file.write(job.figures, time.time(), running=False)
            if told is not None:
                told.write(ledger.files(), faults or ())


def finish(job: Job, database: str) -> None:
    """Do the steps that follow the taking in."""
    job.transcribe()
    job.analyse()
    with SearchIndex.open(database) as index:
        job.index(index)


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """Let ``SIGTERM`` end a job as Ctrl-C does: tidily."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
