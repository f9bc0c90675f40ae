"""Pages: the samples, how far each is, who has which of its calls, and what its verdicts say of all calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, get_args

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from analytics.sampling.report import By, Line, ReviewedSample, load_sample, quality
from analytics.sampling.yields import Yield, yields
from calls.errors import SampleError
from calls.records import Agent, Call, SamplePlan
from console.access import allow, note, the_user
from console.clock import the_time
from console.desk import the_desk
from console.language import t
from console.names import group_names, user_names
from console.retrieval.listing import rows
from console.rights import Right
from console.work.assignments import STATES, Place, assign, give, inspectors, places, postpone, recall

blueprint = Blueprint("plans", __name__)

#: Plans on the page, and calls of one plan; the rest is counted.
PLANS_SHOWN = 20
CALLS_SHOWN = 300


@dataclass(frozen=True, slots=True)
class Progress:
    """How far something is: calls in it, given to somebody, begun, done, and late."""

    calls: int
    given: int
    begun: int
    done: int
    overdue: int


def progress(found: Sequence[Place], now: datetime) -> Progress:
    """Count how far drawn calls are."""
    states = Counter(place.state for place in found)
    return Progress(
        len(found),
        sum(place.assignment is not None for place in found),
        states["draft"],
        states["done"],
        sum(place.overdue(now) for place in found),
    )


@blueprint.get("/plans")
@allow(Right.ASSIGN)
def listing() -> str:
    """Show the samples, the latest first."""
    store, now = the_desk().store, the_time()
    plans = store.find(SamplePlan, order_by=("-created_at", "-id"), limit=PLANS_SHOWN)
    return render_template(
        "plans.html",
        plans=[(plan, progress(places(store, plan.id), now)) for plan in plans],
        left_out=max(store.count(SamplePlan) - PLANS_SHOWN, 0),
    )


@blueprint.get("/plans/<plan_id>")
@allow(Right.ASSIGN)
def plan(plan_id: str) -> str:
    """Show one sample: its inspectors, its calls, and what is estimated from it."""
    return _page(_known(plan_id))


@blueprint.post("/plans/<plan_id>/assign")
@allow(Right.ASSIGN)
def deal_out(plan_id: str) -> Response | tuple[str, int]:
    """Deal out calls that nobody has yet."""
    found, store, now = _known(plan_id), the_desk().store, the_time()
    try:
        shares = _shares(request.form.getlist("inspector"))
        most = _whole(request.form.get("count", ""))
        due = _due(request.form.get("due", ""))
    except ValueError as problem:
        return _page(found, problem=str(problem)), 400
    queue, team = request.form.get("queue", ""), request.form.get("team", "")
    waiting = [place.draw.call_id for place in places(store, found.id) if place.state == "unassigned"]
    calls = _only(waiting, queue, team)[: most or None]
    given = assign(store, found.id, calls, shares, by=the_user().id, due=due, now=now)
    note("plan.assign", subject=found.id, calls=given.total(), inspectors=len(given))
    if not given:
        return redirect(url_for("plans.plan", plan_id=found.id, told="plan.assigned.none"), 303)
    known = user_names(store)
    who = "、".join(f"{known.get(each, each)} {count}" for each, count in given.items())
    return _page(found, told=t("plan.assigned", count=given.total(), who=who)), 200


@blueprint.post("/plans/<plan_id>/change")
@allow(Right.ASSIGN)
def change(plan_id: str) -> Response | tuple[str, int]:
    """Give chosen calls to another inspector, take them back, or set until when they are to be done."""
    found, store, now = _known(plan_id), the_desk().store, the_time()
    chosen = set(request.form.getlist("call"))
    action = request.form.get("action", "")
    if not chosen:
        return _page(found, problem=t("plan.choose-calls")), 400
    marked = [place for place in places(store, found.id) if place.draw.call_id in chosen]
    held = [place for place in marked if place.assignment is not None and place.state != "done"]
    to = request.form.get("to", "")
    if action == "give" and to not in {each.id for each in inspectors(store)}:
        return _page(found, problem=t("plan.choose-people"), chosen=chosen), 400
    try:
        due = _due(request.form.get("due", ""))
    except ValueError as problem:
        return _page(found, problem=str(problem), chosen=chosen), 400
    begun = [place for place in held if place.state == "draft"]
    if action != "due" and begun and request.form.get("sure") != "yes":
        known = user_names(store)
        people = sorted({place.assignment.inspector for place in begun if place.assignment})
        who = "、".join(known.get(each, each) for each in people)
        words = t("plan.being-worked", who=who, count=len(begun))
        return _page(found, problem=words, chosen=chosen, sure=(action, to)), 409
    by, done = the_user().id, 0
    for place in held:
        given = place.assignment
        assert given is not None
        if action == "give":
            done += give(store, given, to, by=by, due=due, now=now)
        elif action == "recall":
            done += recall(store, given)
        elif action == "due":
            done += postpone(store, given, due)
        else:
            abort(400)
    if action == "give":
        fresh = [place.draw.call_id for place in marked if place.state == "unassigned"]
        done += assign(store, found.id, fresh, {to: 1.0}, by=by, due=due, now=now).total()
    note(f"plan.{action}", subject=found.id, calls=done, to=to if action == "give" else "")
    words = t("plan.changed", count=done)
    missed = len(marked) - done
    return _page(found, told=f"{words} {t('plan.changed.late', count=missed)}" if missed else words), 200


def _page(found: SamplePlan, **more: Any) -> str:
    store, now = the_desk().store, the_time()
    every = places(store, found.id)
    sample = load_sample(store, found.id)
    by = request.args.get("by", "")
    if by and by not in get_args(By):
        abort(400, description=t("fault.filter", field=t("plan.by"), value=by))
    person, state = request.args.get("inspector", ""), request.args.get("state", "")
    chosen = [
        place
        for place in every
        if (not state or place.state == state)
        and (not person or (place.assignment is not None and place.assignment.inspector == person))
    ]
    calls = store.find(Call, id=[place.draw.call_id for place in chosen[:CALLS_SHOWN]])
    by_id = {row.call.id: row for row in rows(store, calls)}
    people: dict[str, list[Place]] = {}
    for place in every:
        if place.assignment is not None:
            people.setdefault(place.assignment.inspector, []).append(place)
    told = request.args.get("told", "")
    estimates = _estimates(sample, by)
    return render_template(
        "plan.html",
        plan=found,
        all=progress(every, now),
        people=sorted((each, progress(held, now)) for each, held in people.items()),
        lines=[(p, by_id[p.draw.call_id]) for p in chosen[:CALLS_SHOWN] if p.draw.call_id in by_id],
        matching=len(chosen),
        states=STATES,
        now=now,
        inspectors=inspectors(store),
        names=user_names(store),
        queues=sorted({each.queue_id for each in _calls(every) if each.queue_id}),
        teams=sorted({each.team for each in store.find(Agent) if each.team}),
        estimates=estimates,
        groups=group_names(store, by, {line.group for line in estimates}),
        by=by,
        yields=_yields(sample),
        **{
            "problem": "",
            "told": t(told) if told == "plan.assigned.none" else "",
            "chosen": set(),
            "sure": None,
            **more,
        },
    )


def _calls(found: Sequence[Place]) -> list[Call]:
    return the_desk().store.find(Call, id=[place.draw.call_id for place in found])


def _only(calls: list[str], queue: str, team: str) -> list[str]:
    """Return those of the calls that came through a queue and were an agent's of a team."""
    if not queue and not team:
        return calls
    store = the_desk().store
    agents = {each.id for each in store.find(Agent, team=team)} if team else set()
    passing = {
        call.id
        for call in store.find(Call, id=calls)
        if (not queue or call.queue_id == queue) and (not team or call.agent_id in agents)
    }
    return [each for each in calls if each in passing]


