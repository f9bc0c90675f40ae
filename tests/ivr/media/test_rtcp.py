from __future__ import annotations

import pytest

from ivr.media.rtcp import Block, Report, middle, ntp_time, packed_report, parse_report, round_trip

pytestmark = pytest.mark.unit

BLOCK = Block(7, fraction=0.25, lost=-3, highest=70_000, jitter=80, last=0x12345678, since=65_536)


def test_a_senders_report_tells_its_time_and_what_it_receives() -> None:
    data = packed_report(5, "huawu", sent=(ntp_time(1.5), 160, 10, 1600), block=BLOCK)
    assert parse_report(data) == Report(5, ntp_time(1.5), (BLOCK,))
    assert len(data) % 4 == 0


def test_who_sends_nothing_reports_only_what_it_receives() -> None:
    assert parse_report(packed_report(5, "huawu", sent=None, block=BLOCK)) == Report(5, None, (BLOCK,))


def test_the_last_report_says_so() -> None:
    data = packed_report(5, "huawu", sent=None, block=None, bye=True)
    assert parse_report(data) == Report(5, None, (), bye=True)


@pytest.mark.parametrize("cut", [1, 4, 9, 30])
def test_a_report_that_was_cut_is_none(cut: int) -> None:
    assert parse_report(packed_report(5, "huawu", sent=(1, 2, 3, 4), block=BLOCK)[:-cut]) is None


@pytest.mark.parametrize(
    "data", [b"", b"\x81", bytes([0x81, 202, 0, 1]) + bytes(4), bytes([0x9F, 201, 0, 1]) + bytes(4)]
)
def test_what_is_no_report_is_none(data: bytes) -> None:
    assert parse_report(data) is None


def test_the_round_trip_is_what_the_party_did_not_hold_the_report_for() -> None:
    sent, held = ntp_time(1_700_000_000.0), 0.5
    block = Block(5, last=middle(sent), since=int(held * 65_536))
    assert round_trip(block, ntp_time(1_700_000_000.62)) == pytest.approx(0.12, abs=1e-4)


def test_there_is_no_round_trip_before_a_report_was_received_or_from_the_future() -> None:
    assert round_trip(Block(5), ntp_time(1.0)) is None
    assert round_trip(Block(5, last=middle(ntp_time(100.0)), since=0), ntp_time(99.0)) is None
