"""Words for the page of one call."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {}
