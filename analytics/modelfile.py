"""Judge models on disk: skops files that cannot execute code, written whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import tempfile
import zipfile
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import skops.io
from platformdirs import user_cache_path

from analytics.seed.corpus import seed_hash
from analytics.words import DOMAIN_WORDS, USER_WORDS
from calls.errors import AnalyticsError

#: All that a model file may name beyond skops' own list of harmless types.
TRUSTED = (
    "analytics.calltext.CallText",
    "analytics.complaint.ComplaintClassifier",
    "analytics.complaints.assessor.ComplaintAssessor",
    "analytics.complaints.reasons.CallLabeller",
    "analytics.complaints.resolution.ResolutionClassifier",
    "analytics.complaints.sentences.SentenceScorer",
    "analytics.complaints.severity.SeverityModel",
    "analytics.feeling.model.SentimentModel",
    "analytics.riskmodel.features.CallFeatures",
    "analytics.riskmodel.model.RiskModel",
    "analytics.riskmodel.model.RiskScorer",
    "analytics.themes.gramspace.GramSpace",
    "analytics.themes.topicmodel.TopicModel",
)
#: Distributions whose version changes what is learnt or how it is stored.
_VERSIONS = ("scikit-learn", "skops", "numpy", "jieba", "pypinyin")

#: What of this package changes what is learnt, and which parts of it do not.
_LEARNT_FROM = (".py", ".yaml", ".tsv", ".txt")
_NOT_LEARNT_FROM = ("evaluation", "kpi", "redaction", "rules", "sampling", "training")

#: How the models of a file number what they read; one of an earlier number would judge at random.
READING = 2
_READING = "reading"

_log = logging.getLogger(__name__)


@cache
def model_key() -> str:
    """Return the SHA-256 (hexadecimal) of all that a trained model depends on.

    These are the seed, the word lists, what of this package has a part in learning, and the versions of the
    libraries.
    """
    digest = hashlib.sha256(seed_hash().encode())
    package = Path(__file__).parent
    for path in sorted(package.rglob("*")):
        part = path.relative_to(package).parts
        if path.suffix in _LEARNT_FROM and part[0] not in _NOT_LEARNT_FROM:
            digest.update(path.read_bytes())
    for path in (DOMAIN_WORDS, USER_WORDS):
        if path.exists():
            digest.update(path.read_bytes())
    for name in _VERSIONS:
        digest.update(f"{name}=={version(name)}".encode())
    return digest.hexdigest()


def load_parts(path: Path) -> dict[str, Any]:
    """Return the parts stored in a model file. Nothing in it is executed.

    Raises
    ------
    AnalyticsError
        The file is missing or broken, names a type that is not trusted, or was made by an earlier version.
    """
    try:
        parts = skops.io.load(path, trusted=list(TRUSTED))
    except Exception as error:  # a damaged file can fail in any way
        raise AnalyticsError(
            f"{path}: the model cannot be read ({error})", "train it anew, or remove it and its manifest"
        ) from None
    if not isinstance(parts, dict):
        raise AnalyticsError(f"{path}: holds no model", "train it anew")
    if parts.pop(_READING, 1) != READING:
        raise AnalyticsError(
            f"{path}: the model was made by an earlier version, which read texts otherwise",
            "train it anew, or remove it and its manifest",
        )
    return parts


def store_parts(path: Path, parts: dict[str, Any]) -> None:
    """Store the parts under ``path``, whole or not at all.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            skops.io.dump(
                {**parts, _READING: READING}, file, compression=zipfile.ZIP_DEFLATED, compresslevel=1
            )
        os.replace(name, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def read_model(path: Path) -> dict[str, Any] | None:
    """Return the parts of a model that can be made again, or None where its file is missing or broken."""
    if not path.exists():
        return None
    try:
        return load_parts(path)
    except AnalyticsError as error:
        _log.warning("%s → training anew", error.message)
        return None


def write_model(path: Path, parts: dict[str, Any]) -> None:
    """Store a model that can be made again; where that cannot be done, say so and go on."""
    try:
        store_parts(path, parts)
    except OSError as error:
        _log.warning("%s: the trained model is not kept (%s)", path, error)


def kept(folder: Path | None, name: str, train: Callable[[], Any]) -> Any:
    """Return a built-in model from its file, or train it and keep it.

    Parameters
    ----------
    folder : Path, optional
        The user's cache folder if not given.
    name : str
    train : callable
    """
    path = (folder or user_cache_path("huawu") / "judges") / f"{model_key()[:32]}-{name}.skops"
    parts = read_model(path)
    if parts is None:
        parts = {"model": train()}
        write_model(path, parts)
    return parts["model"]
