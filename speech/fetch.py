"""Models from the network: resumed where it broke off, checked, unpacked without escapes, then renamed.

Nothing half done is ever seen under a model's name: the archive grows as ``NAME.zip.part`` (or
``NAME.tar.bz2.part``), is checked against size and SHA-256 before it is opened, is unpacked beside its
place, checked as a model (:mod:`speech.engines`), and only then moved there.
"""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import json
import os
import re
import shutil
import stat
import tarfile
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.parse import urlsplit

from calls.errors import FetchError, ModelError
from calls.records import utc_now
from speech.engines import AnyFolder, open_folder
from speech.manifest import ARCHIVES, ModelEntry
from speech.models import cache_folder

#: Environment variable with the address of a folder that holds the archives, instead of the maker's.
MIRROR = "HUAWU_MODEL_MIRROR"
#: Where a fetched model came from, in its folder.
PROVENANCE = "huawu-source.json"

_CHUNK = 1 << 18
_TIMEOUT = 20.0  # seconds without a byte
_MOST_BYTES = 12_000_000_000  # unpacked
_MOST_FILES = 1000  # models have about 30
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class Fetched:
    """What :func:`fetch` did.

    Attributes
    ----------
    folder : ModelFolder or SherpaFolder
        The model, ready to use.
    sha256 : str
        Of its archive.
    verified : bool
        Whether that hash was known beforehand.
    """

    folder: AnyFolder
    sha256: str
    verified: bool


def fetch(
    entry: ModelEntry,
    place: Path | None = None,
    *,
    mirror: str | None = None,
    sha256: str | None = None,
    accept_unverified: bool = False,
    progress: Progress = lambda done, total: None,
    most_bytes: int = _MOST_BYTES,
) -> Fetched:
    """Fetch a model unless it is there.

    Parameters
    ----------
    entry : ModelEntry
        What to fetch.
    place : Path, optional
        Folder to put the model's folder in; the user's cache by default.
    mirror : str, optional
        Address of a folder with the archives; by default that in ``HUAWU_MODEL_MIRROR``, else
        the entry's own address.
    sha256 : str, optional
        Expected hash of the archive, for an entry without one.
    accept_unverified : bool
        Take an archive of which no hash is known.
    progress : callable
        Called with the bytes that are here and the bytes in all, or ``None`` if that is not known.
    most_bytes : int
        Most bytes that the archive may unpack to.

    Raises
    ------
    FetchError
        No hash is known, the network fails, the archive is not what was expected, or unpacking it
        would write outside its folder.
    """
    place = place or cache_folder()
    expected = _expected_hash(entry, sha256, accept_unverified)
    target = place / entry.name
    if target.exists():
        return _already_there(target)
    url = address(entry, mirror)
    try:
        place.mkdir(parents=True, exist_ok=True)
        part = place / f"{entry.name}{_form(url)}.part"
        with part.open("ab") as file:
            _lock(file, part)
            _download(url, file, entry, target, progress)
        found = _hash(part)
        _check(part, entry, expected, found)
        verified = expected is not None
        _unpack(part, target, most_bytes, {"url": url, "sha256": found, "verified": verified})
        part.unlink()
    except OSError as error:
        raise FetchError(
            f"{place}: {error.strerror or error}", "free space or choose another folder"
        ) from error
    return Fetched(open_folder(target), found, verified)


def address(entry: ModelEntry, mirror: str | None = None) -> str:
    """Return where the archive of ``entry`` is fetched from."""
    base = mirror or os.environ.get(MIRROR, "")
    url = f"{base.rstrip('/')}/{entry.url.rpartition('/')[2]}" if base else entry.url
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("https", "http") or not parts.netloc:
        raise FetchError(f"{url!r} is no web address", f"correct --mirror or {MIRROR}")
    return url


