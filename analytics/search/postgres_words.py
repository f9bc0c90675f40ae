"""The words of calls in PostgreSQL's own full text: tsvector under a GIN index.

The tokens are given as lexemes, with the places of runs and sounds: neither a parser nor a dictionary is
asked (as if by the configuration ``simple``), so the same tokens are found whatever the server's locale.
Who spoke is a lexeme's weight: A the caller, B the agent, C others. ``whole`` is all that was said; ``open``,
where it differs, is without personal data.

PostgreSQL keeps 256 places of a lexeme and none beyond 16 383: in the second hour of a call, three and more
characters in a row may be missed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, cast, column, func, literal_column, table, text
from sqlalchemy.dialects.postgresql import TSQUERY

from analytics.search.passages import SPOKEN, Passages
from analytics.search.query import All, Either, Node, Run, Sound, Speaker, Term, Word
from analytics.search.tokens import run_tokens, sound_tokens, tokens

NAME = "search_words"
_WEIGHTS: Mapping[Speaker, str] = dict(zip(SPOKEN, "ABC", strict=True))
_LAST_PLACE, _PLACES = 16383, 256

words = table(NAME, column("key"))


class PostgresWords:
    """Makes, fills and asks the table."""

    source = words
    key: ColumnElement[int] = words.c.key

    def create(self, connection: Connection) -> None:
        """Make the table and its indexes where there are none."""
        connection.exec_driver_sql(
            f"CREATE TABLE IF NOT EXISTS {NAME}"
            " (key bigint PRIMARY KEY, whole tsvector NOT NULL, open tsvector)"
        )
        connection.exec_driver_sql(f"CREATE INDEX IF NOT EXISTS ix_{NAME}_whole ON {NAME} USING gin (whole)")
        connection.exec_driver_sql(
            f"CREATE INDEX IF NOT EXISTS ix_{NAME}_open ON {NAME} USING gin ((coalesce(open, whole)))"
        )

    def drop(self, connection: Connection) -> None:
        """Drop the table where there is one."""
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {NAME}")

    def put(self, connection: Connection, made: Iterable[tuple[int, Passages]]) -> None:
        """Store what was said in calls whose keys have no words in the table."""
        rows = []
        for key, each in made:
            secret = any(each.personal.values())
            both = {who: [*each.open[who], *each.personal[who]] for who in SPOKEN}
            open_ = vector(each.open) if secret else None
            rows.append({"key": key, "whole": vector(both if secret else each.open), "open": open_})
        if rows:
            connection.execute(
                text(
                    f"INSERT INTO {NAME} (key, whole, open)"
                    " VALUES (:key, CAST(:whole AS tsvector), CAST(:open AS tsvector))"
                ),
                rows,
            )

    def remove(self, connection: Connection, keys: Sequence[int]) -> None:
        """Remove the words of calls, known or not."""
        if keys:
            connection.execute(text(f"DELETE FROM {NAME} WHERE key = ANY(:keys)"), {"keys": list(keys)})

    def purge(self, connection: Connection) -> None:
        """Leave it to the server's vacuum to write over what was removed."""

    def matches(self, node: Node, personal: bool) -> ColumnElement[bool]:
        """Return the condition that a call has what is looked for."""
        return _vector_column(personal).bool_op("@@")(cast(expression(node), TSQUERY))

    def relevance(self, node: Node, personal: bool) -> ColumnElement[float]:
        """Return how well a call answers, greater is better (ts_rank, all speakers alike)."""
        alike: ColumnElement[Any] = literal_column("CAST('{1, 1, 1, 1}' AS real[])")
        return func.ts_rank(alike, _vector_column(personal), cast(expression(node), TSQUERY))


def _vector_column(personal: bool) -> ColumnElement[Any]:
    return literal_column(f"{NAME}.whole" if personal else f"coalesce({NAME}.open, {NAME}.whole)")


def vector(stretches: Mapping[Speaker, Sequence[str]]) -> str:
    """Return stretches of speech in the text form of a tsvector."""
    places: dict[str, list[str]] = defaultdict(list)
    place = 1
    for speaker in SPOKEN:
        weight = _WEIGHTS[speaker]
        for stretch in stretches[speaker]:
            made = tokens(stretch)
            for each in made.words:
                places[each].append(f"{min(place, _LAST_PLACE)}{weight}")
            for pair in zip(made.runs, made.sounds, strict=True):
                for each in pair:
                    places[each].append(f"{min(place, _LAST_PLACE)}{weight}")
                place += 1
            place += 1  # nothing stands beside what another stretch holds
    return " ".join(f"'{each}':{','.join(where[:_PLACES])}" for each, where in places.items())


def expression(node: Node) -> str:
    """Return a query in the text form of a tsquery; all that was typed stands between quotation marks."""
    if isinstance(node, Either):
        return f"({' | '.join(map(expression, node.parts))})"
    if isinstance(node, All):
        parts = [*map(expression, node.parts), *(f"!{expression(each)}" for each in node.without)]
        return f"({' & '.join(parts)})"
    return _term(node)


def _term(term: Term) -> str:
    weight = "" if term.speaker is Speaker.ANY else f":{_WEIGHTS[term.speaker]}"
    match term:
        case Word():
            ways = [[term.text]]
        case Run():
            ways = [run_tokens(term.text)]
        case Sound():
            ways = [sound_tokens(names) for names in term.readings]
    found = (" <-> ".join(f"'{each}'{weight}" for each in way) for way in ways)
    return f"({' | '.join(found)})"
