from __future__ import annotations

import pytest

from ivr.media.leg import Message, Pacer

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("ptime", [10, 20, 30, 40, 50, 60])
def test_packets_of_any_length_leave_at_an_even_pace(ptime: int) -> None:
    pacer = Pacer(ptime)
    left: list[tuple[int, int, int]] = []
    sound = b""
    for half in range(120):
        if half % 2 == 0:
            pacer.add(bytes([half]) * 160, 1000 + 80 * half)
        packet = pacer.take()
        if packet:
            left.append((half, packet[0], len(packet[1])))
            sound += packet[1]
    steps = ptime // 10
    assert left == [
        (half, 1000 + 80 * (half - steps + 1), 8 * ptime) for half in range(steps - 1, 120, steps)
    ]
    assert sound == b"".join(bytes([half]) * 160 for half in range(0, 120, 2))[: len(sound)]


def test_a_pacer_that_was_cleared_begins_with_what_comes_next() -> None:
    pacer = Pacer(40)
    pacer.add(bytes(160), 0)
    pacer.clear()
    pacer.add(b"x" * 160, 320)
    taken = [pacer.take(), pacer.take()]
    pacer.add(b"x" * 160, 480)
    assert [*taken, pacer.take(), pacer.take()] == [None, None, None, (320, b"x" * 320)]


def test_a_message_is_kept_up_to_its_limit_while_it_runs() -> None:
    message = Message(300)
    message.add(b"a" * 200)
    message.add(b"b" * 200)
    message.running = False
    message.add(b"c" * 200)
    assert message.stream(1).fetch() == (b"a" * 200 + b"b" * 100 + b"\xd5" * 20)
