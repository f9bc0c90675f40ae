from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

import console.access
from calls.people import User, UserRole
from calls.store import Store
from console.app import create_app
from tests.console.weeks_scene import BAD, LAST_DAY, TEAMS, fill_weeks

pytestmark = pytest.mark.integration
SPAN = f"from=2026-02-02&to={LAST_DAY}"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A desk over five weeks."""
    folder: Path = tmp_path_factory.mktemp("weeks")
    with Store.open(folder / "desk.db") as store:
        fill_weeks(store)
    app = create_app(str(folder / "desk.db"), folder / "recordings")
    app.testing = True
    yield app
    app.extensions["desk"].close()


@pytest.fixture
def signed_in(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes the person at this machine somebody else."""

    def become(role: UserRole, **fields: Any) -> None:
        monkeypatch.setattr(console.access, "LOCAL", User(id="someone", role=role, stamp="", **fields))

    return become


def page(desk: Flask, path: str, status: int = 200) -> str:
    answer = desk.test_client().get(path)
    assert answer.status_code == status, answer.text
    return answer.text


def words(text: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text)))


def test_the_days_show_volume_complaints_topics_and_key_figures(desk: Flask) -> None:
    text = page(desk, f"/figures?{SPAN}")

    assert text.count('<svg class="plot"') == 3
    assert "通话量 840" in words(text)
    assert "平均处理时长" in text and "服务水平（含放弃）" in text
    assert "style=" not in text


def test_without_a_wish_the_days_lead_up_to_the_latest_call(desk: Flask) -> None:
    text = page(desk, "/figures")

    assert f'name="to" value="{LAST_DAY}"' in text and 'name="from" value="2026-02-23"' in text


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("from=yesterday", "“yesterday”不是日期"),
        ("from=2026-03-02&to=2026-03-01", "早于开始日期"),
        ("from=2020-01-01&to=2026-01-01", "一次最多查看 366 天"),
        ("from=0001-01-01", "“0001-01-01”不是日期"),
    ],
)
def test_days_that_make_no_sense_are_told(desk: Flask, query: str, why: str) -> None:
    assert why in page(desk, f"/figures?{query}", 400)


def test_days_without_calls_say_so(desk: Flask) -> None:
    assert "这些天没有通话" in page(desk, "/figures?from=2025-01-01&to=2025-01-02")


@pytest.mark.parametrize("measure", ["mean_score", "complaint_rate", "fatal_rate"])
def test_the_bad_agent_is_outside_the_funnel(desk: Flask, measure: str) -> None:
    text = page(desk, f"/figures/quality?{SPAN}&measure={measure}")

    outside = re.findall(r'<circle cx="[\d.]+" cy="[\d.]+" r="4" class="mark out"><title>(\S+):', text)
    # of few fatal errors even the worst agent has not enough to be sure
    assert outside == ([] if measure == "fatal_rate" else ["陈晨"])
    assert ("明显偏低" in text, "明显偏高" in text) == (
        measure == "mean_score",
        measure == "complaint_rate",
    )


def test_each_sample_is_shown_with_its_interval(desk: Flask) -> None:
    text = words(page(desk, f"/figures/quality?{SPAN}&lang=en"))

    assert len(re.findall(r"第\d周 60 / 60 \d+% \(\d+(?:\.\d)?% – \d+%\)", text)) >= 5
    assert len(re.findall(r"第\d周 60 / 60 \d+\.\d \(\d+\.\d – \d+\.\d\)", text)) == 5


def test_from_the_teams_one_goes_down_to_a_team_and_to_a_person(desk: Flask) -> None:
    teams = page(desk, f"/figures/people?{SPAN}")
    members = page(desk, f"/figures/people?{SPAN}&team=二组")
    person = page(desk, f"/agents/{BAD}/file?to={LAST_DAY}")

    assert [team for team in TEAMS if team in teams] == list(TEAMS)
    assert set(re.findall(r"/agents/(\w+)/file", members)) == set(TEAMS["二组"])
    assert re.search(rf'<tr class="out">\s*<th scope="row"><a href="/agents/{BAD}/file"', members)
    assert "个人质量档案" in person and "service.empathy" in person


def test_menus_show_where_callers_gave_up(desk: Flask) -> None:
    text = page(desk, f"/figures/menus?{SPAN}")

    assert "76 / 840 (9.0%)" in words(text) and "main · menu" in text


def test_hot_words_are_shown_with_examples(desk: Flask) -> None:
    text = page(desk, f"/figures/words?to={LAST_DAY}")

    assert re.search(r"光猫|红灯", text)
    assert re.search(r'href="/calls/call-\d\d-\d\d#u\d"', text)


def test_a_team_supervisor_sees_the_own_team_alone(desk: Flask, signed_in: Any) -> None:
    signed_in(UserRole.TEAM_SUPERVISOR, team="二组")

    overview = words(page(desk, f"/figures?{SPAN}"))
    quality = page(desk, f"/figures/quality?{SPAN}")
    people = page(desk, f"/figures/people?{SPAN}&team=一组")

    assert "通话量 840" not in overview
    assert set(re.findall(r"/agents/(\w+)/file", quality)) == set(TEAMS["二组"])
    assert set(re.findall(r"/agents/(\w+)/file", people)) == set(TEAMS["二组"])
    assert "第1周" not in quality
    page(desk, "/agents/A1/file", 404)
    page(desk, f"/agents/{BAD}/file")
    page(desk, "/figures/menus", 403)


def test_an_agent_sees_the_own_file_alone(desk: Flask, signed_in: Any) -> None:
    signed_in(UserRole.AGENT, agent_id=BAD)

    assert "个人质量档案" in page(desk, f"/agents/{BAD}/file?to={LAST_DAY}")
    page(desk, "/agents/A1/file", 404)
    for path in ("/figures", "/figures/quality", "/figures/people", "/figures/words"):
        page(desk, path, 403)


def test_there_is_no_file_of_nobody(desk: Flask) -> None:
    assert "没有编号为 nobody 的坐席" in page(desk, "/agents/nobody/file", 404)
