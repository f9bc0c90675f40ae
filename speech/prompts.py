"""The sound of prompts: recorded by a person where there is a file, else spoken by a synthetic voice."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from calls.errors import AudioError, VoiceError
from speech.audio import TRUNCATED, read_audio, resample, to_int16
from speech.voices import LEVEL, MARGIN, VOICES, Speaker, Voice, is_mandarin, reading

RATE = 8000
#: Ends the name of a prompt that is about one caller: its sound is not kept.
ONE_CALL = "~"

_LOG = logging.getLogger(__name__)


class PromptLibrary:
    """Finds or makes the sound of each prompt.

    A file ``<name>.wav`` in one of the ``recorded`` folders always wins; the first folder that has it
    counts. Any rate and coding that :func:`speech.audio.read_audio` reads will do. Every other prompt
    is spoken once and kept in ``cache`` under a hash of what is said, by which voice, at which rate, and
    the engine's version; so a changed text never meets an old sound, and equal texts share one file.

    Parameters
    ----------
    recorded : sequence of Path
        Folders with recorded prompts, which need not exist.
    cache : Path
        Folder for rendered prompts; made when it is needed. It may be deleted at any time.
    speaker : Speaker or None
        Speaks what is in neither; ``None`` where no synthesiser is installed. Then sound that any
        version of the engine left in ``cache`` is taken.
    voice : Voice
        Who speaks.
    """

    def __init__(
        self,
        recorded: Sequence[Path],
        cache: Path,
        speaker: Speaker | None,
        voice: Voice = VOICES["system"],
    ) -> None:
        self._recorded = tuple(recorded)
        self._cache = cache
        self._speaker = speaker
        self._voice = voice

    def audio(self, name: str, text: str, language: str = "zh") -> npt.NDArray[np.int16]:
        """Return the sound of one prompt.

        Parameters
        ----------
        name : str
            A plain file name without ending.
        text : str
            What to say where there is no recording.
        language : str
            Which language ``text`` is in, as :func:`speech.voices.tongue` takes it.

        Returns
        -------
        int16 array, shape (n,)
            8 kHz, one channel.

        Raises
        ------
        VoiceError
            ``name`` is no file name, a recording cannot be read, ``text`` cannot be spoken, or there is
            nothing to speak it with.
        """
        if name in ("", ".", "..") or "/" in name or "\0" in name:
            raise VoiceError(f"prompt name {name!r} cannot be a file name", "use letters, digits, - and _")
        for folder in self._recorded:
            path = folder / f"{name}.wav"
            if path.is_file():
                return _recording(path)
        rendering = self._rendering(text, language)
        for path in self._cached(rendering):
            try:
                return _telephone_rate(path, whole=True)
            except AudioError:
                continue  # cut off by a full disk or damaged since: it can be spoken again
        if self._speaker is None:
            folder_list = " or ".join(map(str, self._recorded)) or "a folder of recorded prompts"
            raise VoiceError(
                f"prompt {name!r} has no recording and there is no voice to speak it",
                f"put {name}.wav into {folder_list}, or run: pip install 'huawu[tts]'",
            )
        samples = self._speaker.say(text, self._voice, RATE, language)
        if not name.endswith(ONE_CALL):
            self._keep(self._cache / f"{rendering}.{self._speaker.engine}.wav", samples)
        return samples

    def _rendering(self, text: str, language: str) -> str:
        said = {
            "said": reading(text, language),
            "voice": asdict(self._voice),
            "rate": RATE,
            "level": LEVEL,
            "margin": MARGIN,
        }
        if not is_mandarin(language):
            said["language"] = language.lower()
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    def _cached(self, rendering: str) -> list[Path]:
        engine = self._speaker.engine if self._speaker else "*"
        return sorted(self._cache.glob(f"{rendering}.{engine}.wav"), reverse=True)

    def _keep(self, path: Path, samples: npt.NDArray[np.int16]) -> None:
        """Write a cache file whole or not at all. A call does not end for want of a cache."""
        try:
            self._cache.mkdir(parents=True, exist_ok=True)
            handle, draft = tempfile.mkstemp(dir=self._cache, suffix=".part")
            try:
                with os.fdopen(handle, "wb") as file:
                    soundfile.write(file, samples, RATE, subtype="PCM_16", format="WAV")
                os.replace(draft, path)
            except BaseException:
                os.unlink(draft)
                raise
        except (OSError, soundfile.LibsndfileError) as error:
            _LOG.warning("prompt sound cannot be kept in %s: %s", self._cache, error)


def _recording(path: Path) -> npt.NDArray[np.int16]:
    try:
        return _telephone_rate(path, whole=False)
    except AudioError as error:
        raise VoiceError(
            f"recorded prompt {error.message}", f"record it again, or delete {path} to have it spoken"
        ) from error


def _telephone_rate(path: Path, *, whole: bool) -> npt.NDArray[np.int16]:
    audio = read_audio(path)
    if whole and TRUNCATED in audio.flags:
        raise AudioError(f"{path} ends before its header says", "render it again")
    return to_int16(resample(audio.samples.mean(axis=0), audio.rate, RATE))
