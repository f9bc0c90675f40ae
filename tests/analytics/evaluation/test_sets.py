from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analytics.evaluation.sets import (
    LabelledSet,
    read_dialogues,
    read_sentiments,
    read_topics,
    without_rare,
)
from calls.errors import AnalyticsError
from calls.records import Role

pytestmark = pytest.mark.unit

SAMPLES = Path(str(files("analytics.evaluation"))) / "samples"

DIALOGUE: dict[str, Any] = {
    "id": "d1",
    "turns": [{"speaker": "agent", "text": "您好"}, {"speaker": "customer", "text": "我要退货"}],
    "satisfaction_mean": -0.684,
    "satisfaction_votes": [-1, 0],
}


def written(folder: Path, text: str, name: str = "rows.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def dialogues(folder: Path, *rows: Any) -> Path:
    return written(folder, "\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "rows.jsonl")


def test_a_dialogue_becomes_a_transcript_without_times(tmp_path: Path) -> None:
    found = read_dialogues(
        dialogues(tmp_path, DIALOGUE, DIALOGUE | {"id": "d2", "satisfaction_mean": -0.632})
    )

    assert (found.name, found.ids, found.openings) == ("rows.jsonl", ("d1", "d2"), ("我要退货", "我要退货"))
    assert found.labels.tolist() == ["dissatisfied", "other"]
    assert found.means is not None and found.means.tolist() == [-0.684, -0.632]
    assert found.votes == ((-1.0, 0.0), (-1.0, 0.0))
    said = [(each.number, each.role, each.text, each.start, each.end) for each in found.rows[0].utterances]
    assert said == [(0, Role.AGENT, "您好", 0.0, 0.0), (1, Role.CALLER, "我要退货", 0.0, 0.0)]


def test_texts_with_a_sentiment(tmp_path: Path) -> None:
    file = written(tmp_path, '\ufefftext,label\n"很好,还来",1\n"两行\n文字",0\n\n一般,neutral\n')

    found = read_sentiments(file)

    assert found.rows == ("很好,还来", "两行\n文字", "一般")
    assert found.labels.tolist() == ["positive", "negative", "neutral"]
    assert found.ids == ("2", "3", "6")


def test_texts_with_a_topic_or_a_domain_and_perhaps_a_title(tmp_path: Path) -> None:
    titled = read_topics(written(tmp_path, "id,title,text,topic\n7,路灯,坏了三天,城建\n8,,断电,电力\n"))
    plain = read_topics(written(tmp_path, "text,domain\n放首歌,music\n"))

    assert (titled.ids, titled.rows) == (("7", "8"), ("路灯。坏了三天", "断电"))
    assert titled.labels.tolist() == ["城建", "电力"]
    assert (plain.rows, plain.labels.tolist()) == (("放首歌",), ["music"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": None}, "rows.jsonl:1: id: null → give every dialogue an id"),
        ({"turns": []}, "rows.jsonl:1: turns: [] → write a list of {speaker, text}"),
        (
            {"turns": [{"speaker": "bot", "text": ""}]},
            'rows.jsonl:1: turns[0].speaker: "bot" → write customer or agent',
        ),
        ({"turns": [{"speaker": "agent"}]}, "rows.jsonl:1: turns[0].text: null → "),
        ({"satisfaction_mean": None}, "rows.jsonl:1: there is no satisfaction_mean → only labelled rows"),
        ({"satisfaction_mean": "-1"}, 'rows.jsonl:1: satisfaction_mean: "-1" → write a number from -2 to 2'),
        ({"satisfaction_mean": 3}, "rows.jsonl:1: satisfaction_mean: 3 → write a number from -2 to 2"),
        ({"satisfaction_mean": float("nan")}, "rows.jsonl:1: satisfaction_mean: NaN → write a number"),
        (
            {"satisfaction_votes": "many"},
            'rows.jsonl:1: satisfaction_votes: "many" → write a list of numbers',
        ),
    ],
)
def test_what_is_wrong_in_a_dialogue_is_said(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    with pytest.raises(AnalyticsError) as error:
        read_dialogues(dialogues(tmp_path, DIALOGUE | change))

    assert message in str(error.value)


def test_a_line_that_is_no_dialogue_is_said(tmp_path: Path) -> None:
    with pytest.raises(AnalyticsError, match=r"rows.jsonl:2: \[1\] is no object"):
        read_dialogues(dialogues(tmp_path, DIALOGUE, [1]))
    with pytest.raises(AnalyticsError, match=r"rows.jsonl:2: no JSON"):
        read_dialogues(written(tmp_path, json.dumps(DIALOGUE) + "\n{", "rows.jsonl"))
    with pytest.raises(AnalyticsError, match='id "d1" is there twice'):
        read_dialogues(dialogues(tmp_path, DIALOGUE, DIALOGUE))
    with pytest.raises(AnalyticsError, match="there are no rows"):
        read_dialogues(dialogues(tmp_path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "there are no rows → give a file with labelled rows"),
        ("text,label\n", "there are no rows → give a file with labelled rows"),
        ("review,label\n好,1\n", 'rows.csv:1: the columns are "review, label"; there is no column text → '),
        ("text,mark\n好,1\n", 'rows.csv:1: the columns are "text, mark"; there is no column label → '),
        ("text,label\n好,1\n坏,-1\n", 'rows.csv:3: label: "-1" → write one of 0, 1, negative'),
        ("text,label\n好,\n", "rows.csv:2: label is empty → write one of"),
        ("text,label\n好,很好,1\n", "rows.csv:2: 3 fields, the header has 2 → put texts with commas"),
    ],
)
def test_what_is_wrong_in_a_table_is_said(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(AnalyticsError) as error:
        read_sentiments(written(tmp_path, text))

    assert message in str(error.value)


def test_an_empty_topic_and_a_file_of_another_encoding_are_said(tmp_path: Path) -> None:
    with pytest.raises(AnalyticsError, match=r"rows.csv:2: topic is empty"):
        read_topics(written(tmp_path, "text,topic\n好, \n"))
    (tmp_path / "old.csv").write_bytes("text,topic\n好,a\n".encode("gb18030"))
    with pytest.raises(AnalyticsError, match=r"old.csv: no UTF-8 at byte 11 → save the file as UTF-8"):
        read_topics(tmp_path / "old.csv")


def test_rare_labels_are_left_out_and_counted() -> None:
    rows = LabelledSet("x", tuple("1234"), tuple("abcd"), np.array(["t", "t", "u", "t"]), tuple("abcd"))

    kept, rare = without_rare(rows, 2)

    assert (kept.rows, kept.labels.tolist(), rare) == (("a", "b", "d"), ["t", "t", "t"], {"u": 1})
    assert without_rare(rows, 1) == (rows, {})


def test_a_sample_of_each_format_is_shipped() -> None:
    assert len(read_dialogues(SAMPLES / "dialogues.jsonl")) == 40
    assert len(read_sentiments(SAMPLES / "sentiment.csv")) == 56
    assert len(read_topics(SAMPLES / "topics.csv")) == 50
