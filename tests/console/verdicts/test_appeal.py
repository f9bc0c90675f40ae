from __future__ import annotations

from dataclasses import replace
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.people import User, UserRole
from calls.records import Appeal
from calls.reviewing import AppealStep
from console.verdicts.appeal import CLOSED, STEPS, Action, Move, State, begin, possible, take
from console.verdicts.steps import TEXT_LIMIT, StepRefused
from tests.console.after_scene import FIRST, NOW, PEOPLE

pytestmark = pytest.mark.unit

ACTIONS = [action for action in Action if action is not Action.APPEAL]


def an_appeal(state: State = State.OPEN) -> Appeal:
    """Return wang's appeal against chen's verdict; from the assignment on it is with lin."""
    with_lin = state in (State.ASSIGNED, State.UPHELD, State.DISMISSED)
    return replace(
        begin(FIRST, "A1", PEOPLE["wang"], "没有听完", NOW).appeal,
        state=str(state),
        inspector="lin" if with_lin else None,
        decided_by="lin" if state in (State.UPHELD, State.DISMISSED) else None,
    )


def step(appeal: Appeal, action: Action, who: str, comment: str = "理由", inspector: str = "boss") -> Move:
    return take(
        appeal,
        action,
        PEOPLE[who],
        reviewer="chen",
        at=NOW,
        comment=comment,
        inspector=PEOPLE[inspector] if inspector else None,
    )


def status(appeal: Appeal, action: Action, who: str) -> int | str:
    """Return the state that a step leads to, or the status with which it is refused."""
    try:
        return step(appeal, action, who).appeal.state
    except StepRefused as refused:
        return refused.status


