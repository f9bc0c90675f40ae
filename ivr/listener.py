"""The ear of a call: the caller's sound → *speech started*, *heard this*, *silent for so long*.

A voice gate decides when someone speaks; only then a recogniser runs, so silence costs nothing and
invents nothing. A menu is listened to with a grammar of its own phrases and ``[unk]``, and only an
exact match is an answer. On a model whose graph ignores grammars the free text is matched instead.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np

from calls.errors import RecogniserError
from calls.records import Word
from ivr.actions import Listen
from ivr.doors import RATE, Samples
from ivr.events import Event, Heard, MessageEnded, SpeechStarted
from speech.gate import SpeechEnd, SpeechStart, VoiceGate
from speech.grammar import Grammar
from speech.joining import join
from speech.recogniser import UNKNOWN, Recogniser, VoskModel

_LOG = logging.getLogger(__name__)

#: How a digit is said on the telephone, and what it means.
SPOKEN_DIGITS = {
    **{"零": "0", "一": "1", "幺": "1", "二": "2", "两": "2", "三": "3", "四": "4", "五": "5"},
    **{"六": "6", "七": "7", "八": "8", "九": "9"},
}
#: Silence after the last word that ends an utterance, in seconds. Numbers are said in groups.
END_OF_PHRASE, END_OF_NUMBER = 0.7, 1.3
#: Sound around the speech that the recogniser gets, in seconds: soft beginnings and endings, and as
#: little of the line's noise as possible, which costs a grammar exactly the match that it needs.
_BEFORE, _AFTER = 0.05, 0.03
#: Seconds. Fast Mandarin has about eight syllables a second.
SHORTEST_SYLLABLE = 0.1
_HANG_OVER = 0.45  # of the gate
_LAG = round((_HANG_OVER - _AFTER) * RATE)  # what came last may turn out to be noise
_LONGEST_FEED = RATE // 5  # Vosk looks for the end of an utterance once per call
_MEMORY = RATE  # samples kept for the sound before the gate opened


def digits_in(text: str) -> str | None:
    """Return the number that ``text`` says digit by digit, ``None`` where it says anything else."""
    digits = [SPOKEN_DIGITS.get(character) for character in text if not character.isspace()]
    return "".join(digit for digit in digits if digit) if digits and all(digits) else None


def spoken_words(words: Sequence[Word]) -> Sequence[Word]:
    """Leave out words at either end that are too short to have been spoken.

    A recogniser bound to few words finds one in the breath and the line noise next to the speech, in a
    tenth of a second; :data:`SHORTEST_SYLLABLE` is what nobody speaks faster than.
    """
    first, last = 0, len(words)
    while first < last and _is_click(words[first]):
        first += 1
    while first < last and _is_click(words[last - 1]):
        last -= 1
    return words[first:last]


def _is_click(word: Word) -> bool:
    syllables = 2 if word.text == UNKNOWN else len(word.text)
    return word.end - word.start < syllables * SHORTEST_SYLLABLE


class Listener:
    """Listens to one call.

    Feed it everything that the caller says, listened to or not: the gate has to know the line's noise.

    Parameters
    ----------
    model : VoskModel or None
        Without one no speech is recognised and menus go on with keys only.
    """

    def __init__(self, model: VoskModel | None) -> None:
        self._model = model
        self._gate = VoiceGate(RATE, pre_roll=_BEFORE, hang_over=_HANG_OVER)
        self._grammars: dict[tuple[str, ...], Grammar] = {}
        self._listen: Listen | None = None
        self._recogniser: Recogniser | None = None
        self._words: list[Word] = []
        self._memory = np.zeros(0, np.int16)
        self._fed = 0
        self._recognised = 0
        self._speech_from = 0
        self._silent_since = 0
        self._silence_wanted: int | None = None

    def start(self, listen: Listen) -> None:
        """Wait for an utterance; a :class:`~ivr.events.Heard` follows it."""
        self.stop()
        if self._model is None:
            return
        try:
            self._grammar(listen)
        except RecogniserError as error:
            _LOG.warning("a menu goes on with keys only: %s", error)
        else:
            self._listen = listen

    def stop(self) -> None:
        """Drop what is being listened to."""
        self._listen = self._recogniser = None
        self._words = []

    def await_silence(self, seconds: float) -> None:
        """Tell once, with :class:`~ivr.events.MessageEnded`, when nobody has spoken for so long."""
        self._silence_wanted = round(seconds * RATE)
        self._silent_since = self._fed

    def stop_awaiting(self) -> None:
        """Do not tell."""
        self._silence_wanted = None

    @property
    def busy(self) -> bool:
        """Whether it has anything to report; if not, sound may come in longer stretches."""
        return self._listen is not None or self._silence_wanted is not None

    def feed(self, sound: Samples) -> list[Event]:
        """Take the caller's next sound: int16, shape (n,), 8 kHz."""
        events: list[Event] = []
        for first in range(0, len(sound), _LONGEST_FEED):
            try:
                events += self._feed(sound[first : first + _LONGEST_FEED])
            except RecogniserError as error:
                # the call goes on with keys
                _LOG.error("speech is not recognised for the rest of the call: %s", error)
                self._model = None
                self.stop()
        return events

    def _feed(self, sound: Samples) -> list[Event]:
        self._fed += len(sound)
        self._memory = np.concatenate([self._memory, sound])[-_MEMORY:]
        events: list[Event] = []
        for change in self._gate.feed((sound / 32768).astype(np.float32)):
            match change:
                case SpeechStart(at):
                    self._speech_from = self._recognised = max(round(at * RATE), self._recognised)
                case SpeechEnd(at):
                    self._recognise(round(at * RATE) - _LAG)
                    self._silent_since = round((at - _HANG_OVER) * RATE)
        if self._gate.open:
            if self._listen is not None and self._recogniser is None:
                events.append(self._begin(self._listen))
            self._recognise(self._fed - _LAG)
        elif self._listen is not None and self._recogniser is not None:
            patience = END_OF_NUMBER if self._listen.digits else END_OF_PHRASE
            if self._fed - self._silent_since >= patience * RATE:
                events.append(self._finish(self._listen))
        return events + self._silence()

    def _begin(self, listen: Listen) -> SpeechStarted:
        self._recogniser = self._grammar(listen).recogniser(RATE)
        self._recognised = self._speech_from
        return SpeechStarted(listen.id)

    def _recognise(self, end: int) -> None:
        """Hand the recogniser the speech up to sample ``end`` of the call."""
        if self._recogniser is None or end <= self._recognised:
            return
        oldest = self._fed - len(self._memory)
        speech = self._memory[max(self._recognised - oldest, 0) : end - oldest]
        self._recognised = end
        for first in range(0, len(speech), _LONGEST_FEED):
            heard = self._recogniser.accept(speech[first : first + _LONGEST_FEED])
            self._words += heard.words if heard is not None else ()

    def _finish(self, listen: Listen) -> Heard:
        assert self._recogniser is not None
        words = spoken_words([*self._words, *self._recogniser.finish().words])
        self.stop()
        text = join(word.text for word in words)
        answer = digits_in(text) if listen.digits else self._grammar(listen).match(text)
        return Heard(listen.id, text, answer, min((word.confidence for word in words), default=0.0))

    def _grammar(self, listen: Listen) -> Grammar:
        assert self._model is not None
        phrases = tuple(SPOKEN_DIGITS) if listen.digits else listen.phrases
        if phrases not in self._grammars:
            self._grammars[phrases] = Grammar(phrases, self._model)
        return self._grammars[phrases]

    def _silence(self) -> list[Event]:
        if self._silence_wanted is None or self._gate.open:
            return []
        if self._fed - self._silent_since < self._silence_wanted:
            return []
        self._silence_wanted = None
        return [MessageEnded()]
