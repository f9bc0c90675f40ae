"""What people and machines are told of a job: its bar, its report, its figures for Prometheus."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console

from calls.batches import BatchFile, FileState, Step, file_id
from calls.errors import BatchError
from calls.store import Store
from huawu.batch.figures import Figures
from huawu.batch.ledger import Ledger
from huawu.batch.metrics import EVERY, Metrics
from huawu.batch.progress import JobProgress, told
from huawu.batch.report import Report

pytestmark = pytest.mark.integration
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def file(name: str, state: FileState, step: Step, reason: str = "") -> BatchFile:
    place = f"/archive/{name}.wav"
    return BatchFile(
        id=file_id(place), place=place, batch="b", state=state, step=step, reason=reason, changed_at=NOON
    )


def some_files() -> list[BatchFile]:
    return [
        file("a", FileState.DONE, Step.DONE),
        file("b", FileState.FAILED, Step.INGEST, "/archive/b.wav is empty (0 bytes)"),
        file("c", FileState.WAITING, Step.ANALYSE),
        file("d", FileState.DONE, Step.DONE),
    ]


def figures() -> Figures:
    made = Figures()
    made.begin(Step.TRANSCRIBE, now=100.0, total=10)
    for _ in range(4):
        made.heard(seconds=180.0, channels=2, cpu_seconds=2.0, wall_seconds=3.6)
    return made


def test_a_running_job_tells_how_far_it_is_and_how_long_it_will_take() -> None:
    made = figures()

    assert told(made, now=108.0) == "4/10, 180 channel h/h, RTF 0.010, 0:00:12 left"
    made.failed = 2
    made.begin(Step.INGEST, now=108.0)
    assert told(made, now=109.0) == "0 files, 2 failed"


def test_where_there_is_no_terminal_a_line_is_printed_now_and_then() -> None:
    out = io.StringIO()
    with JobProgress(Console(file=out, width=200)) as progress:
        progress.show(Figures())
        progress.show(Figures())

    assert out.getvalue() == "taking in: 0 files\n"


def test_the_report_holds_every_file_and_every_fault_of_the_source(store: Store, tmp_path: Path) -> None:
    store.add(*some_files())
    path = tmp_path / "report.jsonl"
    path.write_text("an older one")

    Report(path).write(Ledger(store, "b").files(), ["calls.csv:7: path: it is empty"])

    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [(each["place"], each["state"], each["step"], each["reason"]) for each in lines] == [
        ("", "failed", "source", "calls.csv:7: path: it is empty"),
        ("/archive/c.wav", "waiting", "analyse", ""),
        ("/archive/b.wav", "failed", "ingest", "/archive/b.wav is empty (0 bytes)"),
        *sorted([("/archive/a.wav", "done", "done", ""), ("/archive/d.wav", "done", "done", "")], key=_by_id),
    ]
    assert lines[1].keys() >= {"call", "recording", "seconds", "size", "sha256", "found_at", "changed_at"}
    assert list(tmp_path.glob(".*.part")) == []


def _by_id(line: tuple[str, ...]) -> str:
    return file_id(line[0])


def test_prometheus_reads_the_figures(store: Store, tmp_path: Path) -> None:
    store.add(*some_files())
    metrics = Metrics(tmp_path / "huawu.prom", Ledger(store, "b"))

    metrics.keep(figures(), 1000.0)
    metrics.keep(Figures(), 1000.0 + EVERY / 2)

    read = {
        (each.name, *each.labels.values()): each.value
        for family in text_string_to_metric_families((tmp_path / "huawu.prom").read_text())
        for each in family.samples
    }
    assert read == {
        ("huawu_batch_waiting_files", "b", "ingest"): 0.0,
        ("huawu_batch_waiting_files", "b", "transcribe"): 0.0,
        ("huawu_batch_waiting_files", "b", "analyse"): 1.0,
        ("huawu_batch_waiting_files", "b", "index"): 0.0,
        ("huawu_batch_files", "b", "done"): 2.0,
        ("huawu_batch_files", "b", "failed"): 1.0,
        ("huawu_batch_files", "b", "duplicate"): 0.0,
        ("huawu_batch_sound_seconds", "b"): 1440.0,
        ("huawu_batch_cpu_seconds", "b"): 8.0,
        ("huawu_batch_worker_seconds", "b"): pytest.approx(14.4),
        ("huawu_batch_tries_again", "b"): 0.0,
        ("huawu_batch_running", "b"): 1.0,
        ("huawu_batch_written_timestamp_seconds", "b"): 1000.0,
    }


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("huawu.txt", r"reads files named \*.prom → name it so"),
        ("no/huawu.prom", "there is no such folder"),
    ],
)
def test_figures_that_nobody_would_read_are_refused(
    store: Store, tmp_path: Path, name: str, message: str
) -> None:
    with pytest.raises(BatchError, match=message):
        Metrics(tmp_path / name, Ledger(store, "b"))


def test_a_report_that_cannot_be_made_is_refused_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(BatchError, match="a file cannot be made there"):
        Report(tmp_path)
    with pytest.raises(BatchError, match="a file cannot be made there"):
        Report(tmp_path / "no" / "report.jsonl")
