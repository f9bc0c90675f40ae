"""Many sends and receives by one call of the system: io_uring, as far as datagrams need it.

A request is an entry of 64 bytes in memory that is shared with the kernel, an answer one of 16, so numpy
writes a thousand requests as it writes any array. What is used of io_uring(7) is small and free of its traps:
every request says that it must not wait (``MSG_DONTWAIT``), so all of them are done, or refused, before the
call of io_uring_enter(2) returns. Nothing is under way when a socket is closed or a buffer is used again,
answers cannot outnumber their queue, and no other thread reads or writes the queues.

The layouts are those of ``linux/io_uring.h``; Linux 5.17 is the first that has all of it. Containers often
forbid the calls: :func:`open_uring` tries everything once.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import socket
from typing import Any

import numpy as np
import numpy.typing as npt

#: Requests of one call, at most; more are done by several. Longer queues would not stay in the cache.
ENTRIES = 256

#: A request, ``struct io_uring_sqe``, as far as it is filled in.
REQUEST = np.dtype(
    {
        "names": ["operation", "flags", "descriptor", "address", "length", "message_flags", "tag"],
        "formats": ["u1", "u1", "i4", "u8", "u4", "u4", "u8"],
        "offsets": [0, 1, 4, 16, 24, 28, 32],
        "itemsize": 64,
    }
)
#: An answer, ``struct io_uring_cqe``: the request's tag, and bytes or a negative error number.
ANSWER = np.dtype([("tag", "<u8"), ("result", "<i4"), ("flags", "<u4")])

_WORDS = np.dtype(np.uint64)  # numpy copies records field by field
_SETUP, _ENTER = 425, 426  # of every machine's system calls
_SEND, _RECEIVE = 26, 27  # IORING_OP_SEND, IORING_OP_RECV
_TELL_FAILURE_ONLY = 1 << 6  # IOSQE_CQE_SKIP_SUCCESS
_GO_ON = 1 << 7  # IORING_SETUP_SUBMIT_ALL: a request that fails does not stop those behind it
_ONE_MAPPING, _CAN_SKIP = 1 << 0, 1 << 11  # IORING_FEAT_SINGLE_MMAP, IORING_FEAT_CQE_SKIP
_REQUESTS_AT = 0x10000000  # IORING_OFF_SQES
_MESSAGE_FLAGS = socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL

# struct io_uring_params in words of 32 bits: where its fields are, and those of its two parts
_PARAMETERS, _FLAGS, _FEATURES, _SUBMISSION, _COMPLETION = 30, 2, 5, 10, 20
_HEAD, _TAIL, _MASK = 0, 1, 2
_ARRAY, _ANSWERS = 6, 5

# The lock of Python is kept: the clock's own thread calls, and would have to wait to get it back.
_LIBC = ctypes.PyDLL(None, use_errno=True)
_syscall = _LIBC.syscall
_syscall.restype = ctypes.c_long

_Words = npt.NDArray[np.uint32]


class Uring:
    """The queues. To be used by one thread.

    Parameters
    ----------
    entries : int, optional
        Requests of one call, a power of two.

    Raises
    ------
    OSError
        The system has no io_uring, an old one, or forbids it.
    """

    def __init__(self, entries: int = ENTRIES) -> None:
        parameters = np.zeros(_PARAMETERS, np.uint32)
        parameters[_FLAGS] = _GO_ON
        self._descriptor = _checked(
            _syscall(_SETUP, ctypes.c_uint(entries), ctypes.c_void_p(parameters.ctypes.data))
        )
        try:
            self._map(parameters)
        except BaseException:
            os.close(self._descriptor)
            raise

    def _map(self, parameters: _Words) -> None:
        features = int(parameters[_FEATURES])
        if not (features & _ONE_MAPPING and features & _CAN_SKIP):
            raise OSError("an io_uring of Linux 5.17 is needed")
        self._entries, answers = int(parameters[0]), int(parameters[1])
        at, back = parameters[_SUBMISSION:].tolist(), parameters[_COMPLETION:].tolist()
        size = max(at[_ARRAY] + 4 * self._entries, back[_ANSWERS] + ANSWER.itemsize * answers)
        queues = mmap.mmap(self._descriptor, size, mmap.MAP_SHARED)
        requests = mmap.mmap(
            self._descriptor, REQUEST.itemsize * self._entries, mmap.MAP_SHARED, offset=_REQUESTS_AT
        )
        self._requests = np.frombuffer(requests, _WORDS).reshape(-1, REQUEST.itemsize // _WORDS.itemsize)
        # Which entry is the next one: always the next one.
        np.frombuffer(queues, np.uint32, self._entries, at[_ARRAY])[:] = np.arange(self._entries)
        self._tail = np.frombuffer(queues, np.uint32, 1, at[_TAIL])
        self._answers = np.frombuffer(queues, ANSWER, answers, back[_ANSWERS])
        self._answers_head = np.frombuffer(queues, np.uint32, 1, back[_HEAD])
        self._answers_tail = np.frombuffer(queues, np.uint32, 1, back[_TAIL])
        self._wrap = answers - 1

    def close(self) -> None:
        """Give the queues back to the system."""
        os.close(self._descriptor)

    def run(self, requests: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Do what is asked; return the answers.

        Parameters
        ----------
        requests : REQUEST array, shape (n,)
            Made by :func:`sends` or :func:`receives`.

        Returns
        -------
        ANSWER array, shape (m,)
            One of each receive, and one of each send that failed.

        Raises
        ------
        OSError
            The system refuses all at once.
        """
        if len(requests) > self._entries:
            parts = range(0, len(requests), self._entries)
            return np.concatenate([self.run(requests[at : at + self._entries]) for at in parts])
        tail, count = int(self._tail[0]), len(requests)
        words = requests.view(_WORDS).reshape(-1, self._requests.shape[1])
        first = tail & (self._entries - 1)
        fits = min(count, self._entries - first)
        self._requests[first : first + fits] = words[:fits]
        self._requests[: count - fits] = words[fits:]
        self._tail[0] = tail + count & 0xFFFFFFFF
        while count:
            done = _checked(_syscall(_ENTER, self._descriptor, count, 0, 0, None, 0))
            if not done:
                raise OSError("io_uring takes no requests")
            count -= done
        return self._fetched()

    def _fetched(self) -> npt.NDArray[Any]:
        head, tail = int(self._answers_head[0]), int(self._answers_tail[0])
        first, end = head & self._wrap, (head + (tail - head & 0xFFFFFFFF)) & self._wrap
        if head == tail:
            return self._answers[:0]
        if first < end:
            answers = self._answers[first:end].copy()
        else:
            answers = np.concatenate([self._answers[first:], self._answers[:end]])
        self._answers_head[0] = tail
        return answers


