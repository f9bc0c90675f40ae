"""The risk model that needs no labels of the user: it learns from the seed, which we wrote ourselves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analytics.complaints.assessor import unseen_at_least
from analytics.labels import NO_COMPLAINT, STRONG_NEGATIVE
from analytics.riskmodel.model import RiskModel
from analytics.riskmodel.signals import NOT_FOUND
from analytics.seed.assembly import SeedCall, seed_calls, seed_transcript

#: The complaint classifier's answers by their names as signals of the risk model.
COMPLAINT_SIGNALS = ("complaint", "grave_complaint", "urgent_complaint")

#: How bad a call is, as raters might vote from -2 to 2: by severity, and by mood where nobody complains.
BY_SEVERITY = {"一般": -1.0, "重大": -1.5, "紧急": -2.0}
BY_MOOD = {STRONG_NEGATIVE: -1.2, "negative": -0.8, "neutral": 0.0, "positive": 1.0}
#: From this vote down a person should hear a call.
BAD = -0.8
#: The part of such calls that is assumed where nothing is known; the seed holds more of them, to learn from.
BAD_SHARE = 0.15


def train_builtin() -> RiskModel:
    """Return the risk model that needs no verdicts: learnt from the seed and the complaints found in it.

    It is the mean of two: one that is told what the complaint classifier found, and one that is not. Told, it
    would rely on that almost alone, and where nearly everybody complains that tells little.

    What the complaint classifier says of a seed call comes from one that had not seen it; the sentiment model
    has seen all of them, so it has no say. The seed's calls are put together at random, so their shape means
    nothing and is not learnt from; nor are cues, whose words were written by somebody who had read real
    dialogues. Its probabilities hold for :data:`BAD_SHARE` of bad calls; what the share is at a site, only
    verdicts tell.
    """
    calls = seed_calls()
    levels = unseen_at_least(calls)
    several = [number for number, call in enumerate(calls) if len(call.turns) > 1]
    votes = np.array([vote(calls[number]) for number in several])
    bad = votes <= BAD
    signals = [
        dict.fromkeys(COMPLAINT_SIGNALS, NOT_FOUND) | _complaint_signals(levels[number].tolist())
        for number in several
    ]
    told, untold = (
        RiskModel(shape=False, cues=False, signals=COMPLAINT_SIGNALS[:2]).fit(
            [seed_transcript(calls[number]) for number in several],
            bad,
            y_mean=votes,
            groups=np.array([calls[number].group for number in several]),
            sample_weight=np.where(bad, BAD_SHARE / bad.mean(), (1.0 - BAD_SHARE) / (1.0 - bad.mean())),
            signals=known,
        )
        for known in (signals, None)
    )
    return told.mean_with(untold)


def _complaint_signals(at_least: Sequence[float]) -> dict[str, float]:
    """Return what a complaint finding would tell the risk model, from the probabilities of the severities."""
    named = max(sum(probability >= 0.5 for probability in at_least), 1)
    return dict.fromkeys(COMPLAINT_SIGNALS[:named], at_least[named - 1])


def vote(call: SeedCall) -> float:
    """Return how bad a seed call is, by the graver of severity and mood."""
    mood = BY_MOOD[call.sentiment]
    return mood if call.severity == NO_COMPLAINT else min(mood, BY_SEVERITY[call.severity])
