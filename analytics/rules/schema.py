"""Rule files and files of rule tests as JSON Schema, so that editors know their fields."""

from __future__ import annotations

import inspect
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue

from analytics.rules.cases import CaseFile
from analytics.rules.ruleset import RuleSet

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def rules_schema() -> dict[str, Any]:
    """Return the schema of rule files, JSON Schema draft 2020-12."""
    return _schema(RuleSet, "urn:huawu:rules", "huawu rules")


def cases_schema() -> dict[str, Any]:
    """Return the schema of files of rule tests, JSON Schema draft 2020-12."""
    return _schema(CaseFile, "urn:huawu:rule-tests", "huawu rule tests")


def _schema(model: type[BaseModel], name: str, title: str) -> dict[str, Any]:
    schema = model.model_json_schema(schema_generator=_Untitled)
    return {"$schema": DIALECT, "$id": name, **schema, "title": title}


class _Untitled(GenerateJsonSchema):
    """Leaves out the titles that pydantic makes of names, and puts the docstrings on one line."""

    def model_schema(self, schema: Any) -> JsonSchemaValue:
        described = super().model_schema(schema)
        text = inspect.cleandoc(schema["cls"].__doc__ or "")
        described["description"] = " ".join(text.partition("\n\n")[0].split())
        for field in described.get("properties", {}).values():
            field.pop("title", None)
        return described

    def generate(self, schema: Any, mode: JsonSchemaMode = "validation") -> JsonSchemaValue:
        generated = super().generate(schema, mode)
        for definition in generated.get("$defs", {}).values():
            definition.pop("title", None)
        return generated
