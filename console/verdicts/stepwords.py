"""How the steps of appeals and of complaint cases are shown: by whom, how long ago, and to whom in full."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from flask import g

from analytics.rules.ruleset import in_language
from calls.masking import masked_text
from calls.records import Review, Transcript
from calls.store import Store
from console.access import may
from console.callpage.personal import MEMORY, PersonalData, Veil
from console.desk import the_desk
from console.language import language, t
from console.rights import Right
from console.work.scorecards import filled, the_scorecards


def disclosed(text: str, call_id: str) -> str:
    """Return what people typed about a call, with personal data hidden from who may not see it."""
    if not text or may(Right.PERSONAL):
        return text
    return masked_text(_veil(call_id).plain(text))


def _veil(call_id: str) -> Veil:
    """Return what hides a caller's personal data, made once for each call of the present request."""
    veils: dict[str, Veil] = g.setdefault("veils", {})
    if call_id not in veils:
        store = the_desk().store
        found = store.find(Transcript, call_id=call_id, order_by=("-created_at", "-id"), limit=1)
        data = MEMORY.of_transcript(store, found[0]) if found else PersonalData()
        veils[call_id] = Veil(data, found[0].utterances if found else (), hide=True)
    return veils[call_id]


@dataclass(frozen=True, slots=True)
class ItemWords:
    """How an item of a scorecard is shown: its words, the points it can get, whether it may not fail."""

    words: str
    most: float
    fatal: bool


def item_words(store: Store, reviews: Iterable[Review]) -> dict[str, ItemWords]:
    """Return how the scored items of reviews are shown, by the items' names, in their forms of the day."""
    found: dict[str, ItemWords] = {}
    for review in reviews:
        form = filled(store, the_scorecards(), review)
        for line in (line for part in form.parts for line in part.lines) if form else ():
            words = in_language(line.texts, language()) or line.item
            found[f"{review.scorecard}.{line.item}"] = ItemWords(words, line.weight, line.fatal)
    return found


def duration_words(length: timedelta) -> str:
    """Return a length of time in words with its two largest parts; less than a minute is none."""
    minutes = max(0, int(length.total_seconds() // 60))
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if days:
        return t("step.days", days=days, hours=hour)
    return t("step.hours", hours=hours, minutes=minute)
