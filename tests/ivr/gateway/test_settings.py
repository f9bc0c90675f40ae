from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from calls.errors import ServeError
from ivr.gateway.settings import GatewaySettings

pytestmark = pytest.mark.unit

SECRET = "0123456789abcdef"


def test_settings_travel_as_json() -> None:
    settings = GatewaySettings("/run/huawu", token=SECRET, origins=("https://desk.example.cn",))

    assert GatewaySettings(**json.loads(json.dumps(asdict(settings)))) == settings


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{SECRET}\n")

    assert GatewaySettings("run", token=f"file:{tmp_path / 'token'}").token == SECRET
    with pytest.raises(ServeError, match=r"web_secret in .*none"):
        GatewaySettings("run", web_secret=f"file:{tmp_path / 'none'}")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"web_port": 70000}, "web_port 70000"),
        ({"audiosocket_port": -1}, "audiosocket_port -1"),
        ({"most_calls": 0}, "most_calls 0"),
        ({"host": "localhost"}, "host 'localhost' is no address"),
        ({"media_host": ""}, "media_host ''"),
        ({"sources": ["pbx"]}, "sources 'pbx'"),
        ({"token": "short"}, "token has 5 characters"),
        ({"host": "0.0.0.0"}, "host '0.0.0.0' can be reached by others"),
    ],
)
def test_what_is_wrong_is_named(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ServeError, match=said):
        GatewaySettings("run", **wrong)


def test_others_may_reach_a_gateway_that_has_a_token() -> None:
    assert GatewaySettings("run", host="0.0.0.0", token=SECRET).host == "0.0.0.0"
