"""A recording on an object store, heard and seen at the desk."""
# ruff: noqa: F811

from __future__ import annotations

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from calls.objectstore import ObjectStores
from calls.recordings import RecordingFolder
from calls.store import Store
from tests.console.scene import Scene
from tests.s3_server import Bucket, bucket, s3_address  # noqa: F401

pytestmark = pytest.mark.integration


@pytest.fixture
def sound(scene: Scene) -> str:
    return f"/recordings/{scene.recording.id}"


def test_it_is_heard_and_seen_as_one_of_the_folder(
    client: FlaskClient,
    sound: str,
    scene: Scene,
    desk_store: Store,
    recordings: RecordingFolder,
    bucket: Bucket,
) -> None:
    whole = {path: client.get(f"{sound}/{path}").data for path in ("audio", "peaks")}
    with recordings.sound(scene.recording) as file:
        uri = RecordingFolder(bucket.url).keep(file, "2026/call.wav")
    recordings.delete(scene.recording)
    desk_store.add(replace(scene.recording, uri=uri))

    assert {path: client.get(f"{sound}/{path}").data for path in ("audio", "peaks")} == whole
    part = client.get(f"{sound}/audio", headers={"Range": "bytes=300000-300099"})
    assert (part.status_code, part.data) == (206, whole["audio"][300000:300100])
    ObjectStores.of().delete(uri)
    assert client.get(f"{sound}/audio").status_code == 404


@pytest.mark.parametrize(
    "uri", ["http://169.254.169.254/latest/meta-data/", "s3://another/a.wav", "file:///nowhere/a.wav"]
)
def test_one_that_the_desk_may_not_ask_for_has_no_sound(
    client: FlaskClient,
    sound: str,
    scene: Scene,
    desk_store: Store,
    uri: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HUAWU_OBJECT_STORES", "s3://ours/")
    desk_store.add(replace(scene.recording, uri=uri))

    assert [client.get(f"{sound}/{path}").status_code for path in ("audio", "peaks")] == [404, 404]
