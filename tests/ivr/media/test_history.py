from __future__ import annotations

import numpy as np
import pytest

from ivr.media.history import KEPT, History

pytestmark = pytest.mark.unit


def filled(ticks: int) -> History:
    history = History(3)
    for slot in range(3):
        history.reset(slot)
    for tick in range(ticks):
        rows = np.full((2, 160), tick, np.uint8)
        history.note(tick, slice(1, 3), rows, rows + 100)
    return history


@pytest.mark.parametrize(("first", "end"), [(0, 5), (60, 70), (70, 70), (100 - KEPT, 100), (64, 100)])
def test_both_sides_of_some_ticks_are_cut_out(first: int, end: int) -> None:
    history = filled(max(end, 6))
    wanted = b"".join(bytes([tick]) * 160 for tick in range(first, end))
    assert history.party(1, first, end) == wanted
    assert history.heard(2, first, end) == bytes(byte + 100 for byte in wanted)
    assert set(history.party(0, first, end)) <= {0xD5}


def test_what_was_before_a_tick_is_given_for_many_legs() -> None:
    before = filled(66).before(66, np.array([2, 0]), 3)
    assert before.shape == (2, 480)
    assert before[0, ::160].tolist() == [63, 64, 65]
    assert set(before[1].tolist()) == {0xD5}
