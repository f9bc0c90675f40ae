"""Presses as packets, in every order that a network makes of them."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.media.telephone_event import (
    KEYS,
    SEGMENT,
    EventPacket,
    EventReceiver,
    EventSender,
    Pressed,
    Released,
)

pytestmark = pytest.mark.unit

START = 0xFFFFFF00


def payload(key: str, duration: int, *, end: bool = False) -> bytes:
    return bytes([KEYS.index(key), 10 | end << 7]) + duration.to_bytes(2, "big")


def press(key: str, steps: int = 5) -> list[bytes]:
    """The payloads of a press: updates, then three ends."""
    updates = [payload(key, 160 * step) for step in range(1, steps)]
    return updates + [payload(key, 160 * steps, end=True)] * 3


def told(packets: list[tuple[int, bytes]]) -> list[Pressed | Released]:
    receiver = EventReceiver()
    return [event for stamp, data in packets for event in receiver.receive(stamp & 0xFFFFFFFF, data, 0.0)]


# In


def test_a_press_is_told_at_its_first_packet_and_its_release_at_the_first_end() -> None:
    receiver = EventReceiver()
    events = [receiver.receive(START, data, 0.0) for data in press("5", 3)]
    assert events == [[Pressed("5")], [], [Released("5", 0.06)], [], []]


@pytest.mark.parametrize("lost", range(1, 5))
def test_lost_beginnings_do_not_matter(lost: int) -> None:
    assert told([(START, data) for data in press("9")[lost:]]) == [Pressed("9"), Released("9", 0.1)]


def test_a_single_end_is_a_whole_press() -> None:
    assert told([(START, press("#")[-1])]) == [Pressed("#"), Released("#", 0.1)]


def test_where_all_ends_are_lost_the_next_press_ends_it() -> None:
    packets = [(START, data) for data in press("1")[:4]] + [(START + 4000, press("1")[0])]
    assert told(packets) == [Pressed("1"), Released("1", 0.08), Pressed("1")]


def test_where_all_ends_are_lost_and_nothing_follows_time_ends_it() -> None:
    receiver = EventReceiver()
    receiver.receive(START, press("1")[0], 10.0)
    assert receiver.elapse(10.1) == []
    assert receiver.elapse(10.3) == [Released("1", 0.02)]
    assert receiver.elapse(11.0) == []


def test_the_order_of_the_packets_of_a_press_does_not_matter_for_being_told_once() -> None:
    for order in permutations(press("4", 3)):
        events = told([(START, data) for data in order])
        assert [type(event) for event in events] == [Pressed, Released]


def test_packets_of_an_earlier_press_that_come_late_are_nothing_new() -> None:
    first, second = press("1"), press("2")
    packets = [(START, data) for data in first[:5]]
    packets += [(START + 2000, second[0]), (START, first[5]), (START, first[6])]
    packets += [(START + 2000, data) for data in second[1:]]
    assert told(packets) == [Pressed("1"), Released("1", 0.1), Pressed("2"), Released("2", 0.1)]


def test_the_same_key_again_is_a_new_press() -> None:
    packets = [(START, data) for data in press("7")] + [(START + 1600, data) for data in press("7")]
    assert told(packets) == [Pressed("7"), Released("7", 0.1)] * 2


def test_a_long_press_goes_on_under_another_timestamp() -> None:
    packets = [(START, payload("0", step)) for step in range(160, SEGMENT, 160)]
    packets += [(START, payload("0", SEGMENT))]
    packets += [(START + SEGMENT, payload("0", step)) for step in (160, 320)]
    packets += [(START + SEGMENT, payload("0", 480, end=True))] * 3
    assert told(packets) == [Pressed("0"), Released("0", (SEGMENT + 480) / 8000)]


@pytest.mark.parametrize("data", [b"", b"\1\2\3", bytes([16, 10, 0, 160]), bytes([255, 255, 255, 255])])
def test_what_is_no_key_is_nothing(data: bytes) -> None:
    assert told([(START, data)]) == []


def test_a_new_stream_may_have_older_timestamps() -> None:
    receiver = EventReceiver()
    for data in press("1"):
        receiver.receive(START, data, 0.0)
    receiver.forget()
    assert receiver.receive(START - 100_000, press("1")[0], 0.0) == [Pressed("1")]


@settings(deadline=None)
@given(
    st.text(KEYS, min_size=1, max_size=12),
    st.randoms(use_true_random=False),
    st.integers(0, 30),
)
def test_every_press_is_told_once_however_packets_are_lost_doubled_and_delayed(
    keys: str, chance: object, percent: int
) -> None:
    sent = []
    for number, key in enumerate(keys):
        for step, data in enumerate(press(key)):
            copies = 1 + (chance.random() < 0.05)
            for _ in range(copies):
                if chance.random() * 100 >= percent or step == len(press(key)) - 1:
                    # up to 50 ms late, presses 200 ms apart
                    late = chance.random() * 0.05
                    sent.append((number * 0.2 + min(step, 4) * 0.02 + late, START + 1600 * number, data))
    events = told([(stamp, data) for _, stamp, data in sorted(sent)])
    assert [event.key for event in events if isinstance(event, Pressed)] == list(keys)
    assert [event.key for event in events if isinstance(event, Released)] == list(keys)


# Out


def test_a_press_is_sent_as_updates_and_three_ends_under_one_timestamp() -> None:
    sender = EventSender(press=3, pause=1)
    sender.press("8")
    steps = [sender.step(1000 + 160 * step) for step in range(5)]
    last = EventPacket(1000, payload("8", 480, end=True), False)
    assert steps == [
        [EventPacket(1000, payload("8", 160), True)],
        [EventPacket(1000, payload("8", 320), False)],
        [last, last, last],
        None,
        None,
    ]
    assert not sender.busy


def test_keys_follow_each_other_with_a_pause() -> None:
    sender = EventSender(press=2, pause=2)
    sender.press("12")
    steps = [sender.step(160 * step) for step in range(8)]
    assert [step and step[0].marker for step in steps] == [True, False, None, None, True, False, None, None]
    assert [step[0].timestamp for step in steps if step] == [0, 0, 640, 640]


def test_what_is_no_key_is_not_sent() -> None:
    sender = EventSender()
    sender.press("x,")
    assert not sender.busy
    assert sender.step(0) is None


def test_a_key_that_is_held_goes_up_when_it_is_let_go() -> None:
    sender = EventSender()
    sender.hold("3")
    assert [len(sender.step(0) or []) for _ in range(4)] == [1, 1, 1, 1]
    sender.release(0.1)
    assert sender.step(0) == [EventPacket(0, payload("3", 800, end=True), False)] * 3


def test_a_key_let_go_before_it_was_sent_is_sent_for_its_time() -> None:
    sender = EventSender()
    sender.hold("3")
    sender.release(0.06)
    assert [len(sender.step(0) or []) for _ in range(4)] == [1, 1, 3, 0]


def test_what_is_sent_is_understood_as_it_was_meant() -> None:
    sender, receiver = EventSender(), EventReceiver()
    sender.press(KEYS)
    events = []
    for step in range(300):
        for packet in sender.step(160 * step) or ():
            events += receiver.receive(packet.timestamp, packet.payload, 0.02 * step)
    assert [event.key for event in events if isinstance(event, Pressed)] == list(KEYS)
    assert {event.seconds for event in events if isinstance(event, Released)} == {0.1}


def test_a_press_of_ten_seconds_is_one_press() -> None:
    sender, receiver = EventSender(press=500), EventReceiver()
    sender.press("5")
    events = []
    for step in range(510):
        for packet in sender.step(160 * step) or ():
            events += receiver.receive(packet.timestamp, packet.payload, 0.02 * step)
    assert events == [Pressed("5"), Released("5", pytest.approx(10.0, abs=0.02))]
