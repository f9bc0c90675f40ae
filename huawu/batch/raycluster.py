"""Tasks done by the nodes of a Ray cluster (extra ``ray``).

Ray places one actor on each node and tells when a node dies. On its node the actor is what
:class:`~huawu.batch.local.LocalExecutor` is on one machine: it holds the model once, forks workers that share
it, bears crashes and keeps time. So a recording has the same results, and the same reasons where it has none,
wherever it is done.

Every node needs huawu of the same version, the recordings under the same paths or URLs, the keys of sealed
ones in its environment, and the model: by its path, or by its name, which a node that lacks it fetches.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import structlog

from calls.errors import BatchError, HuawuError, ModelError
from huawu.batch.crew import Limits
from huawu.batch.local import DEPTH, LocalExecutor
from huawu.batch.sizing import Machine, Plan, plan_for
from huawu.batch.tasks import Kind, NotDone, Result, Task

if TYPE_CHECKING:
    from speech.engines import AnyFolder

#: What names a cluster of this machine alone, made for the job.
LOCAL = "local"
#: Bytes for results on their way, on a node that we start ourselves.
STORE_BYTES = 100 << 20
#: Nodes that may die with a task before it is given up.
MOST_NODES = 3
#: Actors that may die in a row without a task done in between.
MOST_DEATHS = 5
#: Seconds between two looks for new nodes, and those in which the first must be there.
LOOK_SECONDS, START_SECONDS = 5.0, 300.0
#: Seconds that a cluster has to take a connection.
ANSWER_SECONDS = 10.0

_log = structlog.get_logger(__name__)


class Station:
    """The workers of one node. An actor of Ray.

    Parameters
    ----------
    model : str or None
        The recogniser's name.
    processors : int
        That Ray has given.
    workers : int or None
        What somebody wants instead of what suits the node.
    limits : Limits
    environment : mapping of str to str
        Set on the node in addition.
    """

    def __init__(
        self,
        model: str | None,
        processors: int,
        workers: int | None,
        limits: Limits,
        environment: Mapping[str, str],
    ) -> None:
        os.environ.update(environment)
        self._model, self._processors, self._workers, self._limits = model, processors, workers, limits
        self._executor: LocalExecutor | None = None
        self._futures: dict[int, asyncio.Future[Result | HuawuError]] = {}

    async def begin(self) -> tuple[str, Plan | HuawuError]:
        """Return the version of huawu here, and who works; or why nobody can."""
        try:
            folder = model_here(self._model)
        except HuawuError as error:
            return version("huawu"), error
        machine = Machine(processors=self._processors, memory=Machine.here().memory)
        made = plan_for(folder, machine, workers=self._workers)
        self._executor = LocalExecutor(made, self._model, limits=self._limits)
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._collect, args=(self._executor, loop), daemon=True).start()
        return version("huawu"), made

    async def do(self, task: Task) -> Result | HuawuError:
        """Do a task; the error is one after which nothing can be done here."""
        assert self._executor is not None, "begin first"
        future: asyncio.Future[Result | HuawuError] = asyncio.get_running_loop().create_future()
        self._futures[id(task)] = future
        self._executor.submit(task)
        try:
            return await future
        finally:
            del self._futures[id(task)]

    async def pids(self) -> tuple[int, ...]:
        """Return the processes of the workers that live."""
        return self._executor.pids if self._executor else ()

    def _collect(self, executor: LocalExecutor, loop: asyncio.AbstractEventLoop) -> None:
        try:
            while True:
                for task, result in executor.wait(60.0):
                    loop.call_soon_threadsafe(self._resolve, id(task), result)
        except HuawuError as error:
            while True:  # whoever asks from now on, too
                for number in [*self._futures]:
                    loop.call_soon_threadsafe(self._resolve, number, error)
                time.sleep(0.2)

    def _resolve(self, number: int, result: Result | HuawuError) -> None:
        future = self._futures.get(number)
        if future is not None and not future.done():
            future.set_result(result)


def model_here(name: str | None) -> AnyFolder:
    """Return the folder of a model on this node, fetched if its name is known and it is not there.

    Raises
    ------
    ModelError, FetchError
        There is none, and it cannot be had.
    """
    from speech.engines import find_recogniser
    from speech.fetch import fetch
    from speech.manifest import read_manifest

    try:
        return find_recogniser(name)
    except ModelError:
        entry = read_manifest().get(name or "")
        if entry is None:
            raise
        return fetch(entry).folder


@dataclass(slots=True)
class _Job:
    task: Task
    deaths: int = 0


@dataclass(slots=True, eq=False)
class _Post:
    """A station, as seen from here."""

    node: str
    host: str
    actor: Any
    begun: Any  # the answer of its begin, to come
    room: int = 0
    jobs: dict[Any, _Job] = field(default_factory=dict)


class RayExecutor:
    """An :class:`~huawu.batch.tasks.Executor` of a Ray cluster.

    Tasks whose node dies are done by another. Nodes that join later are used as well.

    Parameters
    ----------
    address : str
        Of a cluster (``host:port``, or ``auto`` on one of its nodes), or :data:`LOCAL`.
    model : str, optional
        The recogniser's name, as of ``--model``.
    workers : int, optional
        Of each node; as many as it bears by default.
    say : callable, optional
        Is told, in one line, who works where.
    limits : Limits, optional
    environment : mapping of str to str, optional
        Set on every node in addition.

    Raises
    ------
    BatchError
        Ray is not installed, there is no cluster, no node has a free processor or another huawu.
    """

    def __init__(
        self,
        address: str = LOCAL,
        model: str | None = None,
        *,
        workers: int | None = None,
        say: Callable[[str], None] = lambda line: None,
        limits: Limits | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._ray, self._ours = _connected(address)
        self._address, self._model = address, model
        self._workers, self._say, self._limits = workers, say, limits or Limits()
        self._environment = dict(environment or {})
        self._posts: dict[str, _Post] = {}
        self._again: deque[_Job] = deque()
        self._done: list[tuple[Task, Result]] = []
        self._looked = float("-inf")
        self._deaths = 0
        self._closed = False
        try:
            self._begin()
        except BaseException:
            self.close()
            raise

    @property
    def room(self) -> int:
        """How many more tasks it takes now."""
        return max(0, sum(post.room - len(post.jobs) for post in self._posts.values()) - len(self._again))

    def pids(self) -> dict[str, tuple[int, ...]]:
        """Return the processes of the workers that live, by the id of their node."""
        return {node: self._ray.get(post.actor.pids.remote()) for node, post in self._posts.items()}

    def submit(self, task: Task) -> None:
        """Begin a task on the node that has most room."""
        self._again.append(_Job(task))
        self._hand_out()

    def wait(self, seconds: float) -> Sequence[tuple[Task, Result]]:
        """Return what is done, as soon as there is anything, or nothing after so many seconds.

        Raises
        ------
        HuawuError
            A model cannot be loaded, or no node is left.
        """
        until = time.monotonic() + seconds
        while not self._done and (left := until - time.monotonic()) > 0:
            self._look(time.monotonic())
            self._hand_out()
            pending = [ref for post in self._posts.values() for ref in (*post.jobs, post.begun) if ref]
            if not pending:
                time.sleep(min(left, 0.2))  # for a node to join
                continue
            ready, _ = self._ray.wait(
                pending, num_returns=1, timeout=min(left, LOOK_SECONDS), fetch_local=False
            )
            if ready:  # and whatever else is there by now
                ready, _ = self._ray.wait(pending, num_returns=len(pending), timeout=0, fetch_local=False)
            for ref in ready:
                self._hear(ref)
        done, self._done = self._done, []
        return done

    def close(self) -> None:
        """End the actors and, where it was made for us, the cluster. Idempotent."""
        if self._closed:
            return
        self._closed = True
        for post in self._posts.values():
            self._ray.kill(post.actor)
        self._posts.clear()
        if self._ours:
            self._ray.shutdown()

    def __enter__(self) -> RayExecutor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _begin(self) -> None:
        until = time.monotonic() + START_SECONDS
        while not any(post.room for post in self._posts.values()):
            if time.monotonic() > until:
                raise BatchError(
                    f"no node of {self._address} has given processors within {START_SECONDS:.0f} s",
                    "ask for fewer with --jobs, or wait for other jobs of the cluster",
                )
            self._look(time.monotonic())
            begun = [post.begun for post in self._posts.values() if post.begun]
            ready, _ = self._ray.wait(begun, timeout=LOOK_SECONDS) if begun else ([], [])
            for ref in ready:
                self._hear(ref)

    def _look(self, now: float) -> None:
        """Open a station on each node that has none."""
        if now - self._looked < LOOK_SECONDS:
            return
        self._looked = now
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        for node in self._ray.nodes():
            name, processors = node["NodeID"], int(node["Resources"].get("CPU", 0))
            if not node["Alive"] or not processors or name in self._posts:
                continue
            given = min(processors, self._workers or processors)
            actor = (
                self._ray.remote(Station)
                .options(
                    num_cpus=given,
                    max_restarts=0,  # whoever comes instead must begin first
                    scheduling_strategy=NodeAffinitySchedulingStrategy(name, soft=False),
                )
                .remote(self._model, given, self._workers, self._limits, self._environment)
            )
            host = node["NodeManagerHostname"]
            self._posts[name] = _Post(name, host, actor, actor.begin.remote())

    def _hand_out(self) -> None:
        while self._again:
            post = max(self._posts.values(), key=lambda each: each.room - len(each.jobs), default=None)
            if post is None or len(post.jobs) >= post.room:
                return
            job = self._again.popleft()
            post.jobs[post.actor.do.remote(job.task)] = job

    def _hear(self, ref: Any) -> None:
        post = next((each for each in self._posts.values() if ref == each.begun or ref in each.jobs), None)
        if post is None:  # its node died in the meantime
            return
        try:
            answer = self._ray.get(ref)
        except self._ray.exceptions.RayTaskError:  # a defect of ours
            raise
        except self._ray.exceptions.RayError as error:
            self._lost(post, error)
            return
        if ref == post.begun:
            post.begun = None
            there, made = answer
            if there != version("huawu"):
                raise BatchError(
                    f"node {post.host} has huawu {there}, this is {version('huawu')}", "install the same"
                )
            if isinstance(made, HuawuError):
                raise made
            post.room = DEPTH * max(made.workers, made.judges)
            self._say(f"node {post.host}: {made.why}")
        elif isinstance(answer, HuawuError):
            raise answer
        else:
            self._deaths = 0
            self._done.append((post.jobs.pop(ref).task, answer))

    def _lost(self, post: _Post, error: Exception) -> None:
        """Take back the tasks of a station that is no more."""
        del self._posts[post.node]
        self._looked = float("-inf")
        self._deaths += 1
        _log.warning("a node died, its tasks go to others", host=post.host, tasks=len(post.jobs))
        if self._deaths > MOST_DEATHS:
            raise BatchError(f"nodes of {self._address} die one after the other: {error}", "look at its logs")
        for job in reversed(post.jobs.values()):
            job.deaths += 1
            if job.deaths < MOST_NODES:
                self._again.appendleft(job)
            else:
                reason = f"{job.deaths} nodes died while they did it"
                self._done.append((job.task, NotDone(kind=Kind.CRASH, reason=reason)))


def _connected(address: str) -> tuple[Any, bool]:
    """Return Ray, connected to a cluster, and whether the connection is ours to end."""
    # it reads these when it is imported
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
        import ray.exceptions
    except ModuleNotFoundError:
        raise BatchError("Ray is not installed", "pip install 'huawu[ray]'") from None
    if ray.is_initialized():
        return ray, False
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    if address == LOCAL:
        cpus = Machine.here().processors
        quiet |= {"num_cpus": cpus, "include_dashboard": False, "object_store_memory": STORE_BYTES}
    else:
        quiet["address"] = address
    before = signal.getsignal(signal.SIGTERM)
    try:
        if address != LOCAL:
            _require_answer(address)
        ray.init(**quiet)
    except (OSError, RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())[:300]
        raise BatchError(f"no Ray cluster at {address}: {reason}", "start one with 'ray start'") from None
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, before)  # Ray takes it, and would exit where we end in order
    return ray, True


def _require_answer(address: str) -> None:
    """Refuse an address where nobody listens: Ray itself would try for minutes, and then end the process."""
    host, _, port = address.rpartition("/")[2].rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host, int(port)), timeout=ANSWER_SECONDS).close()
