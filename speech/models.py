"""Folders with recognition models in Vosk's format: found, and checked before the library sees them.

libvosk dereferences a null pointer or ends the process on some damaged folders, so everything that
it reads at load is looked at here first: that the files are there, and that the big ones are whole.
Both of its layouts are known: the present one (``am/ conf/ graph/``) and the flat one of before 2020.
"""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from platformdirs import user_cache_path

from calls.errors import ModelError
from speech.openfst import promised_bytes
from speech.resources import resource

Graph = Literal["lookahead", "static"]

#: Environment variable that names a model folder.
ENVIRONMENT = "HUAWU_MODEL"
#: What names the built-in model wherever a model may be named.
BUILTIN = "builtin"
#: What the built-in model is called in transcripts.
BUILTIN_NAME = "tiny-cn"

_DEFAULT_RATE = 16000  # FrameExtractionOptions::samp_freq of Kaldi
_MDL_HEAD, _MDL_TAIL = b"\0B<TransitionModel> ", b"<Priors> FV "


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model folder that has been checked.

    Attributes
    ----------
    path : Path
        The folder.
    name : str
        Its name; :data:`BUILTIN_NAME` for the built-in model.
    sample_rate : int
        Rate in hertz of the features, from ``mfcc.conf``; sound is resampled to it.
    graph : {"lookahead", "static"}
        Whether grammars can be made at run time (``HCLr.fst`` + ``Gr.fst``) or are ignored (``HCLG.fst``).
    builtin : bool
        It is the demo model, which hears synthetic voices only.
    allow_upsample : bool
        Whether libvosk itself would take sound of a lower rate.
    """

    path: Path
    name: str
    sample_rate: int
    graph: Graph
    builtin: bool = False
    allow_upsample: bool = False


def cache_folder() -> Path:
    """Return the folder in the user's cache that holds fetched models; it may not exist."""
    return user_cache_path("huawu") / "models"


def find_model(option: str | Path | None = None) -> ModelFolder:
    """Find the model to use.

    The first of these decides: ``option``, the variable ``HUAWU_MODEL``, the one model in
    ``./models``, the one model in the user's cache, the built-in model. An option or a variable may be a
    path, the name of a model in one of the two places, or ``builtin``.

    Raises
    ------
    ModelError
        What decides does not exist or is not a whole model, or a place holds several models.
    """
    path = choose(option, installed)
    return builtin_model() if path is None else open_model(path)


def choose(option: str | Path | None, look: Callable[[Path], list[Path]]) -> Path | None:
    """Return the folder of the model to use, unchecked, in the order of :func:`find_model`.

    Parameters
    ----------
    option : str or Path, optional
        A path, the name of a model, or ``builtin``.
    look : callable
        Which models there are in a place, such as :func:`installed`.

    Returns
    -------
    Path or None
        ``None`` for the built-in model.

    Raises
    ------
    ModelError
        What decides does not exist, or a place holds several models.
    """
    for source, value in (("--model", option), (ENVIRONMENT, os.environ.get(ENVIRONMENT))):
        if value:
            return None if str(value) == BUILTIN else _named(str(value), source)
    for place in (Path("models"), cache_folder()):
        found = look(place)
        if len(found) > 1:
            names = ", ".join(folder.name for folder in found)
            raise ModelError(
                f"{place} holds several models: {names}", f"choose with --model or {ENVIRONMENT}"
            )
        if found:
            return found[0]
    return None


def installed(place: Path) -> list[Path]:
    """Return the folders right below ``place`` that look like models, whole or not, sorted by name."""
    if not place.is_dir():
        return []
    return sorted(folder for folder in place.iterdir() if folder.is_dir() and _acoustic_model(folder))


def builtin_model() -> ModelFolder:
    """Return the demo model that ships with huawu.

    Raises
    ------
    ModelError
        The installation is damaged.
    """
    try:
        path = resource("models", "tiny_cn", "model")
    except FileNotFoundError as error:
        raise ModelError(str(error), "or name another model with --model") from error
    return _checked(path, BUILTIN_NAME, builtin=True)


def open_model(path: Path | str) -> ModelFolder:
    """Check a model folder.

    Raises
    ------
    ModelError
        It is missing, an archive, half unpacked, or no model.
    """
    path = Path(path)
    try:
        builtin = path.samefile(resource("models", "tiny_cn", "model"))
    except FileNotFoundError:
        builtin = False
    return _checked(path, BUILTIN_NAME if builtin else path.resolve().name, builtin=builtin)


def _named(value: str, source: str) -> Path:
    candidates = [Path(value)]
    if Path(value).name == value:
        candidates += [Path("models") / value, cache_folder() / value]
    for candidate in candidates:
        if candidate.exists():
            return candidate
    places = ", ".join(str(candidate) for candidate in candidates)
    raise ModelError(
        f"{source}: there is no model {value!r} (looked for {places})",
        "see 'huawu models list', or fetch one with 'huawu models fetch NAME'",
    )


