"""A simulated call as a terminal shows it: what was said line by line, and what is going on now."""

from __future__ import annotations

from rich.console import Console, Group
from rich.text import Text

from ivr.conversation import DOT, Act, Line, conversation, is_secret, secrets_of
from ivr.expression import Value, as_text
from ivr.outbox import PROMPT_TIMER
from ivr.simulation import Simulation, pace

STYLES = {"system": "bold", "caller": "bold cyan", "node": "dim", "call": "yellow"}
#: Width of a running timer, in cells.
BAR = 20
#: What can be done while the call waits, by what it waits for.
HINTS = {
    "answer": "your turn",
    "message": "recording: type what you say, # or silence ends it",
    "queue": "in the queue",
    "talk": "you talk with the agent; q hangs up",
    None: "",
}


class CallView:
    """Shows a call on a console.

    Parameters
    ----------
    simulation : Simulation
        The call.
    console : Console
        Where to.
    """

    def __init__(self, simulation: Simulation, console: Console) -> None:
        self._simulation = simulation
        self._console = console
        self._flow = simulation.dialog.flow
        self._secrets = secrets_of(self._flow)
        self._known: dict[str, Value] = dict(simulation.dialog.variables)
        self._acts: list[Act] = []
        self._shown = 0
        self._lengths: dict[str, tuple[float, float]] = {}

    def did(self, verb: str, what: str = "") -> None:
        """Keep what the caller does now; what is entered as a secret is kept as dots."""
        if is_secret(self._flow, self._simulation.node):
            what = DOT * len(what)
        line = Line(self._simulation.now, "caller", f"{verb} {what}".rstrip())
        self._acts.append((len(self._simulation.notes), line))

    def catch_up(self, *, whole: bool = True) -> None:
        """Print what is new; without ``whole``, nothing from the prompt on that is being said."""
        lines = conversation(self._simulation, self._acts)
        end = len(lines)
        if not whole and self._simulation.playing is not None:
            end = max(index for index, line in enumerate(lines) if line.who == "system")
        rows = [_styled(line) for line in lines[self._shown : end]]
        self._shown = max(self._shown, end)
        for name, value in self._simulation.dialog.variables.items():
            if self._known.get(name) != value:
                shown = DOT * 3 if name in self._secrets else as_text(value)
                rows.append(Text(f"{'':20}{name} = {shown}", "green"))
        self._known = dict(self._simulation.dialog.variables)
        if rows:
            self._console.print(Text("\n").join(rows))

    def outcome(self) -> None:
        """Print how the call ended."""
        end, simulation = self._simulation.end, self._simulation
        if end is None:
            return
        style = "bold red" if end.outcome.value in ("failed", "abandoned") else "bold green"
        parts = [f"{end.outcome.value} ({end.cause}) after {simulation.now:.1f} s"]
        parts += [f"rated {simulation.survey}"] if simulation.survey is not None else []
        parts += ["left a message"] if simulation.message else []
        parts += [f"to be rung back from queue {queue}" for _, queue in simulation.callbacks]
        self._console.print(Text(" · ".join(parts), style))

    def present(self, typed: str) -> Group:
        """Return what is going on at this moment: the prompt so far, timers, and what is typed."""
        simulation = self._simulation
        rows = []
        if simulation.playing is not None:
            began = simulation.said[-1].at
            heard = int((simulation.now - began) * pace(simulation.playing.language)) + 1
            rows.append(_styled(Line(began, "system", simulation.playing.text[:heard] + " …")))
        hint = HINTS[simulation.waiting]
        rows.append(
            Text.assemble((f"{simulation.now:8.1f} s  ", "dim"), (simulation.node, "magenta"), f"  {hint}")
        )
        rows += [self._timer(*each) for each in simulation.timers().items() if each[0] != PROMPT_TIMER]
        shown = DOT * len(typed) if is_secret(self._flow, simulation.node) else typed
        line = Text("› ", "bold cyan").append(shown, "cyan").append("▏", "blink")
        if typed:
            line.append("  the clock stands still until Enter", "dim")
        rows.append(line)
        return Group(*rows)

    def _timer(self, name: str, left: float) -> Text:
        end = round(self._simulation.now + left, 6)
        if self._lengths.get(name, (0.0, 0.0))[0] != end:
            self._lengths[name] = end, left
        length = self._lengths[name][1]
        full = round(BAR * left / length) if length else 0
        style = "green" if full > BAR // 2 else "yellow" if full > BAR // 4 else "red"
        bar = Text("█" * full + "░" * (BAR - full), style)
        return Text.assemble(f"{'':12}{name:<12} ", bar, f" {left:.1f} s")


def _styled(line: Line) -> Text:
    head = (f"{line.at:8.1f} s  {line.who:<6}  ", "dim")
    return Text.assemble(head, (line.heard, STYLES[line.who]))
