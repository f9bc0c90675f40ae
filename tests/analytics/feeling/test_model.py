"""The model: learns, is calibrated, explains itself, can be stored."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest
import skops.io
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from analytics.feeling.builtin import builtin_model
from analytics.feeling.model import MOODS, SentimentModel, polarity
from analytics.feeling.sentences import sentences
from analytics.modelfile import model_key

pytestmark = pytest.mark.integration

NEUTRAL = """
我的号码是幺三九零零一二三四五六
地址是中山路八十八号三单元
您好请问有什么可以帮您
早上好
对是我本人
好的我记一下
身份证后四位是二零一八
明天下午三点以后在家
请问营业厅几点开门
订单尾号六六三二
姓王三横王
稍等我找一下笔
一共是四百二十块
先按一再按井号
我用的是安卓手机
那就下周二
嗯是的
帮我查一下余额
再见
喂您好
""".split()
NEGATIVE = """
这个师傅修完不到三天又漏了
客服说话特别冲
一点都不专业
谈不上满意
说的和做的完全是两回事
等了一上午也没人来
没有比这更难吃的了
钱扣了货却一直没发
越用越卡真让人受不了
""".split()
POSITIVE = """
小伙子讲得真清楚
一点都不麻烦挺省心的
东西没毛病送得也快
这次处理得很及时我很满意
比我想象的好用多了
真没想到这么好吃
菜热乎量也大
""".split()
STRONG = ["你们他妈的还管不管", "一群骗子把钱还给我", "你是不是脑子有病", "太欺负人了你们这帮混蛋"]


@pytest.mark.parametrize(
    ("text", "mood"),
    [
        *((text, "neutral") for text in NEUTRAL),
        *((text, "negative") for text in NEGATIVE),
        *((text, "positive") for text in POSITIVE),
        *((text, "strong-negative") for text in STRONG),
    ],
)
def test_the_builtin_model_knows_the_mood(builtin: SentimentModel, text: str, mood: str) -> None:
    assert builtin.predict([text])[0] == mood


def test_it_knows_the_mood_of_domains_it_never_saw() -> None:
    ours = sentences()
    seen = [each for each in ours if each.domain != "food"]
    unseen = [each for each in ours if each.domain == "food" and each.sentiment != "neutral"]

    model = SentimentModel(folds=2).fit([s.text for s in seen], [s.sentiment for s in seen])
    pleased = polarity(model.predict_proba([s.text for s in unseen])) > 0

    assert np.mean(pleased == [s.sentiment == "positive" for s in unseen]) > 0.88


TEXTS = ["送得快很满意", "菜很香", "好用推荐", "师傅耐心", "漏水了", "太慢不满意", "难用还贵", "没人管"] * 6
LABELS = [1, 1, 1, 1, 0, 0, 0, 0] * 6


def test_two_classes_have_a_probability_and_a_threshold() -> None:
    model = SentimentModel(folds=3).fit(TEXTS, LABELS)

    probabilities = model.predict_proba(["师傅送得快", "没人管漏水"])
    assert probabilities.shape == (2, 2)
    assert probabilities.sum(axis=1) == pytest.approx(1.0)
    assert model.classes_.tolist() == [0, 1]
    assert model.predict(["师傅送得快", "没人管漏水"]).tolist() == [1, 0]
    assert polarity(probabilities, model.classes_)[0] > 0 > polarity(probabilities, model.classes_)[1]


def test_with_few_labels_the_builtin_model_decides(builtin: SentimentModel) -> None:
    adapted = SentimentModel(folds=2).adapt(TEXTS[:8], LABELS[:8], base=builtin)

    # Not one of these words is among the labelled texts.
    assert adapted.predict(["外壳有划痕", "态度恶劣", "划算", "靠谱"]).tolist() == [0, 0, 1, 1]


def test_weights_count_like_repeated_texts() -> None:
    heavy = SentimentModel(folds=2).fit(TEXTS[:8], LABELS[:8], sample_weight=[5.0] * 4 + [1.0] * 4)
    light = SentimentModel(folds=2).fit(TEXTS[:8], LABELS[:8], sample_weight=[1.0] * 4 + [5.0] * 4)

    assert heavy.predict_proba(["嗯"])[0, 1] > light.predict_proba(["嗯"])[0, 1]


def test_one_class_cannot_be_learnt() -> None:
    with pytest.raises(ValueError, match="have one label, 1"):
        SentimentModel().fit(TEXTS[:4], LABELS[:4])


def test_training_is_deterministic() -> None:
    first, second = (clone(SentimentModel(folds=3)).fit(TEXTS, LABELS) for _ in range(2))

    assert np.array_equal(first.logits(TEXTS), second.logits(TEXTS))


@given(st.text(max_size=60), st.sampled_from(MOODS))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_the_parts_of_an_explanation_sum_to_the_logit(builtin: SentimentModel, text: str, mood: str) -> None:
    why = builtin.explain(text, mood)

    logit = builtin.logits([text])[0, MOODS.index(mood)]
    assert why.rest + sum(span.pull for span in why.spans) == pytest.approx(logit, abs=1e-4)
    assert all(text[span.start : span.end] == span.text for span in why.spans)
    assert [span.start for span in why.spans] == sorted(span.start for span in why.spans)


def test_the_telling_words_pull_most(builtin: SentimentModel) -> None:
    why = builtin.explain("我昨天下的单味道好但是送得太慢了", "negative")

    pulls = {span.text: span.pull for span in why.spans}
    assert max(pulls, key=pulls.__getitem__) == "送得太慢"
    assert pulls["味道好"] < pulls["送得太慢"] / 3


@pytest.mark.parametrize(
    "text", ["", " ", "😀👍🏽", "ok good", "\ud800\udfff", "é̂ عربي", "差" * 100_000, "吗！？" * 500]
)
def test_no_text_breaks_it(builtin: SentimentModel, text: str) -> None:
    probabilities = builtin.predict_proba([text, "好吃"])

    assert np.isfinite(probabilities).all()
    assert probabilities.sum(axis=1) == pytest.approx(1.0)
    assert probabilities[1] == pytest.approx(builtin.predict_proba(["好吃"])[0], abs=1e-5)


def test_no_texts_have_no_rows(builtin: SentimentModel) -> None:
    assert builtin.predict_proba([]).shape == (0, 4)


def test_a_model_survives_skops(builtin: SentimentModel) -> None:
    builtin.logits(["嗯"])
    stored = skops.io.dumps(builtin)

    again = skops.io.loads(stored, trusted=["analytics.feeling.model.SentimentModel"])

    assert np.array_equal(again.logits(TEXTS), builtin.logits(TEXTS))
    assert again.predict(TEXTS).tolist() == builtin.predict(TEXTS).tolist()


def test_the_builtin_model_is_kept_and_read_again(builtin: SentimentModel, feeling_cache: Path) -> None:
    builtin_model.cache_clear()

    again = SentimentModel.builtin(feeling_cache)

    assert [path.name for path in feeling_cache.iterdir()] == [f"{model_key()[:32]}-sentiment.skops"]
    assert again is not builtin
    assert np.array_equal(again.logits(TEXTS), builtin.logits(TEXTS))


def test_a_damaged_file_is_made_anew(builtin: SentimentModel, feeling_cache: Path, tmp_path: Path) -> None:
    (tmp_path / f"{model_key()[:32]}-sentiment.skops").write_bytes(b"PK no zip")

    assert np.array_equal(SentimentModel.builtin(tmp_path).logits(TEXTS), builtin.logits(TEXTS))


def test_recognised_text_without_punctuation_and_with_homophones_keeps_its_mood(
    builtin: SentimentModel,
) -> None:
    written = "你们的服务太差了，我非常不满意！"
    heard = "你们的服物太差了我非长不满意"

    before, after = polarity(builtin.predict_proba([written, heard]))

    assert before < -0.9
    assert after < -0.8


def test_probabilities_are_calibrated_on_domains_it_never_saw() -> None:
    ours = sentences()
    test = [each for each in ours if each.domain in ("bank", "delivery")]
    train = [each for each in ours if each.domain not in ("bank", "delivery")]
    model = SentimentModel().fit(
        [s.text for s in train], [s.sentiment for s in train], groups=[s.domain for s in train]
    )

    probabilities = model.predict_proba([s.text for s in test])
    right = model.predict([s.text for s in test]) == [s.sentiment for s in test]

    assert abs(probabilities.max(axis=1).mean() - right.mean()) < 0.08


def test_an_unpickled_copy_scores_alike(builtin: SentimentModel) -> None:
    assert np.array_equal(copy.deepcopy(builtin).logits(TEXTS), builtin.logits(TEXTS))


@pytest.mark.parametrize(
    ("probabilities", "classes", "expected"),
    [
        ([[0.1, 0.2, 0.3, 0.4]], MOODS, [0.1]),
        ([[0.25, 0.75]], (0, 1), [0.5]),
        ([[0.2, 0.5, 0.3]], ("negative", "neutral", "positive"), [0.1]),
    ],
)
def test_polarity_lies_between_displeased_and_pleased(
    probabilities: list[list[float]], classes: tuple[object, ...], expected: list[float]
) -> None:
    assert polarity(np.array(probabilities), classes) == pytest.approx(expected)


def test_words_are_a_view_of_their_own_and_explained_too() -> None:
    model = SentimentModel(folds=2, words=True).fit(TEXTS, LABELS)

    why = model.explain("师傅很耐心我很满意")

    assert why.rest + sum(span.pull for span in why.spans) == pytest.approx(why.logit, abs=1e-4)
    assert model.logits(["", "嗯", "师傅"]).shape == (3, 1)
    assert not np.array_equal(model.logits(TEXTS), SentimentModel(folds=2).fit(TEXTS, LABELS).logits(TEXTS))
