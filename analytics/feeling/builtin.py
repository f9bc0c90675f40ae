"""The built-in model: trained from our own sentences on first use, then kept as arrays on disk."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from platformdirs import user_cache_path

from analytics.feeling.lexicon import FOLDER
from analytics.feeling.model import SentimentModel
from analytics.feeling.sentences import SENTENCES, sentences
from analytics.modelfile import read_model, write_model
from analytics.seed.corpus import seed_hash

#: What a stored model holds; arrays and numbers only, so that its file names no class.
STORED = ("classes_", "columns_", "weights_", "read_weights_", "intercept_", "threshold_")
#: Distributions whose version changes what is learnt.
_VERSIONS = ("scikit-learn", "numpy", "scipy", "pypinyin")


@cache
def builtin_model(folder: Path | None = None) -> SentimentModel:
    """Return the built-in model, read from ``folder`` or trained and kept there.

    The user's cache folder is used if none is given. One process holds it once.
    """
    path = (folder or user_cache_path("huawu") / "judges") / f"{builtin_key()[:32]}-feeling.skops"
    stored = read_model(path)
    if stored is not None and set(stored) == set(STORED):
        return _restored(stored)
    model = train_builtin()
    write_model(path, {name: getattr(model, name) for name in STORED} | {"classes_": model.classes_.tolist()})
    return model


def train_builtin() -> SentimentModel:
    """Return the built-in model, trained anew: calibrated on domains that it had not seen."""
    ours = sentences()
    return SentimentModel().fit(
        [each.text for each in ours],
        [each.sentiment for each in ours],
        groups=[each.domain for each in ours],
    )


def builtin_key() -> str:
    """Return the SHA-256 (hexadecimal) of all that the built-in model depends on."""
    digest = hashlib.sha256(seed_hash().encode())
    for path in [*sorted(Path(__file__).parent.glob("*.py")), SENTENCES, *sorted(FOLDER.glob("*.txt"))]:
        digest.update(path.read_bytes())
    for name in _VERSIONS:
        digest.update(f"{name}=={version(name)}".encode())
    return digest.hexdigest()


def _restored(stored: dict[str, Any]) -> SentimentModel:
    model = SentimentModel()
    for name, value in stored.items():
        setattr(model, name, np.array(value) if name == "classes_" else value)
    return model
