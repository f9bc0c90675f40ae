"""The steps around a review: who is to make it, what is typed so far, and what follows it.

As in :mod:`calls.records`, times are aware UTC and records are immutable. The ids of users are those of
:class:`calls.people.User`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from calls.records import Review, new_id, utc_now

#: Ids of ratings begin with this.
RATING = "rating-"


def is_rating(review: Review) -> bool:
    """Tell whether a review was given to compare raters: no figure on agents or samples counts it."""
    return review.id.startswith(RATING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A call of a sample that an inspector is to review. ``state`` is ``open``, ``done`` or ``recalled``.

    It is done with the first review of the call within the plan, whoever gives it; an open one whose call has
    such a review counts as done, too. A call that is given to another inspector gets a second assignment,
    and the first is recalled.
    """

    id: str = field(default_factory=new_id)
    plan_id: str
    call_id: str
    inspector: str
    assigned_by: str
    due_at: datetime | None = None
    state: str = "open"
    created_at: datetime = field(default_factory=utc_now)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewDraft:
    """A review as it is typed, kept while it is not given yet: one for each call and user.

    ``revision`` counts the times it was kept: whoever keeps an older one is told. It stays, with empty
    ``content``, once the review is given.
    """

    id: str
    call_id: str
    user_id: str
    content: dict[str, Any] = field(default_factory=dict)
    revision: int = 0
    updated_at: datetime = field(default_factory=utc_now)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormVersion:
    """The rule file whose scorecard a review was made with; ``id`` is its label, ``name@version``.

    ``content`` is the file, so that an old review can be read with the form of its day.
    """

    id: str
    content: str
    created_at: datetime = field(default_factory=utc_now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """An agent's word that a review was read."""

    id: str = field(default_factory=new_id)
    review_id: str
    agent_id: str
    comment: str = ""
    created_at: datetime = field(default_factory=utc_now)


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealStep:
    """One step of an appeal: ``action`` is what ``by`` did with it."""

    id: str = field(default_factory=new_id)
    appeal_id: str
    by: str
    action: str
    comment: str = ""
    at: datetime = field(default_factory=utc_now)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseStep:
    """One step of a complaint case: ``action`` is what ``by`` did; ``text`` is what there is to say of it."""

    id: str = field(default_factory=new_id)
    case_id: str
    by: str
    action: str
    text: str = ""
    at: datetime = field(default_factory=utc_now)