def provenance(folder: Path) -> dict[str, object]:
    """Return ``url``, ``sha256``, ``verified`` and ``fetched_at`` of a fetched model, as far as known."""
    try:
        data = json.loads((folder / PROVENANCE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def _expected_hash(entry: ModelEntry, sha256: str | None, accept_unverified: bool) -> str | None:
    if sha256 is not None and not _SHA256.fullmatch(sha256):
        raise FetchError(f"--sha256 {sha256!r} is no SHA-256", "give 64 hexadecimal digits")
    if sha256 and entry.sha256 and sha256.lower() != entry.sha256:
        raise FetchError(
            f"--sha256 {sha256} differs from the manifest's {entry.sha256}", "leave the option out"
        )
    expected = (sha256 or entry.sha256).lower() or None
    if expected is None and not accept_unverified:
        raise FetchError(
            f"no checksum of {entry.name} is known",
            "give --sha256 HASH, or --accept-unverified, which prints and keeps the hash",
        )
    return expected


def _already_there(target: Path) -> Fetched:
    try:
        folder = open_folder(target)
    except ModelError as error:
        raise FetchError(f"{target} is in the way: {error.message}", "move or delete it") from error
    source = provenance(target)
    return Fetched(folder, str(source.get("sha256", "")), source.get("verified") is True)


def _lock(file: IO[bytes], part: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise FetchError(f"{part} is being written by another huawu", "wait for it to end") from error


def _download(url: str, file: IO[bytes], entry: ModelEntry, target: Path, progress: Progress) -> None:
    have = file.tell()
    if entry.bytes is not None and have >= entry.bytes:
        return
    request = urllib.request.Request(url, headers={"User-Agent": "huawu", "Accept-Encoding": "identity"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as response:
            resumed = response.status == 206
            if resumed and not response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
                raise FetchError(f"{url}: the server resumed at the wrong place", "delete the .part file")
            if not resumed:
                have = 0
                file.truncate(0)
            length = response.headers.get("Content-Length")
            total = have + int(length) if length and length.isdigit() else entry.bytes
            progress(have, total)
            while chunk := response.read(_CHUNK):
                file.write(chunk)
                have += len(chunk)
                progress(have, total)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416 and have:  # nothing is left to send: the checks decide
            return
        raise FetchError(f"{url}: {error.code} {error.reason}", _by_hand(url, target)) from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise FetchError(f"{url}: {reason}", _by_hand(url, target)) from error
    if total is not None and have < total:
        raise FetchError(
            f"{url}: broke off after {have:,} of {total:,} bytes",
            "run the command again: it goes on from there",
        )


def _by_hand(url: str, target: Path) -> str:
    return f"without network: fetch {url} elsewhere and unpack it so that {target} holds {_holds(url)}"


def _form(url: str) -> str:
    return next((form for form in ARCHIVES if url.endswith(form)), ARCHIVES[0])


def _holds(url: str) -> str:
    return "am/ conf/ graph/" if _form(url) == ".zip" else "tokens.txt and the .onnx files"


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check(part: Path, entry: ModelEntry, expected: str | None, found: str) -> None:
    size = part.stat().st_size
    wrong_size = entry.bytes is not None and size != entry.bytes
    if wrong_size or (expected is not None and found != expected):
        part.unlink()
        wanted = f"{entry.bytes:,} bytes" if wrong_size else f"SHA-256 {expected}"
        got = f"{size:,} bytes" if wrong_size else found
        raise FetchError(
            f"{entry.name}: the archive has {got} instead of {wanted}; it was deleted",
            "fetch it again, and if that repeats do not trust the source",
        )


def _unpack(archive: Path, target: Path, most_bytes: int, source: dict[str, object]) -> None:
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as name:
        unpacked = Path(name) / "unpacked"
        unpacked.mkdir()
        try:
            if archive.name.endswith(".tar.bz2.part"):
                _untar(archive, unpacked, most_bytes)
            else:
                with zipfile.ZipFile(archive) as zipped:
                    _check_members(zipped, most_bytes)
                    zipped.extractall(unpacked)
        except (
            *(zipfile.BadZipFile, tarfile.TarError),
            *(NotImplementedError, RuntimeError, EOFError, ValueError),
        ) as error:
            archive.unlink()
            kind = "tar" if isinstance(error, tarfile.TarError) else "zip"
            raise FetchError(
                f"{archive.name} is no sound {kind} archive: {error}", "fetch it again"
            ) from error
        except FetchError:
            archive.unlink()
            raise
        top = list(unpacked.iterdir())
        root = top[0] if len(top) == 1 and top[0].is_dir() else unpacked
        try:
            open_folder(root)
        except ModelError as error:
            archive.unlink()
            raise FetchError(f"{archive.name} holds no model: {error.message}", "fetch another") from error
        text = json.dumps({**source, "fetched_at": utc_now().isoformat()}, indent=2)
        (root / PROVENANCE).write_text(text + "\n", encoding="utf-8")
        root.rename(target)


def _check_members(zipped: zipfile.ZipFile, most_bytes: int) -> None:
    members = zipped.infolist()
    total = sum(member.file_size for member in members)
    if len(members) > _MOST_FILES or total > most_bytes:
        raise FetchError(
            f"the archive would unpack to {len(members)} files and {total:,} bytes", "do not trust the source"
        )
    for member in members:
        path = PurePosixPath(member.filename.replace("\\", "/"))
        kind = stat.S_IFMT(member.external_attr >> 16)
        escapes = path.is_absolute() or ".." in path.parts or ":" in member.filename
        if escapes or kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise FetchError(f"the archive holds {member.filename!r}, a way out", "do not trust the source")


def _untar(archive: Path, target: Path, most_bytes: int) -> None:
    """Unpack in one pass, as the whole would have to be decompressed to know its members beforehand."""
    files = total = 0
    with archive.open("rb") as raw, tarfile.open(fileobj=raw, mode="r|bz2") as tape:
        for member in tape:
            files, total = files + 1, total + member.size
            if files > _MOST_FILES or total > most_bytes:
                raise FetchError(
                    f"the archive would unpack to {files} files and {total:,} bytes or more",
                    "do not trust the source",
                )
            path = PurePosixPath(member.name)
            if path.is_absolute() or ".." in path.parts or not (member.isreg() or member.isdir()):
                raise FetchError(f"the archive holds {member.name!r}, a way out", "do not trust the source")
            place = target / path
            if member.isdir():
                place.mkdir(parents=True, exist_ok=True)
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            content = tape.extractfile(member)
            if content is None:
                raise tarfile.ReadError(f"{member.name} has no content")
            with place.open("wb") as file:
                shutil.copyfileobj(content, file)
