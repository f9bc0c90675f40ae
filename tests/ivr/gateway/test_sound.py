from __future__ import annotations

import numpy as np
import pytest

from ivr.gateway.sound import FORMATS, FRAME, Format, Framer, frame_bytes, from_alaw
from speech.g711 import alaw_decode, alaw_encode, ulaw_encode

pytestmark = pytest.mark.unit

SAMPLES = (9000 * np.sin(np.arange(4 * FRAME) / 7)).astype(np.int16)
ALAW = alaw_encode(SAMPLES)
SENT = {"alaw": ALAW, "ulaw": ulaw_encode(SAMPLES), "slin": SAMPLES.astype("<i2").tobytes()}


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("piece", [1, 37, 160, 320, 641, 10_000])
def test_pieces_of_any_size_become_frames(format: Format, piece: int) -> None:
    framer = Framer(format)
    data = SENT[format]

    frames = [each for at in range(0, len(data), piece) for each in framer.take(data[at : at + piece])]

    assert [len(frame) for frame in frames] == [FRAME] * 4
    if format != "ulaw":
        assert b"".join(frames) == ALAW


def test_what_does_not_fill_a_frame_waits_for_the_next_piece() -> None:
    framer = Framer("slin")

    assert framer.take(SENT["slin"][:319]) == []
    assert framer.take(SENT["slin"][319:321]) == [ALAW[:FRAME]]


@pytest.mark.parametrize("format", FORMATS)
def test_a_frame_survives_the_way_out_and_back(format: Format) -> None:
    frame = ALAW[:FRAME]

    sent = from_alaw(frame, format)

    assert len(sent) == frame_bytes(format)
    back = alaw_decode(Framer(format).take(sent)[0]).tolist()
    assert back == pytest.approx(alaw_decode(frame).tolist(), rel=0.06, abs=16)  # µ-law's steps are others
