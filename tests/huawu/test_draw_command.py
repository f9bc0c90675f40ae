import re
import shlex
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from calls.errors import HuawuError
from calls.records import Call, CallEvent, EventKind, Outcome
from calls.store import Store
from huawu.cli import app
from ivr.drawing import draw_mermaid, draw_svg, drop_off
from tests.ivr.drawing.every_kind import every_kind
from tests.ivr.flows import flow_of

pytestmark = pytest.mark.integration


def draw(*arguments: str | Path) -> tuple[str, str]:
    """Return what the command writes to stdout and to stderr."""
    done = CliRunner().invoke(app, ["flow", "draw", *map(str, arguments)], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout, done.stderr


def test_the_picture_is_printed(tmp_path: Path) -> None:
    flow = flow_of(tmp_path)
    assert draw(tmp_path / "flow.yaml") == (draw_svg(flow), "")
    assert draw(tmp_path / "flow.yaml", "--format", "mermaid") == (draw_mermaid(flow), "")


def test_several_flows_are_drawn_into_a_folder(tmp_path: Path) -> None:
    every_kind(tmp_path)
    out = tmp_path / "out"
    out.mkdir()
    printed, _ = draw(tmp_path / "every.yaml", tmp_path / "other.yaml", "-o", out)
    assert printed == f"{out}/every.svg: 19 nodes\n{out}/other.svg: 2 nodes\n"
    assert (out / "every.svg").read_text(encoding="utf-8") == draw_svg(every_kind(tmp_path))


def test_a_database_shows_where_callers_leave(tmp_path: Path) -> None:
    flow, db = flow_of(tmp_path), tmp_path / "calls.db"
    with Store.open(db) as store:
        for version in (flow.version, "000000000000"):
            call = Call(door="script", flow="desk", flow_version=version, outcome=Outcome.ABANDONED)
            store.add(call, CallEvent(call_id=call.id, at=0.0, kind=EventKind.NODE, node="menu"))
        traffic = drop_off(store, flow)
    assert draw(tmp_path / "flow.yaml", "--db", db) == (
        draw_svg(flow, traffic),
        f"{tmp_path}/flow.yaml: 1 calls; 1 of other versions left out\n",
    )
    printed, told = draw(tmp_path / "flow.yaml", "--db", db, "--since", "0", "-o", tmp_path / "x.svg")
    assert (printed, told) == (f"{tmp_path}/x.svg: 10 nodes\n", f"{tmp_path}/flow.yaml: 0 calls\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["flow.yaml", "flow.yaml", "-o", "x.svg"], "several flows cannot be drawn into one file"),
        (["flow.yaml", "--since", "7"], "--since: there are no calls to choose from"),
        (["flow.yaml", "--db", "none.db"], "database: none.db does not exist"),
        (["flow.yaml", "--language", "fr"], "flow.yaml: the flow does not speak 'fr' → it speaks: zh"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    flow_of(tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(HuawuError) as error:
        draw(*arguments)
    assert message in str(error.value)


def test_the_commands_of_the_docs_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = Path(__file__).parents[2]
    shutil.copytree(root / "prompts" / "flows", tmp_path / "prompts" / "flows")
    monkeypatch.chdir(tmp_path)
    Path("out").mkdir()
    Store.open("out/huawu.db").close()
    text = (root / "docs" / "drawings.md").read_text(encoding="utf-8")
    commands = [
        line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()
    ]
    assert len(commands) == 6
    for command in commands:
        name, *arguments = shlex.split(command)
        assert name == "huawu"
        assert CliRunner().invoke(app, arguments, catch_exceptions=False).exit_code == 0, command
