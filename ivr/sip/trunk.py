"""Trunks: the ways out, and our registration there (RFC 3261, 10); a silent proxy is passed over."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import structlog
from sippy.SipAddress import SipAddress
from sippy.SipCallId import SipCallId
from sippy.SipFrom import SipFrom
from sippy.SipTo import SipTo
from sippy.SipURL import SipURL

from ivr.sip.dialog import Credentials, Dialog, Line
from ivr.sip.settings import TrunkSettings
from ivr.wire.signalling import TrunkState

log = structlog.get_logger()

#: Seconds to wait when no proxy would have us: the first time, and at most.
_PAUSE, _LONGEST_PAUSE = 5.0, 120.0
#: Seconds without an answer after which the next proxy is asked.
_SILENCE = 8.0


class Trunk:
    """A way out. It registers from :meth:`start` on, if it is to.

    Parameters
    ----------
    settings : TrunkSettings
    line : Line
    tell : callable
        Takes a :class:`~ivr.wire.signalling.TrunkState` at each change.
    """

    def __init__(self, settings: TrunkSettings, line: Line, tell: Callable[[Any], None]) -> None:
        self.settings = settings
        self._line, self._tell = line, tell
        self._place = 0
        self._failures = 0
        self._timer: Any = None
        self._silence: Any = None
        self._stopped = False
        self._expires = settings.expires
        self.state = TrunkState(settings.name, False, "not tried yet" if settings.register else "")
        self._dialog = self._made()

    @property
    def credentials(self) -> Credentials | None:
        """Who we are there."""
        return Credentials(self.settings.user, self.settings.secret) if self.settings.user else None

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """The proxies, the one that answered last first."""
        every = list(self.settings.addresses)
        return every[self._place :] + every[: self._place]

    def failed(self, address: tuple[str, int]) -> None:
        """Prefer another proxy than ``address`` from now on."""
        if self.settings.addresses[self._place] == address:
            self._place = (self._place + 1) % len(self.settings.addresses)

    def start(self) -> None:
        """Register."""
        if self.settings.register:
            self._register()

    def stop(self) -> None:
        """Take the registration back, without waiting for an answer."""
        self._stopped = True
        self._calm()
        if self.state.registered:
            self._ask(0)

    def _made(self) -> Dialog:
        own = f"sip:{self.settings.user or 'huawu'}@{self.settings.realm}"
        local = SipFrom(address=SipAddress(url=SipURL(own), hadbrace=True))
        local.setTag(secrets.token_hex(8))
        return Dialog(
            self._line,
            call_id=SipCallId(secrets.token_hex(16)),
            local=local,
            remote=SipTo(address=SipAddress(url=SipURL(own), hadbrace=True)),
            target=SipURL(f"sip:{self.settings.realm}"),
            address=self.settings.addresses[0],
            ours=True,
            credentials=self.credentials,
        )

    def _register(self) -> None:
        self._timer = None
        self._silence = self._line.loop.later(_SILENCE, lambda: self._failed("no answer"))
        self._ask(self._expires)

    def _ask(self, expires: int) -> None:
        self._dialog.address = address = self.settings.addresses[self._place]
        contact = f"<sip:{self.settings.user or 'huawu'}@{self._line.host}:{self._line.port}>"
        self._dialog.ask(
            "REGISTER",
            lambda response: self._answered(address, response),
            headers=[("Contact", contact), ("Expires", str(expires))],
        )

    def _answered(self, address: tuple[str, int], response: Any) -> None:
        waits = self._silence is not None and address == self.settings.addresses[self._place]
        if response.scode < 200 or self._stopped or not waits:
            return
        self._calm()
        if response.scode < 300:
            self._failures = 0
            seconds = _granted(response, self._line, self._expires)
            self._timer = self._line.loop.later(max(5.0, min(seconds * 0.8, seconds - 10)), self._register)
            self._become(True, "")
        elif response.scode == 423 and self._expires < 86_400:
            least = [str(each.body) for each in response.getHFs("min-expires")]
            self._expires = min(86_400, max(self._expires * 2, int(least[0]) if least[:1] else 0))
            self._register()
        else:
            self._failed(f"{response.scode} {response.reason}"[:80])

    def _failed(self, reason: str) -> None:
        self._calm()
        self._become(False, reason)
        self._failures += 1
        self._place = (self._place + 1) % len(self.settings.addresses)
        rounds, rest = divmod(self._failures, len(self.settings.addresses))
        pause = 0.5 if rest else min(_LONGEST_PAUSE, _PAUSE * 2 ** (min(rounds, 8) - 1))
        self._timer = self._line.loop.later(pause, self._register)

    def _become(self, registered: bool, reason: str) -> None:
        state = TrunkState(self.settings.name, registered, reason)
        if state != self.state:
            self.state = state
            log.info("trunk", trunk=state.trunk, registered=registered, reason=reason)
            self._tell(state)

    def _calm(self) -> None:
        for timer in (self._timer, self._silence):
            if timer is not None:
                timer.cancel()
        self._timer = self._silence = None


def _granted(response: Any, line: Line, asked: int) -> int:
    """Return for how many seconds we are registered: as our Contact says, or Expires (RFC 3261, 10.2.4)."""
    for each in response.getHFBodys("contact"):
        if each.asterisk or each.getUrl() is None:
            continue
        said = str(each.getUri().getParam("expires") or "")
        if str(each.getUrl().host) == line.host and said.isdecimal():
            return max(1, min(int(said), 86_400))
    said = "".join(str(each.body) for each in response.getHFs("expires"))
    return max(1, min(int(said), 86_400)) if said.isdecimal() else asked
