"""The desk's routes and who gets what of them; ``python -m tests.console.routes`` writes that down."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from calls.people import UserRole
from console import rights
from console.access import permits, rights_of
from console.app import create_app
from console.rights import RIGHTS, SCOPES, Right, Scope

DOCUMENT = Path(__file__).parents[2] / "docs" / "desk.md"
ROLES = tuple(UserRole)
HEAD = ("admin", "QA supervisor", "inspector", "team supervisor", "agent", "read-only")
#: What stands in an address for whatever it names; anything else names nothing.
NAMED = {"call_id": "call-1", "user_id": "spare"}
CHANGING = {"POST", "PUT", "PATCH", "DELETE"}


@dataclass(frozen=True, order=True)
class Route:
    """What the desk answers to."""

    path: str
    method: str
    endpoint: str

    def url(self, named: dict[str, str]) -> str:
        """Return an address of it; of several words that may stand somewhere, with the first."""

        def filled(part: re.Match[str]) -> str:
            words = re.match(r"any\(\W*(\w+)", part[1] or "")
            return words[1] if words else named.get(part[2], "1" if part[1] == "int" else "none")

        return re.sub(r"<(?:([^:<>]+):)?(\w+)>", filled, self.path)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def routes(app: Flask) -> list[Route]:
    return sorted(
        Route(rule.rule, method, rule.endpoint)
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    )


def table(heading: str) -> list[list[str]]:
    """The cells of the table below a heading of the document, its head left out."""
    text = DOCUMENT.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines[2:]]


def answers(app: Flask, route: Route) -> list[str]:
    """What each role gets, by the rights of the view."""
    if rights_of(app, route.endpoint) is None:
        return ["all"] * len(ROLES)
    return ["yes" if permits(app, route.endpoint, role) else "403" for role in ROLES]


def rights_table() -> list[list[str]]:
    """Return what the document says of rights, the words for them left out."""
    rows = [[str(right), *("yes" if right in RIGHTS[role] else "" for role in ROLES)] for right in Right]
    return [*rows, ["calls seen", *(str(SCOPES.get(role, Scope.ALL)) for role in ROLES)]]


def routes_table(app: Flask) -> list[list[str]]:
    """Return what the document says of routes."""
    return [[str(route), *answers(app, route)] for route in routes(app)]


def _meanings() -> dict[str, str]:
    """Return the words for each right: the comments beside them."""
    source = Path(rights.__file__).read_text(encoding="utf-8")
    return dict(re.findall(r'^    [A-Z_]+ = "([\w-]+)"  # (.*)$', source, re.M))


def _put(text: str, heading: str, head: str, rows: list[list[str]]) -> str:
    before, _, rest = text.partition(f"\n## {heading}\n")
    section, mark, after = rest.partition("\n## ")
    words = "\n".join(line for line in section.splitlines() if not line.startswith("|")).strip()
    columns = "".join(f"| {name} " for name in HEAD)
    table = [f"{head} {columns}|", "|---" * (head.count("|") + len(HEAD)) + "|"]
    lines = [f"| `{row[0]}` | " + " | ".join(row[1:]) + " |" for row in rows]
    written = "\n".join([*table, *lines])
    return f"{before}\n## {heading}\n\n{words}\n\n{written}\n{mark}{after}"


def main() -> None:
    """Write both tables of the document anew."""
    meanings = _meanings() | {"calls seen": "all, those of the own team's agents, or the own"}
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(f"{folder}/desk.db", Path(folder))
        of_routes = routes_table(app)
        app.extensions["desk"].close()
    of_rights = [[row[0], meanings[row[0]], *row[1:]] for row in rights_table()]
    text = DOCUMENT.read_text(encoding="utf-8")
    text = _put(text, "Rights", "| right | what it is for", of_rights)
    DOCUMENT.write_text(_put(text, "Routes", "| route", of_routes), encoding="utf-8")


if __name__ == "__main__":
    main()
