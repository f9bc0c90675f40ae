"""Recordings in folders of this machine, in the order of their names; and those that a pattern chooses."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from fnmatch import translate
from functools import cache
from pathlib import Path, PurePosixPath
from re import Pattern
from re import compile as compiled

from calls.errors import BatchError
from calls.recordings import file_url
from huawu.batch.entry import Entry
from huawu.batch.sources.tally import Tally

#: Suffixes of sound, in small letters; what has another is named with its suffix or in a manifest.
SUFFIXES = frozenset(
    ".wav .wave .w64 .rf64 .flac .ogg .oga .opus .mp3 .mp2 .aif .aiff .aifc .au .snd .caf "
    ".m4a .aac .amr .wma .gsm .webm .mp4 .3gp".split()
)
_WILD = frozenset("*?[")


def reason_to_leave(name: str, suffixes: frozenset[str] | None = SUFFIXES) -> str:
    """Return why a file of this name is left out, nothing where it is taken; ``None`` takes any suffix."""
    if name.startswith("."):
        return "hidden"
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in (".part", ".partial", ".tmp", ".crdownload"):
        return "being written"
    if suffixes is None or suffix in suffixes:
        return ""
    return suffix or "without a suffix"


def files_below(root: Path, tally: Tally) -> Iterator[Entry]:
    """Yield the recordings in a folder and the folders within, in the order of their names.

    As many names are in memory at once as the largest folders on one way down hold. Links are followed,
    never in a circle.

    Raises
    ------
    BatchError
        The folder itself cannot be read; of one within that is told by ``tally``.
    """
    yield from _walk(root, tally, None, ())


def files_like(pattern: str, tally: Tally) -> Iterator[Entry]:
    """Yield the recordings whose paths match a pattern, in the order of their names.

    Parameters
    ----------
    pattern : str
        With ``*``, ``?`` and ``[…]`` within a name, and ``**`` for any folders. Where it ends in a suffix
        (``*.dat``) that one is taken, else those of sound.
    tally : Tally
    """
    parts = Path(os.path.abspath(pattern)).parts
    fixed = next(index for index, part in enumerate(parts) if is_pattern(part))
    last = PurePosixPath(parts[-1]).suffix
    tail = parts[fixed:]
    if tail[-1] == "**":
        tail = (*tail, "*")
    suffixes = None if last and not is_pattern(last) else SUFFIXES
    yield from _walk(Path(*parts[:fixed]), tally, _Wanted(tail, suffixes), ())


def is_pattern(text: str) -> bool:
    """Tell whether a text holds the wildcards of patterns."""
    return bool(_WILD & set(text))


def one_file(path: Path) -> Entry:
    """Return the entry of a file, whatever its suffix."""
    return Entry(place=_place(Path(os.path.abspath(path))), size=path.stat().st_size)


class _Wanted:
    """Which names below a folder a pattern can still match: its parts from each possible place on."""

    def __init__(
        self, parts: tuple[str, ...], suffixes: frozenset[str] | None, at: frozenset[int] = frozenset({0})
    ) -> None:
        self._parts, self.suffixes, self._at = parts, suffixes, at

    def below(self, name: str) -> _Wanted | None:
        """Return what is wanted in a folder of this name, ``None`` where that is nothing."""
        after = set()
        for place in self._places():
            part = self._parts[place]
            if part == "**":
                after.add(place)
            elif place + 1 < len(self._parts) and _expression(part).fullmatch(name):
                after.add(place + 1)
        return _Wanted(self._parts, self.suffixes, frozenset(after)) if after else None

    def takes(self, name: str) -> bool:
        last = len(self._parts) - 1
        return last in self._places() and _expression(self._parts[last]).fullmatch(name) is not None

    def _places(self) -> set[int]:
        places = set()
        for place in self._at:
            places.add(place)
            while self._parts[place] == "**" and place + 1 < len(self._parts):
                place += 1
                places.add(place)
        return places


@cache
def _expression(part: str) -> Pattern[str]:
    return compiled(translate(part))


def _walk(
    folder: Path, tally: Tally, wanted: _Wanted | None, above: tuple[tuple[int, int], ...]
) -> Iterator[Entry]:
    try:
        here = os.stat(folder)
        with os.scandir(folder) as found:
            names = sorted(item.name for item in found)
    except OSError as error:
        fault = BatchError(f"{folder}: {error.strerror}", "check the path and its rights")
        if not above:
            raise fault from None
        tally.fault(fault)
        return
    above = (*above, (here.st_dev, here.st_ino))
    for name in names:
        path = folder / name
        try:
            status = os.stat(path)
        except OSError as error:
            if wanted is None or wanted.takes(name):
                if path.is_symlink():
                    tally.left_out["broken link"] += 1
                else:
                    tally.fault(BatchError(f"{path}: {error.strerror}", "check its rights"))
            continue
        if stat.S_ISDIR(status.st_mode):
            inner = wanted.below(name) if wanted is not None else None
            if name.startswith(".") or (wanted is not None and inner is None):
                continue
            if (status.st_dev, status.st_ino) in above:
                tally.left_out["link in a circle"] += 1
                continue
            yield from _walk(path, tally, inner, above)
            continue
        if wanted is not None and not wanted.takes(name):
            continue
        reason = reason_to_leave(name, SUFFIXES if wanted is None else wanted.suffixes)
        if not reason and not stat.S_ISREG(status.st_mode):
            reason = "no plain file"
        if reason:
            tally.left_out[reason] += 1
        else:
            yield Entry(place=_place(path), size=status.st_size)


def _place(path: Path) -> str:
    """Return a path as it can be stored: as a URL where its name is no UTF-8, as in old archives."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return file_url(path)
    return str(path)
