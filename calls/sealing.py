"""Recordings encrypted at rest: sealed when their call is over, opened in memory alone.

A sealed file is AES-256-GCM in chunks of 64 KiB, so that any part of it can be read by itself, and none can
be changed, left out, repeated or cut off unnoticed (the STREAM construction: Hoang, Reyhanitabar, Rogaway,
Vizár, CRYPTO 2015, https://eprint.iacr.org/2015/189). Each file has a key of its own, derived from the
centre's by HKDF-SHA256 (RFC 5869) with a random salt.

Layout: magic (8 bytes), id of the centre's key (8), salt (16), length of the sound (8, big-endian); then for
each chunk its ciphertext and its tag (16). The nonce of a chunk is its number from 0 (11 bytes, big-endian)
and a byte that is 1 for the last chunk; the header is authenticated with every chunk.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from calls.errors import RecordingError
from calls.ranged import RangedFile

MAGIC = b"HWSEAL1\n"
#: Bytes of sound in a chunk.
CHUNK = 65536
_HEADER, _TAG = 40, 16

#: Environment: the key itself, 32 bytes in base64; or the file that holds it.
KEY_VARIABLE, FILE_VARIABLE = "HUAWU_RECORDING_KEY", "HUAWU_RECORDING_KEY_FILE"


@dataclass(frozen=True, slots=True)
class RecordingKeys:
    """The keys of a centre by their ids: the first seals, all open."""

    keys: Mapping[bytes, bytes]

    @property
    def first(self) -> tuple[bytes, bytes]:
        """The id and the key that seals."""
        return next(iter(self.keys.items()))

    def __repr__(self) -> str:
        """Show the ids alone."""
        return f"RecordingKeys({', '.join(each.hex() for each in self.keys)})"


def keys_of(text: str, where: str) -> RecordingKeys:
    """Return the keys in a text, one in base64 on each line, the one that seals first.

    Raises
    ------
    RecordingError
        A line is no key of 32 bytes, or there is none; the message names ``where`` and no key.
    """
    keys: dict[bytes, bytes] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            key = base64.b64decode(line.strip(), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != 32:
            raise RecordingError(
                f"{where}: line {number} is no key of 32 bytes in base64", "make one: huawu recordings key"
            )
        keys[hashlib.sha256(key).digest()[:8]] = key
    if not keys:
        raise RecordingError(f"{where}: holds no key", "make one: huawu recordings key")
    return RecordingKeys(keys)


def keys_from(environment: Mapping[str, str]) -> RecordingKeys | None:
    """Return the keys that the environment names, ``None`` where it names none: recordings stay as they are.

    Raises
    ------
    RecordingError
        It names a file that cannot be read, or something that is no key.
    """
    if text := environment.get(KEY_VARIABLE):
        return keys_of(text, KEY_VARIABLE)
    if place := environment.get(FILE_VARIABLE):
        try:
            return keys_of(Path(place).read_text(encoding="ascii"), place)
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "is no text"
            raise RecordingError(
                f"{FILE_VARIABLE}: {place}: {reason}", "name a file that holds the key"
            ) from None
    return None


def new_key() -> str:
    """Return a new random key in base64."""
    return base64.b64encode(os.urandom(32)).decode("ascii")


def is_sealed(path: Path) -> bool:
    """Tell whether a file is sealed.

    Raises
    ------
    RecordingError
        It cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError as error:
        raise RecordingError(f"recording {path}: {error.strerror}") from None


def seal(path: Path, keys: RecordingKeys) -> bool:
    """Put a sealed file in the place of a plain one; tell whether it was plain.

    Whoever has the plain file open goes on reading it. After a crash there is the one or the other.

    Raises
    ------
    RecordingError
        The file cannot be read or written; it is left as it was.
    """
    if is_sealed(path):
        return False
    key_id, key = keys.first
    draft = path.with_name(f".{path.name}.{os.getpid()}.sealing")
    try:
        with path.open("rb") as plain, draft.open("xb") as sealed:
            os.fchmod(sealed.fileno(), os.fstat(plain.fileno()).st_mode & 0o777)
            size = os.fstat(plain.fileno()).st_size
            header = MAGIC + key_id + os.urandom(16) + size.to_bytes(8, "big")
            cipher = _cipher(key, header)
            sealed.write(header)
            last = max(size - 1, 0) // CHUNK
            for number in range(last + 1):
                chunk = plain.read(CHUNK)
                sealed.write(cipher.encrypt(_nonce(number, number == last), chunk, header))
            if plain.read(1):
                raise RecordingError(f"recording {path} grows", "seal it when its call is over")
            sealed.flush()
            os.fsync(sealed.fileno())
        os.replace(draft, path)
        _sync_folder(path.parent)
    except OSError as error:
        raise RecordingError(f"recording {path}: cannot be sealed: {error.strerror}") from None
    finally:
        with suppress(OSError):
            draft.unlink()
    return True


