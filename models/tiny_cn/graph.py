"""The decoding graph: phones → words (``HCLr.fst``), words → language (``Gr.fst``), and their tables.

HCL is a prefix tree over phones that returns to its root, with optional silence between words. Gr is a
trigram model as an automaton whose backoff arcs are empty. Vosk composes the two while it decodes
(label lookahead), and replaces Gr when a run-time grammar is given.
"""

from __future__ import annotations

import math
import os
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from models.tiny_cn.features import CLASSES, onset_class
from models.tiny_cn.fst import Arc, Fst
from models.tiny_cn.lexicon import GARBAGE, INITIALS, PHONES, SILENCE, UNKNOWN, frequency, readings
from models.tiny_cn.nnet3 import Phone, forward_transition, loop_transition

#: Share of word ends that are followed by silence.
SILENCE_SHARE = 0.15
#: Added to the cost of every word in HCL and taken off again in Gr: without it the small cost that a
#: run-time grammar puts on each word (about 4.5) deletes digits.
WORD_BONUS = -3.0
#: Cost of entering the garbage phone of ``[unk]``.
UNKNOWN_COST = 3.0
#: Frames (30 ms) that a syllable without an initial lasts at least, so that one 二 is not heard as two.
LONE_FINAL_FRAMES = 3
_DISCOUNT = 0.9
#: Trigrams that are counted less often are left to the bigrams.
_LEAST_TRIGRAM = 3
#: Share of the general frequencies of words in their probability outside any context.
_AT_LARGE = 0.3

_POSITIONS = "BEIS"  # begin, end, internal, singleton: what word boundaries are found by
_PLUGINS = ("/usr/lib/x86_64-linux-gnu/fst/22", "/usr/lib/aarch64-linux-gnu/fst/22", "/usr/lib/fst")

#: Phone numbers from 1: silence, each phone in four positions, garbage.
PHONE_NUMBERS: dict[str, int] = {
    name: number
    for number, name in enumerate(
        (SILENCE, *(f"{phone}_{position}" for phone in PHONES for position in _POSITIONS), f"{GARBAGE}_S"),
        start=1,
    )
}


def phone_classes() -> list[Phone]:
    """Return the network's classes of every phone number, from 1 on; garbage has one of its own."""
    tagged = [Phone(onset_class(phone), onset_class(phone) + 1) for phone in PHONES for _ in _POSITIONS]
    return [Phone(0, 0), *tagged, Phone(CLASSES, CLASSES)]


def tagged(phones: Sequence[str]) -> list[str]:
    """Return phones with their position in the word: ``["zh", "ong"]`` → ``["zh_B", "ong_E"]``."""
    if len(phones) == 1:
        return [f"{phones[0]}_S"]
    return [f"{phones[0]}_B", *(f"{phone}_I" for phone in phones[1:-1]), f"{phones[-1]}_E"]


def durations(phones: Sequence[str]) -> list[int]:
    """Return how many frames each phone lasts at least: a syllable of a single final is never short."""
    alone = [
        phone not in INITIALS and (place == 0 or phones[place - 1] not in INITIALS)
        for place, phone in enumerate(phones)
    ]
    return [LONE_FINAL_FRAMES if one else 1 for one in alone]


def lexicon_graph(word_ids: Mapping[str, int]) -> Fst:
    """Return HCL over ``word_ids``: transition ids in, word ids out.

    State 0 starts; it may end at the root between words.
    """
    graph = Fst()
    start, root, before_silence, silence = (graph.state() for _ in range(4))
    half = math.log(2)
    graph.arc(start, Arc(0, 0, half, root))
    graph.arc(start, Arc(0, 0, half, before_silence))
    number = PHONE_NUMBERS[SILENCE]
    graph.arc(before_silence, Arc(forward_transition(number), 0, 0.0, silence))
    graph.arc(silence, Arc(loop_transition(number), 0, 0.0, silence))
    graph.arc(silence, Arc(0, 0, 0.0, root))
    graph.finals[root] = 0.0
    tree = PrefixTree(graph, root)

    after_word = graph.state()
    graph.arc(after_word, Arc(0, 0, -math.log(1 - SILENCE_SHARE), root))
    graph.arc(after_word, Arc(0, 0, -math.log(SILENCE_SHARE), before_silence))
    for word, word_id in word_ids.items():
        for phones in readings(word) if word != UNKNOWN else ():
            graph.arc(tree.leaf(phones), Arc(0, word_id, WORD_BONUS, after_word))
    garbage = PHONE_NUMBERS[f"{GARBAGE}_S"]
    inside = graph.state()
    graph.arc(root, Arc(forward_transition(garbage), 0, UNKNOWN_COST, inside))
    graph.arc(inside, Arc(loop_transition(garbage), 0, 0.0, inside))
    graph.arc(inside, Arc(0, word_ids[UNKNOWN], 0.0, after_word))
    return graph


