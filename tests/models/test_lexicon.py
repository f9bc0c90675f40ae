import pytest

from models.tiny_cn import corpus, lexicon

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("syllable", "phones"),
    [
        ("zhi1", ("zh", "ih")),
        ("si4", ("s", "iz")),
        ("xi1", ("x", "i")),
        ("lv4", ("l", "v")),
        ("xue2", ("x", "ve")),
        ("yuan2", ("van",)),
        ("er4", ("er",)),
        ("liu2", ("l", "iou")),
        ("en5", ("en",)),
    ],
)
def test_a_syllable_is_its_initial_and_its_final(syllable: str, phones: tuple[str, ...]) -> None:
    assert lexicon.phones(syllable) == phones


def test_numbers_are_cut_into_numerals() -> None:
    assert lexicon.segment("退款一百二十八元三天内到账") == [
        "退款", "一", "百", "二", "十", "八", "元", "三天", "内", "到", "账",
    ]  # fmt: skip


def test_a_word_with_two_readings_is_heard_either_way() -> None:
    assert lexicon.readings("还") == [("h", "ai"), ("h", "uan")]
    assert lexicon.readings("幺") == [("iao",)]


@pytest.mark.parametrize("origin", ["command", "flow", "scenario"])
def test_every_scripted_word_can_be_heard(origin: str) -> None:
    unheard = {
        word
        for text in corpus.groups()[origin]
        for word in lexicon.segment(text)
        if not all(set(reading) <= set(lexicon.PHONES) for reading in lexicon.readings(word) or [("?",)])
    }
    assert unheard == set()


def test_the_grammar_characters_are_the_common_hanzi() -> None:
    characters = lexicon.characters()
    assert len(characters) == 3755
    assert (characters[0], characters[-1]) == ("啊", "座")
