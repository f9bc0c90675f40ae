"""The classifiers on rows, and what cross-validation on the seed says of them."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import f1_score

from analytics.calltext import CallText
from analytics.complaint import ComplaintClassifier
from analytics.judge import train_complaint
from analytics.seed.assembly import seed_calls
from analytics.words import normalise

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
@pytest.mark.parametrize("estimator", [ComplaintClassifier(), CallText()])
def test_estimators_are_cloned_by_their_parameters(estimator: object) -> None:
    assert clone(estimator).get_params() == estimator.get_params()  # type: ignore[attr-defined]


@pytest.mark.integration
@pytest.mark.slow
def test_families_of_the_seed_that_were_not_seen_are_judged_well() -> None:
    """Three folds by family; macro-F1 per utterance, and the calibration error of complaints in calls."""
    calls = seed_calls()
    truth: list[str] = []
    judged: list[str] = []
    expected, happened = [], []
    for fold in range(3):
        parts = train_complaint([call for call in calls if call.group % 3 != fold])
        testing = [call for call in calls if call.group % 3 == fold]
        texts = [[(role, normalise(said).text) for role, said in call.turns] for call in testing]
        rows = parts["text"].transform(texts)
        at_least = parts["complaint"].predict_at_least(rows)[:, 0]
        for call, (label, _), likely in zip(testing, parts["complaint"].predict(rows), at_least, strict=True):
            if len(call.turns) == 1:
                truth.append(call.severity)
                judged.append(label)
            else:
                expected.append(likely)
                happened.append(call.severity != "none")
    bins = np.minimum((np.array(expected) * 10).astype(int), 9)
    gaps = [abs(np.array(expected)[bins == b].sum() - np.array(happened)[bins == b].sum()) for b in range(10)]

    assert f1_score(truth, judged, average="macro") >= 0.85
    assert sum(gaps) / len(happened) <= 0.08
