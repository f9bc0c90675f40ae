"""Page: a new sample, by the fields of a plan's file; tried first, if one likes, and drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from pydantic import ValidationError
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from analytics.sampling.drawing import RANDOM, RISK, draw
from analytics.sampling.frame import candidates
from analytics.sampling.plan import STRATA, SamplingPlan
from calls.errors import SampleError
from calls.records import SamplePlan, new_id
from console.access import allow, note
from console.clock import the_time
from console.desk import the_desk
from console.language import t
from console.rights import Right
from console.texts import TEXTS

blueprint = Blueprint("drawing", __name__)

#: Fields of the frame that hold several names, with commas between them.
LISTS = ("queues", "agents", "teams")
_PLAIN = ("name", "budget", "seed", "minimum_per_agent", "allocation")
#: Strata of a preview that are shown at most.
STRATA_SHOWN = 40


class FieldError(ValueError):
    """A field of the form is wrong: which, and what is the matter with it in words."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(problem)
        self.field = field
        self.problem = problem


@blueprint.get("/plans/new")
@allow(Right.ASSIGN)
def form() -> str:
    """Show the form, filled in for the days since the last sample's, or an empty one."""
    today = the_time().astimezone().date()
    preset = {
        "name": f"{today:%G-W%V}",
        "budget": "50",
        "risk_share": "60",
        "seed": f"{today:%Y%m%d}",
        "zone": "Asia/Shanghai",
        "longer_than_seconds": "30",
        "not_yet_reviewed": "yes",
        "minimum_per_agent": "0",
        "allocation": "proportional",
        "plan_id": new_id(),
    }
    return _page(MultiDict(preset))


@blueprint.post("/plans/new")
@allow(Right.ASSIGN)
def make() -> Response | tuple[str, int]:
    """Draw the sample, or only show what would be drawn. A form that comes twice draws once."""
    sent = request.form
    try:
        wanted = plan_from(sent)
    except FieldError as problem:
        words = t("draw.field", field=t(f"draw.{problem.field}"), problem=problem.problem)
        return _page(sent, problem=words, field=problem.field), 400
    store = the_desk().store
    try:
        made, draws = draw(candidates(store, wanted.frame), wanted)
    except SampleError as error:
        return _page(sent, problem=t("draw.failed", problem=str(error))), 400
    if sent.get("action") == "preview":
        return _page(sent, preview=made), 200
    plan_id = sent.get("plan_id", "")
    if len(plan_id) == 32 and plan_id.isalnum() and plan_id.isascii():
        made = replace(made, id=plan_id)
        # ids that follow from the plan's: the second of two equal forms stores nothing
        draws = [replace(each, id=f"{plan_id}-{each.position}", plan_id=plan_id) for each in draws]
        if not store.find(SamplePlan, id=plan_id):
            store.ensure(made, *draws)
    else:
        store.add(made, *draws)
    note("plan.draw", subject=made.id, calls=len(draws), frame=made.frame_size)
    return redirect(url_for("plans.plan", plan_id=made.id), 303)


def plan_from(sent: Mapping[str, str]) -> SamplingPlan:
    """Return the plan that a form asks for.

    Parameters
    ----------
    sent : mapping of str to str
        The fields of :class:`analytics.sampling.plan.SamplingPlan` and of its frame; ``risk_share`` in per
        cent, lists with commas between their entries.

    Raises
    ------
    FieldError
        A field is wrong.
    """
    fields: dict[str, Any] = {name: sent[name].strip() for name in _PLAIN if sent.get(name, "").strip()}
    if text := sent.get("risk_share", "").strip():
        try:
            fields["risk_share"] = float(text) / 100
        except ValueError:
            raise FieldError("risk_share", t("draw.problem.number")) from None
    fields["strata"] = tuple(sent.getlist("strata")) if isinstance(sent, MultiDict) else ()
    frame: dict[str, Any] = {
        name: tuple(each.strip() for each in sent.get(name, "").replace("，", ",").split(",") if each.strip())
        for name in LISTS
    }
    for name in ("first", "last", "zone", "longer_than_seconds"):
        if sent.get(name, "").strip():
            frame[name] = sent[name].strip()
    frame |= {name: sent.get(name) == "yes" for name in ("not_yet_reviewed", "answered_by_agent")}
    try:
        return SamplingPlan.model_validate({**fields, "frame": frame})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = [str(part) for part in first["loc"] if isinstance(part, str)]
        name = place[-1] if place and f"draw.{place[-1]}" in TEXTS else "frame"
        raise FieldError(name, _words(first)) from None


def _words(fault: Any) -> str:
    context = fault.get("ctx", {})
    match fault["type"]:
        case "missing":
            return t("draw.problem.missing")
        case "greater_than_equal":
            return t("draw.problem.small", limit=context["ge"])
        case "less_than_equal":
            return t("draw.problem.large", limit=context["le"])
        case "int_parsing" | "float_parsing" | "int_from_float":
            return t("draw.problem.number")
        case kind if kind.startswith("date"):
            return t("draw.problem.date")
    return str(context.get("error", fault["msg"]))


def _page(
    sent: MultiDict[str, str], *, problem: str = "", field: str = "", preview: SamplePlan | None = None
) -> str:
    strata = list(preview.frame["strata"].items()) if preview else []
    return render_template(
        "draw.html",
        sent=sent,
        problem=problem,
        field=field,
        all_strata=STRATA,
        preview=preview,
        strata=strata[:STRATA_SHOWN],
        left_out=max(len(strata) - STRATA_SHOWN, 0),
        risk=preview.frame[RISK] if preview else 0,
        random=preview.frame[RANDOM] if preview else 0,
    )
