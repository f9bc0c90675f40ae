"""The topic model that ships: the shipped taxonomy and the seed, learnt on first use and kept on disk."""

from __future__ import annotations

import hashlib
import logging
from functools import cache
from pathlib import Path

import skops.io
from platformdirs import user_cache_path

from analytics.modelfile import TRUSTED, model_key, write_model
from analytics.seed.assembly import GROUPS, seed_calls, seed_transcript
from analytics.themes.taxonomy import load_taxonomy, shipped_path
from analytics.themes.topicmodel import TopicModel
from calls.records import Role, Transcript, Utterance

#: The folds that the seed's groups are dealt over.
FOLDS = 3
#: What the model's file names beyond :data:`analytics.modelfile.TRUSTED`.
CLASSES = ("analytics.themes.gramspace.GramSpace", "analytics.themes.topicmodel.TopicModel")

_log = logging.getLogger(__name__)


def train_builtin() -> TopicModel:
    """Return the model learnt from the shipped taxonomy and the seed.

    The seed holds few lines of agents: apart, the words of a topic would have to be learnt twice from them.
    """
    taxonomy = load_taxonomy()
    calls = seed_calls()
    X = [seed_transcript(call) for call in calls]
    y = [call.topics for call in calls]
    dealt = [str(call.group) for call in calls]
    for topic, entry in taxonomy.topics.items():
        for number, example in enumerate(entry.examples):
            X.append(_said(example))
            y.append(frozenset({topic}))
            dealt.append(str(number % GROUPS))
    hints = {topic: (entry.name, *entry.keywords) for topic, entry in taxonomy.topics.items()}
    model = TopicModel(exclusive=False, roles=False, folds=FOLDS).fit(X, y, groups=dealt, hints=hints)
    model.version_ = f"topics-{builtin_key()[:12]}"
    return model


@cache
def builtin_key() -> str:
    """Return the SHA-256 (hexadecimal) of all that the built-in model depends on."""
    digest = hashlib.sha256(model_key().encode())
    for path in [*sorted(Path(__file__).parent.glob("*.py")), shipped_path()]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


@cache
def builtin_model(folder: Path | None = None) -> TopicModel:
    """Return the built-in model from its file in ``folder``, or trained anew where there is none."""
    path = (folder or user_cache_path("huawu") / "judges") / f"{builtin_key()[:32]}-topics.skops"
    model = _read(path)
    if model is None:
        model = train_builtin()
        write_model(path, {"topics": model})
    return model


def _read(path: Path) -> TopicModel | None:
    if not path.exists():
        return None
    try:
        model = skops.io.load(path, trusted=[*TRUSTED, *CLASSES])["topics"]
    except Exception as error:  # a damaged file can fail in any way, and training anew mends each
        _log.warning("%s: broken model file (%s) → training anew", path, error)
        return None
    return model if isinstance(model, TopicModel) else None


def _said(example: str) -> Transcript:
    utterance = Utterance(number=0, role=Role.CALLER, start=0.0, end=0.0, text=example)
    return Transcript(call_id="", recogniser="written", model="written", utterances=(utterance,))
