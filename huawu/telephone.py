"""The caller's side of a simulated call: a person at a terminal, or lines from a pipe."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable

from rich.console import Console
from rich.live import Live

from huawu.callview import CallView
from huawu.terminal import Terminal
from huawu.typed import END, Act, TypedLine, joined, understood
from ivr.simulation import CHARACTERS_PER_SECOND, Simulation

#: How often a running call is shown anew, in seconds.
TICK = 0.05
#: What can be typed in each of the two ways to call.
LIVE_LEGEND = "keys act at once · words + Enter are said · Enter alone skips ahead · q + Enter hangs up"
LINES_LEGEND = "a line of keys is pressed, other words are said, an empty line is silence, q hangs up"

Sleep = Callable[[float], None]


def call_live(simulation: Simulation, view: CallView, console: Console) -> None:
    """Let the call run on the clock of the wall; it stands still while a sentence is typed."""
    typed = TypedLine()
    with (
        Terminal(sys.stdin.fileno()) as terminal,
        Live(view.present(""), console=console, auto_refresh=False, transient=True) as live,
    ):
        last = time.monotonic()
        while not simulation.ended:
            characters = terminal.read(TICK)
            now = time.monotonic()
            if not typed.text:
                simulation.advance(now - last)
            last = now
            acts = [typed.feed(character) for character in (END if characters is None else characters)]
            for act in joined(each for each in acts if each is not None):
                if not simulation.ended:
                    _do(act, simulation, view)
            live.update(view.present(typed.text))
            view.catch_up(whole=False)
            live.refresh()


def call_by_lines(simulation: Simulation, view: CallView, sleep: Sleep) -> None:
    """Let the call run from turn to turn, each a line of the input; its end hangs up."""
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    while not simulation.ended:
        view.catch_up()
        if simulation.waiting is None:
            before = simulation.now
            simulation.step()
            sleep(simulation.now - before)
            continue
        try:
            line = input("› " if sys.stdin.isatty() else "")
        except EOFError:
            _do(Act("hang up"), simulation, view)
            return
        before = simulation.now
        _do(understood(line), simulation, view)
        sleep(simulation.now - before)


def _do(act: Act, simulation: Simulation, view: CallView) -> None:
    """Let the caller do something."""
    match act.kind:
        case "hang up":
            view.did("hangs up")
            simulation.hang_up()
        case "press":
            view.did("presses", act.text)
            simulation.press(act.text)
        case "say" if simulation.waiting == "message":
            view.did("says", act.text)
            simulation.leave_message(len(act.text) / CHARACTERS_PER_SECOND)
        case "say":
            heard = simulation.listening is not None
            view.did("says" if heard else "says to nobody:", act.text)
            simulation.say(act.text)
        case "silence" if simulation.waiting == "message":
            view.did("is silent")
            simulation.leave_message(0)
            simulation.step()
        case _:
            if simulation.waiting == "answer":
                view.did("is silent")
            simulation.step()
