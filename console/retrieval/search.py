"""Page: the list of calls, narrowed by what was said in them and by what is known of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from analytics.search.index import SearchIndex
from analytics.search.passages import masked
from analytics.search.query import QueryError
from analytics.search.snippets import Snippet, snippets
from analytics.search.wanted import COUNTED, RANKED, Cursor, Found, Hit, Wanted
from calls.people import SavedSearch
from calls.records import Agent, Queue
from calls.store import Store
from console.access import allow, may, the_user, visible
from console.desk import the_desk
from console.language import language, t
from console.names import agent_names
from console.overview.memory import Memory
from console.retrieval.searchform import CHOSEN, JUDGED, SAID, FormError, SearchForm
from console.rights import Right
from console.texts import known_text, label_text
from console.work.calibrations import waiting

blueprint = Blueprint("search", __name__)

#: Calls on one page.
PAGE_SIZE = 25
#: Searches that one user may keep, and characters of a name.
SAVED, NAME_LENGTH = 50, 60
#: Calls of one exported file; of more, the newest.
EXPORTED = 10_000
#: Agents that the form offers; the others are typed.
OFFERED = 300


@dataclass(frozen=True, slots=True)
class Line:
    """One call of the list: what is known of it, its agent's name, and where it answers the query."""

    hit: Hit
    agent: str
    snippets: tuple[Snippet, ...] = ()

    @property
    def address(self) -> str:
        """The page of the call."""
        return url_for("calls.call", call_id=self.hit.call_id)


class Told(dict[Any, Any]):
    """Value → how it is shown; asked for once, since the lines of a page show the same few values."""

    def __init__(self, show: Callable[[Any], str]) -> None:
        super().__init__()
        self._show = show

    def __missing__(self, value: Any) -> str:
        shown = self[value] = self._show(value)
        return shown


#: Kind of value → what shows one, for the lines of the list.
NAMES: Mapping[str, Callable[[str], str]] = {
    "outcome": lambda value: known_text(f"outcome.{value}", language(), value),
    "topic": lambda value: label_text("topic", value, language()),
    "sentiment": lambda value: label_text("sentiment", value, language()),
    "role": lambda value: t(f"role.{value}"),
    "hear": lambda value: t("search.at", time=value),
}


@dataclass(frozen=True, slots=True)
class Centre:
    """Who works in the centre: what the form offers. The agents are options of a list, ready to be shown.

    ``members`` are all agents, for what is typed of one.
    """

    agents: Markup
    members: tuple[Agent, ...]
    teams: tuple[str, ...]
    queues: tuple[Queue, ...]


@blueprint.get("/calls")
@allow(Right.CALLS)
def listing() -> str | tuple[str, int]:
    """Show a page of calls, the newest first or those that answer best."""
    form = read_form(request.args)
    try:
        wanted = wanted_of(form)
        cursor = _cursor(form)
    except (FormError, QueryError) as problem:
        return _page(form, None, problem), 400
    index = the_desk().index_now(words=wanted.node is not None)
    return _page(form, (wanted, index.search(wanted, cursor, size=PAGE_SIZE)))


@blueprint.post("/searches")
@allow(Right.SEARCH)
def save() -> Response:
    """Keep a search under a name; one of the same name is replaced."""
    form = read_form(request.form)
    name = request.form.get("name", "").strip()
    if not form.given():
        abort(400, description=t("search.fault.nothing-to-save"))
    if not name or len(name) > NAME_LENGTH:
        abort(400, description=t("search.fault.name", limit=NAME_LENGTH))
    store = the_desk().store
    kept = saved_searches(store)
    earlier = [each for each in kept if each.name == name]
    if len(kept) >= SAVED and not earlier:
        abort(400, description=t("search.fault.many-saved", limit=SAVED))
    made = SavedSearch(user_id=the_user().id, name=name, query=form.given())
    store.add(replace(made, id=earlier[0].id) if earlier else made)
    return redirect(address(form), 303)


@blueprint.post("/searches/<search_id>/delete")
@allow(Right.SEARCH)
def delete(search_id: str) -> Response:
    """Drop one of the present user's searches."""
    own = {"id": search_id, "user_id": the_user().id}
    store = the_desk().store
    if not store.count(SavedSearch, **own):
        abort(404, description=t("search.fault.no-saved"))
    store.replace(SavedSearch, own)
    return redirect(address(read_form(request.form)), 303)


def read_form(given: Mapping[str, str]) -> SearchForm:
    """Return the form of the present request, without what the user may not ask about."""
    without = set() if may(Right.VERDICTS) else set(JUDGED)
    if not may(Right.SEARCH):
        without |= SAID
    return SearchForm.read(given, without)


