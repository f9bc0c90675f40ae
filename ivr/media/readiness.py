"""Which sockets have something to read: epoll(7), its answer as an array instead of a list of pairs."""

from __future__ import annotations

import ctypes
import os
import platform
import select

import numpy as np
import numpy.typing as npt

# struct epoll_event is packed on this machine only
_PACKED = platform.machine() == "x86_64"
_EVENT = np.dtype(
    {
        "names": ["events", "descriptor"],
        "formats": ["u4", "i4"],
        "offsets": [0, 4 if _PACKED else 8],
        "itemsize": 12 if _PACKED else 16,
    }
)
# It never waits, so the lock of Python is kept.
_epoll_wait = ctypes.PyDLL(None, use_errno=True).epoll_wait


class Readiness:
    """A set of sockets.

    Parameters
    ----------
    most : int
        Descriptors that are told of at once.
    """

    def __init__(self, most: int) -> None:
        self._epoll = select.epoll()
        self._most = most
        self._events = np.zeros(most, _EVENT)
        self._descriptors = self._events["descriptor"]
        self._pointer = ctypes.c_void_p(self._events.ctypes.data)
        self._number = self._epoll.fileno()

    def register(self, descriptor: int) -> None:
        """Tell of a socket from now on."""
        self._epoll.register(descriptor, select.EPOLLIN)

    def unregister(self, descriptor: int) -> None:
        """Tell of it no more."""
        self._epoll.unregister(descriptor)

    def close(self) -> None:
        """Tell of nothing any more."""
        self._epoll.close()

    def poll(self) -> npt.NDArray[np.int32]:
        """Return the descriptors that have something now, int32, shape (n,).

        Raises
        ------
        OSError
            The set is closed.
        """
        count = _epoll_wait(self._number, self._pointer, self._most, 0)
        if count < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        return self._descriptors[:count]
