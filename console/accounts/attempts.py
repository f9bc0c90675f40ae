"""How often somebody may try passwords from one address, whatever the names."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock

#: Wrong passwords from one address within :data:`WINDOW`. A centre's people may share one address.
FAILURES = 30
WINDOW = timedelta(minutes=5)
#: Addresses remembered; of more, those that failed longest ago are forgotten.
ADDRESSES = 10_000


class Attempts:
    """Counts wrong passwords by address, in this process."""

    def __init__(self) -> None:
        self._failed: OrderedDict[str, list[datetime]] = OrderedDict()
        self._lock = Lock()

    def too_many(self, address: str, now: datetime) -> bool:
        """Tell whether an address has to wait."""
        with self._lock:
            recent = [at for at in self._failed.get(address, ()) if now - at < WINDOW]
            return len(recent) >= FAILURES

    def failed(self, address: str, now: datetime) -> None:
        """Count a wrong password."""
        with self._lock:
            recent = [at for at in self._failed.pop(address, ()) if now - at < WINDOW]
            self._failed[address] = [*recent[1 - FAILURES :], now]
            while len(self._failed) > ADDRESSES:
                self._failed.popitem(last=False)
