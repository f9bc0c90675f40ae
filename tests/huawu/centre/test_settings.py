from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from calls.errors import ServeError
from huawu.centre.config import Centre, load_centre
from huawu.centre.plan import Plan
from huawu.centre.settings import plan_of, ring_path

pytestmark = pytest.mark.unit

EVERYTHING = """
flows:
  - {numbers: "95588", flow: telecom}
  - main
run: RUN
database: calls.db
sip:
  host: 10.0.0.5
  advertise: 203.0.113.9
  max_calls: 30
  trunks:
    - {name: carrier, proxies: [192.0.2.7], user: huawu, password_env: CARRIER_PASSWORD, registers: true}
  outbound: sip:{number}@192.0.2.7
  outbound_trunk: carrier
  allow_targets: ["*@192.0.2.7"]
ears: {count: 2, model: builtin}
engine: {token_env: ENGINE_TOKEN, drain_minutes: 2, http_host: 0.0.0.0}
agents: {codes: {login: "*11"}, max_no_answers: 2}
gateway: {audiosocket_port: 9092, max_calls: 10}
console: {port: 8010, public_hosts: [desk.example.cn], behind_proxy: true}
"""
ENVIRONMENT = {"CARRIER_PASSWORD": "geheim", "ENGINE_TOKEN": "offen"}


def centre(folder: Path, text: str = EVERYTHING) -> Centre:
    file = folder / "huawu.yaml"
    file.write_text(text.replace("RUN", str(folder / "run")), encoding="utf-8")
    return load_centre(file)


def told(plan: Plan) -> dict[str, dict[str, Any]]:
    return {child.name: json.loads(child.settings) for stage in plan.stages for child in stage}


def test_what_each_process_is_told(tmp_path: Path) -> None:
    made = centre(tmp_path)
    plan = plan_of(made, ENVIRONMENT)
    run, ring = str(tmp_path / "run"), str(ring_path(made.run))
    assert [[child.name for child in stage] for stage in plan.stages] == [
        ["media", "sip", "ear", "gateway"],
        ["engine"],
        ["console"],
    ]
    settings = told(plan)
    assert all(settings[name]["run"] == run for name in ("media", "sip", "ear", "gateway", "engine"))
    assert all(settings[name]["ring"] == ring for name in ("media", "ear", "engine"))
    expected: dict[str, dict[str, Any]] = {
        "media": {"host": "10.0.0.5", "slots": 80},
        "sip": {
            "host": "10.0.0.5",
            "advertise": "203.0.113.9",
            "max_calls": 30,
            "trunks": [
                {
                    "name": "carrier",
                    "proxies": ["192.0.2.7"],
                    "user": "huawu",
                    "password": "geheim",
                    "domain": "",
                    "register": True,
                    "expires": 300,
                }
            ],
        },
        "ear": {"count": 2, "model": "builtin"},
        "gateway": {"audiosocket_port": 9092, "media_host": "10.0.0.5", "most_calls": 10},
        "engine": {
            "flows": [[pattern, str(path)] for pattern, path in made.flows],
            "database": "calls.db",
            "media_host": "203.0.113.9",
            "gateway": True,
            "ears": 2,
            "most_calls": 40,
            "drain_seconds": 120.0,
            "token": "offen",
            "trunk": "carrier",
            "outbound": "sip:{number}@192.0.2.7",
            "codes": {"login": "*11"},
            "most_no_answers": 2,
        },
        "console": {
            "database": "calls.db",
            "recordings": "out/recordings",
            "port": 8010,
            "public_hosts": ["desk.example.cn"],
            "behind_proxy": True,
            "gateway": "ws://127.0.0.1:8061",
            "web_secret": settings["gateway"]["web_secret"],
            "numbers": [["95588", "95588 · telecom"], ["main", "main"]],
        },
    }
    assert {name: {key: settings[name][key] for key in keys} for name, keys in expected.items()} == expected


def test_when_each_process_is_ready(tmp_path: Path) -> None:
    plan = plan_of(centre(tmp_path), ENVIRONMENT)
    run = tmp_path / "run"
    ready = {child.name: (child.sockets, child.answers) for stage in plan.stages for child in stage}
    assert ready == {
        "media": ([str(run / "media.sock")], ""),
        "sip": ([str(run / "sip.sock")], ""),
        "ear": ([str(run / "ear-0.sock"), str(run / "ear-1.sock")], ""),
        "gateway": ([str(run / "gateway.sock")], ""),
        "engine": ([], "127.0.0.1:8060/readyz"),
        "console": ([], "127.0.0.1:8010/signin"),
    }
    assert plan.notes == {"http": "127.0.0.1:8060"}


def test_secrets_are_in_no_argument_and_in_no_representation(tmp_path: Path) -> None:
    plan = plan_of(centre(tmp_path), ENVIRONMENT)
    assert not [secret for secret in ENVIRONMENT.values() if secret in repr(plan)]
    assert Plan.from_json(plan.as_json()) == plan


def test_what_is_left_out_does_not_run(tmp_path: Path) -> None:
    text = "sip: {enabled: false}\nears: {count: 0}\nconsole: {enabled: false}\ngateway: {max_calls: 7}"
    plan = plan_of(centre(tmp_path, text), {})
    settings = told(plan)
    assert [*settings] == ["media", "gateway", "engine"]
    assert {name: settings["engine"][name] for name in ("sip", "gateway", "ears", "most_calls")} == {
        "sip": False,
        "gateway": True,
        "ears": 0,
        "most_calls": 7,
    }


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            EVERYTHING,
            "huawu.yaml:12: sip.trunks.0.password_env: the environment variable CARRIER_PASSWORD is not set"
            " → set it where huawu serve runs",
        ),
        (
            "media:\n  port_max: 20099",
            "huawu.yaml:2: media.port_max: ports 20000 to 20099 are enough for 50 legs, not for 400"
            " → each leg takes two: widen the range, or lower media.slots or sip.max_calls",
        ),
        (
            "sip:\n  outbound_trunk: pxb\n  trunks: [{name: pbx, proxies: [192.0.2.7]}]",
            "huawu.yaml:2: sip.outbound_trunk: unknown trunk 'pxb' → did you mean 'pbx'? known: pbx",
        ),
        ("engine:\n  prompts: [voice]", "huawu.yaml:2: engine.prompts.0: there is no folder voice"),
        ("engine:\n  hold_music: a.wav", "huawu.yaml:2: engine.hold_music: there is no file a.wav"),
        (
            "sip: {host: 0.0.0.0}",
            "sip: host 0.0.0.0 stands for all addresses"
            " → name the one that telephones shall send to: advertise",
        ),
    ],
)
def test_what_does_not_fit_together(text: str, complaint: str, tmp_path: Path) -> None:
    made = centre(tmp_path, text)
    with pytest.raises(ServeError) as error:
        plan_of(made, {})
    assert str(error.value).replace(f"{tmp_path}/", "") == complaint
