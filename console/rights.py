"""Who may do what: the table of roles and rights, and which calls somebody sees at all."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from calls.people import UserRole


class Right(StrEnum):
    """What a page or an action asks for."""

    CALLS = "calls"  # see calls, their words and the machine's findings
    HEAR = "hear"  # hear recordings
    PERSONAL = "personal"  # see and hear personal data unmasked
    VERDICTS = "verdicts"  # see what people judged
    REVIEW = "review"  # judge calls
    ASSIGN = "assign"  # draw samples, give calls to inspectors, take them back
    RESULTS = "results"  # see the own results, acknowledge them, appeal
    FORWARD = "forward"  # pass a team's appeals on, or decline them
    ASSIGN_APPEAL = "assign-appeal"  # give an appeal to a second inspector
    CALIBRATE = "calibrate"  # let several raters judge one call, and compare them
    CASES = "cases"  # work on complaint cases
    SEARCH = "search"  # search the transcripts
    EXPORT = "export"  # take results out, redacted
    EXPORT_PERSONAL = "export-personal"  # take results out unredacted
    FIGURES = "figures"  # see dashboards
    UPLOAD = "upload"  # bring recordings in
    USERS = "users"  # make, change and unlock accounts
    AUDIT = "audit"  # read who did what
    PRIVACY = "privacy"  # answer requests of persons about their data; webhooks
    WEB_CALL = "web-call"  # call a flow from the browser


class Scope(StrEnum):
    """Which calls somebody sees."""

    ALL = "all"
    TEAM = "team"  # those of the agents of the own team
    OWN = "own"  # those of the own agent


_INSPECTOR = frozenset(
    {Right.CALLS, Right.HEAR, Right.PERSONAL, Right.VERDICTS, Right.REVIEW, Right.CASES, Right.SEARCH}
    | {Right.FIGURES}
)

#: Role → rights. `docs/desk.md` shows it; a test holds the two together.
RIGHTS: Mapping[UserRole, frozenset[Right]] = {
    UserRole.ADMIN: frozenset(Right) - {Right.RESULTS},
    UserRole.QA_SUPERVISOR: _INSPECTOR
    | {Right.ASSIGN, Right.ASSIGN_APPEAL, Right.CALIBRATE, Right.EXPORT, Right.UPLOAD, Right.WEB_CALL},
    UserRole.INSPECTOR: _INSPECTOR,
    UserRole.TEAM_SUPERVISOR: frozenset(
        {Right.CALLS, Right.HEAR, Right.VERDICTS, Right.FORWARD, Right.CASES, Right.SEARCH, Right.FIGURES}
    ),
    UserRole.AGENT: frozenset({Right.CALLS, Right.HEAR, Right.RESULTS}),
    UserRole.READ_ONLY: frozenset({Right.CALLS, Right.VERDICTS, Right.SEARCH, Right.FIGURES}),
}

SCOPES: Mapping[UserRole, Scope] = {
    UserRole.TEAM_SUPERVISOR: Scope.TEAM,
    UserRole.AGENT: Scope.OWN,
}


def scope_of(role: UserRole) -> Scope:
    """Return which calls somebody with that role sees."""
    return SCOPES.get(role, Scope.ALL)
