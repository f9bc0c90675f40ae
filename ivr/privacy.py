"""When a caller's voice may be kept: not before the notice, and not while a secret is entered."""

from __future__ import annotations

from ivr import actions
from ivr.doors import RATE


class Privacy:
    """Says for each moment of a call whether the caller's channel is written as silence.

    Moments are samples from the beginning of the call.
    """

    def __init__(self) -> None:
        self._told = False
        self._masked = False
        #: The moment at which a mask that was lifted ends, if one does.
        self.ends_at: int | None = None
        self._since: int | None = 0
        self._spans: list[tuple[int, int]] = []

    def take(self, action: actions.StartRecording | actions.Mask | actions.Unmask, now: int) -> None:
        """Take in what the dialog asks for."""
        match action:
            case actions.StartRecording():
                self._told = True
            case actions.Mask():
                self._masked, self.ends_at = True, None
            case actions.Unmask(after_seconds):
                self._masked, self.ends_at = False, now + round(after_seconds * RATE)

    def silent(self, now: int, *, message: bool = False) -> bool:
        """Return whether what comes from now on is written as silence; asked for every stretch of a call.

        A message that the caller leaves needs no notice but its own prompt.
        """
        if self.ends_at is not None and now >= self.ends_at:
            self.ends_at = None
        secret = self._masked or self.ends_at is not None
        silent = secret or not (self._told or message)
        if silent and self._since is None:
            follows = bool(self._spans) and self._spans[-1][1] == now
            self._since = self._spans.pop()[0] if follows else now
        elif not silent and self._since is not None:
            if self._since < now:
                self._spans.append((self._since, now))
            self._since = None
        return silent

    def spans(self, end: int) -> list[tuple[int, int]]:
        """Return all stretches of silence of a call that ended at ``end``."""
        last = [(self._since, end)] if self._since is not None and self._since < end else []
        return self._spans + last
