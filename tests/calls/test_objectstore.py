"""Recordings on an object store: a real server, over HTTP."""
# ruff: noqa: F811

from __future__ import annotations

import io
import os
import re
import sys
from pathlib import Path

import pytest

from calls.errors import RecordingError
from calls.objectstore import ObjectStores, ObjectUrl, filesystem
from calls.recordings import RecordingFolder, open_place, plain_place
from calls.records import Recording, Role
from calls.sealing import MAGIC, keys_of, new_key
from tests.s3_server import Bucket, bucket, forget_connections, free_port, s3_address  # noqa: F401

pytestmark = pytest.mark.integration

SOUND = bytes(range(256)) * 3000  # 768 KB: several blocks


def stored(url: str, content: bytes, tmp_path: Path) -> str:
    file = tmp_path / "upload"
    file.write_bytes(content)
    ObjectStores.of().put(file, url)
    return url


def recording(uri: str) -> Recording:
    return Recording(call_id="c", uri=uri, channels=(Role.CALLER, Role.AGENT))


@pytest.mark.parametrize("name", ["a.wav", "2026/11/02/录音 #1?x=%20.wav", "a+b&c=d~e.wav"])
def test_any_part_of_a_recording_can_be_read(bucket: Bucket, tmp_path: Path, name: str) -> None:
    url = stored(bucket.url + name, SOUND, tmp_path)

    with open_place(url) as sound:
        assert sound.seek(600_001) == 600_001
        assert sound.read(10) == SOUND[600_001:600_011]
        assert sound.seek(-7, os.SEEK_END) == len(SOUND) - 7
        assert sound.read() == SOUND[-7:]
        sound.seek(0)
        assert sound.read() == SOUND
    assert ObjectStores.of().mark(url)[0] == len(SOUND)


