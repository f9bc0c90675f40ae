"""Where generated and fetched things go: the user's own folders, never the package."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_cache_path


def cache(name: str) -> Path:
    """Return a folder for things that can be made again, made if missing.

    It lies in the user's cache folder, which ``XDG_CACHE_HOME`` moves.
    """
    folder = user_cache_path("huawu") / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder
