"""The topics of a centre, as its people write them: a YAML file with examples, checked field by field."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from calls.document import Document, Section, read_document
from calls.errors import AnalyticsError, HuawuError

#: What an id may be: it is stored with findings, so it stays when the name changes.
Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_一-鿿][a-z0-9_.一-鿿-]{0,63}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Group(Section):
    """A heading over topics, or over other headings."""

    name: Text
    parent: Id | None = None


class Topic(Section):
    """A topic: what people call it, what it belongs to, and what callers say."""

    name: Text
    parent: Id | None = None
    examples: Annotated[list[Text], Field(min_length=1)]
    keywords: list[Text] = Field(default_factory=list)


class Taxonomy(Section):
    """The topics of a centre by id, and the groups that they belong to."""

    groups: dict[Id, Group] = Field(default_factory=dict)
    topics: Annotated[dict[Id, Topic], Field(min_length=2)]

    def name(self, label: str) -> str:
        """Return the name of a topic or a group for people; an unknown id is its own name."""
        entry = self.topics.get(label) or self.groups.get(label)
        return entry.name if entry else label

    def path(self, label: str) -> tuple[str, ...]:
        """Return the ids from the topmost group down to a topic or group, that included."""
        entry = self.topics.get(label) or self.groups.get(label)
        return (*(self.path(entry.parent) if entry and entry.parent else ()), label)

    def under(self, group: str) -> list[str]:
        """Return the topics that belong to a group or topic, directly or not, in the order of the file."""
        return [topic for topic in self.topics if group in self.path(topic)[:-1]]


def shipped_path() -> Path:
    """Return the file of the taxonomy that ships with huawu."""
    return Path(str(files("analytics.themes") / "topics.yaml"))


def load_taxonomy(path: str | Path | None = None) -> Taxonomy:
    """Read a taxonomy and check it; the shipped one if no path is given.

    Raises
    ------
    AnalyticsError
        It cannot be read, or holds a fault; the message names file, line, field, value and the way out.
    """
    document = read_document(Path(path or shipped_path()), AnalyticsError)
    taxonomy = document.read_as(Taxonomy)
    for fault in _faults(document, taxonomy):
        raise fault
    return taxonomy


def taxonomy_faults(path: str | Path) -> list[HuawuError]:
    """Return everything that is wrong with a taxonomy file, each fault with its line."""
    try:
        document = read_document(Path(path), AnalyticsError)
    except AnalyticsError as error:
        return [error]
    taxonomy, faults = document.read_all(Taxonomy)
    return faults if taxonomy is None else [*_faults(document, taxonomy)]


def taxonomy_schema() -> dict[str, Any]:
    """Return the JSON Schema of the file, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Taxonomy.model_json_schema()}


def _faults(document: Document, taxonomy: Taxonomy) -> Iterator[HuawuError]:
    known = {**taxonomy.groups, **taxonomy.topics}
    for label in taxonomy.groups.keys() & taxonomy.topics.keys():
        yield document.complaint(
            ("topics", label), "a group has this id already", "give the topic or the group another id"
        )
    for kind, entries in (("groups", taxonomy.groups), ("topics", taxonomy.topics)):
        for label, entry in entries.items():
            if entry.parent is None:
                continue
            place = (kind, label, "parent")
            if entry.parent not in known:
                yield document.unknown(place, "group or topic", entry.parent, known)
            elif circle := _circle(label, known):
                yield document.complaint(
                    place, f"parents go in a circle: {' → '.join(circle)}", "one of them must have no parent"
                )
    seen: dict[str, str] = {}
    for label, topic in taxonomy.topics.items():
        for number, example in enumerate(topic.examples):
            other = seen.setdefault(example, label)
            if other != label:
                yield document.complaint(
                    ("topics", label, "examples", number),
                    f"{example!r} is an example of {other!r} too",
                    "keep it in the topic that it shows best",
                )


def _circle(label: str, known: dict[str, Any]) -> list[str]:
    """Return the parents from an entry back to itself, or nothing."""
    way = [label]
    while (parent := getattr(known.get(way[-1]), "parent", None)) is not None:
        way.append(parent)
        if parent == label:
            return way
        if parent in way[:-1]:
            return []  # a circle that others are in: told of there
    return []
