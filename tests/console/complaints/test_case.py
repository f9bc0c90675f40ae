from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.complaints.taxonomy import CAUSES as KNOWN_CAUSES
from analytics.complaints.taxonomy import RESPONSIBLE as KNOWN_RESPONSIBLE
from calls.records import Case
from calls.reviewing import CaseStep
from console.complaints.case import (
    STEPS,
    Action,
    Move,
    State,
    Wish,
    expected,
    late_by,
    opened,
    possible,
    shift_of,
    take,
)
from console.verdicts.steps import TEXT_LIMIT, StepRefused
from console.verdicts.terms import Terms
from console.wording.cases import CAUSES, RESPONSIBLE
from tests.console.after_scene import NOW, PEOPLE
from tests.console.scene import a_call

pytestmark = pytest.mark.unit

TERMS = Terms()
DAY = timedelta(days=1)
CALL = a_call(1)


def a_case(state: State = State.OPEN, **changes: object) -> Case:
    """Return the case of a grave complaint, nobody's yet; once closed, it was in time."""
    case, _ = opened(CALL, "重大", "chen", at=NOW, terms=TERMS)
    reply = "已退款" if state is State.CLOSED else ""
    closed_at = NOW + DAY if state is State.CLOSED else None
    return replace(case, **{"state": str(state), "reply": reply, "closed_at": closed_at, **changes})  # type: ignore[arg-type]


#: A sound wish for each action.
WISHES = {
    Action.NOTE: Wish(action=Action.NOTE, text="查了账单"),
    Action.CALL_BACK: Wish(action=Action.CALL_BACK, text="无人接听"),
    Action.REPLY: Wish(action=Action.REPLY, text="已退款"),
    Action.OWNER: Wish(action=Action.OWNER, owner=PEOPLE["lin"]),
    Action.LEVEL: Wish(action=Action.LEVEL, level="紧急", text="媒体到场"),
    Action.DEADLINE: Wish(action=Action.DEADLINE, deadline=NOW + 9 * DAY, text="等厂家"),
    Action.CLASSIFY: Wish(action=Action.CLASSIFY, cause="refund", department="财务部"),
    Action.CLOSE: Wish(action=Action.CLOSE),
    Action.REOPEN: Wish(action=Action.REOPEN, text="来电人不满意"),
    Action.OPEN: Wish(action=Action.OPEN),
    Action.GUESS: Wish(action=Action.GUESS),
}


def step(case: Case, wish: Wish, who: str = "lin", hours: float = 0.0) -> Move:
    return take(case, wish, PEOPLE[who], at=NOW + timedelta(hours=hours), terms=TERMS, causes=CAUSES)


def status(case: Case, wish: Wish, who: str) -> int | str:
    """Return the state that a step leads to, or the status with which it is refused."""
    try:
        return step(case, wish, who).case.state
    except StepRefused as refused:
        return refused.status


WORKERS = {"boss", "qa", "chen", "lin", "gone", "lead1", "lead2"}
KEEPS = {Action.NOTE, Action.OWNER, Action.LEVEL, Action.DEADLINE, Action.CLASSIFY}


def leads_to(state: State, action: Action) -> int | str:
    if state is State.CLOSED:
        return "working" if action is Action.REOPEN else 409
    if action in KEEPS:
        return str(state)
    if action in (Action.CALL_BACK, Action.REPLY):
        return "working"
    if action is Action.CLOSE and state is State.WORKING:
        return 400  # nobody has replied
    return 409


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("action", Action)
def test_every_state_every_step_every_person(state: State, action: Action) -> None:
    case = a_case(state)

    answers = {who: status(case, WISHES[action], who) for who in PEOPLE}

    assert answers == {who: leads_to(state, action) if who in WORKERS else 403 for who in PEOPLE}
    able = {who for who in PEOPLE if action in possible(case, PEOPLE[who])}
    assert able == {who for who, answer in answers.items() if answer in list(State)}


