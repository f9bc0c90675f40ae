"""How the demo model is measured: what is said by which voices over which lines, and what is heard.

All voices are outside the training set; the line is :mod:`speech.channel`'s. The set ``dev`` may guide
decisions, ``blind`` is for reporting: other draws of voices and noise, and of the lines of held-out
scenarios each belongs to one of the two. Run as ``python -m models.tiny_cn.recipe --set blind``.
"""

from __future__ import annotations

import argparse
import json
import random
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import vosk
import yaml

from models.tiny_cn import corpus, signals
from models.tiny_cn.build import MODEL
from models.tiny_cn.lexicon import UNKNOWN
from speech.channel import telephone
from speech.error_rate import CharacterErrors, character_error_rate, pooled
from speech.voices import HELD_OUT_VARIANTS, Speaker, Voice

RATE = 8000
_SEEDS = {"dev": 11, "blind": 2_718}
_CHUNK = RATE // 5
_SILENCE = 0.4  # seconds around an utterance

Sound = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Line:
    """What is said, and the phrases that the recogniser is told to expect (none: free speech)."""

    text: str
    phrases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Measured:
    """What was heard of a set of lines.

    ``misheard`` holds (text, heard) of each line that is not wholly right.
    """

    name: str
    lines: int
    errors: CharacterErrors
    misheard: tuple[tuple[str, str], ...]

    @property
    def right(self) -> float:
        """Share of lines that are wholly right."""
        return 1 - len(self.misheard) / self.lines

    def __str__(self) -> str:
        return (
            f"{self.name:16} {self.lines:4} lines  CER {self.errors.rate:6.2%}  lines right {self.right:6.1%}"
        )


def seen_lines() -> list[Line]:
    """Return prompts and scripted lines that the language model has learnt."""
    groups = corpus.groups()
    texts = dict.fromkeys((*groups["flow"], *groups["scenario"]))
    return [Line(text) for text in texts if len(text) > 1]


def unseen_lines(part: str) -> list[Line]:
    """Return the lines of held-out scenarios that belong to ``part`` (``dev`` or ``blind``)."""
    texts = dict.fromkeys(corpus.plain(text) for held, text in corpus.scenario_lines() if held)
    chosen = (text for text in texts if ("dev", "blind")[zlib.crc32(text.encode()) & 1] == part)
    return [Line(text) for text in chosen if corpus.unseen(text)]


def menu_lines() -> list[Line]:
    """Return every phrase of every spoken menu, to be heard with that menu's grammar."""
    lines = []
    for path in sorted((corpus.ROOT / "prompts" / "flows").glob("*.yaml")):
        for node in yaml.safe_load(path.read_text(encoding="utf-8"))["nodes"].values():
            phrases = tuple(p for choice in node.get("choices", ()) for p in choice.get("phrases", ()))
            lines += [Line(phrase, phrases) for phrase in phrases]
    return lines


def digit_lines(count: int, length: int, seed: int) -> list[Line]:
    """Return ``count`` strings of ``length`` digits, to be heard with a grammar of digits."""
    choose = random.Random(seed)
    return [
        Line("".join(choose.choices(corpus.DIGITS, k=length)), tuple(corpus.DIGITS)) for _ in range(count)
    ]


class Ear:
    """A Vosk model that hears whole sounds.

    Parameters
    ----------
    folder : Path
        The model.
    rate : int
        Sampling rate of the sounds in hertz.
    """

    def __init__(self, folder: Path, rate: int = RATE) -> None:
        vosk.SetLogLevel(-1)
        self._model = vosk.Model(str(folder))
        self._rate = rate

    def hear(self, sound: Sound, phrases: Sequence[str] = ()) -> str:
        """Return the text of ``sound`` without spaces, with ``[unk]`` where a grammar met other speech."""
        more = [json.dumps([*map(self.spelt, phrases), UNKNOWN], ensure_ascii=False)] if phrases else []
        recogniser = vosk.KaldiRecognizer(self._model, self._rate, *more)
        parts = []
        for start in range(0, len(sound), _CHUNK):
            if recogniser.AcceptWaveform(sound[start : start + _CHUNK].tobytes()):
                parts.append(recogniser.Result())
        parts.append(recogniser.FinalResult())
        return "".join(json.loads(part)["text"] for part in parts).replace(" ", "")

    def spelt(self, phrase: str) -> str:
        """Return ``phrase`` in the model's words, the longest first."""
        words = []
        while phrase:
            sizes = range(len(phrase), 0, -1)
            size = next((n for n in sizes if self._model.vosk_model_find_word(phrase[:n]) >= 0), 1)
            words.append(phrase[:size])
            phrase = phrase[size:]
        return " ".join(words)


