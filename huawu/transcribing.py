"""``huawu transcribe``: recordings → transcripts, file by file; what fails is listed and the rest go on."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from threading import Event
from typing import Annotated

import typer

from calls.errors import HuawuError
from calls.records import Role, Transcript
from speech.formats import Format, render


class OutputFormat(StrEnum):
    """How transcripts are written."""

    TXT = "txt"
    JSON = "json"
    SRT = "srt"
    VTT = "vtt"


class Side(StrEnum):
    """Which channel of a stereo recording is meant."""

    LEFT = "left"
    RIGHT = "right"


def output_paths(files: Sequence[Path], folder: Path, form: str) -> list[Path]:
    """Return where each transcript goes: ``folder``/…/``call.wav.txt``, never two to the same place.

    The folders of the files below their common parent are kept, and so is the suffix, so that equal
    names in different folders and ``a.wav`` beside ``a.mp3`` stay apart.
    """
    absolute = [Path(os.path.abspath(file)) for file in files]
    common = Path(os.path.commonpath([file.parent for file in absolute]))
    return [folder / file.relative_to(common).parent / f"{file.name}.{form}" for file in absolute]


def transcribe_command(
    files: Annotated[list[Path], typer.Argument(help="Sound files.", readable=False, show_default=False)],
    form: Annotated[OutputFormat, typer.Option("--format", help="What to write.")] = OutputFormat.TXT,
    model: Annotated[
        str | None, typer.Option(help="Model: a folder, a name, or 'builtin'.", show_default=False)
    ] = None,
    caller_channel: Annotated[
        Side, typer.Option(help="Where the caller is in stereo recordings.")
    ] = Side.LEFT,
    written: Annotated[
        bool, typer.Option("--written", help="Write numbers in figures, and signs at pauses and questions.")
    ] = False,
    hot_words: Annotated[
        Path | None,
        typer.Option(
            help="Words that were likely said: what sounds like one and was heard with doubt becomes it. "
            "A file with a word a line, or YAML.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(help="Folder for one file per recording, instead of the screen.", show_default=False),
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Recordings in work at the same time.")] = os.cpu_count()
    or 1,
) -> None:
    """Write down what is said in recordings.

    Files that cannot be read are listed and the others go on; then the exit code is 1. JSON keeps the text
    as it was recognised beside what --written and --hot-words make of it.
    """
    # imported here: libvosk takes a moment, and other commands do without
    from speech.engines import load_recogniser
    from speech.transcribe import transcribe_files

    unique = list(dict.fromkeys(files))
    if output is None and len(unique) > 1 and form is not OutputFormat.TXT:
        raise HuawuError(f"{len(unique)} files as {form} do not fit on one screen", "add --output FOLDER")
    if output is not None:
        try:
            output.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise HuawuError(f"--output {output}: {error.strerror}", "name another folder") from error
    show = _renderer(form.value, written, hot_words)
    sides = (Role.CALLER, Role.AGENT)
    roles = sides if caller_channel is Side.LEFT else sides[::-1]
    recogniser = load_recogniser(model)
    stop = Event()
    failed: list[HuawuError] = []
    printer = _Screen(unique, show) if output is None else _Folder(unique, output, form.value, show)
    try:
        for result in transcribe_files(unique, recogniser, roles=roles, jobs=jobs, stop=stop):
            try:
                printer.take(result.index, result.transcript())
            except HuawuError as error:
                failed.append(error)
                typer.echo(str(error), err=True)
                printer.skip(result.index)
    except KeyboardInterrupt:
        stop.set()
        printer.close()
        typer.echo(f"interrupted: {printer.done} of {len(unique)} transcripts are kept", err=True)
        raise typer.Exit(130) from None
    printer.close()
    if failed:
        typer.echo(f"{len(failed)} of {len(unique)} files failed", err=True)
        raise typer.Exit(1)


_Show = Callable[[Transcript], str]


def _renderer(form: Format, written: bool, hot_words: Path | None) -> _Show:
    """Return what writes a transcript; the list of hot words is read, so that its faults are told early."""
    if not written and hot_words is None:
        return lambda transcript: render(transcript, form)
    from speech.hotwordlist import read_hot_words
    from speech.hotwords import HotWords
    from speech.readable import readable

    listed = HotWords(read_hot_words(hot_words)) if hot_words else None

    def show(transcript: Transcript) -> str:
        views = [readable(each, listed, figures=written, signs=written) for each in transcript.utterances]
        return render(transcript, form, views)

    return show


class _Folder:
    """Writes each transcript to its own file as soon as it is there, whole or not at all."""

    def __init__(self, files: Sequence[Path], folder: Path, form: Format, show: _Show) -> None:
        self._show = show
        self._targets = output_paths(files, folder, form)
        self.done = 0

    def take(self, index: int, transcript: Transcript) -> None:
        target = self._targets[index]
        # short, so that a name as long as the file system allows has room
        temporary = target.with_name(f".huawu-{os.getpid()}-{index}.part")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(self._show(transcript), encoding="utf-8")
            temporary.replace(target)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise HuawuError(f"{target}: {error.strerror}", "free space or choose another folder") from error
        self.done += 1
        typer.echo(f"{target}", err=True)

    def skip(self, index: int) -> None:
        """Leave nothing of a file that failed."""

    def close(self) -> None:
        """Do nothing: everything is written already."""


class _Screen:
    """Prints transcripts in the order of the files, each as soon as those before it are settled."""

    def __init__(self, files: Sequence[Path], show: _Show) -> None:
        self._files, self._show = files, show
        self._waiting: dict[int, Transcript | None] = {}
        self._next = 0
        self.done = 0

    def take(self, index: int, transcript: Transcript) -> None:
        self._waiting[index] = transcript
        self._print_ready()

    def skip(self, index: int) -> None:
        self._waiting[index] = None
        self._print_ready()

    def close(self) -> None:
        """Print what waits for files that will not come."""
        for index in sorted(self._waiting):
            self._print(index)
        sys.stdout.flush()

    def _print_ready(self) -> None:
        while self._next in self._waiting:
            self._print(self._next)
            self._next += 1

    def _print(self, index: int) -> None:
        transcript = self._waiting.pop(index)
        if transcript is None:
            return
        if len(self._files) > 1:
            typer.echo(f"{'' if not self.done else chr(10)}== {self._files[index]}")
        typer.echo(self._show(transcript), nl=False)
        self.done += 1