def _checked(path: Path, name: str, *, builtin: bool) -> ModelFolder:
    _require_folder(path)
    acoustic = _acoustic_model(path)
    if acoustic is None:
        raise ModelError(f"{path} is not a Vosk model: there is no am/final.mdl in it", _way_out(path))
    flat = acoustic.parent == path
    graph_folder = path if flat else path / "graph"
    conf = path / ("mfcc.conf" if flat else "conf/mfcc.conf")
    static = (graph_folder / "HCLG.fst").exists()
    # libvosk prefers HCLG.fst, and then ignores grammars
    graphs = ["HCLG.fst"] if static else ["HCLr.fst", "Gr.fst"]
    needed = [conf, graph_folder / "words.txt", *(graph_folder / file for file in graphs)]
    if not flat:
        needed.append(path / "conf/model.conf")
    if not static:
        needed.append(graph_folder / "disambig_tid.int")
    if (path / "ivector").is_dir():
        names = (
            "final.ie",
            "final.dubm",
            "final.mat",
            "global_cmvn.stats",
            "online_cmvn.conf",
            "splice.conf",
        )
        needed += [path / "ivector" / name for name in names]
    _require_files(path, needed)
    _require_whole_words(graph_folder / "words.txt")
    _require_whole_network(acoustic)
    for file in graphs:
        _require_whole_graph(graph_folder / file)
    options = _options(conf)
    return ModelFolder(
        path=path,
        name=name,
        sample_rate=_sample_rate(conf, options),
        graph="static" if static else "lookahead",
        builtin=builtin,
        allow_upsample=options.get("allow-upsample") == "true",
    )


def _acoustic_model(path: Path) -> Path | None:
    return next((path / file for file in ("am/final.mdl", "final.mdl") if (path / file).exists()), None)


def _require_folder(path: Path) -> None:
    if not path.exists():
        raise ModelError(f"model folder {path} does not exist", "see 'huawu models list'")
    if not path.is_dir():
        way = "unpack it and name the folder" if path.suffix == ".zip" else "name the folder of the model"
        raise ModelError(f"model {path} is a file, not a folder", way)


def _way_out(path: Path) -> str:
    inner = installed(path)
    if inner:
        return f"the model is one folder deeper: {inner[0]}"
    if (path / "tokens.txt").exists():
        return "it is for sherpa-onnx: transcribe, analyse, batch and evaluate; menus need a Vosk model"
    archive = next(iter(sorted(path.glob("*.zip"))), None)
    return f"unpack {archive} first" if archive else "fetch one with 'huawu models fetch NAME'"


def _require_files(path: Path, needed: Iterable[Path]) -> None:
    missing = [file for file in needed if not file.is_file()]
    # an empty disambig_tid.int is understood: no symbols
    missing += [
        file for file in needed if file.suffix != ".int" and file not in missing and not file.stat().st_size
    ]
    if missing:
        names = ", ".join(str(file.relative_to(path)) for file in missing)
        raise ModelError(f"model {path} is incomplete: {names} missing or empty", "unpack it again")


def _options(conf: Path) -> dict[str, str]:
    """Read a Kaldi configuration file: ``--name=value`` lines, ``#`` comments, ``_`` and ``-`` alike."""
    options = {}
    for line in conf.read_text(encoding="utf-8", errors="replace").splitlines():
        name, _, value = line.partition("#")[0].strip().partition("=")
        if name.startswith("--"):
            options[name[2:].replace("_", "-")] = value.strip() or "true"
    return options


def _sample_rate(conf: Path, options: dict[str, str]) -> int:
    text = options.get("sample-frequency", str(_DEFAULT_RATE))
    try:
        rate = int(float(text))
    except ValueError:
        rate = 0
    if not 4000 <= rate <= 48000:
        raise ModelError(f"{conf}: --sample-frequency={text} is no sampling rate", "unpack the model again")
    return rate


def _require_whole_words(path: Path) -> None:
    """Look at the end of the word list: without its last words, libvosk leaves gaps and says nothing."""
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        if file.read(1) != b"\n":
            raise ModelError(
                f"{path} is cut short ({path.stat().st_size:,} bytes): its last line does not end",
                "unpack or fetch the model again",
            )


def _require_whole_network(path: Path) -> None:
    """Look at both ends of an nnet3 model: it closes with the vector of priors."""
    with path.open("rb") as file:
        head = file.read(len(_MDL_HEAD))
        if head == _MDL_HEAD:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                at = data.rfind(_MDL_TAIL)
                tail = data[at + len(_MDL_TAIL) : at + len(_MDL_TAIL) + 5] if at >= 0 else b""
                if len(tail) == 5:
                    size, count = struct.unpack("<bi", tail)
                    if size == 4 and at + len(_MDL_TAIL) + 5 + 4 * count <= len(data):
                        return
    state = "cut short" if head == _MDL_HEAD else "not an nnet3 model"
    raise ModelError(f"{path} is {state} ({path.stat().st_size:,} bytes)", "unpack or fetch the model again")


def _require_whole_graph(path: Path) -> None:
    size = path.stat().st_size
    try:
        promised = promised_bytes(path)
    except ValueError as error:
        raise ModelError(f"{path} is not a graph of OpenFst", "unpack or fetch the model again") from error
    if size < promised:
        raise ModelError(
            f"{path} is cut short ({size:,} bytes of at least {promised:,})",
            "unpack or fetch the model again",
        )
