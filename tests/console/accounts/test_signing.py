from __future__ import annotations

import logging
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from console.accounts.signing import KEY_VARIABLE, key_file_of, signing_key
from console.settings import SettingError

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("database", "place"),
    [
        ("/srv/desk.db", "/srv/desk.key"),
        ("sqlite:////srv/desk.db", "/srv/desk.key"),
        ("postgresql://desk@db/calls", "recordings/desk.key"),
        ("no such://database", "recordings/desk.key"),
    ],
)
def test_the_key_lies_beside_the_database_or_among_the_recordings(database: str, place: str) -> None:
    assert key_file_of(database, Path("recordings")) == Path(place)


def test_the_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "desk.key"

    first, second = signing_key(file, {}), signing_key(file, {})

    assert first == second == file.read_text().strip()
    assert len(first) == 64
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_processes_that_make_it_at_once_use_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(lambda _: signing_key(tmp_path / "desk.key", {}), range(64)))

    assert len(keys) == 1


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    key = "k" * 32

    assert signing_key(tmp_path / "desk.key", {KEY_VARIABLE: key}) == key
    assert list(tmp_path.iterdir()) == []


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "desk.key").touch(0o600)

    with pytest.raises(SettingError, match="HUAWU_DESK_KEY: the key has 6 characters, fewer than 32"):
        signing_key(tmp_path / "desk.key", {KEY_VARIABLE: "secret"})
    with pytest.raises(SettingError, match=r"desk\.key: the key has 0 characters"):
        signing_key(tmp_path / "desk.key", {})


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "desk.key"
    signing_key(file, {})
    file.chmod(0o640)

    with pytest.raises(SettingError, match="others than its owner may read the key → chmod 600"):
        signing_key(file, {})


def test_where_it_cannot_be_kept_the_log_says_what_that_means(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        keys = {signing_key(tmp_path / "gone" / "desk.key", {}) for _ in range(2)}

    assert len(keys) == 2
    assert "everybody has to sign in again when the desk starts again" in caplog.text
