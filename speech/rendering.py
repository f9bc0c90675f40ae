"""A folder of spoken prompts: only what changed is spoken again, and what a person recorded stays."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soundfile

from calls.errors import VoiceError
from speech.audio import to_int16
from speech.loudness import NOMINAL_LEVEL, normalised
from speech.prompts import RATE
from speech.voices import MARGIN, VOICES, Speaker, Voice, reading, tongue

#: Beside the sounds: which of them were rendered, from what.
MANIFEST = "rendered.json"


class Line(NamedTuple):
    """A prompt to render: the name of its file without ending, its text, and the text's language."""

    name: str
    text: str
    language: str = "zh"


@dataclass(slots=True)
class Rendering:
    """What was done, by names of prompts.

    Parameters
    ----------
    rendered, kept : list of str
        Spoken now, and spoken before from the same text by the same voice.
    recorded : list of str
        Left to a recording by a person.
    removed : list of str
        Rendered before, and wanted no more.
    failed : list of (str, VoiceError)
        Could not be spoken; what was rendered before is left.
    """

    rendered: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    recorded: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    failed: list[tuple[str, VoiceError]] = field(default_factory=list)


class RenderedFolder:
    """A folder with rendered prompts, which :class:`speech.prompts.PromptLibrary` takes as recorded ones.

    Sounds are WAV, 8 kHz, 16 bits, at an active speech level of :data:`speech.loudness.NOMINAL_LEVEL`.
    :data:`MANIFEST` holds the hash of every file that was rendered and of what it was rendered from. A
    file that it does not name, or that has another hash, was put there by a person: it is neither
    replaced nor removed.

    Parameters
    ----------
    folder : Path
        Made when the first prompt is rendered.
    recorded : sequence of Path
        Other folders whose recordings win.

    Raises
    ------
    VoiceError
        The manifest cannot be read.
    """

    def __init__(self, folder: Path, recorded: Sequence[Path] = ()) -> None:
        self._folder = folder
        self._recorded = tuple(recorded)
        self._made = self._manifest()

    def render(
        self,
        lines: Collection[Line],
        speaker: Speaker,
        voice: Voice = VOICES["system"],
        progress: Callable[[Line], None] = lambda line: None,
    ) -> Rendering:
        """Bring the folder up to date.

        Parameters
        ----------
        lines : collection of Line
            All prompts that it shall hold; rendered files of others are removed.
        speaker, voice
            Who speaks.
        progress : callable
            Told each line when it is done.
        """
        done = Rendering()
        self._remove({line.name for line in lines}, done)
        for line in lines:
            try:
                self._line(line, speaker, voice, done)
            except VoiceError as error:
                done.failed.append((line.name, error))
            progress(line)
        return done

    def _line(self, line: Line, speaker: Speaker, voice: Voice, done: Rendering) -> None:
        path = self._path(line.name)
        made = self._is_made(path)
        if (path.exists() and not made) or self._elsewhere(line.name):
            if made:
                self._forget(path)
                done.removed.append(line.name)
            done.recorded.append(line.name)
            return
        source = _source(line, speaker, voice)
        if made and self._made[path.name]["source"] == source:
            done.kept.append(line.name)
            return
        sound = speaker.say(line.text, voice, RATE, line.language).astype(np.float32) / np.float32(32768)
        data = io.BytesIO()
        soundfile.write(data, to_int16(normalised(sound, RATE)), RATE, subtype="PCM_16", format="WAV")
        self._put(path, data.getvalue(), source)
        done.rendered.append(line.name)

    def _remove(self, wanted: Iterable[str], done: Rendering) -> None:
        names = {self._path(name).name for name in wanted}
        for file in sorted(set(self._made) - names):
            path = self._folder / file
            if self._is_made(path):
                self._forget(path)
                done.removed.append(path.stem)

    def _elsewhere(self, name: str) -> bool:
        return any((folder / f"{name}.wav").is_file() for folder in self._recorded)

    def _path(self, name: str) -> Path:
        if name in ("", ".", "..") or "/" in name or "\0" in name:
            raise VoiceError(f"prompt name {name!r} cannot be a file name", "use letters, digits, - and _")
        return self._folder / f"{name}.wav"

    def _is_made(self, path: Path) -> bool:
        """Return whether ``path`` is there as it was rendered."""
        entry = self._made.get(path.name)
        return entry is not None and path.is_file() and entry["sha256"] == _sha256(path.read_bytes())

    def _put(self, path: Path, data: bytes, source: str) -> None:
        """Write a sound so that it is never taken for a person's, wherever this process may die.

        The manifest names a file before it is there: an entry without a file is rendered again, a file
        without an entry never would be.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        self._made[path.name] = {"source": source, "sha256": _sha256(data)}
        self._write_manifest()
        draft = path.with_suffix(".part")
        draft.write_bytes(data)
        os.replace(draft, path)

    def _forget(self, path: Path) -> None:
        path.unlink()
        del self._made[path.name]
        self._write_manifest()

    def _manifest(self) -> dict[str, dict[str, str]]:
        path = self._folder / MANIFEST
        try:
            files: Any = json.loads(path.read_bytes())["files"]
            return {
                str(name): {key: str(entry[key]) for key in ("source", "sha256")}
                for name, entry in files.items()
            }
        except FileNotFoundError:
            return {}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise VoiceError(
                f"{path} cannot be read: {error!r}",
                "delete it with the sounds that are not your own recordings",
            ) from error

    def _write_manifest(self) -> None:
        path = self._folder / MANIFEST
        draft = path.with_suffix(".part")
        draft.write_text(json.dumps({"files": self._made}, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        os.replace(draft, path)


def _source(line: Line, speaker: Speaker, voice: Voice) -> str:
    """Return the hash of all that the sound depends on."""
    said = {
        "said": reading(line.text, line.language),
        "tongue": tongue(line.language),
        "voice": asdict(voice),
        "engine": speaker.engine,
        "rate": RATE,
        "level": NOMINAL_LEVEL,
        "margin": MARGIN,
    }
    return _sha256(json.dumps(said, sort_keys=True).encode())


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
