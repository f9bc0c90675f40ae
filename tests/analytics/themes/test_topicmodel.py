"""Topics learnt from examples and from labels, on texts written for the tests."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold

from analytics.modelfile import TRUSTED
from analytics.seed.corpus import read_seed
from analytics.themes.taxonomy import Taxonomy, load_taxonomy
from analytics.themes.topicmodel import TopicModel
from calls.errors import AnalyticsError
from calls.records import Transcript
from tests.analytics.dialogue import transcript

pytestmark = pytest.mark.unit

TOPICS = ("billing", "delivery", "network")


def written(per_topic: int, *, skip: int = 0) -> tuple[list[str], list[str]]:
    """Return the seed's hand-written rows of three topics."""
    texts, labels = [], []
    for topic in TOPICS:
        rows = [row.text for row in read_seed() if row.topic == topic and row.role == "caller"]
        rows = rows[skip : skip + per_topic]
        texts += rows
        labels += [topic] * len(rows)
    return texts, labels


def score(model: TopicModel) -> float:
    texts, labels = written(25, skip=40)
    return float(np.mean([found == label for found, label in zip(model.predict(texts), labels, strict=True)]))


@pytest.fixture(scope="module")
def model() -> TopicModel:
    return TopicModel().fit(*written(40))


@pytest.fixture(scope="module")
def calls() -> TopicModel:
    """A model of calls, which may have several topics."""
    X: list[str | Transcript] = []
    y: list[set[str]] = []
    said = {topic: written(40)[0][40 * place : 40 * place + 40] for place, topic in enumerate(TOPICS)}
    for number in range(40):
        for place, topic in enumerate(TOPICS):
            other = TOPICS[(place + 1) % 3]
            lines = ["a:您好请讲", "c:" + said[topic][number], "a:好的我看一下"]
            both = number % 4 == 0
            X.append(transcript(*lines, *(["c:" + said[other][number - 1]] if both else [])))
            y.append({topic, other} if both else {topic})
        X.append(transcript("a:您好请讲", "c:喂你好听得见吗", "a:听得见"))
        y.append(set())
    return TopicModel().fit(X, y)


def test_five_examples_a_topic_are_enough_to_begin_with_and_more_labels_help(model: TopicModel):
    few = score(TopicModel().fit(*written(5)))
    many = score(model)

    assert few >= 0.55
    assert many >= few + 0.15


def test_probabilities_of_exclusive_topics_sum_to_one_and_are_never_negative(model: TopicModel):
    probability = model.predict_proba(["宽带上不了网", "", "天气不错"])

    assert model.exclusive_
    assert probability.sum(axis=1) == pytest.approx(1.0)
    assert (probability >= 0).all()


def test_it_abstains_from_what_it_has_never_heard_of(model: TopicModel):
    known, unknown = model.name(["宽带断了网络连不上", "葡萄藤架子底下乘凉"])

    assert [topic for topic, _ in known] == ["network"]
    assert unknown == []
    assert 0.0 < model.threshold_ < 1.0


def test_a_call_may_have_several_topics_each_with_its_evidence(calls: TopicModel):
    call = transcript(
        "a:您好请讲", "c:我的快递三天了还没送到", "a:给您催一下", "c:还有宽带也断了上不了网", "a:好的"
    )

    found = {finding.label: finding for finding in calls.findings(call)}

    assert not calls.exclusive_
    assert set(found) == {"delivery", "network"}
    assert (found["delivery"].evidence[0].utterance, found["network"].evidence[0].utterance) == (1, 3)
    assert {finding.kind for finding in found.values()} == {"topic"}
    for finding in found.values():
        for evidence in finding.evidence:
            assert evidence.span is not None
            said = call.utterances[evidence.utterance]
            assert evidence.text == said.text[slice(*evidence.span)] != ""
            assert said.start <= evidence.start < evidence.end <= said.end


def test_findings_say_what_name_says(calls: TopicModel):
    call = transcript("c:这个月话费扣多了", "a:我查一下")

    found = [(finding.label, finding.probability) for finding in calls.findings(call)]

    assert found == [(topic, pytest.approx(value, abs=1e-5)) for topic, value in calls.name([call])[0]]


def test_calls_without_roles_and_calls_without_words_are_judged(calls: TopicModel):
    without = transcript("u:快递一直没有送到", roles_known=False)

    assert calls.findings(without)[0].label == "delivery"
    assert calls.findings(transcript()) == calls.findings(transcript("s:欢迎致电", "c:。。")) == []
    assert calls.predict([transcript()]) == [()]


def test_the_words_that_speak_for_a_topic_are_cited_in_a_written_text(model: TopicModel):
    text = "请问这个怎么办？昨天晚上开始家里的宽带就上不了网了，我还要上班呢。"

    (first, *_) = model.explain(text, "network")

    assert first.span is not None
    assert first.text == text[slice(*first.span)]
    assert "宽带" in first.text or "上不了网" in first.text


