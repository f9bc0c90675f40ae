"""Recordings and what is said in them: a folder with ``a.wav`` beside ``a.txt``, or a manifest."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from calls.errors import HuawuError

#: What recordings end with; the rest of a folder is left alone.
SOUNDS = frozenset(".wav .wave .mp3 .flac .ogg .opus .m4a .aac .amr .gsm .au .aiff .wma .mp4 .webm".split())
#: Columns of a manifest that may name the recording, the first that is there; the words are in ``text``.
FILE_COLUMNS = ("file", "audio", "audio_filepath", "path", "wav")
#: A text is not longer than this in bytes.
MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Reference:
    """A recording and what is said in it, both parties in order of time.

    ``name`` is its path below the folder or as the manifest has it.
    """

    name: str
    sound: Path
    text: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A file that cannot be judged, and why."""

    name: str
    reason: str


def read_references(place: Path) -> tuple[list[Reference], list[Problem]]:
    """Read the references of a folder, with its folders, or of a manifest (``.csv``, ``.tsv``, ``.jsonl``).

    Returns
    -------
    list of Reference
        Sorted by name for a folder, in order of the manifest otherwise.
    list of Problem
        Recordings without words, words without a recording, and what cannot be read.

    Raises
    ------
    HuawuError
        There is no such place, the manifest cannot be read, or nothing can be judged.
    """
    if place.is_dir():
        found, problems = _of_folder(place)
    elif place.is_file():
        found, problems = _of_manifest(place)
    else:
        raise HuawuError(
            f"--ref {place} does not exist", "name a folder with a.wav beside a.txt, or a manifest"
        )
    if not found:
        first = f" ({problems[0].name}: {problems[0].reason})" if problems else ""
        raise HuawuError(
            f"--ref {place}: no recording with its words{first}",
            "put what is said in a.wav into a.txt beside it",
        )
    return found, problems


def _of_folder(folder: Path) -> tuple[list[Reference], list[Problem]]:
    found, problems = [], []
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    sounds = [path for path in files if path.suffix.lower() in SOUNDS]
    spoken_of = set()
    for sound in sounds:
        name = str(sound.relative_to(folder))
        # call.wav.txt wins over call.txt, so that call.wav and call.mp3 can have words of their own
        candidates = (sound.with_name(f"{sound.name}.txt"), sound.with_suffix(".txt"))
        words = next((path for path in candidates if path.is_file()), None)
        if words is None:
            problems.append(Problem(name, f"there is no {candidates[1].name} beside it"))
            continue
        spoken_of.add(words)
        try:
            found.append(Reference(name, sound, _text(words)))
        except HuawuError as error:
            problems.append(Problem(name, str(error)))
    for path in files:
        if path.suffix.lower() == ".txt" and path not in spoken_of:
            problems.append(Problem(str(path.relative_to(folder)), "there is no recording beside it"))
    return found, problems


def _of_manifest(path: Path) -> tuple[list[Reference], list[Problem]]:
    found, problems = [], []
    seen: set[str] = set()
    for number, row in _rows(path):
        name = next((row[column] for column in FILE_COLUMNS if row.get(column)), "")
        sound, text = path.parent / name, row.get("text", "").strip()
        where = name or f"line {number}"
        if not name:
            problems.append(Problem(where, f"no file: the column is called {' or '.join(FILE_COLUMNS)}"))
        elif name in seen:
            problems.append(Problem(where, f"line {number}: it is there twice"))
        elif not text:
            problems.append(Problem(where, f"line {number}: no text"))
        elif not sound.is_file():
            problems.append(Problem(where, f"line {number}: {sound} does not exist"))
        else:
            found.append(Reference(name, sound, text))
        seen.add(name)
    return found, problems


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    text = _decoded(path, most_bytes=1 << 28)
    form = path.suffix.lower()
    if form in (".csv", ".tsv"):
        reader = csv.DictReader(io.StringIO(text), dialect="excel" if form == ".csv" else "excel-tab")
        for row in reader:
            yield (
                reader.line_num,
                {key: value for key, value in row.items() if key and isinstance(value, str)},
            )
    elif form in (".jsonl", ".json"):
        for number, line in enumerate(text.splitlines(), start=1):
            if not line.strip():
                continue
            try:
                data = json.loads(line)
            except ValueError as error:
                raise HuawuError(f"{path}, line {number}: {error}", "write one JSON object a line") from error
            if not isinstance(data, dict):
                raise HuawuError(f"{path}, line {number}: no object", "write one JSON object a line")
            yield number, {key: value for key, value in data.items() if isinstance(value, str)}
    else:
        raise HuawuError(f"--ref {path} is no folder and no manifest", "manifests are .csv, .tsv or .jsonl")


def _text(path: Path) -> str:
    text = _decoded(path, MOST_BYTES).strip()
    if not text:
        raise HuawuError(f"{path.name} is empty", "write down what is said")
    return text


def _decoded(path: Path, most_bytes: int) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(most_bytes + 1)
        if len(data) > most_bytes:
            raise HuawuError(f"{path.name} is longer than {most_bytes:,} bytes", "split it")
        return data.decode("utf-8-sig")
    except OSError as error:
        raise HuawuError(f"{path.name}: {error.strerror}", "make it readable") from error
    except UnicodeDecodeError as error:
        raise HuawuError(f"{path.name} is not UTF-8", "save it as UTF-8") from error
