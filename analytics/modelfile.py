"""Judge models on disk: skops files that cannot execute code, written whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import tempfile
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import skops.io

from analytics.seed.corpus import seed_hash
from analytics.words import DOMAIN_WORDS, USER_WORDS

#: All that a model file may name beyond skops' own list of harmless types.
TRUSTED = (
    "analytics.calltext.CallText",
    "analytics.complaint.ComplaintClassifier",
    "analytics.sentiment.SentimentClassifier",
    "analytics.topic.TopicClassifier",
    "analytics.words.unit_names",
)
#: Distributions whose version changes what is learnt or how it is stored.
_VERSIONS = ("scikit-learn", "skops", "numpy", "jieba", "pypinyin")

_log = logging.getLogger(__name__)


def model_key() -> str:
    """Return the SHA-256 (hexadecimal) of all that a trained model depends on.

    These are the seed, the word lists, the modules of this package and the versions of the libraries.
    """
    digest = hashlib.sha256(seed_hash().encode())
    package = Path(__file__).parent
    for path in [
        *sorted(package.glob("*.py")),
        *sorted((package / "seed").glob("*.py")),
        DOMAIN_WORDS,
        USER_WORDS,
    ]:
        if path.exists():
            digest.update(path.read_bytes())
    for name in _VERSIONS:
        digest.update(f"{name}=={version(name)}".encode())
    return digest.hexdigest()


def read_model(path: Path) -> dict[str, Any] | None:
    """Return the parts stored in a model file, or None where it is missing or broken."""
    if not path.exists():
        return None
    try:
        parts = skops.io.load(path, trusted=list(TRUSTED))
    except Exception as error:  # a damaged file can fail in any way, and training anew mends each
        _log.warning("%s: broken model file (%s) → training anew", path, error)
        return None
    return parts if isinstance(parts, dict) else None


def write_model(path: Path, parts: dict[str, Any]) -> None:
    """Store the parts under ``path`` atomically; where the folder cannot be written, say so and go on."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        _log.warning("%s: the trained model is not kept (%s)", path, error)
        return
    try:
        with os.fdopen(handle, "wb") as file:
            skops.io.dump(parts, file, compression=zipfile.ZIP_DEFLATED, compresslevel=1)
        os.replace(name, path)
    except OSError as error:
        _log.warning("%s: the trained model is not kept (%s)", path, error)
        with contextlib.suppress(OSError):
            os.unlink(name)
