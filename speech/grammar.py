"""Phrases of a menu → what a model can listen for, and back from what it heard to the phrase.

A Vosk grammar drops words that the model does not have, with a line in the log only, so phrases are
cut into words that it does have: the longest first, then single characters, then characters that sound
the same. What the grammar returns may still recombine words of several phrases, so only a whole phrase
counts as heard; where a model confuses characters, one that sounds like it and like no other does too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from calls.errors import RecogniserError, VoiceError
from speech.error_rate import DEFAULT
from speech.joining import is_cjk
from speech.pinyin import characters_of, likeness, syllables
from speech.recogniser import UNKNOWN, Recogniser, VoskModel

#: A phrase with one of these means the opposite of the same without.
NEGATIONS = frozenset("不没别无非未莫勿否")
#: How much better than the next phrase one must sound; at most four phrases in ten syllables differ less.
MARGIN = 0.1
_REACH = 3  # characters between a negation and the phrase that it denies
_LEAST_WRITTEN, _LEAST_SOUNDED = 2, 3  # characters of a phrase that is looked for within free text


@dataclass(frozen=True, slots=True)
class Match:
    """The phrase that was said.

    Attributes
    ----------
    phrase : str
        As written in the menu.
    how : {"exact", "pinyin"}
        Whether it was heard as it is written, or only sounds like what was heard.
    score : float
        1 for the same sounds; every syllable that is only near takes off half its share of the phrase.
    """

    phrase: str
    how: Literal["exact", "pinyin"]
    score: float = 1.0


class Grammar:
    """What a menu listens for.

    Parameters
    ----------
    phrases : sequence of str
        As written in the menu; punctuation, spaces, width and case do not matter.
    model : VoskModel
        The model that will listen.

    Attributes
    ----------
    phrases : tuple of str
        As given.
    spelt : dict of str to str
        Phrases with a character that the model does not have, and the same sounds in characters that it
        has, for which it listens instead.
    unheard : tuple of str
        Phrases that cannot be spelt so either: the model can never hear them.
    tokens : tuple of str
        The grammar for :meth:`VoskModel.recogniser`: phrases as model words, and ``[unk]``, so that
        other speech is not forced into a phrase.
    usable : bool
        False where the model's graph is static and ignores grammars: then listen without one, and
        :meth:`match` looks for the phrases in free text.

    Raises
    ------
    RecogniserError
        There is no phrase, a phrase is empty, or the model can hear none of them.
    """

    def __init__(self, phrases: Sequence[str], model: VoskModel) -> None:
        self.phrases = tuple(phrases)
        self._model = model
        self._by_text: dict[str, str] = {}
        for phrase in self.phrases:
            text = DEFAULT(phrase)
            if not text:
                raise RecogniserError(f"phrase {phrase!r} has nothing to say", "write words in it")
            self._by_text.setdefault(text, phrase)
        if not self._by_text:
            raise RecogniserError("the grammar has no phrase", "give at least one")
        segmented = {phrase: segment(phrase, model) for phrase in self.phrases}
        self.unheard = tuple(phrase for phrase, words in segmented.items() if words is None)
        heard = {phrase: words for phrase, words in segmented.items() if words is not None}
        if not heard:
            raise RecogniserError(
                f"model {model.name} can hear none of {', '.join(self.phrases)}", "choose other words"
            )
        self.spelt: dict[str, str] = {}
        for phrase, words in heard.items():
            spelling = DEFAULT("".join(words))
            if spelling != DEFAULT(phrase):
                self.spelt[phrase] = spelling
                self._by_text.setdefault(spelling, phrase)
        tokens = [" ".join(words) for words in heard.values()]
        self.tokens = tuple(dict.fromkeys([*tokens, UNKNOWN] if model.knows(UNKNOWN) else tokens))
        self.usable = model.folder.graph == "lookahead"

    def recogniser(self, rate: int) -> Recogniser:
        """Return a recogniser that listens for the phrases, or for everything if not :attr:`usable`."""
        return self._model.recogniser(rate, self.tokens if self.usable else None)

    def match(self, heard: str) -> Match | None:
        """Return the phrase that was said, or ``None``.

        The whole text must be the phrase, or sound like it (:func:`speech.pinyin.likeness`) and by
        :data:`MARGIN` less like any other; at most half of its syllables may be near ones.
        ``[unk]`` is never dropped, and a negation never matched away: 「不要人工」 is not 人工, whatever
        the menu.

        In free text a phrase also counts when it is the only one contained (longer phrases hide those
        within them) and is not denied: 「我要人工服务」 is 人工服务, 「不要人工服务」 and
        「人工服务不要」 are nothing. Contained are at least two characters as written, or three
        syllables with the same sounds.
        """
        if UNKNOWN in heard:
            return None
        text = DEFAULT(heard)
        if text in self._by_text:
            return Match(self._by_text[text], "exact")
        if self.usable:
            return self._sounding(text)
        return self._contained(text) or self._sounding(text)

    def is_whole(self, heard: str) -> bool:
        """Tell whether ``heard`` is a phrase, as written, and no other phrase begins with it."""
        text = DEFAULT(heard)
        longer = (other for other in self._by_text if other != text and other.startswith(text))
        return UNKNOWN not in heard and text in self._by_text and next(longer, None) is None

    @cached_property
    def _sounds(self) -> dict[str, tuple[str, ...]]:
        """The syllables of each phrase; put off, for the dictionary behind them takes a second to load."""
        return {text: sounds for text in self._by_text if (sounds := _sounds(text))}

    def _sounding(self, text: str) -> Match | None:
        sounds = _sounds(text)
        scores: dict[str, float] = {}
        for candidate, wanted in self._sounds.items():
            if len(wanted) == len(sounds) and _negations(candidate) == _negations(text):
                phrase = self._by_text[candidate]
                score = _score(sounds, wanted)
                scores[phrase] = max(score, scores.get(phrase, 0.0))
        ranked = sorted(scores.items(), key=lambda item: -item[1])
        if not ranked or ranked[0][1] == 0 or (len(ranked) > 1 and ranked[0][1] - ranked[1][1] < MARGIN):
            return None
        return Match(ranked[0][0], "pinyin", ranked[0][1])

    def _contained(self, text: str) -> Match | None:
        written = {phrase: tuple(phrase) for phrase in self._by_text if len(phrase) >= _LEAST_WRITTEN}
        found = _only_one(written, tuple(text), text)
        if found:
            return Match(self._by_text[found], "exact")
        sounded = {phrase: sounds for phrase, sounds in self._sounds.items() if len(sounds) >= _LEAST_SOUNDED}
        found = _only_one(sounded, _sounds(text), text)
        return Match(self._by_text[found], "pinyin") if found else None


def segment(phrase: str, model: VoskModel) -> list[str] | None:
    """Cut a phrase into words that the model has: longest match first, then single characters.

    A character that the model does not have is written as one that sounds the same, of the same tone if
    there is one.

    Returns
    -------
    list of str or None
        ``None`` where a Latin word is unknown to the model, or no character sounds like one of it.
    """
    words: list[str] = []
    # Latin words and numbers stay whole, runs of Hanzi are cut
    for piece in re.findall(r"[^\W_]+", phrase):
        for part in _by_script(DEFAULT(piece)):
            cut = _longest_words(part, model) if is_cjk(part[0]) else [part] if model.knows(part) else None
            if cut is None:
                return None
            words += cut
    return words or None


def _by_script(text: str) -> list[str]:
    parts: list[str] = []
    for character in text:
        if parts and is_cjk(parts[-1][-1]) == is_cjk(character):
            parts[-1] += character
        else:
            parts.append(character)
    return parts


def _longest_words(text: str, model: VoskModel) -> list[str] | None:
    words: list[str] = []
    place = 0
    while place < len(text):
        sizes = range(min(len(text) - place, 8), 0, -1)
        word = next((text[place : place + n] for n in sizes if model.knows(text[place : place + n])), None)
        if word is None:
            word = _alike(text, place, model)
        if word is None:
            return None
        words.append(word)
        place += len(word)
    return words


def _alike(text: str, place: int, model: VoskModel) -> str | None:
    readings = _readings(text)
    if len(readings) != len(text):
        return None
    return next((other for other in characters_of(readings[place]) if model.knows(other)), None)


def _readings(text: str) -> list[str]:
    try:
        return syllables(text)
    except VoiceError:
        return []


def _sounds(text: str) -> tuple[str, ...]:
    """Return the syllables without tones; none where a character has no reading."""
    return tuple(syllable.rstrip("12345") for syllable in _readings(text))


def _score(heard: Sequence[str], wanted: Sequence[str]) -> float:
    """Return the mean likeness; 0 where a syllable is another, or more than half are only near."""
    each = [likeness(one, other) for one, other in zip(heard, wanted, strict=True)]
    near = sum(value < 1 for value in each)
    return 0.0 if not each or min(each) == 0 or near > len(each) // 2 else sum(each) / len(each)


def _negations(text: str) -> list[str]:
    return [character for character in text if character in NEGATIONS]


def _only_one(phrases: dict[str, tuple[str, ...]], units: tuple[str, ...], text: str) -> str | None:
    """Return the one phrase whose units are within those of ``text``, unless it is denied there."""
    places = {phrase: place for phrase, own in phrases.items() if (place := _place(own, units)) is not None}
    longest = [
        phrase
        for phrase in places
        if not any(
            phrase != other and _place(phrases[phrase], phrases[other]) is not None for other in places
        )
    ]
    if len(longest) != 1:
        return None
    (phrase,) = longest
    place, after = places[phrase], places[phrase] + len(phrases[phrase])
    # one unit a character, or it cannot be told what stands beside the phrase
    around = (
        text[max(place - _REACH, 0) : place] + text[after : after + _REACH]
        if len(units) == len(text)
        else text
    )
    return None if _negations(around) else phrase


def _place(part: Sequence[str], whole: Sequence[str]) -> int | None:
    starts = range(len(whole) - len(part) + 1)
    return next((start for start in starts if whole[start : start + len(part)] == part), None)
