"""docs/rules.md: its examples are read, and it names everything there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from analytics.rules.cases import run_cases
from analytics.rules.conditions import OPERATORS, Condition
from analytics.rules.lint import lint
from analytics.rules.loading import load_rules
from analytics.rules.operators import EntityKind

pytestmark = pytest.mark.unit

PAGE = (Path(__file__).parents[3] / "docs" / "rules.md").read_text("utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def conditions() -> dict[str, Any]:
    found = {}
    for example in EXAMPLES:
        content = yaml.safe_load(example)
        if not content.keys() & {"rules", "cases"}:
            found.update(content)
    return found


def test_every_operator_and_entity_has_an_example_or_is_named() -> None:
    read = {name: Condition.model_validate(given) for name, given in conditions().items()}

    assert {condition.operator for condition in read.values()} == {*OPERATORS}
    assert [kind for kind in EntityKind.__args__ if f"`{kind}`" not in PAGE] == []  # type: ignore[attr-defined]


def test_the_example_files_are_right(tmp_path: Path) -> None:
    rules, cases = tmp_path / "shop.yaml", tmp_path / "shop.test.yaml"
    rules.write_text(next(each for each in EXAMPLES if "\nrules:" in each), "utf-8")
    cases.write_text(next(each for each in EXAMPLES if each.startswith("cases:")), "utf-8")

    assert lint(rules) == []
    assert [result.problems for result in run_cases(cases, load_rules(rules))] == [(), ()]


def test_every_code_of_the_check_is_explained() -> None:
    source = Path(lint.__code__.co_filename).read_text("utf-8")
    codes = {*re.findall(r'"([a-z-]+)",?\s+Severity\.', source)}

    assert codes == {*re.findall(r"^\| `([a-z-]+)` \| (?:error|warning|info):", PAGE, re.MULTILINE)}
