"""What ``benchmarks.batch`` compares, each in a process of its own.

    python -m benchmarks.batch_tools < TASK > RESULT.json

A task is ``{tool, model, processes}`` in the first line, and a file in each line after it; the result is
``{texts, rss_mb}``: what was heard in each file, and the peak memory of the process that recognises (the
largest of several).
"""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks.machine import peak_megabytes
from huawu import logs

OURS, PEER, BARE = "huawu", "vosk-transcriber", "vosk"
TINY, ALONE = "huawu executor, tiny files", "huawu worker alone, tiny files"

Result = dict[str, Any]


def huawu(model: str, processes: int, files: Iterator[Path]) -> Result:
    """Transcribe with the executor of ``huawu batch``, without a database."""
    from huawu.batch.local import LocalExecutor
    from huawu.batch.sizing import Plan
    from huawu.batch.tasks import Transcribed

    texts: dict[str, str] = {}
    with LocalExecutor(Plan(workers=processes), model) as executor:
        for task, result in _given_out(files, executor):
            if not isinstance(result, Transcribed):
                raise SystemExit(f"{task}: {result}")
            texts[Path(task.place).name] = "".join(each.text for each in result.transcript.utterances)
        return {"texts": texts, "rss_mb": max(map(peak_megabytes, executor.pids))}


def vosk_transcriber(model: str, processes: int, files: Iterator[Path]) -> Result:
    """Let the peer transcribe, with its own pool of threads; without ffmpeg, we feed its own loop."""
    from vosk import SetLogLevel
    from vosk.transcriber.transcriber import SAMPLE_RATE, Transcriber

    from speech.audio import read_audio, resample, to_int16

    class WithoutFfmpeg(Transcriber):  # type: ignore[misc]
        """The same, but for who decodes the file."""

        def resample_ffmpeg(self, infile: Path) -> Any:
            audio = read_audio(infile)
            sound = to_int16(resample(audio.samples.mean(axis=0), audio.rate, int(SAMPLE_RATE)))
            return SimpleNamespace(stdout=io.BytesIO(sound.tobytes()))

    SetLogLevel(-1)
    options = SimpleNamespace(model=model, model_name=None, lang=None, server=None, output_type="txt")
    transcriber = (Transcriber if shutil.which("ffmpeg") else WithoutFfmpeg)(options)
    with tempfile.TemporaryDirectory() as out:
        transcriber.process_task_list([(file, f"{out}/{file.name}") for file in files])
        texts = {path.name: path.read_text(encoding="utf-8") for path in Path(out).iterdir()}
    return {"texts": texts, "rss_mb": peak_megabytes()}


def vosk_bare(model: str, processes: int, files: Iterator[Path]) -> Result:
    """Feed libvosk with the speech that our gate found before, in pieces as large as ours."""
    import numpy as np
    import vosk

    vosk.SetLogLevel(-1)
    loaded = vosk.Model(model)
    texts = {}
    for path in files:
        recogniser = vosk.KaldiRecognizer(loaded, 8000.0)
        recogniser.SetWords(True)
        speech, heard = np.load(path), []
        for at in range(0, len(speech), 1600):
            if recogniser.AcceptWaveform(speech[at : at + 1600].tobytes()):
                heard.append(json.loads(recogniser.Result())["text"])
        heard.append(json.loads(recogniser.FinalResult())["text"])
        texts[f"{path.stem}.wav"] = "".join(heard)
    return {"texts": texts, "rss_mb": peak_megabytes()}


def executor_alone(model: str, processes: int, files: Iterator[Path]) -> Result:
    """Give out many tiny files, read as they are wanted; the memory is that of who gives them out."""
    from huawu.batch.local import LocalExecutor
    from huawu.batch.sizing import Plan

    with LocalExecutor(Plan(workers=processes), model) as executor:
        for _ in _given_out(files, executor):
            pass
    return {"texts": {}, "rss_mb": peak_megabytes()}


def worker_alone(model: str, processes: int, files: Iterator[Path]) -> Result:
    """Do the same tasks without giving anything out."""
    from huawu.batch.worker import Worker

    worker = Worker(model)
    for path in files:
        worker.do(_task(path))
    return {"texts": {}, "rss_mb": peak_megabytes()}


TOOLS = {OURS: huawu, PEER: vosk_transcriber, BARE: vosk_bare, TINY: executor_alone, ALONE: worker_alone}
#: Those that run several processes, or threads, by themselves.
SEVERAL = (OURS, PEER, TINY)


def _given_out(files: Iterator[Path], executor: Any) -> Iterator[Any]:
    """Give files out while there is room; yield each task with its result."""
    out = 0
    while True:
        room = executor.room
        given = list(islice(files, room))
        more = len(given) == room
        for path in given:
            executor.submit(_task(path))
        out += len(given)
        if not (more or out):
            return
        done = executor.wait(60)
        out -= len(done)
        yield from done


def _task(path: Path) -> Any:
    from huawu.batch.tasks import Transcribe

    return Transcribe(key=path.name, place=str(path), call_id=path.name, recording_id=path.name, seconds=3600)


def main() -> None:
    os.environ.update({f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")})
    logs.configure()
    task = json.loads(sys.stdin.readline())
    files = (Path(line.rstrip("\n")) for line in sys.stdin)
    result = TOOLS[task["tool"]](task["model"], task["processes"], files)
    json.dump(result, sys.stdout, ensure_ascii=False)


if __name__ == "__main__":
    main()
