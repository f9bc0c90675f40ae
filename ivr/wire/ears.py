"""Between the engine and a recogniser process (an ear): what callers say.

An ear reads a caller's sound from the ring by itself, in blocks of 100 ms or more,
shorter where an utterance may be over, from the moment of
:class:`Attach` on. ``call`` names the listener within the ear; the other words are those of
:mod:`ivr.actions` and :mod:`ivr.events`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attach:
    """Hear a call: its sound is in ``slot`` of the ring."""

    call: str
    slot: int


@dataclass(frozen=True, slots=True)
class Detach:
    """Hear it no more."""

    call: str


@dataclass(frozen=True, slots=True)
class Listen:
    """Recognise the next utterance, once: :class:`SpeechStarted`, then :class:`Heard`, may follow."""

    call: str
    listen: int
    phrases: tuple[str, ...] = ()
    value: str = ""
    secret: bool = False


@dataclass(frozen=True, slots=True)
class StopListening:
    """Drop the utterance."""

    call: str


@dataclass(frozen=True, slots=True)
class AwaitSilence:
    """Tell once, with :class:`FellSilent` of this ``record``, when nobody has spoken for so many seconds."""

    call: str
    record: int
    seconds: float


@dataclass(frozen=True, slots=True)
class StopAwaiting:
    """Do not tell."""

    call: str


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The caller began to speak while listened to."""

    call: str
    listen: int


@dataclass(frozen=True, slots=True)
class Heard:
    """The caller stopped speaking; as :class:`ivr.events.Heard`."""

    call: str
    listen: int
    text: str
    answer: str | None
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class FellSilent:
    """Nobody has spoken for as long as was asked."""

    call: str
    record: int


@dataclass(frozen=True, slots=True)
class EarReady:
    """The model is loaded. ``model`` is its name."""

    model: str


@dataclass(frozen=True, slots=True)
class EarHealth:
    """Once a second: calls attached; the most by which hearing was behind the sound, in milliseconds."""

    calls: int
    behind_ms: float
