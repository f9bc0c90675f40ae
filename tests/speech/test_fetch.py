from __future__ import annotations

import fcntl
import hashlib
import io
import os
import socket
import stat
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from calls.errors import FetchError
from speech.fetch import MIRROR, address, fetch, provenance
from speech.manifest import ModelEntry
from speech.models import builtin_model

pytestmark = pytest.mark.integration


def zipped(top: str = "a-model/", extra: dict[str, bytes] | None = None) -> bytes:
    """The built-in model as its maker would zip it."""
    root = builtin_model().path
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for file in sorted(root.rglob("*")):
            if file.is_file():
                archive.write(file, f"{top}{file.relative_to(root)}")
        for name, content in (extra or {}).items():
            archive.writestr(name, content)
    return out.getvalue()


@dataclass
class Server:
    """A web server on this machine that knows one archive and can be told to misbehave."""

    archive: bytes
    url: str = ""
    ranges: list[str | None] = field(default_factory=list)
    breaks_after: int | None = None
    ignores_range: bool = False
    wrong_range: bool = False
    status: int = 200

    def entry(self, **known: object) -> ModelEntry:
        return replace(ModelEntry(name="a-model", url=f"{self.url}/a-model.zip"), **known)  # type: ignore[arg-type]

    def known(self) -> ModelEntry:
        return self.entry(bytes=len(self.archive), sha256=hashlib.sha256(self.archive).hexdigest())


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv(MIRROR, raising=False)
    state = Server(zipped())

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers["Range"]
            state.ranges.append(asked)
            if state.status != 200:
                self.send_error(state.status)
                return
            start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
            if start >= len(state.archive):
                self.send_error(416)
                return
            if state.ignores_range:
                start, asked = 0, None
            body = state.archive[start:]
            self.send_response(206 if asked else 200)
            self.send_header("Content-Length", str(len(body)))
            if asked:
                first = start + 1 if state.wrong_range else start
                total = len(state.archive)
                self.send_header("Content-Range", f"bytes {first}-{total - 1}/{total}")
            self.end_headers()
            self.wfile.write(body[: state.breaks_after])

        def log_message(self, *arguments: object) -> None:
            """Keep the test's output clean."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state
    http.shutdown()
    thread.join()
    http.server_close()


def left_over(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_model_is_fetched_checked_and_unpacked(server: Server, tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    entry = server.known()

    fetched = fetch(entry, tmp_path / "new" / "place", progress=lambda *now: seen.append(now))

    assert fetched.folder.path == tmp_path / "new" / "place" / "a-model"
    assert (fetched.sha256, fetched.verified) == (entry.sha256, True)
    assert seen[0] == (0, entry.bytes)
    assert seen[-1] == (entry.bytes, entry.bytes)
    source = provenance(fetched.folder.path)
    assert (source["url"], source["sha256"], source["verified"]) == (entry.url, entry.sha256, True)
    assert left_over(tmp_path / "new" / "place") == ["a-model"]
    # what is there is not fetched again
    assert fetch(entry, tmp_path / "new" / "place").sha256 == entry.sha256
    assert server.ranges == [None]


def test_a_model_without_a_folder_around_it(server: Server, tmp_path: Path) -> None:
    server.archive = zipped(top="")
    assert fetch(server.known(), tmp_path).folder.path == tmp_path / "a-model"
    assert left_over(tmp_path) == ["a-model"]


def test_an_interrupted_fetch_goes_on(server: Server, tmp_path: Path) -> None:
    server.breaks_after = 100_000
    with pytest.raises(FetchError, match=r"broke off after 100,000 of [\d,]+ bytes"):
        fetch(server.known(), tmp_path)
    assert left_over(tmp_path) == ["a-model.zip.part"]

    server.breaks_after = None
    fetched = fetch(server.known(), tmp_path)

    assert fetched.verified
    assert server.ranges == [None, "bytes=100000-"]
    assert left_over(tmp_path) == ["a-model"]


def test_a_server_that_cannot_resume_starts_over(server: Server, tmp_path: Path) -> None:
    (tmp_path / "a-model.zip.part").write_bytes(server.archive[:1000])
    server.ignores_range = True
    assert fetch(server.known(), tmp_path).verified


def test_a_server_that_resumes_elsewhere_is_not_believed(server: Server, tmp_path: Path) -> None:
    (tmp_path / "a-model.zip.part").write_bytes(server.archive[:1000])
    server.wrong_range = True
    with pytest.raises(FetchError, match="resumed at the wrong place"):
        fetch(server.known(), tmp_path)


@pytest.mark.parametrize("size_known", [True, False])
def test_a_complete_part_needs_no_more_bytes(server: Server, tmp_path: Path, size_known: bool) -> None:
    (tmp_path / "a-model.zip.part").write_bytes(server.archive)
    entry = server.known()
    fetched = fetch(entry if size_known else replace(entry, bytes=None), tmp_path)
    assert fetched.verified
    assert server.ranges == ([] if size_known else [f"bytes={len(server.archive)}-"])


def test_a_wrong_hash_or_size_is_deleted_and_told(server: Server, tmp_path: Path) -> None:
    known = server.known()
    with pytest.raises(FetchError, match=f"has {known.sha256} instead of SHA-256 {'0' * 64}"):
        fetch(replace(known, sha256="0" * 64), tmp_path)
    with pytest.raises(FetchError, match="bytes instead of 5 bytes"):
        fetch(replace(known, bytes=5), tmp_path)
    assert left_over(tmp_path) == []


def test_without_a_hash_somebody_has_to_decide(server: Server, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="no checksum of a-model is known") as error:
        fetch(server.entry(), tmp_path)
    assert "--accept-unverified" in error.value.hint
    assert server.ranges == []

    found = hashlib.sha256(server.archive).hexdigest()
    fetched = fetch(server.entry(), tmp_path, accept_unverified=True)
    assert (fetched.sha256, fetched.verified) == (found, False)
    assert provenance(fetched.folder.path)["verified"] is False
    assert fetch(server.entry(), tmp_path / "b", sha256=found.upper()).verified


def test_a_senseless_or_contradicting_hash(server: Server, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="'abc' is no SHA-256"):
        fetch(server.entry(), tmp_path, sha256="abc")
    with pytest.raises(FetchError, match="differs from the manifest's"):
        fetch(server.known(), tmp_path, sha256="0" * 64)


def symlink(name: str, to: str) -> bytes:
    """An archive with a symbolic link."""
    out = io.BytesIO(zipped())
    with zipfile.ZipFile(out, "a") as archive:
        member = zipfile.ZipInfo(name)
        member.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(member, to)
    return out.getvalue()


@pytest.mark.parametrize(
    "archive",
    [
        zipped(extra={"../escaped": b"x"}),
        zipped(extra={"a-model/../../escaped": b"x"}),
        zipped(extra={"/escaped": b"x"}),
        zipped(extra={"..\\escaped": b"x"}),
        zipped(extra={"c:escaped": b"x"}),
        symlink("a-model/link", "/etc/passwd"),
    ],
)
def test_an_archive_with_a_way_out_is_refused(server: Server, tmp_path: Path, archive: bytes) -> None:
    server.archive = archive
    place = tmp_path / "place"
    with pytest.raises(FetchError, match="a way out"):
        fetch(server.known(), place)
    assert left_over(tmp_path) == ["place"]
    assert left_over(place) == []


def test_an_archive_that_unpacks_to_too_much(server: Server, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"would unpack to \d+ files"):
        fetch(server.known(), tmp_path, most_bytes=1000)
    assert left_over(tmp_path) == []


@pytest.mark.parametrize(
    ("archive", "message"),
    [
        (b"<html>not a zip</html>", "no sound zip archive"),
        (zipped()[:-2000], "no sound zip archive"),
        (zipped(top="x/y/"), "holds no model"),
    ],
)
def test_what_is_no_model_is_refused(server: Server, tmp_path: Path, archive: bytes, message: str) -> None:
    server.archive = archive
    with pytest.raises(FetchError, match=message):
        fetch(server.known(), tmp_path)
    assert left_over(tmp_path) == []


def test_a_server_error_is_told(server: Server, tmp_path: Path) -> None:
    server.status = 404
    with pytest.raises(FetchError, match="404 Not Found"):
        fetch(server.known(), tmp_path)


def test_without_a_network_the_way_by_hand_is_told(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/a-model.zip"
    entry = ModelEntry(name="a-model", url=url, sha256="0" * 64)

    with pytest.raises(FetchError, match="refused") as error:
        fetch(entry, tmp_path)

    assert url in error.value.hint
    assert str(tmp_path / "a-model") in error.value.hint


def test_two_at_once_are_refused(server: Server, tmp_path: Path) -> None:
    with (tmp_path / "a-model.zip.part").open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(FetchError, match="being written by another huawu"):
            fetch(server.known(), tmp_path)


def test_something_in_the_way_is_not_overwritten(server: Server, tmp_path: Path) -> None:
    (tmp_path / "a-model").mkdir()
    (tmp_path / "a-model" / "mine.txt").write_text("keep")
    with pytest.raises(FetchError, match="is in the way"):
        fetch(server.known(), tmp_path)
    assert os.listdir(tmp_path / "a-model") == ["mine.txt"]


def test_a_mirror_by_argument_or_environment(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = ModelEntry(name="a-model", url="https://example.org/models/a-model.zip")
    assert address(entry) == entry.url
    assert address(entry, "http://near/") == "http://near/a-model.zip"
    monkeypatch.setenv(MIRROR, "https://mirror/vosk")
    assert address(entry) == "https://mirror/vosk/a-model.zip"
    for wrong in ("http://[bad", "http:///vosk"):
        with pytest.raises(FetchError, match=r"is no web address → correct --mirror or HUAWU_MODEL_MIRROR"):
            address(entry, wrong)
    with pytest.raises(FetchError, match="is no web address"):
        address(entry, "file:///tmp")


def taped(folder: Path, extra: tarfile.TarInfo | None = None) -> bytes:
    """A model for sherpa-onnx as its makers pack it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:bz2") as tape:
        tape.add(folder, "its-name")
        if extra is not None:
            tape.addfile(extra, io.BytesIO(b"x" * extra.size))
    return out.getvalue()


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    pytest.importorskip("onnx", reason="onnx is not installed")
    from tests.speech.toy_sherpa import sense_voice

    return sense_voice(tmp_path / "toy")


