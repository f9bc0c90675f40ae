"""The flow language as JSON Schema, so that editors know its fields while a flow is written."""

from __future__ import annotations

import inspect
import re
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue

from ivr.flow.flow import Flow

DIALECT = "https://json-schema.org/draft/2020-12/schema"
#: It has no address of its own: it lies beside the flows.
SCHEMA_ID = "urn:huawu:flow"

#: For fields that the models' docstrings have no need to explain.
_COMMON = {
    "type": "What kind of node it is.",
    "prompt": "What is said: a text, or one for each language; {variable} is filled in.",
    "next": "The node that follows.",
    "variable": "The variable that keeps it.",
    "spoken": "Whether it may be said as well as keyed.",
    "queue": "Name of the queue.",
    "comfort_seconds": "How often.",
    "digits": "Keys that mean it.",
    "phrases": "What can be said for it: whole phrases.",
    "value": "What the menu's variable is set to: the first phrase by default, else the digits.",
    "choices": "The answers.",
    "marks": "Phrases for each mark from 1 to 5.",
    "cases": "Tried one after the other.",
    "when": "An expression on the call's variables, such as `level in ['gold', 'vip']`.",
    "otherwise": "The node where no case holds.",
    "schedule": "Name of one of the flow's schedules.",
    "open": "The node while the centre is open.",
    "closed": "The node while it is closed.",
    "holiday": "The node on public holidays; that of `closed` by default.",
    "values": "Variable → a value, or `= expression`.",
    "shares": "The ways; their percentages add up to 100.",
    "percent": "How many callers in a hundred go this way.",
    "language": "One of the flow's languages.",
    "max_seconds": "Longest message.",
    "silence_seconds": "Silence that ends the message.",
    "terminator": "Key that ends it.",
    "review": "Said after the message: how to hear it, say it anew or keep it.",
    "busy": "The node when it is busy; that of `failed` by default.",
    "no_answer": "The node when nobody answers; that of `failed` by default.",
    "failed": "The node when it does not succeed.",
    "no_input": "When nothing is heard.",
    "no_match": "When something else is heard.",
    "outcome": "What the call counts as.",
    "cause": "Why it ended, in the call record.",
}

_PARAMETERS = re.compile(
    r"^Parameters\n-+\n(?P<entries>.*?)(?=^\S[^\n]*\n-{3,}\n|\Z)", re.MULTILINE | re.DOTALL
)
_ENTRY = re.compile(
    r"^(?P<names>\w[\w, ]*?)(?: :[^\n]*)?\n(?P<text>(?:[ \t]+[^\n]*(?:\n|\Z)|\n)+)", re.MULTILINE
)
_ROLE = re.compile(r":\w+:`~?([^`]*)`")


def flow_schema() -> dict[str, Any]:
    """Return the schema of flow files, JSON Schema draft 2020-12.

    Descriptions are those of the models' docstrings: of each field, what its class, or the nearest base
    that has it, says under *Parameters*.
    """
    schema = Flow.model_json_schema(schema_generator=_Described)
    return {"$schema": DIALECT, "$id": SCHEMA_ID, **schema, "title": "huawu flow"}


class _Described(GenerateJsonSchema):
    """Puts docstrings into schemas."""

    def model_schema(self, schema: Any) -> JsonSchemaValue:
        model: type[BaseModel] = schema["cls"]
        described = super().model_schema(schema)
        described["description"] = _summary(model)
        texts = field_texts(model)
        for name, field in described.get("properties", {}).items():
            field.pop("title", None)
            text = texts.get(name) or _COMMON.get(name)
            if text:
                field["description"] = text
        return described

    def generate(self, schema: Any, mode: JsonSchemaMode = "validation") -> JsonSchemaValue:
        generated = super().generate(schema, mode)
        for definition in generated.get("$defs", {}).values():
            definition.pop("title", None)
        return generated


def field_texts(model: type[BaseModel]) -> dict[str, str]:
    """Return what docstrings say of a model's fields; the class itself has the last word over its bases."""
    texts: dict[str, str] = {}
    for each in reversed(model.__mro__):
        section = (
            _PARAMETERS.search(inspect.cleandoc(each.__doc__ or "")) if issubclass(each, BaseModel) else None
        )
        for entry in _ENTRY.finditer(section["entries"] if section else ""):
            for name in entry["names"].split(","):
                texts[name.strip()] = _plain(entry["text"])
    return {name: text for name, text in texts.items() if name in model.model_fields}


def _summary(model: type[BaseModel]) -> str:
    """Return what a docstring says before its first section."""
    text = inspect.cleandoc(model.__doc__ or "")
    return _plain(re.split(r"^\S[^\n]*\n-{3,}\n", text, maxsplit=1, flags=re.MULTILINE)[0])


def _plain(text: str) -> str:
    """Return a text without line ends and marks."""
    return " ".join(_ROLE.sub(r"\1", text).replace("``", "`").split())
