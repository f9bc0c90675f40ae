from __future__ import annotations

import json
from dataclasses import astuple

import numpy as np
import pytest

from analytics.evaluation.bootstrap import Measure
from analytics.evaluation.metrics import SHARES, Answer, Measures, Truth, as_json, differences, measures

pytestmark = pytest.mark.unit


def asked(wanted: int, other: int, means: np.ndarray | None = None) -> Truth:
    labels = np.array(["bad"] * wanted + ["fine"] * other)
    return Truth(labels, np.arange(wanted + other), "bad", means)


def test_a_perfect_answer_has_perfect_measures() -> None:
    truth = asked(20, 80, np.linspace(-2, 2, 100))
    sure = (truth.labels == "bad").astype(float)

    found = measures(truth, [Answer(truth.labels, -np.arange(100.0), sure, 3 * np.linspace(-2, 2, 100))], 50)

    assert found.lift is not None and list(found.lift) == ["0.01", "0.02", "0.05", "0.1", "0.2"]
    assert all(each.value == pytest.approx(5.0) for each in found.lift.values())
    assert found.pearson is not None and found.pearson.value == pytest.approx(1.0)
    for each in (found.average_precision, found.precision_at_recall_50, found.macro_f1, found.accuracy):
        assert each is not None and astuple(each) == pytest.approx((1.0, 1.0, 1.0))
    assert found.ece == found.brier == Measure(0.0, 0.0, 0.0)


def test_a_figure_is_the_mean_over_the_repeats() -> None:
    truth = asked(2, 2)
    right, wrong = np.array([4.0, 3, 2, 1]), np.array([1.0, 2, 3, 4])

    both = measures(truth, [Answer(truth.labels, right), Answer(truth.labels[::-1], wrong)], 20)
    one = measures(truth, [Answer(truth.labels[::-1], wrong)], 20)

    assert both.accuracy is not None and both.accuracy.value == 0.5
    assert both.average_precision is not None and one.average_precision is not None
    assert both.average_precision.value == pytest.approx((1 + one.average_precision.value) / 2)


def test_a_difference_is_measured_on_the_same_resamples() -> None:
    truth = asked(10, 40)
    score = np.random.default_rng(0).random(50) - (truth.labels == "bad") * 0.3
    other = np.random.default_rng(1).random(50)
    one, two = Answer(truth.labels, score), Answer(truth.labels[::-1], other)

    nothing = differences(truth, [one], [one], 50)
    found = differences(truth, [one], [two], 50)
    apart = [measures(truth, [each], 50).average_precision for each in (one, two)]

    assert nothing.average_precision == nothing.accuracy == Measure(0.0, 0.0, 0.0)
    assert found.average_precision is not None and apart[0] is not None and apart[1] is not None
    assert found.average_precision.value == pytest.approx(apart[0].value - apart[1].value)
    assert found.average_precision.low < found.average_precision.value < found.average_precision.high


def test_there_is_no_figure_without_ground_for_it() -> None:
    labels = np.array(["a", "b", "c"])

    found = measures(Truth(labels, np.arange(3)), [Answer(labels)], 10)

    one = Measure(1.0, 1.0, 1.0)
    assert found == Measures(macro_f1=one, accuracy=one)


def test_the_object_of_the_command_line() -> None:
    lift = {f"{share:g}": Measure(2.0, 1.0, 3.0) for share in SHARES}
    found = as_json(Measures(average_precision=Measure(0.5, 0.25, float("nan")), lift=lift))

    assert json.loads(json.dumps(found, allow_nan=False)) == {
        "average_precision": 0.5,
        "lift": {"0.01": 2.0, "0.02": 2.0, "0.05": 2.0, "0.1": 2.0, "0.2": 2.0},
        "precision_at_recall_50": None,
        "pearson": None,
        "macro_f1": None,
        "accuracy": None,
        "ece": None,
        "brier": None,
        "intervals": {
            "average_precision": [0.25, None],
            "lift": {share: [1.0, 3.0] for share in lift},
            "precision_at_recall_50": None,
            "pearson": None,
            "macro_f1": None,
            "accuracy": None,
            "ece": None,
            "brier": None,
        },
    }
