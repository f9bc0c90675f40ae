"""Where things are: what is generated or fetched goes to the user's own folders, never the package."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_cache_path

from calls.errors import HuawuError


def cache(name: str) -> Path:
    """Return a folder for things that can be made again, made if missing.

    It lies in the user's cache folder, which ``XDG_CACHE_HOME`` moves.
    """
    folder = user_cache_path("huawu") / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def require_database(place: str, way_out: str) -> None:
    """Refuse a SQLite database, by path or URL, that is not there: opening it would make an empty one.

    Raises
    ------
    HuawuError
        There is no such file; ``way_out`` is its hint.
    """
    from calls.store.engine import database_url

    url = database_url(place)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise HuawuError(f"database: {place} does not exist", way_out)
