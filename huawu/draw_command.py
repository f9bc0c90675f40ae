"""``huawu flow draw``: pictures of flows, and where callers give up in them."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from calls.errors import HuawuError
from calls.records import utc_now
from huawu.places import require_database

if TYPE_CHECKING:
    from ivr.drawing import DropOff
    from ivr.flow import Flow


class Format(StrEnum):
    """What a flow is drawn as."""

    SVG = "svg"
    MERMAID = "mermaid"


_ENDINGS = {Format.SVG: ".svg", Format.MERMAID: ".mmd"}


def draw_command(
    files: Annotated[list[Path], typer.Argument(help="Flow files (YAML).")],
    format: Annotated[Format, typer.Option(help="A picture, or text for documents.")] = Format.SVG,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="File, or folder; printed without it.", show_default=False),
    ] = None,
    db: Annotated[
        str | None,
        typer.Option(help="Database of calls: show where callers hang up.", show_default=False),
    ] = None,
    since: Annotated[
        float | None,
        typer.Option(min=0, help="With --db: only calls of so many days.", show_default=False),
    ] = None,
    language: Annotated[
        str, typer.Option(help="Language of the prompts; the flow's own by default.", show_default=False)
    ] = "",
) -> None:
    """Draw flows: what callers hear, what they can do, and where it leads."""
    from ivr.drawing import draw_mermaid, draw_svg
    from ivr.flow import load_flow

    if since is not None and db is None:
        raise HuawuError("--since: there are no calls to choose from", "name the database with --db")
    folder = out is not None and out.is_dir()
    if len(files) > 1 and not folder:
        raise HuawuError("several flows cannot be drawn into one file", "name an existing folder with --out")
    for file in files:
        flow = load_flow(file)
        if language and language not in flow.languages:
            spoken = ", ".join(flow.languages)
            raise HuawuError(f"{file}: the flow does not speak {language!r}", f"it speaks: {spoken}")
        traffic = _drop_off(db, flow, since) if db is not None else None
        draw = draw_svg if format is Format.SVG else draw_mermaid
        picture = draw(flow, traffic, language=language)
        if traffic is not None:
            _tell(file, traffic)
        if out is None:
            typer.echo(picture, nl=False)
            continue
        place = out / f"{file.stem}{_ENDINGS[format]}" if folder else out
        place.write_text(picture, encoding="utf-8")
        typer.echo(f"{place}: {len(flow.nodes)} nodes")


def _drop_off(db: str, flow: Flow, days: float | None) -> DropOff:
    from calls.store import Store
    from ivr.drawing import drop_off

    require_database(db, "name the database with --db")
    since = utc_now() - timedelta(days=days) if days is not None else None
    with Store.open(db) as store:
        return drop_off(store, flow, since)


def _tell(file: Path, traffic: DropOff) -> None:
    others = f"; {traffic.others} of other versions left out" if traffic.others else ""
    typer.echo(f"{file}: {traffic.calls} calls{others}", err=True)
