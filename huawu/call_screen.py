"""What a person sees of a test call: what is said, heard and pressed, and where in the flow the call is."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from calls.records import Call, EventKind
from huawu.callview import STYLES
from ivr.actions import Note
from ivr.conversation import DOT
from ivr.doors import FRAME, RATE

_TROUBLE = "red"


class CallScreen:
    """Shows a call line by line. Keys of a value that is entered are shown as dots, secret or not.

    Parameters
    ----------
    console : rich.console.Console
        Where it is shown.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._at = 0.0

    def say(self, text: str) -> None:
        """Show what the system begins to say."""
        self._line("system", text)

    def observe(self, note: Note, at: float) -> None:
        """Show an entry of the call's trace, at a time in seconds."""
        self._at = at
        data = note.data
        match note.kind:
            case EventKind.PROMPT:
                pass  # its text follows
            case EventKind.NODE:
                self._line("node", f"{note.node} ({data['type']})")
            case EventKind.DIGIT:
                means = f" means {data['means']}" if "means" in data else ""
                self._line("caller", f"key {data.get('key', DOT)}{means}")
            case EventKind.RECOGNITION:
                self._line("caller", f"“{data['text']}”, confidence {data['confidence']:.2f}")
            case EventKind.BARGE_IN:
                self._line("caller", f"interrupts by {data['by']}")
            case kind:
                details = "".join(f" {name}={value}" for name, value in data.items())
                trouble = kind in (EventKind.NO_INPUT, EventKind.NO_MATCH, EventKind.ERROR)
                self._line("call", f"{kind.value}{details}", _TROUBLE if trouble else None)

    def conclude(self, call: Call, *, lost: int, gaps: int) -> None:
        """Show where the call is kept, and what the sound card or this machine could not keep up with."""
        if lost:
            milliseconds = lost * FRAME * 1000 // RATE
            self._line("sound", f"{milliseconds} ms from the microphone were lost", _TROUBLE)
        if gaps:
            self._line("sound", f"the headphones ran dry {gaps} times", _TROUBLE)
        self._line("call", f"stored as {call.id}")

    def _line(self, who: str, what: str, style: str | None = None) -> None:
        line = Text(f"{self._at:8.1f} s  {who:<6}  ", "dim")
        line.append(what, style or STYLES[who])
        self._console.print(line, soft_wrap=True)
