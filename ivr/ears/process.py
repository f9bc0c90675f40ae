"""The process ``python -m huawu.child ear``: loads one model, then keeps ears that share it."""

from __future__ import annotations

import os

from ivr.ears.settings import EarSettings


def run(settings: EarSettings) -> None:
    """Hear calls until SIGTERM or SIGINT comes.

    Raises
    ------
    ModelError
        There is no such model, or it cannot be loaded.
    ServeError
        The ears cannot be forked, or die again and again.
    """
    for library in ("OMP", "OPENBLAS", "MKL"):  # they read it when they are loaded, and start threads
        os.environ[f"{library}_NUM_THREADS"] = "1"
    os.nice(settings.nice)

    from ivr.ears.brood import Brood
    from ivr.ears.rehearsal import rehearse
    from ivr.ears.service import serve
    from speech.models import find_model
    from speech.recogniser import load

    model = load(find_model(settings.model or None))
    rehearse(model)
    numbers = range(settings.number, settings.number + settings.count)
    Brood(numbers, lambda number: serve(settings, number, model)).keep()
