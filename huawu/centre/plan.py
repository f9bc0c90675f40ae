"""What a supervisor is told to do."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from huawu.centre import PARENT

#: How long a process may take to answer.
_ANSWER_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A process to be kept running.

    Parameters
    ----------
    name : str
    command : list of str
    settings : str
        What it reads from its standard input.
    environment : dict
        Variables that it has beside those of this process.
    sockets : list of str
        Unix sockets that are there when it is ready.
    answers : str
        ``host:port/path`` that answers by HTTP then, with a status below 400; empty for none.
    """

    name: str
    command: list[str]
    settings: str = field(default="", repr=False)
    environment: dict[str, str] = field(default_factory=dict)
    sockets: list[str] = field(default_factory=list)
    answers: str = ""

    def start(self, first: Callable[[], None] | None = None) -> subprocess.Popen[bytes]:
        """Start it, in a process group of its own.

        Parameters
        ----------
        first : callable, optional
            What the new process does before anything else.

        Raises
        ------
        OSError
            The system does not let it.
        """
        for socket in self.sockets:  # of one that died: the new one is ready when they are there again
            Path(socket).unlink(missing_ok=True)
        # a file in memory, since a pipe could be full before anybody reads it
        with os.fdopen(os.memfd_create(self.name), "w+", encoding="utf-8") as settings:
            settings.write(self.settings)
            settings.seek(0)
            return subprocess.Popen(
                self.command,
                stdin=settings,
                env=os.environ | self.environment | {PARENT: str(os.getpid())},
                process_group=0,  # Ctrl-C is not meant for it
                preexec_fn=first,
            )

    def is_ready(self) -> bool:
        """Look whether the sockets are there and it answers."""
        if not all(Path(socket).exists() for socket in self.sockets):
            return False
        if not self.answers:
            return True
        address, _, path = self.answers.partition("/")
        # from another address: where nobody listens yet a socket can connect to itself, and take the port
        ours = ("127.0.0.2", 0) if address.startswith("127.") else None
        connection = http.client.HTTPConnection(address, timeout=_ANSWER_SECONDS, source_address=ours)
        try:
            connection.request("GET", f"/{path}")
            return connection.getresponse().status < 400
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a supervisor has to do.

    Parameters
    ----------
    run : str
        Folder of the sockets; one supervisor at a time works in it.
    stages : list of list of Child
        In the order of their start; see :class:`~huawu.centre.upkeep.Upkeep`.
    drain_seconds : float
        How long the engine may take to finish its calls.
    engine : str
        Name of the process that finishes first.
    pulse : str
        ``host:port/path`` at which the engine tells which processes say nothing; empty for none.
    hang_seconds : float
        After so long without a word a process is ended and started again; 0 for never.
    temporary : list of str
        Files that are taken away at the end.
    notes : dict
        What ``state.json`` tells beside the processes.
    """

    run: str
    stages: list[list[Child]]
    drain_seconds: float
    engine: str = "engine"
    pulse: str = ""
    hang_seconds: float = 0.0
    temporary: list[str] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> str:
        """Return the plan as text; it holds passwords."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """Return the plan that :meth:`as_json` wrote."""
        fields = json.loads(text)
        stages = [[Child(**child) for child in stage] for stage in fields.pop("stages")]
        return cls(stages=stages, **fields)
