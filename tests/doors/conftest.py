"""A centre with agents, and the calls that are made to it beside each other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from calls.recordings import RecordingFolder
from calls.records import Queue
from tests.doors.running import Kept, RunningCentre, queue_names
from tests.doors.staff import PEOPLE

Journey = Callable[[RunningCentre], Kept]

#: Calls at a time: most of a call is listening.
_BESIDE = 6


def pytest_configure(config: pytest.Config) -> None:
    """A test says by this marker which call it is about."""
    config.addinivalue_line("markers", "journey(call): the call that the fixture kept is about")


class Calls:
    """Makes calls beside each other, the longest first, and returns what is kept of each."""

    def __init__(self, centre: RunningCentre, journeys: list[Journey]) -> None:
        self._pool = ThreadPoolExecutor(_BESIDE, thread_name_prefix="call")
        self._made: dict[Journey, Future[Kept]] = {
            each: self._pool.submit(each, centre) for each in dict.fromkeys(journeys)
        }

    def kept(self, journey: Journey) -> Kept:
        """Return what is kept of a call, when it is over."""
        failure = self._made[journey].exception()
        if failure is not None:
            raise failure.with_traceback(None)  # another test may have shown where already
        return self._made[journey].result()

    def close(self) -> None:
        """Make no more."""
        self._pool.shutdown(cancel_futures=True)


@pytest.fixture(scope="package")
def centre() -> Iterator[RunningCentre]:
    """A centre whose agents are at work, where there are any."""
    queues = [Queue(id=name, skills=(name,)) for name in queue_names()]  # others are served by everybody
    agents = [each.agent for each in PEOPLE.values()]
    with RunningCentre(agents=agents, queues=queues) as running:
        for agent in agents:
            running.ask(f"/agents/{agent.id}/login", "POST")
        running.wait_for_prompts()
        yield running


@pytest.fixture(scope="package")
def calls(centre: RunningCentre, request: pytest.FixtureRequest) -> Iterator[Calls]:
    """The calls that the tests of this run are about."""
    marks = [mark for item in request.session.items for mark in item.iter_markers("journey")]
    made = Calls(centre, [mark.args[0] for mark in marks])
    yield made
    made.close()


@pytest.fixture
def kept(calls: Calls, centre: RunningCentre, request: pytest.FixtureRequest) -> Kept:
    """What is kept of the test's call; its recording is whole, if it was answered."""
    mark = request.node.get_closest_marker("journey")
    assert mark is not None, "the test does not say which call it is about"
    kept = calls.kept(mark.args[0])
    if kept.recording is not None:
        data = RecordingFolder(centre.folder / "recordings").path(kept.recording).read_bytes()
        assert hashlib.sha256(data).hexdigest() == kept.recording.sha256
        assert kept.recording.flags == ()
        assert kept.recording.seconds == len(kept.sound) / 8000
    return kept
