from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from analytics.search.index import SearchIndex
from analytics.search.query import parse
from analytics.search.wanted import Wanted
from calls.errors import HuawuError
from calls.store import Store
from huawu.cli import app
from tests.analytics.search.conftest import a_call, a_transcript

pytestmark = pytest.mark.integration


def test_the_index_is_brought_up_and_made_anew_when_asked(tmp_path: Path) -> None:
    database = tmp_path / "huawu.db"
    with Store.open(database) as store:
        store.add(a_call(0), a_call(1), a_transcript(0, "退款"))

    for options in ([], [], ["--rebuild"]):
        done = CliRunner().invoke(app, ["index", "--db", str(database), *options])
        assert (done.exit_code, done.stdout) == (0, f"{database}.search: 2 calls, up to date\n")

    with SearchIndex.open(database) as index:
        assert (index.backlog(), index.search(Wanted(node=parse("退款"))).total) == (0, 1)


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["index", "--db", str(tmp_path / "none.db")])
    assert isinstance(done.exception, HuawuError)
    assert str(done.exception).endswith("none.db does not exist → name the database with --db")
    assert list(tmp_path.iterdir()) == []
