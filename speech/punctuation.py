"""Where an utterance pauses, ends and asks: ，。？ by the pauses between its words and by what is said.

Recognisers such as Vosk's write none. The rules know little: a long pause ends a clause, a short one does so
beside a word that often begins or ends one, and a clause that holds 吗 or 多少 asks. A text that has signs
already is left alone.
"""

from __future__ import annotations

import re
from itertools import pairwise

from calls.records import Utterance
from speech.joining import word_spans
from speech.numerals import NUMERALS
from speech.view import Edit

#: A silence between two words, in seconds, that may end a sentence, one that ends a clause wherever it is,
#: and one that does so beside a cue.
LONG, MIDDLE, SHORT = 0.35, 0.2, 0.1
#: Clauses of fewer characters get no sign for a cue without a silence.
SHORTEST = 4
#: Of a longer clause only so many characters, the last ones, tell how it ends.
LOOKED_AT = 40

#: What a recogniser writes that puts signs itself.
_SIGNED = re.compile("[，。？！、；?!;]|[,.:](?![0-9])")
#: Words that begin a clause.
_BEGINS = re.compile(
    "但是|可是|不过|所以|因为|如果|要是|然后|而且|那么|另外|还有(?!没有)|结果|否则|要不(?!要)|于是|虽然|只要|只有|既然|就是说|比如"
    "|您好|你好|请问|谢谢|麻烦|对不起|不好意思"
)
#: Words that are a clause, or end one.
_ENDS = re.compile("^(?:您好|你好|喂|对+|好的|好|嗯+|是的|行|可以|还?没有|谢谢|不是|不好意思|对不起)$")
#: What a clause begins with if it is not the first: who, when, which.
_GOES_ON_WITH = re.compile("[你您我他她这那不就]|现在|马上|真的|一[种个点]")
_PARTICLE = re.compile("[了吧呢啊呀嘛啦哦的着好下]$")
#: 吗 ends a question, whatever follows; not in 干吗, 吗啡.
_ASKS_HERE = re.compile("(?<!干)吗$")
_QUESTION = re.compile(
    "(?:吗|么|是不是|能不能|有没有|可不可以|要不要|会不会|好不好|行不行|对不对|是否|为什么|怎么[办样]|什么时候)$"
    "|(?:什么|怎么|多少|多久|多长|多大|几[个点天次号月块]|哪[里儿个位些家天]|谁|为何|是不是|能不能|有没有|可不可以|要不要"
    "|会不会|行不行|对不对|是否|请问).{0,12}$"
)
#: Where a question word asks nothing: 没什么, 不知道为什么, 怎么…都.
_NO_QUESTION = re.compile(
    "(?:没|不)(?:有)?(?:什么|怎么|多少|谁)|(?:什么|怎么|谁|哪).{0,4}[都也]|不(?:知道|清楚)|告诉|就是想问"
)
#: What does not end a sentence: more is to come.
_GOES_ON = re.compile(
    "(?:但是|可是|不过|所以|因为|如果|要是|然后|而且|那么|另外|还有|就是|这个|那个|的话|或者|和|跟)$"
)


def punctuation(utterance: Utterance) -> list[Edit]:
    """Return the signs to put into the text of an utterance, in order of place.

    Parameters
    ----------
    utterance : Utterance
        Without words that have times only its end gets a sign.

    Returns
    -------
    list of Edit
        Of kind ``pause`` (，), ``stop`` (。) or ``question`` (？); each puts one sign in.
    """
    text = utterance.text
    if not text.strip() or _SIGNED.search(text):
        return []
    signs: list[Edit] = []
    clause = 0
    spans = word_spans(text, utterance.words)
    for (_, place, word), (following, _, after) in pairwise(spans):
        kind = _between(text, clause, place, following, round(after.start - word.end, 2))
        if kind:
            signs.append(_sign(place, kind))
            clause = following
    end = len(text.rstrip())
    signs.append(_sign(end, _at_the_end(text[max(clause, end - LOOKED_AT) : end])))
    return signs


_SIGNS = {"pause": "，", "stop": "。", "question": "？"}


def _sign(place: int, kind: str) -> Edit:
    return Edit(place, place, _SIGNS[kind], kind)


def _between(text: str, clause: int, place: int, following: int, silence: float) -> str:
    """Return the kind of sign between two words, or nothing.

    The clause so far is ``text[clause:place]``, what comes is ``text[following:]``.
    """
    said, left = text[max(clause, place - LOOKED_AT) : place], len(text) - following
    if text[place - 1] in NUMERALS and text[following] in NUMERALS:
        return ""  # a number that is dictated in groups
    if text[following] in "不没" and text[place - 1] == text[following + 1 : following + 2]:
        return ""  # 是不是
    begins = _BEGINS.match(text, following) is not None
    if _ASKS_HERE.search(said) and len(said) >= SHORTEST and text[following] not in "啊的":
        return "question"
    ended = _PARTICLE.search(said) is not None
    if silence >= LONG and ended and not begins and len(said) >= SHORTEST:
        return _at_the_end(said)
    if silence >= MIDDLE:
        return "pause"
    if begins and len(said) >= SHORTEST <= left + 1 and not _GOES_ON.search(said):
        return "pause"
    cued = ended or _ENDS.search(said) or _GOES_ON_WITH.match(text, following)
    return "pause" if cued and silence >= SHORT and left > 1 else ""


def _at_the_end(said: str) -> str:
    """Return the kind of sign that ends a clause."""
    if _GOES_ON.search(said):
        return "pause"
    return "question" if _QUESTION.search(said) and not _NO_QUESTION.search(said) else "stop"
