"""The built-in sentiment model: trained from our own sentences on first use, then kept on disk."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from analytics.feeling.model import SentimentModel
from analytics.feeling.sentences import sentences
from analytics.modelfile import kept


@cache
def builtin_model(folder: Path | None = None) -> SentimentModel:
    """Return the built-in model, read from ``folder`` or trained and kept there.

    The user's cache folder is used if none is given. One process holds it once.
    """
    model: SentimentModel = kept(folder, "sentiment", train_builtin)
    return model


def train_builtin() -> SentimentModel:
    """Return the built-in model, trained anew: calibrated on domains that it had not seen."""
    ours = sentences()
    return SentimentModel().fit(
        [each.text for each in ours],
        [each.sentiment for each in ours],
        groups=[each.domain for each in ours],
    )
