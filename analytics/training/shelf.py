"""Trained models on disk: every version is kept, one of each kind is current."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

from analytics.modelfile import load_parts, store_parts
from calls.errors import AnalyticsError

#: What can be trained.
KINDS = ("risk", "topic", "sentiment")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is known of a trained model.

    ``figure`` names what ``value`` measures on the ``held_out`` calls; ``before`` is what the model that was
    current then reached on the same calls. ``forced`` says that it was put in place although it was worse.
    """

    kind: str
    version: str
    trained_at: datetime
    learnt_from: int
    held_out: int
    figure: str
    value: float
    before: float
    replaced: str
    forced: bool = False


class ModelShelf:
    """A folder of trained models.

    Parameters
    ----------
    folder : Path, optional
        The user's data folder if not given.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or user_data_path("huawu") / "trained"

    def current(self, kind: str) -> tuple[Any, Manifest] | None:
        """Return the current model of a kind and its manifest; ``None`` where nothing was trained.

        Raises
        ------
        AnalyticsError
            There is one, and it cannot be read: to go on with another would be to judge differently in
            silence.
        """
        manifest = self.manifest(kind)
        if manifest is None:
            return None
        return load_parts(self._path(manifest))["model"], manifest

    def manifest(self, kind: str) -> Manifest | None:
        """Return the manifest of the current model of a kind, if there is one."""
        place = self.folder / f"{kind}.json"
        if not place.exists():
            return None
        try:
            fields = json.loads(place.read_text(encoding="utf-8"))
            return Manifest(**fields | {"trained_at": datetime.fromisoformat(fields["trained_at"])})
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise AnalyticsError(
                f"{place}: not a model's manifest ({error})", "remove it to go on with the built-in model"
            ) from None

    def put(self, model: Any, manifest: Manifest) -> None:
        """Store a model and make it the current one of its kind."""
        self.folder.mkdir(parents=True, exist_ok=True)
        store_parts(self._path(manifest), {"model": model})
        fields = asdict(manifest) | {"trained_at": manifest.trained_at.isoformat()}
        fresh = self.folder / f".{manifest.kind}.json.{os.getpid()}"
        fresh.write_text(json.dumps(fields, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        os.replace(fresh, self.folder / f"{manifest.kind}.json")

    def _path(self, manifest: Manifest) -> Path:
        return self.folder / f"{manifest.kind}-{manifest.version}.skops"
