"""The words of calls in SQLite's FTS5 (sqlite.org/fts5.html).

The table has a row for each call and a column for each speaker, and again one for each with the utterances
that hold personal data. FTS5 is given tokens with blanks between them: its ``ascii`` tokeniser takes them as
they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Connection, column, literal_column, table, text

from analytics.search.passages import SPOKEN, Passages
from analytics.search.query import All, Either, Node, Run, Sound, Speaker, Term, Word
from analytics.search.tokens import run_tokens, sound_tokens, tokens

NAME = "search_words"
_PERSONAL = "_personal"
_COLUMNS = tuple(f"{speaker}{suffix}" for suffix in ("", _PERSONAL) for speaker in SPOKEN)

words = table(NAME, column("rowid"))


class SqliteWords:
    """Makes, fills and asks the table."""

    source = words
    #: The unary plus keeps SQLite from asking FTS5 once for each call.
    key: ColumnElement[int] = literal_column(f"+{NAME}.rowid")

    def create(self, connection: Connection) -> None:
        """Make the table where there is none."""
        columns = ", ".join(_COLUMNS)
        connection.exec_driver_sql(
            f"CREATE VIRTUAL TABLE IF NOT EXISTS {NAME} USING fts5({columns}, tokenize = 'ascii')"
        )

    def drop(self, connection: Connection) -> None:
        """Drop the table where there is one."""
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {NAME}")

    def put(self, connection: Connection, made: Iterable[tuple[int, Passages]]) -> None:
        """Store what was said in calls whose keys have no words in the table."""
        rows = [
            {
                "key": key,
                **{
                    f"{speaker}{suffix}": " ".join(map(_written, stretches[speaker]))
                    for suffix, stretches in (("", each.open), (_PERSONAL, each.personal))
                    for speaker in SPOKEN
                },
            }
            for key, each in made
        ]
        if rows:
            names = ", ".join(_COLUMNS)
            values = ", ".join(f":{each}" for each in _COLUMNS)
            connection.execute(text(f"INSERT INTO {NAME} (rowid, {names}) VALUES (:key, {values})"), rows)

    def remove(self, connection: Connection, keys: Sequence[int]) -> None:
        """Remove the words of calls, known or not."""
        if keys:
            connection.execute(
                text(f"DELETE FROM {NAME} WHERE rowid = :key"), [{"key": each} for each in keys]
            )

    def purge(self, connection: Connection) -> None:
        """Write the index anew without what was removed: until then FTS5 only marks it as removed."""
        connection.exec_driver_sql(f"INSERT INTO {NAME} ({NAME}) VALUES ('optimize')")

    def matches(self, node: Node, personal: bool) -> ColumnElement[bool]:
        """Return the condition that a call has what is looked for."""
        return literal_column(NAME).bool_op("MATCH")(expression(node, personal))

    def relevance(self, node: Node, personal: bool) -> ColumnElement[float]:
        """Return how well a call answers, greater is better (BM25)."""
        return literal_column(f"-bm25({NAME})")


def _written(stretch: str) -> str:
    """Return the tokens of one stretch; those side by side are nowhere beside those of the next."""
    made = tokens(stretch)
    return " ".join((*made.words, *made.runs, *made.sounds))


def expression(node: Node, personal: bool) -> str:
    """Return a query as FTS5's MATCH takes it; all that was typed stands between quotation marks."""
    if isinstance(node, Either):
        return f"({' OR '.join(expression(part, personal) for part in node.parts)})"
    if isinstance(node, All):
        wanted = " AND ".join(expression(part, personal) for part in node.parts)
        if not node.without:
            return f"({wanted})"
        unwanted = " OR ".join(expression(part, personal) for part in node.without)
        return f"(({wanted}) NOT ({unwanted}))"
    return _term(node, personal)


def _term(term: Term, personal: bool) -> str:
    speakers = SPOKEN if term.speaker is Speaker.ANY else (term.speaker,)
    columns = [*speakers, *(f"{each}{_PERSONAL}" for each in speakers if personal)]
    place = "" if len(columns) == len(_COLUMNS) else f"{{{' '.join(columns)}}} : "
    match term:
        case Word():
            ways = [term.text]
        case Run():
            ways = [" ".join(run_tokens(term.text))]
        case Sound():
            ways = [" ".join(sound_tokens(names)) for names in term.readings]
    found = " OR ".join(f'{place}"{way}"' for way in ways)
    return found if len(ways) == 1 else f"({found})"
