"""Settings that cannot be, and what is said about them."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from calls.errors import ServeError
from ivr.sip.settings import SipSettings, TrunkSettings, host_and_port

pytestmark = pytest.mark.unit

TRUNK = {"name": "carrier", "proxies": ["10.0.0.1", "10.0.0.2:5080"], "user": "u", "password": "secret"}


def test_settings_survive_json():
    settings = SipSettings("/run", advertise="192.0.2.1", trunks=[TRUNK])

    assert SipSettings(**json.loads(json.dumps(asdict(settings)))).all_trunks == settings.all_trunks
    assert settings.address == "192.0.2.1"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"allow_sources": ["10.0.0.1/8"]}, "source '10.0.0.1/8'"),
        ({"allow_targets": ["8001"]}, "allow_targets '8001'"),
        ({"full_code": 600}, "full_code 600"),
        ({"session_expires": 30}, "session_expires 30"),
        ({"host": "0.0.0.0"}, "advertise"),
        ({"trunks": [{"name": "x"}]}, "trunk 'x'"),
        ({"trunks": [{"name": "x", "proxies": []}]}, "at least one proxy"),
        ({"trunks": [TRUNK | {"pass": "y"}]}, "trunk 'carrier'"),
        ({"trunks": [TRUNK | {"expires": 5}]}, "expires 5"),
        ({"trunks": [TRUNK | {"proxies": ["host:port"]}]}, "address 'host:port'"),
        ({"trunks": [TRUNK, TRUNK]}, "same name"),
        ({"trunks": ["carrier"]}, "trunk ''"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, object], says: str):
    with pytest.raises(ServeError, match=says.replace("(", r"\(")):
        SipSettings("/run", **change)  # type: ignore[arg-type]


def test_a_trunk(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CARRIER_PASSWORD", "hidden")
    plain, hidden = (
        TrunkSettings.read(TRUNK),
        TrunkSettings.read(TRUNK | {"password_env": "CARRIER_PASSWORD"}),
    )

    assert plain.addresses == (("10.0.0.1", 5060), ("10.0.0.2", 5080))
    assert (plain.realm, plain.secret, hidden.secret) == ("10.0.0.1", "secret", "hidden")
    assert "secret" not in repr(plain)


def test_addresses():
    assert [host_and_port(each) for each in ("h", "h:5080", "[::1]", "[::1]:5080")] == [
        ("h", 5060),
        ("h", 5080),
        ("[::1]", 5060),
        ("[::1]", 5080),
    ]
