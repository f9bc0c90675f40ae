"""A source as people name it, and its recordings."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import tzinfo
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote_to_bytes

from calls.errors import BatchError, RecordingError
from calls.objectstore import ObjectStores, ObjectUrl, is_url
from calls.recordings import file_of
from huawu.batch.entry import Entry
from huawu.batch.sources import bucket
from huawu.batch.sources.folder import files_below, files_like, is_pattern, one_file
from huawu.batch.sources.manifest import is_manifest, read_manifest
from huawu.batch.sources.tally import Tally
from huawu.batch.sources.template import NameTemplate


def entries(
    source: str | Path,
    *,
    template: NameTemplate | None = None,
    zone: tzinfo | None = None,
    tally: Tally | None = None,
    stores: ObjectStores | None = None,
) -> Iterator[Entry]:
    """Yield the recordings of a source one at a time, in an order that does not change.

    Parameters
    ----------
    source : str or Path
        A folder, with those within; a pattern (``calls/**/*.wav``); a manifest (``.csv``, ``.tsv``,
        ``.jsonl``, ``.ndjson``); a recording; or the URL of an object store, ``s3://bucket/folder``, of a
        manifest there or of a recording.
    template : NameTemplate, optional
        Fills from names what the source itself does not tell. An entry that does not fit is given without.
    zone : tzinfo, optional
        Of times in a manifest that say none; this machine's by default.
    tally : Tally, optional
        Is told what is left out and what is wrong, and these go on. Without one, the first fault is raised.
    stores : ObjectStores, optional
        Where manifests may point; those that the environment allows by default. A URL that is ``source``
        itself needs no leave, nor what lies below the folder of a manifest.

    Raises
    ------
    BatchError
        The source is none, cannot be read, or holds nothing at all.
    """
    told = tally if tally is not None else Tally(on_fault=_raised)
    for entry in _listed(source, zone, told, stores):
        if template is not None:
            read = template.read(_readable(entry.place))
            if read is None:
                told.misnamed(entry.place)
            else:
                entry = _filled(entry, read)
        told.taken += 1
        yield entry


def _readable(place: str) -> str:
    """Return a place as people read it: names that are no UTF-8 are of old Chinese systems."""
    if not place.startswith("file://"):
        return place
    return unquote_to_bytes(place.removeprefix("file://")).decode("gb18030", "replace")


def _raised(error: BatchError) -> None:
    raise error


def _filled(entry: Entry, read: dict[str, object]) -> Entry:
    unknown = Entry(place="")
    missing = {
        field: value for field, value in read.items() if getattr(entry, field) == getattr(unknown, field)
    }
    return replace(entry, **missing) if missing else entry  # type: ignore[arg-type]


def _listed(
    source: str | Path, zone: tzinfo | None, tally: Tally, stores: ObjectStores | None
) -> Iterator[Entry]:
    text = os.fspath(source)
    if text.startswith("file://"):
        text = str(file_of(text))
    if is_url(text):
        return _remote(text, zone, tally, stores)
    path = Path(text)
    if path.is_dir():
        return files_below(Path(os.path.abspath(path)), tally)
    if path.is_file():
        if is_manifest(text):
            return _manifest(path, zone, tally, stores)
        return iter((one_file(path),))
    if is_pattern(text) and not path.exists():
        return _matching(text, tally)
    problem = "it is neither a file nor a folder" if path.exists() else "it does not exist"
    raise BatchError(
        f"source {text}: {problem}", "name a folder, a pattern, a manifest, a recording or a URL"
    )


def _matching(pattern: str, tally: Tally) -> Iterator[Entry]:
    found = False
    for entry in files_like(pattern, tally):
        found = True
        yield entry
    if not found and not tally.left_out and not tally.faults:
        raise BatchError(f"source {pattern}: nothing is called so", "check the pattern; put it in quotes")


def _remote(text: str, zone: tzinfo | None, tally: Tally, stores: ObjectStores | None) -> Iterator[Entry]:
    try:
        url = ObjectUrl.parse(text)
        if not is_manifest(url.key):
            return bucket.objects_below(url, tally)
        folder = str(url).rsplit("/", 1)[0] + "/"
        allowed = (stores or ObjectStores.of()).also(folder)
    except RecordingError as error:
        raise BatchError(error.message, error.hint) from None
    base = ObjectUrl.parse(folder)

    def open_it() -> BinaryIO:
        try:
            return allowed.open(str(url))
        except RecordingError as error:
            raise BatchError(error.message, error.hint) from None

    def locate(path: str) -> str:
        try:
            return str(allowed.checked(path) if is_url(path) else base.below(path))
        except RecordingError as error:
            raise BatchError(error.message, error.hint) from None

    return read_manifest(str(url), open_it, locate, tally, zone)


def _manifest(path: Path, zone: tzinfo | None, tally: Tally, stores: ObjectStores | None) -> Iterator[Entry]:
    folder = Path(os.path.abspath(path)).parent
    allowed: list[ObjectStores] = [stores] if stores is not None else []

    def open_it() -> BinaryIO:
        try:
            return path.open("rb")
        except OSError as error:
            raise BatchError(f"{path}: {error.strerror}", "check the file and its rights") from None

    def locate(text: str) -> str:
        if text.startswith("file://"):
            text = str(file_of(text))
        if not is_url(text):
            return os.path.normpath(folder / text)
        try:
            if not allowed:
                allowed.append(ObjectStores.of())
            return str(allowed[0].checked(text))
        except RecordingError as error:
            raise BatchError(error.message, error.hint) from None

    return read_manifest(str(path), open_it, locate, tally, zone)
