"""Where the data that ships with huawu lies: flows, scenarios, the model manifest, the demo model."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def resource(*parts: str) -> Path:
    """Return the path of shipped data.

    Parameters
    ----------
    *parts : str
        Path below the data root, beginning with ``prompts`` or ``models``.

    Returns
    -------
    Path
        Inside the installed package, or in the source tree where huawu runs from a checkout.

    Raises
    ------
    FileNotFoundError
        Neither place has it: the installation is damaged.
    """
    package = Path(str(files("huawu")))
    for root in (package / "data", package.parent):
        path = root.joinpath(*parts)
        if path.exists():
            return path
    raise FileNotFoundError(f"huawu's own data {'/'.join(parts)} is missing: reinstall huawu")
