"""Builders for the tests: transcripts in one line, and the errors of a recogniser."""

from __future__ import annotations

import random
from collections import defaultdict
from functools import cache

from analytics.seed.corpus import read_seed
from analytics.words import syllable
from calls.records import Finding, Role, Transcript, Utterance

ROLES = {"c": Role.CALLER, "a": Role.AGENT, "s": Role.SYSTEM, "u": Role.UNKNOWN}


def transcript(*lines: str, roles_known: bool = True, call_id: str = "call") -> Transcript:
    """Build a transcript from lines such as ``"c:我要退货"``; each lasts two seconds, one second apart."""
    utterances = tuple(
        Utterance(number=number, role=ROLES[line[0]], start=3.0 * number, end=3.0 * number + 2, text=line[2:])
        for number, line in enumerate(lines)
    )
    return Transcript(
        call_id=call_id, recogniser="test", model="test", utterances=utterances, roles_known=roles_known
    )


def swapped(line: str) -> str:
    """Put a caller's line into the agent's mouth and the other way round."""
    return {"c": "a", "a": "c"}[line[0]] + line[1:]


def verdict(findings: list[Finding]) -> dict[str, str]:
    """Return the first topic, the complaint and the sentiment that were found."""
    kinds = ("topic", "complaint", "sentiment")
    return {finding.kind: finding.label for finding in reversed(findings) if finding.kind in kinds}


@cache
def _homophones() -> dict[str, list[str]]:
    by_sound = defaultdict(set)
    for row in read_seed():
        for character in row.text:
            by_sound[syllable(character)].add(character)
    return {sound: sorted(characters) for sound, characters in by_sound.items()}


def misheard(text: str, rate: float, rng: random.Random) -> str:
    """Corrupt ``text`` as a recogniser does: 60 % homophones, 25 % lost, 15 % doubled characters."""
    heard = []
    for character in text:
        if rng.random() >= rate:
            heard.append(character)
            continue
        error = rng.random()
        if error < 0.6:
            heard.append(rng.choice(_homophones().get(syllable(character), [character])))
        elif error >= 0.85:
            heard.append(character * 2)
    return "".join(heard)
