"""Builders for the tests: calls whose risk is known, because we drew it."""

from __future__ import annotations

from functools import cache

import numpy as np

from analytics.riskmodel import RiskModel
from calls.records import Transcript
from tests.analytics.dialogue import transcript

BAD = ("你们太差了", "骗人的", "没有人管", "我要投诉")
GOOD = ("谢谢你", "好的明白了", "可以了", "清楚了")
PLAIN = ("我想问一下套餐", "宽带怎么办理", "号码是多少", "上个月的账单", "手机卡在哪里补")
ANSWERS = ("请您提供号码", "这边帮您查询", "已经为您处理好了", "请稍等一下")


def drawn(count: int, seed: int = 0) -> tuple[list[Transcript], np.ndarray, np.ndarray]:
    """Draw calls with their mean votes and whether these are bad; what is said tells it, but not surely."""
    rng = np.random.default_rng(seed)
    calls, votes = [], []
    for number in range(count):
        anger, ends = rng.random(), rng.random() < 0.5
        lines = ["c:" + rng.choice(PLAIN), "a:" + rng.choice(ANSWERS)]
        for _ in range(rng.integers(1, 4)):
            mood = BAD if rng.random() < anger else GOOD
            lines += ["c:" + rng.choice(mood) + rng.choice(PLAIN), "a:" + rng.choice(ANSWERS)]
        lines += ["c:" + rng.choice(BAD if rng.random() < anger else GOOD)] * ends
        calls.append(transcript(*lines, call_id=f"call-{number}"))
        votes.append(1.0 - 2.0 * anger - 0.5 * ends + rng.normal(0, 0.3))
    return calls, np.array(votes), np.array(votes) <= -0.6


@cache
def fitted() -> RiskModel:
    """Return a model that has learnt from 300 drawn calls."""
    calls, votes, bad = drawn(300)
    return RiskModel().fit(calls, bad, y_mean=votes)
