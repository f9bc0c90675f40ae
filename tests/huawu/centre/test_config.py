from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import get_args

import pytest
from pydantic import BaseModel

from calls.errors import ServeError
from huawu.centre.config import Centre, CentreFile, load_centre
from speech.resources import resource

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "deploy" / "huawu.yaml"
SHIPPED = resource("prompts", "flows")


@pytest.fixture(autouse=True)
def no_runtime_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)


def written(folder: Path, text: str) -> Centre:
    file = folder / "huawu.yaml"
    file.write_text(text, encoding="utf-8")
    return load_centre(file)


def fault(folder: Path, text: str) -> str:
    with pytest.raises(ServeError) as error:
        written(folder, text)
    return str(error.value).replace(f"{folder}/", "")


def test_without_a_file_the_shipped_flow_answers_on_this_machine() -> None:
    centre = load_centre()
    assert centre.flows == (("*", SHIPPED / "main.yaml"),)
    assert (centre.file.sip.host, centre.file.sip.port) == ("127.0.0.1", 5060)
    assert centre.run == Path("out/run").absolute()
    assert (centre.most_calls, centre.slots, centre.gateway) == (200, 400, None)


def test_a_file_of_two_lines(tmp_path: Path) -> None:
    centre = written(tmp_path, "flows: telecom\nsip: {host: 10.0.0.5}\n")
    assert (centre.flows, centre.media_host) == ((("*", SHIPPED / "telecom.yaml"),), "10.0.0.5")


def test_flows_are_found_beside_the_file_and_among_those_that_ship(tmp_path: Path) -> None:
    (tmp_path / "menus").mkdir()
    own = tmp_path / "menus" / "main.yaml"
    own.write_text("", encoding="utf-8")
    centre = written(
        tmp_path,
        """
        flows:
          - {numbers: ["95588", "80??"], flow: menus/main.yaml}
          - {numbers: "10086*", flow: express.yaml}
          - main
        """,
    )
    assert centre.flows == (
        ("95588", own),
        ("80??", own),
        ("10086*", SHIPPED / "express.yaml"),
        ("*", SHIPPED / "main.yaml"),
    )


def test_a_section_whose_fields_are_all_commented_out(tmp_path: Path) -> None:
    centre = written(tmp_path, "sip:\n  # port: 5070\ngateway:\n")
    assert centre.file.sip.port == 5060
    assert centre.gateway is not None
    assert centre.most_calls == 400


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"XDG_RUNTIME_DIR": "/run/user/7"}, "/run/user/7/huawu"),
        ({"XDG_RUNTIME_DIR": "/run/user/7", "RUNTIME_DIRECTORY": "/run/huawu:/run/other"}, "/run/huawu"),
    ],
)
def test_where_the_sockets_are(
    variables: dict[str, str], folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert load_centre().run == Path(folder)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "sip:\n  prot: 5060",
            "huawu.yaml:2: sip.prot: unknown field 'prot' → did you mean 'port'? known: ",
        ),
        (
            "sip:\n  port: 99999",
            "huawu.yaml:2: sip.port: Input should be less than or equal to 65535, not 99999",
        ),
        (
            "sip: {host: pbx}",
            "huawu.yaml:1: sip.host: no address, not 'pbx' → write one such as 10.0.0.5, or 0.0.0.0 for all",
        ),
        (
            "sip:\n  allow_sources: [10.0.0.1/8]",
            "huawu.yaml:2: sip.allow_sources.0: 10.0.0.1/8 has host bits set, not '10.0.0.1/8' → write an",
        ),
        (
            "flows:\n  - numbers: 95588\n    flow: main",
            "huawu.yaml:2: flows.0.numbers: a telephone number is a text, not 95588 → put it in quotes",
        ),
        (
            "flows:\n  - {numbers: '9 5', flow: main}",
            "huawu.yaml:2: flows.0.numbers: no number, not '9 5' → write digits; * stands for any rest",
        ),
        (
            "flows: mein",
            "huawu.yaml:1: flows.0.flow: there is no flow file mein, and none of that name ships with huawu"
            " → did you mean 'main'? known: express, hotline, main, survey, telecom, voicemail",
        ),
        (
            "flows:\n  - main\n  - {numbers: '95588', flow: express}",
            "huawu.yaml:3: flows.1: '95588' is answered by 'main' already → the first flow that fits counts",
        ),
        (
            "engine: {allow_web: ['ftp://crm']}",
            "huawu.yaml:1: engine.allow_web.0: allowed address 'ftp://crm': no address of a server",
        ),
        (
            "engine: {token_env: 'a b'}",
            "huawu.yaml:1: engine.token_env: no name of an environment variable, not 'a b' → the secret",
        ),
        (
            "run: " + "x" * 200,
            "huawu.yaml:1: run: the folder ",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, complaint: str, tmp_path: Path) -> None:
    assert fault(tmp_path, text).startswith(complaint)


def test_the_example_that_ships_holds_every_field_with_its_default() -> None:
    example = load_centre(EXAMPLE).file
    assert example.model_dump() == load_centre().file.model_dump()
    assert all(name in EXAMPLE.read_text("utf-8") for name in fields_of(CentreFile))


def test_what_the_example_leaves_out_can_be_written_so(tmp_path: Path) -> None:
    """Lines that begin with # and no space, or several, are no prose."""
    lines = re.sub(r"^#(?=\S|  )", "", EXAMPLE.read_text("utf-8"), flags=re.MULTILINE)
    lines = lines.replace("  trunks: []\n", "").replace("menus/bank.yaml", "express")
    centre = written(tmp_path, lines)
    assert [pattern for pattern, _ in centre.flows] == ["95588", "80??", "*"]
    assert centre.run == Path("/run/huawu")
    assert [trunk.registers for trunk in centre.file.sip.trunks] == [True]
    assert (centre.media_host, centre.slots, centre.ears) == ("10.0.0.5", 400, 3)
    assert centre.gateway is not None
    assert centre.gateway.audiosocket_port == 9092


def test_every_field_is_in_the_docs() -> None:
    text = (ROOT / "docs" / "serve.md").read_text("utf-8")
    assert [name for name in fields_of(CentreFile) if f"`{name}`" not in text] == []


def test_the_configurations_in_the_docs_are_right(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "serve.md").read_text("utf-8")
    blocks = re.findall(r"^ *```yaml\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    assert [written(tmp_path, dedent(block)).file.sip.host for block in blocks] == ["10.0.0.5"]


def fields_of(model: type[BaseModel]) -> Iterator[str]:
    """The names of all fields, those of sections included."""
    for name, field in model.model_fields.items():
        yield name
        for inner in (field.annotation, *get_args(field.annotation)):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from fields_of(inner)
