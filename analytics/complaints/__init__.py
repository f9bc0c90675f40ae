"""Complaints in depth: how grave by documented criteria, why, whose fault, and whether it was settled."""

from analytics.complaints.assessor import Assessment, ComplaintAssessor
from analytics.complaints.criteria import CRITERIA, Criterion, Hit, criteria_met
from analytics.complaints.taxonomy import CAUSES, RESOLUTIONS, RESPONSIBLE

__all__ = [
    "CAUSES",
    "CRITERIA",
    "RESOLUTIONS",
    "RESPONSIBLE",
    "Assessment",
    "ComplaintAssessor",
    "Criterion",
    "Hit",
    "criteria_met",
]
