"""What a party outside may do and be told, whatever protocol it speaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

#: Keys that a party may press.
KEYS = frozenset("0123456789*#ABCD")
#: What is sent: over a WebSocket a ``str`` is a text frame and ``bytes`` a binary one.
Piece = str | bytes

# -- what it does -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Called:
    """The party is there and wants to be answered.

    ``flow`` is the flow that it asks for; what is not known is empty.
    """

    caller: str = ""
    callee: str = ""
    name: str = ""
    flow: str = ""


@dataclass(frozen=True, slots=True)
class Sounded:
    """20 ms of its sound, A-law."""

    frame: bytes


@dataclass(frozen=True, slots=True)
class Pressed:
    """It pressed a key, out of :data:`KEYS`."""

    key: str


@dataclass(frozen=True, slots=True)
class HungUp:
    """It ended the call, or broke its protocol in a way that ends it."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Complained:
    """It said that something is wrong; the call goes on."""

    text: str


Event = Called | Sounded | Pressed | HungUp | Complained


class Dialect(Protocol):
    """One party's side of a protocol, without I/O and clocks: what comes goes in, what to send comes out.

    Attributes
    ----------
    door : str
        ``asterisk`` or ``web``.
    kind : str
        The protocol, for the log and the call record.
    """

    door: Literal["asterisk", "web"]
    kind: str

    def receive(self, data: Piece) -> list[Event]:
        """Take what the party sent."""

    def ring(self) -> list[Piece]:
        """Tell it that its call is being offered."""

    def answer(self) -> list[Piece]:
        """Tell it that the call is answered."""

    def hear(self, frame: bytes, now: float) -> list[Piece]:
        """Let it hear 20 ms, A-law, at ``now`` seconds."""

    def tell(self, text: str) -> list[Piece]:
        """Pass on what the engine says about the call, JSON."""

    def hang_up(self, code: int, reason: str) -> list[Piece]:
        """End the call; ``code`` is a SIP status where it was refused, else 0."""
