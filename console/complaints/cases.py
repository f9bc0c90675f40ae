"""Pages of complaint cases: the list, one case with its steps, the figures of a month, and its file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, stream_with_context, url_for
from werkzeug.utils import redirect
from werkzeug.wrappers import Response as Answer

from analytics.labels import SEVERITIES
from analytics.webhooks.messages import active_hooks, case_messages
from calls.people import User
from calls.records import Call, Case, Review
from calls.reviewing import CaseStep, is_rating
from calls.store import Span
from console.access import allow, entry, note, the_user, visible
from console.clock import the_time
from console.complaints.case import (
    DEPARTMENT_LIMIT,
    Action,
    Wish,
    expected,
    late_by,
    opened,
    possible,
    shift_of,
    take,
)
from console.complaints.casefigures import Group, month_figures
from console.complaints.casefile import (
    CHOICES,
    MOST,
    CaseFilter,
    calls_of,
    departments,
    guess_of,
    list_cases,
    open_case,
    owners_of,
    steps_of,
    version_of,
)
from console.complaints.casesheet import COLUMNS, sheet
from console.desk import the_desk
from console.language import language, t
from console.plot import Bar, bar_plot
from console.rights import Right
from console.texts import TEXTS, known_text, label_text
from console.verdicts.steps import TEXT_LIMIT, StepRefused
from console.verdicts.stepwords import duration_words
from console.verdicts.terms import the_terms
from console.wording.cases import CAUSES, RESPONSIBLE

blueprint = Blueprint("cases", __name__)

#: Cases of a month that are counted and exported at most; more are said.
MOST_OF_A_MONTH = 20_000


@blueprint.get("/cases")
@allow(Right.CASES)
def listing() -> str:
    """Show the cases that match, what is longest overdue first."""
    wanted = _filter()
    store, page = the_desk().store, _page_number()
    found = list_cases(store, wanted, page, seen=visible(store), now=the_time())
    if page > found.pages:
        abort(404, description=t("fault.no-page", page=page, pages=found.pages))
    return render_template(
        "cases.html",
        listing=found,
        wanted=wanted,
        states=list(CHOICES),
        levels=SEVERITIES,
        causes=CAUSES,
        departments=departments(store),
        most=MOST,
        cause_words=cause_words,
        department_words=department_words,
    )


@blueprint.get("/cases/<case_id>")
@allow(Right.CASES)
def case(case_id: str) -> str:
    """Show one case."""
    return _page(*_known(case_id))


@blueprint.post("/cases/<case_id>/steps")
@allow(Right.CASES)
def step(case_id: str) -> Answer | tuple[str, int]:
    """Take a step, unless somebody changed the case meanwhile or it is not for this person to take."""
    before, call = _known(case_id)
    store, form = the_desk().store, request.form
    try:
        wish = _wish()
        # what the form showed is what was meant; a note is in nobody's way
        version = version_of(steps_of(store, [before]))
        if wish.action is not Action.NOTE and form.get("version", version) != version:
            raise StepRefused("case.changed", 409)
        move = take(before, wish, the_user(), at=the_time(), terms=the_terms(), causes=CAUSES)
        owner = wish.owner
        if owner is not None and owner.id != the_user().id and owner not in owners_of(store, call):
            raise StepRefused("case.needs-owner", field="owner")
        noted = entry(f"case.{wish.action}", subject=case_id, call_id=call.id)
        if not store.change(move.case, move.step, noted, **expected(before)):
            raise StepRefused("case.changed", 409)
    except StepRefused as problem:
        return _page(*_known(case_id), problem), problem.status
    return redirect(url_for("cases.case", case_id=case_id, done=str(wish.action)), 303)


@blueprint.get("/cases/statistics")
@allow(Right.CASES)
def statistics() -> str:
    """Show what became of the cases of a month, by cause and by department."""
    month, first, end = _month()
    cases, _, left_out = _cases_of(first, end)
    steps = steps_of(the_desk().store, cases, Action.REOPEN)
    figures = month_figures(cases, steps, the_time())
    return render_template(
        "casefigures.html",
        figures=figures,
        left_out=left_out,
        month=month,
        months=(_month_of(first - timedelta(days=1)), _month_of(end)),
        plots={
            "cause": _plot(t("case.by-cause"), figures.causes, cause_words),
            "department": _plot(t("case.by-department"), figures.departments, department_words),
        },
        cause_words=cause_words,
        department_words=department_words,
    )


@blueprint.get("/cases/export.csv")
@allow(Right.EXPORT)
def export() -> Response:
    """Send the cases of a month as a file for a spreadsheet, without personal data."""
    month, first, end = _month()
    cases, calls, left_out = _cases_of(first, end)
    steps = steps_of(the_desk().store, cases, Action.REOPEN)
    headings = [t(f"case.column.{name}") for name in COLUMNS]
    # before it begins, as each export is
    note("case.export", subject=month, rows=len(cases), left_out=left_out)
    lines = sheet(cases, calls, steps, words=_cell_words, headings=headings)
    more = [t("case.figures.left-out", count=left_out).encode()] if left_out else []
    response = Response(stream_with_context(chain(lines, more)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f"attachment; filename=cases-{month}.csv"
    return response


def opened_by(review: Review, now: datetime) -> list[Any]:
    """Return what a verdict opens: a case with its first steps, and the entry in the audit log.

    Parameters
    ----------
    review : Review
        The verdict; nothing is opened unless it finds a complaint, nor by a rating for comparison.
    now : datetime
        When. The deadline counts from here.

    Returns
    -------
    list
        Records to store in the transaction of the review; empty where the call has a case already. Their
        ids follow from the call's, so that two verdicts at once open one case.
    """
    store = the_desk().store
    if review.complaint is not True or is_rating(review) or store.count(Case, call_id=review.call_id):
        return []
    call = store.get(Call, review.call_id)
    cause, responsible = guess_of(store, call.id)
    level = review.severity if review.severity in SEVERITIES else SEVERITIES[0]
    made, steps = opened(
        call,
        level,
        review.reviewer,
        at=now,
        terms=the_terms(),
        cause=cause if cause in CAUSES else "",
        department=responsible,
    )
    noted = replace(entry("case.open", subject=made.id, call_id=call.id), id=made.id)
    return [made, *steps, noted, *case_messages(active_hooks(store), call, made, now)]


def cause_words(cause: str) -> str:
    """Return the words for a cause."""
    return known_text(f"cause.{cause}", language(), cause) if cause else t("case.unknown")


def department_words(department: str) -> str:
    """Return the words for a department: one that the machine knows in the page's language, else its name."""
    if not department:
        return t("case.unknown")
    return known_text(f"responsible.{department}", language(), department)


