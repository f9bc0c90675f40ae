"""Recordings on object stores (S3 and what speaks like it, others by fsspec), read and written by URL.

A URL such as ``s3://recordings/2026/11/a.wav`` is opened only where it lies below one that the environment
allows: :data:`ALLOWED_VARIABLE` lists them with spaces between, ``s3://recordings/ s3://archive/2025/``. A
URL in the database can thus not make the desk ask a server that nobody meant. Credentials and the address of
the store come from the environment alone (``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``,
``AWS_ENDPOINT_URL``, …), never from a URL.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from calls.errors import RecordingError
from calls.ranged import RangedFile

#: Environment: the URLs below which recordings may be read and written, with spaces between.
ALLOWED_VARIABLE = "HUAWU_OBJECT_STORES"
#: The schemes that there are, with the package that speaks each (``pip install huawu[s3]`` for the first).
SCHEMES = {"s3": "s3fs", "gs": "gcsfs", "abfs": "adlfs", "oss": "ossfs"}
#: Seconds to wait for a store to take a connection and to answer, and how often to try in all.
CONNECT_SECONDS, ANSWER_SECONDS, TRIES = 5, 30, 3
#: Bytes that are asked for at once when a part of a recording is read.
BLOCK = 1 << 18

_URL = re.compile(r"(?P<scheme>[a-z][a-z0-9]*)://(?P<bucket>[\w.-]+)(?:/(?P<key>.*))?", re.ASCII)


def is_url(place: str) -> bool:
    """Tell whether a place is a URL of whatever kind rather than a path."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*:(//|:)", place) is not None


@dataclass(frozen=True, slots=True)
class ObjectUrl:
    """The address of an object, or of all that begin with it."""

    scheme: str
    bucket: str
    key: str

    @classmethod
    def parse(cls, text: str) -> ObjectUrl:
        """Read a URL.

        Raises
        ------
        RecordingError
            Its scheme is none of :data:`SCHEMES`, or it has a user name, steps upwards or control characters.
        """
        found = _URL.fullmatch(text)
        if found is None or found["scheme"] not in SCHEMES:
            raise RecordingError(
                f"{_without_user(text)!r} is no URL of an object store",
                f"write it as s3://bucket/folder/a.wav; schemes: {', '.join(SCHEMES)}",
            )
        key = found["key"] or ""
        steps = {".", ".."} & set(key.split("/"))
        if steps or not key.isprintable():
            raise RecordingError(f"{text!r}: its path has steps or control characters", "write it out")
        return cls(found["scheme"], found["bucket"], key)

    @property
    def path(self) -> str:
        """Bucket and key, as fsspec takes them."""
        return f"{self.bucket}/{self.key}" if self.key else self.bucket

    def __str__(self) -> str:
        return f"{self.scheme}://{self.bucket}/{self.key}"

    def below(self, text: str) -> ObjectUrl:
        """Return the address of ``text`` in this one, which is taken as a folder."""
        return ObjectUrl.parse(f"{self.scheme}://{self.bucket}/{_folder(self.key)}{text}")

    def covers(self, other: ObjectUrl) -> bool:
        """Tell whether ``other`` is this or lies below it."""
        same = (self.scheme, self.bucket) == (other.scheme, other.bucket)
        return same and f"{other.key}/".startswith(_folder(self.key))


