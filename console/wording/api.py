"""Words for tokens, uploads, webhooks, and people's requests about their data."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {}
