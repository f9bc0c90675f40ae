"""Training speech: texts drawn from the corpus, spoken, sent through lines, as features and classes.

espeak-ng may end the process, so each shard is made by a process of its own, which notes the item it is
at; when it dies, a new one makes the shard again without that item.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.tiny_cn import corpus, features, signals
from models.tiny_cn.alignment import Aligner, Segment
from models.tiny_cn.lexicon import SILENCE, characters, phones, segment
from models.tiny_cn.line import degraded, placed, with_signals
from speech.espeak import PINYIN_VOICE, Espeak
from speech.pinyin import syllables
from speech.voices import HELD_OUT_VARIANTS

#: espeak-ng's variants that sound like people, and three of its Klatt synthesiser.
VARIANTS = tuple(
    "m1 m2 m3 m4 m5 m7 m8 f1 f2 f3 f5 Andy Alicia Andrea Gene Jacky Lee Mario Michael Mike adam anika "
    "antonio aunty belinda benjamin boris caleb david ed edward grandma grandpa ian john max michel miguel "
    "norbert pablo paul pedro quincy rob sandro shelby steph travis victor zac Denis Diogo Hugo Henrique "
    "marcelo klatt klatt2 klatt3".split()
)
assert not {*VARIANTS} & {*HELD_OUT_VARIANTS}

#: Share of each kind of item.
_KINDS = {"corpus": 0.56, "digits": 0.26, "characters": 0.13, "signal": 0.05}
#: Share of each group of the corpus within ``corpus``.
_GROUPS = {"template": 0.38, "sentence": 0.16, "command": 0.08, "flow": 0.08, "scenario": 0.1, "seed": 0.2}
_DIGIT_LENGTHS = (1, 1, 2, 3, 4, 4, 6, 6, 8, 8, 11, 11, 11, 11, 13, 18)
_RETRIES = 8


@dataclass(frozen=True, slots=True)
class Item:
    """Features (frames, 40) at 100 frames per second and the class of every third frame."""

    features: npt.NDArray[np.float16]
    classes: npt.NDArray[np.uint8]


class Maker:
    """Makes items of training speech.

    Parameters
    ----------
    seed : int
        The same seed gives the same items where espeak-ng starts in the same state.
    """

    def __init__(self, seed: int) -> None:
        self._espeak = Espeak()
        self._aligner = Aligner(self._espeak)
        self._seed = seed
        self._groups = {name: texts for name, texts in corpus.groups().items() if texts}
        self._babble = [self._murmur(number) for number in range(10)]

    def item(self, number: int) -> Item | None:
        """Return item ``number``, or ``None`` where its speech cannot be aligned."""
        choose, rng = random.Random(f"{self._seed}/{number}"), np.random.default_rng((self._seed, number))
        kind = choose.choices(list(_KINDS), list(_KINDS.values()))[0]
        if kind == "signal":
            wave = signals.random_signal(int(rng.uniform(1.5, 5) * signals.RATE), rng)
            return _item(degraded(wave, rng), [Segment(SILENCE, 0.0)])
        spoken = self._spoken(self._text(kind, choose), kind, choose)
        if spoken is None:
            return None
        wave, segments = placed(*spoken, rng)
        if rng.random() < 0.08:
            wave = with_signals(wave, segments[1].start, segments[-1].start, rng)
        return _item(degraded(wave, rng, self._babble), segments)

    def _text(self, kind: str, choose: random.Random) -> list[str]:
        """Return the words to say."""
        if kind == "characters":
            return choose.choices(characters(), k=choose.randint(2, 9))
        if kind == "digits":
            number = list(corpus.digit_string(choose, choose.choice(_DIGIT_LENGTHS)))
            if choose.random() < 0.4:  # runs of one digit are what is easily miscounted
                for place in range(1, len(number)):
                    if choose.random() < 0.3:
                        number[place] = number[place - 1]
            return number
        names = [name for name in _GROUPS if name in self._groups]
        group = choose.choices(names, [_GROUPS[name] for name in names])[0]
        return segment(choose.choice(self._groups[group]))

    def _spoken(
        self, words: Sequence[str], kind: str, choose: random.Random
    ) -> tuple[npt.NDArray[np.int16], list[Segment]] | None:
        """Return speech at 22050 Hz with its segments."""
        said = (
            syllables("".join(words)) if kind == "corpus" else [s for word in words for s in syllables(word)]
        )
        # Where syllables, words or groups of digits are set apart changes how they flow together.
        apart, pause = choose.choice((0.05, 0.3, 1.0)), choose.choice((0.0, 0.02, 0.12))
        ends = set(np.cumsum([len(word) for word in words]).tolist())
        text = ""
        for place, syllable in enumerate(said, start=1):
            text += syllable
            if place in ends and choose.random() < pause:
                text += ", "
            elif place in ends or choose.random() < apart:
                text += " "
        variant = choose.choice(VARIANTS)
        spoken = self._espeak.speak(
            text,
            f"{PINYIN_VOICE}+{variant}",
            rate=choose.randint(115, 215 if kind == "digits" else 235),
            pitch=choose.randint(15, 85),
            pitch_range=choose.randint(25, 80),
        )
        if len(spoken.samples) < 1000 or not all(map(phones, said)):
            return None
        segments = self._aligner.segments(spoken, said)
        return None if segments is None else (spoken.samples, segments)

    def _murmur(self, number: int) -> signals.Signal:
        """Return six seconds of three voices at once, for noise."""
        choose, rng = random.Random(number), np.random.default_rng(number)
        total = np.zeros(6 * signals.RATE)
        while np.count_nonzero(total) < len(total) // 2:
            for _ in range(3):
                spoken = self._spoken(self._text("corpus", choose), "corpus", choose)
                if spoken is not None:
                    total += np.resize(placed(*spoken, rng)[0], len(total))
        return total


def _item(sound: npt.NDArray[np.int16], segments: Sequence[Segment]) -> Item | None:
    computed = features.mfcc(sound)
    frames = len(computed) // features.SUBSAMPLING
    classes = features.targets(segments, frames)
    if classes is None:
        return None
    return Item(computed[: frames * features.SUBSAMPLING].astype(np.float16), classes)


def make_shard(path: Path, seed: int, count: int, skip: frozenset[int]) -> None:
    """Write ``count`` items (but for ``skip``) to ``path``; ``path`` + ``.at`` names the one in work."""
    maker, items, at = Maker(seed), [], path.with_suffix(".at")
    for number in range(count):
        at.write_text(str(number))
        if number not in skip and (item := maker.item(number)) is not None:
            items.append(item)
    partial = path.with_suffix(".part.npz")
    np.savez(
        partial,
        features=np.concatenate([item.features for item in items]),
        classes=np.concatenate([item.classes for item in items]),
    )
    partial.rename(path)
    at.unlink()


def make(folder: Path, *, items: int, seed: int, processes: int, per_shard: int = 600) -> list[Path]:
    """Make ``items`` items in shards below ``folder``; finished shards are kept as they are.

    Returns
    -------
    list of Path
        The shards, in order.

    Raises
    ------
    RuntimeError
        A shard died more often than espeak-ng explains.
    """
    folder.mkdir(parents=True, exist_ok=True)
    count = -(-items // per_shard)
    paths = [folder / f"{number:04d}.npz" for number in range(count)]
    with ThreadPoolExecutor(processes) as pool:
        list(pool.map(lambda pair: _run_shard(pair[1], seed * 10_000 + pair[0], per_shard), enumerate(paths)))
    return paths


def _run_shard(path: Path, seed: int, count: int) -> None:
    skip: list[str] = []
    for _ in range(_RETRIES):
        if path.exists():
            return
        command = [sys.executable, "-m", __spec__.name, str(path), str(seed), str(count), *skip]
        died = subprocess.run(command, env=os.environ | {"OMP_NUM_THREADS": "1"}, check=False).returncode
        if died < 0:
            skip.append(path.with_suffix(".at").read_text())
            print(f"{path.name}: signal {-died} at item {skip[-1]}, again without it", flush=True)
        elif died:
            break
    if not path.exists():
        raise RuntimeError(f"{path} cannot be made: see the messages of {' '.join(command)}")


def main() -> None:
    """Make one shard: the path, the seed, the number of items, the items to leave out."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("seed", type=int)
    parser.add_argument("count", type=int)
    parser.add_argument("skip", type=int, nargs="*")
    arguments = parser.parse_args()
    make_shard(arguments.path, arguments.seed, arguments.count, frozenset(arguments.skip))


if __name__ == "__main__":
    main()
