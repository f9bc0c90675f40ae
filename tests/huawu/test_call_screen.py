from __future__ import annotations

import io

import pytest
from rich.console import Console

from calls.records import Call, EventKind
from huawu.call_screen import CallScreen
from ivr.actions import Note

pytestmark = pytest.mark.unit


def shown(*notes: tuple[float, Note]) -> list[str]:
    """What the screen shows of a trace, without the padding."""
    out = io.StringIO()
    screen = CallScreen(Console(file=out, width=120))
    for at, note in notes:
        screen.observe(note, at)
    return [" ".join(line.split()) for line in out.getvalue().splitlines()]


def test_a_call_is_shown_as_it_goes() -> None:
    out = io.StringIO()
    screen = CallScreen(Console(file=out, width=120))
    screen.observe(Note(EventKind.NODE, "menu", {"type": "menu"}), 0.0)
    screen.observe(Note(EventKind.PROMPT, "menu", {"name": "menu"}), 0.5)
    screen.say("话费请按一 [按键]")
    screen.observe(Note(EventKind.BARGE_IN, "menu", {"by": "speech"}), 2.25)
    screen.observe(
        Note(EventKind.RECOGNITION, "menu", {"text": "查话费", "confidence": 0.9}),
        3.0,
    )
    assert out.getvalue().splitlines() == [
        "     0.0 s  node    menu (menu)",
        "     0.5 s  system  话费请按一 [按键]",
        "     2.2 s  caller  interrupts by speech",
        "     3.0 s  caller  “查话费”, confidence 0.90",
    ]


def test_keys_of_a_value_are_dots() -> None:
    assert shown(
        (1.0, Note(EventKind.DIGIT, "menu", {"key": "2"})),
        (2.0, Note(EventKind.DIGIT, "phone", {"count": 1})),
        (3.0, Note(EventKind.DIGIT, "phone", {"key": "*", "means": "back"})),
    ) == ["1.0 s caller key 2", "2.0 s caller key •", "3.0 s caller key * means back"]


def test_what_goes_wrong_is_shown() -> None:
    assert shown(
        (1.0, Note(EventKind.NO_INPUT, "menu", {"count": 1})),
        (2.0, Note(EventKind.RINGNOANSWER, "agent", {"queue": "general"})),
    ) == ["1.0 s call no-input count=1", "2.0 s call RINGNOANSWER queue=general"]


@pytest.mark.parametrize(
    ("lost", "gaps", "lines"),
    [
        (0, 0, []),
        (3, 2, ["60 ms from the microphone were lost", "the headphones ran dry 2 times"]),
    ],
)
def test_what_the_sound_card_missed_is_told_at_the_end(lost: int, gaps: int, lines: list[str]) -> None:
    out = io.StringIO()
    CallScreen(Console(file=out, width=120)).conclude(Call(id="c1", door="mic"), lost=lost, gaps=gaps)
    ends = [line.split(maxsplit=3)[3] for line in out.getvalue().splitlines()]
    assert ends == [*lines, "stored as c1"]
