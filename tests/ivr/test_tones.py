from __future__ import annotations

import numpy as np
import pytest

from ivr.doors import RATE
from ivr.tones import beep, ring, ringing
from speech.tones import ring_back

pytestmark = pytest.mark.unit


def test_a_number_that_is_called_rings_as_everywhere_in_the_country() -> None:
    assert np.array_equal(np.tile(ringing(), 2), ring_back(10.0, rate_hz=RATE))
    assert np.array_equal(ring(), ringing()[:RATE])
    assert not ringing()[RATE:].any()


def test_the_beep_is_a_third_of_a_second_of_1000_hertz() -> None:
    spectrum = np.abs(np.fft.rfft(beep()))
    assert (len(beep()), int(spectrum.argmax())) == (2400, 300)
