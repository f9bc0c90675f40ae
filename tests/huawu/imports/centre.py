"""A centre on Asterisk that never was: its days are made by rule, so that the truth is known."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

#: 2026-11-02, 9 o'clock in China.
START = int(datetime(2026, 11, 2, 1, tzinfo=UTC).timestamp())
AGENTS = ("SIP/1001", "PJSIP/1002", "Local/1003@agents/n", "张三")
QUEUES = ("sales", "service")


@dataclass
class Day:
    """The lines of a day's queue log, and what they tell."""

    lines: list[str] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)
    waits: dict[str, list[int]] = field(default_factory=lambda: {"answered": [], "abandoned": [], "left": []})
    talks: list[int] = field(default_factory=list)
    by_agent: Counter[str] = field(default_factory=Counter)
    by_queue: Counter[str] = field(default_factory=Counter)

    @property
    def text(self) -> str:
        return "".join(f"{line}\n" for line in self.lines)


def day(calls: int = 80, seed: int = 7) -> Day:
    """Return a day on which agents come, calls are answered, lost and sent on, and agents go."""
    chance = random.Random(seed)
    made: list[tuple[int, int, str]] = []
    day = Day()

    def log(at: int, call: str, queue: str, agent: str, event: str, *more: object) -> None:
        made.append((at, len(made), "|".join(map(str, (at, call, queue, agent, event, *more)))))

    log(START - 60, "NONE", "NONE", "NONE", "QUEUESTART")
    for agent in AGENTS:
        for queue in QUEUES:
            log(START, "NONE", queue, agent, "ADDMEMBER", "")
    log(START + 5, "NONE", "NONE", AGENTS[1], "PAUSEALL", "午餐")
    log(START + 65, "NONE", "NONE", AGENTS[1], "UNPAUSEALL", "")
    for number in range(calls):
        at = START + 100 + 60 * number
        call, queue = f"{at}.{number}", chance.choice(QUEUES)
        agent = chance.choice(AGENTS)
        wait, talk = chance.randint(0, 50), chance.randint(1, 300)
        end = chance.choice(("agent", "caller", "abandon", "key", "timeout", "blind", "attended"))
        log(at, call, queue, "NONE", "ENTERQUEUE", "", f"138{number:08}", 1)
        day.ends["offered"] += 1
        day.by_queue[queue] += 1
        if end == "abandon":
            log(at + wait, call, queue, "NONE", "ABANDON", 1, 1, wait)
            day.waits["abandoned"].append(wait)
            continue
        if end in ("key", "timeout"):
            event = ("EXITWITHKEY", 0, 1, 1, wait) if end == "key" else ("EXITWITHTIMEOUT", 1, 1, wait)
            log(at + wait, call, queue, "NONE", *event)
            day.waits["left"].append(wait)
            continue
        if wait > 15:
            log(at + 15, call, queue, chance.choice(AGENTS), "RINGNOANSWER", 15000)
        ring = min(wait, 4)
        log(at + wait, call, queue, agent, "CONNECT", wait, f"{at + wait - ring}.{number}9", ring)
        done = {
            "agent": ("COMPLETEAGENT", wait, talk, 1),
            "caller": ("COMPLETECALLER", wait, talk, 1),
            "blind": ("BLINDTRANSFER", "8000", "internal", wait, talk, 1),
            "attended": ("ATTENDEDTRANSFER", "BRIDGE", "7f3a", wait, talk, 1),
        }[end]
        log(at + wait + talk, call, queue, agent, *done)
        day.waits["answered"].append(wait)
        day.talks.append(talk)
        day.by_agent[agent] += 1
        day.ends["transferred"] += end in ("blind", "attended")
    for agent in AGENTS:
        for queue in QUEUES:
            log(START + 40_000, "NONE", queue, agent, "REMOVEMEMBER", "")
    day.lines = [line for _, _, line in sorted(made)]
    return day