#: Who sees the appeal and has the right to the step, and is the person for it.
DOERS = {
    Action.FORWARD: {"boss", "lead1", "lead2"},  # that lead2 does not see it is the page's business
    Action.DECLINE: {"boss", "lead1", "lead2"},
    Action.ASSIGN: {"boss", "qa"},
    Action.UPHOLD: {"lin"},
    Action.DISMISS: {"lin"},
}
#: Who has the right to the step in another case.
RIGHTFUL = {
    **DOERS,
    Action.UPHOLD: {"boss", "qa", "chen", "lin", "gone"},
    Action.DISMISS: {"boss", "qa", "chen", "lin", "gone"},
}
WAYS = {
    (State.OPEN, Action.FORWARD): "forwarded",
    (State.OPEN, Action.DECLINE): "declined",
    (State.FORWARDED, Action.ASSIGN): "assigned",
    (State.ASSIGNED, Action.ASSIGN): "assigned",
    (State.ASSIGNED, Action.UPHOLD): "upheld",
    (State.ASSIGNED, Action.DISMISS): "dismissed",
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("action", ACTIONS)
def test_every_state_every_step_every_person(state: State, action: Action) -> None:
    appeal = an_appeal(state)

    answers = {who: status(appeal, action, who) for who in PEOPLE}

    expected: dict[str, int | str] = {}
    for who in PEOPLE:
        if who not in RIGHTFUL[action]:
            expected[who] = 403
        elif (state, action) not in WAYS:
            expected[who] = 409
        else:
            expected[who] = WAYS[state, action] if who in DOERS[action] else 403
    assert answers == expected
    able = {who for who in PEOPLE if action in possible(appeal, PEOPLE[who], "chen")}
    assert able == {who for who, answer in answers.items() if answer in list(State)}


def test_an_appeal_begins_open_and_with_its_reason() -> None:
    move = begin(FIRST, "A1", PEOPLE["wang"], " 没有\r\n听完 ", NOW)

    assert move == Move(
        Appeal(id="review-1", review_id="review-1", agent_id="A1", comment="没有\n听完", created_at=NOW),
        AppealStep(
            id="review-1", appeal_id="review-1", by="wang", action="appeal", comment="没有\n听完", at=NOW
        ),
    )


def test_every_step_tells_who_when_and_why() -> None:
    move = step(an_appeal(State.FORWARDED), Action.ASSIGN, "qa", "请尽快", "lin")

    assert move.appeal == replace(an_appeal(State.FORWARDED), state="assigned", inspector="lin")
    assert move.step == AppealStep(
        id=move.step.id, appeal_id="review-1", by="qa", action="assign", comment="请尽快", at=NOW
    )
    decided = step(move.appeal, Action.UPHOLD, "lin", "已致歉").appeal
    assert decided == replace(move.appeal, state="upheld", decided_by="lin")


@pytest.mark.parametrize("action", [Action.DECLINE, Action.UPHOLD, Action.DISMISS])
def test_who_says_no_or_decides_says_why(action: Action) -> None:
    state, who = (State.OPEN, "lead1") if action is Action.DECLINE else (State.ASSIGNED, "lin")

    with pytest.raises(StepRefused) as refused:
        step(an_appeal(state), action, who, comment=" \n ")

    assert (refused.value.key, refused.value.field) == ("step.needs-text", "comment")


def test_a_comment_has_a_length() -> None:
    with pytest.raises(StepRefused) as refused:
        begin(FIRST, "A1", PEOPLE["wang"], "长" * (TEXT_LIMIT + 1), NOW)

    assert refused.value.values == {"limit": TEXT_LIMIT, "length": TEXT_LIMIT + 1}


@pytest.mark.parametrize(
    ("inspector", "key"),
    [
        ("chen", "appeal.needs-inspector"),  # made the verdict
        ("gone", "appeal.needs-inspector"),  # left
        ("lead1", "appeal.needs-inspector"),  # judges no calls
        ("wang", "appeal.needs-inspector"),
        ("", "appeal.needs-inspector"),
        ("lin", "appeal.same-inspector"),
    ],
)
def test_only_another_inspector_decides(inspector: str, key: str) -> None:
    with pytest.raises(StepRefused) as refused:
        step(an_appeal(State.ASSIGNED), Action.ASSIGN, "qa", inspector=inspector)

    assert (refused.value.key, refused.value.status) == (key, 400)


def test_an_inspector_who_was_replaced_no_longer_decides() -> None:
    moved = step(an_appeal(State.ASSIGNED), Action.ASSIGN, "qa", inspector="boss").appeal

    assert (status(moved, Action.UPHOLD, "lin"), status(moved, Action.UPHOLD, "boss")) == (403, "upheld")


def test_the_first_reviewer_does_not_decide_even_when_assigned() -> None:
    wrongly = replace(an_appeal(State.ASSIGNED), inspector="chen")

    assert (status(wrongly, Action.DISMISS, "chen"), possible(wrongly, PEOPLE["chen"], "chen")) == (403, ())


TRIES = st.lists(
    st.tuples(
        st.sampled_from(ACTIONS), st.sampled_from(sorted(PEOPLE)), st.sampled_from(["lin", "boss", "qa"])
    ),
    max_size=12,
)


@given(tries=TRIES)
def test_history_and_state_never_part(tries: list[tuple[Action, str, str]]) -> None:
    move = begin(FIRST, "A1", PEOPLE["wang"], "没有听完", NOW)
    appeal, history = move.appeal, [move.step]
    for action, who, inspector in tries:
        closed = appeal.state in CLOSED
        try:
            move = step(appeal, action, who, inspector=inspector)
        except StepRefused:
            continue
        assert not closed
        appeal, history = move.appeal, [*history, move.step]

    replayed = reduce(lambda state, each: STEPS[state, Action(each.action)], history[1:], State.OPEN)
    assert (history[0].action, replayed) == (Action.APPEAL, appeal.state)
    assert (appeal.decided_by is not None) == (appeal.state in (State.UPHELD, State.DISMISSED))
    assert appeal.decided_by in (None, appeal.inspector)


def test_roles_are_all_among_the_people() -> None:
    assert {user.role for user in PEOPLE.values()} == set(UserRole)
    assert all(isinstance(user, User) for user in PEOPLE.values())
