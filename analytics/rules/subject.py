"""A call as rules see it: who said what, in views that all conditions share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from analytics.sounds import SoundIndex, Tolerance, sounds
from analytics.timing import said_at
from analytics.words import normalise
from calls.records import Call, CallEvent, Evidence, Finding, Role, Transcript, Utterance

NO_TIMES = "the text has no times"
NO_ROLES = "it is not known who speaks"
#: No call lasts so many seconds.
_LONGEST = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is known of a call when rules are applied to it.

    Parameters
    ----------
    transcript : Transcript
    call : Call, optional
        Without it, its attributes, its length and how it ended are not available.
    levels : sequence of float or None, optional
        Loudness of each utterance in dBov, as of
        :func:`speech.levels.utterance_levels`.
    events : sequence of CallEvent, optional
        When the agent answered and when somebody was put on hold.
    findings : sequence of Finding, optional
        What the models found.
    attributes : mapping of str to str, optional
        More attributes for conditions, such as ``team``.
    """

    transcript: Transcript
    call: Call | None = None
    levels: Sequence[float | None] | None = None
    events: Sequence[CallEvent] = ()
    findings: Sequence[Finding] | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


class Hit(NamedTuple):
    """One thing that a condition found.

    ``position`` is the place of the utterance in the transcript, ``start`` to ``end`` the half-open span of
    its text, ``group`` which of the words that are looked for. ``seconds`` is when, where that is not simply
    when the span is said: a silence lies before its utterance.
    """

    position: int
    start: int
    end: int
    group: int = 0
    seconds: tuple[float, float] | None = None


class Heard:
    """The views of one call.

    Parameters
    ----------
    subject : Subject
    indexes : mapping of Tolerance to SoundIndex
        The keywords of all conditions.
    """

    def __init__(self, subject: Subject, indexes: Mapping[Tolerance, SoundIndex]) -> None:
        self.subject = subject
        self.utterances: tuple[Utterance, ...] = subject.transcript.utterances
        self._indexes = indexes
        self._sounds: dict[Tolerance, list[str]] = {}
        roles_known = subject.transcript.roles_known
        self.system: list[int] = []
        #: Positions of the two parties, in order.
        self.parties: list[int] = []
        self.by_role: dict[Role, list[int]] = {Role.CALLER: [], Role.AGENT: []}
        #: Positions of which it is not known whose they are.
        self.unknown: list[int] = []
        for position, utterance in enumerate(self.utterances):
            if utterance.role is Role.SYSTEM:
                self.system.append(position)
                continue
            self.parties.append(position)
            if roles_known and utterance.role is not Role.UNKNOWN:
                self.by_role[utterance.role].append(position)
            else:
                self.unknown.append(position)

    @cached_property
    def no_times(self) -> str:
        """Why times are not available; empty where they are."""
        return "" if any(each.end > each.start for each in self.utterances) else NO_TIMES

    @property
    def no_roles(self) -> str:
        """Why roles are not available; empty where they are."""
        if not self.unknown:
            return ""
        note = self.subject.transcript.roles_note
        return f"{NO_ROLES}: {note}" if note else NO_ROLES

    @cached_property
    def texts(self) -> list[str]:
        """The normalised text of every utterance."""
        return [normalise(each.text).text for each in self.utterances]

    def sounds(self, tolerance: Tolerance) -> list[str]:
        """Return the sound of every utterance, as of :func:`analytics.sounds.sounds`."""
        if tolerance not in self._sounds:
            self._sounds[tolerance] = sounds("\n".join(self.texts), tolerance).split("\n")
        return self._sounds[tolerance]

    @cached_property
    def keywords(self) -> dict[Tolerance, dict[str, list[Hit]]]:
        """Every place of every keyword that is said, in order, by the tolerance of the search."""
        found: dict[Tolerance, dict[str, list[Hit]]] = {}
        written = [each.text for each in self.utterances]
        for tolerance, index in self._indexes.items():
            said = found[tolerance] = {}
            for position, hits in enumerate(index.find_each(written)):
                for hit in hits:
                    said.setdefault(hit.keyword, []).append(Hit(position, hit.start, hit.end))
        return found

    @cached_property
    def positions(self) -> dict[int, int]:
        """Position of each utterance number."""
        return {each.number: position for position, each in enumerate(self.utterances)}

    @cached_property
    def times(self) -> list[tuple[int, int]]:
        """Begin and end of every utterance in milliseconds, in this order; 0 where a file holds no time."""
        times = []
        for each in self.utterances:
            if abs(each.start) < _LONGEST and abs(each.end) < _LONGEST:  # neither is NaN
                times.append((round(1000 * each.start), round(1000 * max(each.start, each.end))))
            else:
                times.append((0, 0))
        return times

    def of_role(self, role: str | None) -> list[int]:
        """Return the positions that are a role's, or may be; without a role those of both parties."""
        if role is None:
            return self.parties
        if role == "system":
            return self.system
        known = self.by_role[Role(role)]
        return sorted([*known, *self.unknown]) if self.unknown else known

    def evidence(self, hit: Hit) -> Evidence:
        """Return where a hit can be heard and read."""
        utterance = self.utterances[hit.position]
        start, end = hit.seconds or said_at(utterance, hit.start, hit.end)
        return Evidence(
            utterance=utterance.number,
            start=start,
            end=end,
            text=utterance.text[hit.start : hit.end],
            span=(hit.start, hit.end) if hit.end > hit.start else None,
        )

    def whole(self, position: int, seconds: tuple[float, float] | None = None) -> Hit:
        """Return an utterance as a hit."""
        return Hit(position, 0, len(self.utterances[position].text), seconds=seconds)
