from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from analytics.evaluation import models
from analytics.evaluation.contest import Setup
from analytics.evaluation.folds import Plan
from analytics.evaluation.models import COMPLAINTS, SENTIMENT, TOPIC
from analytics.evaluation.sets import LabelledSet
from analytics.evaluation.tasks import evaluate
from analytics.judge import Judge
from analytics.themes.topicmodel import TopicModel
from calls.errors import AnalyticsError

pytestmark = pytest.mark.unit

SAMPLES = Path(str(files("analytics.evaluation"))) / "samples"
QUICK = Setup(Plan(2, 1), resamples=20)


def test_the_risk_that_is_scored_is_the_one_that_calls_are_given(
    judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models.Judge, "load", lambda: judge)
    rows = COMPLAINTS.read(SAMPLES / "dialogues.jsonl")

    found = evaluate(COMPLAINTS, None, rows, QUICK, untrained=True)
    answer = models.ShippedRisk(judge).answer(rows.rows[:2])
    risks = [judge.judge(each).risk.probability for each in rows.rows[:2]]

    assert answer.probability is not None and answer.probability.tolist() == risks
    assert (1 / (1 + np.exp(-answer.score))).tolist() == pytest.approx(risks)

    assert (found.n, list(found.headline), found.protocol) == (40, ["huawu"], "nothing learnt from the rows")
    ours = found.headline["huawu"]
    assert ours.average_precision is not None and ours.average_precision.value > 0.7
    assert ours.pearson is not None and ours.pearson.value > 0.5


SAMPLE = TOPIC.read(SAMPLES / "topics.csv")
TWO = SAMPLE.select(np.isin(SAMPLE.labels, ["billing", "delivery"]))


@pytest.fixture
def topics(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that knows the sample by heart in the place of the shipped one, which takes long to train."""
    model = TopicModel().fit(TWO.rows, TWO.labels.tolist())
    monkeypatch.setattr(TopicModel, "builtin", lambda: model)


@pytest.mark.usefixtures("topics")
def test_the_shipped_topics_are_named_beside_a_baseline_that_learns() -> None:
    found = evaluate(TOPIC, TWO, None, QUICK, untrained=True)

    ours = found.headline["huawu"]
    assert ours.macro_f1 is not None and ours.macro_f1.value > 0.9
    assert list(found.headline) == ["huawu", "baseline", "difference"]


def rows(*labels: str) -> LabelledSet[str]:
    said = tuple(f"{number}{label}" for number, label in enumerate(labels))
    return LabelledSet("x.csv", said, said, np.array(labels), said)


@pytest.mark.usefixtures("topics")
def test_topics_that_are_not_ours_cannot_be_known_untrained() -> None:
    with pytest.raises(AnalyticsError, match=r"the built-in topics are billing, delivery; the file has 天气"):
        evaluate(TOPIC, None, rows("天气", "billing"), QUICK, untrained=True)


def test_rare_topics_take_no_part_in_either_file() -> None:
    train, test = rows(*["甲"] * 12, *["乙"] * 12, "c"), rows("甲", "乙", "c", "d")

    found = evaluate(TOPIC, train, test, QUICK)

    assert (found.n, found.left_out) == (2, {"c": 1, "d": 1})


def test_one_label_alone_is_nothing_to_judge() -> None:
    with pytest.raises(AnalyticsError, match=r"x.csv: every row has the label negative"):
        evaluate(SENTIMENT, rows("negative", "negative"), None, QUICK)
