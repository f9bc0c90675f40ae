"""A copy of the database that is whole and consistent, taken while it is in use."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy.engine import URL

from calls.errors import StoreError
from calls.store.engine import BUSY_SECONDS, database_url, translated

#: Pages that are copied between two steps of the bar: 16 MB at SQLite's usual 4 KiB.
STEP_PAGES = 4096
#: Seconds between two steps of the bar while pg_dump writes.
_LOOK_SECONDS = 0.5

#: What is told while copying: how much is done, and of how much; 0 where nobody knows.
Progress = Callable[[int, int], object]


def back_up(place: str | Path, target: Path, progress: Progress = max) -> int:
    """Copy a database to a file that does not exist yet, readable by its owner alone, and read it whole.

    Others go on reading and writing: the copy shows the database at the moment when it began. The file has
    its name only once it is complete and was read back.

    Parameters
    ----------
    place : str or Path
        A SQLite database is copied by SQLite's own backup (sqlite.org/backup.html), to a database; a
        PostgreSQL one by ``pg_dump``, to its custom format.
    target : Path
        Where to.
    progress : callable
        Called with pages done and pages in all; for PostgreSQL with bytes written and 0.

    Returns
    -------
    int
        Bytes of the file.

    Raises
    ------
    calls.errors.StoreError
        ``target`` exists, the copy is not sound, or something could not be read or written; nothing is left
        of the copy then.
    """
    url = database_url(place)
    with _draft(target) as draft:
        if url.get_backend_name() == "postgresql":
            _dump(url, draft, progress)
        else:
            with translated(str(url.database)), closing(_opened(Path(str(url.database)))) as source:
                _copy(source, draft, progress)
    return target.stat().st_size


def back_up_held(source: sqlite3.Connection, target: Path, progress: Progress = max) -> int:
    """Copy a SQLite database as :func:`back_up` does, over a connection that keeps all others out."""
    with _draft(target) as draft, translated(str(target)):
        _copy(source, draft, progress)
    return target.stat().st_size


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=rw", timeout=BUSY_SECONDS, isolation_level=None, uri=True
    )


@contextmanager
def _draft(target: Path) -> Iterator[Path]:
    """Give a name beside the target; what was written there gets the target's name at the end, or goes."""
    if target.exists() or target.is_symlink():
        raise StoreError(f"backup: {target} exists already", "name another file")
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        yield draft
        _sync(draft)
        try:
            # unlike a rename, a link never takes the place of a file that came meanwhile
            os.link(draft, target)
        except PermissionError:  # a file system without links
            if target.exists():
                raise FileExistsError from None
            draft.rename(target)
        _sync(target.parent)
    except FileExistsError:
        raise StoreError(f"backup: {target} exists already", "name another file") from None
    except OSError as error:
        raise StoreError(
            f"backup: {target}: {error.strerror or error}", "check the folder, its rights and the free space"
        ) from None
    finally:
        for suffix in ("", "-journal", "-wal", "-shm"):
            draft.with_name(draft.name + suffix).unlink(missing_ok=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _copy(source: sqlite3.Connection, draft: Path, progress: Progress) -> None:
    # One moment is read from here on. Without it SQLite would begin again at each write of another program.
    source.execute("BEGIN")
    try:
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()
        with closing(sqlite3.connect(draft, isolation_level=None)) as copy:
            source.backup(
                copy,
                pages=STEP_PAGES,
                progress=lambda _status, left, total: progress(total - left, total),
            )
            # one file, which can be carried away, instead of three
            copy.execute("PRAGMA journal_mode = DELETE")
            (found,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
    finally:
        source.execute("ROLLBACK")
    if found != "ok":
        raise StoreError(f"backup: the copy is not sound: {found}", "look at the database: huawu db check")


def _dump(url: URL, draft: Path, progress: Progress) -> None:
    environment = os.environ | ({"PGPASSWORD": url.password} if url.password else {})
    # no password among the arguments, which every user of the machine can read
    plain = url._replace(drivername="postgresql", password=None).render_as_string(hide_password=False)
    name = url.render_as_string(hide_password=True)
    dump = [_tool("pg_dump"), "--format=custom", "--no-password", f"--file={draft}", f"--dbname={plain}"]
    _run(dump, environment, name, lambda: progress(draft.stat().st_size, 0))
    # reads and unpacks all of it; only its table of contents would not show a cut-off end
    read = [_tool("pg_restore"), f"--file={os.devnull}", str(draft)]
    _run(read, environment, name, lambda: progress(draft.stat().st_size, 0))


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise StoreError(
            f"backup: {name} is not installed",
            "apt install postgresql-client, as new as the server; or back up by the server's own means",
        )
    return found


def _run(command: list[str], environment: dict[str, str], name: str, look: Callable[[], object]) -> None:
    with subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as process:
        try:
            while True:
                try:
                    _, said = process.communicate(timeout=_LOOK_SECONDS)
                    break
                except subprocess.TimeoutExpired:
                    look()
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        lines = said.strip().splitlines() or [f"exit code {process.returncode}"]
        raise StoreError(f"backup: {name}: {lines[0]}", "see what pg_dump says")
