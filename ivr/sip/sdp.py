"""Sessions: what two parties of a call agree on about their sound, by offer and answer.

Reads SDP (RFC 4566) leniently, writes it strictly, and follows the offer/answer model (RFC 3264). One
stream of sound in G.711 with telephone-events (RFC 4733) is all that is agreed on; whatever else is offered
is refused within the answer, and an offer without G.711 is refused as a whole.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from calls.errors import HuawuError
from ivr.wire.media import Direction

PCMU, PCMA = 0, 8
#: Payload types by name, in the order in which they are wanted.
WANTED = {PCMA: "PCMA", PCMU: "PCMU"}
#: Payload type of telephone-event in our offers.
EVENT_TYPE = 101
_PROFILES = ("RTP/AVP", "RTP/AVPF")
_STATIC = {"0": ("pcmu", 8000), "8": ("pcma", 8000)}
_DIRECTIONS: dict[tuple[bool, bool], Direction] = {
    (True, True): "sendrecv",
    (True, False): "sendonly",
    (False, True): "recvonly",
    (False, False): "inactive",
}
_WAYS = {name: way for way, name in _DIRECTIONS.items()}
_LARGEST, _MOST_STREAMS = 32_000, 16


class NotAcceptable(HuawuError):
    """A session that cannot be; ``code`` is the SIP status that says so: 400 or 488."""

    def __init__(self, message: str, code: int = 488) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Agreed:
    """What :class:`~ivr.wire.media.ConnectLeg` has to know, under its names."""

    host: str
    port: int
    payload_type: int
    event_type: int | None
    ptime: int
    direction: Direction


@dataclass(frozen=True, slots=True)
class Stream:
    """One ``m=`` line of a party's session with what belongs to it.

    Parameters
    ----------
    media, profile : str
        As written: ``audio``, ``RTP/AVP``.
    port : int
        0 where the stream is refused or given up.
    formats : tuple of str
        Payload types in the order of preference.
    host : str
        Where the party wants the stream; empty where it does not say.
    sends, receives : bool
        What the party means to do.
    ptime : int
        Milliseconds of sound in a packet, as the party wants it, in 10 to 60 and steps of 10.
    names : dict
        Payload type → encoding name in lower case and clock rate.
    """

    media: str
    profile: str
    port: int
    formats: tuple[str, ...]
    host: str = ""
    sends: bool = True
    receives: bool = True
    ptime: int = 20
    names: dict[str, tuple[str, int]] = field(default_factory=dict)

    @property
    def payload_types(self) -> list[int]:
        """The payload types of G.711 in it, the wanted one first."""
        return [each for each, name in WANTED.items() if self._offers(str(each), name.lower())]

    @property
    def event_type(self) -> int | None:
        """The payload type of telephone-event at 8 kHz, if it is there."""
        for each in self.formats:
            if self.names.get(each) == ("telephone-event", 8000):
                return int(each)
        return None

    @property
    def usable(self) -> bool:
        """Whether it is sound that this process can take part in."""
        return (
            self.media == "audio"
            and self.profile in _PROFILES
            and self.port > 0
            and bool(self.payload_types)
            and _reachable(self.host)
        )

    def _offers(self, payload_type: str, name: str) -> bool:
        known = self.names.get(payload_type, _STATIC[payload_type])
        return payload_type in self.formats and known == (name, 8000)


def parse(text: str) -> tuple[Stream, ...]:
    """Return the streams of a session description.

    What is not understood is passed over; only what makes it no description at all is refused.

    Raises
    ------
    NotAcceptable
        With code 400: no SDP, no stream, a port that is none, too many streams.
    """
    if len(text) > _LARGEST:
        raise NotAcceptable(f"SDP of {len(text)} characters", 400)
    session, *blocks = _blocks(text)
    if not any(key == "v" for key, _ in session):
        raise NotAcceptable("SDP does not begin with v=", 400)
    if not blocks or len(blocks) > _MOST_STREAMS:
        raise NotAcceptable(f"SDP with {len(blocks)} streams", 400)
    common = _attributes(session, {"host": "", "way": "sendrecv", "ptime": None, "maxptime": None})
    return tuple(_stream(block, common) for block in blocks)


class Negotiation:
    """Our side of all offers and answers of one leg. Call from one place, in the order of the signalling.

    Parameters
    ----------
    host, port : str, int
        Where we want the sound: the media process's address and the leg's port.
    session : int
        Number of our session, the same for the whole leg (the ``o=`` line).

    Attributes
    ----------
    agreed : Agreed or None
        What holds now.
    """

    def __init__(self, host: str, port: int, session: int) -> None:
        self._host, self._port, self._session = host, port, session
        self._versions = count(1)
        self._last: tuple[str, str] | None = None
        #: Streams by position, once there are any: their number and order may not change (RFC 3264, 8).
        self._lines: list[Stream] = []
        self._place = 0
        self._offered: Direction | None = None
        self.agreed: Agreed | None = None

    def offer(self, direction: Direction = "sendrecv") -> str:
        """Return an offer; ``sendonly`` puts the party on hold, ``inactive`` stops both ways."""
        self._offered = direction
        now = self.agreed
        if now is None:
            return self._written(tuple(WANTED), EVENT_TYPE, 20, direction)
        kinds = tuple(sorted(WANTED, key=lambda each: each != now.payload_type))
        return self._written(kinds, now.event_type, now.ptime, direction)

    def answer(self, offer: str, direction: Direction = "sendrecv") -> str:
        """Return the answer to an offer; :attr:`agreed` holds what it comes to.

        Parameters
        ----------
        offer : str
        direction : str
            What we want; what we get is at most that, and at most what the party permits.

        Raises
        ------
        NotAcceptable
            There is nothing in it to agree on. All is as before.
        """
        streams = parse(offer)
        place, theirs = _audio(streams, self._host)
        agreed = _agreed(theirs, theirs.payload_types[0], direction)
        self._lines, self._place, self._offered = list(streams), place, None
        self.agreed = agreed
        return self._written((agreed.payload_type,), agreed.event_type, agreed.ptime, agreed.direction)

    def accept(self, answer: str) -> Agreed:
        """Take the party's answer to our last offer; an answer may come twice (183, then 200).

        Raises
        ------
        NotAcceptable
            It refuses the sound, or we have offered nothing. What was agreed before holds.
        """
        if self._offered is None:
            raise NotAcceptable("an answer without an offer", 400)
        streams = parse(answer)
        place, theirs = _audio(streams, self._host)
        agreed = _agreed(theirs, _first(theirs), self._offered)
        self._lines, self._place = list(streams), place
        self.agreed = agreed
        return agreed

    def _written(
        self, kinds: tuple[int, ...], event_type: int | None, ptime: int, direction: Direction
    ) -> str:
        family = "IP6" if ":" in self._host else "IP4"
        profile = self._lines[self._place].profile if self._lines else "RTP/AVP"
        formats = [*map(str, kinds), *([str(event_type)] if event_type is not None else [])]
        ours = [
            f"m=audio {self._port} {profile} {' '.join(formats)}",
            *(f"a=rtpmap:{each} {WANTED[each]}/8000" for each in kinds),
            *(
                [f"a=rtpmap:{event_type} telephone-event/8000", f"a=fmtp:{event_type} 0-15"]
                if event_type is not None
                else []
            ),
            f"a=ptime:{ptime}",
            f"a={direction}",
        ]
        lines = [f"c=IN {family} {self._host}", "t=0 0"]
        for place, each in enumerate(self._lines or [None]):
            if each is None or place == self._place:
                lines += ours
            else:
                lines.append(f"m={each.media} 0 {each.profile} {' '.join(each.formats)}")
        body = "".join(f"{line}\r\n" for line in lines)
        if self._last is None or self._last[0] != body:  # the version counts changes (RFC 3264, 8)
            origin = (
                f"v=0\r\no=huawu {self._session} {next(self._versions)} IN {family} {self._host}\r\ns=-\r\n"
            )
            self._last = body, origin
        return self._last[1] + body


def _agreed(theirs: Stream, payload_type: int, wanted: Direction) -> Agreed:
    sends, receives = _WAYS[wanted]
    return Agreed(
        host=theirs.host,
        port=theirs.port,
        payload_type=payload_type,
        event_type=theirs.event_type,
        ptime=theirs.ptime,
        direction=_DIRECTIONS[sends and theirs.receives, receives and theirs.sends],
    )


def _audio(streams: tuple[Stream, ...], host: str) -> tuple[int, Stream]:
    for place, each in enumerate(streams):
        if each.usable and (":" in each.host) == (":" in host):
            return place, each
    raise NotAcceptable("no stream of sound in PCMA or PCMU over RTP")


def _first(theirs: Stream) -> int:
    """Return what the party of an answer prefers: it is what it will send."""
    return min(theirs.payload_types, key=lambda each: theirs.formats.index(str(each)))


def _blocks(text: str) -> list[list[tuple[str, str]]]:
    blocks: list[list[tuple[str, str]]] = [[]]
    for line in re.split(r"\r\n|\n|\r", text):
        key, equals, value = line.strip().partition("=")
        key = key.strip()
        if not equals or len(key) != 1:
            continue
        if key == "m":
            blocks.append([])
        blocks[-1].append((key, value.strip()))
    return blocks


def _attributes(block: list[tuple[str, str]], inherited: dict[str, Any]) -> dict[str, Any]:
    found = inherited | {"names": {}}
    for key, value in block:
        if key == "c":
            found["host"] = _host(value)
        elif key == "a":
            name, _, rest = value.partition(":")
            name, rest = name.strip().lower(), rest.strip()
            if name in _WAYS:
                found["way"] = name
            elif name in ("ptime", "maxptime"):
                found[name] = _milliseconds(rest) or found[name]
            elif name == "rtpmap":
                match = re.fullmatch(r"(\d{1,3})\s+([^/\s]+)\s*/\s*(\d{1,6})(?:\s*/.*)?", rest)
                if match:
                    found["names"][match[1]] = match[2].lower(), int(match[3])
    return found


def _stream(block: list[tuple[str, str]], common: dict[str, Any]) -> Stream:
    media, port, profile, *formats = [*block[0][1].split(), *[""] * 3]
    number = re.fullmatch(r"(\d{1,5})(?:/\d{1,5})?", port)
    if not number or int(number[1]) > 65535 or not profile:
        raise NotAcceptable(f"SDP: stream {block[0][1][:40]!r} has no port", 400)
    found = _attributes(block, common)
    sends, receives = _WAYS[found["way"]]
    wanted = found["ptime"] or 20
    return Stream(
        media=media.lower(),
        profile=profile.upper(),
        port=int(number[1]),
        formats=tuple(each for each in formats if each),
        host=found["host"],
        sends=sends,
        receives=receives and found["host"] != "0.0.0.0",  # hold as it was said before RFC 3264, 8.4
        ptime=min(60, max(10, min(wanted, found["maxptime"] or 60) // 10 * 10)),
        names=found["names"],
    )


def _host(value: str) -> str:
    words = value.split()
    return words[2].split("/")[0] if len(words) == 3 and words[0].upper() == "IN" else ""


def _milliseconds(text: str) -> int | None:
    match = re.fullmatch(r"(\d{1,4})(?:\.\d*)?", text)
    return int(match[1]) if match and int(match[1]) else None


def _reachable(host: str) -> bool:
    """Say whether ``host`` is an address that one party may have: sound is not sent to many at once."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return not address.is_multicast and host != "255.255.255.255"