def test_a_case_opens_with_its_deadline_and_the_machines_guess() -> None:
    case, steps = opened(CALL, "紧急", "chen", at=NOW, terms=TERMS, cause="refund", department="service")

    assert case == Case(
        id=case.id,
        call_id="call-1",
        level="紧急",
        deadline=NOW + DAY,
        cause="refund",
        department="service",
        created_at=NOW,
    )
    assert steps == (
        CaseStep(id=f"{case.id}-0", case_id=case.id, by="chen", action="open", text="紧急", at=NOW),
        CaseStep(
            id=f"{case.id}-1",
            case_id=case.id,
            by="huawu",
            action="guess",
            text=" → refund/service",
            at=NOW,
        ),
    )
    again, _ = opened(CALL, "一般", "lin", at=NOW + DAY, terms=TERMS)
    assert again.id == case.id


@pytest.mark.parametrize(("level", "hours"), [("一般", 120), ("重大", 48), ("紧急", 24)])
def test_each_level_has_its_time(level: str, hours: int) -> None:
    assert opened(CALL, level, "chen", at=NOW, terms=TERMS)[0].deadline == NOW + timedelta(hours=hours)


def test_a_case_is_closed_after_a_reply_and_reopened_for_another() -> None:
    replied = step(a_case(), WISHES[Action.REPLY]).case
    closed = step(replied, WISHES[Action.CLOSE], hours=5).case
    reopened = step(closed, WISHES[Action.REOPEN], hours=30).case

    assert closed == a_case(State.CLOSED, closed_at=NOW + timedelta(hours=5))
    assert reopened == a_case(State.WORKING, deadline=NOW + timedelta(hours=30 + 48))
    assert status(reopened, WISHES[Action.CLOSE], "lin") == 400


@pytest.mark.parametrize(
    ("before", "wish", "text", "changed"),
    [
        ({}, WISHES[Action.OWNER], " → lin", {"owner": "lin"}),
        (
            {"owner": "chen"},
            Wish(action=Action.OWNER, owner=PEOPLE["lead1"], text="休假"),
            "chen → lead1\n休假",
            {"owner": "lead1"},
        ),
        ({}, WISHES[Action.LEVEL], "重大 → 紧急\n媒体到场", {"level": "紧急", "deadline": NOW + DAY}),
        (
            {},
            Wish(action=Action.LEVEL, level="一般", text="误会"),
            "重大 → 一般\n误会",
            {"level": "一般", "deadline": NOW + 5 * DAY},
        ),
        (
            {"deadline": NOW + timedelta(hours=3)},  # a graver case is due no later than before
            WISHES[Action.LEVEL],
            "重大 → 紧急\n媒体到场",
            {"level": "紧急"},
        ),
        (
            {},
            WISHES[Action.DEADLINE],
            "2026-03-05T04:00:00+00:00 → 2026-03-12T04:00:00+00:00\n等厂家",
            {"deadline": NOW + 9 * DAY},
        ),
        (
            {"cause": "delay"},
            WISHES[Action.CLASSIFY],
            "delay/ → refund/财务部",
            {"cause": "refund", "department": "财务部"},
        ),
        (
            {"cause": "delay"},
            Wish(action=Action.CLASSIFY, department=" 财务\n→ 一部 "),
            "delay/ → /财务 一部",
            {"cause": "", "department": "财务 一部"},
        ),
    ],
)
def test_what_a_step_changes_is_in_the_history(
    before: dict[str, object], wish: Wish, text: str, changed: dict[str, object]
) -> None:
    case = a_case(**before)

    move = step(case, wish)

    assert move.case == replace(case, **changed)  # type: ignore[arg-type]
    assert (move.step.text, move.step.by, move.step.action) == (text, "lin", wish.action)
    assert shift_of(move.step) is not None


