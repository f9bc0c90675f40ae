from __future__ import annotations

import numpy as np
import pytest

from tests.peers import hearing
from tests.peers.deadline import PeerError, until
from tests.peers.impairment import Fate, Impairment
from tests.peers.receiver import Receiver
from tests.peers.rtp import PCMU, RATE, Samples, key_tones
from tests.peers.shaper import Shaper

pytestmark = pytest.mark.integration

WORDS = key_tones("1379", 150, 100)


def voice(seconds: float, seed: int = 1) -> Samples:
    chance = np.random.default_rng(seed)
    return (chance.normal(size=round(seconds * RATE)) * 3000).astype(np.int16)


@pytest.mark.parametrize("payload_type", [8, PCMU])
@pytest.mark.parametrize("ptime", [20, 40, 60])
def test_what_one_says_the_other_hears(payload_type: int, ptime: int) -> None:
    with Receiver(payload_type=payload_type) as mouth, Receiver() as ear:
        mouth.connect(ear.host, ear.port)
        saying = mouth.say(WORDS, ptime)
        match = ear.wait_to_hear(WORDS)
        saying.wait()
        ear.wait_for_packets(-(-len(WORDS) * 1000 // RATE // ptime))
        assert match.likeness > 0.99
        assert {len(each.packet.payload) for each in ear.arrivals()} == {ptime * 8}
        assert ear.keys() == []


def test_it_answers_whoever_speaks_first() -> None:
    with Receiver() as first, Receiver() as second:
        first.connect(second.host, second.port)
        first.say(WORDS)
        second.say(voice(1))
        first.wait_to_hear(voice(1))
        second.wait_to_hear(WORDS)
        assert second.far == (first.host, first.port)


def test_keys_are_heard_once_each_with_their_length() -> None:
    with Receiver() as mouth, Receiver() as ear:
        mouth.connect(ear.host, ear.port)
        mouth.press("5#", 160).wait()
        mouth.press("5", ends_together=False).wait()
        mouth.press("8", lose_starts=3, ends=2).wait()
        keys = ear.wait_for_keys("5#58")
    assert [(each.key, each.milliseconds, each.packets, each.ends) for each in keys] == [
        ("5", 160.0, 10, 3),
        ("#", 160.0, 10, 3),
        ("5", 100.0, 7, 3),
        ("8", 100.0, 3, 2),
    ]


def test_silence_is_sent_on_demand_and_is_not_heard() -> None:
    with Receiver(silence=True) as mouth, Receiver() as ear:
        mouth.connect(ear.host, ear.port)
        ear.wait_for_packets(10)
        assert not hearing.audible(ear.sound()[0]).any()
        saying = mouth.say(voice(0.2))
        began = ear.wait_for_sound()
        assert ear.wait_for_silence(0.2) >= began + 0.18
        saying.wait()
        with pytest.raises(PeerError, match="the receiver hears the prompt"):
            ear.wait_to_hear(WORDS, 0.1)


def test_where_nothing_came_there_is_a_hole() -> None:
    with Receiver(line=Impairment(loss=0.2, seed=5)) as mouth, Receiver() as ear:
        mouth.connect(ear.host, ear.port)
        mouth.say(voice(2)).wait()
        kept = 100 - mouth.fate.lost
        ear.wait_for_packets(kept)
        heard = hearing.audible(ear.sound()[0])
    assert int(heard.sum()) == kept
    assert 0 < mouth.fate.lost < 40


def test_hushed_it_says_no_more() -> None:
    with Receiver() as mouth, Receiver() as ear:
        mouth.connect(ear.host, ear.port)
        saying = mouth.say(voice(30))
        ear.wait_for_packets(5)
        mouth.hush()
        saying.wait(1)
        assert mouth.said < 1500


def test_the_same_seed_spoils_the_same_packets() -> None:
    line = Impairment(loss=0.1, duplicates=0.1, reordered=0.1, jitter_ms=30, delay_ms=5, seed=7)
    first, second = Fate(line), Fate(line)
    fates = [first.next() for _ in range(1000)]
    assert fates == [second.next() for _ in range(1000)]
    assert [sum(len(each) == count for each in fates) for count in (0, 1, 2)] == [
        first.lost,
        1000 - first.lost - first.doubled,
        first.doubled,
    ]
    assert all(0.005 <= delay <= 0.06 for each in fates for delay in each)


def test_a_shaper_spoils_both_ways_as_planned() -> None:
    line = Impairment(loss=0.1, duplicates=0.1, jitter_ms=50, seed=3)
    with Receiver() as near, Receiver() as far, Shaper((far.host, far.port), line) as shaper:
        near.connect("127.0.0.1", shaper.port)
        near.say(voice(2)).wait()
        until(lambda: shaper.there.seen == 100, 20, "the line has seen everything")
        there = far.wait_for_packets(100 - shaper.there.lost + shaper.there.doubled)
        far.say(voice(1, seed=2)).wait()
        until(lambda: shaper.back.seen == 50, 20, "the line has seen everything")
        back = near.wait_for_packets(50 - shaper.back.lost + shaper.back.doubled)
    numbers = [each.packet.sequence for each in there]
    assert len(set(numbers)) == 100 - shaper.there.lost
    assert numbers != sorted(numbers)
    assert {each.source[1] for each in back} == {shaper.port}
