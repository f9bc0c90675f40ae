"""The linter: reads flows and asks every group of rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from calls.document import Document, read_document
from calls.errors import FlowError, HuawuError
from ivr.flow import Flow, read_flow
from ivr.hours import Calendar
from ivr.lint import (
    conditions,
    consent,
    keys,
    labels,
    loops,
    notice,
    phrases,
    prompts,
    routes,
    secrets,
    services,
    variables,
    vocabulary,
)
from ivr.lint.finding import RULES, Finding
from ivr.lint.study import Study
from speech.recogniser import VoskModel

#: The groups, in the order in which a person would look.
_GROUPS = (
    *(routes, loops, variables, conditions, notice),
    *(prompts, keys, labels, phrases, vocabulary),
    *(consent, secrets, services),
)
_COMPLAINT = re.compile(r"(?P<file>.+?):(?P<line>\d+): (?:(?P<field>[^ ]+): )?(?P<problem>.*)", re.DOTALL)


def lint(
    path: Path,
    *,
    today: date,
    calendar: Calendar | None = None,
    model: VoskModel | None = None,
) -> list[Finding]:
    """Return what is to be said about a flow file and those that it enters.

    Parameters
    ----------
    path : Path
        The flow that answers calls, or a part that flows beside it enter: then it is looked at as they
        enter it.
    today : date
        For dated exceptions and the calendar's years.
    calendar : Calendar, optional
        Public holidays; without it nothing is said about their years.
    model : VoskModel, optional
        What will listen; without it nothing is said about its vocabulary.

    Returns
    -------
    list of Finding
        Of this file and those that it enters, by line. A file that cannot be loaded gives all of its
        ``invalid`` findings and no others.
    """
    flow, faults = read_flow(path)
    if flow is None:
        return [_invalid(path, fault) for fault in faults]
    found: dict[Finding, None] = {}
    for whole in _entering(path, flow) or [(path, flow)]:
        study = Study(whole[0].stem, whole[1].flows, _documents(*whole), today, calendar, model)
        found |= dict.fromkeys(look(study))
    mine = [_beside(path, name) for name in flow.flows]
    return sorted((each for each in found if each.file in mine), key=lambda f: (mine.index(f.file), f.line))


def look(study: Study) -> Iterator[Finding]:
    """Yield what every group of rules finds; some of it is found twice."""
    for group in _GROUPS:
        yield from group.check(study)


def _entering(path: Path, flow: Flow) -> list[tuple[Path, Flow]]:
    """Return the flows beside a part of a flow that enter it: what calls know there comes from them."""
    found = []
    for beside in sorted(path.parent.glob(f"*{path.suffix}")):
        if beside.stem not in flow.flows and _names(beside, path.stem):
            other, _ = read_flow(beside)
            if other is not None and path.stem in other.flows:
                found.append((beside, other))
    return found


def _names(file: Path, flow: str) -> bool:
    """Return whether a file may enter a flow: reading it whole takes a hundred times longer."""
    try:
        return flow.encode() in file.read_bytes()
    except OSError:
        return False


def _documents(path: Path, flow: Flow) -> dict[str, Document]:
    return {name: read_document(_beside(path, name), FlowError) for name in flow.flows}


def _beside(path: Path, name: str) -> Path:
    return path if name == path.stem else path.with_name(f"{name}{path.suffix}")


def _invalid(path: Path, fault: HuawuError) -> Finding:
    """Return a complaint of the loader as a finding."""
    match = _COMPLAINT.fullmatch(fault.message)
    if match is None:
        return Finding(path, 1, "", RULES["invalid"], fault.message, fault.hint)
    return Finding(
        Path(match["file"]),
        int(match["line"]),
        match["field"] or "",
        RULES["invalid"],
        match["problem"],
        fault.hint,
    )
