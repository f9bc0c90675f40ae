"""What the media process is started with."""

from __future__ import annotations

import os
from dataclasses import dataclass

from calls.errors import ServeError

# Many small products of matrices: threads would cost more than they bring, and disturb the clock. This
# must be said before numpy is loaded, and this module is the first that `huawu.child` imports.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

#: Name of the socket in the run folder.
SOCKET = "media.sock"


@dataclass(frozen=True, slots=True)
class MediaSettings:
    """How the media process is set up.

    Parameters
    ----------
    run : str
        Folder of the processes' sockets; the engine connects to ``media.sock`` there.
    ring : str
        File of the ring of callers' sound, on a memory file system.
    host : str
        Address that the ports are bound to.
    port_min, port_max : int
        Ports for RTP (even) and RTCP (the odd one above), two for each leg, both included.
    slots : int
        Legs at the same time, at most.
    rtp_timeout_seconds : float
        Nothing received for so long is told to the engine, where something should come.
    sound_minutes : float
        Room for sounds that are kept for playing: 0.48 MB a minute, taken when used.
    message_minutes : float
        A caller's message is kept no longer than this.
    realtime : bool
        Ask the system for real-time scheduling.
    network : str
        ``uring``: many packets by one call of the system, see :mod:`ivr.media.uring`; ``epoll``: one by
        each; ``auto``: the first, where the system permits it.

    Raises
    ------
    ServeError
        A value is out of its range.
    """

    run: str
    ring: str
    host: str = "127.0.0.1"
    port_min: int = 20_000
    port_max: int = 29_999
    slots: int = 1000
    rtp_timeout_seconds: float = 30.0
    sound_minutes: float = 120.0
    message_minutes: float = 15.0
    realtime: bool = True
    network: str = "auto"

    def __post_init__(self) -> None:
        if not 1 <= self.slots <= 10_000:
            raise ServeError(f"media: slots {self.slots}", "1 to 10000 are possible")
        if not 1024 <= self.port_min < self.port_max <= 65_535:
            raise ServeError(
                f"media: ports {self.port_min} to {self.port_max}",
                "choose a range of at least two within 1024 to 65535",
            )
        if self.rtp_timeout_seconds <= 0:
            raise ServeError(f"media: rtp_timeout_seconds {self.rtp_timeout_seconds}", "more than 0, please")
        if not 1 <= self.sound_minutes <= 10_000:
            raise ServeError(f"media: sound_minutes {self.sound_minutes}", "1 to 10000 are possible")
        if self.network not in ("auto", "uring", "epoll"):
            raise ServeError(f"media: network {self.network}", "choose auto, uring or epoll")
        if not 0 < self.message_minutes <= 60:
            raise ServeError(f"media: message_minutes {self.message_minutes}", "at most 60 are possible")