def _estimates(sample: ReviewedSample, by: str) -> list[Line]:
    """Return what the sample says of all calls; nothing where its plan does not tell the strata."""
    if "strata" not in sample.plan.frame:
        return []
    return quality(the_desk().store, sample, by or None)  # type: ignore[arg-type]


def _yields(sample: ReviewedSample) -> list[Yield]:
    """Return what the risk order is worth; nothing where the sample is too small or too old to tell."""
    if "shares" not in sample.plan.frame:
        return []
    try:
        return yields(sample.plan, sample.draws, sample.verdicts)
    except SampleError:
        return []


def _shares(chosen: list[str]) -> dict[str, float]:
    """Return the share of each chosen inspector: even, or the per cents that are filled in, 100 in all."""
    known = {each.id for each in inspectors(the_desk().store)}
    people = [each for each in dict.fromkeys(chosen) if each in known]
    if not people:
        raise ValueError(t("plan.choose-people"))
    filled = {each: _number(request.form.get(f"share.{each}", "")) for each in people}
    if all(share is None for share in filled.values()):
        return dict.fromkeys(people, 1.0)
    total = sum(share or 0.0 for share in filled.values())
    if abs(total - 100) > 0.01 or not all(filled.values()):
        raise ValueError(t("plan.shares-sum", sum=f"{total:g}"))
    return {each: share or 0.0 for each, share in filled.items()}


def _number(text: str) -> float | None:
    if not text.strip():
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 <= value <= 1e6:
        raise ValueError(t("plan.number", value=text))
    return value


def _whole(text: str) -> int:
    return int(_number(text) or 0)


def _due(text: str) -> datetime | None:
    """Return the end of a day of this machine's zone."""
    if not text:
        return None
    try:
        return datetime.combine(datetime.fromisoformat(text).date(), time(23, 59, 59)).astimezone()
    except ValueError:
        raise ValueError(t("plan.date", value=text)) from None


def _known(plan_id: str) -> SamplePlan:
    found = the_desk().store.find(SamplePlan, id=plan_id)
    if not found:
        abort(404, description=t("fault.no-plan", id=plan_id))
    return found[0]
