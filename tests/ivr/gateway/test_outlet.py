from __future__ import annotations

import asyncio

import pytest

from ivr.gateway.dialect import Piece
from ivr.gateway.outlet import MOST_FRAMES, MOST_MESSAGES, Outlet

pytestmark = pytest.mark.unit


def taken(outlet: Outlet) -> list[Piece]:
    async def take() -> list[Piece]:
        pieces = []
        while (piece := await outlet.get()) is not None:
            pieces.append(piece)
        return pieces

    outlet.end()
    return asyncio.run(take())


def test_what_was_put_comes_out_in_order() -> None:
    outlet = Outlet()
    outlet.put("ANSWER")
    outlet.put(b"1", sound=True)
    outlet.put("HANGUP")

    assert taken(outlet) == ["ANSWER", b"1", "HANGUP"]


def test_the_oldest_sound_makes_room_for_the_newest_and_nothing_else_is_lost() -> None:
    outlet = Outlet()
    outlet.put("first")
    for number in range(MOST_FRAMES + 2):
        outlet.put(bytes([number]), sound=True)
        if number == 0:
            outlet.put("second")

    pieces = taken(outlet)

    assert pieces[:3] == ["first", "second", bytes([2])]
    assert (len(pieces), pieces[-1], outlet.dropped) == (MOST_FRAMES + 2, bytes([MOST_FRAMES + 1]), 2)


def test_after_the_end_nothing_is_taken() -> None:
    outlet = Outlet()
    outlet.put("HANGUP")
    outlet.end()
    outlet.put("more")

    assert taken(outlet) == ["HANGUP"]


def test_who_takes_no_messages_is_parted_from() -> None:
    outlet = Outlet()
    for number in range(MOST_MESSAGES + 5):
        outlet.put(str(number))

    assert len(taken(outlet)) == MOST_MESSAGES


def test_who_waits_is_woken() -> None:
    async def wait() -> Piece | None:
        outlet = Outlet()
        waiting = asyncio.create_task(outlet.get())
        await asyncio.sleep(0)
        outlet.put(b"1", sound=True)
        return await waiting

    assert asyncio.run(wait()) == b"1"
