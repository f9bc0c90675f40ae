"""``huawu flow schema``: the flow language for editors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def schema_command(
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="File; printed without it.", show_default=False)
    ] = None,
) -> None:
    """Print the JSON Schema of flow files, with which editors complete and explain their fields."""
    from ivr.flow.schema import flow_schema

    text = json.dumps(flow_schema(), indent=2, ensure_ascii=False) + "\n"
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")
        typer.echo(str(out))
