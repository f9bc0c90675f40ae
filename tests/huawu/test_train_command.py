"""``huawu train`` as its users see it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from calls.errors import HuawuError
from calls.records import Call
from calls.store import Store
from huawu.cli import app
from tests.analytics.training.test_trainer import verdicts

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("train") / "huawu.db"
    with Store.open(place) as store:
        for call in verdicts():
            store.add(Call(id=call.review.call_id, door="sip"), call.transcript, call.review)
    return place


def run(database: Path, models: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["train", *arguments, "--db", str(database), "--models", str(models)])


def test_a_model_is_put_in_place_only_if_it_is_no_worse_or_by_force(database: Path, tmp_path: Path) -> None:
    first = json.loads(run(database, tmp_path, "risk", "--force", "--json").stdout)

    (manifest,) = first["models"]
    assert manifest["in_place"] and manifest["learnt_from"] > 150
    assert [path.name for path in tmp_path.glob("*.json")] == ["risk.json"]
    again = run(database, tmp_path, "risk", "--dry-run")
    assert "not replaced" in again.stdout
    assert json.loads((tmp_path / "risk.json").read_text())["version"] == manifest["version"]


def test_wrong_requests_are_told_in_one_line(database: Path, tmp_path: Path) -> None:
    error = run(database, tmp_path, "colour").exception
    assert isinstance(error, HuawuError)
    assert str(error) == "nothing called 'colour' can be trained → known: risk, topic, sentiment"
    with Store.open(tmp_path / "empty.db"):
        pass
    empty = run(tmp_path / "empty.db", tmp_path, "risk").exception
    assert "no reviewed call has a transcript → review calls first" in str(empty)
