"""The list of models that can be fetched: ``models/manifest.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from calls.errors import ModelError
from speech.resources import resource

#: What recognises with a model.
ENGINES = ("vosk", "sherpa-onnx")
#: Forms of archives that can be unpacked.
ARCHIVES = (".zip", ".tar.bz2")

_SCHEMA = 1
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model of the manifest. What is not known is ``None``, ``""`` or empty, and never guessed.

    Attributes
    ----------
    name : str
        Also the name of the folder that it is unpacked into.
    url : str
        Where its archive is: ``.zip`` or ``.tar.bz2``.
    engine : str
        ``vosk`` or ``sherpa-onnx``.
    bytes : int or None
        Size of the archive.
    sha256 : str
        Of the archive, 64 hexadecimal digits, or ``""``.
    published_size : str
        Size as its maker states it, such as ``1.3G``.
    sample_rate : int or None
        In hertz.
    graph : str
        ``lookahead`` (menus can make grammars), ``static`` or ``""``.
    licence : str
        SPDX identifier.
    cer : mapping of str to float
        Published character error rate in percent by test set.
    cer_source : str
        Who published it.
    """

    name: str
    url: str
    engine: str = "vosk"
    language: str = ""
    bytes: int | None = None
    sha256: str = ""
    published_size: str = ""
    sample_rate: int | None = None
    graph: str = ""
    licence: str = ""
    cer: Mapping[str, float] = field(default_factory=dict)
    cer_source: str = ""
    notes: str = ""


def read_manifest(path: Path | None = None) -> dict[str, ModelEntry]:
    """Read a manifest, by default the one that ships with huawu.

    Returns
    -------
    dict of str to ModelEntry
        By name, in the order of the file.

    Raises
    ------
    ModelError
        The file is missing or not TOML, or an entry is wrong; the message names the field.
    """
    try:
        path = path or resource("models", "manifest.toml")
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ModelError(f"manifest {path or 'models/manifest.toml'}: {error}", "restore the file") from error
    if data.get("schema") != _SCHEMA:
        raise ModelError(
            f"{path}: schema is {data.get('schema')!r}, this huawu reads {_SCHEMA}", "update huawu"
        )
    entries: dict[str, ModelEntry] = {}
    for number, table in enumerate(data.get("model", []), start=1):
        entry = _entry(table, f"{path}: model {number}")
        if entry.name in entries:
            raise ModelError(f"{path}: two models are called {entry.name}", "rename one")
        entries[entry.name] = entry
    return entries


def find_entry(name: str, entries: Mapping[str, ModelEntry]) -> ModelEntry:
    """Return the entry of that name.

    Raises
    ------
    ModelError
        There is none; the message lists the names.
    """
    if name not in entries:
        raise ModelError(f"the manifest has no model {name!r}", f"known are {', '.join(entries)}")
    return entries[name]


def _entry(table: dict[str, Any], where: str) -> ModelEntry:
    kinds: dict[str, type | tuple[type, ...]] = {
        name: str
        for name in (
            "name",
            "url",
            "engine",
            "language",
            "sha256",
            "published_size",
            "graph",
            "licence",
            "cer_source",
            "notes",
        )
    }
    kinds |= {"bytes": int, "sample_rate": int, "cer": dict}
    for name, value in table.items():
        if name not in kinds:
            raise ModelError(f"{where}: unknown field {name!r}", f"known are {', '.join(kinds)}")
        if not isinstance(value, kinds[name]):
            raise ModelError(f"{where}: {name} = {value!r} has the wrong type", "see the other entries")
    name, url, sha256 = (table.get(field, "") for field in ("name", "url", "sha256"))
    if not _NAME.fullmatch(name):
        raise ModelError(f"{where}: name = {name!r} cannot be a folder", "use letters, digits, . _ -")
    if not url.startswith(("https://", "http://")):
        raise ModelError(f"{where}: url = {url!r} is no web address", "give the address of the archive")
    if not url.endswith(ARCHIVES):
        raise ModelError(
            f"{where}: url = {url!r} is no archive", f"its name ends with {' or '.join(ARCHIVES)}"
        )
    if table.get("engine", "vosk") not in ENGINES:
        raise ModelError(f"{where}: engine = {table['engine']!r}", f"give {' or '.join(ENGINES)}")
    if sha256 and not _SHA256.fullmatch(sha256):
        raise ModelError(f"{where}: sha256 = {sha256!r}", "give 64 lower-case hexadecimal digits, or nothing")
    if table.get("graph", "") not in ("", "lookahead", "static"):
        raise ModelError(f"{where}: graph = {table['graph']!r}", "give lookahead, static or nothing")
    return ModelEntry(**table)
