"""``huawu prompts``: the prompts of a flow as sound files."""

from __future__ import annotations

from collections.abc import Iterator, Sized
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from calls.errors import VoiceError

if TYPE_CHECKING:
    from ivr.flow import Flow
    from ivr.prompt import Prompt

prompts_app = typer.Typer(help="What callers hear.", no_args_is_help=True)


@prompts_app.command("render")
def render(
    file: Annotated[Path, typer.Argument(help="Flow file (YAML).", show_default=False)],
    out: Annotated[
        Path | None, typer.Option(help="Folder; out/prompts/<flow> by default.", show_default=False)
    ] = None,
    recorded: Annotated[
        list[Path] | None,
        typer.Option(
            help="Folder of recordings, which are not rendered; may be repeated.", show_default=False
        ),
    ] = None,
    voice: Annotated[str, typer.Option(help="Who speaks.")] = "system",
) -> None:
    """Speak all prompts of a flow into WAV files, 8 kHz, all equally loud; only what changed is spoken anew.

    A recording by a person that lies in the folder is never touched. Prompts with variables in them
    differ from call to call: they are listed, and spoken in the call.
    """
    from ivr.flow import load_flow
    from ivr.prompt import variables_in
    from speech.rendering import Line, RenderedFolder
    from speech.voices import VOICES, Speaker

    if voice not in VOICES:
        raise VoiceError(f"--voice: there is no voice {voice!r}", f"known: {', '.join(VOICES)}")
    flow = load_flow(file)
    lines, live = [], []
    for name, prompt in _prompts_of(flow):
        if variables_in(prompt.text):
            live.append(name)
        else:
            lines.append(Line(name, prompt.text, prompt.language))
    place = out if out is not None else Path("out/prompts") / flow.name
    folder = RenderedFolder(place, recorded or ())
    screen = Console(stderr=True)
    with (
        Speaker() as speaker,
        Progress(console=screen, transient=True, disable=not screen.is_terminal) as bar,
    ):
        task = bar.add_task("", total=len(lines))
        done = folder.render(lines, speaker, VOICES[voice], lambda line: bar.advance(task))
    for what, names in (
        ("rendered", done.rendered),
        ("removed", done.removed),
        ("recorded", done.recorded),
        ("spoken in the call", live),
    ):
        for name in names:
            typer.echo(f"{what}: {name}")
    for name, error in done.failed:
        typer.echo(f"failed: {name}: {error}", err=True)
    counts: dict[str, Sized] = {
        "rendered": done.rendered,
        "kept": done.kept,
        "removed": done.removed,
        "recorded by a person": done.recorded,
        "spoken in the call": live,
        "failed": done.failed,
    }
    typer.echo(f"{place}: " + ", ".join(f"{len(names)} {what}" for what, names in counts.items() if names))
    if done.failed:
        raise typer.Exit(1)


def _prompts_of(flow: Flow) -> Iterator[tuple[str, Prompt]]:
    """Yield every prompt that a call in the flow can hear, with the name that the call gives it."""
    from ivr.flow import GotoNode

    flows = {id(each): each for each in (flow, *flow.flows.values())}.values()
    entered = {
        node.flow
        for each in flows
        for node in each.nodes.values()
        if isinstance(node, GotoNode) and node.flow
    }
    yield from ((prompt.name, prompt) for prompt in flow.prompts())
    for name in sorted(entered):
        other = flow.flows[name]
        yield from ((f"{other.name}.{prompt.name}", prompt) for prompt in other.prompts())
