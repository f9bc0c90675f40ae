"""Taxonomy files: what may be written, and what is said when it is wrong."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml

from analytics.labels import TOPICS
from analytics.themes.taxonomy import (
    Taxonomy,
    load_taxonomy,
    shipped_path,
    taxonomy_faults,
    taxonomy_schema,
)
from calls.errors import AnalyticsError

pytestmark = pytest.mark.unit

TWO = """\
groups:
  money: {name: 钱款}
  tax: {name: 税, parent: money}
topics:
  billing: {name: 费用, parent: money, keywords: [话费], examples: [话费扣多了]}
  invoice: {name: 发票, parent: tax, examples: [开一张发票]}
"""


@pytest.fixture
def written(tmp_path: Path):
    def write(text: str) -> Path:
        path = tmp_path / "topics.yaml"
        path.write_text(text, "utf-8")
        return path

    return write


def test_the_shipped_taxonomy_names_the_topics_of_the_product_with_five_examples_each_and_a_group():
    taxonomy = load_taxonomy()

    assert {label: taxonomy.name(label) for label in taxonomy.topics} == TOPICS
    assert all(len(topic.examples) >= 5 and topic.keywords for topic in taxonomy.topics.values())
    assert all(taxonomy.path(label)[0] in taxonomy.groups for label in taxonomy.topics)


def test_groups_make_a_tree(written):
    taxonomy = load_taxonomy(written(TWO))

    assert taxonomy.path("invoice") == ("money", "tax", "invoice")
    assert taxonomy.under("money") == ["billing", "invoice"]
    assert taxonomy.under("tax") == ["invoice"]
    assert (taxonomy.name("tax"), taxonomy.name("unknown")) == ("税", "unknown")


def test_the_schema_accepts_the_shipped_file_and_refuses_a_topic_without_examples():
    content = yaml.safe_load(shipped_path().read_text("utf-8"))
    jsonschema.validate(content, taxonomy_schema())

    content["topics"]["billing"]["examples"] = []
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(content, taxonomy_schema())


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            ("examples: [话费扣多了]", "examples: []"),
            "topics.yaml:5: topics.billing.examples: List should have",
        ),
        ((", examples: [话费扣多了]", ""), "topics.yaml:5: topics.billing: the field 'examples' is missing"),
        (("keywords", "keyword"), "unknown field 'keyword' → did you mean 'keywords'?"),
        (("parent: tax", "parent: taxes"), "topics.invoice.parent: unknown group or topic 'taxes' → did you"),
        (
            ("name: 钱款", "name: 钱款, parent: tax"),
            "groups.money.parent: parents go in a circle: money → tax → ",
        ),
        (("开一张发票", "话费扣多了"), "'话费扣多了' is an example of 'billing' too → keep it in the topic"),
        (("tax: {name", "invoice: {name"), "topics.invoice: a group has this id already"),
        (
            ("  invoice: {name: 发票, parent: tax, examples: [开一张发票]}\n", ""),
            "topics.yaml:4: topics: Dictionary",
        ),
        (("billing: {", "Billing!: {"), "topics.Billing!: String should match pattern"),
    ],
)
def test_a_fault_is_told_with_file_line_field_and_way_out(written, change: tuple[str, str], told: str):
    path = written(TWO.replace(*change))

    with pytest.raises(AnalyticsError) as caught:
        load_taxonomy(path)

    assert told in str(caught.value)
    assert str(caught.value) in [str(fault) for fault in taxonomy_faults(path)]


def test_a_file_that_is_not_there_is_one_fault(tmp_path: Path):
    (fault,) = taxonomy_faults(tmp_path / "none.yaml")

    assert "none.yaml" in str(fault)
    assert taxonomy_faults(shipped_path()) == []


def test_what_was_read_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        load_taxonomy().topics["billing"].name = "别的"  # type: ignore[misc]
    assert isinstance(load_taxonomy(), Taxonomy)
