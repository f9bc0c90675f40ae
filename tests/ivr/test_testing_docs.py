"""The examples of docs/testing-flows.md, run on the flow that docs/flows.md begins with."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ivr.flow import load_flow
from ivr.simulation import WebAnswer
from ivr.trial import load_trials, load_world, run

pytestmark = pytest.mark.unit

DOCS = Path(__file__).parents[2] / "docs"


def examples(page: str) -> dict[str, str]:
    """Return the YAML files that a page shows, by the name in their first line."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return dict(re.findall(r"```yaml\n# (\S+\.yaml)\n(.*?)```", text, re.DOTALL))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shop = {"shop.yaml": examples("flows.md")["shop.yaml"]}
    for name, text in {**shop, **examples("testing-flows.md")}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_the_tests_pass(folder: Path) -> None:
    results = [run(trial) for trial in load_trials(folder / "shop.test.yaml")]
    assert [(result.trial.script.name, result.problems) for result in results] == [
        ("没听懂一次，再按键", ()),
        ("坐席接了，客人先挂", ()),
        ("等不及，留言", ()),
    ]


def test_the_world_is_read(folder: Path) -> None:
    file = folder / "shop.yaml"
    text = file.read_text(encoding="utf-8")
    node = "  look_up: {type: http, url: https://crm.example.cn/, next: bye, error: agent}\n"
    file.write_text(text + node, encoding="utf-8")
    world = load_world(folder / "world.yaml", load_flow(file))
    assert world.web["look_up"] == (
        WebAnswer(fails="timeout"),
        WebAnswer(status=200, data={"order": {"state": "已发货"}}, seconds=2),
    )
    assert (world.agents["general"].talks, world.transfers, world.callbacks) == (
        30,
        {"4001": "answered"},
        False,
    )
