"""Names that people give of themselves: after 我叫, 我姓, 免贵姓, 名字是, though a word of it was misheard.

A name begins with a surname. After a whole cue (both syllables right) anything is believed that makes no
everyday word; after half of one only a surname that is no such word, nor makes one with what follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from analytics.redaction.stream import BREAK
from analytics.words import default_tokeniser, syllable

#: The hundred most common surnames, which nine of ten people have, and compound ones.
SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈"
    "钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤康易乔"
    "赖文庞樊殷施洪翟安颜倪牛温芦季俞章鲁葛伍申尤毕聂柴焦柳邢岳齐梅庄辛管祝左涂谷祁时舒耿卜路詹关苗凌费纪靳盛"
    "童欧甄项曲成游阳裴席卫查屈鲍位霍翁隋植甘景薄单包司柏宁柯阮桂闵解强丛华车冉房边净阎佘"
)
COMPOUND = (
    "欧阳",
    "上官",
    "司马",
    "诸葛",
    "司徒",
    "东方",
    "皇甫",
    "慕容",
    "尉迟",
    "长孙",
    "令狐",
    "夏侯",
    "端木",
)
#: The cues by their syllables: the first, and those that may follow it.
_AFTER = {
    "wo": {"jiao", "xing"},
    "gui": {"xing"},
    "xing": {"ming"},
    "ming": {"zi", "jiao"},
}
#: Surnames that are everyday words, too: after half of a cue they are taken for these.
_WORDS_TOO = frozenset(
    "查和高方常马钱向于时成单包温安易何许路白石金雷龙万武严莫孔康文安左关费强冉全边净曲游从"
)
#: May stand between a cue and the name.
_LINKS = frozenset("是叫做为姓的")
#: Not in a name: what follows one, or is no name at all.
_NEVER = frozenset(
    "的了吗呢吧呀嘛着过我你您他她它们这那哪什么谁是在有不没就都也还又很太要想到给把被跟或但从对说打做"
)
_HANZI = re.compile("[㐀-鿿]")
#: How often a word must be in the dictionary to be an everyday one.
_EVERYDAY = 60
#: Characters of an utterance that says a surname and no more.
_SHORT = 5


class Name(NamedTuple):
    """The half-open span of a name."""

    start: int
    end: int


def names(text: str) -> Iterator[Name]:
    """Yield the names that the speaker of a text gives of himself or herself, in order."""
    done = 0
    for place, sure in _cues(text):
        if place < done:
            continue
        start = place
        if place >= len(text):
            break
        while start < len(text) and start < place + 3 and (text[start] in _LINKS or text[start] in " ，,"):
            start += 1
        end = _name_end(text, start, only_surname=_says_surname(text, place), sure=sure)
        if end > start:
            yield Name(start, end)
            done = end


def _cues(text: str) -> Iterator[tuple[int, bool]]:
    """Yield where a name may begin, and whether the cue before it is whole."""
    heard = [syllable(each) for each in text]
    for place, sound in enumerate(heard):
        if sound in _AFTER and place + 1 < len(heard) and heard[place + 1] in _AFTER[sound]:
            yield place + 2, True
        elif sound == "shi" and place:
            if heard[place - 1] in ("ming", "zi"):
                yield place + 1, True
            elif {"ming", "zi"} & {*heard[max(place - 3, 0) : place]}:
                yield place + 1, False
        elif sound == "gui":
            yield place + 2, False
            yield place + 1, False
        elif sound in ("jiao", "xing"):  # half of 我叫 or 我姓: the other character was lost or is wrong
            yield place + 1, place > 0 and heard[place - 1] == "wo"
        elif sound == "wo":
            yield place + 2, False
            yield place + 1, False


def _says_surname(text: str, place: int) -> bool:
    return place > 0 and syllable(text[place - 1]) == "xing"


def _name_end(text: str, start: int, *, only_surname: bool, sure: bool) -> int:
    """Return where the name that begins at ``start`` ends, or ``start`` where there is none."""
    if start >= len(text) or not _HANZI.match(text[start]):
        return start
    compound = next((each for each in COMPOUND if text.startswith(each, start)), "")
    surname = bool(compound) or text[start] in SURNAMES
    everyday = _everyday(text[start : start + 2])
    if text[start] in _NEVER or (not surname and (everyday or not sure)):
        return start
    family = start + max(len(compound), 1)
    end = family
    while end < min(len(text), family + 2) and _HANZI.match(text[end]) and text[end] not in _NEVER:
        end += 1
    alone = end == family and _ends(text, family)
    if not sure and not alone and (everyday or text[start] in _WORDS_TOO or end == family):
        return start
    if not surname and end == family and not only_surname:
        return start
    if only_surname and (end == family or sure):
        # 我姓张 | 手机…: a given name may follow, or anything else
        return family if _everyday(text[family : family + 2]) or end == family else end
    if (
        end - family == 2
        and _everyday(text[family + 1 : family + 3])
        and not _everyday(text[family : family + 2])
    ):
        end -= 1  # 张伟 | 手机: the second character begins a word of its own
    return end


def _ends(text: str, place: int) -> bool:
    """Whether a short utterance is over there: 我信罗."""
    begin = text.rfind(BREAK, 0, place) + 1
    return place - begin <= _SHORT and (place == len(text) or text[place] == BREAK)


@cache
def _everyday(word: str) -> bool:
    """Whether two characters make a word that people use."""
    return len(word) == 2 and default_tokeniser().frequency(word) >= _EVERYDAY
