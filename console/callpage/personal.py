"""Personal data on the page of a call: where it is, and how it is kept from those who may not see it.

Whoever has :attr:`console.rights.Right.PERSONAL` sees it marked. For everybody else each character of it is
:data:`analytics.redaction.redactor.HIDDEN`, wherever the call's words are shown, and the sound is silent.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from threading import Lock
from typing import TypeVar

from analytics.redaction.redactor import HIDDEN, PersonalSpan, personal_spans, seconds_to_mask
from calls.records import Evidence, Recording, Role, Transcript, Utterance
from calls.store import Store
from console.callpage.sound import Span

#: Characters of a longer piece of personal data that give it away; shorter ones only as a whole.
TELLING = 4
#: Transcripts whose personal data are remembered.
REMEMBERED = 256

Characters = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text that is personal throughout, or not at all; what is hidden is hidden already."""

    text: str
    personal: bool = False


def joined(pieces: Iterable[Piece]) -> str:
    """Return pieces as the one text that they are."""
    return "".join(piece.text for piece in pieces)


@dataclass(frozen=True, slots=True)
class PersonalData:
    """The personal data of one transcript.

    Attributes
    ----------
    spans : tuple of PersonalSpan
        In the order of utterances.
    telling : frozenset of str
        What gives them away in other texts: the short ones, and each :data:`TELLING` characters of longer
        ones. A single character, the rest of a number that goes on in the next utterance, does not.
    """

    spans: tuple[PersonalSpan, ...] = ()
    telling: frozenset[str] = frozenset()
    _by_utterance: dict[int, tuple[Characters, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, utterances: Sequence[Utterance]) -> PersonalData:
        """Find the personal data in what was said."""
        spans = tuple(personal_spans(utterances))
        texts = {each.number: each.text for each in utterances}
        telling: set[str] = set()
        for span in spans:
            said = texts[span.utterance][span.start : span.end]
            length = min(len(said), TELLING)
            if length > 1:
                telling |= {said[at : at + length] for at in range(len(said) - length + 1)}
        numbered = groupby(spans, key=lambda span: span.utterance)
        by_utterance = {number: tuple((each.start, each.end) for each in found) for number, found in numbered}
        return cls(spans, frozenset(telling), by_utterance)

    def within(self, utterance: int) -> tuple[Characters, ...]:
        """Return the half-open spans of personal data in the text of an utterance, ascending."""
        return self._by_utterance.get(utterance, ())

    def seconds(self) -> tuple[Span, ...] | None:
        """Return when they are said; ``None`` where that is not known of one of them."""
        if any(span.ends <= span.begins for span in self.spans):
            return None
        return seconds_to_mask(self.spans)


class Veil:
    """Shows the texts of one call to one person.

    Parameters
    ----------
    data : PersonalData
    utterances : sequence of Utterance
        What evidence refers to.
    hide : bool
        Whether the person may not see personal data.
    """

    def __init__(self, data: PersonalData, utterances: Sequence[Utterance], *, hide: bool) -> None:
        self.data = data
        self.hide = hide
        self._texts = {each.number: each.text for each in utterances}

    def utterance(self, number: int, text: str) -> list[Piece]:
        """Return the text of an utterance in pieces."""
        return self._pieces(text, self.data.within(number))

    def evidence(self, evidence: Evidence) -> list[Piece]:
        """Return the text of a piece of evidence in pieces."""
        spans = self._of_evidence(evidence)
        return self.text(evidence.text) if spans is None else self._pieces(evidence.text, spans)

    def text(self, text: str, evidence: Iterable[Evidence] = ()) -> list[Piece]:
        """Return any text about the call in pieces.

        Parameters
        ----------
        text : str
        evidence : iterable of Evidence, optional
            What the text quotes.
        """
        spans = [*self._given_away(text)]
        quoted = False
        for each in evidence:
            at, within = text.find(each.text) if each.text else -1, self._of_evidence(each)
            if at >= 0 and within is not None:
                quoted = True
                spans += [(at + start, at + end) for start, end in within]
        if not quoted:
            spans += [(each.start, each.end) for each in personal_spans([_alone(text)])]
        return self._pieces(text, spans)

    def plain(self, text: str) -> str:
        """Return any text about the call as one string."""
        return joined(self.text(text)) if self.hide else text

    def _of_evidence(self, evidence: Evidence) -> list[Characters] | None:
        """Return the spans in a piece of evidence; ``None`` where it does not say what it quotes."""
        said = self._texts.get(evidence.utterance, "")
        start, end = evidence.span or (0, len(said))
        if said[start:end] != evidence.text:
            return None
        return [
            (max(first, start) - start, min(last, end) - start)
            for first, last in self.data.within(evidence.utterance)
            if first < end and last > start
        ]

    def _given_away(self, text: str) -> Iterable[Characters]:
        for length in {len(each) for each in self.data.telling}:
            for at in range(len(text) - length + 1):
                if text[at : at + length] in self.data.telling:
                    yield at, at + length

    def _pieces(self, text: str, spans: Iterable[Characters]) -> list[Piece]:
        personal = bytearray(len(text))
        for start, end in spans:
            personal[start:end] = b"\1" * len(personal[start:end])
        pieces = []
        at = 0
        for is_personal, run in groupby(personal):
            length = len([*run])
            shown = HIDDEN * length if is_personal and self.hide else text[at : at + length]
            pieces.append(Piece(shown, bool(is_personal)))
            at += length
        return pieces


class PersonalMemory:
    """Remembers the personal data of the transcripts that were looked at last: to find them takes a while.

    A transcript that takes the place of another has an id of its own; one that is stored anew under its id
    differs in the time it was made, or in its texts.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._data: OrderedDict[tuple[object, ...], PersonalData] = OrderedDict()
        self._heard: OrderedDict[tuple[str, str], _Heard] = OrderedDict()

    def of_transcript(self, store: Store, transcript: Transcript) -> PersonalData:
        """Return the personal data of a transcript that is at hand."""
        texts = hash(tuple(each.text for each in transcript.utterances))
        key = (store.name, transcript.id, transcript.created_at, texts)
        with self._lock:
            found = _recall(self._data, key)
        if found is None:
            found = PersonalData.of(transcript.utterances)
            with self._lock:
                _keep(self._data, key, found)
        return found

    def of_recording(self, store: Store, recording: Recording) -> PersonalData | None:
        """Return the personal data that a recording lets hear; ``None`` while it has no transcript.

        Browsers ask for a recording piece by piece, so its transcript is not read each time.
        """
        key = (store.name, recording.id)
        count = store.count(Transcript, call_id=recording.call_id)
        with self._lock:
            heard = _recall(self._heard, key)
        if heard is not None and heard.count == count:
            known = {"id": heard.transcript_id, "created_at": heard.created_at}
            if store.count(Transcript, **known):
                return heard.data
        transcript = newest_transcript(store, recording)
        if transcript is None:
            return None
        data = self.of_transcript(store, transcript)
        with self._lock:
            _keep(self._heard, key, _Heard(count, transcript.id, transcript.created_at, data))
        return data


#: Of this process.
MEMORY = PersonalMemory()


def newest_transcript(store: Store, recording: Recording) -> Transcript | None:
    """Return the latest transcript of a recording; one that does not name its recording is that of any."""
    found = store.find(Transcript, call_id=recording.call_id, order_by=("-created_at", "-id"))
    return next((each for each in found if each.recording_id in ("", recording.id)), None)


def prepare() -> None:
    """Load what finding personal data needs, so that nobody waits for it: some seconds."""
    PersonalData.of([_alone("我叫张三，电话13812345678")])


@dataclass(frozen=True, slots=True)
class _Heard:
    count: int
    transcript_id: str
    created_at: datetime
    data: PersonalData


K = TypeVar("K")
V = TypeVar("V")


def _recall(known: OrderedDict[K, V], key: K) -> V | None:
    if key in known:
        known.move_to_end(key)
    return known.get(key)


def _keep(known: OrderedDict[K, V], key: K, value: V) -> None:
    known[key] = value
    if len(known) > REMEMBERED:
        known.popitem(last=False)


def _alone(text: str) -> Utterance:
    return Utterance(number=0, role=Role.UNKNOWN, start=0.0, end=0.0, text=text)
