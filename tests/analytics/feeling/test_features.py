"""Texts as rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.feeling.features import COLUMNS, READ_COLUMNS, SHARED, read_rows, rows_of, shares, views
from analytics.feeling.reader import read

pytestmark = pytest.mark.unit

WORDS = st.lists(
    st.sampled_from(
        "好吃 难吃 不 没有 很 但是 ， 吗 骗子 我要投诉 居然 退货 送货 快 慢 希望 米饭 。 嗯 ！".split()
    ),
    max_size=12,
).map("".join)


@given(WORDS)
def test_the_shares_of_the_words_sum_to_the_row(text: str) -> None:
    share = shares(read(text))

    assert share.shape[1] == len(READ_COLUMNS)
    assert share.sum(axis=0)[:SHARED] == pytest.approx(read_rows([read(text)])[0, :SHARED], abs=1e-5)


def grams(text: str, number: int) -> set[int]:
    columns = views([text])[number].columns
    return set(columns[columns < COLUMNS].tolist())


def test_an_ngram_has_its_column_wherever_it_stands() -> None:
    alone, inside = grams("分量", 0), grams("他说分量", 0)

    assert len(alone) == 3 + 3 + 2 + 1  # edges count as characters
    assert len(alone & inside) >= 4


def test_homophones_share_all_syllables_and_punctuation_none() -> None:
    assert grams("客服态度差", 1) == grams("客服，太度差！", 1)
    assert grams("客服态度差", 0) != grams("客服太度差", 0)


def test_texts_do_not_run_into_each_other() -> None:
    both, alone = rows_of(["太慢了", "好吃"]), rows_of(["好吃"])

    assert (both.grams[1] != alone.grams[0]).nnz == 0
    assert np.array_equal(both.read[1], alone.read[0])
