"""Calibration: several raters judge one call, each blind to the others, and are compared item by item."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from analytics.rules.ruleset import in_language
from calls.records import Calibration, Call, Review, Score
from calls.reviewing import RATING, is_rating
from calls.store import Store
from console.access import allow, known_call, note, the_user
from console.desk import the_desk
from console.language import language, t
from console.names import user_names
from console.rights import RIGHTS, Right
from console.work.assignments import inspectors
from console.work.comparison import Comparison, compare, over_calls
from console.work.scorecards import Card, the_scorecards

blueprint = Blueprint("calibrations", __name__)

RATERS = 20
NAME_LIMIT = 100
#: Calibrations on the page, the latest; the rest is counted.
SHOWN = 100


def rating_id(calibration_id: str, rater: str) -> str:
    """Return the id of the one review that a rater gives for a calibration."""
    return RATING + hashlib.sha256(f"{calibration_id}\n{rater}".encode()).hexdigest()[:32]


def ratings(store: Store, calibration: Calibration) -> dict[str, Review]:
    """Return the reviews that were given for a calibration, by rater, in the order of the raters."""
    ids = {rating_id(calibration.id, rater): rater for rater in calibration.raters}
    found = {ids[each.id]: each for each in store.find(Review, id=list(ids))}
    return {rater: found[rater] for rater in calibration.raters if rater in found}


def waiting(store: Store, user_id: str) -> list[Calibration]:
    """Return the open calibrations that wait for a user's rating, the oldest first."""
    asked = [each for each in store.find(Calibration, state="open") if user_id in each.raters]
    given = {each.id for each in store.find(Review, id=[rating_id(each.id, user_id) for each in asked])}
    return [each for each in asked if rating_id(each.id, user_id) not in given]


def open_for(store: Store, call_id: str, user_id: str) -> Calibration | None:
    """Return the calibration for which a user has yet to rate a call: until then the others' are hidden."""
    asked = [
        each for each in store.find(Calibration, call_id=call_id, state="open") if user_id in each.raters
    ]
    for calibration in asked:
        if not store.find(Review, id=rating_id(calibration.id, user_id)):
            return calibration
    return None


def shown_reviews(store: Store, reviews: Sequence[Review], call_id: str, user_id: str) -> list[Review]:
    """Return which reviews of a call a user may see now: none while the user has yet to rate it blind.

    Ratings are shown where they are compared, on the page of their calibration.
    """
    return [] if open_for(store, call_id, user_id) is not None else verdicts_among(reviews)


def verdicts_among(reviews: Sequence[Review]) -> list[Review]:
    """Return the reviews that are verdicts: ratings are shown on the page of their calibration."""
    return [each for each in reviews if not is_rating(each)]


def _comparison(store: Store, calibration: Calibration) -> tuple[Comparison, Card | None]:
    given = ratings(store, calibration)
    scores = store.find(Score, review_id=[each.id for each in given.values()])
    forms = [(each.form, each.scorecard) for each in given.values() if each.form]
    card = the_scorecards().of_version(store, *forms[0]) if forms else None
    items = [f"{card.name}.{item}" for item in card.weights] if card else []
    items += sorted({each.item for each in scores} - set(items))
    return compare(given, scores, items), card


@blueprint.get("/calibrations")
@allow(Right.CALIBRATE)
def listing() -> str:
    """Show the calibrations, how far each is, and how well each item is agreed on over all of them."""
    store = the_desk().store
    found = store.find(Calibration, order_by=("-created_at", "-id"), limit=SHOWN)
    compared = [(each, *_comparison(store, each)) for each in found]
    finished = [
        (comparison, card)
        for each, comparison, card in compared
        if each.state == "closed" or set(comparison.raters) == set(each.raters)
    ]
    titles = {name: title for _, card in reversed(finished) for name, title in item_titles(card).items()}
    return render_template(
        "calibrations.html",
        compared=compared,
        items=over_calls([comparison.items for comparison, _ in finished]),
        titles=titles,
        left_out=max(store.count(Calibration) - SHOWN, 0),
        people=inspectors(store),
        names=user_names(store),
        call_id=request.args.get("call", ""),
    )


@blueprint.post("/calibrations")
@allow(Right.CALIBRATE)
def make() -> Response:
    """Ask several raters to judge a call."""
    store = the_desk().store
    call = known_call(request.form.get("call", "").strip())
    raters = tuple(dict.fromkeys(request.form.getlist("rater")))
    known = {each.id for each in inspectors(store)}
    if not 2 <= len(raters) <= RATERS or not set(raters) <= known:
        abort(400, description=t("calibration.raters-needed", most=RATERS))
    name = request.form.get("name", "").strip()[:NAME_LIMIT]
    made = Calibration(call_id=call.id, name=name, raters=raters)
    store.add(made)
    note("calibration.make", subject=made.id, call_id=call.id, raters=len(raters))
    return redirect(url_for("calibrations.calibration", calibration_id=made.id), 303)


@blueprint.get("/calibrations/<calibration_id>")
@allow(Right.CALIBRATE, Right.REVIEW)
def calibration(calibration_id: str) -> str:
    """Show who said what: to whoever leads it, and to raters once they have rated."""
    store, user = the_desk().store, the_user()
    found = _known(calibration_id)
    given = ratings(store, found)
    rater = user.id in found.raters
    if not rater and Right.CALIBRATE not in RIGHTS[user.role]:
        abort(404, description=t("calibration.unknown"))
    blind = rater and user.id not in given and found.state == "open"
    comparison, card = _comparison(store, found)
    return render_template(
        "calibration.html",
        calibration=found,
        call=store.get(Call, found.call_id),
        given=given,
        blind=blind,
        comparison=comparison,
        titles=item_titles(card),
        weights=card.weights if card else {},
        names=user_names(store),
    )


@blueprint.post("/calibrations/<calibration_id>/close")
@allow(Right.CALIBRATE)
def close(calibration_id: str) -> Response:
    """End a calibration: who has not rated by now does not any more."""
    store = the_desk().store
    found = _known(calibration_id)
    review_ids = tuple(each.id for each in ratings(store, found).values())
    if store.change(replace(found, state="closed", review_ids=review_ids), state="open"):
        note("calibration.close", subject=found.id, call_id=found.call_id, ratings=len(review_ids))
    return redirect(url_for("calibrations.calibration", calibration_id=found.id), 303)


def item_titles(card: Card | None) -> dict[str, str]:
    """Return the words of a form's items in the language of the present request."""
    if card is None:
        return {}
    titles = {}
    for _, name, item in card.rules.scorecards[card.name].items():
        texts = item.question or (card.rules.rules[item.rule].name if item.rule else {})
        titles[name] = in_language(texts, language()) or name
    return titles


def _known(calibration_id: str) -> Calibration:
    found = the_desk().store.find(Calibration, id=calibration_id)
    if not found:
        abort(404, description=t("calibration.unknown"))
    known_call(found[0].call_id)
    return found[0]
