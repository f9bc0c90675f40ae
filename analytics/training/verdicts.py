"""The verdicts of inspectors as labelled calls, each with the weight that its sample gives it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from calls.records import CallMetrics, Finding, Review, SampleDraw, Transcript
from calls.store import Store

#: One call in so many is held out of training, to compare models on.
HELD_OUT = 5


@dataclass(frozen=True, slots=True)
class JudgedCall:
    """A call that a person judged.

    Attributes
    ----------
    transcript : Transcript
    review : Review
        The latest one.
    weight : float
        The inverse of the probability with which the sample of the review included the call; 1 where it
        was not reviewed within a sample.
    findings : tuple of Finding
        What the machine thinks of it.
    metrics : dict of str to float or None
        What was measured in it.
    """

    transcript: Transcript
    review: Review
    weight: float
    findings: tuple[Finding, ...] = ()
    metrics: dict[str, float | None] | None = None

    @property
    def held_out(self) -> bool:
        """Whether it is kept for comparing models: by a hash of its id, so always the same calls."""
        return int(hashlib.sha256(self.review.call_id.encode()).hexdigest(), 16) % HELD_OUT == 0


def judged_calls(store: Store) -> list[JudgedCall]:
    """Return the reviewed calls that have a transcript, in order of their ids."""
    latest = {each.call_id: each for each in store.find(Review, order_by=("created_at", "id"))}
    ids = sorted(latest)
    probability = {
        (draw.plan_id, draw.call_id): draw.inclusion_probability
        for draw in store.find(SampleDraw, call_id=ids)
    }
    transcripts = {each.call_id: each for each in store.find(Transcript, call_id=ids)}
    metrics = {each.call_id: each.values for each in store.find(CallMetrics, call_id=ids)}
    findings: dict[str, list[Finding]] = {}
    for finding in store.find(Finding, call_id=ids):
        findings.setdefault(finding.call_id, []).append(finding)
    return [
        JudgedCall(
            transcripts[id],
            latest[id],
            1.0 / probability.get((latest[id].plan_id or "", id), 1.0),
            tuple(findings.get(id, ())),
            metrics.get(id),
        )
        for id in ids
        if id in transcripts
    ]
