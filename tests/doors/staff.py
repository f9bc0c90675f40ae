"""Who works at the centre of these tests, and at which telephone."""

from __future__ import annotations

from dataclasses import dataclass

from calls.records import Agent
from tests.peers.ports import free_port


@dataclass(frozen=True, slots=True)
class Person:
    """An agent, the only queue that the agent serves, and the port of the agent's telephone."""

    agent: Agent
    queue: str
    port: int


def _person(number: str, queue: str) -> Person:
    port = free_port()
    address = f"sip:{number}@127.0.0.1:{port}"
    return Person(Agent(id=number, name=f"坐席{number}", skills=(queue,), address=address), queue, port)


#: By number. Each queue belongs to one test, so that calls do not take each other's agents.
PEOPLE = {
    number: _person(number, queue)
    for number, queue in {
        "802": "telecom",
        "803": "telecom",
        "804": "account",
        "805": "account",
        "806": "invoice",
        "807": "network",
        "808": "refund",
        "809": "goods",
        "810": "repair",
    }.items()
}
