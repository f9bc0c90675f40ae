"""Where the recordings of a batch come from, on this machine."""

from __future__ import annotations

import os
import tracemalloc
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from calls.errors import BatchError
from calls.recordings import open_place
from calls.records import Direction, Role
from huawu.batch.entry import Entry
from huawu.batch.sources import NameTemplate, Tally, entries

pytestmark = pytest.mark.unit

CHINA = ZoneInfo("Asia/Shanghai")


class Archive:
    """A folder with files of the names given."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def file(self, name: str | bytes, content: bytes = b"sound") -> Path:
        path = self.root / os.fsdecode(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def names(self, source: str | Path, tally: Tally | None = None) -> list[str]:
        return [os.path.relpath(each.place, self.root) for each in entries(source, tally=tally)]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


def test_a_folder_with_those_within_in_the_order_of_names(archive: Archive) -> None:
    for name in ("b.wav", "a/z.flac", "a/b/c.MP3", "a.wav", "录音/一.wav"):
        archive.file(name)

    found = list(entries(archive.root))

    assert [os.path.relpath(each.place, archive.root) for each in found] == [
        "a/b/c.MP3",
        "a/z.flac",
        "a.wav",
        "b.wav",
        "录音/一.wav",
    ]
    assert found[0] == Entry(place=str(archive.root / "a/b/c.MP3"), size=5)


def test_what_is_left_out_is_counted_and_said(archive: Archive) -> None:
    for name in ("a.wav", ".b.wav", ".peaks/x.wav", "c.wav.part", "d.txt", "e.txt", "f", "g.wav"):
        archive.file(name)
    (archive.root / "gone.wav").symlink_to("nowhere")
    (archive.root / "circle").symlink_to(archive.root)
    os.mkfifo(archive.root / "pipe.wav")
    tally = Tally()

    assert archive.names(archive.root, tally) == ["a.wav", "g.wav"]
    assert dict(tally.left_out) == {
        "hidden": 1,
        "being written": 1,
        ".txt": 2,
        "without a suffix": 1,
        "broken link": 1,
        "link in a circle": 1,
        "no plain file": 1,
    }
    assert tally.taken == 2
    (said,) = tally.lines()
    assert said.startswith("files left out: 8 (2 .txt, 1 hidden, 1 ")


def test_links_to_folders_are_followed(archive: Archive, tmp_path: Path) -> None:
    Archive(tmp_path / "elsewhere").file("a.wav")
    archive.root.mkdir()
    (archive.root / "2026").symlink_to(tmp_path / "elsewhere")

    assert archive.names(archive.root) == ["2026/a.wav"]


def test_a_name_of_an_old_system_is_taken_and_read(archive: Archive) -> None:
    name = "售后_1001.wav".encode("gb18030")
    archive.file(name, b"its sound")

    (entry,) = entries(archive.root, template=NameTemplate.parse("{queue}_{agent}.wav"))

    assert entry.place == f"file://{archive.root}/%CA%DB%BA%F3_1001.wav"
    assert (entry.queue, entry.agent) == ("售后", "1001")
    with open_place(entry.place) as sound:
        assert sound.read() == b"its sound"


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*.wav", ["a.wav"]),
        ("**/*.wav", ["2025/x.wav", "2026/11/b.wav", "2026/a.wav", "a.wav"]),
        ("2026/**", ["2026/11/b.wav", "2026/a.wav"]),
        ("202[56]/*", ["2025/x.wav", "2026/a.wav"]),
        ("**/1?/*", ["2026/11/b.wav"]),
        ("*.dat", ["raw.dat"]),
        ("*", ["a.wav"]),
        ("2026/../*.wav", ["a.wav"]),
    ],
)
def test_patterns(archive: Archive, pattern: str, names: list[str]) -> None:
    for name in ("a.wav", "raw.dat", "2025/x.wav", "2026/a.wav", "2026/11/b.wav", "2026/11/.h.wav"):
        archive.file(name)

    assert archive.names(f"{archive.root}/{pattern}", Tally()) == names


def test_a_file_is_taken_whatever_it_is_called(archive: Archive) -> None:
    assert archive.names(archive.file("call.dat")) == ["call.dat"]
    assert archive.names(archive.file("call[1].wav")) == ["call[1].wav"]


@pytest.mark.parametrize(
    "source", ["nowhere", "nowhere/*.wav", "http://example.cn/a.wav", "ftp://example.cn/"]
)
def test_sources_that_are_none(tmp_path: Path, source: str) -> None:
    with pytest.raises(BatchError) as refused:
        list(entries(source if "://" in source else tmp_path / source))
    assert str(refused.value).split(" → ")[1]


def test_an_empty_folder_gives_nothing(archive: Archive) -> None:
    archive.root.mkdir()
    assert archive.names(archive.root) == []


def test_a_template_fills_what_is_not_told_and_misfits_are_taken_without(archive: Archive) -> None:
    archive.file("1001_13800001111.wav")
    archive.file("memo.wav")
    tally = Tally()

    found = list(entries(archive.root, template=NameTemplate.parse("{agent}_{caller}.wav"), tally=tally))

    assert [(each.agent, each.caller) for each in found] == [("1001", "13800001111"), ("", "")]
    assert tally.lines() == [f"names that do not fit the template: 1, as {archive.root}/memo.wav"]


MANIFEST = """\
path,agent,queue,caller,started_at,direction,first_channel,call
2026/a.wav,1001,售后,13800001111,2026-11-02 09:15:00,outbound,agent,1762045200.1
/elsewhere/b.wav,,,,2026/11/2 9:15,呼入,客户,
"c, d.wav",1002,,,2026-11-02T09:15:00.5+08:00,,,
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_manifest(archive: Archive, encoding: str, delimiter: str) -> None:
    text = MANIFEST.replace('"c, d.wav"', '"c§ d.wav"').replace(",", delimiter).replace("§", delimiter)
    manifest = archive.file("list.csv", text.replace("\n", "\r\n").encode(encoding))
    at = datetime(2026, 11, 2, 1, 15, tzinfo=UTC)

    assert list(entries(manifest, zone=CHINA)) == [
        Entry(
            place=str(archive.root / "2026/a.wav"),
            call="1762045200.1",
            agent="1001",
            queue="售后",
            caller="13800001111",
            started_at=at,
            direction=Direction.OUTBOUND,
            first_channel=Role.AGENT,
            line=2,
        ),
        Entry(place="/elsewhere/b.wav", started_at=at, line=3),
        Entry(
            place=str(archive.root / f"c{delimiter} d.wav"),
            agent="1002",
            started_at=at.replace(microsecond=500_000),
            line=4,
        ),
    ]


