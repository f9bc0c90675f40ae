"""Every key figure with its definition: what the page shows is what the code computes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from analytics.kpi.visits import QueueVisit


@dataclass(frozen=True, slots=True)
class Group:
    """Queue visits of a centre, a team, an agent or a queue, and the promised seconds to answer within."""

    visits: Sequence[QueueVisit]
    within: float

    @property
    def answered(self) -> list[QueueVisit]:
        """The visits that an agent answered."""
        return [each for each in self.visits if each.end == "answered"]

    @property
    def abandoned(self) -> list[QueueVisit]:
        """The visits in which the caller gave up."""
        return [each for each in self.visits if each.end == "abandoned"]

    @property
    def in_time(self) -> int:
        """How many were answered within the promised seconds."""
        return sum(each.wait <= self.within for each in self.answered)


@dataclass(frozen=True, slots=True)
class Kpi:
    """A key figure: name, unit (``calls``, ``share``, ``seconds``), labels, definition and computation."""

    name: str
    unit: str
    zh: str
    en: str
    definition: str
    compute: Callable[[Group], float | None]


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if len(values) else None


def _sl2(group: Group) -> float | None:
    early = sum(each.wait <= group.within for each in group.abandoned)
    return _share(group.in_time + early, len(group.answered) + len(group.abandoned))


def _wrap_up(group: Group) -> float | None:
    return _mean([each.wrap_up for each in group.answered if each.wrap_up is not None])


#: The figures of queues and agents, in the order of reports. ``t`` is the promised seconds, 20 by default.
KPIS: tuple[Kpi, ...] = (
    Kpi("offered", "calls", "呼入量", "Offered", "visits to a queue", lambda g: float(len(g.visits))),
    Kpi(
        "answered",
        "calls",
        "接通量",
        "Answered",
        "visits that an agent answered",
        lambda g: float(len(g.answered)),
    ),
    Kpi(
        "abandoned",
        "calls",
        "放弃量",
        "Abandoned",
        "visits in which the caller hung up while waiting",
        lambda g: float(len(g.abandoned)),
    ),
    Kpi(
        "abandonment_rate",
        "share",
        "放弃率",
        "Abandonment rate",
        "abandoned / offered",
        lambda g: _share(len(g.abandoned), len(g.visits)),
    ),
    Kpi(
        "answer_rate_within_t",
        "share",
        "t 秒接通率",
        "Answered within t of offered",
        "answered within t / offered (the usual figure of Chinese centres)",
        lambda g: _share(g.in_time, len(g.visits)),
    ),
    Kpi(
        "service_level",
        "share",
        "服务水平",
        "Service level",
        "answered within t / answered (Asterisk's SL)",
        lambda g: _share(g.in_time, len(g.answered)),
    ),
    Kpi(
        "service_level_2",
        "share",
        "服务水平（含放弃）",
        "Service level 2",
        "(answered within t + abandoned within t) / (answered + abandoned) (Asterisk's SL2)",
        _sl2,
    ),
    Kpi(
        "average_speed_of_answer",
        "seconds",
        "平均应答时长",
        "ASA",
        "mean wait of the answered",
        lambda g: _mean([each.wait for each in g.answered]),
    ),
    Kpi(
        "longest_wait",
        "seconds",
        "最长等待",
        "Longest wait",
        "longest wait of all visits, however they ended",
        lambda g: max((each.wait for each in g.visits), default=None),
    ),
    Kpi(
        "average_talk",
        "seconds",
        "平均通话时长",
        "Talk",
        "mean seconds of conversation without hold",
        lambda g: _mean([each.talk for each in g.answered]),
    ),
    Kpi(
        "average_hold",
        "seconds",
        "平均保持时长",
        "Hold",
        "mean seconds on hold by the agent",
        lambda g: _mean([each.hold for each in g.answered]),
    ),
    Kpi(
        "average_wrap_up",
        "seconds",
        "平均话后处理时长",
        "Wrap-up",
        "mean seconds of after-call work, of calls whose agent's states are known",
        _wrap_up,
    ),
    Kpi(
        "average_handle_time",
        "seconds",
        "平均处理时长",
        "AHT",
        "mean of talk + hold + wrap-up of the answered",
        lambda g: _mean([each.handled for each in g.answered]),
    ),
    Kpi(
        "transfer_rate",
        "share",
        "转接率",
        "Transfer rate",
        "answered visits that the agent sent on / answered",
        lambda g: _share(sum(each.transferred for each in g.answered), len(g.answered)),
    ),
)


def compute(visits: Sequence[QueueVisit], within: float = 20.0) -> dict[str, float | None]:
    """Return all of :data:`KPIS` of some visits; ``None`` where there is nothing to divide by."""
    group = Group(visits, within)
    return {each.name: each.compute(group) for each in KPIS}
