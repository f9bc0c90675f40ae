from __future__ import annotations

import io
import json
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from flask import Flask
from flask.testing import FlaskClient

from calls.people import UserRole
from calls.recordings import RecordingFolder
from calls.records import Recording, Role, Transcript
from calls.sealing import keys_of, new_key, seal
from calls.store import Store
from console.callpage.recordings import PEAKS_FOLDER
from tests.console.callpage_scene import CALL, SILENT, add_private_call, utterances
from tests.console.reading import Page
from tests.console.scene import Scene
from tests.console.staff import hire, visitor

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


def lanes(client: FlaskClient, sound: str) -> list[list[int]]:
    return [[*b64decode(lane)] for lane in client.get(f"{sound}/peaks").get_json()["lanes"]]


def test_peaks_come_with_the_length_and_what_one_of_them_stands_for(client: FlaskClient, sound: str) -> None:
    outline = client.get(f"{sound}/peaks").get_json()

    assert (outline["seconds"], outline["peak_seconds"]) == (20.0, 0.01)
    caller, agent = lanes(client, sound)
    assert (len(caller), len(agent)) == (2000, 2000)
    assert max(caller[:320]) <= 1 < max(caller[320:610])
    assert max(agent[40:260]) > 1


def test_peaks_are_computed_once(client: FlaskClient, sound: str, recordings: RecordingFolder) -> None:
    client.get(f"{sound}/peaks")
    (kept,) = (recordings.root / PEAKS_FOLDER).iterdir()
    kept.write_text(json.dumps({"frames": 160000, "peak_seconds": 10.0, "lanes": ["AQI=", "AwQ="]}))

    assert lanes(client, sound) == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    "kept_text",
    [
        '{"frames": 159999, "peak_seconds": 0.1, "lanes": []}',
        '{"frames": 160000, "peak_seconds": 0.1, "lanes": []}',
        '{"frames": 160000, "peak_seconds": 0.1, "lanes": ["?"]}',
        '{"frames": 160000, "peak_seconds": 0.1, "lanes": ["AQI=", "AQ=="]}',
        "{",
        "[]",
        "{}",
    ],
)
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


@pytest.fixture
def private(scene: Scene, desk_store: Store, recordings: RecordingFolder) -> str:
    return f"/recordings/{add_private_call(desk_store, recordings).id}"


def samples(wave: bytes) -> np.ndarray:
    return soundfile.read(io.BytesIO(wave), dtype="int16")[0]


def test_personal_data_are_silent_for_whoever_may_not_hear_them(
    app: Flask, private: str, desk_store: Store
) -> None:
    staff = hire(desk_store)
    with visitor(app, staff[UserRole.INSPECTOR]) as inspector, visitor(app, staff[UserRole.AGENT]) as agent:
        whole, masked = (samples(each.get(f"{private}/audio").data) for each in (inspector, agent))
        head = agent.head(f"{private}/audio")
        first = round(SILENT[1][0] * 8000)
        begin = 44 + 4 * (first - 100)
        part = agent.get(f"{private}/audio", headers={"Range": f"bytes={begin}-{begin + 1999}"})

    expected = whole.copy()
    for start, end in SILENT:
        silent = slice(round(start * 8000), round(end * 8000))
        assert np.abs(whole[silent]).max() > 1000
        expected[silent] = 0
    np.testing.assert_array_equal(masked, expected)
    assert (part.status_code, part.content_length) == (206, 2000)
    assert part.data == expected[first - 100 : first + 400].astype("<i2").tobytes()
    assert not any(part.data[400:])
    assert head.content_length == 44 + whole.size * 2


def test_their_peaks_are_silent_too(app: Flask, private: str, desk_store: Store) -> None:
    staff = hire(desk_store)
    with visitor(app, staff[UserRole.INSPECTOR]) as inspector, visitor(app, staff[UserRole.AGENT]) as agent:
        whole, masked = (lanes(each, private)[0] for each in (inspector, agent))

    inside = range(round(SILENT[0][0] * 100), round(SILENT[0][1] * 100))
    assert max(whole[at] for at in inside) > 10
    assert [masked[at] for at in inside] == [0] * len(inside)
    outside = range(800, 1400)
    assert [masked[at] for at in outside] == [whole[at] for at in outside]


def test_whoever_may_hear_them_can_have_them_silent(client: FlaskClient, private: str) -> None:
    whole, masked = (client.get(f"{private}/audio{query}") for query in ("", "?masked=1"))

    assert (
        np.abs(samples(masked.data)[24000:28000]).max() == 0 < np.abs(samples(whole.data)[24000:28000]).max()
    )
    assert whole.headers["ETag"] != masked.headers["ETag"]


def test_a_part_of_the_whole_is_not_sent_to_go_on_with_the_masked_one(
    client: FlaskClient, private: str
) -> None:
    etag = client.head(f"{private}/audio").headers["ETag"]

    answer = client.get(f"{private}/audio?masked=1", headers={"Range": "bytes=0-9", "If-Range": etag})

    assert answer.status_code == 200


def test_what_cannot_be_masked_is_not_played(app: Flask, private: str, desk_store: Store) -> None:
    staff = hire(desk_store)
    written = [replace(each, start=0.0, end=0.0, words=()) for each in utterances()]
    with visitor(app, staff[UserRole.AGENT]) as agent:
        desk_store.replace(
            Transcript,
            {"call_id": CALL},
            Transcript(call_id=CALL, recogniser="by hand", model="none", utterances=tuple(written)),
        )
        untimed = agent.get(f"{private}/audio")
        desk_store.replace(Transcript, {"call_id": CALL})
        unwritten = [agent.get(f"{private}/{what}") for what in ("audio", "peaks")]

    assert [each.status_code for each in (untimed, *unwritten)] == [403, 403, 403]
    assert Page(untimed.text).one("h1").text == "403 这段录音还没有转写，无法屏蔽其中的个人信息。"


@pytest.mark.parametrize("role", [UserRole.READ_ONLY, UserRole.TEAM_SUPERVISOR])
def test_recordings_are_heard_by_whom_they_concern(
    app: Flask, private: str, desk_store: Store, role: UserRole
) -> None:
    user = replace(hire(desk_store)[role], team="二组")
    desk_store.add(user)

    with visitor(app, user) as other:
        statuses = [other.get(f"{private}/{what}").status_code for what in ("audio", "peaks")]

    assert statuses == [403 if role is UserRole.READ_ONLY else 404] * 2


def test_a_sealed_recording_is_heard_as_before_and_a_changed_one_is_not(
    app: Flask, client: FlaskClient, sound: str, scene: Scene, recordings: RecordingFolder
) -> None:
    plain = {path: client.get(f"{sound}/{path}").data for path in ("audio", "peaks")}
    keys = keys_of(new_key(), "key")
    path = recordings.path(scene.recording)
    app.extensions["desk"].recordings = RecordingFolder(recordings.root, keys)
    seal(path, keys)

    assert {path: client.get(f"{sound}/{path}").data for path in ("audio", "peaks")} == plain
    part = client.get(f"{sound}/audio", headers={"Range": "bytes=300000-300099"})
    assert part.data == plain["audio"][300000:300100]

    content = bytearray(path.read_bytes())
    content[-100] ^= 1  # in the last chunk
    path.write_bytes(content)
    broken = client.get(f"{sound}/audio").data
    assert len(broken) < len(plain["audio"]) and plain["audio"].startswith(broken)
    app.extensions["desk"].recordings = recordings
    assert client.get(f"{sound}/audio").status_code == 404
