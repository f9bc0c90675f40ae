from __future__ import annotations

import socket
from contextlib import closing
from itertools import pairwise

import pytest

from ivr.media.ports import NoPort, PortPool, address_of, disconnect, empty

pytestmark = pytest.mark.integration

RANGE = 28_100, 28_107


def test_ports_are_taken_in_pairs_and_used_again_as_late_as_possible() -> None:
    pool = PortPool("127.0.0.1", *RANGE)
    taken = []
    for _ in range(5):
        sound, control, port = pool.take()
        assert sound.getsockname() == ("127.0.0.1", port)
        assert control.getsockname() == ("127.0.0.1", port + 1)
        taken.append(port)
        sound.close()
        control.close()
    assert sorted(taken[:4]) == [28_100, 28_102, 28_104, 28_106]
    assert taken[4] == taken[0]
    assert {after - before for before, after in pairwise(taken)} <= {2, -6}


def test_a_port_that_someone_else_has_is_left_out() -> None:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as other:
        other.bind(("127.0.0.1", 28_101))
        pool = PortPool("127.0.0.1", *RANGE)
        held = [pool.take() for _ in range(3)]
        assert {port for _, _, port in held} == {28_102, 28_104, 28_106}
        for sound, control, _ in held:
            sound.close()
            control.close()


def test_where_all_are_taken_it_is_said() -> None:
    pool = PortPool("127.0.0.1", *RANGE)
    held = [pool.take() for _ in range(4)]
    with pytest.raises(NoPort, match="all 4 pairs of ports are taken"):
        pool.take()
    for sound, control, _ in held:
        sound.close()
        control.close()


def test_an_address_that_is_not_ours_is_said() -> None:
    with pytest.raises(NoPort, match="Cannot assign requested address"):
        PortPool("192.0.2.1", *RANGE).take()


def test_a_socket_hears_everyone_again_at_the_same_port() -> None:
    sound, control, port = PortPool("127.0.0.1", *RANGE).take()
    with closing(sound), closing(control), closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as other:
        sound.connect(("127.0.0.1", 9))
        disconnect(sound)
        other.sendto(b"hello", ("127.0.0.1", port))
        assert sound.recv(10) == b"hello"
        other.sendto(b"more", ("127.0.0.1", port))
        empty(sound)
        with pytest.raises(BlockingIOError):
            sound.recv(10)


@pytest.mark.parametrize(
    ("host", "port", "address"),
    [
        ("192.0.2.7", 4000, ("192.0.2.7", 4000)),
        ("0.0.0.0", 4000, None),
        ("192.0.2.7", 0, None),
        ("phone.example", 4000, None),
        ("", 1, None),
    ],
)
def test_only_an_address_is_sent_to(host: str, port: int, address: tuple[str, int] | None) -> None:
    assert address_of(host, port) == address
