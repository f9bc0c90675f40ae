"""What the distributor has to say when it was told something: actions and entries of the queue log."""

from __future__ import annotations

from ivr.agents.actions import Action, Log, LogKind


class Journal:
    """Collects it, and knows the time that was told last."""

    def __init__(self) -> None:
        #: Seconds on the distributor's clock.
        self.at = 0.0
        self._actions: list[Action] = []

    def ask(self, *actions: Action) -> None:
        """Ask for something to be done."""
        self._actions += actions

    def log(self, kind: LogKind, call: str = "", queue: str = "", agent: str = "", **data: object) -> None:
        """Write an entry of the queue log."""
        self._actions.append(Log(kind, call, queue, agent, data))

    def take(self) -> list[Action]:
        """Return what was said since the last time."""
        taken, self._actions = self._actions, []
        return taken

    def seconds_since(self, moment: float) -> float:
        """Return how long ago that was, to the millisecond."""
        return round(self.at - moment, 3)

    def ms_since(self, moment: float) -> int:
        """Return the same in milliseconds."""
        return round((self.at - moment) * 1000)
