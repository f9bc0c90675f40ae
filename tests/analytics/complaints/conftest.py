"""One assessor for all tests of this folder, with the judge's complaint classifier before it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from analytics.complaints import Assessment, ComplaintAssessor
from analytics.judge import Judge

Assess = Callable[..., Assessment]


@pytest.fixture(scope="session")
def assessor(judge: Judge) -> ComplaintAssessor:
    return judge.assessor


@pytest.fixture(scope="session")
def assess(judge: Judge) -> Assess:
    """Assess a call as a judge does."""
    return judge.assess_complaint
