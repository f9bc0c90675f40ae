"""The topic model that ships, on dialogues unlike what it has learnt from."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import yaml

from analytics.labels import TOPICS
from analytics.modelfile import model_key
from analytics.themes.builtin import builtin_model
from analytics.themes.topicmodel import TopicModel
from tests.analytics.dialogue import misheard, transcript

pytestmark = pytest.mark.integration

DIALOGUES = yaml.safe_load((Path(__file__).parents[1] / "data" / "dialogues.yaml").read_text("utf-8"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("topics")


@pytest.fixture(scope="module")
def model(folder: Path) -> TopicModel:
    return TopicModel.builtin(folder)


@pytest.mark.parametrize(("error_rate", "least"), [(0.0, 0.8), (0.1, 0.75)])
def test_the_likeliest_topic_is_mostly_the_right_one_also_when_misheard(
    model: TopicModel, error_rate: float, least: float
):
    rng = random.Random(7)
    calls = [
        transcript(*(line[:2] + misheard(line[2:], error_rate, rng) for line in dialogue["lines"]))
        for dialogue in DIALOGUES
    ]

    likeliest = [model.classes_[best] for best in model.predict_proba(calls).argmax(axis=1)]
    right = [topic == dialogue["topic"] for topic, dialogue in zip(likeliest, DIALOGUES, strict=True)]

    assert sum(right) / len(right) >= least


def test_of_the_topics_it_names_most_are_right(model: TopicModel):
    named = [
        topic == dialogue["topic"]
        for dialogue in DIALOGUES
        for topic, _ in model.name([transcript(*dialogue["lines"])])[0]
    ]

    assert sum(named) / len(named) >= 0.75
    assert len(named) >= 0.6 * len(DIALOGUES)


def test_it_knows_the_topics_of_the_product_and_says_what_it_learnt_from(model: TopicModel):
    assert model.classes_ == sorted(TOPICS)
    assert model.version_ == f"topics-{model_key()[:12]}"
    assert model.name([transcript("a:您好请讲", "c:喂你好")]) == [[]]


def test_it_is_read_from_its_file_and_a_broken_file_is_mended(
    model: TopicModel, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    (path,) = folder.glob("*-topics.skops")
    monkeypatch.setattr("analytics.themes.builtin.train_builtin", lambda: model)
    builtin_model.cache_clear()
    read = builtin_model(folder)
    assert read is not model and read.version_ == model.version_

    path.write_bytes(b"broken")
    builtin_model.cache_clear()
    assert builtin_model(folder) is model
    assert "the model cannot be read" in caplog.text
