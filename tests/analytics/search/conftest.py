"""Stores with calls to be found, and their indexes, on each kind of database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from analytics.search.index import SearchIndex
from analytics.search.query import Speaker, parse
from analytics.search.wanted import Wanted
from calls.records import Call, Role, Transcript, Utterance
from calls.store import Store

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)

Find = Callable[..., list[str]]


def a_call(number: int, **changes: object) -> Call:
    """Return call ``c<number>``, ``number`` minutes before noon."""
    known: dict[str, object] = {
        "id": f"c{number}",
        "door": "script",
        "caller": f"1380000{1000 + number}",
        "started_at": NOON - timedelta(minutes=number),
    }
    return Call(**{**known, **changes})  # type: ignore[arg-type]


def a_transcript(number: int, *lines: tuple[Role, str] | str, **changes: object) -> Transcript:
    """Return what was said in call ``c<number>``, by the caller where nobody is named."""
    said = tuple(
        Utterance(number=place, role=role, start=2.0 * place, end=2.0 * place + 1, text=text)
        for place, (role, text) in enumerate(
            (Role.CALLER, each) if isinstance(each, str) else each for each in lines
        )
    )
    made: dict[str, object] = {"id": f"t{number}", "created_at": NOON}
    return Transcript(
        call_id=f"c{number}", recogniser="written", model="m", utterances=said, **{**made, **changes}
    )  # type: ignore[arg-type]


@pytest.fixture
def index(store: Store, database: str | Path) -> Iterator[SearchIndex]:
    """The index of the store."""
    with SearchIndex.open(database) as opened:
        yield opened


@pytest.fixture
def find(index: SearchIndex) -> Find:
    """Return the calls that answer a query, newest first, after the index has caught up."""

    def found(
        query: str, *, by_sound: bool = False, who: Speaker = Speaker.ANY, **filters: object
    ) -> list[str]:
        assert index.catch_up()
        wanted = Wanted(node=parse(query, who, by_sound=by_sound), **filters)  # type: ignore[arg-type]
        return [hit.call_id for hit in index.search(wanted).hits]

    return found
