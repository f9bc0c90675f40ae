import math

import pytest

from models.tiny_cn import graph
from models.tiny_cn.fst import Fst
from models.tiny_cn.nnet3 import forward_transition, loop_transition

pytestmark = pytest.mark.unit


def accepted(fst: Fst, labels: list[int]) -> set[tuple[int, ...]]:
    """Return the outputs of all paths from the start that read ``labels`` and may end there."""
    found = set()
    todo = [(0, 0, ())]
    seen = set()
    while todo:
        item = todo.pop()
        if item in seen:
            continue
        seen.add(item)
        state, read, written = item
        if read == len(labels) and state in fst.finals:
            found.add(written)
        for arc in fst.arcs[state]:
            if arc.input == 0 or (read < len(labels) and arc.input == labels[read]):
                output = (*written, arc.output) if arc.output else written
                if len(output) <= 3:
                    todo.append((arc.target, read + (arc.input != 0), output))
    return found


def frames(*phones: str, repeat: int = 0) -> list[int]:
    labels = []
    for phone in phones:
        number = graph.PHONE_NUMBERS[phone]
        labels += [forward_transition(number), *[loop_transition(number)] * repeat]
    return labels


def test_a_word_is_its_phones_each_held_as_long_as_it_sounds() -> None:
    hcl = graph.lexicon_graph({"查询": 1, "四": 2, graph.UNKNOWN: 3})
    assert accepted(hcl, frames("ch_B", "a_I", "x_I", "vn_E", repeat=2)) == {(1,)}
    assert accepted(hcl, frames("s_B", "iz_E", "SIL", "s_B", "iz_E")) == {(2, 2)}
    assert accepted(hcl, frames("SPN_S", repeat=5)) == {(3,)}
    assert accepted(hcl, frames("ch_B", "a_I")) == set()


def test_homophones_share_their_sound() -> None:
    hcl = graph.lexicon_graph({"是": 1, "事": 2, graph.UNKNOWN: 3})
    assert accepted(hcl, frames("sh_B", "ih_E")) == {(1,), (2,)}


def language(*sentences: str) -> tuple[Fst, dict[str, int]]:
    words = sorted({word for sentence in sentences for word in sentence.split()} | {"零"})
    model = graph.LanguageModel(dict.fromkeys(words, 1.0))
    for sentence in sentences:
        model.add(sentence.split())
    ids = {word: number for number, word in enumerate(words, start=1)}
    return model.graph(ids), ids


def test_from_every_state_the_probabilities_of_words_and_the_end_sum_to_at_most_one() -> None:
    fst, _ = language("我 要 退款", "我 要 投诉", "要 查询")
    for state, arcs in enumerate(fst.arcs):
        mass = sum(math.exp(-(arc.cost + graph.WORD_BONUS)) for arc in arcs if arc.input)
        mass += math.exp(-fst.finals[state]) if state in fst.finals else 0.0
        assert 0 < mass < 1 + 1e-6


def test_what_was_said_is_likelier_than_what_was_not() -> None:
    fst, ids = language("我 要 退款", "我 要 投诉", "要 查询")
    after_begin = {arc.input: arc.cost for arc in fst.arcs[0]}
    assert after_begin[ids["我"]] < after_begin[ids["要"]]
    assert ids["退款"] not in after_begin


def test_an_unspoken_word_can_still_be_heard() -> None:
    fst, ids = language("我 要 退款")
    alone = next(arcs for arcs in fst.arcs if ids["零"] in {arc.input for arc in arcs})
    assert {arc.input for arc in alone} == set(ids.values())


def test_a_syllable_of_one_vowel_is_never_shorter_than_its_least_duration() -> None:
    hcl = graph.lexicon_graph({"二": 1, graph.UNKNOWN: 2})
    least = graph.LONE_FINAL_FRAMES
    assert [accepted(hcl, frames("er_S", repeat=n - 1)) for n in (least - 1, least)] == [set(), {(1,)}]
    assert graph.durations(("ch", "a", "er")) == [1, 1, least]