class ObjectStores:
    """The object stores that may be used: those below the URLs that are allowed.

    Parameters
    ----------
    allowed : iterable of ObjectUrl
    """

    def __init__(self, allowed: tuple[ObjectUrl, ...]) -> None:
        self.allowed = allowed

    @classmethod
    def of(cls, environment: Mapping[str, str] = os.environ) -> ObjectStores:
        """Return those that the environment allows, none where it names none.

        Raises
        ------
        RecordingError
            It names something that is no URL of an object store.
        """
        try:
            texts = environment.get(ALLOWED_VARIABLE, "").split()
            return cls(tuple(ObjectUrl.parse(text) for text in texts))
        except RecordingError as error:
            raise RecordingError(f"{ALLOWED_VARIABLE}: {error.message}", error.hint) from None

    def also(self, url: str) -> ObjectStores:
        """Return these and what is below ``url``, which the person at the command line has named."""
        return ObjectStores((*self.allowed, ObjectUrl.parse(url)))

    @staticmethod
    def allow(url: str) -> None:
        """Allow what is below ``url`` in this process and in those that it starts.

        Of a folder with a space in its name, which the variable cannot hold, the one above is allowed.

        Raises
        ------
        RecordingError
            It is no URL of an object store.
        """
        allowed = os.environ.get(ALLOWED_VARIABLE, "").split()
        parsed = str(ObjectUrl.parse(url))
        added = parsed if " " not in parsed else parsed.split(" ")[0].rsplit("/", 1)[0] + "/"
        if added not in allowed:
            os.environ[ALLOWED_VARIABLE] = " ".join([*allowed, added])

    def checked(self, place: str) -> ObjectUrl:
        """Return the address of a place.

        Raises
        ------
        RecordingError
            It is none, or lies below none that is allowed.
        """
        url = ObjectUrl.parse(place)
        if not any(each.covers(url) for each in self.allowed):
            known = " ".join(map(str, self.allowed)) or "nothing"
            raise RecordingError(
                f"{url} is not allowed: {ALLOWED_VARIABLE} allows {known}",
                f"have it list {url.scheme}://{url.bucket}/ if that is meant",
            )
        return url

    def open(self, place: str) -> BinaryIO:
        """Open an object for reading; of it only the parts that are read are fetched.

        Raises
        ------
        RecordingError
            It is not allowed, does not exist, or cannot be had; the message says why. What fails later, when
            it is read, is told as ``OSError``.
        """
        files, url, found = self._found(place)
        if found.get("type") != "file":
            raise RecordingError(f"recording {url}: it is a folder", "name a recording")
        return io.BufferedReader(_Object(files, url, int(found["size"])), BLOCK)

    def _found(self, place: str) -> tuple[Any, ObjectUrl, dict[str, Any]]:
        """Return the store that has an object, the object's URL, and what the store says of it."""
        url = self.checked(place)
        files = filesystem(url.scheme)
        with told(str(url)):
            return files, url, files.info(url.path)

    def mark(self, place: str) -> tuple[int, str]:
        """Return the size of an object in bytes and what changes when it does: its ETag, or its time.

        Raises
        ------
        RecordingError
            As :meth:`open`.
        """
        _, _, found = self._found(place)
        changed = next((found[name] for name in ("ETag", "etag", "mtime", "updated") if name in found), "")
        return int(found["size"] or 0), str(changed).strip('"')

    def put(self, file: Path, place: str) -> None:
        """Store a file under a URL, whole or not at all; what is there is replaced.

        Raises
        ------
        RecordingError
            As :meth:`open`.
        """
        url = self.checked(place)
        files = filesystem(url.scheme)
        with told(str(url)):
            files.put_file(os.fspath(file), url.path)

    def delete(self, place: str) -> None:
        """Delete an object; nothing happens where it does not exist.

        Raises
        ------
        RecordingError
            As :meth:`open`.
        """
        url = self.checked(place)
        files = filesystem(url.scheme)
        with told(str(url)):
            try:
                files.rm_file(url.path)
            except FileNotFoundError:
                return


def filesystem(scheme: str) -> Any:
    """Return fsspec's file system for one of :data:`SCHEMES`, with what the environment says of it.

    Raises
    ------
    RecordingError
        The package that speaks it is not installed.
    """
    options: dict[str, Any] = {"use_listings_cache": False}
    if scheme == "s3":
        options["config_kwargs"] = {
            "connect_timeout": CONNECT_SECONDS,
            "read_timeout": ANSWER_SECONDS,
            "retries": {"total_max_attempts": TRIES, "mode": "standard"},
        }
    try:
        import fsspec  # type: ignore[import-untyped]

        return fsspec.filesystem(scheme, **options)
    except ImportError as error:
        package = SCHEMES[scheme]
        way_out = "pip install 'huawu[s3]'" if scheme == "s3" else f"pip install {package}"
        raise RecordingError(f"{scheme}://: {error.name or package} is not installed", way_out) from None


@contextmanager
def told(place: str) -> Iterator[None]:
    """Tell whatever goes wrong with an object store as one :class:`RecordingError`.

    Each of the libraries has exceptions of its own, which cannot be named without importing it.
    """
    try:
        yield
    except (RecordingError, KeyboardInterrupt):
        raise
    except Exception as error:
        problem, way_out = _in_words(error)
        raise RecordingError(f"recording {place}: {problem}", way_out) from None


def _in_words(error: Exception) -> tuple[str, str]:
    names = {each.__name__ for each in type(error).__mro__}
    if isinstance(error, FileNotFoundError):
        return "it does not exist", "check the bucket and the name"
    if isinstance(error, PermissionError):
        return "access is denied", "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and the bucket's rights"
    if names & {"NoCredentialsError", "PartialCredentialsError", "TokenRetrievalError"}:
        return "there are no credentials", "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    if names & {"HTTPClientError", "EndpointConnectionError", "ConnectionError", "TimeoutError"}:
        return "the store does not answer", "check AWS_ENDPOINT_URL and the network"
    reason = " ".join(str(error).split()) or type(error).__name__
    return reason[:300], "check the environment of the object store"


class _Object(RangedFile):
    """An object, of which each read fetches one range."""

    def __init__(self, files: Any, url: ObjectUrl, size: int) -> None:
        super().__init__(size)
        self._files, self._url = files, url

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        part = self._part(min(self._at + len(view), self._size))
        view[: len(part)] = part
        return len(part)

    def readall(self) -> bytes:
        # the one that is inherited asks for 8 KB at a time
        return self._part(self._size)

    def _part(self, end: int) -> bytes:
        if end <= self._at:
            return b""
        try:
            with told(str(self._url)):
                part: bytes = self._files.cat_file(self._url.path, start=self._at, end=end)
        except RecordingError as error:
            raise OSError(0, str(error)) from None
        if len(part) > end - self._at:  # a store that does not know ranges sends all
            raise OSError(0, f"recording {self._url}: the store does not send parts")
        self._at += len(part)
        return part


def _folder(key: str) -> str:
    return key if not key or key.endswith("/") else f"{key}/"


def _without_user(text: str) -> str:
    return re.sub(r"//[^/@]*@", "//…@", text)
