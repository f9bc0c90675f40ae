"""What can only be shown on real data, which stays outside the project (see HUAWU_DATA)."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from models.tiny_cn import corpus
from speech.audio import read_audio, resample, to_int16
from speech.error_rate import character_error_rate, pooled
from speech.gate import speech_spans
from speech.models import find_model
from speech.recogniser import load
from speech.transcribe import transcribe

pytestmark = pytest.mark.integration

RUN = 13


@pytest.fixture(scope="module")
def data() -> Path:
    folder = os.environ.get("HUAWU_DATA")
    if not folder:
        pytest.skip("HUAWU_DATA is not set")
    return Path(folder)


def texts(folder: Path) -> Iterator[str]:
    for path in sorted([*folder.rglob("*.csv"), *folder.rglob("*.jsonl")]):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield re.sub(r"[^一-鿿]", "", line)


def runs(text: str) -> Iterator[str]:
    return (text[start : start + RUN] for start in range(len(text) - RUN + 1))


def test_nothing_that_we_wrote_was_taken_from_it(data: Path) -> None:
    ours = {run for text in corpus.sentences() for run in runs(text)}
    ours |= {run for _, line in corpus.scenario_lines() for run in runs(corpus.plain(line))}

    taken = {run for text in texts(data) for run in runs(text)} & ours

    assert len(ours) > 10_000
    assert taken == set()


def test_the_gate_keeps_what_real_people_say(data: Path) -> None:
    kept = []
    for path in sorted((data / "mandarin_sentences_audio").glob("*.wav")):
        audio = read_audio(path)
        sound = resample(audio.samples, audio.rate, 8000).mean(axis=0)
        energy = np.square(sound, dtype=np.float64)
        inside = np.zeros(len(sound), dtype=bool)
        for start, end in speech_spans(sound, 8000):
            inside[int(start * 8000) : int(end * 8000)] = True
        kept.append(energy[inside].sum() / energy.sum())

    assert len(kept) >= 8
    assert min(kept) >= 0.98


def test_the_demo_model_does_not_understand_people(data: Path) -> None:
    """The model card says so; this is the measurement."""
    folder = data / "mandarin_sentences_audio"
    model = load(find_model("builtin"))
    with (folder / "transcripts.csv").open(encoding="utf-8") as rows:
        said = {row["file"]: row["text"] for row in csv.DictReader(rows) if row["text"]}
    errors = pooled(
        character_error_rate(text, "".join(each.text for each in transcribe(folder / file, model).utterances))
        for file, text in said.items()
        if (folder / file).is_file()
    )

    assert errors.reference_length > 50
    assert errors.rate > 0.7


def test_every_real_recording_can_be_read(data: Path) -> None:
    read = 0
    for path in sorted(data.rglob("*.wav")):
        audio = read_audio(path)
        assert audio.samples.shape[1] > 0 and to_int16(audio.samples).dtype == np.int16
        read += 1
    assert read > 700
