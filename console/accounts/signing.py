"""What the desk signs its cookies with: a key from the environment, or from a file beside the database."""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from calls.errors import StoreError
from calls.store.engine import database_url
from console.settings import SettingError

#: Holds the key itself where no file is wanted; all processes of one desk need the same.
KEY_VARIABLE = "HUAWU_DESK_KEY"
#: Name of the file.
KEY_FILE = "desk.key"
#: What a key has at least: 128 bits in hexadecimal digits.
KEY_CHARACTERS = 32

_log = logging.getLogger(__name__)


def key_file_of(store_url: str, recordings_folder: Path) -> Path:
    """Return the place of the key: beside the database file; with PostgreSQL, in the recordings' folder."""
    try:
        url = database_url(store_url)
    except StoreError:
        return recordings_folder / KEY_FILE  # pages tell what is wrong with the URL
    if url.get_backend_name() == "sqlite":
        return Path(url.database or "").parent / KEY_FILE
    return recordings_folder / KEY_FILE


def signing_key(file: Path, environment: Mapping[str, str] = os.environ) -> str:
    """Return the key, which is made with the file at first use.

    Parameters
    ----------
    file : Path
        Where the key is kept; only its owner may read it.
    environment : mapping, optional
        :data:`KEY_VARIABLE` in it goes before the file.

    Raises
    ------
    SettingError
        The key is too short, or others may read the file.
    """
    given = environment.get(KEY_VARIABLE)
    if given is not None:
        return _long_enough(given, KEY_VARIABLE)
    try:
        _make(file)
        others_read = file.stat().st_mode & 0o077
        key = file.read_text(encoding="ascii", errors="replace").strip()
    except OSError as error:
        _log.warning(
            "%s cannot be used (%s): everybody has to sign in again when the desk starts again",
            file,
            error.strerror,
        )
        return secrets.token_hex(32)
    if others_read:
        raise SettingError(
            f"{file}: others than its owner may read the key", f"chmod 600 {file}, or delete it for a new one"
        )
    return _long_enough(key, str(file))


def _make(file: Path) -> None:
    """Make the file where there is none; of two processes that make it at once both read the first's."""
    if file.exists():
        return
    draft = file.with_name(f".{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as opened:
            opened.write(secrets.token_hex(32) + "\n")
        try:
            os.link(draft, file)
        except FileExistsError:
            pass
    finally:
        draft.unlink()


def _long_enough(key: str, where: str) -> str:
    if len(key) < KEY_CHARACTERS:
        raise SettingError(
            f"{where}: the key has {len(key)} characters, fewer than {KEY_CHARACTERS}",
            "python3 -c 'import secrets; print(secrets.token_hex(32))' makes one",
        )
    return key
