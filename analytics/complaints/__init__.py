"""Complaints in depth: how grave by documented criteria, why, whose fault, and whether it was settled."""

from analytics.complaints.assessor import Assessment, ComplaintAssessor
from analytics.complaints.criteria import CRITERIA, Criterion, Hit, criteria_met
from analytics.complaints.taxonomy import CAUSES, RESOLUTIONS, RESPONSIBLE

#: What a model file with an assessor may name beyond skops' own list of harmless types.
TRUSTED = (
    "analytics.complaints.assessor.ComplaintAssessor",
    "analytics.complaints.reasons.CallLabeller",
    "analytics.complaints.resolution.ResolutionClassifier",
    "analytics.complaints.sentences.SentenceScorer",
    "analytics.complaints.severity.SeverityModel",
)

__all__ = [
    "CAUSES",
    "CRITERIA",
    "RESOLUTIONS",
    "RESPONSIBLE",
    "TRUSTED",
    "Assessment",
    "ComplaintAssessor",
    "Criterion",
    "Hit",
    "criteria_met",
]
