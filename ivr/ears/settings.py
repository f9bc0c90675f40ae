"""What a process of ears is told at its start."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from calls.errors import ServeError


@dataclass(frozen=True, slots=True, kw_only=True)
class EarSettings:
    """All fields are of JSON's types.

    Parameters
    ----------
    run : str
        Folder of the sockets.
    ring : str
        File of :class:`ivr.wire.ring.SoundRing`; the media process may make it later.
    number : int
        Of the first ear; ear n listens at ``ear-n.sock``.
    count : int
        How many ears share the memory of one model.
    model : str
        As :func:`speech.models.find_model` takes it: a folder, a name, ``builtin``; empty takes what
        ``HUAWU_MODEL`` names or what is installed, else the built-in one.
    nice : int
        0 to 19: how far the ears stand behind everything else on the machine, the clock of the sound above
        all.
    most_calls : int
        Calls that an ear has attached at a time.

    Raises
    ------
    ServeError
        A number is out of its range.
    """

    run: str
    ring: str
    number: int = 0
    count: int = 1
    model: str = ""
    nice: int = 10
    most_calls: int = 2000

    def __post_init__(self) -> None:
        for name, value, least, most in (
            ("number", self.number, 0, 999),
            ("count", self.count, 1, 256),
            ("nice", self.nice, 0, 19),
            ("most_calls", self.most_calls, 1, 100_000),
        ):
            if not least <= value <= most:
                raise ServeError(f"ears: {name} is {value}", f"choose {least} to {most}")


def socket_path(run: str | Path, number: int) -> Path:
    """Return where ear ``number`` listens."""
    return Path(run) / f"ear-{number}.sock"
