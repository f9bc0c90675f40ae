from __future__ import annotations

from pathlib import Path

import pytest

from huawu.batch.sizing import Machine, Plan, _available, _group_room, _quota, folder_bytes, plan

pytestmark = pytest.mark.unit
GB = 1 << 30
MODEL = 1 * GB


def test_a_worker_for_each_processor() -> None:
    made = plan(Machine(processors=8, memory=16 * GB), MODEL)

    assert made == Plan(
        workers=8,
        threads=2,
        judges=8,
        why="8 workers, up to 2 threads each, 8 judges: 8 processors, 16.0 GB of memory free; "
        "model 1.3 GB shared, 160 MB more for each worker",
    )


def test_fewer_where_memory_is_short() -> None:
    made = plan(Machine(processors=8, memory=3 * GB), MODEL)

    assert made.workers == 3
    assert made.why.endswith("; more do not fit into memory")


def test_a_model_that_is_not_shared_counts_for_each() -> None:
    assert plan(Machine(processors=8, memory=8 * GB), MODEL, shared=False).workers == 4


def test_one_works_even_where_nothing_fits_and_is_told_so() -> None:
    made = plan(Machine(processors=2, memory=1 * GB), MODEL)

    assert (made.workers, made.judges) == (1, 1)
    assert made.why.endswith("may need 2.3 GB, more than is free")


def test_everything_can_be_asked_for() -> None:
    made = plan(Machine(processors=2, memory=16 * GB), MODEL, workers=5, threads=1, judges=3)

    assert (made.workers, made.threads, made.judges) == (5, 1, 3)
    assert made.why.startswith("5 workers, up to 1 thread each, 3 judges: 2 processors")
    assert made.why.endswith("as asked")


def test_the_machine_here_has_something() -> None:
    here = Machine.here()

    assert here.processors >= 1
    assert here.memory > 0


def test_a_group_limits_what_is_in_it(tmp_path: Path) -> None:
    root, membership = tmp_path / "cgroup", tmp_path / "membership"
    inner = root / "slice/job"
    inner.mkdir(parents=True)
    membership.write_text("0::/slice/job\n")
    (root / "slice/cpu.max").write_text("150000 100000\n")
    (inner / "cpu.max").write_text("max 100000\n")
    (inner / "memory.max").write_text("1000\n")
    (inner / "memory.current").write_text("700\n")
    (inner / "memory.stat").write_text("active_file 20\ninactive_file 50\n")
    (root / "slice/memory.max").write_text("max\n")

    assert _quota(root, membership) == 1.5
    assert _group_room(root, membership) == 350


def test_a_group_of_the_old_kind_limits_too(tmp_path: Path) -> None:
    for name, text in {
        "cpu/cpu.cfs_quota_us": "200000",
        "cpu/cpu.cfs_period_us": "100000",
        "memory/memory.limit_in_bytes": "1000",
        "memory/memory.usage_in_bytes": "900",
        "memory/memory.stat": "total_inactive_file 100",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)

    assert _quota(tmp_path, tmp_path / "none") == 2
    assert _group_room(tmp_path, tmp_path / "none") == 200


def test_where_nothing_limits(tmp_path: Path) -> None:
    assert _quota(tmp_path, tmp_path / "none") is None
    assert _group_room(tmp_path, tmp_path / "none") == 1 << 62


def test_free_memory_is_what_can_be_had(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemTotal: 100 kB\nMemFree: 10 kB\nMemAvailable: 60 kB\n")

    assert _available(tmp_path / "meminfo") == 60 * 1024


def test_a_folder_is_as_large_as_its_files(tmp_path: Path) -> None:
    (tmp_path / "am").mkdir()
    (tmp_path / "am/final.mdl").write_bytes(b"x" * 10)
    (tmp_path / "README").write_bytes(b"x" * 5)

    assert folder_bytes(tmp_path) == 15
