"""How pytest-xdist hands out the files of :mod:`tests.lanes`."""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

from tests.lanes import FIRST, next_file


class Lanes(LoadScopeScheduling):
    """Gives each process the next file of its lane."""

    def __init__(self, config: pytest.Config, log: Any = None) -> None:
        config.option.loadscopereorder = False  # a folder's fixtures last while its files follow each other
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0]

    def _next(self, node: WorkerController) -> str | None:
        # where the first process died, another has its files: the run fails, but it ends
        first = next((each for each in self.nodes if each.gateway.id == FIRST), self.nodes[0])
        return next_file(self.workqueue, first_lane=node is first)

    def _assign_work_unit(self, node: WorkerController) -> None:
        file = self._next(node)
        if file is not None:
            self.workqueue.move_to_end(file, last=False)
            super()._assign_work_unit(node)

    def _reschedule(self, node: WorkerController) -> None:
        if not node.shutting_down and self._next(node) is None:
            node.shutdown()
        else:
            super()._reschedule(node)


class LaneWatch:
    """Lets ``pytest -n`` hand out files by lanes."""

    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Lanes:
        """Replace the distribution that xdist would choose."""
        return Lanes(config, log)
