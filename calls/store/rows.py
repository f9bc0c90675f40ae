"""Records to rows and back. Nested values travel as JSON, checked against the record's types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import JSON, Table

from calls.errors import StoreError
from calls.records import Transcript, Utterance
from calls.store.schema import TABLES

R = TypeVar("R")


_adapters: dict[type[Any], TypeAdapter[Any]] = {}
_names: dict[type[Any], frozenset[str]] = {}


def adapter(kind: type[Any]) -> TypeAdapter[Any]:
    """Return the checker of a record class, built once because that is slow."""
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def table_of(kind: type[Any]) -> Table:
    """Return the table of a record class; :class:`StoreError` for any other class."""
    try:
        return TABLES[kind]
    except KeyError:
        known = ", ".join(sorted(each.__name__ for each in TABLES))
        raise StoreError(f"{kind.__name__} is no record that the store keeps", f"known: {known}") from None


def to_row(record: Any, table: Table) -> dict[str, Any]:
    """Return the column values of one record (the utterances of a transcript left out)."""
    nested = {column.name for column in table.columns if isinstance(column.type, JSON)}
    plain = adapter(type(record)).dump_python(record, mode="json", include=nested) if nested else {}
    return {
        column.name: plain[column.name] if column.name in nested else getattr(record, column.name)
        for column in table.columns
    }


def from_row(kind: type[R], row: Mapping[str, Any], **more: Any) -> R:
    """Return the record of one row."""
    if kind not in _names:
        _names[kind] = frozenset(each.name for each in fields(kind))  # type: ignore[arg-type]
    names = _names[kind]
    values = {name: value for name, value in row.items() if name in names}
    record: R = adapter(kind).validate_python(values | more)
    return record


def utterance_rows(transcript: Transcript) -> list[dict[str, Any]]:
    """Return the rows of a transcript's utterances."""
    plain = adapter(Utterance).dump_python
    return [{"transcript_id": transcript.id, **plain(each, mode="json")} for each in transcript.utterances]
