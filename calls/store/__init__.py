"""The database of calls: one facade, :class:`Store`, over SQLite or PostgreSQL."""

from calls.store.facade import Record, Store

__all__ = ["Record", "Store"]
