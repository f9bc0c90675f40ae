"""Between the engine and a signalling process: calls come, are answered, change and end.

SIP speaks this, and so does whatever else brings calls from outside (:mod:`ivr.gateway`): a session is
described by SDP in either case, and its sound is the media process's. The engine names the calls it
dials, the signalling process those that arrive; an id is never used again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

# -- commands -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ring:
    """Tell the caller that it rings (180), or let it hear early media (183) where there is an ``sdp``."""

    call: str
    sdp: str = ""


@dataclass(frozen=True, slots=True)
class Accept:
    """Answer an arrived call, or a new offer of a running one, with this session."""

    call: str
    sdp: str


@dataclass(frozen=True, slots=True)
class Reject:
    """Refuse an arrived call, or a new offer of a running one, which then goes on as it was."""

    call: str
    code: int
    reason: str = ""
    retry_after_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Reoffer:
    """Offer a running call another session: :class:`ReofferAnswered` or :class:`ReofferRefused` follows."""

    call: str
    sdp: str


@dataclass(frozen=True, slots=True)
class Refer:
    """Ask the party to call ``target`` instead (REFER); :class:`ReferProgress` follows, to its end.

    The call goes on until one side ends it. ``replaces`` names another call of ours that the new one
    replaces (attended transfer).
    """

    call: str
    target: str
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class SendInfo:
    """Send INFO with a body."""

    call: str
    content_type: str
    body: str


@dataclass(frozen=True, slots=True)
class Bye:
    """End a call in whatever state it is: CANCEL, BYE, or a final answer."""

    call: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Dial:
    """Call someone: :class:`Ringing` may follow, :class:`Answered` or :class:`Ended` will.

    Parameters
    ----------
    call : str
    target : str
        ``sip:`` or ``tel:`` URI. It must be on the allow-list of the process.
    sdp : str
        Our offer.
    caller, name : str
        Number and display name to show; the trunk's own by default.
    trunk : str
        Name of the trunk whose proxy and credentials to use; none sends to the target's own host.
    timeout_seconds : float
        Give up after so long.
    """

    call: str
    target: str
    sdp: str
    caller: str = ""
    name: str = ""
    trunk: str = ""
    timeout_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Drain:
    """Refuse new calls from now on with 503 (``on``), answer OPTIONS so; or take calls again."""

    on: bool = True


# -- events -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Arrived:
    """Someone calls. Nothing but 100 was answered yet.

    Parameters
    ----------
    call : str
    caller, callee : str
        The user parts: numbers, as dialled; ``caller`` is empty where withheld.
    name : str
        The caller's display name.
    offer : str
        Session of the caller, empty where we are to make the first offer.
    source : str
        Address it came from, ``host:port``.
    headers : dict
        What else may matter, by lower-case name: ``user-agent``, ``x-…`` headers, ``call-id``.
    """

    call: str
    caller: str
    callee: str
    offer: str
    name: str = ""
    source: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The caller has our answer (ACK); ``sdp`` is its own answer where the first offer was ours."""

    call: str
    sdp: str = ""


@dataclass(frozen=True, slots=True)
class Ringing:
    """A dialled party rings; with an ``sdp`` it sends early media."""

    call: str
    sdp: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """A dialled party answered with this session."""

    call: str
    sdp: str


@dataclass(frozen=True, slots=True)
class Reoffered:
    """The party wants another session: :class:`Accept` or :class:`Reject` must follow.

    An empty ``offer`` asks for ours; what it answers then comes with :class:`Confirmed`.
    """

    call: str
    offer: str


@dataclass(frozen=True, slots=True)
class ReofferAnswered:
    """Our offer was taken."""

    call: str
    sdp: str


@dataclass(frozen=True, slots=True)
class ReofferRefused:
    """Our offer was refused; the session is as before. 491 is a glare that was not resolved in time."""

    call: str
    code: int


@dataclass(frozen=True, slots=True)
class Info:
    """The party sent INFO; keys among them come as :class:`InfoDigit` instead."""

    call: str
    content_type: str
    body: str


@dataclass(frozen=True, slots=True)
class InfoDigit:
    """The party pressed a key and told it by INFO (application/dtmf-relay or application/dtmf)."""

    call: str
    key: str
    milliseconds: int = 0


@dataclass(frozen=True, slots=True)
class ReferProgress:
    """How a transfer that we asked for goes: the status of the new call; ``final`` is said once.

    Also a command: how a transfer that the party asked for (:class:`ReferRequested`) goes; the party is told
    by NOTIFY, and after the final one it may ask again.
    """

    call: str
    code: int
    reason: str = ""
    final: bool = False


@dataclass(frozen=True, slots=True)
class ReferRequested:
    """The party asks us to transfer it (an agent's phone: blind transfer); NOTIFY follows our doing.

    ``target`` is a URI on the allow-list; others were refused already.
    """

    call: str
    target: str


@dataclass(frozen=True, slots=True)
class Ended:
    """A call is over, or never came to be; nothing more comes of it.

    Parameters
    ----------
    call : str
    by : str
        ``remote``: the party; ``local``: our own :class:`Bye` or :class:`Reject`, or the process shuts down;
        ``failure``: timeout, lost transaction, refused by the network.
    code : int
        Final SIP status of a call that was not answered, else 0.
    reason : str
        Of the Reason header, or the status phrase.
    """

    call: str
    by: Literal["remote", "local", "failure"]
    code: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TrunkState:
    """A trunk registered, or lost its registration."""

    trunk: str
    registered: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SignallingHealth:
    """Figures of the process, once a second: calls it holds; refused by limits since the start."""

    calls: int
    refused: int
    dropped: int
