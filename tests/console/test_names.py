from __future__ import annotations

import pytest

from calls.people import User, UserRole
from calls.records import Agent, Queue
from calls.store import Store
from console.names import agent_names, group_names, user_names

pytestmark = pytest.mark.unit


def test_people_without_a_name_keep_their_ids(desk_store: Store) -> None:
    desk_store.add(
        User(id="chen", name="陈洁", role=UserRole.INSPECTOR, stamp="s"),
        User(id="guest", role=UserRole.READ_ONLY, stamp="s"),
        Agent(id="A1", name="王静", team="一组"),
        Agent(id="A2", name=""),
    )

    assert user_names(desk_store) == {"chen": "陈洁", "guest": "guest"}
    assert user_names(desk_store, ["huawu", "chen", None]) == {"chen": "陈洁", "huawu": "huawu"}
    assert agent_names(desk_store, ["A2", None, "A1", "A9"]) == {"A1": "王静", "A2": "A2", "A9": "A9"}


def test_groups_have_the_names_of_what_they_are(desk_store: Store) -> None:
    desk_store.add(Agent(id="A1", name="王静"), Queue(id="q", name="售后"))

    assert group_names(desk_store, "agent", ["A1"]) == {"A1": "王静"}
    assert group_names(desk_store, "queue", ["q", "r"]) == {"q": "售后", "r": "r"}
    assert group_names(desk_store, "team", ["一组"]) == {"一组": "一组"}
