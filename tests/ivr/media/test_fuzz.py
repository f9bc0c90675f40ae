"""Whatever comes to a leg's ports, the others are served and nothing is logged as an error."""

from __future__ import annotations

import random

import pytest

from ivr.media.rtcp import Block, packed_report
from ivr.media.rtp import packed
from ivr.wire import media
from tests.ivr.media.rig import Rig, noise

pytestmark = pytest.mark.integration


def mutated(chance: random.Random) -> bytes:
    """A packet that may once have been one."""
    number, stamp = chance.getrandbits(16), chance.getrandbits(32)
    kinds = [
        packed(chance.choice([0, 8, 13, 101]), number, stamp, 0xC0FFEE, noise(0.02)),
        packed(101, number, stamp, 0xC0FFEE, chance.randbytes(4)),
        packed(8, number, stamp, chance.getrandbits(32), chance.randbytes(240)),
        packed_report(0xC0FFEE, "them", sent=(1, 2, 3, 4), block=Block(chance.getrandbits(32))),
        chance.randbytes(chance.randrange(300)),
        bytes(chance.randrange(2000)),
    ]
    data = bytearray(chance.choice(kinds))
    for _ in range(chance.randrange(4)):
        if data:
            data[chance.randrange(len(data))] = chance.getrandbits(8)
    return bytes(data[: chance.randrange(len(data) + 1)]) if chance.random() < 0.2 else bytes(data)


def test_garbage_at_the_ports_of_one_leg_disturbs_no_other() -> None:
    chance = random.Random(4)
    with Rig() as rig:
        attacked, other = rig.leg("a"), rig.leg("b")
        sound = noise(0.1)
        rig.sound("s", sound)
        attacked.send(noise(0.02))
        for _ in range(200):
            for _ in range(25):
                attacked.send_raw(mutated(chance), control=chance.random() < 0.3)
            attacked.packet()
        attacked.source = 0xFACE
        for _ in range(10):
            attacked.send(noise(0.02))
        attacked.timestamp = chance.getrandbits(32)
        rig.say(media.Play("b", 1, "s"))
        other.hear_until(sound[-160:])
        rig.say(media.CloseLeg("a"), media.CloseLeg("b"))
        assert {rig.wait(media.LegClosed).leg for _ in range(2)} == {"a", "b"}
        assert "Traceback" not in rig.stop()
        assert rig.process.returncode == 0
