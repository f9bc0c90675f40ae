from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest
import soundfile
from flask.testing import FlaskClient

from calls.recordings import RecordingFolder
from calls.records import Recording, Role
from calls.store import Store
from console.recordings import PEAKS_FOLDER
from tests.console.reading import Page
from tests.console.scene import Scene

pytestmark = pytest.mark.integration


@pytest.fixture
def sound(scene: Scene) -> Iterator[str]:
    yield f"/recordings/{scene.recording.id}"


def test_the_whole_recording_is_a_pcm_wave_file(client: FlaskClient, sound: str) -> None:
    answer = client.get(f"{sound}/audio")

    assert answer.status_code == 200
    assert answer.mimetype == "audio/wav"
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.content_length == len(answer.data) == 44 + 20 * 8000 * 2 * 2
    about = soundfile.info(io.BytesIO(answer.data))
    assert (about.channels, about.samplerate, about.subtype) == (2, 8000, "PCM_16")


def test_a_range_is_answered_with_that_part(client: FlaskClient, sound: str) -> None:
    whole = client.get(f"{sound}/audio").data

    answer = client.get(f"{sound}/audio", headers={"Range": "bytes=40-20000"})

    assert answer.status_code == 206
    assert answer.headers["Content-Range"] == f"bytes 40-20000/{len(whole)}"
    assert answer.data == whole[40:20001]


@pytest.mark.parametrize("wanted", ["bytes=-100", f"bytes={44 + 640000 - 100}-", "bytes=639944-9999999"])
def test_the_last_bytes_however_they_are_asked_for(client: FlaskClient, sound: str, wanted: str) -> None:
    answer = client.get(f"{sound}/audio", headers={"Range": wanted})

    assert (answer.status_code, answer.content_length) == (206, 100)


def test_a_range_behind_the_end_is_416_with_the_size(client: FlaskClient, sound: str) -> None:
    answer = client.get(f"{sound}/audio", headers={"Range": "bytes=640044-"})

    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == "bytes */640044"


def test_several_ranges_are_answered_with_the_whole(client: FlaskClient, sound: str) -> None:
    answer = client.get(f"{sound}/audio", headers={"Range": "bytes=0-9,20-29"})

    assert (answer.status_code, answer.content_length) == (200, 640044)


def test_a_part_is_only_sent_if_the_recording_is_still_the_same(client: FlaskClient, sound: str) -> None:
    etag = client.head(f"{sound}/audio").headers["ETag"]

    same = client.get(f"{sound}/audio", headers={"Range": "bytes=0-9", "If-Range": etag})
    other = client.get(f"{sound}/audio", headers={"Range": "bytes=0-9", "If-Range": '"else"'})

    assert (same.status_code, other.status_code) == (206, 200)


def test_head_tells_the_length_without_the_sound(client: FlaskClient, sound: str) -> None:
    answer = client.head(f"{sound}/audio")

    assert (answer.status_code, answer.content_length, answer.data) == (200, 640044, b"")


def test_peaks_come_with_the_length_and_the_masked_spans(client: FlaskClient, sound: str) -> None:
    outline = client.get(f"{sound}/peaks").get_json()

    assert (outline["seconds"], outline["masked"]) == (20.0, [[9.1, 9.5]])
    assert [len(lane) for lane in outline["lanes"]] == [2000, 2000]
    caller, agent = outline["lanes"]
    assert max(caller[:320]) <= 1 < max(caller[320:610])
    assert max(agent[40:260]) > 1


def test_peaks_are_computed_once(client: FlaskClient, sound: str, recordings: RecordingFolder) -> None:
    client.get(f"{sound}/peaks")
    (kept,) = (recordings.root / PEAKS_FOLDER).iterdir()
    kept.write_text(json.dumps({"frames": 160000, "lanes": [[1], [2]]}))

    assert client.get(f"{sound}/peaks").get_json()["lanes"] == [[1], [2]]


@pytest.mark.parametrize("kept_text", ['{"frames": 159999, "lanes": []}', "{", "[]", "{}"])
def test_peaks_of_an_earlier_length_or_a_damaged_file_are_made_again(
    client: FlaskClient, sound: str, recordings: RecordingFolder, kept_text: str
) -> None:
    fresh = client.get(f"{sound}/peaks").get_json()
    (kept,) = (recordings.root / PEAKS_FOLDER).iterdir()
    kept.write_text(kept_text)

    assert client.get(f"{sound}/peaks").get_json() == fresh
    assert json.loads(kept.read_text())["frames"] == 160000


def test_peaks_are_sent_even_where_they_cannot_be_kept(
    client: FlaskClient, sound: str, recordings: RecordingFolder
) -> None:
    (recordings.root / PEAKS_FOLDER).write_text("a file where the folder should be")

    assert len(client.get(f"{sound}/peaks").get_json()["lanes"]) == 2


@pytest.mark.parametrize(
    "path",
    [
        "/recordings/nobody/audio",
        "/recordings/../../etc/passwd/audio",
        "/recordings/..%2F..%2Fetc%2Fpasswd/audio",
        "/recordings/%2e%2e/audio",
        "/recordings//etc/passwd/peaks",
    ],
)
def test_a_path_instead_of_an_id_finds_nothing(client: FlaskClient, scene: Scene, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 404
    assert b"root:" not in answer.data


@pytest.mark.parametrize("uri", ["../../../../etc/passwd", "/etc/passwd", "2026/03/02/gone.wav"])
def test_a_record_that_points_elsewhere_or_nowhere_is_404(
    client: FlaskClient, scene: Scene, desk_store: Store, uri: str
) -> None:
    stray = Recording(id="stray", call_id="call-5", uri=uri, channels=(Role.CALLER, Role.AGENT))
    desk_store.add(stray)

    answers = [client.get("/recordings/stray/audio"), client.get("/recordings/stray/peaks")]

    assert [each.status_code for each in answers] == [404, 404]
    assert Page(answers[0].text).one("h1").text == "404 录音文件不存在或无法读取。"