def test_only_what_is_read_is_fetched(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = stored(bucket.url + "a.wav", SOUND, tmp_path)
    asked = []
    files = filesystem("s3")
    fetch = files.cat_file

    def noted(path: str, **span: int) -> bytes:
        asked.append(span)
        return fetch(path, **span)

    monkeypatch.setattr(files, "cat_file", noted)
    with open_place(url) as sound:
        sound.seek(500_000)
        sound.read(4)
        sound.seek(0)
        sound.read()
    assert asked == [
        {"start": 0, "end": 262_144},  # whether it is sealed
        {"start": 500_000, "end": 762_144},
        {"start": 0, "end": 768_000},
    ]


def test_what_reads_files_only_gets_a_file_that_goes(bucket: Bucket, tmp_path: Path) -> None:
    url = stored(bucket.url + "a.flac", SOUND, tmp_path)

    with plain_place(url) as path:
        assert (path.suffix, path.read_bytes()) == (".flac", SOUND)
    assert not path.exists()


@pytest.mark.parametrize("sealed", [False, True])
def test_a_folder_there_keeps_finished_recordings(bucket: Bucket, tmp_path: Path, sealed: bool) -> None:
    keys = keys_of(new_key(), "the test") if sealed else None
    there = RecordingFolder(bucket.url + "kept", keys)

    uri = there.keep(io.BytesIO(SOUND), "2026/11/02/c.wav")

    assert uri == f"{bucket.url}kept/2026/11/02/c.wav"
    with ObjectStores.of().open(uri) as raw:
        assert raw.read(len(MAGIC)).startswith(MAGIC) is sealed
    # whoever has the database reads it, wherever the other recordings lie
    here = RecordingFolder(tmp_path, keys)
    with here.sound(recording(uri)) as sound:
        sound.seek(70_000)
        assert sound.read(5) == SOUND[70_000:70_005]
    with here.plain(recording(uri)) as path:
        assert path.read_bytes() == SOUND
    assert there.keep(io.BytesIO(b"again"), "2026/11/02/c.wav") == uri
    here.delete(recording(uri))
    here.delete(recording(uri))
    with pytest.raises(RecordingError, match="it does not exist → check the bucket and the name"):
        here.sound(recording(uri))


def test_a_sealed_recording_is_not_read_without_its_key(bucket: Bucket, tmp_path: Path) -> None:
    uri = RecordingFolder(bucket.url, keys_of(new_key(), "the test")).keep(io.BytesIO(SOUND), "c.wav")

    with pytest.raises(
        RecordingError, match=r"c\.wav is sealed with the key [0-9a-f]{16}, which is not here"
    ):
        RecordingFolder(tmp_path).sound(recording(uri))


def test_a_path_made_of_a_url_is_still_that_url(bucket: Bucket) -> None:
    folder = RecordingFolder(Path(bucket.url))

    assert folder.place(recording("2026/c.wav")) == f"{bucket.url}2026/c.wav"
    with pytest.raises(RecordingError, match="no live call is recorded there → name a folder"):
        folder.start("c")
    with pytest.raises(RecordingError, match="is no file of this machine"):
        folder.path(recording("2026/c.wav"))
    with pytest.raises(RecordingError, match="steps or control characters"):
        folder.keep(io.BytesIO(b""), "../other/c.wav")


def test_nothing_is_asked_for_that_the_operator_did_not_list(bucket: Bucket, tmp_path: Path) -> None:
    folder = RecordingFolder(tmp_path)
    for uri, complaint in {
        "http://169.254.169.254/latest/meta-data/": "is no URL of an object store",
        "https://example.cn/a.wav": "is no URL of an object store",
        "ftp://example.cn/a.wav": "is no URL of an object store",
        "simplecache::s3://bucket/a.wav": "is no URL of an object store",
        "memory://a.wav": "is no URL of an object store",
        "S3://bucket/a.wav": "is no URL of an object store",
        "s3://key:secret@bucket/a.wav": "'s3://…@bucket/a.wav' is no URL",
        "s3://another/a.wav": "s3://another/a.wav is not allowed: HUAWU_OBJECT_STORES allows s3://rec-",
        f"{bucket.url}../another/a.wav": "its path has steps or control characters",
        bucket.url.rstrip("/") + "x/a.wav": "is not allowed",
    }.items():
        with pytest.raises(RecordingError, match=re.escape(complaint)) as refused:
            folder.sound(recording(uri))
        assert "secret" not in str(refused.value)


def test_without_leave_no_store_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUAWU_OBJECT_STORES", raising=False)
    with pytest.raises(
        RecordingError, match="HUAWU_OBJECT_STORES allows nothing → have it list s3://bucket/ if"
    ):
        RecordingFolder(tmp_path).sound(recording("s3://bucket/a.wav"))
    with pytest.raises(RecordingError, match="is not allowed"):
        RecordingFolder("s3://bucket/rec")
    monkeypatch.setenv("HUAWU_OBJECT_STORES", "https://example.cn/")
    with pytest.raises(RecordingError, match=r"HUAWU_OBJECT_STORES: 'https://example\.cn/' is no URL"):
        RecordingFolder(tmp_path).sound(recording("s3://bucket/a.wav"))


def test_leave_holds_for_what_lies_below(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUAWU_OBJECT_STORES", "s3://one/ s3://two/archive")
    ObjectStores.allow("s3://three/a b/c/")
    stores = ObjectStores.of()

    def allowed(url: str) -> bool:
        return any(each.covers(ObjectUrl.parse(url)) for each in stores.allowed)

    assert [
        allowed(url) for url in ("s3://one/a", "s3://two/archive/a", "s3://two/archive", "s3://three/x")
    ] == [True] * 4
    assert [allowed(url) for url in ("s3://two/archived/a", "s3://two/", "gs://one/a", "s3://four/")] == [
        False
    ] * 4


def test_what_is_missing_is_said(bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = RecordingFolder(tmp_path)
    with pytest.raises(RecordingError) as missing:
        folder.sound(recording(bucket.url + "none.wav"))
    assert str(missing.value) == (
        f"recording {bucket.url}none.wav: it does not exist → check the bucket and the name"
    )
    stored(bucket.url + "a/b.wav", b"sound", tmp_path)
    with pytest.raises(RecordingError, match=r"/a: it is a folder → name a recording"):
        folder.sound(recording(bucket.url + "a"))

    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    forget_connections()
    with pytest.raises(
        RecordingError, match="the store does not answer → check AWS_ENDPOINT_URL and the network"
    ):
        folder.sound(recording(bucket.url + "a/b.wav"))
    forget_connections()


def test_without_credentials_it_says_so(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = stored(bucket.url + "a.wav", b"sound", tmp_path)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    forget_connections()

    with pytest.raises(
        RecordingError, match="there are no credentials → set AWS_ACCESS_KEY_ID and AWS_SECRET"
    ):
        open_place(url)
    forget_connections()


def test_a_store_that_goes_while_it_is_read_is_an_error_of_reading(bucket: Bucket, tmp_path: Path) -> None:
    url = stored(bucket.url + "a.wav", SOUND, tmp_path)
    with open_place(url) as sound:
        sound.read(1)
        ObjectStores.of().delete(url)
        sound.seek(500_000)
        with pytest.raises(OSError, match="it does not exist"):
            sound.read(1)
    with pytest.raises(RecordingError, match="it does not exist"), plain_place(url):
        pass


def test_a_recording_can_be_kept_on_this_machine_too(tmp_path: Path) -> None:
    folder = RecordingFolder(tmp_path / "kept", keys_of(new_key(), "the test"))

    uri = folder.keep(io.BytesIO(SOUND), "2026/c.wav")

    assert uri == "2026/c.wav"
    assert [each.name for each in (tmp_path / "kept/2026").iterdir()] == ["c.wav"]
    assert (tmp_path / "kept/2026/c.wav").read_bytes().startswith(MAGIC)
    with folder.sound(recording(uri)) as sound:
        assert sound.read() == SOUND
    with pytest.raises(RecordingError, match="lies outside"):
        folder.keep(io.BytesIO(b""), "../c.wav")
    folder.delete(recording(uri))
    folder.delete(recording(uri))
    assert not (tmp_path / "kept/2026/c.wav").exists()


def test_without_the_package_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUAWU_OBJECT_STORES", "s3://bucket/ gs://bucket/")
    monkeypatch.setitem(sys.modules, "fsspec", None)
    for url, way_out in (
        ("s3://bucket/a.wav", "pip install 'huawu[s3]'"),
        ("gs://bucket/a.wav", "pip install gcsfs"),
    ):
        with pytest.raises(RecordingError) as refused:
            open_place(url)
        assert refused.value.hint == way_out
