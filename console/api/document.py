"""The OpenAPI document (OpenAPI Specification 3.1), made of the endpoints."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from console.api.endpoint import Endpoint
from console.api.models import Problem

_SCHEMAS = "#/components/schemas/{model}"
_SAID = {
    400: "The request cannot be read.",
    401: "No token, or one that is not valid.",
    403: "The token's user may not do this.",
    404: "It does not exist, or not for the token's user.",
    409: "It was changed meanwhile.",
    413: "Too large.",
    415: "Of a kind that is not taken.",
    416: "The range lies behind the end.",
    422: "A field is not what it must be.",
    503: "The database cannot be used now.",
}


def document(endpoints: Iterable[Endpoint], version: str) -> dict[str, Any]:
    """Return the document.

    Parameters
    ----------
    endpoints : iterable of Endpoint
    version : str
        Of the product.
    """
    known = list(endpoints)
    models: list[type[BaseModel]] = [Problem]
    models += [model for each in known for model in (each.body, each.answer) if model is not None]
    by_model, definitions = models_json_schema(
        [(model, "validation") for model in dict.fromkeys(models)], ref_template=_SCHEMAS
    )
    refs: dict[Any, Any] = {model: schema for (model, _), schema in by_model.items()}
    paths: dict[str, dict[str, Any]] = {}
    for each in known:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each, refs)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "huawu QA desk",
            "version": version,
            "description": "Calls, their words and findings, reviews, samples and complaint cases. "
            "Personal data are masked unless the token's user may see them.",
        },
        "servers": [{"url": "/api"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": definitions["$defs"],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(each: Endpoint, refs: dict[Any, Any]) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", each.path)
    ]
    parameters += _query(each.query) if each.query else []
    good: dict[str, Any] = {"description": each.summary}
    if each.answer is not None:
        good["content"] = {"application/json": {"schema": refs[each.answer]}}
    elif each.status != 204:
        good["content"] = {each.media: {"schema": {}}}
    answers = {str(each.status): good}
    refusals = {503, *each.refusals}
    refusals |= {401, 403} if each.right else set()
    refusals |= {422} if each.query or each.body or each.form else set()
    refusals |= {400, 415} if each.body or each.form else set()
    for status in sorted(refusals):
        content = {"application/json": {"schema": refs[Problem]}}
        answers[str(status)] = {"description": _SAID[status], "content": content}
    operation: dict[str, Any] = {
        "operationId": each.name,
        "summary": each.summary,
        "parameters": parameters,
        "responses": answers,
    }
    if each.right is None:
        operation["security"] = []
    else:
        operation["description"] = f"Needs the right `{each.right}`."
    if each.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": refs[each.body]}},
        }
    if each.form:
        fields = {
            "type": "object",
            "required": ["recording"],
            "properties": {
                "recording": {"type": "string", "format": "binary"},
                "about": {
                    "type": "string",
                    "description": "What is known of the call, as JSON (`CallFacts`).",
                },
            },
        }
        operation["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": fields}}}
    return operation


def _query(model: type[BaseModel]) -> list[dict[str, Any]]:
    schema = model.model_json_schema(ref_template=_SCHEMAS, by_alias=True)
    needed = set(schema.get("required", ()))
    return [
        {"name": name, "in": "query", "required": name in needed, "schema": field}
        for name, field in schema["properties"].items()
    ]
