"""Phrases of a menu → what a model can listen for, and back from what it heard to the phrase.

A Vosk grammar drops words that the model does not have, with a line in the log only, so phrases are
cut into words that it does have: the longest first, single characters as the last resort. What the
grammar returns may still recombine words of several phrases, so only a whole phrase counts as heard.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from calls.errors import RecogniserError
from speech.error_rate import DEFAULT
from speech.joining import is_cjk
from speech.recogniser import UNKNOWN, Recogniser, VoskModel

_NEGATIONS = "不没别无非未莫勿"


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
    unheard : tuple of str
        Phrases with a character that the model does not have at all: it can never hear them.
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
        heard = [" ".join(words) for words in segmented.values() if words is not None]
        if not heard:
            raise RecogniserError(
                f"model {model.name} can hear none of {', '.join(self.phrases)}", "choose other words"
            )
        self.tokens = tuple(dict.fromkeys([*heard, UNKNOWN] if model.knows(UNKNOWN) else heard))
        self.usable = model.folder.graph == "lookahead"

    def recogniser(self, rate: int) -> Recogniser:
        """Return a recogniser that listens for the phrases, or for everything if not :attr:`usable`."""
        return self._model.recogniser(rate, self.tokens if self.usable else None)

    def match(self, heard: str) -> str | None:
        """Return the phrase that was said, or ``None``.

        With a grammar the whole text must be the phrase, and ``[unk]`` in it is never dropped. In free
        text a phrase of at least two characters also counts when it is the only one contained
        (longer phrases hide those within them) and is not negated: 「我要人工服务」 is 人工服务,
        「不要人工服务」 and 「不是人工服务」 are nothing.
        """
        if UNKNOWN in heard:
            return None
        text = DEFAULT(heard)
        if text in self._by_text or self.usable:
            return self._by_text.get(text)
        return self._contained(text)

    def _contained(self, text: str) -> str | None:
        found = [phrase for phrase in self._by_text if len(phrase) >= 2 and phrase in text]
        longest = [p for p in found if not any(p != other and p in other for other in found)]
        if len(longest) != 1:
            return None
        before = text[: text.index(longest[0])]
        negated = any(negation in before[-3:] for negation in _NEGATIONS)
        return None if negated else self._by_text[longest[0]]


def segment(phrase: str, model: VoskModel) -> list[str] | None:
    """Cut a phrase into words that the model has: longest match first, then single characters.

    Returns
    -------
    list of str or None
        ``None`` where a character or Latin word of it is unknown to the model.
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
    while text:
        word = next((text[:n] for n in range(min(len(text), 8), 0, -1) if model.knows(text[:n])), None)
        if word is None:
            return None
        words.append(word)
        text = text[len(word) :]
    return words
