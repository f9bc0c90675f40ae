"""The scorer of single turns, on a few sentences."""

from __future__ import annotations

import numpy as np
import pytest
import skops.io

from analytics.complaints.corpus import COLUMNS, Sentence, plain_sentences, read_sentences, read_words
from analytics.complaints.sentences import SentenceScorer
from analytics.modelfile import TRUSTED
from analytics.reading import read

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def scorer() -> SentenceScorer:
    return SentenceScorer().fit(read_sentences() + read_words() + plain_sentences()[::10])


def best(scorer: SentenceScorer, column: str, text: str) -> str:
    scores = scorer.score([text])[0, scorer.columns(column)]
    return COLUMNS[column][int(scores.argmax())]


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("我的话费被多扣了", "billing"),
        ("我的化费被多扣了", "billing"),  # misheard
        ("你们客服态度恶劣", "attitude"),
        ("快递把我的包裹弄丢了", "delivery"),
        ("天天给我打推销电话", "harassment"),
    ],
)
def test_a_sentence_scores_highest_for_its_cause(scorer: SentenceScorer, text: str, cause: str) -> None:
    assert best(scorer, "cause", text) == cause


def test_a_score_does_not_depend_on_the_other_texts(scorer: SentenceScorer) -> None:
    together = scorer.score(["我要退钱", "", "快递丢了"])

    np.testing.assert_allclose(
        together[[0, 2]], [scorer.score(["我要退钱"])[0], scorer.score(["快递丢了"])[0]]
    )
    np.testing.assert_allclose(together[1], scorer.intercept_)


def test_what_the_characters_contribute_sums_to_the_score(scorer: SentenceScorer) -> None:
    texts = ["我要退钱", "快递丢了没人管"]
    scored = scorer.read(read(texts))

    for number, text in enumerate(texts):
        for label in range(len(scorer.labels_)):
            pull = scored.pull(number, len(text), label)
            assert pull.shape == (len(text),)
            assert pull.sum() + scorer.intercept_[label] == pytest.approx(scored.scores[number, label])


def test_a_stored_scorer_gives_the_same_scores(scorer: SentenceScorer) -> None:
    stored = skops.io.loads(skops.io.dumps(scorer), trusted=list(TRUSTED))

    np.testing.assert_array_equal(stored.score(["快递丢了没人管"]), scorer.score(["快递丢了没人管"]))


def test_no_texts_have_no_scores(scorer: SentenceScorer) -> None:
    assert scorer.score([]).shape == (0, len(scorer.labels_))


def test_a_sentence_that_does_not_teach_a_column_leaves_it_alone() -> None:
    taught = [
        Sentence("caller", "退钱", {"cause": "refund"}),
        Sentence("caller", "你好", {"cause": ""}),
    ]
    others = [s for s in read_sentences() if "cause" not in s.labels] + [
        Sentence("caller", text, {"cause": label, "responsible": label2})
        for text, label, label2 in zip(
            COLUMNS["cause"], COLUMNS["cause"], 3 * COLUMNS["responsible"], strict=False
        )
    ]

    scorer = SentenceScorer().fit(taught + others)

    assert best(scorer, "cause", "退钱") == "refund"
