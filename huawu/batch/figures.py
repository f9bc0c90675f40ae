"""What a job has done so far, in numbers. Time is an argument."""

from __future__ import annotations

from dataclasses import dataclass, field

from calls.batches import Step


@dataclass(slots=True)
class Phase:
    """One step of all files; ``total`` is ``None`` while it is not known how many there are."""

    step: Step
    begun: float
    total: int | None = None
    done: int = 0
    seconds: float = 0.0  # of sound, on all channels together

    def left(self, now: float) -> float | None:
        """Return how many seconds it will take, ``None`` where that cannot be told yet."""
        spent = now - self.begun
        if self.total is None or not self.done or spent <= 0:
            return None
        return max(self.total - self.done, 0) * spent / self.done

    def hours_an_hour(self, now: float) -> float:
        """Return how many hours of one channel are done in an hour."""
        spent = now - self.begun
        return self.seconds / spent if spent > 0 else 0.0


@dataclass(slots=True)
class Figures:
    """What became of files in this run.

    Attributes
    ----------
    known : int
        Looked at and left as they are: done, duplicate or failed before.
    taken : int
        Taken in as calls, or taken up again.
    duplicates, failed, transcribed, analysed, finished : int
        What became of those taken in, so far.
    again : int
        Tasks that were given out once more because the process that did them died.
    seconds, channel_seconds : float
        Sound that was transcribed: length, and length times channels.
    cpu_seconds, wall_seconds : float
        What transcribing took of processors, and of the time of those who did it.
    """

    known: int = 0
    growing: int = 0
    taken: int = 0
    duplicates: int = 0
    failed: int = 0
    transcribed: int = 0
    analysed: int = 0
    finished: int = 0
    again: int = 0
    seconds: float = 0.0
    channel_seconds: float = 0.0
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    judge_seconds: float = 0.0
    phase: Phase = field(default_factory=lambda: Phase(Step.INGEST, 0.0))

    @property
    def real_time_factor(self) -> float | None:
        """Seconds that one worker takes for a second of one channel; ``None`` before the first."""
        return self.wall_seconds / self.channel_seconds if self.channel_seconds else None

    def begin(self, step: Step, now: float, total: int | None = None) -> None:
        """Begin a phase."""
        self.phase = Phase(step, now, total)

    def heard(self, seconds: float, channels: int, cpu_seconds: float, wall_seconds: float) -> None:
        """Count a recording that was transcribed."""
        self.transcribed += 1
        self.seconds += seconds
        self.channel_seconds += seconds * channels
        self.cpu_seconds += cpu_seconds
        self.wall_seconds += wall_seconds
        self.phase.done += 1
        self.phase.seconds += seconds * channels
