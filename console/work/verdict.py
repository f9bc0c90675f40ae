"""A reviewer's verdict as it is typed into the form, and what it must be before it is stored."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

from analytics.labels import SENTIMENTS, SEVERITIES, TOPICS
from calls.records import Review, Score, new_id

#: Characters at most.
COMMENT_LIMIT = 4000
REVIEWER_LIMIT = 64
NOTE_LIMIT = 500

#: Choice of the form → what the review holds.
COMPLAINT = {"": None, "yes": True, "no": False}
#: Answers to an item of a scorecard that are no points.
PASS, FAIL, NOT_APPLICABLE = "pass", "fail", "na"

_ID = re.compile(r"[0-9a-f]{32}")
_NUMBER = re.compile(r"\d{1,4}(\.\d{1,3})?", re.ASCII)
#: How the form names what is said of an item: ``answer.greeting``, or points in ``points.greeting``, …
_OF_ITEM = re.compile(r"(answer|points|note|at)\.([\w-]{1,100})")


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


@dataclass(frozen=True, slots=True)
class Answer:
    """What the form says of an item: nothing, ``pass``, ``fail``, ``na`` or points; a note and its second."""

    value: str = ""
    note: str = ""
    at: str = ""

    def points(self, item: str, weight: float) -> float | None:
        """Return the points given, ``None`` for *not applicable*.

        Raises
        ------
        VerdictError
            The answer is none of those possible, or more than the item's weight.
        """
        match self.value:
            case "pass":
                return weight
            case "fail":
                return 0.0
            case "na":
                return None
        if not _NUMBER.fullmatch(self.value) or float(self.value) > weight:
            raise VerdictError("scorecard.points", f"answer.{item}", value=self.value, most=f"{weight:g}")
        return float(self.value)

    @property
    def number(self) -> str:
        """The points where the answer is a number, else nothing."""
        return self.value if self.value not in ("", PASS, FAIL, NOT_APPLICABLE) else ""

    @classmethod
    def of(cls, score: Score, weight: float) -> Self:
        """Return the answer that a stored score stands for."""
        values = {None: NOT_APPLICABLE, 0.0: FAIL, weight: PASS}
        value = values[score.points] if score.points in values else f"{score.points:g}"
        return cls(value, score.comment, "" if score.at is None else f"{score.at:g}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The form's fields as text; empty means *not judged*.

    ``review_id`` is made with the form, so that a form sent twice is stored once. ``work`` says which list
    the reviewer works on, ``form`` with which version of the rule file the form was made, ``calibration``
    and ``appeal`` whether it is a rating, or decides an appeal. ``window`` tells one open page from another,
    ``revision`` is that of the draft that it knows.
    """

    complaint: str = ""
    severity: str = ""
    topic: str = ""
    sentiment: str = ""
    comment: str = ""
    reviewer: str = ""
    review_id: str = ""
    plan_id: str = ""
    work: str = ""
    form: str = ""
    calibration: str = ""
    appeal: str = ""
    window: str = ""
    revision: str = ""
    answers: Mapping[str, Answer] = field(default_factory=dict)

    #: The fields that say something of the call.
    SAID = ("complaint", "severity", "topic", "sentiment", "comment")

    @classmethod
    def blank(cls, *, reviewer: str, plan_id: str) -> Self:
        """Return an empty form."""
        return cls(reviewer=reviewer, plan_id=plan_id, review_id=new_id())

    @classmethod
    def from_form(cls, form: Mapping[str, str]) -> Self:
        """Return what was sent, without outer blanks and with the line ends of text files."""

        def sent(name: str) -> str:
            return str(form.get(name, "")).replace("\r\n", "\n").strip()

        named = [each.name for each in fields(cls) if each.name != "answers"]
        items = dict.fromkeys(found[2] for name in form if (found := _OF_ITEM.fullmatch(str(name))))
        answers = {
            item: Answer(
                sent(f"points.{item}") or sent(f"answer.{item}"), sent(f"note.{item}"), sent(f"at.{item}")
            )
            for item in items
        }
        said = {item: answer for item, answer in answers.items() if answer != Answer()}
        return cls(**{name: sent(name) for name in named}, answers=said)

    def content(self) -> dict[str, str]:
        """Return what is said of the call as fields of the form, without those that are empty."""
        said = {name: getattr(self, name) for name in (*self.SAID, "reviewer", "review_id", "form")}
        for item, answer in self.answers.items():
            said |= {f"answer.{item}": answer.value, f"note.{item}": answer.note, f"at.{item}": answer.at}
        return {name: value for name, value in said.items() if value}

    @property
    def empty(self) -> bool:
        """Whether nothing is said of the call yet."""
        return not self.answers and not any(getattr(self, name) for name in self.SAID)

    def same_content(self, other: Verdict) -> bool:
        """Tell whether two forms say the same of the call."""
        mine, theirs = self.content(), other.content()
        for each in (mine, theirs):
            each.pop("review_id", None)
        return mine == theirs

    def review(self, call_id: str) -> Review:
        """Return the verdict as a review of a call; what the scorecard comes to is not in it yet.

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

    def scores(self, review: Review, scorecard: str, weights: Mapping[str, float]) -> list[Score]:
        """Return the answers as scores of a review, in the order of the scorecard.

        Parameters
        ----------
        review : Review
            Ids of its scores begin with its own, so that a review sent twice keeps one set.
        scorecard : str
            Name of the scorecard.
        weights : mapping of str to float
            Its items and how much each counts.

        Raises
        ------
        VerdictError
            An item does not exist, an answer is none of those possible, or a note has no answer.
        """
        for item in self.answers:
            if item not in weights:
                raise VerdictError("scorecard.no-item", f"answer.{item}", item=item)
        return [
            _score(review, number, f"{scorecard}.{item}", self.answers[item], weight)
            for number, (item, weight) in enumerate(weights.items())
            if item in self.answers
        ]


def _score(review: Review, number: int, name: str, answer: Answer, weight: float) -> Score:
    item = name.partition(".")[2]
    if not answer.value:
        raise VerdictError("scorecard.note-alone", f"answer.{item}")
    if len(answer.note) > NOTE_LIMIT:
        raise VerdictError("scorecard.note-long", f"note.{item}", limit=NOTE_LIMIT, length=len(answer.note))
    return Score(
        id=f"{review.id}-{number}",
        call_id=review.call_id,
        item=name,
        points=answer.points(item, weight),
        by=review.reviewer,
        review_id=review.id,
        comment=answer.note,
        at=_second(item, answer.at),
    )


def _second(item: str, text: str) -> float | None:
    if not text:
        return None
    try:
        second = float(text)
    except ValueError:
        second = -1.0
    if not 0 <= second < math.inf:
        raise VerdictError("scorecard.at", f"at.{item}", value=text)
    return second


def same_verdict(one: Review, other: Review) -> bool:
    """Tell whether two reviews say the same, whenever and under whichever id they were stored."""
    return replace(one, id=other.id, created_at=other.created_at) == other


def same_scores(one: Iterable[Score], other: Iterable[Score]) -> bool:
    """Tell whether two sets of scores say the same, whatever their ids."""

    def said(scores: Iterable[Score]) -> list[tuple[Any, ...]]:
        return sorted((each.item, str(each.points), each.comment, str(each.at)) for each in scores)

    return said(one) == said(other)


def _check_choice(field: str, value: str, known: Mapping[str, object] | tuple[str, ...]) -> None:
    if value not in known:
        raise VerdictError("verdict.unknown", field, value=value)


def _check_length(field: str, value: str, limit: int) -> None:
    if len(value) > limit:
        raise VerdictError("verdict.too-long", field, limit=limit, length=len(value))
