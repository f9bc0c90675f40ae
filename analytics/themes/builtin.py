"""The topic model that ships: the shipped taxonomy and the seed, learnt on first use and kept on disk."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from analytics.modelfile import kept, model_key
from analytics.seed.assembly import GROUPS, seed_calls, seed_transcript
from analytics.themes.taxonomy import load_taxonomy
from analytics.themes.topicmodel import TopicModel
from calls.records import Role, Transcript, Utterance

#: The folds that the seed's groups are dealt over.
FOLDS = 3


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
    model.version_ = f"topics-{model_key()[:12]}"
    return model


@cache
def builtin_model(folder: Path | None = None) -> TopicModel:
    """Return the built-in model from its file in ``folder``, or trained anew where there is none."""
    model: TopicModel = kept(folder, "topics", train_builtin)
    return model


def _said(example: str) -> Transcript:
    utterance = Utterance(number=0, role=Role.CALLER, start=0.0, end=0.0, text=example)
    return Transcript(call_id="", recogniser="written", model="written", utterances=(utterance,))
