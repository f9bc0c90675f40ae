"""The form on the page of a call: what it holds, with which scorecard, and who else is at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import request

from analytics.labels import SENTIMENTS, SEVERITIES, TOPICS
from analytics.rules.ruleset import in_language
from calls.records import Appeal, Calibration, Call, Review, Score, new_id
from calls.reviewing import ReviewDraft
from calls.store import Store
from console.access import LOCAL, the_user
from console.callpage.dossier import Dossier
from console.clock import the_time
from console.desk import the_desk
from console.language import language, t
from console.texts import TEXTS
from console.verdicts.appeal import State
from console.work.calibrations import item_titles
from console.work.drafts import Colleague, colleagues, fields_of, load_draft
from console.work.scorecards import Card, Form, fill, machine_answers, the_scorecards
from console.work.verdict import Answer, Verdict, VerdictError


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What the form shows.

    ``restored`` is when the draft that it begins with was kept; ``given`` are ids of reviews that this user
    has given of the call, so that the page can tell what of its own memory has arrived. ``calibration`` is
    the one for which the call is rated, ``appeal`` the one that the verdict decides, ``named`` whether the
    reviewer must say who it is.
    """

    verdict: Verdict
    form: Form | None
    restored: datetime | None
    others: tuple[Colleague, ...]
    given: tuple[str, ...]
    calibration: Calibration | None
    appeal: Appeal | None
    named: bool


def sheet(dossier: Dossier, typed: Verdict) -> Sheet:
    """Return the form of the present user for a call.

    Parameters
    ----------
    dossier : Dossier
        The call, its words, and the worklist that it is on.
    typed : Verdict
        What was sent and comes back; an empty one is filled from the draft.
    """
    store, user, call = the_desk().store, the_user(), dossier.call
    draft = load_draft(store, call.id, user.id)
    given = [review.id for review in dossier.made if user.id == LOCAL.id or review.reviewer == user.id]
    verdict, restored = typed, None
    if typed.empty and (fields := draft_to_restore(draft, given)):
        verdict, restored = _restored(typed, fields), draft.updated_at
    rated = dossier.to_rate
    card = the_scorecards().of(call)
    disputed = _appeal(store, typed.appeal or request.args.get("appeal", ""), call)
    if disputed is not None and verdict.empty:
        verdict = _as_judged_first(store, verdict, store.get(Review, disputed.review_id), card)
    on_list = dossier.worklist is not None and dossier.draw is not None
    return Sheet(
        verdict=replace(
            verdict,
            form=card.label if card else "",
            revision=str(draft.revision),
            window=new_id(),
            calibration=rated.id if rated else "",
            appeal=disputed.id if disputed else "",
            reviewer=verdict.reviewer if user.id == LOCAL.id else user.id,
            plan_id=dossier.draw.plan_id if dossier.draw else "",
            work=dossier.worklist.plan.id if on_list and dossier.worklist else "",
        ),
        form=fill_typed(store, card, dossier, verdict.answers) if card else None,
        restored=restored,
        others=tuple(colleagues(store, call.id, user.id, the_time())),
        given=tuple(given),
        calibration=rated,
        appeal=disputed,
        named=user.id == LOCAL.id,
    )


def draft_to_restore(draft: ReviewDraft, given: list[str]) -> Mapping[str, str]:
    """Return the fields of a draft, none where it has become a review already."""
    fields = fields_of(draft)
    return {} if fields.get("review_id") in given else fields


def fill_typed(store: Store, card: Card, dossier: Dossier, answers: Mapping[str, Answer]) -> Form:
    """Return a form with the machine's answers and those that are typed; what cannot be scored is not."""
    call = dossier.call
    scores, results = machine_answers(store, card, call, dossier.transcript, dossier.facts)
    given = []
    for item, weight in card.weights.items():
        answer = answers.get(item, Answer())
        if not answer.value:
            continue
        try:
            points = answer.points(item, weight)
        except VerdictError:
            continue
        given.append(Score(call_id=call.id, item=f"{card.name}.{item}", points=points, by="typed"))
    return fill(card, scores, results, answers, given)


def field_words(field: str, call: Call) -> str:
    """Return what a field of a call's form is called; for what is said of an item, the item's words."""
    kind, _, item = field.partition(".")
    if item:
        return item_titles(the_scorecards().of(call)).get(item, item)
    return t(f"verdict.{kind}" if f"verdict.{kind}" in TEXTS else f"kind.{kind}")


def words() -> dict[str, Any]:
    """Return what the form's template is written with."""
    return {
        "sheet_of": sheet,
        "sheet_choices": {"severity": SEVERITIES, "topic": tuple(TOPICS), "sentiment": SENTIMENTS},
        "said_in": lambda texts: in_language(texts, language()),
    }


def _appeal(store: Store, appeal_id: str, call: Call) -> Appeal | None:
    """Return an appeal about a call that the present user is to decide."""
    for appeal in store.find(Appeal, id=appeal_id, state=str(State.ASSIGNED), inspector=the_user().id):
        if store.count(Review, id=appeal.review_id, call_id=call.id):
            return appeal
    return None


def _as_judged_first(store: Store, verdict: Verdict, first: Review, card: Card | None) -> Verdict:
    """Return a form that says what the first verdict said, its comment left out."""
    answers = {}
    if card is not None and first.scorecard == card.name:
        weights = card.weights
        for score in store.find(Score, review_id=first.id):
            item = score.item.partition(".")[2]
            if item in weights:
                answers[item] = Answer.of(score, weights[item])
    return replace(
        verdict,
        complaint={None: "", True: "yes", False: "no"}[first.complaint],
        severity=first.severity or "",
        topic=first.topic or "",
        sentiment=first.sentiment or "",
        answers=answers,
    )


def _restored(verdict: Verdict, fields: Mapping[str, str]) -> Verdict:
    kept = Verdict.from_form(fields)
    return replace(
        kept,
        reviewer=kept.reviewer or verdict.reviewer,
        review_id=kept.review_id or verdict.review_id,
    )
