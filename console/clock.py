"""The time, for the whole desk: an argument of the application, so that tests choose it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import current_app


def the_time() -> datetime:
    """Return the time of the present request, aware UTC."""
    clock: Callable[[], datetime] = current_app.extensions["clock"]
    return clock()
