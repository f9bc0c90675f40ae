"""The seed corpus: enough of it, varied, consistent, and readable by its users."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from analytics.labels import TOPICS
from analytics.seed.assembly import assemble, family_groups
from analytics.seed.composer import compose_all
from analytics.seed.corpus import COLUMNS, FOLDER, SeedError, read_seed, write_rows

pytestmark = pytest.mark.unit


def test_the_seed_is_large_and_has_every_topic_role_severity_and_mood() -> None:
    rows = read_seed()

    assert len(rows) >= 3000
    assert {row.topic for row in rows} == {*TOPICS, ""}
    assert min(Counter(row.topic for row in rows if row.topic).values()) >= 200
    by_severity = Counter(row.severity for row in rows)
    assert set(by_severity) == {"none", "一般", "重大", "紧急"} and min(by_severity.values()) >= 200
    by_sentiment = Counter(row.sentiment for row in rows)
    assert set(by_sentiment) == {"negative", "neutral", "positive", "strong-negative"}
    assert min(by_sentiment.values()) >= 100


def test_no_utterance_is_there_twice() -> None:
    assert [text for text, count in Counter(row.text for row in read_seed()).items() if count > 1] == []


def test_agents_never_complain_in_the_seed_though_they_speak_of_complaints() -> None:
    agents = [row for row in read_seed() if row.role == "agent"]

    assert {row.severity for row in agents} == {"none"}
    assert sum("投诉" in row.text for row in agents) >= 15


def test_over_a_third_of_the_seed_are_sentences_of_their_own() -> None:
    rows = read_seed()
    own = [row for row in rows if "/line-" in row.family]

    assert len(own) >= 1200
    assert len(own) / len(rows) > 1 / 3


def test_the_seed_is_varied() -> None:
    """Distinct character 4-grams: at least four in ten of all, two in three of the sentences of their own."""

    def distinct(texts: list[str]) -> float:
        grams = [text[start : start + 4] for text in texts for start in range(len(text) - 3)]
        return len(set(grams)) / len(grams)

    rows = read_seed()

    assert distinct([row.text for row in rows]) >= 0.4
    assert distinct([row.text for row in rows if "/line-" in row.family]) >= 2 / 3


def test_the_composed_half_is_what_the_fragments_compose() -> None:
    composed = {
        path.stem: path.read_text("utf-8").splitlines()[1:] for path in (FOLDER / "composed").glob("*.tsv")
    }

    assert composed == {
        topic: ["\t".join(getattr(row, column) for column in COLUMNS) for row in rows]
        for topic, rows in compose_all().items()
    }


def test_a_family_stays_within_one_group_also_in_assembled_calls() -> None:
    rows = read_seed()
    groups = family_groups(rows, 4)
    home = {row.text: group for row, group in zip(rows, groups, strict=True)}

    for call in assemble(rows, groups, 40):
        assert {home[text] for _, text in call.turns} == {call.group}


def test_written_rows_are_read_back(tmp_path: Path) -> None:
    rows = [row for row in read_seed() if row.topic == "invoice" and "/line-" not in row.family][:5]
    (tmp_path / "written").mkdir()

    write_rows(tmp_path / "written" / "invoice.tsv", rows)

    assert read_seed(tmp_path) == rows


@pytest.mark.parametrize(
    ("name", "lines", "message"),
    [
        ("weather", [], "no topic 'weather'"),
        ("billing", ["caller\tnone\tneutral\t查话费"], "billing.tsv:2: not 5 fields"),
        ("billing", ["caller\tnone\tneutral\t-\t查话费\t多余"], "billing.tsv:2: not 5 fields"),
        (
            "billing",
            ["caller\t严重\tnegative\t-\t乱扣费"],
            "severity: '严重' is unknown → use one of none, 一般, 重大, 紧急",
        ),
        (
            "billing",
            ["guest\tnone\tneutral\t-\t查话费"],
            "role: 'guest' is unknown → use one of caller, agent",
        ),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, name: str, lines: list[str], message: str) -> None:
    path = tmp_path / "written" / f"{name}.tsv"
    path.parent.mkdir()
    path.write_text("\n".join(["\t".join(COLUMNS), *lines]) + "\n", "utf-8")

    with pytest.raises(SeedError) as error:
        read_seed(tmp_path)

    assert message in str(error.value)


def test_wrong_columns_are_named(tmp_path: Path) -> None:
    path = tmp_path / "written" / "billing.tsv"
    path.parent.mkdir()
    path.write_text("text\tlabel\n查话费\tbilling\n", "utf-8")

    with pytest.raises(SeedError, match=r"billing\.tsv:1: wrong columns → the first line must name role"):
        read_seed(tmp_path)
