"""Waits that take as long as a standard says, begun before the first test here that keeps real time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.lanes import keeps_real_time

Wait = Callable[[Path], Any]


def pytest_configure(config: pytest.Config) -> None:
    """A test says by this marker which wait it is about."""
    config.addinivalue_line("markers", "meanwhile(wait): the wait that the fixture outcome is about")


@pytest.fixture(scope="package")
def waits(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[Wait, Future[Any]]]:
    """The waits of this run, beside each other and beside other tests."""
    marks = [mark for item in request.session.items for mark in item.iter_markers("meanwhile")]
    begun = dict.fromkeys(mark.args[0] for mark in marks)
    with ThreadPoolExecutor(max(1, len(begun)), thread_name_prefix="wait") as pool:
        yield {each: pool.submit(each, tmp_path_factory.mktemp("wait")) for each in begun}


@pytest.fixture(autouse=True)
def _waits_have_begun(request: pytest.FixtureRequest) -> None:
    if keeps_real_time(request.node.nodeid):
        request.getfixturevalue("waits")


@pytest.fixture
def outcome(waits: dict[Wait, Future[Any]], request: pytest.FixtureRequest) -> Any:
    """What the test's wait returned, when it is over."""
    mark = request.node.get_closest_marker("meanwhile")
    assert mark is not None, "the test does not say which wait it is about"
    return waits[mark.args[0]].result()
