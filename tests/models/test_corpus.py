import random

import pytest

from models.tiny_cn import corpus

pytestmark = pytest.mark.unit


def test_a_text_is_written_as_it_is_said() -> None:
    assert corpus.plain("查询余额，请按1。") == "查询余额请按一"
    assert corpus.plain("退款128元，3天内到账") == "退款一百二十八元三天内到账"


def test_no_sentence_holds_anything_but_hanzi_and_latin_capitals() -> None:
    odd = {
        c for text in corpus.sentences() for c in text if not ("\u4e00" <= c <= "\u9fff" or "A" <= c <= "Z")
    }
    assert odd == set()


def test_templates_and_sentences_are_as_many_and_as_varied_as_promised() -> None:
    sizes = {name: len(texts) for name, texts in corpus.groups().items()}
    assert sizes["template"] == corpus.EXPANSIONS
    assert sizes["sentence"] >= 400
    assert sizes["seed"] >= 3000
    assert min(sizes.values()) > 0


def test_no_sentence_of_a_held_out_scenario_is_learnt_as_such() -> None:
    own = {group: set(texts) for group, texts in corpus.groups().items() if group != "scenario"}
    elsewhere = set().union(*own.values())
    learnt = set(corpus.groups()["scenario"])
    open_lines = {corpus.plain(text) for held, text in corpus.scenario_lines() if not held}
    assert not {text for text in corpus.held_out_texts() if text in learnt - elsewhere - open_lines}


def test_three_in_ten_scripted_lines_share_no_thirteen_characters_with_the_corpus() -> None:
    lines = [text for _, text in corpus.scenario_lines() if corpus.plain(text)]
    unseen = sum(corpus.unseen(text) for text in lines)
    assert unseen / len(lines) >= 0.30


@pytest.mark.parametrize(
    ("text", "unseen"),
    [
        ("感谢您的来电，再见", False),  # a prompt
        ("谢您的来电", False),  # a part of one
        ("紫色的大象在月亮上打太极拳", True),
    ],
)
def test_unseen_is_judged_by_runs_of_thirteen_characters_or_the_whole_short_line(
    text: str, unseen: bool
) -> None:
    assert corpus.unseen(text) is unseen


def test_a_phone_number_has_eleven_digits() -> None:
    choose = random.Random(3)
    numbers = [corpus.phone_number(choose) for _ in range(50)]
    assert {len(number) for number in numbers} == {11}
    assert set("".join(numbers)) <= {*corpus.DIGITS, "幺"}
    assert {number[0] for number in numbers} == {"一", "幺"}
