"""``huawu call``: talk to a flow."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from calls.errors import HuawuError, SoundCardError

#: Columns where there is no terminal to ask.
WIDTH_OF_FILES = 120
_LOUDSPEAKERS = "Wear a headset: what comes out of loudspeakers would be taken for your voice."
_ALONE = (
    "Nobody else is on the line: queues and transfers ring for 5 s, unanswered; callbacks are only noted."
)
_KEYS = "0-9 * # are the telephone's keys, q hangs up."


class DoorName(StrEnum):
    """Where the caller comes from."""

    MIC = "mic"


def call_command(
    flow: Annotated[Path | None, typer.Option(help="Flow file (YAML).", show_default=False)] = None,
    door: Annotated[
        DoorName, typer.Option(help="mic: you, with a headset and this keyboard.")
    ] = DoorName.MIC,
    input_device: Annotated[
        int | None, typer.Option(help="Number of the microphone; default: the system's.", show_default=False)
    ] = None,
    output_device: Annotated[
        int | None, typer.Option(help="Number of the headphones; default: the system's.", show_default=False)
    ] = None,
    list_devices: Annotated[
        bool, typer.Option("--list-devices", help="Show microphones and headphones, and do no more.")
    ] = False,
    caller: Annotated[str, typer.Option(help="Your number, as the flow sees it.")] = "19900010001",
    model: Annotated[
        str | None, typer.Option(help="Vosk model: a folder, a name, or 'builtin'.", show_default=False)
    ] = None,
    allow_web: Annotated[
        list[str] | None,
        typer.Option(help="Web service that the flow may ask: https://host/folder/. Repeat for others."),
    ] = None,
    prompts: Annotated[
        list[Path] | None,
        typer.Option(help="Folder of recorded or rendered prompts (huawu prompts render)."),
    ] = None,
    db: Annotated[str, typer.Option(help="Database: a file, or a PostgreSQL URL.")] = "out/huawu.db",
    recordings: Annotated[Path, typer.Option(help="Folder of the recordings.")] = Path("out/recordings"),
) -> None:
    """Talk to a flow: with your voice and the keys of this keyboard. The call is recorded and stored."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH_OF_FILES)
    if list_devices:
        _show_devices(console)
        return
    if flow is None:
        raise HuawuError("--flow is missing", "name a flow file: huawu call --flow FILE")
    devices = input_device, output_device
    _talk(console, flow, caller, devices, model, allow_web or [], prompts or [], db, recordings)


def _show_devices(console: Console) -> None:
    from ivr.doors.portaudio import list_devices

    devices = list_devices()
    if not devices:
        raise SoundCardError(
            "this machine has no sound device", "plug in a headset, or start the sound server"
        )
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("NUMBER", "DEVICE", "MICROPHONE", "HEADPHONES", "HERTZ"):
        table.add_column(name)
    for each in devices:
        can = ["yes" if channels else "no" for channels in (each.inputs, each.outputs)]
        table.add_row(str(each.index), each.name, *can, str(each.rate))
    console.print(table)


def _talk(
    console: Console,
    file: Path,
    caller: str,
    devices: tuple[int | None, int | None],
    model: str | None,
    allow_web: list[str],
    recorded: list[Path],
    db: str,
    recordings: Path,
) -> None:
    from calls.recordings import RecordingFolder
    from calls.store import Store
    from huawu import places
    from huawu.call_screen import CallScreen
    from huawu.keyboard import Keyboard
    from ivr.call import take_call
    from ivr.doors import Samples
    from ivr.doors.microphone import MicrophoneDoor
    from ivr.doors.portaudio import open_sound_card
    from ivr.flow import load_flow
    from ivr.prompt import variables_in
    from speech.models import find_model
    from speech.prompts import PromptLibrary
    from speech.recogniser import load
    from speech.resources import resource
    from speech.voices import Speaker

    flow = load_flow(file)
    chosen = find_model(model)
    screen = CallScreen(console)
    with open_sound_card(*devices) as card, Store.open(db) as store, Speaker() as speaker:
        prompts = PromptLibrary([*recorded, resource("prompts")], places.cache("prompts"), speaker)

        def sound_of(name: str, text: str, language: str) -> Samples:
            screen.say(text)
            return prompts.audio(name, text, language)

        with console.status("loading the model and rendering the prompts"):
            recogniser = load(chosen)
            for part in (flow, *flow.flows.values()):
                for each in part.prompts():
                    if not variables_in(each.text):
                        prompts.audio(each.name, each.text, each.language)
        for line in (_LOUDSPEAKERS, _KEYS, _ALONE):
            console.print(line, style="dim", highlight=False)
        with Keyboard(sys.stdin.fileno()) as keys:
            card.start()
            taken = take_call(
                MicrophoneDoor(card, keys),
                flow,
                store=store,
                folder=RecordingFolder(recordings),
                model=recogniser,
                sound_of=sound_of,
                caller=caller,
                allow=allow_web,
                observers=(screen.observe,),
            )
        screen.conclude(taken.call, lost=card.lost, gaps=card.gaps)
