"""A comparison as one HTML page that needs nothing else: Chinese first, English beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from analytics.evaluation.bootstrap import Measure
from calls.records import utc_now
from huawu import __version__
from huawu.asr.scores import Comparison
from speech.error_rate import Aligned
from speech.spoken import FILLERS

#: The steps of the normaliser in Chinese and in English.
STEP_NAMES = {
    "width": ("全角半角", "full and half width"),
    "case": ("大小写", "case"),
    "numbers": ("数字写法", "ways to write numbers"),
    "fillers": ("语气词", "fillers"),
    "punctuation": ("标点符号", "punctuation"),
    "spaces": ("空格", "spaces"),
}


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of an alignment: several hits, or one thing that differs."""

    operation: str
    said: str
    heard: str


def runs(alignment: Sequence[Aligned]) -> list[Run]:
    """Return an alignment with neighbouring steps of one kind put together."""
    found: list[Run] = []
    for step in alignment:
        if found and found[-1].operation == step.operation:
            last = found.pop()
            found.append(Run(step.operation, last.said + step.reference, last.heard + step.hypothesis))
        else:
            found.append(Run(step.operation, step.reference, step.hypothesis))
    return found


def page(found: Comparison, most: int = 30, *, at: datetime | None = None) -> str:
    """Return the page.

    Parameters
    ----------
    found : Comparison
    most : int
        Files whose alignments are shown, the worst first.
    at : datetime, optional
        When it was made; now by default.
    """
    environment = Environment(
        loader=PackageLoader("huawu"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": _percent, "finite": math.isfinite, "runs": runs}
    rates = [found.rate(score) for score in found.scores]
    known = [each.high if math.isfinite(each.high) else each.value for each in rates if each is not None]
    return environment.get_template("asr.html").render(
        found=found,
        rates=rates,
        differences=[found.difference(score) for score in found.scores[1:]],
        scale=max([*known, 0.01]) * 1.05,
        worst=found.worst(most),
        steps=STEP_NAMES,
        fillers=FILLERS if found.steps["fillers"] else "",
        seconds=max(score.seconds for score in found.scores),
        version=__version__,
        at=(at or utc_now()).strftime("%Y-%m-%d %H:%M UTC"),
    )


def _percent(value: float | Measure | None, digits: int = 2) -> str:
    number = value.value if isinstance(value, Measure) else value
    return "–" if number is None or not math.isfinite(number) else f"{100 * number:.{digits}f} %"
