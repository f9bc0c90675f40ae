"""Words for what follows a verdict: results, acknowledgement, appeals."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {}
