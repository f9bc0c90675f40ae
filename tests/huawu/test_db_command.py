"""``huawu db`` as operators see it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from analytics.search.index import SearchIndex
from calls.errors import HuawuError
from calls.recordings import RecordingFolder
from calls.records import Call, Recording
from calls.store import Store
from calls.store.migration import scripts
from huawu.cli import app
from tests.calls.older import at_revision, filled_at, rows_of
from tests.calls.test_store import NOON, a_call, a_transcript

pytestmark = pytest.mark.integration
HEAD = scripts().get_current_head()


def run(*words: object) -> Result:
    done = CliRunner().invoke(app, ["db", *map(str, words)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def test_an_old_database_is_upgraded_with_a_copy_beside_it(tmp_path: Path) -> None:
    database = tmp_path / "huawu.db"
    before = filled_at(str(database), "0005")

    would = run("upgrade", "--db", database, "--dry-run").stdout
    assert rows_of(str(database)) == before
    did = run("upgrade", "--db", database).stdout
    again = run("upgrade", "--db", database).stdout

    steps = [f"  {each.revision}  {each.doc}" for each in scripts().iterate_revisions(HEAD, "0005")][::-1]
    assert would.splitlines() == [*steps, f"{database}: would go from 0005 to {HEAD}"]
    (copy,) = tmp_path.glob("huawu-*.db")
    assert re.fullmatch(r"huawu-0005-\d{8}T\d{6}Z\.db", copy.name)
    assert did.splitlines() == [*steps, f"backup {copy}", f"{database}: from 0005 to {HEAD}"]
    assert again == f"{database}: schema {HEAD}, up to date\n"
    assert rows_of(str(copy)) == before


def test_the_copy_may_be_left_out(database: str, tmp_path: Path) -> None:
    at_revision(database, "0005")

    done = run("upgrade", "--db", database, "--no-backup").stdout.splitlines()

    assert done[-1].endswith(f": from 0005 to {HEAD}")
    assert list(tmp_path.glob("huawu-*.db")) == []


@pytest.fixture
def centre(tmp_path: Path) -> Path:
    """Two calls with their recordings, transcribed and in the index."""
    folder = RecordingFolder(tmp_path / "recordings")
    with Store.open(tmp_path / "huawu.db") as store:
        for name in ("one", "two"):
            writer = folder.start(name, started=NOON)
            writer.write(b"\xd5" * 8000, b"\xd5" * 8000)
            recording = replace(writer.close(), id=name)
            call = a_call(id=name, ended_at=NOON)
            store.add(call, recording, replace(a_transcript(call, "喂"), id=name, recording_id=name))
    with SearchIndex.open(tmp_path / "huawu.db") as index:
        index.catch_up()
    return tmp_path


def check(centre: Path, *words: str) -> tuple[int, str]:
    done = run("check", "--db", centre / "huawu.db", "--recordings", centre / "recordings", *words)
    return done.exit_code, done.stdout


def test_what_is_whole_is_said_to_be(centre: Path) -> None:
    place = centre / "huawu.db"

    assert check(centre) == (0, f"{place}: schema {HEAD}, 2 calls, 2 recordings, no faults\n")
    assert check(centre, "--sums") == (0, f"{place}: schema {HEAD}, 2 calls, 2 recordings read, no faults\n")
    assert json.loads(check(centre, "--json")[1]) == {
        "database": str(place),
        "schema": HEAD,
        "rows": {"call": 2, "recording": 2, "transcript": 2, "utterance": 2},
        "recordings": {"looked_at": 2, "elsewhere": 0},
        "faults": [],
    }


def test_each_fault_has_a_line_with_its_way_out(centre: Path) -> None:
    (centre / "recordings/2026/03/02/two.wav").unlink()
    with Store.open(centre / "huawu.db") as store:
        store.replace(Recording, {"id": "one"})
        store.add(a_call(id="unended"))

    code, said = check(centre)

    assert code == 1
    *faults, summary = said.splitlines()
    kinds = [each.partition(" → ") for each in faults]
    assert [(what.partition(": ")[0], way_out) for what, _, way_out in kinds] == [
        ("transcript", "put a backup in place, or transcribe again: huawu analyse --again"),
        ("open call", "close it: huawu recover"),
        ("recording of call two", "take it from the backup, or transcribe nothing from it"),
        ("search index", "huawu index (the desk does so by itself while it runs)"),
    ]
    assert summary.endswith("3 calls, 1 recordings, 4 faults")
    told = json.loads(check(centre, "--json")[1])["faults"]
    assert [
        f"{each['kind']}: {each['subject']}: {each['said']} → {each['way_out']}" for each in told
    ] == faults


def test_of_many_faults_of_a_kind_the_first_are_shown_and_all_counted(centre: Path) -> None:
    with Store.open(centre / "huawu.db") as store:
        store.add(*(Recording(call_id="one", uri=f"{number}.wav", channels=()) for number in range(30)))

    lines = check(centre)[1].splitlines()

    assert len(lines) == 22
    assert lines[20] == "recording: 10 more of these: --json lists all"
    assert lines[21].endswith("2 calls, 32 recordings, 30 faults")
    assert len(json.loads(check(centre, "--json")[1])["faults"]) == 30


def test_of_an_old_or_damaged_database_nothing_else_is_looked_at(tmp_path: Path) -> None:
    at_revision(str(tmp_path / "huawu.db"), "0005")

    assert check(tmp_path) == (
        1,
        f"schema: {tmp_path}/huawu.db: is 0005, this release's is {HEAD}; nothing else was looked at "
        "→ huawu db upgrade\n"
        f"{tmp_path}/huawu.db: schema 0005, 0 calls, 0 recordings, 1 fault\n",
    )
    assert list(rows_of(str(tmp_path / "huawu.db"))) != []

    content = (tmp_path / "huawu.db").read_bytes()
    (tmp_path / "huawu.db").write_bytes(content[: len(content) // 2])
    code, said = check(tmp_path)
    assert code == 1
    assert said.splitlines()[0].startswith(f"damaged: {tmp_path}/huawu.db: ")


def test_a_copy_is_made_once_and_is_the_database(centre: Path) -> None:
    copy = centre / "copy.db"

    done = run("backup", copy, "--db", centre / "huawu.db").stdout

    size = copy.stat().st_size / 1e6
    assert done == f"{centre}/huawu.db → {copy}, {size:.1f} MB, read back whole\n"
    assert rows_of(str(copy)) == rows_of(str(centre / "huawu.db"))
    with pytest.raises(HuawuError, match=r"copy.db exists already → name another file"):
        run("backup", copy, "--db", centre / "huawu.db")
    with Store.open(copy) as store:
        assert store.values(Call, "id") == {"one", "two"}


@pytest.mark.parametrize("words", [("upgrade",), ("check",), ("backup", "copy.db")])
def test_a_database_that_is_not_there_is_not_made(tmp_path: Path, words: tuple[str, ...]) -> None:
    with pytest.raises(HuawuError, match=r"none.db does not exist → name the database with --db"):
        run(*words, "--db", tmp_path / "none.db")
    assert list(tmp_path.iterdir()) == []