def sends(rows: npt.NDArray[np.uint8]) -> npt.NDArray[Any]:
    """Return requests to send each row, tagged by its number; their descriptors are still missing.

    Parameters
    ----------
    rows : uint8 array, shape (n, bytes), its rows contiguous
        Has to stay where it is as long as the requests are used.
    """
    requests = _requests(_SEND, rows)
    requests["flags"] = _TELL_FAILURE_ONLY
    return requests


def receives(rows: npt.NDArray[np.uint8]) -> npt.NDArray[Any]:
    """Return requests to receive into each row, as :func:`sends` does."""
    return _requests(_RECEIVE, rows)


def open_uring() -> Uring:
    """Return queues that were seen to work.

    Raises
    ------
    OSError
        They do not work here.
    """
    ring = Uring()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with ours, theirs:
        rows = np.array([[1, 2], [0, 0]], np.uint8)
        send, receive = sends(rows[:1]), receives(rows[1:])
        send["descriptor"], receive["descriptor"] = ours.fileno(), theirs.fileno()
        try:
            told = [ring.run(each).tolist() for each in (send, receive, receive)]
            if told != [[], [(0, 2, 0)], [(0, -11, 0)]] or rows[1].tolist() != [1, 2]:
                raise OSError(f"io_uring answers {told}")
        except OSError:
            ring.close()
            raise
    return ring


def _requests(operation: int, rows: npt.NDArray[np.uint8]) -> npt.NDArray[Any]:
    assert rows.strides[1] == 1
    requests = np.zeros(len(rows), REQUEST)
    requests["operation"] = operation
    requests["descriptor"] = -1
    requests["address"] = rows.ctypes.data + rows.strides[0] * np.arange(len(rows))
    requests["length"] = rows.shape[1]
    requests["message_flags"] = _MESSAGE_FLAGS
    requests["tag"] = np.arange(len(rows))
    return requests


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