def add_phone(graph: Fst, source: int, name: str, least_frames: int, cost: float = 0.0) -> int:
    """Add a phone of ``least_frames`` or more to state ``source``; return the state that it ends in."""
    number, node = PHONE_NUMBERS[name], graph.state()
    graph.arc(source, Arc(forward_transition(number), 0, cost, node))
    for _ in range(least_frames - 1):
        further = graph.state()
        graph.arc(node, Arc(loop_transition(number), 0, 0.0, further))
        node = further
    graph.arc(node, Arc(loop_transition(number), 0, 0.0, node))
    return node


class PrefixTree:
    """Phone sequences from one root state, beginnings shared.

    Parameters
    ----------
    graph : Fst
        That the tree grows in.
    root : int
        State where every sequence begins.
    """

    def __init__(self, graph: Fst, root: int) -> None:
        self._graph, self._root = graph, root
        self._nodes: dict[tuple[int, str], int] = {}

    def leaf(self, phones: Sequence[str]) -> int:
        """Return the state that the sequence ends in, made if need be."""
        state = self._root
        for name, least_frames in zip(tagged(phones), durations(phones), strict=True):
            if (state, name) not in self._nodes:
                self._nodes[state, name] = add_phone(self._graph, state, name, least_frames)
            state = self._nodes[state, name]
        return state


@dataclass(slots=True)
class LanguageModel:
    """An interpolated trigram model with absolute discounting (Ney, Essen and Kneser, 1994).

    Parameters
    ----------
    frequencies : mapping of str to float
        All words that may be said, counted or not, and how often each occurs in Chinese at large, in any
        unit.
    """

    frequencies: Mapping[str, float]
    _counts: dict[tuple[str, ...], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, words: Sequence[str], weight: int = 1) -> None:
        """Count the n-grams of one sentence ``weight`` times."""
        line = ("<s>", *words, "</s>")
        for place in range(1, len(line)):
            for order in range(min(3, place + 1)):
                self._counts[line[place - order : place]][line[place]] += weight

    def graph(self, word_ids: Mapping[str, int]) -> Fst:
        """Return the model as an acceptor over ``word_ids``; state 0 is the beginning of a sentence."""
        unigrams = self._unigrams()
        probabilities: dict[tuple[str, ...], dict[str, float]] = {(): unigrams}
        backoffs: dict[tuple[str, ...], float] = {}
        for context in sorted(self._counts, key=len):
            if not context:
                continue
            least = _LEAST_TRIGRAM if len(context) == 2 else 1
            followers = {word: count for word, count in self._counts[context].items() if count >= least}
            if not followers:
                continue
            total = sum(self._counts[context].values())
            left = 1 - sum(max(count - _DISCOUNT, 0) for count in followers.values()) / total
            shorter = context[1:]
            probabilities[context] = {
                word: max(count - _DISCOUNT, 0) / total
                + left * _probability(probabilities, backoffs, shorter, word)
                for word, count in followers.items()
            }
            backoffs[context] = left
        graph = Fst()
        begin = ("<s>",)
        states = {context: graph.state() for context in [begin, *(c for c in probabilities if c != begin)]}
        for context, state in states.items():
            for word, probability in probabilities[context].items():
                cost = -math.log(probability)
                if word == "</s>":
                    graph.finals[state] = cost
                    continue
                history = (*context, word)[-2:]
                while history not in states:
                    history = history[1:]
                number = word_ids[word]
                graph.arc(state, Arc(number, number, cost - WORD_BONUS, states[history]))
            if context:
                graph.arc(state, Arc(0, 0, -math.log(backoffs[context]), states[context[1:]]))
        return graph

    def _unigrams(self) -> dict[str, float]:
        """Return how likely each word is to begin a new bigram, mixed with its general frequency.

        The square root of the frequency stands for the words' spread over topics: call centres speak
        little of what newspapers are full of.
        """
        kinds: Counter[str] = Counter()
        for context, followers in self._counts.items():
            if len(context) == 1:
                kinds.update(followers.keys())
        words = [*self.frequencies, "</s>"]
        here = sum(kinds.values())
        at_large = sum(math.sqrt(frequency) for frequency in self.frequencies.values())
        spread = (0.5 * len(kinds) / here + 1e-3) / len(words)
        raw = {
            word: (1 - _AT_LARGE) * (max(kinds[word] - 0.5, 0) / here + spread)
            + _AT_LARGE * math.sqrt(self.frequencies.get(word, 0.0)) / at_large
            for word in words
        }
        norm = sum(raw.values())
        return {word: value / norm for word, value in raw.items()}


