"""How users, agents and queues are called on the pages, by their ids."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from calls.people import User
from calls.records import Agent, Queue
from calls.store import Store


def user_names(store: Store, ids: Iterable[str | None] | None = None) -> dict[str, str]:
    """Return the names of users by id; who has no account or no name keeps the id.

    Parameters
    ----------
    store : Store
    ids : iterable of str or None, optional
        Whose; ``None`` in it is nobody. Without it, all accounts.
    """
    if ids is None:
        return {user.id: user.name or user.id for user in store.find(User)}
    wanted = sorted({each for each in ids if each})
    known = {user.id: user.name for user in store.find(User, id=wanted)} if wanted else {}
    return {each: known.get(each) or each for each in wanted}


def agent_names(store: Store, ids: Iterable[str | None]) -> dict[str, str]:
    """Return the names of agents by id; one who is not on record, or has no name, keeps the id."""
    wanted = sorted({each for each in ids if each})
    known = {agent.id: agent.name for agent in store.find(Agent, id=wanted)} if wanted else {}
    return {each: known.get(each) or each for each in wanted}


def group_names(store: Store, by: str, groups: Collection[str]) -> dict[str, str]:
    """Return how agents, teams or queues are called; a team's id is its name."""
    if by == "agent":
        return agent_names(store, groups)
    queues = store.find(Queue, id=list(groups)) if by == "queue" else []
    known = {queue.id: queue.name for queue in queues}
    return {group: known.get(group) or group for group in groups}
