from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from calls.errors import FlowError
from ivr.flow import Flow
from ivr.shelf import SETTLED_NS, FlowShelf
from ivr.simulation import Simulation
from tests.ivr.flows import DESK

pytestmark = pytest.mark.unit

NEWER = DESK.replace("您好", "您好，新年快乐")
LEADING_ON = DESK.replace("{type: play, prompt: 请听, next: menu}", "{type: goto, flow: sub, next: menu}")
BROKEN = DESK.replace("next: menu}", "next: menue}", 1)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "desk.yaml"
    path.write_text(DESK, encoding="utf-8")
    return path


def greeting(flow: Flow) -> str:
    return Simulation(flow).said[0].prompt.text


def test_a_new_call_gets_the_newest_version_and_a_running_one_keeps_its_own(file: Path) -> None:
    shelf = FlowShelf(file)
    running = shelf.current()
    file.write_text(NEWER, encoding="utf-8")
    assert (greeting(shelf.current()), greeting(running)) == ("您好，新年快乐", "您好")
    assert shelf.current().version != running.version


def test_what_did_not_change_stays_the_same_object(file: Path) -> None:
    shelf = FlowShelf(file)
    flow = shelf.current()
    os.utime(file, ns=(0, 0))
    (file.parent / "other.yaml").write_text("not: a flow", encoding="utf-8")
    with capture_logs() as logs:
        assert shelf.current() is flow
    assert logs == []


def test_a_broken_version_is_logged_once_and_the_last_good_one_stays(file: Path) -> None:
    shelf = FlowShelf(file)
    flow = shelf.current()
    file.write_text(BROKEN, encoding="utf-8")
    with capture_logs() as logs:
        assert [shelf.current() is flow for _ in range(3)] == [True] * 3
    assert [(log["log_level"], log["version"]) for log in logs] == [("error", flow.version)]
    assert f"{file}:" in logs[0]["why"] and "did you mean 'menu'?" in logs[0]["why"]

    file.write_text(NEWER, encoding="utf-8")
    with capture_logs() as logs:
        assert greeting(shelf.current()) == "您好，新年快乐"
    assert [(log["log_level"], log["before"]) for log in logs] == [("info", flow.version)]


def test_a_file_that_is_gone_for_a_moment_is_no_new_version(file: Path) -> None:
    shelf = FlowShelf(file)
    flow = shelf.current()
    file.unlink()
    assert shelf.current() is flow
    file.write_text(DESK, encoding="utf-8")
    assert shelf.current() is flow


def test_flows_that_it_leads_into_are_watched(file: Path) -> None:
    file.write_text(LEADING_ON, encoding="utf-8")
    inner = file.with_name("sub.yaml")
    inner.write_text(DESK.replace("name: desk", "name: sub"), encoding="utf-8")
    shelf = FlowShelf(file)
    before = shelf.current()
    inner.write_text(NEWER.replace("name: desk", "name: sub"), encoding="utf-8")
    assert shelf.current().version != before.version
    assert greeting(shelf.current().flows["sub"]) == "您好，新年快乐"


def test_a_flow_that_was_missing_mends_the_version_that_names_it(file: Path) -> None:
    shelf = FlowShelf(file)
    file.write_text(LEADING_ON, encoding="utf-8")
    assert list(shelf.current().flows) == ["desk"]
    file.with_name("sub.yaml").write_text(DESK.replace("name: desk", "name: sub"), encoding="utf-8")
    assert list(shelf.current().flows) == ["desk", "sub"]


@pytest.mark.parametrize("age_ns", [0, SETTLED_NS // 2])
def test_a_second_change_in_the_same_moment_and_of_the_same_length_is_seen(file: Path, age_ns: int) -> None:
    shelf = FlowShelf(file)
    shelf.current()
    moment = file.stat().st_mtime_ns - age_ns
    os.utime(file, ns=(moment, moment))
    shelf.current()
    file.write_text(DESK.replace("您好", "早安"), encoding="utf-8")
    os.utime(file, ns=(moment, moment))
    assert greeting(shelf.current()) == "早安"


def test_a_first_version_that_is_wrong_is_refused(file: Path) -> None:
    file.write_text(BROKEN, encoding="utf-8")
    with pytest.raises(FlowError, match="menue"):
        FlowShelf(file)


def test_threads_share_one_reading(file: Path) -> None:
    shelf = FlowShelf(file)
    file.write_text(NEWER, encoding="utf-8")
    with ThreadPoolExecutor(8) as pool, capture_logs() as logs:
        flows = [*pool.map(lambda _: shelf.current(), range(64))]
    assert len({id(flow) for flow in flows}) == 1
    assert [log["log_level"] for log in logs] == ["info"]
