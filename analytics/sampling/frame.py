"""The frame of a sample: the calls in the database that a plan may draw."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import Any

from analytics.riskmodel.reasons import REST
from analytics.sampling.drawing import Candidate
from analytics.sampling.plan import FrameFilter
from calls.records import Agent, Call, CallRisk, Finding, Recording, Review
from calls.reviewing import is_rating
from calls.store import Span, Store

#: Reasons a draw shows.
_REASONS = 3
#: The reason of a call without a transcript or findings: its risk is not known, and counts as none.
NOT_ANALYSED = "尚未分析"


def candidates(store: Store, wanted: FrameFilter) -> list[Candidate]:
    """Return the calls that a plan may draw: ended, recorded, and let pass by its filter; in order of time.

    A call that was not analysed has risk 0: the random part can still reach it.
    """
    agents = {each.id: each for each in store.find(Agent)}
    calls = [each for each in _calls(store, wanted) if _passes(each, wanted, agents)]
    ids = [each.id for each in calls]
    recorded = {each.call_id for each in store.find(Recording, call_id=ids)}
    given = store.find(Review, call_id=ids) if wanted.not_yet_reviewed else []
    reviewed = {each.call_id for each in given if not is_rating(each)}
    risks = {each.call_id: each for each in store.find(CallRisk, call_id=ids)}
    topics: dict[str, list[Finding]] = defaultdict(list)
    for finding in store.find(Finding, call_id=ids, kind="topic"):
        topics[finding.call_id].append(finding)
    found = []
    for call in calls:
        if call.id not in recorded or call.id in reviewed:
            continue
        topic = max(topics[call.id], key=lambda each: each.probability, default=None)
        agent = agents.get(call.agent_id or "")
        found.append(
            Candidate(
                call.id,
                *_risk(risks.get(call.id)),
                {
                    "queue": call.queue_id or "",
                    "agent": call.agent_id or "",
                    "team": agent.team if agent else "",
                    "topic": topic.label if topic else "",
                    "door": call.door,
                    "outcome": str(call.outcome or ""),
                },
            )
        )
    return found


def words_of(risk: CallRisk) -> tuple[str, ...]:
    """Return the reasons that raise a risk most, in words."""
    named = [each for each in risk.reasons if each.share > 0 and each.words != REST]
    raising = sorted(named, key=lambda each: -each.share)
    return tuple(each.words for each in raising[:_REASONS])


def _risk(risk: CallRisk | None) -> tuple[float, tuple[str, ...]]:
    return (0.0, (NOT_ANALYSED,)) if risk is None else (risk.probability, words_of(risk))


def _calls(store: Store, wanted: FrameFilter) -> list[Call]:
    where: dict[str, Any] = {"started_at": Span(*wanted.moments())}
    if wanted.queues:
        where["queue_id"] = wanted.queues
    if wanted.agents:
        where["agent_id"] = wanted.agents
    return store.find(Call, order_by=("started_at", "id"), **where)


def _passes(call: Call, wanted: FrameFilter, agents: dict[str, Agent]) -> bool:
    if call.ended_at is None:
        return False
    begun = call.answered_at or call.started_at
    if call.ended_at - begun <= timedelta(seconds=wanted.longer_than_seconds):
        return False
    if wanted.answered_by_agent and call.agent_id is None:
        return False
    if wanted.teams:
        agent = agents.get(call.agent_id or "")
        return agent is not None and agent.team in wanted.teams
    return True