def _department_key(typed: str) -> str:
    """Return the machine's label for a department where its words, in any language, were typed."""
    name = " ".join(typed.split())
    for label in RESPONSIBLE:
        if name in TEXTS[f"responsible.{label}"]:
            return label
    return name


def _cell_words(column: str, value: str) -> str:
    match column:
        case "level":
            return label_text("complaint", value, language())
        case "cause":
            return cause_words(value)
        case "department":
            return department_words(value)
        case "owner":
            return value
        case _:
            return t(f"case.{column}.{value}")


def _plot(title: str, groups: Sequence[Group], words: Any) -> Any:
    bars = []
    for group in groups:
        share = group.share_in_time
        said = "" if share is None else t("case.plot-note", share=f"{share:.0%}")
        bars.append(Bar(words(group.key), group.opened, said))
    return bar_plot(title, bars)


def _wish() -> Wish:
    form = request.form
    value = form.get("action", "")
    if value not in list(Action) or value in (Action.OPEN, Action.GUESS):
        raise StepRefused("step.unknown", field="action", value=value)
    owner = the_user() if form.get("mine") else None
    if owner is None and value == Action.OWNER:
        owner = next(iter(the_desk().store.find(User, id=form.get("owner", ""))), None)
    return Wish(
        action=Action(value),
        text=form.get("text", ""),
        owner=owner,
        level=form.get("level", ""),
        deadline=_local_time(form.get("deadline", "")),
        cause=form.get("cause", ""),
        department=_department_key(form.get("department", "")),
    )


