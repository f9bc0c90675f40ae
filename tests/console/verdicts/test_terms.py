from __future__ import annotations

from datetime import timedelta

import pytest

from console.settings import SettingError
from console.verdicts.terms import Terms

pytestmark = pytest.mark.unit


def test_the_usual_terms() -> None:
    terms = Terms.from_environment({})

    assert terms == Terms(7, {"一般": 120.0, "重大": 48.0, "紧急": 24.0})
    assert (terms.appeal_time, terms.case_time("重大")) == (timedelta(days=7), timedelta(hours=48))


def test_terms_of_the_environment() -> None:
    terms = Terms.from_environment({"HUAWU_APPEAL_DAYS": "3", "HUAWU_CASE_HOURS": "360, 72,4"})

    assert terms == Terms(3, {"一般": 360.0, "重大": 72.0, "紧急": 4.0})


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("HUAWU_APPEAL_DAYS", "soon", "HUAWU_APPEAL_DAYS: 'soon' is no whole number from 1 to 90"),
        ("HUAWU_APPEAL_DAYS", "0", "HUAWU_APPEAL_DAYS: '0' is no whole number from 1 to 90"),
        ("HUAWU_APPEAL_DAYS", "9" * 30, f"HUAWU_APPEAL_DAYS: '{'9' * 30}' is no whole number from 1 to 90"),
        ("HUAWU_CASE_HOURS", "120,48", "HUAWU_CASE_HOURS: 2 numbers, 3 are needed"),
        ("HUAWU_CASE_HOURS", "120,48,", "HUAWU_CASE_HOURS: '' is no whole number from 1 to 2160"),
        ("HUAWU_CASE_HOURS", "120,-1,24", "HUAWU_CASE_HOURS: '-1' is no whole number from 1 to 2160"),
    ],
)
def test_terms_that_cannot_be(name: str, value: str, message: str) -> None:
    with pytest.raises(SettingError) as refused:
        Terms.from_environment({name: value})

    assert refused.value.message == message
