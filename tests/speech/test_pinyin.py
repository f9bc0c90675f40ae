import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.errors import VoiceError
from speech.pinyin import (
    CHARACTERS,
    LATIN_WORDS,
    LETTERS,
    PHRASES,
    characters_of,
    likeness,
    syllables,
    utterance,
)

pytestmark = pytest.mark.unit

READINGS = {
    "重听": "chong2 ting1",
    "请重新输入": "qing3 chong2 xin1 shu1 ru4",
    "很重要": "hen3 zhong4 yao4",
    "长沙": "chang2 sha1",
    "还有多长时间": "hai2 you3 duo1 chang2 shi2 jian1",
    "校长长大了": "xiao4 zhang3 zhang3 da4 le5",
    "还款": "huan2 kuan3",
    "未还款": "wei4 huan2 kuan3",
    "还没有还清": "hai2 mei2 you3 huan2 qing1",
    "还清楚吗": "hai2 qing1 chu3 ma5",
    "他还给我打电话": "ta1 hai2 gei3 wo3 da3 dian4 hua4",
    "银行行不行": "yin2 hang2 xing2 bu4 xing2",
    "办好了": "ban4 hao3 le5",
    "办不了": "ban4 bu4 liao3",
    "我不了解": "wo3 bu4 liao3 jie3",
    "说得很好": "shuo1 de5 hen3 hao3",
    "我得走了": "wo3 dei3 zou3 le5",
    "你得了解一下": "ni3 dei3 liao3 jie3 yi1 xia4",
    "得到": "de2 dao4",
    "慢慢地说": "man4 man4 de5 shuo1",
    "收货地址": "shou1 huo4 di4 zhi3",
    "都可以": "dou1 ke3 yi3",
    "首都": "shou3 du1",
    "你和我": "ni3 he2 wo3",
    "为了您": "wei4 le5 nin2",
    "余额为": "yu2 e2 wei2",
    "费用为什么高": "fei4 yong4 wei4 shen2 me5 gao1",
    "便宜又方便": "pian2 yi5 you4 fang1 bian4",
    "调整": "tiao2 zheng3",
    "上调": "shang4 tiao2",
    "差价": "cha1 jia4",
    "态度差": "tai4 du4 cha4",
    "女士": "nv3 shi4",
    "侵略": "qin1 lve4",
    "熊先生": "xiong2 xian1 sheng1",
    "喂，嗯": "wei2 en5",
    "尾号8001": "wei3 hao4 ba1 ling2 ling2 yao1",
    "VIP": "wei1 ai4 pi4",
    "App连WiFi": "ei1 pi4 pi4 lian2 wai1 fai1",
    "5G": "wu3 ji4",
    "": "",
}


@pytest.mark.parametrize(("text", "reading"), READINGS.items())
def test_readings(text: str, reading: str) -> None:
    assert " ".join(syllables(text)) == reading


def test_the_voice_gets_words_and_pauses() -> None:
    assert utterance("查询余额，请按1。") == "cha2xun2 yu2e2, qing3 an4 yi1"
    assert utterance("“你好”……（请稍等）") == "ni3hao3, qing3shao1deng3"
    assert utterance("……。！") == ""


@pytest.mark.parametrize("sign", ["😀", "あ", "한", "𠮷", "☎"])
def test_what_cannot_be_read_is_named(sign: str) -> None:
    with pytest.raises(VoiceError, match=rf"'{sign}' \(U\+{ord(sign):04X}\) in .* has no reading") as error:
        syllables(f"您好{sign}")
    assert error.value.hint == "write it in Hanzi, or leave it out"


@given(st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), max_size=12))
def test_one_hanzi_is_one_syllable_or_an_error(text: str) -> None:
    try:
        assert len(syllables(text)) == len(text)
    except VoiceError as error:
        assert "has no reading" in error.message


def test_phrases_have_a_syllable_for_each_character() -> None:
    assert {phrase: len(reading.split()) for phrase, reading in PHRASES.items()} == {
        phrase: len(phrase) for phrase in PHRASES
    }


def test_phrases_and_characters_are_read_as_their_tables_say() -> None:
    assert {text: " ".join(syllables(text)) for text in PHRASES | CHARACTERS} == PHRASES | CHARACTERS


def test_letters_and_latin_words_are_read_as_their_tables_say() -> None:
    assert {text: " ".join(syllables(text)) for text in LETTERS | LATIN_WORDS} == LETTERS | LATIN_WORDS


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("shi4", "shi2", 1.0),
        ("shi4", "si4", 0.5),
        ("zhang1", "zan1", 0.5),
        ("lan2", "nan2", 0.5),
        ("ren2", "leng3", 0.5),
        ("hua1", "fa1", 0.5),
        ("hui2", "fei1", 0.5),
        ("xin1", "xing1", 0.5),
        ("hong2", "huang2", 0.0),
        ("tui4", "dui4", 0.0),
        ("e4", "er4", 0.0),
    ],
)
def test_syllables_are_alike_as_far_as_people_confuse_them(one: str, other: str, alike: float) -> None:
    assert likeness(one, other) == likeness(other, one) == alike


def test_characters_that_sound_the_same_come_with_those_of_the_same_tone_first() -> None:
    assert characters_of("chi1")[:2] == ("吃", "痴")
    assert {"持", "尺"} < {*characters_of("chi1")}
    assert characters_of("fai1") == ()