def _local_time(value: str) -> datetime | None:
    """Return a time that was typed in this machine's zone."""
    try:
        return datetime.fromisoformat(value).replace(tzinfo=None).astimezone()
    except (ValueError, OverflowError):
        return None


def _page(found: Case, call: Call, problem: StepRefused | None = None) -> str:
    store, now = the_desk().store, the_time()
    return render_template(
        "case.html",
        file=open_case(store, found, call, the_user()),
        late=late_by(found, now),
        now=now,
        actions=possible(found, the_user()),
        owners=owners_of(store, call),
        levels=SEVERITIES,
        causes=CAUSES,
        departments=[t(f"responsible.{each}") for each in RESPONSIBLE],
        problem=problem,
        typed=request.form if problem else {},
        limit=TEXT_LIMIT,
        department_limit=DEPARTMENT_LIMIT,
        shift_words=_shift_words,
        cause_words=cause_words,
        department_words=department_words,
        duration_words=duration_words,
    )


def _shift_words(step: CaseStep, names: dict[str, str]) -> tuple[str, str, str] | None:
    """Return what a step changed, in words: what was, what is, and why."""
    shift = shift_of(step)
    if shift is None:
        return None
    was, now, reason = shift
    return _field_words(step.action, was, names), _field_words(step.action, now, names), reason


def _field_words(action: str, value: str, names: dict[str, str]) -> str:
    if not value:
        return t("case.nobody") if action == Action.OWNER else t("case.unknown")
    match action:
        case Action.OWNER:
            return names.get(value, value)
        case Action.LEVEL:
            return label_text("complaint", value, language())
        case Action.DEADLINE:
            return datetime.fromisoformat(value).astimezone().strftime("%Y-%m-%d %H:%M")
        case _:
            cause, _, department = value.partition("/")
            return f"{cause_words(cause)} / {department_words(department)}"


def _known(case_id: str) -> tuple[Case, Call]:
    store = the_desk().store
    for found in store.find(Case, id=case_id):
        for call in store.find(Call, id=found.call_id, **visible(store)):
            return found, call
    abort(404, description=t("fault.no-case", id=case_id))


def _cases_of(first: datetime, end: datetime) -> tuple[list[Case], dict[str, Call], int]:
    """Return the cases opened in a month with their calls, and how many there are beyond them."""
    store, month = the_desk().store, Span(first, end)
    cases = store.find(Case, created_at=month, order_by=("created_at", "id"), limit=MOST_OF_A_MONTH)
    left_out = store.count(Case, created_at=month) - len(cases)
    calls = calls_of(store, cases, visible(store))
    return [each for each in cases if each.call_id in calls], calls, left_out


def _filter() -> CaseFilter:
    wanted = CaseFilter(
        **{name: request.args.get(name, "")[:DEPARTMENT_LIMIT] for name in CaseFilter.__dataclass_fields__}
        | {"state": request.args.get("state", "unfinished")}
    )
    known = {"state": tuple(CHOICES), "level": ("", *SEVERITIES), "cause": ("", *CAUSES)}
    for name, values in known.items():
        if getattr(wanted, name) not in values:
            abort(400, description=t("fault.filter", field=t(f"case.{name}"), value=getattr(wanted, name)))
    return wanted


def _month() -> tuple[str, datetime, datetime]:
    """Return the month that is asked for, and its first and its first later moment in this machine's zone."""
    month = request.args.get("month") or _month_of(the_time())
    try:
        first = datetime.strptime(month, "%Y-%m")
        following = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
        return month, first.astimezone(), following.astimezone()
    except (ValueError, OverflowError):
        abort(400, description=t("fault.month", value=month))


def _month_of(time: datetime) -> str:
    return time.astimezone().strftime("%Y-%m")


def _page_number() -> int:
    value = request.args.get("page", "1")
    # longer numbers would not fit the database's integers
    if not (value.isascii() and value.isdigit() and len(value) < 10 and int(value) > 0):
        abort(400, description=t("fault.page", value=value))
    return int(value)