@pytest.mark.parametrize(
    ("before", "wish", "key"),
    [
        ({}, Wish(action=Action.NOTE, text="  "), "step.needs-text"),
        ({}, Wish(action=Action.NOTE, text="长" * (TEXT_LIMIT + 1)), "step.too-long"),
        ({"owner": "chen"}, WISHES[Action.OWNER], "step.needs-text"),
        ({"owner": "lin"}, Wish(action=Action.OWNER, owner=PEOPLE["lin"], text="我"), "case.same-owner"),
        ({}, Wish(action=Action.OWNER, owner=PEOPLE["wang"]), "case.needs-owner"),
        ({}, Wish(action=Action.OWNER, owner=PEOPLE["gone"]), "case.needs-owner"),
        ({}, Wish(action=Action.OWNER), "case.needs-owner"),
        ({}, Wish(action=Action.LEVEL, level="重大", text="一样"), "case.needs-level"),
        ({}, Wish(action=Action.LEVEL, level="特大", text="没有"), "case.needs-level"),
        ({}, Wish(action=Action.DEADLINE, text="没写"), "case.needs-deadline"),
        ({}, Wish(action=Action.DEADLINE, deadline=NOW, text="已过"), "case.needs-deadline"),
        ({}, Wish(action=Action.CLASSIFY, cause="weather"), "case.needs-cause"),
        ({}, Wish(action=Action.CLASSIFY, department="长" * 65), "case.needs-department"),
    ],
)
def test_steps_that_lack_something(before: dict[str, object], wish: Wish, key: str) -> None:
    with pytest.raises(StepRefused) as refused:
        step(a_case(**before), wish)

    assert (refused.value.key, refused.value.status) == (key, 400)


@pytest.mark.parametrize(
    ("state", "hours", "late"),
    [
        (State.OPEN, 47.9, None),
        (State.OPEN, 48.0, None),
        (State.WORKING, 50.0, timedelta(hours=2)),
        (State.CLOSED, 500.0, None),
    ],
)
def test_a_case_is_overdue_from_its_deadline_on(state: State, hours: float, late: timedelta | None) -> None:
    assert late_by(a_case(state), NOW + timedelta(hours=hours)) == late


TRIES = st.lists(
    st.tuples(st.sampled_from(sorted(Action)), st.sampled_from(sorted(PEOPLE)), st.floats(0, 50)), max_size=15
)


@given(tries=TRIES)
def test_history_and_state_never_part(tries: list[tuple[Action, str, float]]) -> None:
    case, opening = opened(CALL, "重大", "chen", at=NOW, terms=TERMS, cause="refund")
    history, hours = list(opening), 0.0
    for action, who, passed in tries:
        hours += passed
        try:
            move = step(case, WISHES[action], who, hours)
        except StepRefused:
            continue
        case, history = move.case, [*history, move.step]

    replayed = reduce(lambda state, each: STEPS[state, Action(each.action)], history[1:], State.OPEN)
    assert (history[0].action, replayed) == (Action.OPEN, case.state)
    assert (case.closed_at is not None) == (case.state == State.CLOSED)
    assert case.state != State.CLOSED or case.reply
    shifts = [shift_of(each) for each in history if each.action in (Action.OWNER, Action.LEVEL)]
    seen = {"owner": case.owner, "level": case.level}
    for shift in reversed(shifts):  # read backwards, the history leads to how the case began
        assert shift is not None
        field = "owner" if shift[1] == seen["owner"] else "level"
        assert shift[1] == seen[field]
        seen[field] = shift[0]
    assert seen == {"owner": "", "level": "重大"}


def test_what_a_case_must_still_be_when_it_is_changed() -> None:
    assert expected(a_case()).keys() == {
        "level", "owner", "deadline", "cause", "department", "reply", "state", "closed_at",
    }  # fmt: skip


def test_every_cause_and_responsible_party_that_the_machine_knows_has_words() -> None:
    assert {label: zh for label, (zh, _) in CAUSES.items()} == KNOWN_CAUSES
    assert {label: zh for label, (zh, _) in RESPONSIBLE.items()} == KNOWN_RESPONSIBLE
