"""The ear of a call: the caller's sound → *speech started*, *heard this*, *silent for so long*.

A voice gate decides when someone speaks; only then a recogniser runs, so silence costs nothing and
invents nothing. A menu is listened to with a grammar of its own phrases and ``[unk]``, and only a whole
phrase is an answer. On a model whose graph ignores grammars the free text is matched instead.

An utterance ends with silence. A phrase that no other begins with is answered after less of it; still
after some, because 「退款」 may be the beginning of 「退款什么时候到」. What is recognised is never logged.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calls.errors import RecogniserError
from calls.records import Word
from ivr.actions import Listen
from ivr.doors import RATE, Samples
from ivr.events import Event, Heard, MessageEnded, SpeechStarted
from ivr.values import from_speech, spoken_words
from speech.gate import SpeechEnd, SpeechStart, VoiceGate
from speech.grammar import NEGATIONS, Grammar
from speech.joining import join
from speech.recogniser import UNKNOWN, Recogniser, VoskModel

_LOG = logging.getLogger(__name__)

#: Silence after the last word that ends an utterance, in seconds. Numbers are said in groups.
END_OF_PHRASE, END_OF_NUMBER = 0.7, 1.3
#: Silence after a phrase that no other begins with, and how long it must have been recognised, in seconds.
END_OF_WHOLE_PHRASE, STABLE = 0.3, 0.2
#: Seconds. Fast Mandarin has about eight syllables a second; one that is as long as the second was hardly
#: invented to fill a gap.
SHORTEST_SYLLABLE, PLAIN_SYLLABLE = 0.1, 0.15
#: Silence around a word that was not spoken with its neighbours, in seconds.
APART = 0.2
_BEFORE = 0.4  # seconds before the gate's first certain frame: a soft syllable, such as a 不, fits in
_HANG_OVER = 0.45  # of the gate
_STEP = RATE // 10  # the recogniser's share at once: its answers hardly depend on how the sound comes in
_LONGEST_FEED = RATE // 5  # Vosk looks for the end of an utterance once per call
_MEMORY = RATE  # samples kept for the sound before the gate opened


def without_clicks(words: Sequence[Word], until: float = math.inf) -> Sequence[Word]:
    """Leave out words at either end that were not spoken.

    A recogniser bound to few words finds one in a breath or a click on the line. Such a word begins
    :data:`APART` or more after the caller fell silent, or it is shorter than anybody speaks
    (:data:`SHORTEST_SYLLABLE`) and stands apart by as much. A negation always stays: better to ask again
    than to hear the opposite.

    Parameters
    ----------
    words : sequence of Word
        In the order of their times.
    until : float
        When the caller fell silent, in seconds of the words' times; soft syllables may come after.
    """
    first, last = 0, len(words)
    while first < last and _is_click(words[first]) and _apart(words, first, last):
        first += 1
    while first < last and (
        (words[last - 1].start >= until + APART and not NEGATIONS & {*words[last - 1].text})
        or (_is_click(words[last - 1]) and _apart(words, last - 2, last))
    ):
        last -= 1
    return words[first:last]


def confidence(words: Sequence[Word]) -> float:
    """Return how sure it is that all ``words`` were said, 0 to 1; 0 for none.

    That of the weakest word: the recogniser's own confidence, less where its syllables are shorter than
    :data:`PLAIN_SYLLABLE`. Bound to few words, the recogniser is sure even of what it got wrong; most of
    the words that it adds are short. docs/speech-menus.md says how often which values are right.
    """
    return min((_confidence(word) for word in words), default=0.0)


def _confidence(word: Word) -> float:
    # live calls are heard by Vosk, which always gives one
    return (word.confidence or 0.0) * min(1.0, _syllable_seconds(word) / PLAIN_SYLLABLE)


def _is_click(word: Word) -> bool:
    return _syllable_seconds(word) < SHORTEST_SYLLABLE and not NEGATIONS & {*word.text}


def _syllable_seconds(word: Word) -> float:
    return (word.end - word.start) / (2 if word.text == UNKNOWN else len(word.text))


def _apart(words: Sequence[Word], place: int, last: int) -> bool:
    """Tell whether there is silence between the word at ``place`` and the next, if there are two."""
    return not 0 <= place < last - 1 or words[place + 1].start - words[place].end >= APART


@dataclass(frozen=True, slots=True)
class _Guess:
    """What is recognised so far, and for how many samples it has been the same."""

    text: str = ""
    since: int = 0


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
        self._guess = _Guess()
        self._memory = np.zeros(0, np.int16)
        self._fed = 0
        self._recognised = self._given = 0
        self._speech_from = 0
        self._silent_since = 0
        self._silence_wanted: int | None = None
        self._record = 0

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
        self._guess = _Guess()

    def await_silence(self, record: int, seconds: float) -> None:
        """Tell once, with the :class:`~ivr.events.MessageEnded` of ``record``, when nobody spoke so long."""
        self._record = record
        self._silence_wanted = round(seconds * RATE)
        self._silent_since = self._fed

    def stop_awaiting(self) -> None:
        """Do not tell."""
        self._silence_wanted = None

    @property
    def busy(self) -> bool:
        """Whether it has anything to report; if not, sound may come in longer stretches."""
        return self._listen is not None or self._silence_wanted is not None

    @property
    def due(self) -> float:
        """Seconds of the caller's sound, from the last fed on, after which an utterance may be over.

        Infinite where none goes on. To feed so much makes an answer certain as early as it can be.
        """
        if self._listen is None or self._recogniser is None:
            return math.inf
        pause = self._pause
        ends = [END_OF_NUMBER] if self._listen.value else [END_OF_WHOLE_PHRASE - STABLE, END_OF_PHRASE]
        if not self._listen.value:
            stable = STABLE - (self._fed - self._guess.since) / RATE
            ends.append(max(END_OF_WHOLE_PHRASE, pause + stable))
        return min((end - pause for end in ends if end > pause), default=math.inf)

    @property
    def _pause(self) -> float:
        """Seconds since the caller was last heard."""
        return self._gate.pause if self._gate.open else (self._fed - self._silent_since) / RATE

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
                    self._recognise(round(at * RATE))
                    self._silent_since = round((at - _HANG_OVER) * RATE)
        if self._gate.open:
            spoken = self._fed - self._gate.pause * RATE > self._speech_from
            if self._listen is not None and self._recogniser is None and spoken:
                events.append(self._begin(self._listen))
            if self._fed - self._recognised >= _STEP:
                self._recognise(self._fed)
        if self._listen is not None and self._recogniser is not None:
            heard = self._answer(self._listen, self._recogniser)
            events += [heard] if heard is not None else []
        return events + self._silence()

    def _begin(self, listen: Listen) -> SpeechStarted:
        self._recogniser = self._grammar(listen).recogniser(RATE)
        self._recognised = self._speech_from
        self._given = 0
        return SpeechStarted(listen.id)

    def _recognise(self, end: int) -> None:
        """Hand the recogniser the speech up to sample ``end`` of the call."""
        if self._recogniser is None or end <= self._recognised:
            return
        oldest = self._fed - len(self._memory)
        speech = self._memory[max(self._recognised - oldest, 0) : end - oldest]
        self._recognised = end
        self._given += len(speech)
        for first in range(0, len(speech), _LONGEST_FEED):
            heard = self._recogniser.accept(speech[first : first + _LONGEST_FEED])
            self._words += heard.words if heard is not None else ()

    def _answer(self, listen: Listen, recogniser: Recogniser) -> Heard | None:
        """Return what was said, once it is over."""
        pause = self._pause
        over = pause >= (END_OF_NUMBER if listen.value else END_OF_PHRASE) and not self._gate.open
        if not over and not (
            pause >= END_OF_WHOLE_PHRASE - STABLE and self._is_whole(listen, recogniser, pause)
        ):
            return None
        self._words += recogniser.finish().words  # more speech begins another utterance
        spoken_until = (self._given - (self._recognised - self._fed)) / RATE - pause
        heard = self._interpreted(listen, spoken_until)
        if not over and heard.answer is None:
            return None
        self.stop()
        self._speech_from = self._fed  # what was answered is not heard again, though the gate is still open
        return heard

    def _is_whole(self, listen: Listen, recogniser: Recogniser, pause: float) -> bool:
        """Tell whether the caller has said a phrase that no other begins with, and then paused."""
        if listen.value:
            return False
        text = join([*(word.text for word in self._words), recogniser.partial()])
        if text != self._guess.text:
            self._guess = _Guess(text, self._fed)
        stable = self._fed - self._guess.since >= STABLE * RATE
        return stable and pause >= END_OF_WHOLE_PHRASE and self._grammar(listen).is_whole(text)

    def _interpreted(self, listen: Listen, until: float) -> Heard:
        """Return what the words mean, as they are or without the clicks around them.

        Numbers of any length mean something, so theirs are taken without clicks first.
        """
        words: Sequence[Word] = self._words
        spoken = without_clicks(words, until)
        first, second = (spoken, words) if listen.value else (words, spoken)
        heard = self._meaning(listen, first)
        return heard if heard.answer is not None else self._meaning(listen, second)

    def _meaning(self, listen: Listen, words: Sequence[Word]) -> Heard:
        text = join(word.text for word in words)
        sure = confidence(words)
        if listen.value:
            return Heard(listen.id, text, from_speech(listen.value, text), sure)
        match = self._grammar(listen).match(text)
        return (
            Heard(listen.id, text, match.phrase, sure * match.score)
            if match
            else Heard(listen.id, text, None, sure)
        )

    def _grammar(self, listen: Listen) -> Grammar:
        assert self._model is not None
        phrases = spoken_words(listen.value) if listen.value else listen.phrases
        if phrases not in self._grammars:
            self._grammars[phrases] = Grammar(phrases, self._model)
        return self._grammars[phrases]

    def _silence(self) -> list[Event]:
        if self._silence_wanted is None or self._gate.open:
            return []
        if self._fed - self._silent_since < self._silence_wanted:
            return []
        self._silence_wanted = None
        return [MessageEnded(self._record)]
