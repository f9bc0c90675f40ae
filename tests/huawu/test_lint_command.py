from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from calls.errors import HuawuError
from huawu.cli import app

pytestmark = pytest.mark.integration

FLOWS = Path(__file__).parents[1] / "flows"
SOUND, BROKEN = FLOWS / "sound.yaml", FLOWS / "broken"


def flow_lint(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["flow", "lint", "--today", "2026-11-23", *map(str, arguments)])


def test_a_sound_flow() -> None:
    done = flow_lint(SOUND, "--no-model")
    assert (done.exit_code, done.output) == (0, "1 file: nothing found\n")


def test_a_finding_for_people() -> None:
    file = BROKEN / "unsaid-prompt.yaml"
    done = flow_lint(SOUND, file, "--no-model")
    line = next(n for n, text in enumerate(file.read_text("utf-8").splitlines(), 1) if "还是没有听懂" in text)
    assert (done.exit_code, done.output.splitlines()) == (
        1,
        [
            f"{file}:{line}: warning nobody hears this: failure 3 leads to 'hours' at once [unsaid-prompt]",
            "    at defaults.no_match.prompts.2",
            "    → raise max to 4, or say it in 'hours'",
            "2 files: 1 warning",
        ],
    )


def test_findings_for_programs() -> None:
    done = flow_lint(BROKEN / "two-load-faults.yaml", "--no-model", "--json")
    findings = json.loads(done.stdout)
    assert (done.exit_code, [(f["rule"], f["severity"], f["field"]) for f in findings]) == (
        1,
        [("invalid", "error", "nodes.agent.no_agent"), ("invalid", "error", "nodes.done.prompt")],
    )
    assert {*findings[0]} == {"file", "line", "field", "rule", "severity", "message", "hint"}


@pytest.mark.parametrize(("least", "code", "found"), [("info", 0, 1), ("warning", 0, 0)])
def test_what_is_good_to_know_is_no_failure(least: str, code: int, found: int) -> None:
    done = flow_lint(BROKEN / "past-override.yaml", "--no-model", "--json", "--min-severity", least)
    assert (done.exit_code, len(json.loads(done.stdout))) == (code, found)


def test_the_words_of_a_model() -> None:
    done = flow_lint(BROKEN / "spelt-phrase.yaml", "--model", "builtin", "--json")
    (finding,) = json.loads(done.output)
    assert (done.exit_code, finding["message"]) == (
        0,
        "model tiny-cn has no such word as '驾驶证' (heard as 驾 驶 证)",
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gone.yaml"], "gone.yaml: there is no such file"),
        ([SOUND, "--model", "builtin", "--no-model"], "--model and --no-model contradict each other"),
        ([SOUND, "--model", "gone"], "--model: there is no model 'gone'"),
    ],
)
def test_a_wrong_request(arguments: list[str | Path], message: str) -> None:
    done = flow_lint(*arguments)
    assert isinstance(done.exception, HuawuError)
    assert (done.exception.exit_code, str(done.exception)[: len(message)]) == (2, message)