def open_sound(path: Path, keys: RecordingKeys | None) -> BinaryIO:
    """Open a recording for reading, sealed or not; of a sealed one only what is read is opened.

    Raises
    ------
    RecordingError
        The file is missing, or its key is. What was changed in it is told when it is read, as ``OSError``.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise RecordingError(f"recording {path}: {error.strerror}") from None
    return unsealed(file, str(path), keys)


def unsealed(file: BinaryIO, name: str, keys: RecordingKeys | None) -> BinaryIO:
    """Return the sound of an open file, sealed or not, from wherever it is read.

    Parameters
    ----------
    file : BinaryIO
        At its beginning; closed with what is returned.
    name : str
        For messages.
    keys : RecordingKeys or None

    Raises
    ------
    RecordingError
        Its key is missing, or it cannot be read; the file is closed.
    """
    try:
        header = file.read(_HEADER)
        if not header.startswith(MAGIC):
            file.seek(0)
            return file
        return io.BufferedReader(_Sealed(file, name, header, keys), CHUNK)
    except OSError as error:
        file.close()
        raise RecordingError(f"recording {name}: {error.strerror or error}") from None
    except BaseException:
        file.close()
        raise


@contextmanager
def plain_path(path: Path, keys: RecordingKeys | None) -> Iterator[Path]:
    """Give the name of a plain file with the sound, for what can only read files.

    Of a sealed recording that is a file in memory, which no other user can open and which goes at the end.
    """
    if not is_sealed(path):
        yield path
        return
    with open_sound(path, keys) as sound, in_memory(sound, str(path)) as copy:
        yield copy


@contextmanager
def in_memory(sound: BinaryIO, name: str) -> Iterator[Path]:
    """Give the name of a file in memory with what can be read from ``sound``; it goes at the end.

    Raises
    ------
    RecordingError
        It cannot be read to its end; ``name`` is for the message.
    """
    memory = os.memfd_create("sound", os.MFD_CLOEXEC)
    try:
        with os.fdopen(os.dup(memory), "wb") as copy:
            while chunk := sound.read(16 * CHUNK):
                copy.write(chunk)
    except OSError as error:
        os.close(memory)
        raise RecordingError(f"recording {name}: {error.strerror or error}") from None
    try:
        yield Path(f"/proc/self/fd/{memory}")
    finally:
        os.close(memory)


class _Sealed(RangedFile):
    """The sound in a sealed file; keeps the chunk that was read last."""

    def __init__(self, file: BinaryIO, name: str, header: bytes, keys: RecordingKeys | None) -> None:
        self._file, self._header = file, header
        key_id = header[8:16]
        if len(header) < _HEADER:
            raise RecordingError(f"recording {name}: its head is cut off", "take it from the backup")
        if keys is None or key_id not in keys.keys:
            raise RecordingError(
                f"recording {name} is sealed with the key {key_id.hex()}, which is not here",
                f"name it by {FILE_VARIABLE}",
            )
        self._cipher = _cipher(keys.keys[key_id], header)
        super().__init__(int.from_bytes(header[32:40], "big"))
        self._last = max(self._size - 1, 0) // CHUNK
        self._kept: tuple[int, bytes] = (-1, b"")

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        if self._at >= self._size or not len(view):
            return 0
        number, within = divmod(self._at, CHUNK)
        part = self._chunk(number)[within : within + len(view)]
        view[: len(part)] = part
        self._at += len(part)
        return len(part)

    def _chunk(self, number: int) -> bytes:
        if self._kept[0] != number:
            self._file.seek(_HEADER + number * (CHUNK + _TAG))
            sealed = self._file.read(CHUNK + _TAG)
            try:
                plain = self._cipher.decrypt(_nonce(number, number == self._last), sealed, self._header)
            except InvalidTag:
                raise OSError(
                    0, f"the part at byte {number * CHUNK} was changed or cut off: take it from the backup"
                ) from None
            self._kept = (number, plain)
        return self._kept[1]

    def close(self) -> None:
        self._file.close()
        super().close()


def _cipher(key: bytes, header: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, header[16:32], b"huawu recording").derive(key))


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
