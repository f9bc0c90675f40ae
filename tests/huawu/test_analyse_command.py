"""``huawu analyse`` as its users see it: real Vosk, real judges, a recording of a real demo voice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from calls.people import Webhook, WebhookDelivery
from calls.recordings import RecordingFolder
from calls.records import Call, CallRisk, Finding, Recording, Transcript
from calls.store import Store
from huawu.analyse_command import analyse_command
from speech.g711 import alaw_encode
from speech.voices import VOICES, Speaker

pytestmark = [pytest.mark.integration, pytest.mark.slow]
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def said() -> Iterator[bytes]:
    """A sentence of the demo's, as A-law."""
    with Speaker() as speaker:
        sound = speaker.say("我要投诉你们的宽带", VOICES["caller-1"], 8000)
    yield alaw_encode(sound)


@pytest.fixture
def centre(tmp_path: Path, said: bytes) -> Path:
    """A call with a recording, one whose file is broken, one that runs, and one without sound."""
    folder = RecordingFolder(tmp_path / "recordings")
    with Store.open(tmp_path / "huawu.db") as store:
        store.add(Webhook(id="hook", url="https://crm.example/", secret="s", events=("complaint.found",)))
        for call_id, ended in (("good", NOON), ("broken", NOON), ("running", None), ("silent", NOON)):
            call = Call(id=call_id, door="upload", started_at=NOON - timedelta(minutes=1), ended_at=ended)
            store.add(call)
            if call_id == "silent":
                continue
            writer = folder.start(call_id, started=NOON)
            writer.write(said, b"\xd5" * len(said))
            recording = writer.close()
            store.add(recording)
            if call_id == "broken":
                folder.path(recording).write_bytes(b"nothing")
    return tmp_path


def run(centre: Path, *options: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(analyse_command)
    places = ["--db", str(centre / "huawu.db"), "--recordings", str(centre / "recordings")]
    result = CliRunner().invoke(app, [*places, "--model", "builtin", *options])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    # what the command line would send to its standard error
    return result.exit_code, "".join(
        line for line in result.stdout.splitlines(keepends=True) if "[info " not in line
    )


def test_what_waits_is_transcribed_and_judged_once(centre: Path) -> None:
    code, first = run(centre)
    _, second = run(centre)
    with Store.open(centre / "huawu.db") as store:
        broken = store.find(Recording, call_id="broken")[0]
        store.replace(Recording, {"id": broken.id})
        (transcript,) = store.find(Transcript)
        labels = {each.label for each in store.find(Finding, call_id="good", kind="complaint")}
        told = store.find(WebhookDelivery)
        assert store.count(CallRisk, call_id="good") == 1

    assert code == 1 and first.splitlines()[0].startswith("broken  ")
    assert first.splitlines()[-1].startswith("1 of 2 calls")
    assert transcript.call_id == "good" and "投诉" in "".join(each.text for each in transcript.utterances)
    assert labels and "none" not in labels and len(told) == 1
    assert second.splitlines()[-1].startswith("0 of 1 calls")
    assert run(centre) == (0, "no recording waits\n")


def test_again_replaces_the_results_and_tells_nobody_twice(centre: Path) -> None:
    run(centre)

    run(centre, "--again", "--limit", "2")

    with Store.open(centre / "huawu.db") as store:
        assert store.count(Transcript) == store.count(CallRisk) == 1
        assert store.count(WebhookDelivery) == 1
