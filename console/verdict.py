"""A reviewer's verdict as it is typed into the form, and what it must be before it is stored."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

from analytics.labels import SENTIMENTS, SEVERITIES, TOPICS
from calls.records import Review, new_id

#: Characters at most.
COMMENT_LIMIT = 4000
REVIEWER_LIMIT = 64

#: Choice of the form → what the review holds.
COMPLAINT = {"": None, "yes": True, "no": False}

_ID = re.compile(r"[0-9a-f]{32}")


class VerdictError(ValueError):
    """The form cannot be stored as it is.

    Parameters
    ----------
    key : str
        The sentence in :data:`console.texts.TEXTS` that says why.
    field : str
        The form's field at fault.
    **values
        What the sentence's placeholders stand for.
    """

    def __init__(self, key: str, field: str, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.field = field
        self.values = values


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The form's fields as text; empty means *not judged*.

    ``review_id`` is made with the form, so that a form sent twice is stored once.
    """

    complaint: str = ""
    severity: str = ""
    topic: str = ""
    sentiment: str = ""
    comment: str = ""
    reviewer: str = ""
    review_id: str = ""
    plan_id: str = ""

    @classmethod
    def blank(cls, *, reviewer: str, plan_id: str) -> Self:
        """Return an empty form."""
        return cls(reviewer=reviewer, plan_id=plan_id, review_id=new_id())

    @classmethod
    def from_form(cls, form: Mapping[str, str]) -> Self:
        """Return what was sent, without outer blanks and with the line ends of text files."""
        fields = cls.__dataclass_fields__
        sent = {name: form.get(name, "").replace("\r\n", "\n").strip() for name in fields}
        return cls(**sent)

    def review(self, call_id: str) -> Review:
        """Return the verdict as a review of a call.

        Raises
        ------
        VerdictError
            A field holds what it must not.
        """
        _check_choice("complaint", self.complaint, COMPLAINT)
        _check_choice("severity", self.severity, ("", *SEVERITIES))
        _check_choice("topic", self.topic, ("", *TOPICS))
        _check_choice("sentiment", self.sentiment, ("", *SENTIMENTS))
        if self.severity and not COMPLAINT[self.complaint]:
            raise VerdictError("verdict.severity-without-complaint", "severity")
        if not self.reviewer:
            raise VerdictError("verdict.needs-reviewer", "reviewer")
        _check_length("reviewer", self.reviewer, REVIEWER_LIMIT)
        _check_length("comment", self.comment, COMMENT_LIMIT)
        return Review(
            id=self.review_id if _ID.fullmatch(self.review_id) else new_id(),
            call_id=call_id,
            reviewer=self.reviewer,
            complaint=COMPLAINT[self.complaint],
            severity=self.severity or None,
            topic=self.topic or None,
            sentiment=self.sentiment or None,
            comment=self.comment,
            plan_id=self.plan_id or None,
        )


def same_verdict(one: Review, other: Review) -> bool:
    """Tell whether two reviews say the same, whenever and under whichever id they were stored."""
    return replace(one, id=other.id, created_at=other.created_at) == other


def _check_choice(field: str, value: str, known: Mapping[str, object] | tuple[str, ...]) -> None:
    if value not in known:
        raise VerdictError("verdict.unknown", field, value=value)


def _check_length(field: str, value: str, limit: int) -> None:
    if len(value) > limit:
        raise VerdictError("verdict.too-long", field, limit=limit, length=len(value))
