"""``huawu dtmf``: recordings → the keys that were pressed in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from calls.errors import HuawuError

if TYPE_CHECKING:
    from speech.dtmf import KeyPress

_SIDES = ("left", "right")


def dtmf_command(
    files: Annotated[list[Path], typer.Argument(help="Sound files.", readable=False, show_default=False)],
    as_json: Annotated[
        bool,
        typer.Option("--json", help="A list of digit, start and end in seconds; of several files by name."),
    ] = False,
) -> None:
    """Print the keys (DTMF) that were pressed in recordings.

    One file: its digits on a line, or with --json a list. Several: each digits behind the file's name, or
    an object of lists. Of a stereo recording both channels are heard and their digits put in order of
    time; a digit on both at once counts once. Which channel each is on is said in the JSON and on the
    error output. Files that cannot be read are listed and the others go on; then the exit code is 1, or 2
    where none could be read.
    """
    unique = list(dict.fromkeys(files))
    results: dict[Path, list[dict[str, Any]]] = {}
    failed: list[HuawuError] = []
    for file in unique:
        try:
            results[file] = _digits(file)
        except HuawuError as error:
            if len(unique) == 1:
                raise
            failed.append(error)
            typer.echo(str(error), err=True)
        else:
            if not as_json:
                digits = "".join(each["digit"] for each in results[file])
                typer.echo(digits if len(unique) == 1 else f"{file}: {digits}")
    if as_json:
        single = results.get(unique[0], []) if len(unique) == 1 else None
        by_name = {str(file): presses for file, presses in results.items()}
        typer.echo(json.dumps(by_name if single is None else single, ensure_ascii=False))
    if failed:
        typer.echo(f"{len(failed)} of {len(unique)} files failed", err=True)
        raise typer.Exit(1 if results else 2)


def _digits(file: Path) -> list[dict[str, Any]]:
    """Return what ``--json`` prints of a file; says on the error output what else is to know about it."""
    # imported here: other commands do without
    from calls.records import Layout
    from speech.audio import read_audio, resample, to_int16
    from speech.dtmf import detect_digits
    from speech.tonepair import RATE

    audio = read_audio(file)
    if audio.flags:
        typer.echo(f"{file}: {', '.join(audio.flags)}", err=True)
    # the second of two copies tells nothing new
    channels = audio.samples[: 2 if audio.layout is Layout.STEREO else 1]
    heard = [detect_digits(to_int16(resample(channel, audio.rate, RATE))) for channel in channels]
    if len(heard) == 1:
        return [_row(press) for press in heard[0]]
    sides = dict(zip(_SIDES, heard, strict=True))
    said = (
        f"{side} {''.join(press.digit for press in presses) or 'none'}" for side, presses in sides.items()
    )
    typer.echo(f"{file}: {', '.join(said)}", err=True)
    rows = [{**_row(press), "channel": side} for side, presses in sides.items() for press in presses]
    kept: list[dict[str, Any]] = []
    for row in sorted(rows, key=lambda row: (row["start"], row["channel"])):
        if not any(row["digit"] == other["digit"] and row["start"] < other["end"] for other in kept):
            kept.append(row)
    return kept


def _row(press: KeyPress) -> dict[str, Any]:
    return {"digit": press.digit, "start": round(press.start, 4), "end": round(press.end, 4)}
