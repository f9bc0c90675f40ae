"""Who does the tasks: holds the models that it needs, and never sees the database.

Whatever a file does to Python is an answer (:class:`~huawu.batch.tasks.NotDone`). What it does to the
process, by a native crash or by never ending, is the business of who runs the worker.
"""

from __future__ import annotations

import json
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import structlog

from calls.errors import AudioError, HuawuError, RecordingError
from calls.objectstore import ObjectStores, is_url
from calls.sealing import keys_from, plain_path
from huawu.batch.tasks import Analyse, Analysed, Kind, NotDone, Result, Task, Transcribe, Transcribed

if TYPE_CHECKING:
    from analytics.judge import Judge
    from speech.recogniser import RecogniserModel

#: Environment, for tests alone: JSON of file name → "segv" (the process dies) or "hang" (it never ends).
FAULTS = "HUAWU_BATCH_FAULTS"

_PIECE = 1 << 22  # bytes copied at a time

_log = structlog.get_logger(__name__)


class Worker:
    """Does one task after the other. Each model is loaded when the first task needs it, or before.

    Parameters
    ----------
    model : str, optional
        The recogniser's name, as of ``--model``.
    """

    def __init__(self, model: str | None = None) -> None:
        self._model = model
        self._recogniser: RecogniserModel | None = None
        self._judge: Judge | None = None

    def recogniser(self) -> RecogniserModel:
        """Return what recognises.

        Raises
        ------
        ModelError
            There is no such model, or it cannot be loaded.
        """
        if self._recogniser is None:
            from speech.engines import load_recogniser

            self._recogniser = load_recogniser(self._model)
        return self._recogniser

    def judge(self) -> Judge:
        """Return who judges, with the models that were trained on verdicts.

        Raises
        ------
        AnalyticsError
            A trained model cannot be read.
        """
        if self._judge is None:
            from analytics.judge import Judge
            from analytics.training.shelf import ModelShelf

            self._judge = Judge.load(trained=ModelShelf())
        return self._judge

    def do(self, task: Task, threads: int = 2) -> Result:
        """Do a task.

        Parameters
        ----------
        task : Transcribe or Analyse
        threads : int
            Channels recognised at the same time.
        """
        try:
            return self._transcribe(task, threads) if isinstance(task, Transcribe) else self._analyse(task)
        except HuawuError as error:
            return NotDone(kind=Kind.ERROR, reason=str(error))
        except Exception as error:  # of a library: one file shall not keep the others from being done
            _log.exception("a task failed in a way that nobody foresaw")
            return NotDone(kind=Kind.ERROR, reason=f"unforeseen: {type(error).__name__}: {error}")

    def _transcribe(self, task: Transcribe, threads: int) -> Transcribed:
        from speech.audio import read_audio
        from speech.levels import with_levels
        from speech.transcribe import transcribe

        model = self.recogniser()
        _fail_on_purpose(task.place)
        begun, cpu = time.perf_counter(), time.process_time()
        with _sound_of(task.place) as path:
            try:
                sound = read_audio(path)
            except AudioError as error:  # it knows the copy's name alone
                message = error.message.replace(str(path), task.place)
                raise AudioError(message, error.hint.replace(str(path), task.place)) from error
        transcript = transcribe(
            replace(sound, path=Path(task.place)),
            model,
            roles=task.roles,
            call_id=task.call_id,
            recording_id=task.recording_id,
            threads=threads,
        )
        return Transcribed(
            transcript=with_levels(transcript, sound.samples, sound.rate),
            seconds=sound.seconds,
            channels=len(sound.samples),
            rate=sound.rate,
            flags=sound.flags,
            cpu_seconds=time.process_time() - cpu,
            wall_seconds=time.perf_counter() - begun,
        )

    def _analyse(self, task: Analyse) -> Analysed:
        judge = self.judge()
        cpu = time.process_time()
        judgements = judge.judge_each(task.transcripts, task.contexts)
        return Analysed(
            judgements=tuple(judgements),
            scored_by=judge.scored_by,
            cpu_seconds=time.process_time() - cpu,
        )


@contextmanager
def _sound_of(place: str) -> Iterator[Path]:
    """Give the name of a plain file with the sound of a place, which goes at the end."""
    keys = keys_from(os.environ)
    if not is_url(place):
        path = Path(place)
        if not path.is_file() or not os.access(path, os.R_OK):
            yield path  # who reads sound says best what is wrong
            return
        with plain_path(path, keys) as plain:
            yield plain
        return
    # it has no name from the beginning, so that nothing stays if we are killed
    with tempfile.TemporaryFile(prefix="huawu-") as copy:
        _copy(place, copy.fileno())
        with plain_path(Path(f"/proc/{os.getpid()}/fd/{copy.fileno()}"), keys) as plain:
            yield plain


def _copy(url: str, to: int) -> None:
    """Copy an object, which the job has found itself and thus means."""
    try:
        with ObjectStores.of().also(url).open(url) as remote, os.fdopen(os.dup(to), "wb") as copy:
            while piece := remote.read(_PIECE):
                copy.write(piece)
    except OSError as error:
        raise RecordingError(f"recording {url}: {error.strerror or error}", "try it again") from error


def _fail_on_purpose(place: str) -> None:
    """Do what :data:`FAULTS` asks for, so that tests can see what becomes of it."""
    faults = os.environ.get(FAULTS)
    fault = json.loads(faults).get(PurePosixPath(place).name) if faults else None
    if fault == "segv":
        os.kill(os.getpid(), signal.SIGSEGV)
    while fault == "hang":
        signal.pause()
