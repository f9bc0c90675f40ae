"""The database of calls: one facade, :class:`Store`, over SQLite or PostgreSQL."""

from calls.store.facade import Record, Span, Store

__all__ = ["Record", "Span", "Store"]
