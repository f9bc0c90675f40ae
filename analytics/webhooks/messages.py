"""What is told, to whom: one message to each webhook that asked for its kind of event.

Messages hold no personal data: ids, labels, probabilities and times. Who receives one asks the API for the
rest with a token of its own, and sees what that token may.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from analytics.labels import NO_COMPLAINT, SEVERITIES
from calls.people import Webhook, WebhookDelivery
from calls.records import Call, Case, Finding
from calls.store import Store

#: What can be asked for: the machine took a call for a complaint; for one of the two graver levels; a person
#: opened a complaint case.
EVENTS = ("complaint.found", "complaint.severe", "case.opened")


def complaint_messages(
    hooks: Sequence[Webhook], call: Call, findings: Sequence[Finding], now: datetime
) -> list[WebhookDelivery]:
    """Return the messages about what the machine found in a call, none where it found no complaint."""
    found = [each for each in findings if each.kind == "complaint" and each.label != NO_COMPLAINT]
    if not found:
        return []
    gravest = max(found, key=lambda each: (_rank(each.label), each.probability))
    payload = _about(call) | {
        "severity": gravest.label,
        "probability": round(gravest.probability, 4),
        "model": gravest.model,
        "topics": sorted({each.label for each in findings if each.kind == "topic"}),
    }
    events = ["complaint.found"] + (["complaint.severe"] if _rank(gravest.label) > 0 else [])
    return [message for event in events for message in _messages(hooks, event, call.id, payload, now)]


def case_messages(hooks: Sequence[Webhook], call: Call, case: Case, now: datetime) -> list[WebhookDelivery]:
    """Return the messages about a case that was opened."""
    payload = _about(call) | {
        "case": case.id,
        "severity": case.level,
        "deadline": case.deadline.isoformat() if case.deadline else None,
        "department": case.department,
    }
    messages = _messages(hooks, "case.opened", call.id, payload, now)
    # two verdicts at once open one case: it is told once
    return [
        replace(each, id=hashlib.sha256(f"{case.id} {each.webhook_id}".encode()).hexdigest()[:32])
        for each in messages
    ]


def active_hooks(store: Store) -> list[Webhook]:
    """Return the webhooks that are told of anything now."""
    return store.find(Webhook, active=True)


def _messages(
    hooks: Sequence[Webhook], event: str, call_id: str, payload: dict[str, Any], now: datetime
) -> list[WebhookDelivery]:
    return [
        WebhookDelivery(
            webhook_id=hook.id,
            event=event,
            call_id=call_id,
            payload={"type": event, "timestamp": now.isoformat(timespec="seconds"), "data": payload},
            due_at=now,
            created_at=now,
        )
        for hook in hooks
        if hook.active and event in hook.events
    ]


def _about(call: Call) -> dict[str, Any]:
    return {
        "call": call.id,
        "started_at": call.started_at.isoformat(timespec="seconds"),
        "agent": call.agent_id,
        "queue": call.queue_id,
    }


def _rank(label: str) -> int:
    return SEVERITIES.index(label) if label in SEVERITIES else len(SEVERITIES)
