from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from calls.errors import ServeError
from huawu.serve_command import serve_command

pytestmark = pytest.mark.integration

CENTRE = """
flows:
  - {numbers: "95588", flow: telecom}
  - main
run: RUN
database: postgresql://huawu:geheim@127.0.0.1/huawu
sip: {port: 45060}
engine: {http_port: 48060}
gateway: {web_port: 48061}
ears: {count: 2, model: builtin}
media: {realtime: false}
console: {enabled: false}
"""


def serve(folder: Path, text: str) -> Result:
    app = typer.Typer()
    app.command()(serve_command)
    file = folder / "huawu.yaml"
    file.write_text(text.replace("RUN", str(folder / "run")), encoding="utf-8")
    return CliRunner().invoke(app, ["--config", str(file), "--check"])


def test_what_listens_where_and_who_answers(tmp_path: Path) -> None:
    done = serve(tmp_path, CENTRE)
    assert done.exit_code == 0, done.output
    output = " ".join(done.output.split())
    for expected in (
        "telephones sip:127.0.0.1:45060 over UDP, 200 calls at a time",
        "WebSocket 127.0.0.1:48061",
        "telecom.yaml",
        "legs, scheduling: normal",
        "recognition tiny-cn, 2 at work",
        "engine http://127.0.0.1:48060/metrics",
        "calls in postgresql+psycopg://huawu:***@127.0.0.1/huawu, out/recordings",
        "! sip.host 127.0.0.1: only this machine can call",
    ):
        assert expected in output
    assert "AudioSocket" not in output
    assert "QA desk" not in output
    assert not (tmp_path / "run").exists()


def test_everything_that_is_wrong_is_said(tmp_path: Path) -> None:
    done = serve(tmp_path, CENTRE.replace("{web_port: 48061}", "{token_env: NOT_SET_HERE, web_port: 48060}"))
    assert isinstance(done.exception, ServeError)
    assert "NOT_SET_HERE is not set" in done.stderr
    assert "gateway.web_port: 127.0.0.1:48060 cannot be used" in str(done.exception)
