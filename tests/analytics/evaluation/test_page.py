from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from analytics.evaluation import page
from analytics.evaluation.sections import SECTIONS, Section
from calls.errors import AnalyticsError

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
DAY = date(2026, 1, 31)


def test_the_page_is_what_the_command_prints() -> None:
    results = page.read_results(ROOT / page.RESULTS)

    assert page.render(results) == (ROOT / page.PAGE).read_text("utf-8")
    assert set(results) <= {section.key for section in SECTIONS}


def test_a_page_without_results_says_so() -> None:
    assert page.render({}).count("*Not measured yet.*") > 5


def sections(monkeypatch: pytest.MonkeyPatch, *names: str) -> list[str]:
    """Put sections in the place of the real ones; return the list of those that were run."""
    ran: list[str] = []

    def one(name: str) -> Section:
        def run(path: Path) -> dict[str, Any]:
            ran.append(name)
            if name == "fails":
                raise AnalyticsError("it fails")
            return {"rows": path.read_text("utf-8")}

        return Section(name, "rows.csv", "huawu evaluate x --train FILE", run, once=name == "lockbox")

    monkeypatch.setattr(page, "SECTIONS", tuple(map(one, names)))
    monkeypatch.setattr(page, "render", lambda results: " ".join(results))
    return ran


def make(folder: Path, **asked: Any) -> None:
    (folder / "rows.csv").write_text("seven", encoding="utf-8")
    page.make_page(folder, folder / "a.json", folder / "a.md", today=DAY, **asked)


def test_what_is_there_is_not_measured_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = sections(monkeypatch, "one", "two")
    make(tmp_path, only=["two"])
    make(tmp_path)
    make(tmp_path)
    make(tmp_path, again=["one"])

    assert ran == ["two", "one", "one"]
    kept = json.loads((tmp_path / "a.json").read_text("utf-8"))
    assert kept["one"] | {"seconds": 0} == {
        "date": "2026-01-31",
        "seconds": 0,
        "file": "rows.csv",
        "command": "huawu evaluate x --train $HUAWU_DATA/rows.csv",
        "found": {"rows": "seven"},
    }
    assert (tmp_path / "a.md").read_text("utf-8") == "two one"


def test_an_interrupted_run_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = sections(monkeypatch, "one", "fails", "two")
    with pytest.raises(AnalyticsError, match="it fails"):
        make(tmp_path)
    assert list(page.read_results(tmp_path / "a.json")) == ["one"]

    ran = sections(monkeypatch, "one", "two")
    make(tmp_path)
    assert ran == ["two"]


def test_the_lockbox_is_scored_only_where_it_is_named_and_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = sections(monkeypatch, "one", "lockbox")
    make(tmp_path)
    assert ran == ["one"]
    with pytest.raises(AnalyticsError, match="section lockbox is scored once"):
        make(tmp_path, again=["lockbox"])
    make(tmp_path, only=["lockbox"])
    make(tmp_path, again=["all"])
    assert ran == ["one", "lockbox", "one"]
    with pytest.raises(AnalyticsError, match="section lockbox is scored once"):
        make(tmp_path, only=["lockbox"])


def test_what_cannot_be_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sections(monkeypatch, "one")
    with pytest.raises(AnalyticsError, match="section three does not exist → take one of one"):
        make(tmp_path, only=["three"])
    with pytest.raises(AnalyticsError, match=r"rows.csv is not there → name the folder of the data"):
        page.make_page(tmp_path / "nowhere", tmp_path / "a.json", tmp_path / "a.md", today=DAY)
    (tmp_path / "a.json").write_text("{", encoding="utf-8")
    with pytest.raises(AnalyticsError, match=r"a.json: no JSON"):
        make(tmp_path)
