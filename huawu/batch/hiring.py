"""Who does the tasks of a job: processes of this machine, or actors of a Ray cluster."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING

from calls.errors import BatchError

if TYPE_CHECKING:
    from huawu.batch.crew import Limits
    from huawu.batch.tasks import Executor


class Kind(StrEnum):
    """Where tasks are done."""

    LOCAL = "local"
    RAY = "ray"


def hiring(
    kind: Kind,
    model: str | None,
    jobs: int | None,
    ray: str | None,
    say: Callable[[str], None],
    *,
    time_limit: float | None = None,
) -> Callable[[], Executor]:
    """Return what makes the executor, when there is something to do.

    Parameters
    ----------
    kind : Kind
    model : str or None
        The recogniser's name.
    jobs : int or None
        Workers; as many as the machine bears by default.
    ray : str or None
        The cluster's address, or ``local``.
    say : callable
        Is told, in one line, how many workers there are and why.
    time_limit : float, optional
        Seconds that any recording may take; a longer one may take some times its length.

    Raises
    ------
    BatchError
        The options contradict each other.
    """
    if ray is not None and kind is not Kind.RAY:
        raise BatchError(f"--ray {ray}: the tasks are done on this machine", "say --executor ray")

    def limits() -> Limits:
        from huawu.batch.crew import Limits

        return Limits() if time_limit is None else Limits(least=time_limit)

    def local() -> Executor:
        from huawu.batch.local import LocalExecutor
        from huawu.batch.sizing import plan_for
        from speech.engines import find_recogniser

        made = plan_for(find_recogniser(model), workers=jobs)
        say(made.why)
        return LocalExecutor(made, model, limits=limits())

    def cluster() -> Executor:
        from huawu.batch.raycluster import LOCAL, RayExecutor

        return RayExecutor(ray or LOCAL, model, workers=jobs, say=say, limits=limits())

    return cluster if kind is Kind.RAY else local
