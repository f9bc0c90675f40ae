"""The examples of docs/flows.md are run by the code they explain, and its Chinese twin says the same.

Each example begins with the file it belongs to.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import yaml

from calls.recordings import RecordingFolder
from calls.records import Call, CallEvent, EventKind
from calls.store import Store
from ivr.call import play_call
from ivr.flow import AnyNode, Flow, load_flow
from ivr.lint import lint
from ivr.script import load_scenario
from ivr.trial import load_trials, run
from speech.prompts import PromptLibrary
from speech.voices import Speaker

pytestmark = pytest.mark.integration

FOLDER = Path(__file__).parents[2] / "docs"
PAGE, TWIN = ((FOLDER / name).read_text(encoding="utf-8") for name in ("flows.md", "flows.zh-CN.md"))
EXAMPLE = re.compile(r"```yaml\n# (.*?)\n(.*?)```", re.DOTALL)
BLOCKS = EXAMPLE.findall(PAGE)
FILES = {title: text for title, text in BLOCKS if title.endswith(".yaml") and " " not in title}
PARTS = [(title, text) for title, text in BLOCKS if " for " in title]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_every_example_belongs_to_a_file() -> None:
    assert PAGE.count("```yaml") == len(FILES) + len(PARTS)
    assert set(FILES) == {"shop.yaml", "shop.test.yaml", "bilingual.yaml", "track-parcel.yaml"}


def test_the_first_flow_has_nothing_to_be_found(folder: Path) -> None:
    assert [finding.rule for finding in lint(folder / "shop.yaml", today=date(2026, 11, 23))] == []


def test_its_tests_pass(folder: Path) -> None:
    results = [run(trial) for trial in load_trials(folder / "shop.test.yaml")]
    assert [(result.trial.script.name, result.problems) for result in results] == [
        ("按键查快递", ()),
        ("说出来也行，没人接就留言", ()),
    ]


def test_the_other_examples_fit_into_it(folder: Path) -> None:
    flow: dict[str, Any] = yaml.safe_load(FILES["shop.yaml"])
    flow["variables"] = {"level": "none"}
    for title, text in PARTS:
        place, _, file = title.partition(" for ")
        assert file == "shop.yaml"
        flow.setdefault(place, {}).update(yaml.safe_load(text))
    (folder / "shop.yaml").write_text(yaml.safe_dump(flow, allow_unicode=True), encoding="utf-8")
    assert {"ask_pin", "are_we_open", "patient", "phone_right"} <= set(load_flow(folder / "shop.yaml").nodes)


def test_the_bilingual_flow_is_read(folder: Path) -> None:
    assert load_flow(folder / "bilingual.yaml").languages == ("zh", "en")


def test_the_scenario_ends_as_it_says(folder: Path, recordings: RecordingFolder) -> None:
    flow: Flow = load_flow(folder / "shop.yaml")
    scenario = load_scenario(folder / "track-parcel.yaml", flow)
    with Store.open(str(folder / "huawu.db")) as store, Speaker() as speaker:
        played = play_call(
            scenario,
            flow,
            store=store,
            folder=recordings,
            model=None,
            prompts=PromptLibrary([], folder / "prompts", speaker),
            speaker=speaker,
            rng=np.random.default_rng(1),
        )
        call = store.get(Call, played.call_id)
        entered = store.find(CallEvent, call_id=call.id, kind=EventKind.NODE, order_by="at")
    assert (call.outcome, call.queue_id) == (scenario.expect.outcome, scenario.expect.queue)
    assert [event.node for event in entered] == ["hello", *scenario.expect.path]


def test_every_type_of_node_and_all_its_fields_and_numbers_are_in_the_table() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \|[^|]*\|([^|\n]*)\|$", PAGE, re.MULTILINE))
    shared = {"again", "barge_in", "first_input_seconds", "inter_digit_seconds", "min_confidence", "flush"}
    shared |= {"hot_keys", "no_input", "no_match"}
    for kind in get_args(AnyNode):
        name = get_args(kind.model_fields["type"].annotation)[0]
        fields = set(kind.model_fields) - {"type"}
        if "first_input_seconds" in fields:
            fields -= shared
        assert fields <= set(re.findall(r"`(\w+)`", rows[name])), name
        for field, default in re.findall(r"`(\w+)` \(([0-9.]+)\)", rows[name]):
            assert kind.model_fields[field].default == float(default), (name, field)


def test_the_chinese_twin_has_the_same_headings() -> None:
    assert levels(TWIN) == levels(PAGE)


def test_its_examples_differ_in_comments_only() -> None:
    assert plain(EXAMPLE.findall(TWIN)) == plain(BLOCKS)


def test_its_tables_name_the_same_fields_and_defaults() -> None:
    assert cells(TWIN) == cells(PAGE)


def levels(page: str) -> list[str]:
    return re.findall(r"^#+(?= )", EXAMPLE.sub("", page), re.MULTILINE)


def plain(examples: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(title, re.sub(r" +# .*", "", text)) for title, text in examples]


def cells(page: str) -> list[list[str]]:
    """Return what each row of a table has in code and in numbers; words stand in another order."""
    rows = re.findall(r"^\|.*\|$", page, re.MULTILINE)
    return [sorted(re.findall(r"`[^`]*`|[0-9.]+", row)) for row in rows]
