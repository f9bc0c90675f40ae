"""Hanzi → numbered pinyin, in the reading that the context asks for.

pypinyin's phrases decide most readings; the tables below add what call-centre speech needs and they
lack. Nothing is dropped in silence: a sign that has neither a reading nor the sense of a pause is an
error.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from functools import cache, lru_cache
from itertools import accumulate, pairwise

import jieba
from pypinyin import Style, lazy_pinyin

from calls.errors import VoiceError
from speech.reading import spoken

jieba.setLogLevel(logging.WARNING)  # it tells of its dictionary on stderr

#: Phrases that pypinyin reads otherwise. One that would cut a word in two is left alone.
PHRASES: dict[str, str] = {
    "重听": "chong2 ting1", "重拨": "chong2 bo1", "重置": "chong2 zhi4", "重发": "chong2 fa1",
    "重装": "chong2 zhuang1", "重做": "chong2 zuo4", "重试": "chong2 shi4", "重选": "chong2 xuan3",
    "重打": "chong2 da3", "重输": "chong2 shu1", "重录": "chong2 lu4", "重说": "chong2 shuo1",
    "重报": "chong2 bao4", "重播": "chong2 bo1", "重买": "chong2 mai3", "重登": "chong2 deng1",
    "重填": "chong2 tian2", "重派": "chong2 pai4", "重寄": "chong2 ji4", "重开": "chong2 kai1",
    "还款": "huan2 kuan3", "还贷": "huan2 dai4", "未还": "wei4 huan2", "已还": "yi3 huan2",
    "还信用卡": "huan2 xin4 yong4 ka3", "退还": "tui4 huan2", "返还": "fan3 huan2",
    "长时间": "chang2 shi2 jian1", "多长": "duo1 chang2", "长得": "zhang3 de5",
    "上调": "shang4 tiao2", "下调": "xia4 tiao2", "调高": "tiao2 gao1", "调低": "tiao2 di1",
    "调到": "tiao2 dao4", "调一下": "tiao2 yi1 xia4", "调成": "tiao2 cheng2", "调大": "tiao2 da4",
    "调小": "tiao2 xiao3", "调账": "tiao2 zhang4", "调降": "tiao2 jiang4",
    "弹窗": "tan2 chuang1", "弹出": "tan2 chu1", "弹屏": "tan2 ping2", "头发": "tou2 fa5",
    "量一下": "liang2 yi1 xia4", "数一下": "shu3 yi1 xia4", "数一数": "shu3 yi1 shu3",
    "没空": "mei2 kong4", "空闲": "kong4 xian2", "余额为": "yu2 e2 wei2", "金额为": "jin1 e2 wei2",
    "号码为": "hao4 ma3 wei2", "时间为": "shi2 jian1 wei2", "费用为": "fei4 yong4 wei2",
    "结果为": "jie2 guo3 wei2", "地址为": "di4 zhi3 wei2", "尾号为": "wei3 hao4 wei2",
    "为准": "wei2 zhun3", "为止": "wei2 zhi3", "为期": "wei2 qi1", "喂养": "wei4 yang3",
    "总得": "zong3 dei3", "非得": "fei1 dei3", "不得": "bu4 de2", "查得到": "cha2 de5 dao4",
    "这儿": "zhe4 er5", "那儿": "na4 er5", "哪儿": "na3 er5",
}  # fmt: skip
#: Characters that, standing alone, pypinyin reads otherwise than people do.
CHARACTERS = {
    "喂": "wei2", "嗯": "en5", "欸": "ei4", "诶": "ei4", "哦": "o4", "咯": "lo5", "喽": "lou5", "呣": "mu3",
    "得": "de5", "长": "chang2", "噷": "heng1",
}  # fmt: skip
#: Readings that follow from the neighbours: a pattern, whose only group is the character, and its reading.
CONTEXTS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), reading)
    for pattern, reading in (
        # 得, "must": behind a person or an adverb, before a verb
        (r"(?<=[我你您他她它们还都就也可又])(得)(?![到知]|了(?!解))", "dei3"),
        # 地 that makes an adverb, before a verb
        (r"(?:慢慢|好好|渐渐|常常|足足|不停|不断|及时|耐心|尽快|反复|清楚|认真|仔细|莫名|明显)(地)", "de5"),
        (r"(?:正常|顺利|成功|主动|恶意|故意|严重|一直|快速|完整|直接|多次|免费)(地)(?![址区点方])", "de5"),
        (r"(?<=[跑说走做办写听看讲修打])(得)(?=[快慢好很太不多])", "de5"),
        (r"(还)(?=给[我你您他她]们?[打发留])", "hai2"),
        (r"(还)(?=钱|清(?![楚晰])|完[了钱]|上了)", "huan2"),
    )
)
#: How the Latin letters are called in Chinese.
LETTERS = {
    "A": "ei1", "B": "bi4", "C": "xi1", "D": "di4", "E": "yi4", "F": "ai2 fu5", "G": "ji4",
    "H": "ei1 chi5", "I": "ai4", "J": "zhei4", "K": "kei4", "L": "ai2 lou5", "M": "ai1 mu5",
    "N": "en1", "O": "ou1", "P": "pi4", "Q": "kiu1", "R": "a4 er5", "S": "ai1 si5", "T": "ti4",
    "U": "you1", "V": "wei1", "W": "da2 bu5 liu5", "X": "ai1 ke5 si5", "Y": "wai4", "Z": "zei4",
}  # fmt: skip
#: Latin words that are read as words. All others are spelt, letter by letter.
LATIN_WORDS = {
    "wifi": "wai1 fai1", "wi-fi": "wai1 fai1", "ok": "ou1 kei4", "sim": "xi1 mu5", "pin": "pin1",
    "iphone": "ai4 feng1", "plus": "pu3 la1 si5", "pro": "pu3 rou4", "max": "mai4 ke5 si5",
    "hello": "ha1 lou2", "hi": "hai4", "email": "yi4 mei1 ou5", "no": "nou4", "bye": "bai4",
}  # fmt: skip

_HANZI = "〇\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003fffd"
_TOKEN = re.compile(rf"(?P<hanzi>[{_HANZI}]+)|(?P<latin>[A-Za-z]+(?:-[A-Za-z]+)?)|(?P<other>.)", re.DOTALL)
# looks ahead, so that phrases may overlap: in 未还款 both 未还 and 还款 are tried
_PHRASE = re.compile(f"(?=({'|'.join(sorted(map(re.escape, PHRASES), key=len, reverse=True))}))")
_SYLLABLE = re.compile(
    r"(?:(?:[bpmfdtnlgkhjqxrzcsywv]|zh|ch|sh)?"
    r"(?:i?ang?|i?ao|ai|a|i?ong|ou|o|eng?|ei|er|e|ing?|i[aeu]|i|u[aioen]|u[ae]ng?|uang|uai|u|ve|van|vn|v|uo))[1-5]"
)
#: Regional confusions, as spelling: hua and fa, hui and fei, hun and fen; un after h is uen.
_FOLDS = tuple(
    (re.compile(pattern), common)
    for pattern, common in (
        (r"^([zcs])h", r"\1"),
        (r"^[nr](?=[aeiouv])", "l"),
        (r"(?<=[aei])ng$", "n"),
        (r"^hui$", "fei"),
        (r"^hun$", "fen"),
        (r"^hu(?=[a-z])", "f"),
        (r"^h(?=[aeou])", "f"),
    )
)
_LAST_COMMON = b"\xd7\xf9"  # of GB/T 2312, level 1

_MEANT_AS_PAUSE = frozenset("Pd Ps Pe Pi Pf Po Pc Zs Zl Zp Cc Cf".split())
_SILENT = frozenset(" \t\u3000\u00a0\u200b\ufeff'‘’\"“”「」『』《》〈〉")  # written, but no pause is made


def syllables(text: str) -> list[str]:
    """Return the syllables of ``text`` with tone numbers, 5 for the neutral tone and ``v`` for ü.

    Parameters
    ----------
    text : str
        Chinese with letters, figures and punctuation; figures are read by
        :func:`speech.reading.spoken`.

    Returns
    -------
    list of str
        ``["chong2", "ting1"]`` for 重听. Tones are those of the dictionary: sandhi is left to the voice.

    Raises
    ------
    VoiceError
        A character has no known reading.
    """
    return [syllable for word in _words(text) for syllable in word]


def utterance(text: str) -> str:
    """Return ``text`` in the form that the voice reads: words of joined syllables, commas for pauses.

    Parameters
    ----------
    text : str
        As for :func:`syllables`.

    Returns
    -------
    str
        ``"cha2xun2 yu2e2, qing3 an4 yi1"`` for 查询余额，请按1.

    Raises
    ------
    VoiceError
        A character has no known reading.
    """
    written = " ".join("".join(word) or "," for word in _words(text))
    return re.sub(r"(?: ?,)+", ",", written).strip(", ")


def likeness(one: str, other: str) -> float:
    """Say how alike two syllables sound, tones left out.

    Parameters
    ----------
    one, other : str
        Syllables as :func:`syllables` returns them, with or without the tone.

    Returns
    -------
    float
        1 for the same sounds; 0.5 for those that much of China does not tell apart: z zh, c ch, s sh,
        n l r, f h, and n or ng after a vowel; 0 for others.
    """
    one, other = one.rstrip("12345"), other.rstrip("12345")
    if one == other:
        return 1.0
    return 0.5 if folded(one) == folded(other) else 0.0


def characters_of(syllable: str) -> tuple[str, ...]:
    """Return the common Hanzi (GB/T 2312, level 1) that sound like ``syllable``, those of its tone first.

    Parameters
    ----------
    syllable : str
        With its tone number, as :func:`syllables` returns it.
    """
    toned = _common_characters().get(syllable.rstrip("12345"), ())
    return tuple(sorted(toned, key=lambda character: toned[character] != syllable))


@lru_cache(maxsize=1)
def _common_characters() -> dict[str, dict[str, str]]:
    """Return, by toneless syllable, the common Hanzi that are mostly read so, each with its reading."""
    codes = (bytes((row, cell)) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF))
    found: dict[str, dict[str, str]] = {}
    for code in codes:
        if code <= _LAST_COMMON:
            character = code.decode("gb2312")
            (reading,) = lazy_pinyin(character, style=Style.TONE3, neutral_tone_with_five=True, v_to_u=False)
            found.setdefault(reading.rstrip("12345"), {})[character] = reading
    return found


@cache
def syllable(character: str) -> str:
    """Return the toneless pinyin of one character, or the character where it has none.

    Each character is read alone: a polyphone gets its commonest reading everywhere, so that training
    and recognised text agree.
    """
    return str(lazy_pinyin(character, style=Style.NORMAL)[0])


@lru_cache(maxsize=2048)
def folded(syllable: str) -> str:
    """Return what is left of a toneless syllable when its regional confusions are not told apart."""
    for pattern, common in _FOLDS:
        syllable = pattern.sub(common, syllable)
    return syllable


def _words(text: str) -> list[tuple[str, ...]]:
    """Return the syllables of each word; a pause is an empty word."""
    words: list[tuple[str, ...]] = []
    for token in _TOKEN.finditer(spoken(text)):
        if token["hanzi"]:
            words += _hanzi(token["hanzi"])
        elif token["latin"]:
            words += _latin(token["latin"])
        elif token["other"] not in _SILENT:
            if not _is_pause(token["other"]):
                raise _unreadable(token["other"], text)
            words.append(())
    return words


@lru_cache(maxsize=4096)
def _hanzi(run: str) -> tuple[tuple[str, ...], ...]:
    """Return the syllables of each word in a run of Hanzi, one syllable a character."""
    words = jieba.lcut(run, HMM=False)
    readings: list[str] = []
    for word in words:
        # an unknown character comes back as it is and fails the check below
        heard = lazy_pinyin(word, style=Style.TONE3, neutral_tone_with_five=True, v_to_u=False)
        readings += [CHARACTERS.get(word, heard[0])] if len(word) == 1 else heard
    for pattern, reading in CONTEXTS:
        for match in pattern.finditer(run):
            readings[match.start(1)] = reading
    starts = [0, *accumulate(map(len, words))]
    for match in _PHRASE.finditer(run):
        aligned = match.start() in starts and match.end(1) in starts
        if aligned or not any(match.start() < start < match.end(1) for start in starts):
            readings[match.start(1) : match.end(1)] = PHRASES[match[1]].split()
    for sign, syllable in zip(run, readings, strict=True):
        if not _SYLLABLE.fullmatch(syllable):
            raise _unreadable(sign, run)
    return tuple(tuple(readings[start:end]) for start, end in pairwise(starts))


def _latin(word: str) -> list[tuple[str, ...]]:
    known = LATIN_WORDS.get(word.lower())
    if known:
        return [tuple(known.split())]
    return [tuple(LETTERS[letter].split()) for letter in word.upper() if letter != "-"]


def _is_pause(sign: str) -> bool:
    return unicodedata.category(sign) in _MEANT_AS_PAUSE or sign in "~～|^`…—"


def _unreadable(sign: str, text: str) -> VoiceError:
    return VoiceError(
        f"{sign!r} (U+{ord(sign):04X}) in {text!r} has no reading", "write it in Hanzi, or leave it out"
    )
