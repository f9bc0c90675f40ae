"""The classifiers on rows, and what cross-validation on the seed says of them."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import f1_score

from analytics.calltext import CallText
from analytics.complaint import ComplaintClassifier
from analytics.judge import GROUPS, seed_calls, text_rows, train
from analytics.sentiment import SentimentClassifier
from analytics.topic import TopicClassifier

CALLS = [
    (("caller", "我要查话费"), ("agent", "话费二十元")),
    (("caller", "我要退货"), ("caller", "退货太慢我要投诉")),
    (("agent", "投诉请按三"),),
    (("caller", "话费乱扣我要投诉"),),
] * 6


@pytest.mark.unit
def test_caller_and_agent_text_are_separate_features() -> None:
    text = CallText(min_count=1).fit(CALLS)
    said = text.transform([[("caller", "话费")], [("agent", "话费")]])
    alike = (
        CallText(roles=False, min_count=1).fit(CALLS).transform([[("caller", "话费")], [("agent", "话费")]])
    )

    assert said.whole[0].multiply(said.whole[1]).nnz == 0
    assert (alike.whole[0] != alike.whole[1]).nnz == 0
    assert said.caller.tolist() == [True, False]
    assert alike.caller.tolist() == [True, True]


@pytest.mark.unit
def test_the_whole_of_a_call_of_one_turn_is_that_turn() -> None:
    rows = CallText(min_count=1).fit(CALLS).transform(CALLS)

    assert rows.turns.shape[0] == len(rows.call) == sum(len(call) for call in CALLS)
    assert rows.call.tolist()[:6] == [0, 0, 1, 1, 2, 3]
    np.testing.assert_allclose(rows.whole[3].toarray(), rows.turns[5].toarray(), rtol=1e-6)
    chosen = rows.select(np.array([1, 3]))
    assert chosen.call.tolist() == [0, 0, 1]


@pytest.mark.unit
def test_severities_are_ordered_and_probabilities_sum_to_one() -> None:
    rows = CallText(min_count=1).fit(CALLS).transform(CALLS)

    fitted = ComplaintClassifier().fit(rows, ["none", "一般", "紧急", "重大"] * 6, np.arange(len(CALLS)) // 4)

    at_least = fitted.predict_at_least(rows)
    assert (np.diff(at_least, axis=1) <= 0).all()
    probabilities = fitted.predict_proba(rows)
    assert probabilities.shape == (len(CALLS), 4) and (probabilities >= 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)


@pytest.mark.unit
@pytest.mark.parametrize(
    "estimator", [TopicClassifier(), ComplaintClassifier(), SentimentClassifier(), CallText()]
)
def test_estimators_are_cloned_by_their_parameters(estimator: object) -> None:
    assert clone(estimator).get_params() == estimator.get_params()  # type: ignore[attr-defined]


@pytest.mark.integration
@pytest.mark.slow
def test_families_of_the_seed_that_were_not_seen_are_judged_well() -> None:
    """Three folds by family; macro-F1 per utterance, and the calibration error of complaints in calls."""
    calls = seed_calls()
    truth: dict[str, list[str]] = {"topic": [], "complaint": [], "sentiment": []}
    judged: dict[str, list[str]] = {"topic": [], "complaint": [], "sentiment": []}
    expected, happened = [], []
    for fold in range(3):
        training = [call for call in calls if call.group % 3 != fold]
        testing = [call for call in calls if call.group % 3 == fold]
        single = [call for call in testing if len(call.turns) == 1]
        topical = [call for call in single if call.topics]
        whole = [call for call in testing if len(call.turns) > 1]
        topic, attitude = train("topic", training), train("attitude", training)
        truth["topic"] += [next(iter(call.topics)) for call in topical]
        judged["topic"] += [
            found[0][0] for found in topic["topic"].predict(text_rows(topic["text"], topical))
        ]
        truth["complaint"] += [call.severity for call in single]
        truth["sentiment"] += [call.sentiment.removeprefix("strong-") for call in single]
        rows = text_rows(attitude["text"], single)
        judged["complaint"] += [label for label, _ in attitude["complaint"].predict(rows)]
        judged["sentiment"] += [label for label, _ in attitude["sentiment"].predict(rows)]
        expected += list(attitude["complaint"].predict_at_least(text_rows(attitude["text"], whole))[:, 0])
        happened += [call.severity != "none" for call in whole]
    macro_f1 = {kind: f1_score(truth[kind], judged[kind], average="macro") for kind in truth}
    bins = np.minimum((np.array(expected) * 10).astype(int), 9)
    gaps = [abs(np.array(expected)[bins == b].sum() - np.array(happened)[bins == b].sum()) for b in range(10)]
    error = sum(gaps) / len(happened)
    print(macro_f1, f"calibration error {error:.3f}", f"{GROUPS} groups")

    assert macro_f1["topic"] >= 0.66
    assert macro_f1["complaint"] >= 0.85
    assert macro_f1["sentiment"] >= 0.88
    assert error <= 0.08
