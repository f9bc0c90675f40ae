"""Which engine recognises with a model: the folder tells, by its files.

Vosk is always there; models of sherpa-onnx need the extra ``sherpa``. Nothing of an engine is imported
before a model is loaded.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from speech.models import ModelFolder, builtin_model, choose, installed, open_model
from speech.sherpa_folder import SherpaFolder, is_sherpa, open_sherpa

if TYPE_CHECKING:
    from speech.recogniser import RecogniserModel

AnyFolder = ModelFolder | SherpaFolder


def load_recogniser(option: str | Path | None = None, *, threads: int = 1) -> RecogniserModel:
    """Find a model and load it with the engine that it is for.

    Parameters
    ----------
    option : str or Path, optional
        As for :func:`find_recogniser`.
    threads : int
        Threads of one recognition, where the engine can use several; Vosk uses one.

    Raises
    ------
    ModelError
        There is no such model, it is damaged, or its engine is not installed.
    """
    folder = find_recogniser(option)
    if isinstance(folder, SherpaFolder):
        from speech import sherpa

        return sherpa.load(folder, threads=threads)
    from speech import recogniser

    return recogniser.load(folder)


def find_recogniser(option: str | Path | None = None) -> AnyFolder:
    """Find the model to use, whatever its engine, in the order of :func:`speech.models.find_model`.

    Raises
    ------
    ModelError
        What decides does not exist or is not a whole model, or a place holds several models.
    """
    path = choose(option, installed_of_any)
    return builtin_model() if path is None else open_folder(path)


def open_folder(path: Path | str) -> AnyFolder:
    """Check a model folder of any engine.

    Raises
    ------
    ModelError
        It is missing, an archive, half unpacked, or no model.
    """
    path = Path(path)
    return open_sherpa(path) if is_sherpa(path) else open_model(path)


def installed_of_any(place: Path) -> list[Path]:
    """Return the folders right below ``place`` that look like models of any engine, sorted by name."""
    if not place.is_dir():
        return []
    others = [folder for folder in place.iterdir() if folder.is_dir() and is_sherpa(folder)]
    return sorted({*installed(place), *others})
