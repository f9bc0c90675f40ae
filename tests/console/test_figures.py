from __future__ import annotations

from datetime import UTC, datetime

import pytest

from console.figures import clock, details, likelihood, moment, percent

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0:00"), (9.99, "0:09"), (61, "1:01"), (3599.5, "59:59"), (3661, "1:01:01")]
)
def test_offsets_read_as_a_clock(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown


def test_a_moment_is_written_in_this_machines_zone() -> None:
    noon = datetime(2026, 3, 2, 12, 0, 5, tzinfo=UTC)

    assert datetime.strptime(moment(noon), "%Y-%m-%d %H:%M:%S").astimezone() == noon


@pytest.mark.parametrize(
    ("share", "shown"), [(0.0, "0%"), (0.004, "0.4%"), (0.05, "5.0%"), (0.3333, "33%"), (1.0, "100%")]
)
def test_a_small_share_does_not_read_as_zero(share: float, shown: str) -> None:
    assert percent(share) == shown


def test_event_details_leave_out_what_is_empty_and_mask_numbers() -> None:
    data = {"text": "我要退款", "confidence": 0.93, "reason": "", "to": "13912345678", "node": None}

    assert details(data) == "text: 我要退款 · confidence: 0.93 · to: •••••••5678"


@pytest.mark.parametrize(
    ("probability", "shown"), [(0.02, "2.0%"), (0.87, "87%"), (0.9949, "99%"), (1.0, ">99%")]
)
def test_no_model_is_certain(probability: float, shown: str) -> None:
    assert likelihood(probability) == shown