def test_a_model_for_sherpa_onnx_comes_as_a_tape(server: Server, tmp_path: Path, toy: Path) -> None:
    server.archive = taped(toy)
    entry = replace(server.known(), url=f"{server.url}/its-name.tar.bz2")

    done = fetch(entry, tmp_path / "to")

    assert (done.folder.name, done.verified) == ("a-model", True)
    assert sorted(file.name for file in done.folder.path.iterdir()) == [
        "huawu-source.json",
        "model.onnx",
        "tokens.txt",
    ]
    assert left_over(tmp_path / "to") == ["a-model"]


def _member(name: str, kind: bytes = tarfile.REGTYPE, size: int = 0) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.size, member.linkname = kind, size, "/etc/passwd"
    return member


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (_member("../escaped"), "a way out"),
        (_member("/escaped"), "a way out"),
        (_member("its-name/link", tarfile.SYMTYPE), "a way out"),
        (_member("its-name/link", tarfile.LNKTYPE), "a way out"),
        (_member("its-name/pipe", tarfile.FIFOTYPE), "a way out"),
        (_member("its-name/big", size=100_000), "would unpack to"),
    ],
)
def test_a_tape_with_a_way_out_or_too_much_is_refused(
    server: Server, tmp_path: Path, toy: Path, extra: tarfile.TarInfo, message: str
) -> None:
    server.archive = taped(toy, extra)
    entry = server.entry(url=f"{server.url}/a.tar.bz2")

    with pytest.raises(FetchError, match=message):
        fetch(entry, tmp_path / "to", accept_unverified=True, most_bytes=90_000)
    assert left_over(tmp_path / "to") == []


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_tape_that_is_cut_short_is_refused(server: Server, tmp_path: Path, toy: Path, share: float) -> None:
    whole = taped(toy)
    server.archive = whole[: int(share * len(whole))] or b"<html>no tape</html>"
    entry = server.entry(url=f"{server.url}/a.tar.bz2")

    with pytest.raises(FetchError, match=r"no sound tar archive|holds no model"):
        fetch(entry, tmp_path / "to", accept_unverified=True)
    assert left_over(tmp_path / "to") == []
