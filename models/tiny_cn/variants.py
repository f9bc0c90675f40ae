"""Two model folders of other kinds, made from the demo model's own weights without training or tools.

Real Vosk models differ from the demo model: small ones want 16 kHz and refuse telephone audio as it is;
big ones carry one static graph, on which run-time grammars are ignored. Tests meet both here.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from models.tiny_cn import corpus, features, nnet3
from models.tiny_cn.build import MODEL
from models.tiny_cn.fst import Arc, Fst
from models.tiny_cn.graph import (
    PHONE_NUMBERS,
    SILENCE_SHARE,
    WORD_BONUS,
    LanguageModel,
    add_phone,
    durations,
    tagged,
)
from models.tiny_cn.lexicon import SILENCE, UNKNOWN, frequency, readings, segment

Kind = Literal["16k", "static"]
#: Phones, tagged with their position in the word, and the frames that each lasts at least.
_Path = tuple[tuple[str, int], ...]

_FAST = 16_000
_PREEMPHASIS = 0.97
_LIFTER = 22
_FIRST = b"<ComponentName> first.affine <FixedAffineComponent> <LinearParams> "
_BIAS = b"<BiasParams> FV "


def build_variant(kind: Kind, target: Path, source: Path = MODEL) -> Path:
    """Write a variant of the demo model.

    Parameters
    ----------
    kind : {"16k", "static"}
        ``16k`` takes 16 kHz and more and refuses 8 kHz; ``static`` has a language model (of the hand-written
        sentences, the prompts and the scripted lines alone) built into ``HCLG.fst``, so that it ignores
        run-time grammars.
    target : Path
        Folder to write; must not exist.
    source : Path
        The demo model.

    Returns
    -------
    Path
        ``target``.
    """
    shutil.copytree(source, target)
    if kind == "16k":
        _double_rate(target)
    else:
        words = _words(target / "graph" / "words.txt")
        (target / "graph" / "HCLG.fst").write_bytes(static_graph(_small_language(words), words).to_bytes())
        (target / "graph" / "HCLr.fst").unlink()
        (target / "graph" / "Gr.fst").unlink()
    return target


def _double_rate(folder: Path) -> None:
    conf = folder / "conf" / "mfcc.conf"
    slow, fast = f"--sample-frequency={features.RATE}\n", f"--sample-frequency={_FAST}\n"
    conf.write_text(conf.read_text().replace(slow, fast))
    model = folder / "am" / "final.mdl"
    data = model.read_bytes()
    weight, place = nnet3.read_matrix(data, data.index(_FIRST) + len(_FIRST))
    place = data.index(_BIAS, place) + len(_BIAS) + 5  # behind the size of an int32 and the int32
    bias = np.frombuffer(data, "<f4", len(weight), place)
    taps = weight.shape[1] // features.DIMENSION
    moved = bias - weight @ np.tile(feature_shift(), taps)
    model.write_bytes(data[:place] + moved.astype("<f4").tobytes() + data[place + bias.nbytes :])


def feature_shift() -> npt.NDArray[np.float64]:
    """Return how MFCC features of the same sound differ at 16 kHz from those at 8 kHz, shape (40,).

    In a window with twice the samples every mel energy is fourfold, and pre-emphasis, a difference of
    neighbouring samples, weighs each frequency anew. Both only add a constant to the logarithm of each
    mel band, hence to each cepstral coefficient.
    """
    size = features.DIMENSION
    low, high = (1127 * math.log(1 + hertz / 700) for hertz in (features.LOW_HZ, features.HIGH_HZ))
    centres = 700 * (np.exp((low + (high - low) * np.arange(1, size + 1) / (size + 1)) / 1127) - 1)

    def emphasis(rate: int) -> npt.NDArray[np.float64]:
        return np.asarray(1 + _PREEMPHASIS**2 - 2 * _PREEMPHASIS * np.cos(2 * np.pi * centres / rate))

    bands = np.log(4 * emphasis(_FAST) / emphasis(features.RATE))
    order, band = np.arange(size)[:, None], np.arange(size)[None, :]
    cosine = np.sqrt(np.where(order == 0, 1, 2) / size) * np.cos(np.pi / size * (band + 0.5) * order)
    lifter = 1 + _LIFTER / 2 * np.sin(np.pi * np.arange(size) / _LIFTER)
    return np.asarray(lifter * (cosine @ bands))


def static_graph(language: Fst, words: Mapping[str, int]) -> Fst:
    """Return the language model with every word replaced by its phones: transition ids in, words out.

    Each state of ``language`` becomes the root of a prefix tree of the words that may follow it. Costs
    are met as early in a tree as they are certain, which is what lookahead does while it decodes.
    """
    spelling = {
        number: [tuple(zip(tagged(reading), durations(reading), strict=True)) for reading in readings(word)]
        for word, number in words.items()
        if word != UNKNOWN and number
    }
    graph = Fst()
    start = graph.state()
    roots = [graph.state() for _ in language.arcs]
    pauses = [_pause_before(graph, root) for root in roots]
    graph.arc(start, Arc(0, 0, math.log(2), roots[0]))
    graph.arc(start, Arc(0, 0, math.log(2), pauses[0]))
    joined, paused = -math.log(1 - SILENCE_SHARE), -math.log(SILENCE_SHARE)
    for state, root in enumerate(roots):
        tree = _CostTree(graph, root)
        for arc in language.arcs[state]:
            if arc.output == 0:
                graph.arc(root, Arc(0, 0, arc.cost, roots[arc.target]))
                continue
            for path in spelling[arc.output]:
                tree.add(path, arc.cost + WORD_BONUS, arc.output, arc.target)
        for leaf, cost, word, target in tree.grown():
            graph.arc(leaf, Arc(0, word, cost + joined, roots[target]))
            graph.arc(leaf, Arc(0, word, cost + paused, pauses[target]))
        if state in language.finals:
            graph.finals[root] = language.finals[state]
    return graph


def _small_language(words: Mapping[str, int]) -> Fst:
    """Return a trigram model of a small part of the corpus."""
    texts = [text for group in ("command", "sentence", "flow", "scenario") for text in corpus.groups()[group]]
    sentences = [segment(text) for text in texts]
    vocabulary = sorted({*words} & {word for sentence in sentences for word in sentence})
    model = LanguageModel({word: frequency(word) for word in vocabulary})
    for sentence in sentences:
        if set(sentence) <= set(vocabulary):
            model.add(sentence, 2)
    return model.graph(words)


def _pause_before(graph: Fst, root: int) -> int:
    """Add silence that leads to ``root`` and return the state before it."""
    before, inside = graph.state(), graph.state()
    number = PHONE_NUMBERS[SILENCE]
    graph.arc(before, Arc(nnet3.forward_transition(number), 0, 0.0, inside))
    graph.arc(inside, Arc(nnet3.loop_transition(number), 0, 0.0, inside))
    graph.arc(inside, Arc(0, 0, 0.0, root))
    return before


class _CostTree:
    """Words with costs as a prefix tree under ``root``; each arc carries the cost that it makes certain."""

    def __init__(self, graph: Fst, root: int) -> None:
        self._graph, self._root = graph, root
        self._best: dict[_Path, float] = {(): math.inf}
        self._leaves: list[tuple[_Path, float, int, int]] = []

    def add(self, path: _Path, cost: float, word: int, target: int) -> None:
        for length in range(len(path) + 1):
            self._best[path[:length]] = min(cost, self._best.get(path[:length], math.inf))
        self._leaves.append((path, cost, word, target))

    def grown(self) -> list[tuple[int, float, int, int]]:
        """Add the tree to the graph; return (leaf, cost left, word, target) of each word."""
        states: dict[_Path, int] = {(): self._root}
        paid: dict[_Path, float] = {(): 0.0}
        for path, best in sorted(self._best.items(), key=lambda item: len(item[0])):
            if path:
                cost = best - paid[path[:-1]]
                states[path] = add_phone(self._graph, states[path[:-1]], *path[-1], cost=cost)
                paid[path] = best
        return [(states[path], cost - paid[path], word, target) for path, cost, word, target in self._leaves]


def _words(path: Path) -> dict[str, int]:
    pairs = (line.rsplit(" ", 1) for line in path.read_text(encoding="utf-8").splitlines())
    return {word: int(number) for word, number in pairs}
