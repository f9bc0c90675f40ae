"""What can only be shown on real data, which stays outside the project (see HUAWU_DATA)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from analytics.evaluation.contest import BASELINE, OURS
from analytics.evaluation.folds import in_lockbox
from analytics.evaluation.openings import opening_groups
from analytics.evaluation.page import RESULTS, read_results
from analytics.evaluation.sections import DIALOGUES, SECTIONS
from analytics.evaluation.sets import DISSATISFIED, read_dialogues

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]
SAMPLES = Path(str(files("analytics.evaluation"))) / "samples"
#: As long a piece of a text as chance does not write twice.
RUN = 13


@pytest.fixture(scope="module")
def data() -> Path:
    folder = os.environ.get("HUAWU_DATA")
    if not folder:
        pytest.skip("HUAWU_DATA is not set")
    return Path(folder)


def runs(folder: Path) -> Iterator[str]:
    for path in [*folder.rglob("*.csv"), *folder.rglob("*.jsonl")]:
        for line in path.read_text(encoding="utf-8").splitlines():
            text = re.sub(r"[^一-鿿]", "", line)
            yield from (text[start : start + RUN] for start in range(len(text) - RUN + 1))


@pytest.mark.slow
def test_the_samples_were_not_taken_from_it(data: Path) -> None:
    ours = set(runs(SAMPLES))

    assert len(ours) > 1000
    assert not ours & set(runs(data))


def test_the_set_is_divided_as_the_page_says(data: Path) -> None:
    rows = read_dialogues(data / DIALOGUES)

    assert (rows.labels == DISSATISFIED).mean() == pytest.approx(0.213, abs=0.001)
    assert in_lockbox(rows.ids).mean() == pytest.approx(0.2, abs=0.03)
    assert len(set(opening_groups(rows.openings))) > 0.99 * len(rows)


@pytest.mark.slow
@pytest.mark.no_cover  # other tests run the same lines; this one for a minute
def test_the_page_says_what_is_measured(data: Path) -> None:
    section = next(each for each in SECTIONS if each.key == "messages")
    kept = read_results(ROOT / RESULTS)["messages"]["found"]["conditions"]["clean"]

    found = section.run(data / section.file)["conditions"]["clean"]

    for who in (OURS, BASELINE):
        # other versions of the libraries move a row or two
        assert found[who]["macro_f1"] == pytest.approx(kept[who]["macro_f1"], abs=0.02)
