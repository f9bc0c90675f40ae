from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from calls.errors import StoreError
from calls.records import Call
from calls.store import Store, backup
from calls.store.backup import back_up
from tests.calls.test_store import a_call, one_of_each

pytestmark = pytest.mark.integration


def restore(file: Path, database: str) -> None:
    """Put a copy in the place of the database, as docs/database.md says."""
    if "://" not in database:
        for suffix in ("-wal", "-shm"):
            Path(database + suffix).unlink(missing_ok=True)
        Path(database).write_bytes(file.read_bytes())
        return
    url = make_url(database)
    plain = url._replace(drivername="postgresql", password=None).render_as_string()
    command = ["pg_restore", "--clean", "--if-exists", "--no-owner", f"--dbname={plain}", str(file)]
    subprocess.run(command, check=True, env=os.environ | {"PGPASSWORD": url.password or ""})


def test_what_was_copied_comes_back_whole(database: str, tmp_path: Path) -> None:
    given, copy = one_of_each(), tmp_path / "copy"
    with Store.open(database) as store:
        store.add(*given)

        size = back_up(database, copy)

        store.replace(Call, {"door": "script"})
        store.add(a_call(id="later"))
    assert size == copy.stat().st_size > 0
    assert copy.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir() if "part" in each.name] == []

    restore(copy, database)

    with Store.open(database) as store:
        for each in given:
            assert store.get(type(each), each.id) == each  # type: ignore[attr-defined]
        assert store.find(Call, id="later") == []


def test_the_copy_shows_the_moment_when_it_began(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "STEP_PAGES", 16)
    database, copy = tmp_path / "huawu.db", tmp_path / "copy.db"
    steps = []
    with Store.open(database) as store:
        store.add(*(a_call(hangup_cause="x" * 1000) for _ in range(400)))

        def write_meanwhile(done: int, total: int) -> None:
            steps.append((done, total))
            store.add(a_call())

        back_up(database, copy, write_meanwhile)

        assert store.count(Call) == 400 + len(steps)
    with Store.open(copy) as copied:
        assert copied.count(Call) == 400
    assert len(steps) > 5
    assert steps[-1][0] == steps[-1][1]


def test_a_file_that_exists_is_never_replaced(database: str, tmp_path: Path) -> None:
    Store.open(database).close()
    (tmp_path / "taken").write_text("mine")
    (tmp_path / "dangling").symlink_to(tmp_path / "elsewhere")

    for name in ("taken", "dangling"):
        with pytest.raises(StoreError, match=f"{name} exists already → name another file"):
            back_up(database, tmp_path / name)

    assert (tmp_path / "taken").read_text() == "mine"
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_that_comes_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    database, copy = tmp_path / "huawu.db", tmp_path / "copy.db"
    Store.open(database).close()

    with pytest.raises(StoreError, match=r"copy.db exists already"):
        back_up(database, copy, lambda _done, _total: copy.write_text("theirs"))

    assert copy.read_text() == "theirs"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["copy.db", "huawu.db"]


def test_of_what_cannot_be_copied_nothing_is_left(tmp_path: Path) -> None:
    database = tmp_path / "huawu.db"
    with Store.open(database) as store:
        store.add(*(a_call(hangup_cause="x" * 1000) for _ in range(50)))
    content = bytearray(database.read_bytes())
    content[8192:16384] = b"\xff" * 8192
    database.write_bytes(content)

    with pytest.raises(StoreError, match=r"the copy is not sound|is damaged"):
        back_up(database, tmp_path / "copy.db")
    with pytest.raises(StoreError, match=r"no/copy.db: No such file or directory → check the folder"):
        back_up(database, tmp_path / "no" / "copy.db")

    assert not list(tmp_path.glob("*copy*"))


def test_where_pg_dump_is_missing_the_way_out_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(StoreError, match="pg_dump is not installed → apt install postgresql-client"):
        back_up("postgresql+psycopg://u:s3cret@127.0.0.1:1/x", tmp_path / "copy.dump")


FAKE = """#!/bin/sh
echo "$0 $* password=$PGPASSWORD" >>"{log}"
for each in "$@"; do case $each in --file=*copy*) echo dump >"${{each#--file=}}";; esac; done
"""


def test_the_password_is_not_among_the_arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "log"
    for name in ("pg_dump", "pg_restore"):
        (tmp_path / name).write_text(FAKE.format(log=log))
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    back_up("postgresql+psycopg://u:s3cret@db:5433/x?sslmode=require", tmp_path / "copy.dump")

    dumped, read = log.read_text().splitlines()
    arguments, _, password = dumped.partition(" password=")
    assert arguments.endswith("--dbname=postgresql://u@db:5433/x?sslmode=require")
    assert password == "s3cret"
    assert "s3cret" not in arguments + read.partition(" password=")[0]
    assert (tmp_path / "copy.dump").read_text() == "dump\n"


def test_what_pg_dump_says_is_passed_on_without_the_password(tmp_path: Path) -> None:
    place = "postgresql+psycopg://u:s3cret@127.0.0.1:1/x"

    with pytest.raises(StoreError, match=r"backup: .*127\.0\.0\.1") as told:
        back_up(place, tmp_path / "copy.dump")

    assert "s3cret" not in str(told.value)
    assert not list(tmp_path.iterdir())
