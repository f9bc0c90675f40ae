"""The media process's side of the ring, and callers' lines."""

from __future__ import annotations

import numpy as np

from ivr.doors import RATE, Samples
from ivr.doors.line import Line
from ivr.wire.ring import FRAME, FRAMES, SoundRing
from speech import g711
from speech.voices import VOICES, Speaker

#: Seconds of quiet around what :func:`said` says.
BEFORE, AFTER = 2.5, 2.0


def said(speaker: Speaker, *texts: str, pause: float = 1.0, after: float = AFTER) -> Samples:
    """Say the texts on one line, quiet before and after."""
    line = Line(snr_db=30.0, codec="alaw", rng=np.random.default_rng(1))
    end = round(BEFORE * RATE)
    for text in texts:
        end = line.say(end, speaker.say(text, VOICES["caller-1"], RATE)) + round(pause * RATE)
    return line.read(0, end - round(pause * RATE) + round(after * RATE))


def quiet(seconds: float) -> Samples:
    """Return a line on which nobody speaks."""
    return Line(snr_db=30.0, codec="alaw", rng=np.random.default_rng(1)).read(0, round(seconds * RATE))


def write(ring: SoundRing, slot: int, sound: Samples) -> None:
    """Write whole frames into a slot, as the media process does: the frame, then the counter."""
    coded = np.frombuffer(g711.alaw_encode(sound[: len(sound) // FRAME * FRAME]), np.uint8)
    for frame in coded.reshape(-1, FRAME):
        ring.frames[slot, ring.counters[slot] % FRAMES] = frame
        ring.counters[slot] += 1