def _probability(
    known: Mapping[tuple[str, ...], Mapping[str, float]],
    backoffs: Mapping[tuple[str, ...], float],
    context: tuple[str, ...],
    word: str,
) -> float:
    factor = 1.0
    while word not in known.get(context, {}):
        factor *= backoffs.get(context, 1.0)
        context = context[1:]
    return factor * known[context][word]


def write(
    folder: Path, words: Sequence[str], extra: Sequence[str], sentences: Iterable[tuple[Sequence[str], int]]
) -> None:
    """Write the graph folder of a Vosk model.

    Parameters
    ----------
    folder : Path
        The model's ``graph`` folder, made if need be.
    words : sequence of str
        Words of the language model.
    extra : sequence of str
        Words that only run-time grammars use.
    sentences : iterable of (words, weight)
        What the language model learns.

    Raises
    ------
    FileNotFoundError, subprocess.CalledProcessError
        OpenFst's tools or their lookahead plugin are not installed.
    """
    (folder / "phones").mkdir(parents=True, exist_ok=True)
    ids = {word: number for number, word in enumerate((*words, *extra, UNKNOWN), start=1)}
    renumbered = _write_lookahead(lexicon_graph(ids), folder / "HCLr.fst")
    ids = {word: renumbered[number] for word, number in ids.items()}
    listed = sorted(ids.items(), key=lambda item: item[1])
    (folder / "words.txt").write_text(
        "".join(f"{word} {number}\n" for word, number in [("<eps>", 0), *listed]), encoding="utf-8"
    )
    model = LanguageModel({word: frequency(word) for word in words})
    for sentence, weight in sentences:
        model.add(sentence, weight)
    _write_ngram(model.graph(ids), folder / "Gr.fst")
    boundary = {"B": "begin", "E": "end", "I": "internal", "S": "singleton"}
    (folder / "phones" / "word_boundary.int").write_text(
        "".join(
            f"{number} {'nonword' if name == SILENCE else boundary[name[-1]]}\n"
            for name, number in PHONE_NUMBERS.items()
        )
    )
    # Vosk insists on this list of disambiguation symbols; the graph has none, so it names an unused id.
    (folder / "disambig_tid.int").write_text(f"{2 * len(PHONE_NUMBERS) + 1}\n")


def _write_lookahead(graph: Fst, path: Path) -> dict[int, int]:
    """Write ``graph`` sorted and relabelled for lookahead; return the new number of each output label."""
    plain, pairs = path.with_suffix(".plain"), path.with_suffix(".pairs")
    plain.write_bytes(graph.sorted(by_output=True).to_bytes())
    _fst_convert("--fst_type=olabel_lookahead", f"--save_relabel_opairs={pairs}", str(plain), str(path))
    numbers = [int(number) for number in pairs.read_text().split()]
    renumbered = dict(zip(numbers[::2], numbers[1::2], strict=True))
    plain.unlink()
    pairs.unlink()
    return renumbered


def _write_ngram(graph: Fst, path: Path) -> None:
    """Write a backoff model as an ``ngram`` FST (Sorensen and Allauzen, 2011), a third of a plain one."""
    plain = path.with_suffix(".plain")
    plain.write_bytes(graph.sorted(by_output=False).to_bytes())
    _fst_convert("--fst_type=ngram", str(plain), str(path))
    plain.unlink()


def _fst_convert(*arguments: str) -> None:
    libraries = ":".join((*_PLUGINS, os.environ.get("LD_LIBRARY_PATH", "")))
    subprocess.run(("fstconvert", *arguments), check=True, env=os.environ | {"LD_LIBRARY_PATH": libraries})
