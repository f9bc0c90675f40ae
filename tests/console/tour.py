"""A desk with something on every page, and the pages that people work on: for looks and accessibility."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from analytics.search.index import SearchIndex
from calls.people import UserRole
from calls.recordings import RecordingFolder
from calls.records import Appeal, Case, utc_now
from calls.reviewing import AppealStep, Assignment, CaseStep
from calls.store import Store
from tests.console.after_scene import FIRST, ITEMS, OTHERS
from tests.console.callpage_scene import CALL, add_private_call
from tests.console.scene import NOON, fill
from tests.console.staff import hire
from tests.console.weeks_scene import BAD, LAST_DAY, fill_weeks

_SPAN = f"from=2026-02-02&to={LAST_DAY}"
_NAMES = {
    UserRole.ADMIN: "周总",
    UserRole.QA_SUPERVISOR: "赵敏",
    UserRole.INSPECTOR: "陈洁",
    UserRole.TEAM_SUPERVISOR: "孙丽",
    UserRole.AGENT: "王静",
    UserRole.READ_ONLY: "参观",
}


@dataclass(frozen=True)
class Stop:
    """One page, and who looks at it; nobody where it is there for all."""

    name: str
    path: str
    role: UserRole | None


#: The first six are those that the README shows.
STOPS = (
    Stop("queue", "/sample", UserRole.INSPECTOR),
    Stop("call", "/calls/call-1?plan=plan-1", UserRole.INSPECTOR),
    Stop("search", "/calls?q=%E6%8A%95%E8%AF%89", UserRole.QA_SUPERVISOR),
    Stop("appeal", "/appeals/appeal-1", UserRole.QA_SUPERVISOR),
    Stop("cases", "/cases", UserRole.QA_SUPERVISOR),
    Stop("quality", f"/figures/quality?{_SPAN}", UserRole.QA_SUPERVISOR),
    Stop("masked", f"/calls/{CALL}", UserRole.TEAM_SUPERVISOR),
    Stop("results", "/results", UserRole.AGENT),
    Stop("result", "/results/review-1", UserRole.AGENT),
    Stop("appeals", "/appeals", UserRole.QA_SUPERVISOR),
    Stop("case", "/cases/case-1", UserRole.QA_SUPERVISOR),
    Stop("statistics", "/cases/statistics?month=2026-03", UserRole.QA_SUPERVISOR),
    Stop("plans", "/plans", UserRole.QA_SUPERVISOR),
    Stop("plan", "/plans/plan-1", UserRole.QA_SUPERVISOR),
    Stop("draw", "/plans/new", UserRole.QA_SUPERVISOR),
    Stop("calibrations", "/calibrations", UserRole.QA_SUPERVISOR),
    Stop("rules", "/rules/agreement", UserRole.QA_SUPERVISOR),
    Stop("days", f"/figures?{_SPAN}", UserRole.QA_SUPERVISOR),
    Stop("people", f"/figures/people?{_SPAN}&by=agent", UserRole.QA_SUPERVISOR),
    Stop("menus", f"/figures/menus?{_SPAN}", UserRole.QA_SUPERVISOR),
    Stop("words", f"/figures/words?to={LAST_DAY}", UserRole.QA_SUPERVISOR),
    Stop("file", f"/agents/{BAD}/file?to={LAST_DAY}", UserRole.QA_SUPERVISOR),
    Stop("users", "/users", UserRole.ADMIN),
    Stop("user", "/users/agent", UserRole.ADMIN),
    Stop("audit", "/audit", UserRole.ADMIN),
    Stop("webhooks", "/webhooks", UserRole.ADMIN),
    Stop("account", "/account", UserRole.INSPECTOR),
    Stop("tokens", "/account/tokens", UserRole.INSPECTOR),
    Stop("nowhere", "/nowhere", UserRole.INSPECTOR),
    Stop("signin", "/signin", None),
)


def furnish(folder: Path) -> None:
    """Make ``desk.db`` and ``recordings`` in a folder: five weeks, one morning, people, and all they did."""
    with Store.open(folder / "desk.db") as store:
        recordings = RecordingFolder(folder / "recordings")
        fill_weeks(store)
        fill(store, recordings)
        add_private_call(store, recordings)
        staff = hire(store)
        store.add(*(replace(user, name=_NAMES[role]) for role, user in staff.items()))
        appeal = Appeal(
            id="appeal-1",
            review_id=FIRST.id,
            agent_id="A1",
            comment="第 14 秒我已经致歉，请复听。",
            state="forwarded",
            created_at=NOON + timedelta(hours=3),
        )
        case = Case(
            id="case-1",
            call_id="call-1",
            level="重大",
            owner="inspector",
            deadline=utc_now() + timedelta(hours=20),
            cause="refund",
            department="service",
            state="working",
            created_at=NOON + timedelta(hours=1),
        )
        store.add(
            replace(FIRST, reviewer="inspector"),
            *(replace(item, by="inspector") for item in ITEMS),
            replace(OTHERS, reviewer="inspector"),
            appeal,
            AppealStep(
                appeal_id=appeal.id, by="agent", action="appeal", comment=appeal.comment, at=appeal.created_at
            ),
            AppealStep(
                appeal_id=appeal.id,
                by="team-supervisor",
                action="forward",
                comment="情况属实，请复核。",
                at=appeal.created_at + timedelta(hours=2),
            ),
            case,
            CaseStep(case_id=case.id, by="inspector", action="open", at=case.created_at),
            CaseStep(
                case_id=case.id,
                by="inspector",
                action="note",
                text="已联系财务核对退款进度。",
                at=case.created_at + timedelta(hours=2),
            ),
            replace(case, id="case-2", call_id="call-3", level="紧急", deadline=NOON, state="open", owner=""),
            *(
                Assignment(
                    plan_id="plan-1",
                    call_id=f"call-{number}",
                    inspector="inspector",
                    assigned_by="qa-supervisor",
                    due_at=utc_now() + timedelta(hours=hours),
                )
                for number, hours in ((1, 26), (2, 26), (3, -5), (5, 50))
            ),
        )
    with SearchIndex.open(folder / "desk.db") as index:
        index.catch_up()
