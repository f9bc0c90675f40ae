"""A recording brought in at a desk whose recordings lie on an object store."""
# ruff: noqa: F811

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from calls.people import UserRole
from calls.recordings import RecordingFolder
from calls.records import Recording
from calls.store import Store
from tests.console.api.test_api import Programs, sound, upload
from tests.s3_server import Bucket, bucket, s3_address  # noqa: F401

pytestmark = pytest.mark.integration


def test_it_goes_to_the_store_and_nothing_stays_here(
    program: Programs,
    desk_store: Store,
    app: Flask,
    bucket: Bucket,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    desk = app.extensions["desk"]
    desk.recordings = RecordingFolder(f"{bucket.url}kept")

    status, made = upload(program(UserRole.QA_SUPERVISOR), sound(1.0), started_at="2025-11-02T10:00:00+08:00")

    recording = desk_store.get(Recording, str(made["recording"]))
    assert (status, recording.uri) == (201, f"{bucket.url}kept/2025/11/02/{made['call']}.wav")
    with desk.recordings.sound(recording) as file:
        assert len(file.read()) == 58 + 2 * 8000
    assert list((tmp_path / "cache").rglob("*.wav")) == []
