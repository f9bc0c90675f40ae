"""The command on the samples that are shipped, end to end."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from calls.errors import AnalyticsError
from huawu.evaluate_command import evaluate_app

pytestmark = pytest.mark.integration

SAMPLES = Path(str(files("analytics.evaluation"))) / "samples"
DIALOGUES, SENTIMENT, TOPICS = (SAMPLES / name for name in ("dialogues.jsonl", "sentiment.csv", "topics.csv"))


def run(*arguments: object) -> Result:
    # with the real data the page would take half an hour
    return CliRunner(env={"HUAWU_DATA": None}).invoke(
        evaluate_app, [*map(str, arguments)], catch_exceptions=False
    )


def found(*arguments: object) -> dict[str, Any]:
    done = run(*arguments, "--json")
    assert done.exit_code == 0, done.output
    return dict(json.loads(done.stdout))


def test_complaints_on_the_sample() -> None:
    given = found(
        "complaints", "--train", DIALOGUES, "--cv", "3x1", "--group-by", "opening", "--noise", "0.2"
    )

    assert list(given) == [
        *("task", "train", "test", "protocol", "n", "wanted", "left_out", "wanted_share", "seconds"),
        *("average_precision", "lift", "precision_at_recall_50", "pearson", "macro_f1", "accuracy"),
        *("ece", "brier", "intervals", "baseline", "noise", "conditions"),
    ]
    assert (given["task"], given["n"], given["wanted"]) == ("complaints", 32, "dissatisfied")
    assert list(given["lift"]) == ["0.01", "0.02", "0.05", "0.1", "0.2"]
    for name in ("average_precision", "precision_at_recall_50", "macro_f1", "accuracy", "ece", "brier"):
        low, high = given["intervals"][name]
        assert 0 <= low <= high <= 1 and 0 <= given[name] <= 1
    assert given["noise"]["realised"] == pytest.approx(0.2, abs=0.01)
    assert list(given["conditions"]) == ["clean", "noisy", "trained_noisy"]
    assert given["conditions"]["noisy"]["huawu"]["accuracy"] == given["accuracy"]
    assert given["conditions"]["noisy"]["baseline"] == given["baseline"]


def test_complaints_by_the_words_alone() -> None:
    asked = ("complaints", "--train", DIALOGUES, "--test", DIALOGUES)

    whole, words = found(*asked), found(*asked, "--without-shape")

    assert words["average_precision"] > 0.9
    assert (words["baseline"], words["brier"] == whole["brier"]) == (whole["baseline"], False)


def test_sentiment_on_the_sample() -> None:
    given = found("sentiment", "--train", SENTIMENT, "--test", SENTIMENT)

    # what was learnt is judged: only a broken wire between the two gives less
    assert (given["n"], given["wanted"], given["noise"]) == (56, "negative", None)
    assert given["accuracy"] >= 0.95 and given["baseline"]["accuracy"] >= 0.95
    assert given["average_precision"] >= 0.99


def test_topics_on_the_sample() -> None:
    given = found("topics", "--train", TOPICS, "--cv", "5x1")

    assert (given["n"], given["left_out"], given["average_precision"]) == (50, {}, None)
    assert given["macro_f1"] > 0.5 and given["baseline"]["macro_f1"] > 0.5


def test_the_table_shows_the_baseline_and_intervals() -> None:
    done = run("topics", "--train", TOPICS, "--cv", "2x1", "--least-rows", "5")

    lines = done.stdout.splitlines()
    assert lines[0].startswith("topics: 50 rows; 2x1 stratified cross-validation")
    assert lines[1].split() == ["huawu", "baseline", "difference"]
    assert [line.split()[0] for line in lines[2:4]] == ["macro-F1", "accuracy"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["complaints"], "there is nothing to learn from → give a file with --train"),
        (["sentiment", "--train", DIALOGUES], "there is no column text"),
        (["complaints", "--train", TOPICS], "topics.csv:1: no JSON"),
        (["topics", "--train", TOPICS, "--least-rows", "11"], "no label has 11 rows or more"),
        (["topics", "--train", TOPICS, "--cv", "often"], "--cv often → write folds x repeats: 5x3"),
        (["topics", "--train", TOPICS, "--group-by", "name"], "--group-by name → write opening or none"),
        (["topics", "--train", TOPICS, "--test", TOPICS, "--cv", "5x1"], "--test with --cv or --lockbox"),
        (["complaints", "--train", DIALOGUES, "--cv", "5x1", "--lockbox"], "--cv with --lockbox"),
        (["sentiment", "--train", SENTIMENT, "--noise", "0.9"], "character error rate 0.9"),
    ],
)
def test_what_cannot_be_is_said(arguments: list[object], message: str) -> None:
    with pytest.raises(AnalyticsError) as error:
        run(*arguments)

    assert message in str(error.value)


def test_the_page_can_be_made_from_what_was_measured_before(tmp_path: Path) -> None:
    done = run("page", "--results", tmp_path / "none.json", "--page", tmp_path / "page.md")

    assert done.exit_code == 0
    assert (tmp_path / "page.md").read_text("utf-8").startswith("# How right the models are\n")
