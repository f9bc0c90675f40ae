"""Turns and wording: what can be counted in the words themselves, with or without a clock."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from analytics.conversation.definitions import REPEAT_CHARACTERS, REPEAT_REACH, REPEAT_SIMILARITY
from analytics.conversation.part import Conversation, Said
from analytics.conversation.timing import PARTIES
from analytics.conversation.values import Values
from analytics.sounds import sounds
from analytics.words import normalise
from calls.records import Role

#: Each is looked for in all texts of a party at once, a line each. None begins with a look behind, which
#: would keep the search from skipping to the next character that one can begin with.
_QUESTION = re.compile(
    "[?？]|怎[么样]|为什么|为啥|什么|啥|多[少久长]|几[点号天个次月年块]|哪|谁|是不是|是否|能不能|可不可以|能否|可否"
    "|有没有|要不要|行不行|好不好|对不对|会不会|用不用|需不需要|[吗呢么嘛][。!！?？]*$",
    re.MULTILINE,
)
_THANKS = re.compile(
    "(?:谢谢|多谢|感谢|谢了|谢啦)(?<![不甭别][用必]..)|(?:辛苦|麻烦)(?:你们?|您)?了|辛苦[你您]", re.MULTILINE
)
_APOLOGY = re.compile(
    "抱歉|对不[起住]|不好意思|过意不去|[请望][你您多]?们?(?:谅解|原谅|见谅|包涵)|给[你您]们?添麻烦",
    re.MULTILINE,
)


def measure_turns(values: Values, conversation: Conversation) -> None:
    """Set the features of the group *Turns*."""
    said = conversation.said
    values["utterances_count"] = len(said)
    if conversation.no_roles:
        values.withhold_rest(conversation.no_roles, "Turns")
        return
    turns: dict[Role, list[int]] = {role: [] for role in PARTIES}
    speaker: Role | None = None
    for each in said:
        role, length = each.role, each.characters
        if role is speaker:
            turns[role][-1] += length
        else:
            turns[role].append(length)
        speaker = role
    values["turns_count"] = sum(map(len, turns.values()))
    for role, lengths in turns.items():
        values[f"{role}_turns_count"] = len(lengths)
        values[f"{role}_characters_count"] = sum(lengths)
        values[f"{role}_longest_turn_characters"] = max(lengths, default=0)
    total = sum(map(sum, turns.values()))
    if total:
        values["caller_characters_share"] = sum(turns[Role.CALLER]) / total
    else:
        values.withhold("nobody said a word", "caller_characters_share")
    values["caller_spoke_first"] = said[0].role is Role.CALLER
    values["caller_spoke_last"] = said[-1].role is Role.CALLER


def measure_wording(values: Values, conversation: Conversation) -> None:
    """Set the features of the group *Wording*."""
    if conversation.no_roles:
        values.withhold_rest(conversation.no_roles, "Wording")
        return
    for role in PARTIES:
        # a line of its own for each utterance
        texts = "\n".join(" ".join(each.text.splitlines()) for each in conversation.of(role))
        for name, pattern in (("questions", _QUESTION), ("thanks", _THANKS), ("apologies", _APOLOGY)):
            lines = {texts.count("\n", 0, match.start()) for match in pattern.finditer(texts)}
            values[f"{role}_{name}_count"] = len(lines)
    values["caller_repeated_requests_count"] = repeated(conversation.of(Role.CALLER))


def repeated(said: Sequence[Said]) -> int:
    """Return how many of the utterances are similar to one before."""
    heard = sounds("\n".join(normalise(each.text).text for each in said))
    pairs: list[set[tuple[str, str]]] = []
    count = 0
    for line in heard.split("\n"):
        if len(line) < REPEAT_CHARACTERS:
            continue
        own = set(pairwise(line))
        count += _is_similar(own, pairs[-REPEAT_REACH:])
        pairs.append(own)
    return count


def _is_similar(own: set[tuple[str, str]], earlier: Sequence[set[tuple[str, str]]]) -> bool:
    for other in earlier:
        if not own.isdisjoint(other):
            least = REPEAT_SIMILARITY * (len(own) + len(other)) / 2
            if len(own & other) >= least:
                return True
    return False
