"""What waits for each beside the calls to judge, on the page where the day begins."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from calls.records import Appeal, Case
from calls.store import Store
from tests.console.after_scene import NOW, Desk, people_and_verdicts
from tests.console.reading import Page
from tests.console.scene import Scene

pytestmark = pytest.mark.integration


@pytest.fixture
def desk(app: Flask, scene: Scene, desk_store: Store) -> Desk:
    people_and_verdicts(desk_store)
    desk_store.add(
        Appeal(id="a1", review_id="review-1", agent_id="A1", comment="请复听", state="open"),
        Appeal(
            id="a2", review_id="review-3", agent_id="A2", comment="请复听", state="assigned", inspector="lin"
        ),
        *(
            Case(
                id=f"case-{number}", call_id=f"call-{number}", level="一般", owner=owner, deadline=NOW + late
            )
            for number, owner, late in (
                (1, "chen", timedelta(hours=-1)),
                (2, "chen", timedelta(hours=1)),
                (3, "", timedelta(hours=1)),
            )
        ),
        Case(id="case-5", call_id="call-5", level="一般", owner="chen", state="closed"),
    )
    return Desk(app)


def test_everybody_is_told_what_waits_for_them(desk: Desk) -> None:
    told = {who: waits(desk, who) for who in ("boss", "qa", "chen", "lin", "lead1", "lead2", "guest")}

    nobodys = {"没人负责的投诉工单 1": "/cases?owner=nobody"}
    assert told == {
        "boss": {"待您审核的申诉 1": "/appeals?state=open", **nobodys},
        "qa": nobodys,
        "chen": {"您的投诉工单 2，逾期 1": "/cases?owner=chen", **nobodys},
        "lin": {"待您复核的申诉 1": "/appeals?state=assigned", **nobodys},
        "lead1": {"待您审核的申诉 1": "/appeals?state=open"},
        "lead2": {},
        "guest": {},
    }


def waits(desk: Desk, who: str) -> dict[str, str]:
    links = Page(desk.read(who, "/sample").text).all("a")
    return {link.text: link["href"] for link in links if link["href"].startswith(("/appeals?", "/cases?"))}


def test_what_waits_leads_to_pages_that_show_it(desk: Desk) -> None:
    for who, path in (("lead1", "/appeals?state=open"), ("chen", "/cases?owner=chen")):
        assert desk.read(who, path).status_code == 200
