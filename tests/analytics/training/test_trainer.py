"""Models learn from verdicts, and are kept only if they are no worse."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analytics.judge import Judge
from analytics.seed.assembly import seed_calls, seed_transcript
from analytics.training.shelf import ModelShelf
from analytics.training.trainer import Trained, train
from analytics.training.verdicts import JudgedCall, judged_calls
from calls.errors import AnalyticsError
from calls.records import Call, Finding, Review, SampleDraw, SamplePlan
from calls.store import Store

pytestmark = pytest.mark.integration


def verdicts(count: int = 240) -> list[JudgedCall]:
    """Return calls of the seed with the verdicts that they were written for."""
    made = []
    for number, call in enumerate([each for each in seed_calls() if len(each.turns) > 1][:count]):
        review = Review(
            call_id=f"call-{number}",
            reviewer="陈",
            complaint=call.severity != "none",
            topic=min(call.topics) if call.topics else None,
            sentiment=call.sentiment.removeprefix("strong-"),
        )
        transcript = replace(seed_transcript(call), call_id=review.call_id)
        made.append(JudgedCall(transcript, review, weight=1.0))
    return made


class Coin:
    """A model that knows nothing."""

    classes_ = ("billing",)

    def decision_function(self, calls: list[object], *_: object) -> np.ndarray:
        return np.zeros((len(calls), 1))

    def predict(self, texts: list[str]) -> list[str]:
        return ["neutral"] * len(texts)


class RiskCoin(Coin):
    def decision_function(self, calls: list[object], *_: object) -> np.ndarray:
        return np.zeros(len(calls))


@pytest.fixture(scope="module")
def trained() -> dict[str, Trained]:
    calls = verdicts()
    coins = {"risk": RiskCoin(), "topic": Coin(), "sentiment": Coin()}
    return {kind: train(kind, calls, coin, "coin") for kind, coin in coins.items()}


@pytest.mark.parametrize("kind", ["risk", "topic", "sentiment"])
def test_who_learns_is_better_than_a_coin(trained: dict[str, Trained], kind: str) -> None:
    made = trained[kind]

    assert made.better
    assert made.manifest.value > made.manifest.before + 0.2
    assert (made.manifest.kind, made.manifest.replaced) == (kind, "coin")
    assert made.manifest.learnt_from + made.manifest.held_out <= 240
    assert made.manifest.held_out >= 30


@pytest.mark.parametrize("kind", ["risk", "topic", "sentiment"])
def test_a_trained_model_judges_after_it_was_put_on_the_shelf(
    trained: dict[str, Trained], kind: str, tmp_path: Path, judge_cache: Path
) -> None:
    shelf = ModelShelf(tmp_path)
    shelf.put(trained[kind].model, trained[kind].manifest)

    judge = Judge.load(judge_cache, trained=shelf)

    assert shelf.manifest(kind) == trained[kind].manifest
    assert judge.model(kind)[1] == f"{kind}-{trained[kind].manifest.version}"
    call = verdicts(3)[2].transcript
    judged = judge.judge(call)
    assert judged.risk.model == judge.model("risk")[1]
    shares = sum(each.share for each in judged.risk.reasons)
    assert np.log(judged.risk.probability / (1 - judged.risk.probability)) == pytest.approx(
        judged.risk.base + shares
    )


def test_a_worse_model_is_known_as_such(trained: dict[str, Trained]) -> None:
    calls = verdicts()
    shuffled = [
        replace(call, review=replace(call.review, complaint=not call.review.complaint))
        if not call.held_out
        else call
        for call in calls
    ]

    worse = train("risk", shuffled, trained["risk"].model, "good")

    assert not worse.better
    assert worse.by_force().manifest.forced


@pytest.mark.parametrize("kind", ["risk", "sentiment"])
def test_too_few_verdicts_are_refused(kind: str) -> None:
    with pytest.raises(AnalyticsError, match=f"{kind}: too few verdicts to learn from .* → review until"):
        train(kind, verdicts(6), Coin(), "coin")


def test_too_few_held_out_calls_are_refused() -> None:
    known = [call for call in verdicts() if not call.held_out]

    with pytest.raises(AnalyticsError, match="risk: 0 held-out calls are too few to compare models on"):
        train("risk", known, Coin(), "coin")


def test_a_broken_manifest_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "risk.json").write_text("{}")

    with pytest.raises(AnalyticsError, match=r"not a model's manifest .* → remove it"):
        ModelShelf(tmp_path).current("risk")


def test_a_lost_model_is_not_passed_over(trained: dict[str, Trained], tmp_path: Path) -> None:
    shelf = ModelShelf(tmp_path)
    shelf.put(trained["risk"].model, trained["risk"].manifest)
    for path in tmp_path.glob("*.skops"):
        path.unlink()

    with pytest.raises(AnalyticsError, match=r"the model cannot be read .* → train it anew"):
        shelf.current("risk")


def test_verdicts_weigh_as_their_sample_says(tmp_path: Path) -> None:
    drawn, by_hand, unread = verdicts(3)
    with Store.open(tmp_path / "huawu.db") as store:
        plan = SamplePlan(name="s", seed=1, frame_size=9, budget=1, risk_share=0.0)
        store.add(plan, *(Call(id=each.review.call_id, door="sip") for each in (drawn, by_hand, unread)))
        store.add(
            drawn.transcript,
            replace(by_hand.transcript, id="other"),
            replace(drawn.review, plan_id=plan.id),
            by_hand.review,
            unread.review,
            SampleDraw(
                plan_id=plan.id,
                call_id=drawn.review.call_id,
                position=0,
                part="random",
                inclusion_probability=0.125,
                risk=0.1,
            ),
            Finding(call_id=drawn.review.call_id, kind="complaint", label="一般", probability=0.7),
        )

        found = judged_calls(store)

    assert [(each.review.call_id, each.weight) for each in found] == [("call-0", 8.0), ("call-1", 1.0)]
    assert [each.label for each in found[0].findings] == ["一般"]
