from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from calls import stocktaking
from calls.recordings import RecordingFolder
from calls.records import Call, Recording
from calls.sealing import keys_of, new_key
from calls.stocktaking import Stock, take_stock
from calls.store import Store
from tests.calls.test_store import NOON, a_call

pytestmark = pytest.mark.integration
RESTORE = "take it from the backup, or transcribe nothing from it"


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "huawu.db") as opened:
        yield opened


def recorded(folder: RecordingFolder, call_id: str, seconds: float = 1.0) -> Recording:
    writer = folder.start(call_id, started=NOON)
    sound = b"\xd5" * round(8000 * seconds)
    writer.write(sound, sound)
    return writer.close()


def ended(call_id: str) -> Call:
    return a_call(id=call_id, ended_at=NOON)


def told(store: Store, folder: RecordingFolder, *, sums: bool = False) -> list[str]:
    return [str(each) for each in take_stock(store, folder, NOON, Stock(), sums=sums)]


def test_recordings_as_they_were_made_are_in_order(held: Store, recordings: RecordingFolder) -> None:
    stock = Stock()
    ids = [f"c{number}" for number in range(5)]
    held.add(*map(ended, ids), *(recorded(recordings, each) for each in ids))
    held.add(Recording(call_id="c0", uri="s3://archive/c0.wav", channels=()))

    assert list(take_stock(held, recordings, NOON, stock, sums=True)) == []
    assert stock == Stock(looked_at=5, elsewhere=1)


def test_what_is_missing_empty_cut_off_or_changed_is_told(held: Store, recordings: RecordingFolder) -> None:
    ids = ("changed", "cut", "empty", "missing", "whole")
    made = {each: recorded(recordings, each) for each in ids}
    held.add(*map(ended, ids), *made.values())
    path = {each: recordings.path(recording) for each, recording in made.items()}
    path["missing"].unlink()
    path["empty"].write_bytes(b"")
    path["cut"].write_bytes(path["cut"].read_bytes()[: 58 + 8000])
    content = bytearray(path["changed"].read_bytes())
    content[-1] ^= 1
    path["changed"].write_bytes(content)
    day = "2026/03/02"

    quick = sorted(told(held, recordings))
    thorough = sorted(told(held, recordings, sums=True))

    assert quick == [
        f"recording of call cut: {day}/cut.wav: has 0.50 s of sound, 1.00 s were recorded → {RESTORE}",
        f"recording of call empty: {day}/empty.wav: is empty → {RESTORE}",
        f"recording of call missing: {day}/missing.wav: is missing → {RESTORE}",
    ]
    assert thorough == sorted(
        [
            *quick,
            f"recording of call changed: {day}/changed.wav: its checksum differs: it was changed → {RESTORE}",
        ]
    )


def test_sealed_recordings_are_compared_by_what_is_in_them(held: Store, tmp_path: Path) -> None:
    keys = keys_of(new_key(), "the test")
    sealed = RecordingFolder(tmp_path / "recordings", keys)
    made = [recorded(sealed, each, 10.0) for each in ("good", "bad")]
    held.add(ended("good"), ended("bad"), *made)
    for each in made:
        assert sealed.seal(each)
    content = bytearray(sealed.path(made[1]).read_bytes())
    content[-1] ^= 1
    sealed.path(made[1]).write_bytes(content)

    assert told(held, sealed) == []
    (fault,) = told(held, sealed, sums=True)
    assert fault.startswith("recording of call bad: 2026/03/02/bad.wav: the part at byte 131072 was changed")
    (first, second) = told(held, RecordingFolder(tmp_path / "recordings"))
    assert "is sealed with the key" in first and "is sealed with the key" in second


def test_a_number_in_the_name_of_somebody_elses_file_is_not_shown(
    held: Store, recordings: RecordingFolder
) -> None:
    held.add(ended("c"), Recording(call_id="c", uri="file:///archive/13812345678.wav", channels=()))

    assert told(held, recordings) == [
        "recording of call c: file:///archive/•••••••5678.wav: is missing → put the file back"
    ]


def test_a_call_that_runs_is_no_fault_and_one_whose_process_died_is(
    held: Store, recordings: RecordingFolder
) -> None:
    started = NOON - timedelta(hours=2)
    running, dead, silent = (a_call(id=each, started_at=started) for each in ("runs", "dead", "silent"))
    old = a_call(id="old", started_at=NOON - timedelta(hours=30))
    writer = recordings.start("runs", started=NOON)
    unfinished = replace(recorded(recordings, "dead"), sha256="", seconds=0.0)
    held.add(running, dead, silent, old, writer.recording, unfinished)

    found = told(held, recordings, sums=True)
    writer.close()

    assert found == [
        f"open call: {call_id}: began {hours} h ago and never ended → close it: huawu recover"
        for call_id, hours in (("dead", 2), ("old", 30))
    ]


def test_stock_is_taken_page_by_page(
    held: Store, recordings: RecordingFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stocktaking, "PAGE", 2)
    ids = [f"c{number}" for number in range(5)]
    held.add(*map(ended, ids))
    held.add(*(Recording(id=f"r{each}", call_id=each, uri=f"{each}.wav", channels=()) for each in ids))
    steps: list[None] = []

    found = list(take_stock(held, recordings, NOON, Stock(), step=lambda: steps.append(None)))

    assert [each.subject for each in found] == [f"{each}.wav" for each in ids]
    assert len(steps) == 5
