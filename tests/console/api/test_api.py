from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import soundfile
from flask import Flask

from calls.people import ApiToken, AuditEntry, User, UserRole
from calls.records import Call, Case, Recording, Review, Transcript, utc_now
from calls.store import Store
from console.api.endpoint import Endpoint
from console.api.tokens import bearer, issue, revoke
from console.api.views import ENDPOINTS
from console.rights import RIGHTS
from tests.console.api.conftest import Program

pytestmark = pytest.mark.integration

Programs = Callable[[UserRole | None], Program]
NAMED = {"call_id": "call-1", "sample_id": "plan-1"}


def sound(seconds: float = 1.0, channels: int = 2, rate: int = 16000) -> bytes:
    """A WAV file in which everybody hums something of their own."""
    time = np.arange(round(seconds * rate)) / rate
    lanes = [0.3 * np.sin(2 * np.pi * (180 + 130 * lane) * time) for lane in range(channels)]
    file = io.BytesIO()
    soundfile.write(file, np.stack(lanes, axis=1), rate, format="WAV")
    return file.getvalue()


def upload(ask: Program, content: bytes, **about: object) -> tuple[int, dict[str, object]]:
    form = {"recording": (io.BytesIO(content), "../../etc/call.wav"), "about": json.dumps(about)}
    answer = ask("POST", "/v1/calls", data=form)
    return answer.status_code, answer.json or {}


def test_calls_come_in_pages(program: Programs) -> None:
    ask = program(UserRole.INSPECTOR)

    first = ask("GET", "/v1/calls?limit=5").json
    second = ask("GET", f"/v1/calls?limit=5&after={first['next']}").json

    ids = [call["id"] for page in (first, second) for call in page["calls"]]
    assert ids == [f"call-{number}" for number in range(8, 0, -1)]
    assert second["next"] is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("agent=A1", ["call-5", "call-1"]),
        ("outcome=abandoned", ["call-4"]),
        ("from=2026-03-02T03:58:00Z", ["call-2", "call-1"]),
        ("from=2026-03-02T03:57:00Z&to=2026-03-02T03:59:00%2B00:00", ["call-3", "call-2"]),
        ("agent=nobody", []),
    ],
)
def test_calls_are_filtered(program: Programs, query: str, found: list[str]) -> None:
    answer = program(UserRole.INSPECTOR)("GET", f"/v1/calls?{query}")

    assert [call["id"] for call in answer.json["calls"]] == found


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=x", "limit"),
        ("outcome=lost", "outcome"),
        ("from=2026-03-02", "from"),
        ("x=1", "x"),
    ],
)
def test_a_wrong_field_is_named(program: Programs, query: str, field: str) -> None:
    answer = program(UserRole.INSPECTOR)("GET", f"/v1/calls?{query}")

    assert (answer.status_code, answer.json["field"]) == (422, field)


def test_one_call_is_told_whole(program: Programs) -> None:
    call = program(UserRole.INSPECTOR)("GET", "/v1/calls/call-1").json

    assert call["caller"] == "13800001001" and call["agent"] == "A1" and call["transcribed"]
    assert {(each["kind"], each["label"]) for each in call["findings"]} == {
        ("topic", "refund"),
        ("topic", "service"),
        ("complaint", "重大"),
        ("sentiment", "negative"),
    }
    assert len(call["recordings"]) == 1 and call["risk"] is None and call["reviews"] == []


def test_who_may_not_see_personal_data_sees_none(program: Programs, desk_store: Store) -> None:
    (transcript,) = desk_store.find(Transcript, call_id="call-1")
    said = tuple(
        replace(each, text="我的电话是幺三八零零零零幺零零幺") if each.number == 1 else each
        for each in transcript.utterances
    )
    desk_store.add(replace(transcript, utterances=said))

    masked = program(UserRole.READ_ONLY)("GET", "/v1/calls/call-1/transcript").json
    whole = program(UserRole.INSPECTOR)("GET", "/v1/calls/call-1/transcript").json

    assert masked["masked"] and masked["utterances"][1]["text"] == "我的电话是▇▇▇▇▇▇▇▇▇▇▇"
    assert not whole["masked"] and whole["utterances"][1]["text"].endswith("幺零零幺")
    assert program(UserRole.READ_ONLY)("GET", "/v1/calls/call-1").json["caller"] == "•••••••1001"


