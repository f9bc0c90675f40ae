"""Figures of a batch for Prometheus: a file for the textfile collector of its node exporter.

The file is replaced as a whole, so that the collector never reads half of one
(https://github.com/prometheus/node_exporter#textfile-collector). Labels hold no personal data.
"""

from __future__ import annotations

from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

from calls.batches import FileState, Step
from calls.errors import BatchError
from huawu.batch.figures import Figures
from huawu.batch.ledger import Ledger

#: Seconds between two versions of the file.
EVERY = 15.0


class Metrics:
    """Writes the figures of one job.

    Parameters
    ----------
    path : Path
        Its name ends in ``.prom``, or the collector would not read it.
    ledger : Ledger

    Raises
    ------
    BatchError
        The file has another suffix, or there is no such folder.
    """

    def __init__(self, path: Path, ledger: Ledger) -> None:
        if path.suffix != ".prom":
            raise BatchError(f"--metrics {path}: the collector reads files named *.prom", "name it so")
        if not path.absolute().parent.is_dir():
            raise BatchError(f"--metrics {path}: there is no such folder", "make it, or name another")
        self._path = path
        self._ledger = ledger
        self._written: float | None = None

    def write(self, figures: Figures, now: float, *, running: bool) -> None:
        """Write them now; ``now`` is in seconds since 1970.

        Raises
        ------
        BatchError
            The file cannot be written.
        """
        self._written = now
        registry = CollectorRegistry()

        def gauge(name: str, what: str, value: float, **labels: str) -> None:
            if name not in known:
                known[name] = Gauge(f"huawu_batch_{name}", what, ["batch", *labels], registry=registry)
            known[name].labels(self._ledger.batch, *labels.values()).set(value)

        known: dict[str, Gauge] = {}
        for step in Step:
            if step is not Step.DONE:
                waiting = self._ledger.count(state=FileState.WAITING, step=step)
                gauge("waiting_files", "Files by the step that they wait for", waiting, step=step.value)
        for state in (FileState.DONE, FileState.FAILED, FileState.DUPLICATE):
            count = self._ledger.count(state=state)
            gauge("files", "Files for which nothing is left to do", count, state=state.value)
        gauge("sound_seconds", "Channel seconds transcribed by this run", figures.channel_seconds)
        gauge("cpu_seconds", "Processor seconds that transcribing took in this run", figures.cpu_seconds)
        gauge("worker_seconds", "Seconds of workers that transcribing took in this run", figures.wall_seconds)
        gauge(
            "tries_again", "Tasks of this run whose process died and that were given out again", figures.again
        )
        gauge("running", "1 while the job works", float(running))
        gauge("written_timestamp_seconds", "When this was written", now)
        try:
            write_to_textfile(str(self._path), registry)
        except OSError as error:
            raise BatchError(
                f"--metrics {self._path}: {error.strerror}", "check the folder and its rights"
            ) from None

    def keep(self, figures: Figures, now: float) -> None:
        """Write them where it is time to."""
        if self._written is None or now - self._written >= EVERY:
            self.write(figures, now, running=True)
