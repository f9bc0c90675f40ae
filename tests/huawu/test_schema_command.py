import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from huawu.cli import app
from ivr.flow.schema import flow_schema

pytestmark = pytest.mark.unit


def test_the_schema_is_printed_or_written(tmp_path: Path) -> None:
    printed = CliRunner().invoke(app, ["flow", "schema"], catch_exceptions=False).stdout
    assert json.loads(printed) == flow_schema()
    path = tmp_path / "flow.schema.json"
    done = CliRunner().invoke(app, ["flow", "schema", "-o", str(path)], catch_exceptions=False)
    assert (done.stdout, path.read_text(encoding="utf-8")) == (f"{path}\n", printed)
