"""What the tests of the signalling process share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.ivr.sip.stand import Sipp


@pytest.fixture(autouse=True)
def _no_sipp_stays() -> Iterator[None]:
    yield
    while Sipp.running:
        Sipp.running.pop().close()
