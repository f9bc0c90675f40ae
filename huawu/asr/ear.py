"""One model in a process of its own: ``python -m huawu.asr.ear``, started by :mod:`huawu.asr.hearing`.

It takes ``{"model": …, "files": […]}`` on standard input and answers with JSON, a line for what it has
loaded, one before each file and one after. What libraries print goes to standard error.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any, TextIO

from calls.errors import HuawuError


def main() -> int:
    """Hear the files that standard input names."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    asked = json.load(sys.stdin)
    from speech.engines import find_recogniser, load_recogniser

    begun = time.perf_counter()
    try:
        folder = find_recogniser(asked["model"])
        model = load_recogniser(asked["model"])
    except HuawuError as error:
        _say(answers, refused=error.message, hint=error.hint)
        return 0
    _say(
        answers,
        engine=model.engine,
        name=model.name,
        synthetic=bool(getattr(folder, "builtin", False)),
        load_seconds=time.perf_counter() - begun,
        idle_mb=_peak(),
    )
    for number, name in enumerate(asked["files"]):
        _hear(answers, model, number, name)
    return 0


def _hear(answers: TextIO, model: Any, number: int, name: str) -> None:
    from speech.audio import read_audio
    from speech.joining import join
    from speech.transcribe import transcribe

    try:
        audio = read_audio(Path(name))
        channels = 2 if audio.layout == "stereo" else 1
        _say(answers, begins=number, seconds=audio.seconds, channels=channels)
        wall, cpu = time.perf_counter(), time.process_time()
        found = transcribe(audio, model, threads=1)
        cost = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    except HuawuError as error:
        _say(answers, file=number, reason=str(error), peak_mb=_peak())
        return
    text = join(utterance.text for utterance in found.utterances)
    _say(answers, file=number, text=text, **cost, peak_mb=_peak())


def _say(answers: TextIO, **values: object) -> None:
    answers.write(json.dumps(values, ensure_ascii=False) + "\n")
    answers.flush()


def _peak() -> float:
    """Return the most memory that this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
