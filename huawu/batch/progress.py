"""What a person sees of a running job: a bar on a terminal, and elsewhere a line now and then."""

from __future__ import annotations

import time
from datetime import timedelta
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from calls.batches import Step
from huawu.batch.figures import Figures

#: Seconds between two lines where there is no terminal, and between two looks of a bar.
LINE_SECONDS, LOOK_SECONDS = 60.0, 0.25
_DOING = {
    Step.INGEST: "taking in",
    Step.TRANSCRIBE: "transcribing",
    Step.ANALYSE: "analysing",
    Step.INDEX: "indexing",
    Step.DONE: "waiting for new files",
}


class JobProgress:
    """Shows the figures of a job, as a context; :meth:`show` them as often as you like.

    Parameters
    ----------
    console : Console
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar = Progress(
            TextColumn("{task.description:<12}"),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[told]}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._task: TaskID | None = None
        self._shown = 0.0

    def __enter__(self) -> Self:
        self._bar.start()
        self._task = self._bar.add_task(_DOING[Step.INGEST], total=None, told="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def show(self, figures: Figures) -> None:
        """Show how far the job is, where it is time to."""
        now = time.monotonic()
        wait = LOOK_SECONDS if self._console.is_terminal else LINE_SECONDS
        if now - self._shown < wait or self._task is None:
            return
        self._shown = now
        phase = figures.phase
        if self._console.is_terminal:
            self._bar.update(
                self._task,
                description=_DOING[phase.step],
                total=phase.total,
                completed=phase.done,
                told=told(figures, now),
            )
        else:
            self._console.print(
                f"{_DOING[phase.step]}: {told(figures, now)}", highlight=False, soft_wrap=True
            )


def told(figures: Figures, now: float) -> str:
    """Return how far a job is, in words; ``now`` is of the same clock as the beginning of the phase."""
    phase = figures.phase
    parts = [f"{phase.done}/{phase.total}" if phase.total is not None else f"{phase.done} files"]
    if phase.step is Step.TRANSCRIBE and phase.seconds:
        parts.append(f"{phase.hours_an_hour(now):.0f} channel h/h")
        if (factor := figures.real_time_factor) is not None:
            parts.append(f"RTF {factor:.3f}")
    if (left := phase.left(now)) is not None and phase.step is not Step.DONE:
        parts.append(f"{timedelta(seconds=round(left))} left")
    if figures.failed:
        parts.append(f"{figures.failed} failed")
    return ", ".join(parts)
