from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from analytics.webhooks.messages import EVENTS, case_messages, complaint_messages
from analytics.webhooks.signature import new_secret, signature
from calls.people import Webhook
from calls.records import Call, Case, Evidence, Finding

pytestmark = pytest.mark.unit
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
CALL = Call(id="call-1", door="sip", caller="13800001001", started_at=NOON, agent_id="A1", queue_id="售后")
ALL = Webhook(id="all", url="https://a.example/", secret="s", events=EVENTS)
SEVERE = Webhook(id="severe", url="https://b.example/", secret="s", events=("complaint.severe",))
OFF = Webhook(id="off", url="https://c.example/", secret="s", events=EVENTS, active=False)


def complaint(label: str, probability: float = 0.9) -> Finding:
    evidence = (Evidence(utterance=0, start=0.0, end=1.0, text="我叫张三要投诉"),)
    return Finding(
        call_id="call-1", kind="complaint", label=label, probability=probability, evidence=evidence, model="m"
    )


@pytest.mark.parametrize(
    ("label", "told"),
    [
        ("none", []),
        ("一般", [("all", "complaint.found")]),
        ("重大", [("all", "complaint.found"), ("all", "complaint.severe"), ("severe", "complaint.severe")]),
        ("紧急", [("all", "complaint.found"), ("all", "complaint.severe"), ("severe", "complaint.severe")]),
    ],
)
def test_each_is_told_what_it_asked_for(label: str, told: list[tuple[str, str]]) -> None:
    messages = complaint_messages([ALL, SEVERE, OFF], CALL, [complaint(label)], NOON)

    assert [(each.webhook_id, each.event) for each in messages] == told


def test_a_message_names_the_call_and_no_person() -> None:
    topic = Finding(call_id="call-1", kind="topic", label="refund", probability=0.8)

    (message, _) = complaint_messages([ALL], CALL, [topic, complaint("重大", 0.87654)], NOON)

    assert message.payload == {
        "type": "complaint.found",
        "timestamp": "2026-03-02T04:00:00+00:00",
        "data": {
            "call": "call-1",
            "started_at": "2026-03-02T04:00:00+00:00",
            "agent": "A1",
            "queue": "售后",
            "severity": "重大",
            "probability": 0.8765,
            "model": "m",
            "topics": ["refund"],
        },
    }
    assert "13800001001" not in str(message) and "张三" not in str(message)


def test_of_several_the_gravest_is_told() -> None:
    (message, _) = complaint_messages([ALL], CALL, [complaint("一般", 0.99), complaint("紧急", 0.5)], NOON)

    assert message.payload["data"]["severity"] == "紧急"


def test_a_case_that_was_opened_is_told() -> None:
    case = Case(
        id="case-1", call_id="call-1", level="重大", deadline=NOON + timedelta(hours=48), department="维修"
    )

    (message,) = case_messages([ALL, SEVERE, OFF], CALL, case, NOON)

    assert message.event == "case.opened"
    assert case_messages([ALL], CALL, case, NOON)[0].id == message.id
    assert message.payload["data"] | {} == {
        "call": "call-1",
        "started_at": "2026-03-02T04:00:00+00:00",
        "agent": "A1",
        "queue": "售后",
        "case": "case-1",
        "severity": "重大",
        "deadline": "2026-03-04T04:00:00+00:00",
        "department": "维修",
    }


def test_the_signature_is_that_of_the_specification() -> None:
    # its own example: standardwebhooks.com, specification, "Signature scheme"
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'

    assert (
        signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_a_receiver_can_check_it_with_what_python_has() -> None:
    secret = new_secret()

    value = signature(secret, "id", 1, b"{}")

    key = base64.b64decode(secret.removeprefix("whsec_"))
    assert value == "v1," + base64.b64encode(hmac.digest(key, b"id.1.{}", hashlib.sha256)).decode()
    assert new_secret() != secret
