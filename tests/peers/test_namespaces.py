from __future__ import annotations

import sys

import pytest

from tests.peers.callee import Callee
from tests.peers.caller import Caller
from tests.peers.namespaces import Network
from tests.peers.ports import is_bound
from tests.peers.sipp import Sipp

pytestmark = pytest.mark.integration


def test_hosts_call_each_other_until_a_cable_is_pulled() -> None:
    with Network("caller", "agent") as hosts:
        agent, caller = hosts["agent"], hosts["caller"]
        answers = Callee("agent").arrive().answer().expect_bye()
        calls = Caller("caller").invite().answered().cue("talking").bye()
        with (
            Sipp(answers, host=agent.address, within=agent.command) as called,
            Sipp(calls, called.address, "801", host=caller.address, within=caller.command) as calling,
        ):
            assert calling.wait("answered").address[0] == agent.address
            assert not is_bound(called.port)
            calling.then("talking")
            calling.succeed()
            called.succeed()
        knock = f"import socket; socket.create_connection(({agent.address!r}, 9), 1)"
        agent.cut_off()
        with pytest.raises(OSError, match=r"timed out|No route"):
            caller.run([sys.executable, "-c", knock])
        agent.plug_in()
        with pytest.raises(OSError, match="refused"):
            caller.run([sys.executable, "-c", knock])


def test_nothing_is_left_of_them() -> None:
    with Network("one") as hosts:
        host = hosts["one"]
        assert "10.77.0.1" in host.run(["ip", "address"])
    with pytest.raises(OSError):
        host.run(["true"])
