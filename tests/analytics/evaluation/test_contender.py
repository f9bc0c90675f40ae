from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from analytics.evaluation.baseline import DialogueBaseline, TextBaseline
from analytics.evaluation.contender import RiskContender, SentimentContender, TopicContender
from analytics.evaluation.sets import LabelledSet
from analytics.feeling.model import SentimentModel
from calls.records import Transcript
from tests.analytics.dialogue import transcript

pytestmark = pytest.mark.unit

TEXTS = ("太差了再也不来", "很好很满意", "差得很", "好吃", "还行吧一般", "一般般吧")
MOODS = ("negative", "positive", "negative", "positive", "neutral", "neutral")


def texts(labels: Sequence[str], said: Sequence[str] = TEXTS) -> LabelledSet[str]:
    return LabelledSet("x", tuple(said), tuple(said), np.array(labels), tuple(said))


class Recorded:
    """A model of any kind that says what it was asked to, and keeps what it was given."""

    classes_ = ("neutral", "negative", "positive", "strong-negative")

    def __init__(self, said: Any) -> None:
        self.said = said

    def fit(self, *given: Any, **named: Any) -> None:
        self.given, self.named = given, named

    def predict_proba(self, rows: Sequence[Any]) -> np.ndarray:
        return np.array(self.said)

    def decision_function(self, rows: Sequence[Any]) -> np.ndarray:
        return np.array(self.said)[:, 1] * 10

    def predict_score(self, rows: Sequence[Any]) -> np.ndarray:
        return 1 - np.array(self.said)[:, 1]

    def predict(self, rows: Sequence[Any]) -> Any:
        return self.said


def test_a_model_of_risk_learns_from_labels_and_means() -> None:
    calls = (transcript("c:好"), transcript("c:差"))
    rows: LabelledSet[Transcript] = LabelledSet(
        "x", ("1", "2"), calls, np.array(["other", "dissatisfied"]), ("好", "差"), np.array([1.0, -2.0])
    )
    model = Recorded([[0.8, 0.2], [0.5, 0.5]])
    contender = RiskContender(model)

    contender.fit(rows, np.array([4, 7]))
    answer = contender.answer(calls)

    assert (model.given[0], model.given[1].tolist()) == (calls, [False, True])
    assert {name: given.tolist() for name, given in model.named.items()} == {
        "y_mean": [1.0, -2.0],
        "groups": [4, 7],
    }
    assert answer.labels.tolist() == ["other", "dissatisfied"]
    assert answer.score is not None and answer.score.tolist() == [2.0, 5.0]
    assert answer.probability is not None and answer.probability.tolist() == [0.2, 0.5]
    assert answer.mean is not None and answer.mean.tolist() == [0.8, 0.5]


def test_a_model_that_knows_neutral_is_asked_only_what_the_rows_have() -> None:
    model = Recorded([[0.8, 0.1, 0.05, 0.05], [0.9, 0.0, 0.1, 0.0]])

    two = SentimentContender(model, ["negative", "positive"]).answer(["a", "b"])
    three = SentimentContender(model, ["negative", "neutral", "positive"]).answer(["a", "b"])

    assert two.labels.tolist() == ["negative", "positive"]
    assert two.probability is not None and two.probability == pytest.approx([0.75, 0.0], abs=1e-9)
    assert three.labels.tolist() == ["neutral", "neutral"]
    assert three.score is not None and three.score == pytest.approx([0.15, 0.0])


def test_a_model_with_the_labels_of_the_rows_chooses_them_itself() -> None:
    model = SentimentModel().fit(list(TEXTS[:4]) * 5, list(MOODS[:4]) * 5)
    contender = SentimentContender(model, ["negative", "positive"])
    answer = contender.answer(TEXTS)

    assert answer.labels.tolist() == model.predict(TEXTS).tolist()
    assert answer.probability is not None
    assert answer.probability == pytest.approx(model.predict_proba(TEXTS)[:, 0], abs=1e-9)


def test_a_model_of_topics_may_abstain() -> None:
    model = Recorded(["billing", ""])
    contender = TopicContender(model)
    contender.fit(texts(MOODS), np.arange(6))

    assert contender.answer(["a", "b"]).labels.tolist() == ["billing", ""]
    assert (model.given, model.named["groups"].tolist()) == ((TEXTS, list(MOODS)), [0, 1, 2, 3, 4, 5])


@pytest.mark.parametrize("labels", [MOODS, ("negative", "positive") * 3])
def test_the_baseline_puts_negative_texts_first(labels: Sequence[str]) -> None:
    baseline = TextBaseline()
    baseline.fit(texts(labels), np.arange(6))
    answer = baseline.answer(TEXTS)

    assert answer.labels.tolist() == list(labels)
    assert answer.score is not None and answer.probability is None
    negative = np.array(labels) == "negative"
    assert answer.score[negative].min() > answer.score[~negative].max()


def test_the_baseline_of_dialogues_gives_probabilities_and_means() -> None:
    calls = tuple(transcript(f"c:{text}") for text in TEXTS)
    bad = np.array([mood == "negative" for mood in MOODS])
    labels = np.where(bad, "dissatisfied", "other")
    rows = LabelledSet("x", TEXTS, calls, labels, TEXTS, np.where(bad, -1.5, 0.5))
    baseline = DialogueBaseline()
    baseline.fit(rows, np.arange(6))
    answer = baseline.answer(calls)

    assert answer.labels.tolist() == labels.tolist()
    assert answer.probability is not None and ((answer.probability >= 0.5) == bad).all()
    assert answer.mean is not None and answer.mean[bad].max() < answer.mean[~bad].min()
