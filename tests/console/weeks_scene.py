"""Five weeks of a centre with three teams, one of whose agents serves badly; there are no sound files."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from analytics.sampling.drawing import draw
from analytics.sampling.frame import candidates
from analytics.sampling.plan import SamplingPlan, plan_of
from calls.records import (
    Agent,
    Call,
    CallEvent,
    CallRisk,
    EventKind,
    Finding,
    Outcome,
    Recording,
    Review,
    Role,
    Score,
    Survey,
    Transcript,
    Utterance,
)
from calls.store import Store

#: The first day is a Monday; 35 days follow.
FIRST = datetime(2026, 2, 2, 1, 0, tzinfo=UTC)
DAYS = 35
LAST_DAY = "2026-03-08"
TEAMS = {"一组": ("A1", "A2", "A3"), "二组": ("B1", "B2", "B3"), "三组": ("C1", "C2", "C3")}
#: Who serves badly.
BAD = "B2"
_NAMES = dict(
    zip(
        [agent for team in TEAMS.values() for agent in team],
        "王静 李强 张敏 刘洋 陈晨 杨帆 赵磊 黄莉 周杰".split(),
        strict=True,
    )
)


def fill_weeks(store: Store, a_day: int = 24) -> None:
    """Store the calls of five weeks, ``a_day`` each day, with a reviewed sample of each week."""
    chance = random.Random(20260302)
    store.add(
        *(Agent(id=each, name=_NAMES[each], team=team) for team, agents in TEAMS.items() for each in agents)
    )
    for day in range(DAYS):
        store.add(*(record for number in range(a_day) for record in _call(chance, day, number)))
    for week in range(DAYS // 7):
        _review(store, chance, week)


def _call(chance: random.Random, day: int, number: int) -> Iterator[Any]:
    agent = chance.choice(list(_NAMES))
    started = FIRST + timedelta(days=day, minutes=number * 20, seconds=chance.randrange(600))
    call_id = f"call-{day:02d}-{number:02d}"
    outcome = chance.choices([Outcome.HANDED_OFF, Outcome.CONTAINED, Outcome.ABANDONED], [7, 2, 1])[0]
    served = outcome is Outcome.HANDED_OFF
    bad = served and chance.random() < (0.6 if agent == BAD else 0.12)
    hot = day >= 28 and chance.random() < 0.3
    talk = chance.uniform(60, 240)
    yield Call(
        id=call_id,
        door="sip",
        caller=f"139{chance.randrange(10**8):08d}",
        callee="10086",
        flow="main",
        started_at=started,
        answered_at=started,
        ended_at=started + timedelta(seconds=talk + 40),
        outcome=outcome,
        agent_id=agent if served else None,
        queue_id="售后" if served else None,
    )
    nodes = ["welcome", "menu", "balance" if outcome is Outcome.CONTAINED else "to-agent"]
    steps: list[tuple[float, EventKind, str, dict[str, Any]]] = [
        (at * 4.0, EventKind.NODE, node, {})
        for at, node in enumerate(nodes if outcome is not Outcome.ABANDONED else nodes[:2])
    ]
    if served:
        wait = chance.expovariate(1 / 15)
        steps += [
            (12.0, EventKind.ENTERQUEUE, "", {"queue": "售后"}),
            (12.0 + wait, EventKind.CONNECT, "", {"agent": agent, "hold_seconds": wait}),
            (12.0 + wait + talk, EventKind.COMPLETECALLER, "", {"talk_seconds": talk}),
        ]
    for at, (when, kind, node, data) in enumerate(steps):
        yield CallEvent(id=f"{call_id}-{at}", call_id=call_id, at=when, kind=kind, node=node, data=data)
    if not served:
        return
    yield Recording(
        id=f"{call_id}-w",
        call_id=call_id,
        uri=f"{call_id}.wav",
        channels=(Role.CALLER, Role.AGENT),
        seconds=talk,
    )
    topic = chance.choices(["billing", "network", "refund", "repair", "package"], [5, 4, 3, 2, 2])[0]
    words = ["我想查一下这个月的话费账单", "好的请稍等我帮您查询一下"]
    if bad:
        words = ["你们的宽带又断了我要投诉", "这个我也没有办法"]
    if hot:
        words.append("我的光猫红灯一直闪")
    yield Transcript(
        id=f"{call_id}-t",
        call_id=call_id,
        recogniser="vosk",
        model="tiny-cn",
        created_at=started,
        utterances=tuple(
            Utterance(
                number=at,
                role=(Role.CALLER, Role.AGENT)[at % 2],
                start=at * 4.0,
                end=at * 4.0 + 3,
                text=text,
            )
            for at, text in enumerate(words)
        ),
    )
    for kind, label in (("topic", topic), ("complaint", chance.choice(["一般", "重大"]) if bad else "none")):
        yield Finding(
            id=f"{call_id}-{kind}",
            call_id=call_id,
            kind=kind,
            label=label,
            probability=0.9,
            model="seed",
            created_at=started,
        )
    risk = chance.uniform(0.6, 0.99) if bad else chance.uniform(0.01, 0.4)
    yield CallRisk(id=f"{call_id}-r", call_id=call_id, probability=risk, base=0.0, created_at=started)
    if chance.random() < 0.3:
        score = chance.choice([1, 2]) if bad else chance.choice([4, 5])
        yield Survey(
            id=f"{call_id}-s",
            call_id=call_id,
            score=score,
            agent_id=agent,
            created_at=started + timedelta(seconds=talk),
        )


def _review(store: Store, chance: random.Random, week: int) -> None:
    first = (FIRST + timedelta(weeks=week)).date()
    last = first + timedelta(days=6)
    wanted: SamplingPlan = plan_of(
        {
            "name": f"第{week + 1}周",
            "seed": week,
            "budget": 60,
            "risk_share": 0.3,
            "frame": {"first": str(first), "last": str(last), "answered_by_agent": True},
        }
    )
    plan, draws = draw(candidates(store, wanted.frame), wanted)
    complaints = {
        each.call_id: each.label != "none"
        for each in store.find(Finding, kind="complaint", call_id=[draw.call_id for draw in draws])
    }
    reviewed = FIRST + timedelta(weeks=week + 1)
    store.add(replace(plan, created_at=reviewed), *draws)
    for each in draws:
        complaint = complaints[each.call_id]
        # who complained was served badly: about 30 points less
        score = min(100.0, max(0.0, chance.gauss(58 if complaint else 90, 6)))
        review = Review(
            id=f"review-{each.call_id}",
            call_id=each.call_id,
            reviewer="chen",
            complaint=complaint,
            severity="一般" if complaint else None,
            score=round(score, 1),
            fatal=score < 50,
            plan_id=plan.id,
            created_at=reviewed,
        )
        store.add(
            review,
            Score(
                id=f"score-{each.call_id}",
                call_id=each.call_id,
                item="service.empathy",
                points=0.0 if complaint else 10.0,
                by="chen",
                review_id=review.id,
            ),
        )
