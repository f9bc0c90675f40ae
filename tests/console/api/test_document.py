"""The document says what the API does: programs made from it find no failure."""

from __future__ import annotations

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from calls.people import UserRole
from calls.records import Recording, utc_now
from calls.store import Store
from console.api.tokens import issue
from console.api.views import ENDPOINTS
from tests.console.scene import Scene
from tests.console.staff import hire

pytestmark = pytest.mark.integration
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def test_the_document_names_every_endpoint(app: Flask) -> None:
    paths = app.extensions["openapi"]["paths"]

    assert {(method.upper(), path) for path, found in paths.items() for method in found} == {
        (each.method, each.path) for each in ENDPOINTS
    }
    assert all(found["summary"] for each in paths.values() for found in each.values())


@pytest.mark.slow
def test_no_request_that_the_document_allows_breaks_the_api(
    app: Flask, scene: Scene, desk_store: Store
) -> None:
    """Requests made from the document, right and wrong ones; the answers must be as the document says."""
    token = issue(desk_store, hire(desk_store)[UserRole.ADMIN], "fuzz", utc_now())
    (recording,) = desk_store.find(Recording, call_id="call-1")
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app.wsgi_app)
    there = {"call_id": "call-1", "sample_id": "plan-1", "recording_id": recording.id}

    answered = {result.ok().label: tried(result.ok(), there, token) for result in schema.get_all_operations()}

    assert {label for label, seen in answered.items() if 200 not in seen and label.startswith("GET")} == set()


def tried(operation: schemathesis.APIOperation, there: dict[str, str], token: str) -> set[int]:
    """Send requests of one operation, right and wrong ones; return how they were answered."""
    seen: set[int] = set()
    requests = st.one_of(operation.as_strategy(generation_mode=mode) for mode in GenerationMode)

    @settings(
        max_examples=20,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(requests, st.booleans())
    def ask(case: schemathesis.Case, known: bool) -> None:
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}
        if known:
            case.path_parameters = {name: there[name] for name in case.path_parameters or {}}
        answer = case.call()
        seen.add(answer.status_code)
        assert answer.status_code < 500, (operation.label, answer.text)
        case.validate_response(answer, checks=CHECKS)

    ask()
    return seen
