"""Words for the work queue, assignments, scorecards and calibration."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {}
