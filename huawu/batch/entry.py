"""One recording of an archive, and what its source knows of the call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from calls.records import Direction, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One recording of an archive; what is empty or ``None`` is not known.

    Attributes
    ----------
    place : str
        An absolute path, or a URL that fsspec reads (``s3://…``). It identifies the recording.
    size : int or None
        Bytes.
    call : str
        The call's own id in the system that recorded it.
    agent, team, queue : str
        Ids or names as that system has them.
    caller, callee : str
        Numbers.
    started_at : datetime or None
        Aware.
    direction : Direction
    first_channel : Role
        Who is heard on the first channel of a stereo recording: caller or agent.
    line : int or None
        Of the manifest, for messages.
    """

    place: str
    size: int | None = None
    call: str = ""
    agent: str = ""
    team: str = ""
    queue: str = ""
    caller: str = ""
    callee: str = ""
    started_at: datetime | None = None
    direction: Direction = Direction.INBOUND
    first_channel: Role = Role.CALLER
    line: int | None = None
