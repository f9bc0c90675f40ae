from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from calls.errors import HuawuError
from huawu.cli import flow_app
from tests.ivr.flows import DESK

pytestmark = pytest.mark.integration

TRIALS = """\
flow: desk.yaml
tests:
  - name: 查话费
    steps:
      - {hear: 您好}
      - {press: "1"}
      - {press: "1234#"}
    expect: {outcome: contained, variables: {phone: "1234"}}
  - name: 找人工
    steps:
      - {say: 快递}
      - {hear: 请稍候}
    expect: {outcome: handed-off}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "desk.yaml").write_text(DESK, encoding="utf-8")
    path = tmp_path / "trials.yaml"
    path.write_text(TRIALS, encoding="utf-8")
    return path


def flow_test(*arguments: str | Path) -> Result:
    return CliRunner().invoke(flow_app, ["test", *map(str, arguments)])


def test_passes_are_short_and_a_failure_tells_the_call(file: Path) -> None:
    done = flow_test(file)
    first, *rest = done.stdout.splitlines()
    assert (done.exit_code, done.stderr) == (1, "")
    assert first.startswith(f"{file}: flow desk, version ")
    assert rest == [
        "  passed  查话费  4.0 s",
        "  FAILED  找人工  21.7 s",
        f"    step 2, {file}:12: hear: 请稍候",
        "      expected  a prompt with “请稍候”",
        "      instead   was said: “人工一”, “没听到”, “人工一”, “还是没听到”, “人工一”; "
        "then the call ended after 21.7 s: lost",
        "    the call, in virtual time:",
        "        0.0 s  node    hello (play)",
        "        0.0 s  system  您好",
        "        0.4 s  node    menu (menu)",
        "        0.4 s  system  话费一快递二",
        "        1.8 s  caller  says 快递",
        "        2.9 s  call    heard “快递” with confidence 1.00",
        "        2.9 s  node    parcels (menu)",
        "        2.9 s  system  人工一",
        "        8.6 s  call    no-input number 1",
        "        8.6 s  system  没听到",
        "        9.3 s  system  人工一",
        "       14.9 s  call    no-input number 2",
        "       14.9 s  system  还是没听到",
        "       16.0 s  system  人工一",
        "       21.7 s  call    no-input number 3",
        "       21.7 s  node    lost (hangup)",
        "       21.7 s  call    ended: lost, failed",
        "1 passed, 1 failed",
    ]


def test_only_some_tests(file: Path) -> None:
    done = flow_test(file, "-k", "话费")
    assert (done.exit_code, done.stdout.splitlines()[1:]) == (
        0,
        ["  passed  查话费  4.0 s", "1 passed, 0 failed"],
    )


def test_no_test_of_that_name(file: Path) -> None:
    done = flow_test(file, "-k", "天气")
    assert isinstance(done.exception, HuawuError)
    assert str(done.exception) == "-k 天气: no test has this in its name → leave -k out to run all"


def test_results_for_machines(file: Path) -> None:
    done = flow_test(file, "--json")
    report = json.loads(done.stdout)
    assert (done.exit_code, report["passed"], report["failed"]) == (1, 1, 1)
    good, bad = report["tests"]
    assert (good["name"], good["line"], good["passed"], good["problems"]) == ("查话费", 3, True, [])
    assert [(p["step"], p["line"], p["what"]) for p in bad["problems"]] == [(2, 12, "hear: 请稍候")]
    assert bad["conversation"][1] == {"at": 0.0, "who": "system", "text": "您好", "cut_after": None}


def test_wrong_files_are_each_named_and_nothing_runs(file: Path) -> None:
    wrong = file.with_name("wrong.yaml")
    wrong.write_text(TRIALS.replace("hear: 您好", "hera: 您好"), encoding="utf-8")
    done = flow_test(wrong, file, file.with_name("none.yaml"))
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        f"{wrong}:5: tests.0.steps.0.hera: unknown field 'hera' → did you mean 'hear'? known: barge_in, "
        "confidence, hang_up, hear, leave_message, press, say, silent, wait",
        f"{file.with_name('none.yaml')}: No such file or directory → check the path",
    ]
