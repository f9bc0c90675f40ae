"""Between the engine and the media process: sound of calls, leg by leg.

A leg is one party's RTP stream in both directions. The engine names legs; ids are never used again.
Times are seconds of the leg's own clock, which starts with :class:`ConnectLeg` and counts the frames that
were played to the party, so that it is also the clock of a recording begun at that moment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]

# -- commands -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenLeg:
    """Take a port for a leg: :class:`LegOpened` or :class:`LegRefused` follows. Nothing is sent yet."""

    leg: str


@dataclass(frozen=True, slots=True)
class ConnectLeg:
    """Talk to a party from now on; said again after each new offer, where it changes what is named here.

    Parameters
    ----------
    leg : str
    host, port : str, int
        Where the party wants its sound. Where it really sends from is learnt from its packets.
    payload_type : int
        8 for A-law, 0 for µ-law.
    event_type : int or None
        Payload type of telephone-event, if the party has it.
    ptime : int
        Milliseconds of sound in each packet that is sent, 10 to 60 in steps of 10.
    direction : str
        Seen from here: ``sendonly`` puts the party on hold, ``inactive`` is silence both ways.
    """

    leg: str
    host: str
    port: int
    payload_type: int = 8
    event_type: int | None = None
    ptime: int = 20
    direction: Direction = "sendrecv"


@dataclass(frozen=True, slots=True)
class LoadSound:
    """Keep a sound for playing: ``path`` holds headerless A-law at 8 kHz. Loading twice costs nothing.

    A file that cannot be read is told with :class:`PlayFailed` by each :class:`Play` of it.
    """

    sound: str
    path: str


@dataclass(frozen=True, slots=True)
class Play:
    """Play a loaded sound instead of what is being played; :class:`PlayEnded` follows unless it is stopped.

    A ``loop`` goes on until it is stopped and has no end to tell.
    """

    leg: str
    play: int
    sound: str
    loop: bool = False


@dataclass(frozen=True, slots=True)
class PlayStream:
    """Play what :class:`Feed` brings, from the first piece on; where it comes too slowly there is silence."""

    leg: str
    play: int


@dataclass(frozen=True, slots=True)
class Feed:
    """The next piece of a stream: A-law; at most 8000 bytes. The ``last`` one may be empty."""

    leg: str
    play: int
    sound: bytes
    last: bool = False


@dataclass(frozen=True, slots=True)
class StopPlaying:
    """Fall silent with the next frame."""

    leg: str


@dataclass(frozen=True, slots=True)
class SendDigits:
    """Press keys for the party: as telephone-events, or as tones where it has none."""

    leg: str
    keys: str


@dataclass(frozen=True, slots=True)
class Bridge:
    """Let two legs hear each other, telephone-events included; what was played to them stops."""

    leg: str
    other: str


@dataclass(frozen=True, slots=True)
class Unbridge:
    """Part a leg from the other; both hear silence."""

    leg: str


@dataclass(frozen=True, slots=True)
class StartRecording:
    """Record the leg from now on: the party left, what it hears right.

    Parameters
    ----------
    leg : str
    path : str
        A file that does not exist yet, for :class:`calls.recordings.RecordingWriter`.
    fsync_seconds : float
        Hand the data to the disk itself this often; 0 leaves it to the system.
    silent : bool
        As in :class:`Silence`, from the first frame.
    """

    leg: str
    path: str
    fsync_seconds: float = 0.0
    silent: bool = True


@dataclass(frozen=True, slots=True)
class Silence:
    """Write the party's channel as silence from now on, or write its sound again."""

    leg: str
    on: bool


@dataclass(frozen=True, slots=True)
class StartMessage:
    """Keep what the party says from now on, for :class:`PlayMessage`; what was kept before is dropped."""

    leg: str


@dataclass(frozen=True, slots=True)
class StopMessage:
    """Keep no more of it."""

    leg: str


@dataclass(frozen=True, slots=True)
class PlayMessage:
    """Play what was kept; :class:`PlayEnded` follows unless it is stopped."""

    leg: str
    play: int


@dataclass(frozen=True, slots=True)
class CloseLeg:
    """The leg is over: :class:`LegClosed` follows."""

    leg: str


# -- events -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LegOpened:
    """The leg has ``port`` at the media address, and ``slot`` of the ring of callers' sound."""

    leg: str
    port: int
    slot: int


@dataclass(frozen=True, slots=True)
class LegRefused:
    """There is no room for the leg."""

    leg: str
    reason: str


@dataclass(frozen=True, slots=True)
class DigitPressed:
    """A key went down ``at`` seconds; told once for each press, as soon as it is certain.

    ``how`` is ``event`` (RFC 4733) or ``tone`` (in the sound).
    """

    leg: str
    key: str
    at: float
    how: Literal["event", "tone"]


@dataclass(frozen=True, slots=True)
class DigitReleased:
    """It went up again after ``seconds``."""

    leg: str
    key: str
    seconds: float


@dataclass(frozen=True, slots=True)
class PlayEnded:
    """A sound was played to its end."""

    leg: str
    play: int


@dataclass(frozen=True, slots=True)
class PlayFailed:
    """A sound cannot be played."""

    leg: str
    play: int
    reason: str


@dataclass(frozen=True, slots=True)
class VoiceActivity:
    """The party began (``on``) or ceased to make sound above the noise of its line, ``at`` seconds."""

    leg: str
    on: bool
    at: float


@dataclass(frozen=True, slots=True)
class MediaTimeout:
    """Nothing came from the party for ``seconds``, though something should."""

    leg: str
    seconds: float


@dataclass(frozen=True, slots=True)
class RecordingFailed:
    """The recording ends here, the call goes on."""

    leg: str
    reason: str


@dataclass(frozen=True, slots=True)
class Quality:
    """How a leg's stream arrived.

    Parameters
    ----------
    packets, lost, late, duplicates : int
        Received; missing by sequence number; too late to be played; twice.
    jitter_ms : float
        Interarrival jitter as in RFC 3550, 6.4.1, in milliseconds.
    delay_ms : float
        Mean delay of the jitter buffer.
    mos : float
        Estimate of the mean opinion score, 1 to 4.5, by the E-model (ITU-T G.107) for G.711.
    sent : int
        Packets sent to the party.
    far_lost_percent, round_trip_ms : float or None
        As the party reports them by RTCP, if it does.
    """

    packets: int = 0
    lost: int = 0
    late: int = 0
    duplicates: int = 0
    jitter_ms: float = 0.0
    delay_ms: float = 0.0
    mos: float = 0.0
    sent: int = 0
    far_lost_percent: float | None = None
    round_trip_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a leg's recording; as in :class:`calls.records.Recording`."""

    seconds: float
    sha256: str
    masked: tuple[tuple[float, float], ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LegClosed:
    """The leg is over, its port free, its recording complete."""

    leg: str
    seconds: float
    quality: Quality = field(default_factory=Quality)
    recorded: Recorded | None = None


@dataclass(frozen=True, slots=True)
class MediaHealth:
    """The clock's own figures, once a second.

    Parameters
    ----------
    legs : int
        Open now.
    late_ms_p99, late_ms_max : float
        By how much the sending of a frame was behind its moment, over the last second.
    dropped : int
        Events that the engine did not fetch in time, since the start.
    scheduling : str
        ``fifo``, ``nice -10`` or ``normal``: what the system permitted.
    """

    legs: int
    late_ms_p99: float
    late_ms_max: float
    dropped: int
    scheduling: str
