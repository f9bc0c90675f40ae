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
        history.note_party(tick, slice(1, 3), rows)
        history.note_heard(tick, slice(1, 3), rows + 100)
    return history


@pytest.mark.parametrize(("first", "end"), [(0, 5), (60, 70), (70, 70), (100 - KEPT, 100), (64, 100)])
def test_both_sides_of_some_ticks_are_cut_out(first: int, end: int) -> None:
    history = filled(max(end, 6))
    party, heard = (cut(np.array([1, 0, 2]), first, end) for cut in (history.party, history.heard))
    wanted = np.repeat(np.arange(first, end, dtype=np.uint8), 160)
    assert np.array_equal(party[[0, 2]], [wanted, wanted])
    assert np.array_equal(heard[[0, 2]], [wanted + 100, wanted + 100])
    assert set(party[1].tolist()) | set(heard[1].tolist()) <= {0xD5}
