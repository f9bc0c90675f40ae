"""Pages of figures: the days, quality from samples, people, menus, new words, and one agent's file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from flask import Blueprint, abort, current_app, render_template, request
from markupsafe import Markup

from analytics.kpi.definitions import KPIS, Kpi
from analytics.kpi.report import NOBODY, KpiLine, KpiReport, kpi_report
from analytics.labels import SEVERITIES
from analytics.overview.agentfile import agent_file
from analytics.overview.days import Day, days
from analytics.overview.funnel import OUT, WATCH, Funnel
from analytics.overview.hotlist import HotList, hot_list
from analytics.overview.samples import Estimated, funnel, latest_samples, over_time
from analytics.themes.builtin import builtin_model
from calls.records import Agent, Outcome
from calls.store import Store
from console.access import allow, the_user, visible
from console.desk import the_desk
from console.figures import percent
from console.language import language, t
from console.names import group_names
from console.overview.memory import Memory
from console.overview.period import ZONE, Period, asked_period
from console.plot import Band, Bar, Line, Mark, Stack, bar_plot, column_plot, funnel_plot, line_plot
from console.rights import Right, Scope, scope_of
from console.texts import known_text, label_text

blueprint = Blueprint("dashboards", __name__)

#: Topics that are drawn one by one.
TOPICS_DRAWN = 5
#: Nodes of menus that are drawn.
NODES_DRAWN = 15
#: Weeks of an agent's file.
FILE_WEEKS = 13

By = Literal["team", "agent", "queue"]
MEASURES = ("mean_score", "complaint_rate", "fatal_rate")


@blueprint.get("/figures")
@allow(Right.FIGURES)
def overview() -> str:
    """Show the days: volume, complaints, topics, and the key figures of the queues."""
    store = the_desk().store
    period = asked_period(store)
    found = _days(store, period)
    report = _kpis(store, period, "centre" if _whole_centre() else "team")
    return render_template(
        "figures.html",
        period=period,
        plots_shown=[_volume(found), _complaints(found), _topics(found)],
        calls=sum(day.calls for day in found),
        judged=sum(day.judged for day in found),
        complaints=sum(day.complaints for day in found),
        line=next(iter(_own_lines(report)), None),
        kpis=KPIS,
        kpi_title=lambda kpi: _kpi_title(kpi, report.within),
        days=found,
    )


def _kpi_title(kpi: Kpi, within: float) -> str:
    """Return what a figure is called, with the seconds that were promised in place of *t*."""
    if language() == "zh":
        return kpi.zh.replace("t 秒", f"{within:g} 秒")
    return kpi.en.replace("within t ", f"within {within:g} s ")


@blueprint.get("/figures/quality")
@allow(Right.FIGURES)
def quality() -> str:
    """Show what the samples say of all calls, and groups against chance."""
    store = the_desk().store
    period = asked_period(store, 92)
    by: By = _choice("by", ("agent", "team", "queue"))
    measure = _choice("measure", MEASURES)
    samples = [each for each in latest_samples(store) if period.first <= each.plan.created_at.date()]
    samples = [each for each in samples if each.plan.created_at.date() <= period.last + timedelta(days=1)]
    estimates = {each: over_time(store, samples, each) for each in MEASURES} if _whole_centre() else {}
    groups = funnel(store, samples, measure, by)
    shown = _in_scope(store, groups, by)
    names = group_names(store, by, [point.group for point in shown.points])
    return render_template(
        "figures_quality.html",
        period=period,
        by=by,
        measure=measure,
        measures=MEASURES,
        estimates=[(each, _estimate_plot(each, estimates[each]), estimates[each]) for each in estimates],
        funnel=_funnel_plot(shown, measure, names) if shown.points else None,
        points=shown.points,
        centre=groups.centre,
        names=names,
        rate=measure != "mean_score",
    )


@blueprint.get("/figures/people")
@allow(Right.FIGURES)
def people() -> str:
    """Show the key figures of teams, of the agents of one team, or of queues; the tail stands out."""
    store = the_desk().store
    period = asked_period(store)
    team = request.args.get("team", "")
    by: By = "agent" if team else _choice("by", ("team", "agent", "queue"))
    if not _whole_centre():
        team = the_user().team
        by = "agent" if by == "team" else by
    members = {each.id for each in store.find(Agent, team=team)} if team else None
    report = _kpis(store, period, by)
    lines = [
        line
        for line in report.lines
        if line.group != NOBODY and (members is None or by == "queue" or line.group in members)
    ]
    samples = latest_samples(store)
    scores = {point.group: point for point in funnel(store, samples, "mean_score", by).points}
    if not _whole_centre() and by == "queue":
        lines, scores = [], {}  # a queue's figures are those of all teams
    return render_template(
        "figures_people.html",
        period=period,
        by=by,
        team=team,
        lines=lines,
        scores=scores,
        names=group_names(store, by, [line.group for line in lines]),
        whole=_whole_centre(),
        kpis=[each for each in KPIS if each.name in _SHOWN],
    )


_SHOWN = (
    "answered",
    "average_talk",
    "average_hold",
    "average_wrap_up",
    "average_handle_time",
    "transfer_rate",
)


@blueprint.get("/figures/menus")
@allow(Right.FIGURES, sees=Scope.ALL)
def menus() -> str:
    """Show how far the menus serve callers by themselves, and where callers give up in them."""
    store = the_desk().store
    period = asked_period(store)
    found = _kpis(store, period, "centre").menus
    lost = [node for node in found.nodes if node.dropped][:NODES_DRAWN]
    bars = [
        Bar(
            f"{node.flow} · {node.node}",
            float(node.dropped),
            f"/ {node.visits} ({percent(node.rate)})",
            flagged=node.visits >= 20 and node.rate >= 0.1,
        )
        for node in lost
    ]
    plot = bar_plot(t("figures.dropped"), bars) if bars else None
    return render_template("figures_menus.html", period=period, menus=found, plot=plot)


@blueprint.get("/figures/words")
@allow(Right.FIGURES)
def words() -> str:
    """Show the hot words and new themes of the week against the four before."""
    store = the_desk().store
    period = asked_period(store, 7)
    where = visible(store)
    key = ("words", period.last, repr(where))
    found: HotList = _memory("words", 900.0).get(
        key, lambda: hot_list(store, period.last, ZONE, where, builtin_model())
    )
    bars = [
        Bar(each.term, each.lift_low, t("figures.calls-before", calls=each.calls, before=each.calls_before))
        for each in found.discovery.terms
    ]
    plot = bar_plot(t("figures.words"), bars, shown="≥ ×{:.1f}".format) if bars else None
    return render_template("figures_words.html", period=period, found=found, plot=plot)


@blueprint.get("/agents/<agent_id>/file")
@allow(Right.FIGURES, Right.RESULTS)
def personal(agent_id: str) -> str:
    """Show the quality file of an agent, to those who see the agent's calls."""
    store = the_desk().store
    where = visible(store).get("agent_id")
    known = {agent_id} if where is None else set(where)
    if agent_id not in known or not (store.find(Agent, id=agent_id) or where is not None):
        abort(404, description=t("fault.no-agent", id=agent_id))
    period = asked_period(store)
    found = agent_file(store, agent_id, period.last, FILE_WEEKS, ZONE)
    labels = [f"{week.monday:%m-%d}" for week in found.weeks]
    scores = line_plot(
        t("figures.score-by-week"),
        labels,
        [Line(t("measure.mean_score"), [week.score for week in found.weeks], 0, dots=True)],
        low=None,
        high=100.0,
    )
    handled = line_plot(
        t("figures.handle-by-week"),
        labels,
        [Line("AHT", [week.figures["average_handle_time"] for week in found.weeks], 1, dots=True)],
    )
    return render_template(
        "agent_file.html",
        file=found,
        plots_drawn=[(t("figures.score-by-week"), scores), (t("figures.handle-by-week"), handled)],
    )


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot, its heading, what its colours mean, and the same as a table."""

    heading: str
    svg: Markup
    legend: tuple[tuple[str, int], ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def _volume(found: Sequence[Day]) -> Plot:
    known = [str(each) for each in Outcome] + ["running"]
    stacks = [
        Stack(
            known_text(f"outcome.{each}", language(), t("call.running")),
            [day.outcomes[each] for day in found],
            tint,
        )
        for tint, each in enumerate(known)
        if any(day.outcomes[each] for day in found)
    ]
    return _columns(t("figures.volume"), found, stacks)


def _complaints(found: Sequence[Day]) -> Plot:
    stacks = [
        Stack(label_text("complaint", each, language()), [day.severities[each] for day in found], tint)
        for each, tint in zip(SEVERITIES, (2, 3, 4), strict=True)
    ]
    return _columns(t("figures.complaints"), found, stacks)


def _columns(heading: str, found: Sequence[Day], stacks: Sequence[Stack]) -> Plot:
    labels = [f"{day.day:%m-%d}" for day in found]
    return Plot(
        heading,
        column_plot(heading, labels, stacks),
        tuple((stack.name, stack.tint) for stack in stacks),
        tuple(stack.name for stack in stacks),
        tuple((label, *(f"{stack.values[at]:g}" for stack in stacks)) for at, label in enumerate(labels)),
    )


def _topics(found: Sequence[Day]) -> Plot:
    """Return the share of calls with each of the commonest topics, as seen by the end of each day."""
    whole: Counter[str] = Counter()
    for day in found:
        whole.update(day.topics)
    names = [topic for topic, _ in whole.most_common(TOPICS_DRAWN)]
    labels = [f"{day.day:%m-%d}" for day in found]
    lines = [
        Line(label_text("topic", topic, language()), _shares(found, topic), tint)
        for tint, topic in enumerate(names)
    ]
    heading = t("figures.topics")
    return Plot(
        heading,
        line_plot(heading, labels, lines, shown=percent),
        tuple((line.name, line.tint) for line in lines),
        tuple(line.name for line in lines),
        tuple(
            (label, *("–" if (value := line.values[at]) is None else percent(value) for line in lines))
            for at, label in enumerate(labels)
        ),
    )


def _shares(found: Sequence[Day], topic: str) -> list[float | None]:
    """Return the share of a topic in the judged calls of the seven days up to each; single days are noise."""
    shares: list[float | None] = []
    for at in range(len(found)):
        week = found[max(at - 6, 0) : at + 1]
        judged = sum(day.judged for day in week)
        shares.append(sum(day.topics[topic] for day in week) / judged if judged else None)
    return shares


def _estimate_plot(measure: str, estimates: Sequence[Estimated]) -> Markup | None:
    there = [each for each in estimates if each.estimate is not None]
    if not there:
        return None
    rate = measure != "mean_score"
    values = [each.estimate.value if each.estimate else None for each in there]
    bounds: list[tuple[float, float] | None] = [
        _bounds(each.estimate.low, each.estimate.high, 1.0 if rate else 100.0) if each.estimate else None
        for each in there
    ]
    return line_plot(
        t(f"measure.{measure}"),
        [f"{each.day:%m-%d}" for each in there],
        [Line(t(f"measure.{measure}"), values, 0, dots=True)],
        [Band(bounds, 0)],
        shown=percent if rate else "{:.0f}".format,
        low=0.0 if rate else None,
        high=None if rate else 100.0,
    )


def _bounds(low: float, high: float, most: float) -> tuple[float, float]:
    # an interval that nothing bounds is as wide as what is possible
    return max(low, 0.0) if low == low else 0.0, min(high, most) if high == high else most


def _funnel_plot(found: Funnel, measure: str, names: dict[str, str]) -> Markup:
    rate = measure != "mean_score"
    return funnel_plot(
        t(f"measure.{measure}"),
        [Mark(names[each.group], each.size, each.value, each.flag) for each in found.points],
        found.centre,
        found.limits,
        (WATCH, OUT),
        bounds=(0.0, 1.0) if rate else (0.0, 100.0),
        size_label=t("figures.effective"),
        shown=percent if rate else "{:.0f}".format,
    )


def _in_scope(store: Store, found: Funnel, by: By) -> Funnel:
    """Return the funnel with the groups that the present user sees; the limits stay those of all."""
    if _whole_centre():
        return found
    seen = {"agent": set(visible(store)["agent_id"]), "team": {the_user().team}, "queue": set[str]()}[by]
    return Funnel(found.centre, tuple(each for each in found.points if each.group in seen), found.limits)


def _days(store: Store, period: Period) -> list[Day]:
    where = visible(store)
    key = ("days", period, repr(where))
    return _memory().get(key, lambda: days(store, period.first, period.last, ZONE, where))


def _kpis(store: Store, period: Period, by: str) -> KpiReport:
    key = ("kpi", period, by)
    return _memory().get(key, lambda: kpi_report(store, period.first, period.last, by=by, zone=ZONE))


def _own_lines(report: KpiReport) -> list[KpiLine]:
    if _whole_centre():
        return list(report.lines)
    return [line for line in report.lines if line.group == the_user().team]


def _whole_centre() -> bool:
    return scope_of(the_user().role) is Scope.ALL


def _choice(field: str, known: tuple[Any, ...]) -> Any:
    value = request.args.get(field) or known[0]
    if value not in known:
        abort(400, description=t("fault.filter", field=field, value=value))
    return value


def _memory(kind: str = "figures", seconds: float = 60.0) -> Memory:
    memory: Memory = current_app.extensions.setdefault(f"memory-{kind}", Memory(seconds))
    return memory
