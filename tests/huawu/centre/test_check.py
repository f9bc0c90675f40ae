from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from huawu.centre.check import faults, scheduling, warnings
from huawu.centre.config import Centre, load_centre
from huawu.centre.run_folder import clear, write_state

pytestmark = pytest.mark.integration


@pytest.fixture
def ports() -> Iterator[list[int]]:
    """Ports that are free, but for the moment taken: UDP for SIP, TCP for engine and desk."""
    with socket.socket(type=socket.SOCK_DGRAM) as sip, socket.socket() as http, socket.socket() as desk:
        for each in (sip, http, desk):
            each.bind(("127.0.0.1", 0))
        http.listen()
        desk.listen()
        yield [each.getsockname()[1] for each in (sip, http, desk)]


def centre(folder: Path, ports: list[int], text: str = "") -> Centre:
    sip, http, desk = ports
    file = folder / "huawu.yaml"
    file.write_text(
        f"run: {folder / 'run'}\nsip: {{port: {sip}}}\nengine: {{http_port: {http}}}\n"
        f"console: {{port: {desk}}}\nears: {{model: builtin}}\n{text}",
        encoding="utf-8",
    )
    return load_centre(file)


def test_ports_that_others_have(tmp_path: Path, ports: list[int]) -> None:
    made = centre(tmp_path, ports)
    sip, http, desk = ports
    taken = "cannot be used: Address already in use → choose another, or stop who has it"
    assert [str(fault).replace(f"{tmp_path}/", "") for fault in faults(made, {})] == [
        f"huawu.yaml:3: engine.http_port: 127.0.0.1:{http} {taken}",
        f"huawu.yaml:2: sip.port: 127.0.0.1:{sip} {taken}",
        f"huawu.yaml:4: console.port: 127.0.0.1:{desk} {taken}",
    ]


def test_a_centre_that_runs_has_its_ports_itself(tmp_path: Path, ports: list[int]) -> None:
    made = centre(tmp_path, ports)
    made.run.mkdir()
    write_state(made.run, {"serve": os.getpid(), "processes": {}})
    assert faults(made, {}) == []
    clear(made.run)
    assert len(faults(made, {})) == 3


def test_everything_that_is_wrong_is_found_at_once(tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text("name: x\n", encoding="utf-8")
    file = tmp_path / "huawu.yaml"
    file.write_text(
        "flows: flow.yaml\nengine: {token_env: NOT_SET, http_port: 8000}\nconsole: {port: 8000}\n"
        f"run: {tmp_path / 'run'}\nmedia: {{slots: 10000, port_min: 1024, port_max: 65535}}\n",
        encoding="utf-8",
    )
    found = [str(fault).replace(f"{tmp_path}/", "") for fault in faults(load_centre(file), {})]
    assert found[0].startswith("flow.yaml:1: the field ")
    assert "huawu.yaml:2: engine.token_env: the environment variable NOT_SET is not set" in "\n".join(found)
    assert "huawu.yaml:3: console.port: 127.0.0.1:8000 cannot be used" in "\n".join(found)


def test_what_may_not_be_meant(tmp_path: Path) -> None:
    file = tmp_path / "huawu.yaml"
    file.write_text("sip: {allow_sources: [0.0.0.0/0]}\nears: {model: builtin}\n", encoding="utf-8")
    told = [line.partition(":")[0] for line in warnings(load_centre(file))]
    clock = [] if scheduling() == "fifo" else ["media"]
    assert told == ["sip.host 127.0.0.1", "sip.allow_sources", *clock, "ears"]


def test_looking_what_the_system_permits_changes_nothing() -> None:
    before = os.sched_getscheduler(0), os.sched_getparam(0)
    assert scheduling() in ("fifo", "nice -10", "normal")
    assert (os.sched_getscheduler(0), os.sched_getparam(0)) == before