def test_a_manifest_of_json_lines(archive: Archive) -> None:
    manifest = archive.file(
        "list.jsonl",
        '{"path": "a.wav", "agent": 1001, "queue": null, "_note": "x"}\n\n{"录音": "b.wav"}\n'.encode(),
    )

    assert list(entries(manifest)) == [
        Entry(place=str(archive.root / "a.wav"), agent="1001", line=1),
        Entry(place=str(archive.root / "b.wav"), line=3),
    ]


def test_columns_in_chinese_and_those_that_are_left_out(archive: Archive) -> None:
    manifest = archive.file("list.csv", "录音,工号,技能组,_备注\na.wav,1001,售后,无\n".encode())

    (entry,) = entries(manifest)
    assert (entry.agent, entry.queue) == ("1001", "售后")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (
            "path,agnt\na.wav,1\n",
            "list.csv:1: unknown column 'agnt' → did you mean 'agent'? known: path",
        ),
        ("agent\n1\n", "list.csv:1: no column 'path' → name columns in line 1: path, size, call"),
        ("path,path\na,b\n", "list.csv:1: the column 'path' stands there twice → keep one of them"),
        ("", "list.csv:1: no column 'path'"),
        (
            "path\na.wav\n\x81\xff\n",
            "list.csv: near line 1: neither UTF-8 nor GB18030 → save it",
        ),
        ("\xff\xfep\x00a\x00", "list.csv: it is UTF-16 → save it as CSV UTF-8"),
    ],
)
def test_a_manifest_that_is_wrong_as_a_whole(archive: Archive, content: str, complaint: str) -> None:
    manifest = archive.file("list.csv", content.encode("latin-1"))

    with pytest.raises(BatchError) as refused:
        list(entries(manifest, tally=Tally()))
    assert complaint in str(refused.value)