def spoken(line: Line, speaker: Speaker, rng: np.random.Generator, rate: int = RATE) -> Sound:
    """Return ``line`` said by a voice that the model was not trained with, between silences."""
    voice = Voice(
        "test",
        str(rng.choice(HELD_OUT_VARIANTS)),
        rate=int(rng.integers(150, 201)),
        pitch=int(rng.integers(35, 66)),
        pitch_range=int(rng.integers(35, 66)),
    )
    margin = np.zeros(int(_SILENCE * rate), np.int16)
    return np.concatenate([margin, speaker.say(line.text, voice, rate_hz=rate), margin])


def over_telephone(sound: Sound, rng: np.random.Generator, snr_db: tuple[float, float] | None) -> Sound:
    """Send ``sound`` through a telephone line with a noise drawn from ``snr_db`` (none: clean)."""
    return telephone(
        sound,
        snr_db=None if snr_db is None else float(rng.uniform(*snr_db)),
        codec="alaw" if rng.random() < 0.5 else "ulaw",
        rng=rng,
        level_db=float(rng.uniform(-12, 0)),
    )


def measure(
    name: str,
    lines: Iterable[Line],
    ear: Ear,
    speaker: Speaker,
    *,
    seed: int,
    snr_db: tuple[float, float] | None = (15.0, 30.0),
) -> Measured:
    """Say every line over a telephone line and count what is misheard."""
    results: list[CharacterErrors] = []
    misheard = []
    for number, line in enumerate(lines):
        rng = np.random.default_rng((seed, number))
        heard = ear.hear(over_telephone(spoken(line, speaker, rng), rng, snr_db), line.phrases)
        results.append(character_error_rate(line.text, heard))
        if results[-1].rate:
            misheard.append((line.text, heard))
    return Measured(name, len(results), pooled(results), tuple(misheard))


def quiet_sounds(seconds: float, seed: int) -> Iterator[tuple[str, Sound]]:
    """Yield (name, sound) of lines that nobody speaks on, each ``seconds`` long."""
    count = int(seconds * RATE)
    rng = np.random.default_rng(seed)
    makers: dict[str, Callable[[], signals.Signal]] = {
        "digital silence": partial(np.zeros, count),
        "quiet line": lambda: 10**-3.2 * signals.noise(count, 0.5, rng),
        "white noise": lambda: 10**-2 * signals.noise(count, 0.0, rng),
        "pink noise": lambda: 10**-1.6 * signals.noise(count, 0.5, rng),
        "mains hum": lambda: 10**-1.5 * signals.hum(count, rng),
        "clicks": lambda: 0.5 * signals.clicks(count, rng),
        "dial tone": lambda: 0.3 * signals.tone(count, (450.0,), (60.0, 0.0), rng),
        "ring-back tone": lambda: 0.3 * signals.tone(count, (450.0,), (1.0, 4.0), rng),
        "busy tone": lambda: 0.3 * signals.tone(count, (450.0,), (0.35, 0.35), rng),
        "keys": lambda: 0.5 * signals.keys(count, rng),
    }
    for name, make in makers.items():
        wave = np.clip(np.rint(32767 * make()), -32768, 32767).astype(np.int16)
        yield name, telephone(wave, snr_db=None, codec="alaw", rng=rng)


def main() -> None:
    """Measure a model and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m models.tiny_cn.recipe", description=main.__doc__)
    parser.add_argument("--set", choices=tuple(_SEEDS), default="dev", dest="part", help="default: dev")
    parser.add_argument("--model", type=Path, default=MODEL, help="default: %(default)s")
    parser.add_argument("--misheard", type=int, default=0, help="how many misheard lines to print a set")
    options = parser.parse_args()
    ear, seed = Ear(options.model), _SEEDS[options.part]
    clean: dict[str, Any] = {"snr_db": None}
    with Speaker() as speaker:
        for name, lines, line_kind in (
            ("seen", seen_lines(), {}),
            ("unseen", unseen_lines(options.part) * 2, {}),
            ("digits clean", digit_lines(200, 11, seed), clean),
            ("digits noisy", digit_lines(100, 11, seed + 1), {}),
            ("menu clean", menu_lines() * 2, clean),
            ("menu noisy", menu_lines(), {}),
        ):
            measured = measure(name, lines, ear, speaker, seed=seed, **line_kind)
            print(measured, flush=True)
            for text, heard in measured.misheard[: options.misheard]:
                print(f"    {text} → {heard}")
    for name, sound in quiet_sounds(60, seed):
        print(f"{name:16} {ear.hear(sound)!r}")


if __name__ == "__main__":
    main()
