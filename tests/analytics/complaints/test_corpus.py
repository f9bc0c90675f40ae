"""The sentences that cause, responsible party and resolution are learnt from."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import yaml

from analytics.complaints.corpus import (
    COLUMNS,
    FOLDER,
    corpus_hash,
    plain_sentences,
    read_sentences,
    read_words,
    topic_sentences,
)
from analytics.complaints.taxonomy import AGENT_ACTS, CALLER_ACTS
from analytics.seed.corpus import SeedError
from analytics.words import normalise

pytestmark = pytest.mark.unit


def test_every_label_is_taught_by_sentences_and_words() -> None:
    sentences, words = read_sentences(), read_words()

    for column, labels in COLUMNS.items():
        taught = Counter(sentence.labels.get(column) for sentence in sentences)
        assert all(taught[label] >= 10 for label in labels)
        assert {word.labels[column] for word in words if column in word.labels} == set(labels)


def test_acts_are_taught_by_who_does_them() -> None:
    for sentence in read_sentences():
        act = sentence.labels.get("act")
        assert not act or act in (AGENT_ACTS if sentence.role == "agent" else CALLER_ACTS)


def test_sentences_are_as_a_recogniser_writes_them_and_differ() -> None:
    texts = [sentence.text for sentence in read_sentences()]

    assert len(texts) == len(set(texts))
    assert not [text for text in texts if not text.isalnum()]


def test_no_test_call_is_learnt_from() -> None:
    calls = yaml.safe_load((Path(__file__).parent / "data" / "dialogues.yaml").read_text("utf-8"))
    said = {normalise(line[2:]).text for call in calls for line in call["lines"]}
    learnt = {normalise(s.text).text for s in read_sentences() + plain_sentences() + topic_sentences()}

    assert len(calls) >= 40
    assert {text for text in said & learnt if len(text) > 8} == set()


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("role\tact\n", "wrong columns"),
        ("role\tact\ttext\nagent\tdone\n", "not 3 fields"),
        ("role\tact\ttext\nagent\tdance\t好的\n", "act: 'dance' is unknown"),
        ("role\tact\ttext\nrobot\tdone\t好的\n", "role: 'robot' is unknown"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, lines: str, message: str) -> None:
    (tmp_path / "reasons.tsv").write_text((FOLDER / "reasons.tsv").read_text("utf-8"), "utf-8")
    (tmp_path / "closings.tsv").write_text(lines, "utf-8")

    with pytest.raises(SeedError, match=message):
        read_sentences(tmp_path)


def test_a_wrong_word_is_named(tmp_path: Path) -> None:
    (tmp_path / "words.tsv").write_text("column\tlabel\ttext\ncause\tweather\t下雨\n", "utf-8")

    with pytest.raises(SeedError, match=r"words\.tsv:2: label: 'weather' is unknown"):
        read_words(tmp_path)


def test_the_hash_changes_with_the_sentences(tmp_path: Path) -> None:
    for path in FOLDER.glob("*.tsv"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    same = corpus_hash(tmp_path)
    (tmp_path / "words.tsv").write_text("other", "utf-8")

    assert same == corpus_hash() != corpus_hash(tmp_path)
