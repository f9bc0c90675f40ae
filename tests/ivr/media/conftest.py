from __future__ import annotations

from collections.abc import Iterator

import pytest

from ivr.media.uring import Uring, open_uring


@pytest.fixture(params=["epoll", "uring"])
def uring(request: pytest.FixtureRequest) -> Iterator[Uring | None]:
    """Both ways to the network, one after the other."""
    if request.param == "epoll":
        yield None
        return
    try:
        ring = open_uring()
    except OSError:
        pytest.skip("io_uring is not permitted here")
    yield ring
    ring.close()