def test_a_recording_is_played_in_ranges(program: Programs, desk_store: Store) -> None:
    (recording,) = desk_store.find(Recording, call_id="call-1")

    answer = program(UserRole.INSPECTOR)(
        "GET", f"/v1/recordings/{recording.id}/audio", headers={"Range": "bytes=0-43"}
    )

    assert (answer.status_code, answer.data[:4], len(answer.data)) == (206, b"RIFF", 44)
    assert desk_store.count(AuditEntry, action="recording.play", subject=recording.id) == 1


def test_a_call_is_judged_once_for_each_request(program: Programs, desk_store: Store) -> None:
    body = {"complaint": True, "severity": "一般", "comment": "态度差", "plan": "plan-1"}

    answer = program(UserRole.INSPECTOR)("POST", "/v1/calls/call-2/reviews", json=body)

    (review,) = desk_store.find(Review, call_id="call-2")
    assert answer.status_code == 201 and answer.json["id"] == review.id
    assert (review.reviewer, review.complaint, review.severity, review.plan_id) == (
        "inspector",
        True,
        "一般",
        "plan-1",
    )
    assert desk_store.values(Case, "call_id") == {"call-2"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"severity": "一般"}, "severity"),
        ({"complaint": True, "severity": "grave"}, "severity"),
        ({"plan": "plan-1", "complaint": False}, "plan"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_verdict_that_makes_no_sense_is_refused(
    program: Programs, desk_store: Store, body: dict[str, object], field: str
) -> None:
    answer = program(UserRole.INSPECTOR)("POST", "/v1/calls/call-4/reviews", json=body)

    assert (answer.status_code, answer.json["field"]) == (422, field)
    assert desk_store.count(Review, call_id="call-4") == 0


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"data": "{", "content_type": "application/json"}, 400),
        ({"data": "[" * 100_000, "content_type": "application/json"}, 413),
        ({"data": "[" * 20_000, "content_type": "application/json"}, 400),
        ({"data": "complaint=1", "content_type": "application/x-www-form-urlencoded"}, 415),
        ({"data": "[]", "content_type": "application/json"}, 422),
    ],
)
def test_what_is_no_verdict_is_refused(program: Programs, more: dict[str, str], status: int) -> None:
    answer = program(UserRole.INSPECTOR)("POST", "/v1/calls/call-2/reviews", **more)

    assert answer.status_code == status
    assert set(answer.json) == {"error", "field", "hint"}


def test_a_recording_is_brought_in(program: Programs, desk_store: Store, app: Flask) -> None:
    status, made = upload(
        program(UserRole.QA_SUPERVISOR),
        sound(2.0),
        id="old-17",
        started_at="2025-11-02T10:00:00+08:00",
        caller="13900002222",
        agent="A1",
        queue="售后",
    )

    assert (status, made["call"], made["seconds"], made["layout"]) == (201, "old-17", 2.0, "stereo")
    call, recording = desk_store.get(Call, "old-17"), desk_store.get(Recording, str(made["recording"]))
    assert (call.door, call.caller, call.agent_id, call.ended_at) == (
        "upload",
        "13900002222",
        "A1",
        call.started_at + timedelta(seconds=2),
    )
    assert [str(role) for role in recording.channels] == ["caller", "agent"]
    assert recording.uri == "2025/11/02/old-17.wav"
    samples, rate = soundfile.read(app.extensions["desk"].recordings.path(recording))
    assert (samples.shape, rate) == ((16000, 2), 8000)
    assert np.abs(samples).max() > 0.2


def test_of_a_mono_recording_nobody_knows_who_speaks(program: Programs, desk_store: Store) -> None:
    _, made = upload(program(UserRole.QA_SUPERVISOR), sound(channels=1, rate=8000))

    recording = desk_store.get(Recording, str(made["recording"]))
    assert ([str(role) for role in recording.channels], recording.layout) == (["unknown"], "mono")


@pytest.mark.parametrize(
    ("content", "about", "status", "field"),
    [
        (b"", {}, 422, ""),
        (b"no sound at all" * 100, {}, 422, ""),
        (sound()[:30], {}, 422, ""),
        (sound(channels=3), {}, 422, ""),
        (sound(0.1), {"id": "call-1"}, 409, "id"),
        (sound(0.1), {"id": "../../evil"}, 422, "id"),
        (sound(0.1), {"channels": ["caller", "thief"]}, 422, "channels"),
        (sound(0.1), {"started_at": "yesterday"}, 422, "started_at"),
    ],
)
def test_what_cannot_be_taken_in_leaves_nothing(
    program: Programs,
    desk_store: Store,
    app: Flask,
    content: bytes,
    about: dict[str, object],
    status: int,
    field: str,
) -> None:
    folder: Path = app.extensions["desk"].recordings.root
    before = sorted(folder.rglob("*"))

    answer = upload(program(UserRole.QA_SUPERVISOR), content, **about)

    assert (answer[0], answer[1]["field"]) == (status, field)
    assert desk_store.count(Call) == 8 and sorted(folder.rglob("*")) == before


