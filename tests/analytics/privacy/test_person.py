from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from analytics.privacy.person import NoNumber, asked_number, calls_of, number_of
from calls.records import Call, Callback, Direction
from calls.store import Store

pytestmark = pytest.mark.unit
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("address", "number"),
    [
        ("13800001001", "13800001001"),
        ("+86 138-0000-1001", "13800001001"),
        ("008613800001001", "13800001001"),
        ("013800001001", "13800001001"),
        ('"张" <sip:13800001001@10.0.0.1:5060>', "13800001001"),
        ("sip:+8613800001001;phone-context=x@host", "13800001001"),
        ("tel:+86-10-6552-9999", "1065529999"),
        ("010-6552 9999", "1065529999"),
        ("8610086", "8610086"),
        ("10086", "10086"),
        ("", ""),
        ("anonymous", ""),
    ],
)
def test_one_person_has_one_number(address: str, number: str) -> None:
    assert number_of(address) == number


@pytest.mark.parametrize("text", ["", "1", "1234", "abc", "+86"])
def test_too_short_a_number_is_refused(text: str) -> None:
    with pytest.raises(NoNumber, match="fewer than five digits"):
        asked_number(text)


def test_calls_from_to_and_back_are_a_persons(tmp_path: Path) -> None:
    calls = [
        Call(id="from", door="sip", caller="+8613800001001", started_at=NOON),
        Call(id="sip", door="sip", caller="sip:13800001001@10.0.0.9", started_at=NOON),
        Call(
            id="to",
            door="sip",
            caller="10086",
            callee="13800001001",
            direction=Direction.OUTBOUND,
            started_at=NOON,
        ),
        Call(id="back", door="sip", caller="13900002002", started_at=NOON),
        Call(id="other", door="sip", caller="13800001002", callee="13800001001", started_at=NOON),
    ]
    with Store.open(tmp_path / "huawu.db") as store:
        store.add(*calls, Callback(call_id="back", number="138 0000 1001", queue_id="q", created_at=NOON))

        found = calls_of(store, asked_number("13800001001"))

    assert [call.id for call in found] == ["back", "from", "sip", "to"]