def test_lines_that_are_wrong_are_told_and_the_others_taken(archive: Archive) -> None:
    manifest = archive.file(
        "list.csv",
        b"path,agent,started_at,direction,size\n"
        b"a.wav,1,2026-11-02,,\n"
        b"b.wav,1,2026-13-02 09:15,,\n"
        b"c.wav,1,,sideways,\n"
        b"d.wav,1.38E+10,,,\n"
        b",1,,,\n"
        b"D:\\rec\\e.wav,1,,,\n"
        b"http://10.0.0.1/f.wav,1,,,\n"
        b"s3://bucket/g.wav,1,,,\n"
        b"h.wav,1\n"
        b'"i.wav,1,,,\n'
        b"j.wav,1,,,big\n"
        b"k.wav,1,,,17\n",
    )
    tally = Tally()

    (taken,) = entries(manifest, tally=tally)

    assert (taken.place, taken.size, taken.line) == (str(archive.root / "k.wav"), 17, 13)
    assert tally.faults == 11
    assert [line.removeprefix(f"{manifest}:") for line in tally.lines()] == [
        "2: started_at: '2026-11-02': no date with its time of day → write it as 2026-11-02 09:15:00",
        "3: started_at: '2026-13-02 09:15': there is no such time → write it as 2026-11-02 09:15:00",
        "4: direction: 'sideways': it is not known → known: inbound, in, 呼入, outbound, out, 呼出, 外呼",
        "5: agent: '1.38E+10': a spreadsheet has shortened the number → give the column the format text",
        "6: path: it is empty → name the recording, or take the line out",
        "7: path: 'D:\\\\rec\\\\e.wav': a path of Windows → write it as this machine sees it",
        "8: path: 'http://10.0.0.1/f.wav' is no URL of an object store → "
        "write it as s3://bucket/folder/a.wav; schemes: s3, gs, abfs, oss",
        "9: path: s3://bucket/g.wav is not allowed: HUAWU_OBJECT_STORES allows nothing → "
        "have it list s3://bucket/ if that is meant",
        "10: 2 fields, and line 1 has 5 → put what holds a comma in double quotes",
        "11: unexpected end of data → check the quotes of the line",
        "12: size: 'big': no number of bytes → leave it empty",
    ]


def test_json_lines_that_are_wrong(archive: Archive) -> None:
    manifest = archive.file(
        "list.ndjson", b'{"path": "a.wav"\n[]\n{"path": 1.5}\n{"paht": "a.wav"}\n' + b"[" * 5000 + b"\n"
    )
    tally = Tally()

    assert list(entries(manifest, tally=tally)) == []
    assert [line.removeprefix(f"{manifest}:")[:34] for line in tally.lines()] == [
        "1: no JSON: Expecting ',' delimite",
        '2: no object → write {"path": "a.w',
        "3: path: 1.5: neither text nor a w",
        "4: unknown column 'paht' → did you",
        "5: no JSON: brackets are nested to",
    ]


def test_without_a_tally_the_first_fault_is_raised(archive: Archive) -> None:
    manifest = archive.file("list.csv", b"path,size\na.wav,1\nb.wav,x\nc.wav,3\n")
    found = entries(manifest)

    assert next(found).size == 1
    with pytest.raises(BatchError, match=r"list\.csv:3: size: 'x'"):
        next(found)


def test_a_long_manifest_is_never_in_memory(archive: Archive) -> None:
    row = "2026/11/{:06}.wav,1001,sales,13800001111,2026-11-02 09:15:00\n"
    lines = (row.format(number) for number in range(20_000))
    manifest = archive.file("list.csv", ("path,agent,queue,caller,started_at\n" + "".join(lines)).encode())
    found = entries(manifest, zone=CHINA)
    count = sum(1 for _ in islice(found, 19_000))
    tracemalloc.start()
    try:
        count += sum(1 for _ in found)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert count == 20_000
    assert most < manifest.stat().st_size / 4, most