def wanted_of(form: SearchForm) -> Wanted:
    """Return what the form looks for among the calls that the present user sees."""
    store = the_desk().store
    agents = _centre(store).members if form.agent or form.team else ()
    return form.wanted(agents, _seen(store), personal=may(Right.PERSONAL))


def lines(
    index: SearchIndex, hits: Collection[Hit], wanted: Wanted, *, limit: int = 2, whole: bool = False
) -> list[Line]:
    """Return calls with their agents' names and the utterances that answer the query.

    Without the right to personal data, ``wanted.personal``, they are masked. Whoever has yet to rate a call
    without knowing what others said of it does not see its score.
    """
    store = the_desk().store
    names = agent_names(store, (each.agent_id for each in hits))
    blind = {each.call_id for each in waiting(store, the_user().id)}
    said = index.said([each.call_id for each in hits]) if wanted.node is not None else {}
    made = []
    for hit in hits:
        if hit.call_id in blind:
            hit = replace(hit, score=None)
        found: tuple[Snippet, ...] = ()
        if wanted.node is not None:
            spoken = said.get(hit.call_id, [])
            hidden = None if wanted.personal else masked(spoken)
            found = snippets(spoken, wanted.node, hidden, limit=limit, whole=whole)
        made.append(Line(hit, names.get(hit.agent_id or "", ""), found))
    return made


def saved_searches(store: Store) -> list[SavedSearch]:
    """Return the searches that the present user keeps, by name."""
    return store.find(SavedSearch, user_id=the_user().id, order_by=("name", "id"), limit=SAVED)


def explained(problem: FormError | QueryError) -> str:
    """Return what is wrong with a search, in the language of the present request."""
    if isinstance(problem, QueryError):
        return t(f"search.query.{problem.problem}", at=problem.at, limit=problem.limit)
    field = t(f"search.{problem.field}")
    return t(f"search.fault.{problem.reason}", field=field, value=problem.value)


def _page(
    form: SearchForm,
    answer: tuple[Wanted, Found] | None,
    problem: FormError | QueryError | None = None,
) -> str:
    store = the_desk().store
    found = answer[1] if answer else None
    return render_template(
        "calls.html",
        form=form,
        given=form.given(),
        found=found,
        lines=lines(the_desk().index, found.hits, answer[0]) if answer and found else [],
        problem=explained(problem) if problem else None,
        wrong="q" if isinstance(problem, QueryError) else problem.field if problem else "",
        counted=COUNTED,
        ranked=RANKED,
        chosen=CHOSEN,
        centre=_centre(store),
        every_team=_seen(store) is None,
        saved=saved_searches(store) if may(Right.SEARCH) else [],
        link=lambda cursor: address(form, cursor),
        name_length=NAME_LENGTH,
        export_rows=EXPORTED,
        told=Told,
        names=NAMES,
    )


def address(form: SearchForm, cursor: Cursor | None = None) -> str:
    """Return where a search is shown, from its first page on or from another place."""
    query: dict[str, Any] = {**form.given(), **(_query(cursor) if cursor else {})}
    return url_for("search.listing", **query)


def _seen(store: Store) -> list[str] | None:
    agents: list[str] | None = visible(store).get("agent_id")
    return agents


def _centre(store: Store) -> Centre:
    memory: Memory = current_app.extensions.setdefault("search-centre", Memory(seconds=30.0, most=1))

    def ask() -> Centre:
        agents = store.find(Agent, order_by=("name", "id"))
        teams = sorted({each.team for each in agents if each.team})
        queues = store.find(Queue, order_by=("name", "id"))
        options = (Markup('<option value="{}">{}</option>').format(each.id, each.name) for each in agents)
        return Centre(Markup("").join(islice(options, OFFERED)), tuple(agents), tuple(teams), tuple(queues))

    return memory.get("centre", ask)


def _cursor(form: SearchForm) -> Cursor:
    places = {}
    for name in ("before", "after", "skip"):
        value = request.args.get(name, "")
        # longer numbers would not fit the database's integers
        if value and not (value.isascii() and value.isdigit() and len(value) < 19):
            abort(400, description=t("search.fault.place", value=value))
        places[name] = int(value) if value else None
    skip = places["skip"] or 0
    if skip >= RANKED:
        abort(404, description=t("search.fault.too-far", limit=RANKED))
    return Cursor(before=places["before"], after=places["after"], by_relevance=form.by_relevance, skip=skip)


def _query(cursor: Cursor) -> dict[str, int]:
    if cursor.by_relevance:
        return {"skip": cursor.skip} if cursor.skip else {}
    named = {"before": cursor.before, "after": cursor.after}
    return {name: place for name, place in named.items() if place is not None}
