"""The page of definitions says what the code computes."""

from __future__ import annotations

from pathlib import Path

import pytest

from analytics.kpi.definitions import KPIS

pytestmark = pytest.mark.unit

PAGE = Path(__file__).parents[3] / "docs" / "kpi.md"


def test_every_figure_stands_in_the_page_with_its_definition() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]

    assert rows == [f"| `{k.name}` | {k.zh} | {k.en} | {k.unit} | {k.definition} |" for k in KPIS]
