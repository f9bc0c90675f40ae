"""The risk model: it ranks, it is calibrated, and it does not depend on what should not matter."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.metrics import average_precision_score

from analytics.modelfile import TRUSTED
from analytics.riskmodel import RiskModel, signals_of
from calls.records import Finding, Transcript
from tests.analytics.dialogue import transcript
from tests.analytics.riskmodel.calls import drawn, fitted

pytestmark = pytest.mark.unit


def without_roles(call: Transcript) -> Transcript:
    return replace(call, roles_known=False, roles_note="mono")


@pytest.fixture(scope="module")
def fresh() -> tuple[list[Transcript], np.ndarray, np.ndarray]:
    return drawn(600, seed=1)


def test_bad_calls_come_first(fresh: tuple[list[Transcript], np.ndarray, np.ndarray]) -> None:
    calls, votes, bad = fresh

    assert average_precision_score(bad, fitted().decision_function(calls)) > 2 * bad.mean()
    assert np.corrcoef(fitted().predict_score(calls), votes)[0, 1] > 0.5


def test_probabilities_are_calibrated() -> None:
    calls, _, bad = drawn(1500, seed=1)
    probability = fitted().predict_proba(calls)[:, 1]

    thirds = np.array_split(np.argsort(probability), 3)

    assert [probability[third].mean() for third in thirds] == pytest.approx(
        [bad[third].mean() for third in thirds], abs=0.08
    )


def test_probabilities_belong_to_the_logit(fresh: tuple[list[Transcript], np.ndarray, np.ndarray]) -> None:
    calls = fresh[0][:20]
    logit = fitted().decision_function(calls)

    both = fitted().predict_proba(calls)

    assert both[:, 1] == pytest.approx(1 / (1 + np.exp(-logit)))
    assert both.sum(axis=1) == pytest.approx(1.0)
    assert (fitted().predict(calls) == (logit >= 0)).all()


def test_a_call_is_judged_the_same_alone_and_among_others(
    fresh: tuple[list[Transcript], np.ndarray, np.ndarray],
) -> None:
    calls = fresh[0][:30]

    together = fitted().decision_function(calls)

    assert np.concatenate([fitted().decision_function([call]) for call in calls]) == pytest.approx(together)
    assert fitted().decision_function(calls[::-1]) == pytest.approx(together[::-1])


def test_names_numbers_and_times_of_a_call_do_not_matter() -> None:
    call = transcript("c:我要投诉", "a:请稍等", "c:骗人的")
    later = [replace(u, number=u.number + 7, start=u.start + 60, end=u.end + 61) for u in call.utterances]

    moved = replace(call, call_id="other", utterances=tuple(later))

    assert fitted().decision_function([moved]) == fitted().decision_function([call])


def test_what_the_system_says_does_not_matter() -> None:
    call = transcript("c:我要投诉", "a:请稍等", "c:骗人的")
    prompted = transcript("s:投诉请按一", "c:我要投诉", "a:请稍等", "c:骗人的")

    assert fitted().decision_function([prompted]) == fitted().decision_function([call])


def test_who_speaks_matters() -> None:
    angry, polite = transcript("c:骗人的你们太差了", "a:谢谢你"), transcript("c:谢谢你", "a:骗人的你们太差了")

    scores = fitted().decision_function([angry, polite])

    assert scores[0] > scores[1]


def test_without_roles_another_model_judges() -> None:
    call = transcript("c:骗人的你们太差了", "a:谢谢你", "c:没有人管我要投诉")
    swapped = transcript("a:骗人的你们太差了", "c:谢谢你", "a:没有人管我要投诉")

    scores = fitted().decision_function([without_roles(call), without_roles(swapped), call])

    assert scores[0] == scores[1] != scores[2]


def test_a_model_that_knows_only_roles_says_so() -> None:
    calls, _, bad = drawn(40)
    model = RiskModel(blind=False).fit(calls, bad)

    with pytest.raises(ValueError, match="roles are not known"):
        model.decision_function([without_roles(calls[0])])


def test_calls_without_roles_alone_can_be_learnt_from() -> None:
    calls, _, bad = drawn(60)
    model = RiskModel().fit([without_roles(call) for call in calls], bad)

    assert model.known_ is None
    assert np.isfinite(model.decision_function(calls)).all()


def test_weights_count_like_repeated_calls() -> None:
    calls, _, bad = drawn(80)
    weight = np.where(bad, 3.0, 1.0)
    groups = np.arange(len(calls))
    model = RiskModel(blind=False)

    plain = model.fit(calls, bad, groups=groups).predict_proba(calls)[:, 1].mean()
    weighted = model.fit(calls, bad, groups=groups, sample_weight=weight).predict_proba(calls)[:, 1].mean()

    assert plain == pytest.approx(bad.mean(), abs=0.03)
    assert weighted > plain + 0.05


def test_the_same_calls_give_the_same_model() -> None:
    calls, votes, bad = drawn(60)
    model = RiskModel(blind=False)

    first, second = (clone(model).fit(calls, bad, y_mean=votes).decision_function(calls) for _ in range(2))

    assert (first == second).all()


@pytest.mark.parametrize(("labels", "says"), [([True, True], "same label"), ([True], "2 calls, 1 labels")])
def test_what_cannot_be_learnt_from_is_refused(labels: list[bool], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        RiskModel().fit([transcript("c:好"), transcript("c:坏")], np.array(labels))


def test_a_misheard_call_sounds_the_same() -> None:
    calls, votes, bad = drawn(120)
    model = RiskModel(cues=False, sounds=True, blind=False).fit(calls, bad, y_mean=votes)
    said, heard = transcript("c:我要投诉", "a:请稍等"), transcript("c:沃要头素", "a:请稍等")
    deaf = RiskModel(cues=False, blind=False).fit(calls, bad, y_mean=votes)

    gap, deaf_gap = (abs(np.diff(each.decision_function([said, heard]))[0]) for each in (model, deaf))

    assert gap < deaf_gap


def test_two_calls_are_enough_to_learn_something() -> None:
    model = RiskModel().fit([transcript("c:好", "a:好"), transcript("c:坏", "a:好")], np.array([False, True]))

    assert np.isfinite(model.predict_proba([transcript("c:坏")])).all()


def test_signals_are_learnt_from_and_may_be_missing() -> None:
    calls, _, bad = drawn(200)
    plain = [transcript("c:套餐", "a:号码") for _ in calls]
    known: list[dict[str, float | None]] = [{"abuse": 0.9 if each else 0.1} for each in bad]
    model = RiskModel(signals=("abuse", "hold_seconds"), blind=False).fit(plain, bad, signals=known)

    high, low, unknown = model.decision_function(plain[:3], signals=[{"abuse": 0.9}, {"abuse": 0.1}, {}])

    assert low < unknown < high
    assert unknown == model.decision_function(plain[:1])[0]


def test_findings_become_signals() -> None:
    findings = [
        Finding(call_id="c", kind="complaint", label="重大", probability=0.7),
        Finding(call_id="c", kind="sentiment", label="negative", probability=0.8),
        Finding(call_id="c", kind="topic", label="billing", probability=1.0),
    ]

    assert signals_of(findings) == {"complaint": 0.7, "grave_complaint": 0.7, "negative": 0.8}
    assert signals_of([Finding(call_id="c", kind="complaint", label="none", probability=0.9)]) == {
        "complaint": pytest.approx(0.1)
    }
    assert signals_of([]) == {}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("caus"), st.text(max_size=30)), max_size=6), st.booleans())
def test_whatever_is_said_gets_a_finite_risk(lines: list[tuple[str, str]], roles: bool) -> None:
    call = transcript(*(f"{who}:{text}" for who, text in lines), roles_known=roles)

    assert np.isfinite(fitted().decision_function([call])).all()
    assert np.isfinite([reason.contribution for reason in fitted().explain(call)]).all()


@pytest.mark.parametrize("text", ["投诉" * 17_000, "😡" * 5_000, "\ud800\x00\u202e", "ﷺ①㍿Å", ""])
def test_odd_texts_get_a_finite_risk(text: str) -> None:
    call = transcript("c:" + text, "a:" + text, "c:" + text)

    assert np.isfinite(fitted().decision_function([call])).all()
    assert fitted().explain(call)


def test_a_stored_model_judges_as_before(tmp_path: Path) -> None:
    calls, _, _ = drawn(20, seed=2)
    path = tmp_path / "risk.skops"
    skops.io.dump(fitted(), path)

    stored = skops.io.load(path, trusted=list(TRUSTED))

    assert (stored.decision_function(calls) == fitted().decision_function(calls)).all()
    assert stored.explain(calls[0]) == fitted().explain(calls[0])
