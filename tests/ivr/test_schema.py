import json
from pathlib import Path
from typing import Any, Literal

import pytest
from jsonschema import Draft202012Validator
from pydantic import Field

from calls.document import Section, read_document
from calls.errors import FlowError
from ivr.flow.schema import field_texts, flow_schema

pytestmark = pytest.mark.unit

FLOWS = Path(__file__).parents[2] / "prompts" / "flows"
SHIPPED = sorted(FLOWS.glob("*.yaml"))


class Base(Section):
    """What all have.

    Parameters
    ----------
    first, second : str
        Said of both,
        on two lines, with ``marks`` and :class:`ivr.flow.Flow`.
    third : int
        Of the base.

    Raises
    ------
    ValueError
        Never.
    """

    first: str
    second: str
    third: int = Field(1, ge=0)


class Derived(Base):
    """Has more.

    Parameters
    ----------
    third : {1, 2}
        Of its own.
    fourth
        Without a type.
    gone : str
        Not a field.
    """

    third: Literal[1, 2] = 1
    fourth: str = ""


def faults(flow: dict[str, Any]) -> list[tuple[list[Any], str]]:
    found = Draft202012Validator(flow_schema()).iter_errors(flow)
    return [(list(fault.absolute_path), str(fault.validator)) for fault in found]


def flow(**node: Any) -> dict[str, Any]:
    retries = {"next": "end"}
    return {
        "name": "x",
        "start": "end",
        "defaults": {"no_input": retries, "no_match": retries},
        "nodes": {"end": node},
    }


def test_docstrings_become_descriptions() -> None:
    assert field_texts(Derived) == {
        "first": "Said of both, on two lines, with `marks` and ivr.flow.Flow.",
        "second": "Said of both, on two lines, with `marks` and ivr.flow.Flow.",
        "third": "Of its own.",
        "fourth": "Without a type.",
    }


def test_it_is_a_schema_and_says_which() -> None:
    schema = flow_schema()
    Draft202012Validator.check_schema(schema)
    assert (schema["$schema"], schema["$id"], schema["title"]) == (
        "https://json-schema.org/draft/2020-12/schema",
        "urn:huawu:flow",
        "huawu flow",
    )


def test_every_kind_of_node_and_every_field_is_described() -> None:
    schema = flow_schema()
    models = {"Flow": schema, **schema["$defs"]}
    assert [name for name, model in models.items() if not model.get("description")] == []
    bare = [
        f"{name}.{field}"
        for name, model in models.items()
        for field, about in model.get("properties", {}).items()
        if not about.get("description")
    ]
    assert bare == []


def test_a_description_is_that_of_the_model() -> None:
    play = flow_schema()["$defs"]["PlayNode"]
    assert play["description"] == "Say something."
    assert play["properties"]["barge_in"]["description"] == (
        "Whether a key stops it; one pressed meanwhile waits for the next input in any case."
    )


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_the_shipped_flows_are_valid(file: Path) -> None:
    assert faults(read_document(file, FlowError).data) == []


def test_texts_may_be_one_or_one_for_each_language() -> None:
    assert faults(flow(type="play", prompt="好", next="end")) == []
    assert faults(flow(type="play", prompt={"zh": "好", "en": "Good"}, next="end")) == []


@pytest.mark.parametrize(
    ("node", "validator"),
    [
        ({"type": "hangup", "cuase": "x"}, "additionalProperties"),
        ({"type": "play", "prompt": "好"}, "required"),
        ({"type": "hangup", "outcome": "abandoned"}, "enum"),
    ],
)
def test_a_fault_is_found(node: dict[str, Any], validator: str) -> None:
    (found,) = Draft202012Validator(flow_schema()).iter_errors(flow(**node))
    kinds = {(error.validator, error.schema_path[1]) for error in found.context or []}
    index = [name.rpartition("/")[2] for name in _kinds()].index(f"{node['type'].capitalize()}Node")
    assert (list(found.absolute_path), found.validator) == (["nodes", "end"], "oneOf")
    assert validator in {error.validator for error in found.context or [] if error.schema_path[0] == index}, (
        kinds
    )


def _kinds() -> list[str]:
    (nodes,) = flow_schema()["properties"]["nodes"]["patternProperties"].values()
    return [kind["$ref"] for kind in nodes["oneOf"]]


def test_the_shipped_schema_is_up_to_date() -> None:
    shipped = json.loads((FLOWS / "flow.schema.json").read_text(encoding="utf-8"))
    assert shipped == flow_schema(), "huawu flow schema -o prompts/flows/flow.schema.json"
