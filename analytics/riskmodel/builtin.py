"""The risk model that needs no labels of the user: it learns from the seed, which we wrote ourselves."""

from __future__ import annotations

import numpy as np

from analytics.labels import NO_COMPLAINT, STRONG_NEGATIVE
from analytics.riskmodel.model import RiskModel
from analytics.seed.assembly import GROUPS, SeedCall, assemble, family_groups, seed_transcript
from analytics.seed.corpus import read_seed

#: Calls assembled from the seed.
CALLS = 1200

#: How bad a call is, as raters might vote from -2 to 2: by severity, and by mood where nobody complains.
BY_SEVERITY = {"一般": -1.0, "重大": -1.5, "紧急": -2.0}
BY_MOOD = {STRONG_NEGATIVE: -1.2, "negative": -0.8, "neutral": 0.0, "positive": 1.0}
#: From this vote down a person should hear a call.
BAD = -0.8
#: The part of such calls that is assumed where nothing is known; the seed holds more of them, to learn from.
BAD_SHARE = 0.15


def train_builtin(calls: int = CALLS) -> RiskModel:
    """Return the built-in model, trained on the seed (some seconds).

    The seed's calls are put together at random, so their shape means nothing and is not learnt from. Its
    probabilities hold for :data:`BAD_SHARE` of bad calls; what the share is at a site, only verdicts tell.
    """
    rows = read_seed()
    made = assemble(rows, family_groups(rows, GROUPS), calls)
    votes = np.array([vote(call) for call in made])
    bad = votes <= BAD
    weight = np.where(bad, BAD_SHARE / bad.mean(), (1.0 - BAD_SHARE) / (1.0 - bad.mean()))
    return RiskModel(shape=False, cues=False).fit(
        [seed_transcript(call) for call in made],
        bad,
        y_mean=votes,
        groups=np.array([call.group for call in made]),
        sample_weight=weight,
    )


def vote(call: SeedCall) -> float:
    """Return how bad a seed call is, by the graver of severity and mood."""
    mood = BY_MOOD[call.sentiment]
    return mood if call.severity == NO_COMPLAINT else min(mood, BY_SEVERITY[call.severity])
