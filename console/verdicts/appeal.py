"""An agent's appeal against a verdict: which step follows which, who takes it, and what it needs.

The agent appeals, the supervisor of the agent's team passes it on or declines, a QA supervisor gives it to a
second inspector, and that inspector decides (Huawei's roles; Alibaba SCA ``HandleComplaint``). What is
closed stays as it is. Pure: whoever asks sees the appeal at all, and when it is, is told from outside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from calls.people import User
from calls.records import Appeal, Review
from calls.reviewing import AppealStep
from console.rights import RIGHTS, Right
from console.verdicts.steps import StepRefused, checked_text


class State(StrEnum):
    """How far an appeal has come."""

    OPEN = "open"  # with the supervisor of the agent's team
    FORWARDED = "forwarded"  # with the QA supervisors
    ASSIGNED = "assigned"  # with the second inspector
    DECLINED = "declined"
    UPHELD = "upheld"
    DISMISSED = "dismissed"


#: After which nothing changes any more.
CLOSED = (State.DECLINED, State.UPHELD, State.DISMISSED)


class Action(StrEnum):
    """What somebody does with an appeal."""

    APPEAL = "appeal"
    FORWARD = "forward"
    DECLINE = "decline"
    ASSIGN = "assign"
    UPHOLD = "uphold"
    DISMISS = "dismiss"


#: (State, action) → the state after it; what is not here cannot be done. An inspector who cannot decide is
#: replaced by assigning again.
STEPS: Mapping[tuple[State, Action], State] = {
    (State.OPEN, Action.FORWARD): State.FORWARDED,
    (State.OPEN, Action.DECLINE): State.DECLINED,
    (State.FORWARDED, Action.ASSIGN): State.ASSIGNED,
    (State.ASSIGNED, Action.ASSIGN): State.ASSIGNED,
    (State.ASSIGNED, Action.UPHOLD): State.UPHELD,
    (State.ASSIGNED, Action.DISMISS): State.DISMISSED,
}

RIGHT: Mapping[Action, Right] = {
    Action.APPEAL: Right.RESULTS,
    Action.FORWARD: Right.FORWARD,
    Action.DECLINE: Right.FORWARD,
    Action.ASSIGN: Right.ASSIGN_APPEAL,
    Action.UPHOLD: Right.REVIEW,
    Action.DISMISS: Right.REVIEW,
}

_WITH_REASON = (Action.APPEAL, Action.DECLINE, Action.UPHOLD, Action.DISMISS)
_DECISIONS = (Action.UPHOLD, Action.DISMISS)


@dataclass(frozen=True, slots=True)
class Move:
    """An appeal after a step, and the step; to be stored together, where the appeal is as it was before."""

    appeal: Appeal
    step: AppealStep


def begin(review: Review, agent_id: str, who: User, comment: str, at: datetime) -> Move:
    """Return a new appeal of an agent against a review.

    Its id follows from that of the review, so that there is never a second one.

    Raises
    ------
    StepRefused
        The comment is missing or too long.
    """
    text = checked_text(comment, "comment", needed=True)
    appeal = Appeal(id=review.id, review_id=review.id, agent_id=agent_id, comment=text, created_at=at)
    step = AppealStep(id=review.id, appeal_id=appeal.id, by=who.id, action=Action.APPEAL, comment=text, at=at)
    return Move(appeal, step)


def take(
    appeal: Appeal,
    action: Action,
    who: User,
    *,
    reviewer: str,
    at: datetime,
    comment: str = "",
    inspector: User | None = None,
) -> Move:
    """Return the appeal after a step.

    Parameters
    ----------
    appeal : Appeal
        As it is now; ``who`` sees it.
    action : Action
        What ``who`` does.
    who : User
        The person.
    reviewer : str
        Who made the verdict in question, and cannot decide on it.
    at : datetime
        When.
    comment : str, optional
        The reason; needed for all but passing on and assigning.
    inspector : User, optional
        Who is to decide, for :attr:`Action.ASSIGN`.

    Raises
    ------
    StepRefused
        The person may not (403), the state does not allow it (409), or something is missing (400).
    """
    if RIGHT[action] not in RIGHTS[who.role]:
        raise StepRefused("fault.right", 403)
    state = STEPS.get((State(appeal.state), action))
    if state is None:
        raise StepRefused(f"appeal.refused.{appeal.state}", 409)
    if action in _DECISIONS and (who.id != appeal.inspector or not may_decide(who, reviewer)):
        raise StepRefused("appeal.not-yours", 403)
    text = checked_text(comment, "comment", needed=action in _WITH_REASON)
    after = replace(appeal, state=str(state))
    if action is Action.ASSIGN:
        if inspector is None or not may_decide(inspector, reviewer):
            raise StepRefused("appeal.needs-inspector", field="inspector")
        if inspector.id == appeal.inspector:
            raise StepRefused("appeal.same-inspector", field="inspector")
        after = replace(after, inspector=inspector.id)
    if action in _DECISIONS:
        after = replace(after, decided_by=who.id)
    return Move(after, AppealStep(appeal_id=appeal.id, by=who.id, action=action, comment=text, at=at))


def may_decide(who: User, reviewer: str) -> bool:
    """Tell whether somebody could decide an appeal against a verdict of ``reviewer``."""
    return not who.disabled and Right.REVIEW in RIGHTS[who.role] and who.id != reviewer


def possible(appeal: Appeal, who: User, reviewer: str) -> tuple[Action, ...]:
    """Return what somebody who sees an appeal can do with it now."""
    found = [action for state, action in STEPS if state == appeal.state and RIGHT[action] in RIGHTS[who.role]]
    mine = who.id == appeal.inspector and may_decide(who, reviewer)
    return tuple(action for action in found if action not in _DECISIONS or mine)