def test_a_sample_and_its_calls(program: Programs) -> None:
    ask = program(UserRole.INSPECTOR)

    (sample,) = ask("GET", "/v1/samples").json["samples"]
    drawn = ask("GET", "/v1/samples/plan-1/calls").json["calls"]

    assert (sample["id"], sample["drawn"], sample["reviewed"]) == ("plan-1", 4, 0)
    assert [(each["call"], each["part"]) for each in drawn] == [
        ("call-1", "risk"),
        ("call-2", "random"),
        ("call-3", "risk"),
        ("call-5", "random"),
    ]
    assert ask("GET", "/v1/samples/none/calls").status_code == 404


def test_a_team_sees_its_own_calls_alone(program: Programs, desk_store: Store) -> None:
    desk_store.add(
        Case(id="ours", call_id="call-1", level="一般"), Case(id="theirs", call_id="call-3", level="一般")
    )
    ask = program(UserRole.TEAM_SUPERVISOR)  # of 一组: A1

    assert [call["id"] for call in ask("GET", "/v1/calls").json["calls"]] == ["call-5", "call-1"]
    assert ask("GET", "/v1/calls?agent=A2").json["calls"] == []
    assert ask("GET", "/v1/calls/call-3").status_code == 404
    assert ask("GET", "/v1/calls/call-3/transcript").status_code == 404
    assert [case["id"] for case in ask("GET", "/v1/cases").json["cases"]] == ["ours"]
    assert [each["call"] for each in ask("GET", "/v1/samples/plan-1/calls").json["calls"]] == [
        "call-1",
        "call-5",
    ]


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: each.name)
def test_every_endpoint_asks_for_its_right(program: Programs, desk_store: Store, endpoint: Endpoint) -> None:
    named = NAMED | {"recording_id": desk_store.find(Recording, call_id="call-1")[0].id}
    more = {"json": {}} if endpoint.body else {}

    for role in UserRole:
        answer = program(role)(endpoint.method, endpoint.path.format(**named), **more)
        may = endpoint.right is None or endpoint.right in RIGHTS[role]
        assert (answer.status_code != 403) == may, role
        assert answer.status_code in (200, 201, 403, 422), role
    answer = program(None)(endpoint.method, endpoint.path.format(**named), **more)
    if endpoint.right is None:
        assert answer.status_code == 200
    else:
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_a_token_ends_with_its_time_its_account_and_its_word(desk_store: Store, program: Programs) -> None:
    now = utc_now()
    user = desk_store.get(User, "inspector")
    token = issue(desk_store, user, "short", now, now + timedelta(hours=1))
    kept = issue(desk_store, user, "long", now)

    def known(each: str, at: timedelta = timedelta(0)) -> bool:
        return bearer(desk_store, f"Bearer {each}", now + at) is not None

    assert known(token) and not known(token, timedelta(hours=1)) and known(kept, timedelta(days=999))
    assert not known(token + "x") and bearer(desk_store, f"Basic {token}", now) is None
    (made,) = desk_store.find(ApiToken, name="long")
    assert not revoke(desk_store, desk_store.get(User, "admin"), made.id, now)
    assert revoke(desk_store, user, made.id, now) and not known(kept)
    desk_store.add(replace(user, disabled=True))
    assert not known(token)


def test_no_token_is_stored(desk_store: Store, program: Programs) -> None:
    token = issue(desk_store, desk_store.get(User, "admin"), "crm", utc_now())

    assert all(token not in repr(each) for each in desk_store.find(ApiToken))


def test_what_is_not_there_is_told_in_json(program: Programs) -> None:
    ask = program(UserRole.ADMIN)

    assert (ask("GET", "/v1/nothing").status_code, ask("DELETE", "/v1/calls").status_code) == (404, 405)
    assert ask("GET", "/v1/nothing").json["error"]
    assert ask("GET", "/v1/calls/none").json["error"] == "there is no call none"
