"""Recordings of a batch on an object store: a real server, over HTTP."""
# ruff: noqa: F811

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import fsspec
import pytest

from calls.errors import BatchError
from calls.objectstore import ObjectStores, ObjectUrl
from huawu.batch.entry import Entry
from huawu.batch.sources import NameTemplate, Tally, entries
from huawu.batch.sources import bucket as listing
from tests.s3_server import Bucket, bucket, s3_address  # noqa: F401

pytestmark = pytest.mark.integration


@pytest.fixture
def archive(bucket: Bucket, tmp_path: Path) -> str:
    """The URL of an archive of a few recordings."""
    file = tmp_path / "upload"
    file.write_bytes(b"sound")
    for name in (
        "2026/b.wav",
        "2026/11/a.mp3",
        "2026/售后 1.wav",
        "2026/.h.wav",
        "2026/notes.txt",
        "20260.wav",
    ):
        ObjectStores.of().put(file, bucket.url + name)
    return bucket.url


def names(source: str, tally: Tally | None = None) -> list[str]:
    return [each.place.split("/", 3)[3] for each in entries(source, tally=tally)]


def test_what_lies_below_a_url_page_by_page(archive: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGE", 2)
    tally = Tally()

    assert names(f"{archive}2026", tally) == ["2026/11/a.mp3", "2026/b.wav", "2026/售后 1.wav"]
    assert tally.lines() == ["files left out: 2 (1 hidden, 1 .txt)"]
    assert names(archive, Tally())[-1] == "20260.wav"


def test_the_source_itself_needs_no_leave(archive: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUAWU_OBJECT_STORES")

    assert names(f"{archive}2026/11/") == ["2026/11/a.mp3"]


def test_one_recording(archive: str) -> None:
    assert list(entries(f"{archive}2026/b.wav")) == [Entry(place=f"{archive}2026/b.wav", size=5)]


def test_a_template_reads_their_names(archive: str) -> None:
    template = NameTemplate.parse("{started_at:%Y}/{started_at:%m%d%H%M}*/{queue}.wav")
    assert [each.queue for each in entries(f"{archive}2026/b.wav", template=template)] == [""]
    (entry,) = entries(f"{archive}2026/b.wav", template=NameTemplate.parse("{team}/{queue}.wav"))
    assert (entry.team, entry.queue) == ("2026", "b")


def test_a_manifest_there_points_to_what_lies_beside_it(
    archive: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "list.csv"
    file.write_text(
        "path,started_at\n11/a.mp3,2026-11-02 09:15:00+08:00\n"
        f"{archive}2026/b.wav,\ns3://another/c.wav,\n../20260.wav,\n"
    )
    ObjectStores.of().put(file, f"{archive}2026/list.csv")
    monkeypatch.delenv("HUAWU_OBJECT_STORES")
    tally = Tally()

    assert list(entries(f"{archive}2026/list.csv", tally=tally)) == [
        Entry(place=f"{archive}2026/11/a.mp3", started_at=datetime(2026, 11, 2, 1, 15, tzinfo=UTC), line=2),
        Entry(place=f"{archive}2026/b.wav", line=3),
    ]
    assert [line.split(": ", 2)[2].split(" → ")[0] for line in tally.told] == [
        f"s3://another/c.wav is not allowed: HUAWU_OBJECT_STORES allows {archive}2026/",
        f"'{archive}2026/../20260.wav': its path has steps or control characters",
    ]


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("2027/", "there is nothing below it → check the bucket and the folder"),
        ("none.csv", "it does not exist → check the bucket and the name"),
    ],
)
def test_what_is_not_there(archive: str, source: str, complaint: str) -> None:
    with pytest.raises(BatchError, match=complaint):
        names(archive + source)


def test_a_bucket_that_is_not_there(archive: str) -> None:
    with pytest.raises(
        BatchError, match="s3://no-such-bucket/: it does not exist → check the bucket and the name"
    ):
        names("s3://no-such-bucket")


def test_other_stores_are_walked_folder_by_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    files = fsspec.filesystem("memory")
    for name in ("b.wav", "a/c.wav", "a/d.txt"):
        files.pipe_file(f"/walked/rec/{name}", b"sound")
    monkeypatch.setattr(listing, "filesystem", lambda scheme: files)

    tally = Tally()
    found = list(listing.objects_below(ObjectUrl("gs", "walked", "rec"), tally))

    assert found == [
        Entry(place="gs://walked/rec/a/c.wav", size=5),
        Entry(place="gs://walked/rec/b.wav", size=5),
    ]
    assert tally.left_out == {".txt": 1}
