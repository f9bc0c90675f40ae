"""What was measured in a call, for reading: values with their units and meaning, and how the parties felt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from analytics.conversation.definitions import FEATURES, Feature
from calls.records import CallMetrics, Role
from console.language import language, t
from console.wording.measures import BECAUSE, DEFINED

#: What is shown of a call at first sight.
FIRST = (
    "agent_talk_share",
    "silence_longest_seconds",
    "silence_over_5s_count",
    "agent_interruptions_count",
    "agent_speech_rate_characters_per_minute",
    "agent_response_latency_median_seconds",
    "hold_seconds",
    "caller_repeated_requests_count",
    "caller_sentiment_change",
)
#: Units whose numbers are shown with so many places; others as they are.
_PLACES = {"s": 1, "characters/min": 0, "dB": 1, "dBov": 1, "polarity": 2}
_SIGNED = {"dB", "polarity"}


@dataclass(frozen=True, slots=True)
class Measure:
    """One measurement in the language of the request; ``value`` is empty where it is not available."""

    name: str
    label: str
    value: str
    definition: str
    because: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """The measurements of one group of :data:`analytics.conversation.definitions.FEATURES`."""

    name: str
    measures: tuple[Measure, ...]


@dataclass(frozen=True, slots=True)
class Measures:
    """All measurements by group, and those of :data:`FIRST` that are available."""

    groups: tuple[Group, ...]
    first: tuple[Measure, ...]


def measures(metrics: CallMetrics) -> Measures:
    """Return what was measured, in the language of the present request."""
    made = {name: _measure(feature, metrics) for name, feature in FEATURES.items()}
    groups = groupby(FEATURES.values(), key=lambda feature: feature.group)
    return Measures(
        tuple(Group(name, tuple(made[feature.name] for feature in found)) for name, found in groups),
        tuple(made[name] for name in FIRST if made[name].value),
    )


def _measure(feature: Feature, metrics: CallMetrics) -> Measure:
    value = metrics.values.get(feature.name)
    because = ""
    if value is None:
        reason = metrics.unavailable.get(feature.name, "")
        because = _because(reason) if reason else t("measure.not-measured")
    return Measure(
        feature.name,
        feature.chinese if language() == "zh" else feature.english,
        "" if value is None else written(value, feature.unit),
        _definition(feature),
        because,
    )


def written(value: float, unit: str) -> str:
    """Return a value with its unit, in the language of the present request."""
    if unit == "yes/no":
        return t("measure.yes") if value else t("measure.no")
    if unit == "share":
        return f"{value:.0%}"
    number = f"{value:{'+' if unit in _SIGNED else ''}.{_PLACES.get(unit, 0)}f}"
    return t(f"measure.{unit}", number=number)


def _definition(feature: Feature) -> str:
    """Return what exactly is counted; the register of definitions itself is in English."""
    if language() != "zh":
        return feature.definition.replace("`", "")
    name, parties = feature.name, {"who": "", "other": ""}
    for who, other in (("agent", "caller"), ("caller", "agent")):
        # what both parties have is defined once
        if name.startswith(f"{who}_") and f"{other}_{name.removeprefix(f'{who}_')}" in FEATURES:
            name = "each_" + name.removeprefix(f"{who}_")
            parties = {"who": t(f"role.{who}"), "other": t(f"role.{other}")}
    return DEFINED[name].format(**parties) if name in DEFINED else feature.definition


def _because(reason: str) -> str:
    return BECAUSE.get(reason, reason) if language() == "zh" else reason


#: The plot of feelings, in its own units; polarity runs from 1 at the top to -1.
PLOT_WIDTH, PLOT_HEIGHT = 240, 72
_MARGIN = 8


@dataclass(frozen=True, slots=True)
class FeelingLine:
    """How one party felt in the quarters of a call: dots (x, y, quarter, value) and the lines between."""

    role: Role
    dots: tuple[tuple[float, float, int, float], ...]
    lines: tuple[str, ...]


def feelings(metrics: CallMetrics | None) -> tuple[FeelingLine, ...]:
    """Return the plot of how the parties felt; without lines where nothing is known."""
    if metrics is None:
        return ()
    found = []
    for role in (Role.CALLER, Role.AGENT):
        values = [metrics.values.get(f"{role}_sentiment_quarter_{quarter}") for quarter in (1, 2, 3, 4)]
        dots = [_dot(quarter, value) for quarter, value in enumerate(values, 1) if value is not None]
        if dots:
            found.append(FeelingLine(role, tuple(dots), tuple(_lines(dots))))
    return tuple(found)


def _dot(quarter: int, value: float) -> tuple[float, float, int, float]:
    x = PLOT_WIDTH * (quarter - 0.5) / 4
    y = _MARGIN + (PLOT_HEIGHT - 2 * _MARGIN) * (1 - min(max(value, -1.0), 1.0)) / 2
    return round(x, 1), round(y, 1), quarter, value


def _lines(dots: list[tuple[float, float, int, float]]) -> Iterator[str]:
    """Yield the points of a polyline for each run of quarters without a gap."""
    for _, run in groupby(enumerate(dots), key=lambda each: each[1][2] - each[0]):
        yield " ".join(f"{x:g},{y:g}" for _, (x, y, _, _) in run)
