"""``huawu models``: which recognition models there are, which one is used, whether it is whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table

from calls.errors import ModelError
from speech.engines import AnyFolder, find_recogniser, installed_of_any, open_folder
from speech.fetch import address, fetch, provenance
from speech.manifest import ModelEntry, find_entry, read_manifest
from speech.models import BUILTIN, ModelFolder, builtin_model, cache_folder

models_app = typer.Typer(help="Recognition models: list, path, verify, fetch.", no_args_is_help=True)

#: Loading the largest Chinese model from a slow disk.
_PROBE_SECONDS = 300
_PROBE = """
import sys
from calls.errors import ModelError
from speech.engines import load_recogniser
import numpy
try:
    model = load_recogniser(sys.argv[1])
except ModelError as error:
    sys.exit(error.message)
recogniser = model.recogniser(model.sample_rate)
recogniser.accept(numpy.zeros(model.sample_rate // 10, numpy.int16))
recogniser.finish()
"""


@models_app.command("list")
def list_models() -> None:
    """List the models that can be fetched and those that are here."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("MODEL", "SIZE", "HERTZ", "GRAPH", "LICENCE", "HERE"):
        table.add_column(name, no_wrap=True)
    table.add_column("PUBLISHED CER %")
    places = {
        folder.name: folder
        for place in (Path("models"), cache_folder())
        for folder in installed_of_any(place)
    }
    demo = builtin_model()
    table.add_row(
        BUILTIN, "", str(demo.sample_rate), demo.graph, "Apache-2.0", "yes", "synthetic voices only"
    )
    for entry in read_manifest().values():
        folder = places.pop(entry.name, None)
        table.add_row(*_cells(entry), str(folder) if folder else "no", _rates(entry))
    for name, folder in places.items():
        table.add_row(name, "", "", "", "", str(folder), "")
    terminal = Console()
    (terminal if terminal.is_terminal else Console(width=400)).print(table)


@models_app.command("path")
def path(
    model: Annotated[str | None, typer.Argument(help="A folder or a name.", show_default=False)] = None,
) -> None:
    """Print the folder of the model that would be used."""
    typer.echo(find_recogniser(model).path)


@models_app.command("verify")
def verify(
    model: Annotated[str | None, typer.Argument(help="A folder or a name.", show_default=False)] = None,
) -> None:
    """Check a model's files and load it once, in a process of its own."""
    folder = find_recogniser(model)
    probe(folder)
    source = provenance(folder.path)
    typer.echo(f"{folder.path}: whole, {folder.sample_rate} Hz, {_what(folder)}")
    if source:
        state = "checked against a known hash" if source.get("verified") else "no hash was known"
        typer.echo(f"fetched from {source.get('url')}, SHA-256 {source.get('sha256')} ({state})")


@models_app.command("fetch")
def fetch_model(
    name: Annotated[str, typer.Argument(help="Name in 'huawu models list'.", show_default=False)],
    sha256: Annotated[
        str | None, typer.Option("--sha256", help="Expected hash of the archive.", show_default=False)
    ] = None,
    accept_unverified: Annotated[
        bool, typer.Option("--accept-unverified", help="Take it although no hash is known; print the hash.")
    ] = False,
    mirror: Annotated[
        str | None, typer.Option(help="Address of a folder with the archives.", show_default=False)
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(help="Folder to put it in; the user's cache by default.", show_default=False),
    ] = None,
) -> None:
    """Fetch a model: resumes, checks, unpacks. An interrupted fetch goes on where it stopped."""
    entry = find_entry(name, read_manifest())
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    screen = Console(stderr=True)
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task(entry.name, total=entry.bytes)
        fetched = fetch(
            entry,
            to,
            mirror=mirror,
            sha256=sha256,
            accept_unverified=accept_unverified,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    probe(fetched.folder)
    typer.echo(f"{fetched.folder.path}")
    if not fetched.verified and fetched.sha256:
        typer.echo(f"not verified: {address(entry, mirror)} has SHA-256 {fetched.sha256}")


def probe(folder: AnyFolder) -> None:
    """Load a model in a child process, where the library may die.

    Raises
    ------
    ModelError
        It could not be loaded.
    """
    open_folder(folder.path)
    command = [sys.executable, "-c", _PROBE, str(folder.path)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PROBE_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise ModelError(
            f"{folder.path}: loading took over {_PROBE_SECONDS} s", "use a smaller model"
        ) from error
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        reason = (
            lines[-1] if done.returncode > 0 and lines else f"the library died of signal {-done.returncode}"
        )
        raise ModelError(f"model {folder.path} does not load: {reason}", "fetch or unpack it again")


def _what(folder: AnyFolder) -> str:
    return f"{folder.graph} graph" if isinstance(folder, ModelFolder) else folder.kind.value


def _cells(entry: ModelEntry) -> tuple[str, str, str, str, str]:
    size = entry.published_size or (f"{entry.bytes:,}" if entry.bytes else "")
    # models for sherpa-onnx have no graph, and take no grammar
    graph = entry.graph if entry.engine == "vosk" else "free speech"
    return entry.name, size, str(entry.sample_rate or ""), graph, entry.licence


def _rates(entry: ModelEntry) -> str:
    rates = ", ".join(f"{name} {rate:.2f}" for name, rate in entry.cer.items())
    return f"{rates} ({entry.cer_source})" if rates else ""
