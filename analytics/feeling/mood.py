"""The mood of a party over a call, from the moods of its utterances, and how often such a mood is right.

The likelihood of the utterance that shows a mood most is no probability of the call's mood: of twenty neutral
utterances one may look displeased by chance. A logistic regression for each mood (Platt 1999), on that
likelihood and on how many utterances there were, makes it one. It learns from calls whose mood is known and
whose utterances were scored by models that had not seen them.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression

from analytics.labels import STRONG_NEGATIVE

#: What the mood of a call may be.
CALL_MOODS = ("negative", "neutral", "positive")
#: Utterances cited for one finding at most.
CITED = 3
#: An utterance is abuse, and a call has a mood, from this probability on.
LIKELY = 0.5
#: What the mood of a call needs: the sum over the caller's utterances of what their probability of the mood
#: exceeds :data:`LIKELY` by. A single clear utterance suffices, two lukewarm ones do not.
CLEAR = 0.2
#: Log-odds beyond which an utterance is as sure as any.
CERTAIN = 6.0
#: Calls put together for the calibration, how often they have each mood, and how many utterances they have.
CALLS = 4000
SHARES = {"negative": 0.3, "neutral": 0.5, "positive": 0.2}
FEWEST, MOST = 2, 20
#: How likely a call that has the mood negative ends with a word of thanks.
THANKED = 0.3


class Mood(NamedTuple):
    """The mood of a party.

    Attributes
    ----------
    label : str
        One of :data:`CALL_MOODS`.
    likely : float
        The likelihood of the utterance that shows it most.
    cited : list of int
        Those utterances, strongest first.
    utterances : int
    """

    label: str
    likely: float
    cited: list[int]
    utterances: int


def mood_of(displeased: Sequence[float], neutral: Sequence[float], pleased: Sequence[float]) -> Mood:
    """Return the mood of one or more utterances, of the probabilities that each is displeased and so on."""
    places = range(len(neutral))
    weight = {
        "negative": sum(max(each - LIKELY, 0.0) for each in displeased),
        "positive": sum(max(each - LIKELY, 0.0) for each in pleased),
    }
    # A thank-you at the end does not undo a complaint: displeasure counts twice.
    label = "negative" if 2 * weight["negative"] >= weight["positive"] else "positive"
    if weight[label] < CLEAR:
        strongest = sorted(places, key=lambda place: -neutral[place])[:1]
        rest = max(max(displeased), max(pleased))
        return Mood("neutral", 1.0 - rest if rest < LIKELY else LIKELY, strongest, len(neutral))
    score = displeased if label == "negative" else pleased
    cited = [
        place for place in sorted(places, key=lambda place: -score[place])[:CITED] if score[place] >= LIKELY
    ]
    return Mood(label, score[cited[0]], cited, len(neutral))


def right(mood: Mood, chances: np.ndarray) -> float:
    """Return the probability that a mood is the call's.

    Parameters
    ----------
    mood : Mood
    chances : float array, shape (3, 3)
        What :func:`learnt_chances` gives.
    """
    logit = float(_features(mood) @ chances[CALL_MOODS.index(mood.label)])
    return float(1.0 / (1.0 + np.exp(-logit)))


def learnt_chances(moods: Sequence[Mood], truth: Sequence[str]) -> np.ndarray:
    """Return for each mood the weights of the log-odds, of log(utterances) and of one, shape (3, 3).

    Parameters
    ----------
    moods : sequence of Mood
        Found by models that had not seen the calls.
    truth : sequence of str
        The moods that the calls have.
    """
    chances = np.zeros((len(CALL_MOODS), 3))
    for row, label in enumerate(CALL_MOODS):
        own = [place for place, mood in enumerate(moods) if mood.label == label]
        hits = np.array([truth[place] == label for place in own], dtype=bool)
        if hits.any() and not hits.all():
            features = np.array([_features(moods[place]) for place in own])
            fitted = LogisticRegression(C=10.0).fit(features[:, :2], hits)
            if fitted.coef_[0, 0] > 0:
                chances[row] = [*fitted.coef_[0], fitted.intercept_[0]]
                continue
        # all right, all wrong, or likelier where it is wrong: how often it is right is all that is known
        chances[row, 2] = np.log((hits.sum() + 1) / ((~hits).sum() + 1))
    return chances


def composed_moods(likely: np.ndarray, labels: Sequence[str], seed: int = 0) -> tuple[list[Mood], list[str]]:
    """Put calls together of sentences, and return the mood that is found in each and the one that it has.

    A call is neutral where all its sentences are; one to three of the others are of its mood. A displeased
    caller may thank in the end.

    Parameters
    ----------
    likely : float array, shape (n_sentences, 3)
        The probabilities that each is displeased, neutral, pleased, by a model that had not seen it.
    labels : sequence of str
        Moods of the sentences.
    seed : int
    """
    folded = ["negative" if label == STRONG_NEGATIVE else label for label in labels]
    pools = {mood: [place for place, label in enumerate(folded) if label == mood] for mood in CALL_MOODS}
    rng = random.Random(seed)
    moods, truth = [], []
    for _ in range(CALLS):
        label = rng.choices([*SHARES], [*SHARES.values()])[0]
        count = round(FEWEST * (MOST / FEWEST) ** rng.random())
        told = min(rng.randint(1, 3), count) if label != "neutral" else 0
        said = rng.choices(pools[label], k=told) + rng.choices(pools["neutral"], k=count - told)
        if label == "negative" and rng.random() < THANKED:
            said.append(rng.choice(pools["positive"]))
        moods.append(mood_of(*likely[said].T.tolist()))
        truth.append(label)
    return moods, truth


def _features(mood: Mood) -> np.ndarray:
    edge = 1.0 / (1.0 + np.exp(CERTAIN))
    likely = min(max(mood.likely, edge), 1.0 - edge)
    return np.array([np.log(likely / (1.0 - likely)), np.log(mood.utterances), 1.0])