def test_the_first_sentence_of_a_long_text_is_its_title():
    rest = "我们一家人住在这里已经很多年了，大家都觉得不方便，希望能够早日给个答复，谢谢！"
    texts = [f"{title}。{rest}" for title in ("宽带断了", "快递没到", "话费扣错") for _ in range(6)]
    labels = [topic for topic in ("network", "delivery", "billing") for _ in range(6)]

    found = TopicModel().fit(texts, labels)

    assert found.predict([f"宽带又断了。{rest}"]) == ["network"]


def test_a_taxonomy_alone_makes_a_model_and_labelled_rows_add_to_it():
    taxonomy = load_taxonomy()
    alone = TopicModel.from_taxonomy(taxonomy, exclusive=True)
    both = TopicModel.from_taxonomy(taxonomy, *written(40), exclusive=True)

    assert alone.classes_ == sorted(taxonomy.topics)
    assert alone.predict(["帮我开一张专票", "这个师傅约好了不来"]) == ["invoice", "repair"]
    assert score(both) > score(alone) >= 0.5


def test_names_and_keywords_speak_for_a_topic():
    taxonomy = Taxonomy.model_validate(
        {
            "topics": {
                "t1": {"name": "停车", "keywords": ["车位", "道闸"], "examples": ["我的车进不去"]},
                "t2": {"name": "电梯", "keywords": ["轿厢"], "examples": ["我被困在里面了"]},
            }
        }
    )

    found = TopicModel.from_taxonomy(taxonomy, exclusive=True)

    assert found.predict(["道闸不抬杆", "轿厢里一直响"]) == ["t1", "t2"]


@pytest.mark.parametrize(
    ("X", "y", "parameters", "told"),
    [
        (["一", "二"], ["a"], {}, "2 rows, but 1 labels → give each row its label"),
        (["一", "二"], ["a", "a"], {}, "there are 1 topics to tell apart → give rows of two topics or more"),
        ([], [], {}, "there are 0 topics to tell apart"),
        (
            ["一", "二"],
            [["a", "b"], ["a"]],
            {"exclusive": True},
            "row 0 has 2 topics, and exclusive=True wants one",
        ),
    ],
)
def test_labels_that_cannot_be_learnt_from_are_told(
    X: list[str], y: list[str], parameters: dict[str, bool], told: str
):
    with pytest.raises(AnalyticsError) as caught:
        TopicModel(**parameters).fit(X, y)  # type: ignore[arg-type]

    assert told in str(caught.value)


def test_a_label_outside_the_taxonomy_and_a_topic_that_is_not_known_are_told(model: TopicModel):
    with pytest.raises(
        AnalyticsError, match="no topic 'biling' in the taxonomy → use one of billing, package"
    ):
        TopicModel.from_taxonomy(load_taxonomy(), ["话费"], ["biling"])
    with pytest.raises(AnalyticsError, match="no topic 'x' → use one of billing, delivery, network"):
        model.explain("话费", "x")


def test_groups_weights_and_a_topic_of_one_row_are_allowed():
    texts, labels = written(6)
    groups = [number // 2 for number in range(len(texts) + 1)]

    found = TopicModel().fit([*texts, "发票"], [*labels, "invoice"], groups, np.full(len(texts) + 1, 2.0))

    assert found.classes_ == ["billing", "delivery", "invoice", "network"]


def test_the_same_rows_make_the_same_model(model: TopicModel):
    again = clone(model).fit(*written(40))

    assert np.array_equal(again.coef_, model.coef_)
    assert again.threshold_ == model.threshold_


def test_a_stored_model_judges_as_before(model: TopicModel):
    stored = skops.io.loads(skops.io.dumps(model), trusted=list(TRUSTED))

    assert np.array_equal(stored.predict_proba(["话费"]), model.predict_proba(["话费"]))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("casu"), st.text(st.characters(), max_size=40)), max_size=5))
def test_any_text_is_judged(calls: TopicModel, lines: list[tuple[str, str]]):
    call = transcript(*(f"{role}:{text}" for role, text in lines))

    assert all(finding.evidence for finding in calls.findings(call))
    assert np.isfinite(calls.predict_proba([call, *(text for _, text in lines)])).all()


def test_a_very_long_utterance_is_judged(calls: TopicModel):
    (finding, *_) = calls.findings(transcript("c:" + "快递三天没送到😡abc 123，" * 6000))

    assert finding.label == "delivery"


@pytest.mark.slow
def test_real_messages_are_told_apart():
    folder = os.environ.get("HUAWU_DATA")
    if not folder:
        pytest.skip("HUAWU_DATA is not set")
    with (Path(folder) / "gov_hotline_messages" / "topic7.csv").open(encoding="utf-8-sig") as lines:
        rows = list(csv.DictReader(lines))
    X, y = [f"{row['title']}。{row['text']}" for row in rows], np.array([row["topic"] for row in rows])
    found = []
    for train, test in StratifiedKFold(5, shuffle=True, random_state=0).split(X, y):
        model = TopicModel().fit([X[row] for row in train], y[train].tolist())
        found.append(f1_score(y[test], model.predict([X[row] for row in test]), average="macro"))

    assert np.mean(found) >= 0.75
