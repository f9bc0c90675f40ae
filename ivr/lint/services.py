"""What a flow relies on outside: web services, opening hours and the calendar."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from ivr.flow import BranchNode, HoursNode, HttpNode
from ivr.hours import Schedule
from ivr.lint.finding import Finding
from ivr.lint.study import Place, Study

#: How long before it is needed a calendar should know the year.
AHEAD = timedelta(days=30)
#: Sent twice these do what they do sent once (RFC 9110, 9.2.2).
_IDEMPOTENT = ("PUT", "DELETE")
_ANY_MONDAY = date(1, 1, 1)  # on which no exception falls


def check(study: Study) -> Iterator[Finding]:
    """Find failures taken for successes, and hours that are not, or no longer, what they seem."""
    used: set[tuple[str, str]] = set()
    for place in study.places():
        flow, name, node = place
        match node:
            case HttpNode() if node.changes_something:
                yield from _change(study, place, node)
            case HoursNode(schedule=schedule, holiday=holiday):
                used.add((flow, schedule))
                if holiday is not None and study.flows[flow].schedules[schedule].calendar is None:
                    yield study.find(
                        "holiday-never",
                        flow,
                        ("nodes", name, "holiday"),
                        f"schedule {schedule!r} knows no holidays, so this way is never taken",
                        "write calendar: china in the schedule",
                    )
            case _:
                pass
    for flow, content in study.flows.items():
        for name, hours in content.schedules.items():
            if (flow, name) in used:
                yield from _schedule(study, flow, name, hours)
            else:
                yield study.find(
                    "unused-schedule",
                    flow,
                    ("schedules", name),
                    f"no node asks whether {name!r} is open",
                    "add a node of type hours, or remove it",
                )


def _change(study: Study, place: Place, node: HttpNode) -> Iterator[Finding]:
    if node.error == node.next and not _is_asked_for(study, place, node):
        yield study.find(
            "ignored-error",
            place.flow,
            ("nodes", place.name, "error"),
            f"{node.next!r} follows whether the change was made or not",
            "tell the caller when it failed",
        )
    if node.retries and node.method not in _IDEMPOTENT:
        yield study.find(
            "repeated-change",
            place.flow,
            ("nodes", place.name, "retries"),
            f"a {node.method} whose answer is lost is sent again: what it does may happen "
            f"{'twice' if node.retries == 1 else f'{node.retries + 1} times'}",
            "leave retries out, or write irreversible: false where a second one does no harm",
        )


def _is_asked_for(study: Study, place: Place, node: HttpNode) -> bool:
    """Return whether a branch further on decides on what the service answered, as after a failure."""
    seen = set()
    waiting = [step.target for stand in study.stands(place) for step in study.graph.steps[stand]]
    while waiting:
        stand = waiting.pop()
        if stand in seen:
            continue
        seen.add(stand)
        each = study.graph.node(stand)
        if isinstance(each, BranchNode) and any(case.when.names & set(node.result) for case in each.cases):
            return True
        waiting += [step.target for step in study.graph.steps[stand]]
    return False


def _schedule(study: Study, flow: str, name: str, hours: Schedule) -> Iterator[Finding]:
    place = ("schedules", name)
    if hours.calendar is None and not _every_day_alike(hours):
        yield study.find(
            "no-calendar",
            flow,
            place,
            f"{name!r} takes public holidays, and weekend days worked in exchange, for ordinary days",
            "write calendar: china",
        )
    written = study.documents[flow].data["schedules"][name].get("overrides", {})
    for day in written:  # a date, or a text that reads as one
        if date.fromisoformat(str(day)) < study.today:
            yield study.find("past-override", flow, (*place, "overrides", day), f"{day} is over", "remove it")
    if hours.calendar is not None and study.calendar is not None:
        year = (study.today + AHEAD).year
        if year not in study.calendar.years:
            yield study.find(
                "calendar-ends",
                flow,
                (*place, "calendar"),
                f"the calendar does not know the holidays of {year}, which are taken for ordinary days",
                "update huawu, or write the days under overrides",
            )


def _every_day_alike(hours: Schedule) -> bool:
    """Return whether Sundays are as other days, so that holidays may be as well."""
    return len({hours.spans(_ANY_MONDAY + timedelta(days=day)) for day in range(7)}) == 1
