"""Taking the calls of a search out as CSV or XLSX; each time is noted in the audit log before it begins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from flask import Blueprint, Response, abort, request, stream_with_context

from analytics.search.index import SearchIndex
from analytics.search.query import QueryError
from analytics.search.wanted import Wanted
from calls.masking import masked_number
from console.access import allow, may, note
from console.csvtext import csv_lines
from console.desk import the_desk
from console.figures import clock, moment
from console.language import language, t
from console.retrieval.exportfile import Cell, xlsx_pieces
from console.retrieval.search import EXPORTED, Line, explained, lines, read_form, wanted_of
from console.retrieval.searchform import FormError
from console.rights import Right
from console.texts import known_text, label_text

blueprint = Blueprint("export", __name__)

#: Calls read at a time, and utterances shown of each.
PIECE, SHOWN = 200, 20
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_COLUMNS = (
    *(
        "call",
        "call.started",
        "call.caller",
        "search.seconds",
        "call.duration",
        "call.agent",
        "search.agent-id",
    ),
    *("search.queue", "call.outcome", "call.topic", "call.severity", "call.sentiment"),
)
_JUDGED = ("search.score", "call.reviewed")


@blueprint.get("/exports/calls.<any(csv, xlsx):kind>")
@allow(Right.EXPORT)
def calls(kind: str) -> Response:
    """Give the newest calls that the list of calls would show, without personal data.

    ``personal=yes`` asks for full numbers and words; for that there is a right of its own.
    """
    personal = request.args.get("personal") == "yes"
    if personal and not may(Right.EXPORT_PERSONAL):
        abort(403, description=t("fault.right"))
    form = read_form(request.args)
    try:
        wanted = wanted_of(form)
    except (FormError, QueryError) as problem:
        abort(400, description=explained(problem))
    index = the_desk().index_now(words=wanted.node is not None)
    ids = index.call_ids(wanted, EXPORTED + 1)
    # which fields, and not what was typed into them: that may be personal
    note(
        "search.export",
        subject=kind,
        rows=min(len(ids), EXPORTED),
        cut=len(ids) > EXPORTED,
        personal=personal,
        fields=sorted(form.given()),
    )
    shown = replace(wanted, personal=personal)
    head = [t(name) for name in (*_COLUMNS, *(_JUDGED if may(Right.VERDICTS) else ()), "search.said")]
    table = _rows(index, ids[:EXPORTED], shown)
    pieces = csv_lines(head, table) if kind == "csv" else xlsx_pieces(head, table)
    return Response(
        stream_with_context(pieces),
        content_type=_TYPES[kind],
        headers={"Content-Disposition": f'attachment; filename="calls.{kind}"'},
    )


def _rows(index: SearchIndex, call_ids: list[str], wanted: Wanted) -> Iterator[list[Cell]]:
    for first in range(0, len(call_ids), PIECE):
        hits = index.hits(call_ids[first : first + PIECE])
        for line in lines(index, hits, wanted, limit=SHOWN, whole=True):
            yield _row(line, wanted.personal)


def _row(line: Line, personal: bool) -> list[Cell]:
    hit, spoken = line.hit, language()
    row: list[Cell] = [
        hit.call_id,
        moment(hit.started_at),
        hit.caller if personal else masked_number(hit.caller),
        hit.seconds,
        "" if hit.seconds is None else clock(hit.seconds),
        line.agent,
        hit.agent_id or "",
        hit.queue_id or "",
        known_text(f"outcome.{hit.outcome}", spoken, hit.outcome or ""),
        t("search.comma").join(label_text("topic", each, spoken) for each in hit.topics),
        label_text("complaint", hit.severity, spoken) if hit.severity else "",
        label_text("sentiment", hit.sentiment, spoken) if hit.sentiment else "",
    ]
    if may(Right.VERDICTS):
        row += [hit.score, hit.reviews]
    said = (f"{clock(each.start)} {t(f'role.{each.role}')} {each.text}" for each in line.snippets)
    return [*row, "\n".join(said)]
