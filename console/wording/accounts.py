"""Words for signing in, users and their rights."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {}
