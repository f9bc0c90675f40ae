"""Each defect of stock sippy that was measured, and that it is gone here."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("sippy")

from sippy.MsgBody import MsgBody
from sippy.SipAddress import SipAddress
from sippy.SipFrom import SipFrom
from sippy.SipHeader import SipHeader
from sippy.SipRequest import SipRequest
from sippy.SipURL import SipURL

from ivr.sip.content import body_of
from ivr.sip.corrections import Transactions
from ivr.sip.invited import Invited
from ivr.sip.loop import Loop
from ivr.sip.port import Port
from ivr.sip.screen import Message, screen
from tests.ivr.sip.stand import free_port
from tests.ivr.sip.torture import invite, message

pytestmark = pytest.mark.integration


def stock(code: str) -> str:
    """Run a piece of code with sippy as it comes, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        env={"SIPLOG_BEND": "none", "PATH": ""},
    )
    return done.stdout + done.stderr.strip().rpartition("\n")[2]


class Bench:
    """Transactions on a port, and a telephone's socket in front of them."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.asked: list[Any] = []
        self.answer: Any = lambda request, transaction: None
        self.loop = Loop(self.notes.append)
        self.port = free_port()
        self.phone = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.phone.bind(("127.0.0.1", 0))
        self.phone.setblocking(False)
        port = Port("127.0.0.1", self.port, self._received)
        self.transactions = Transactions(
            port, address="127.0.0.1", user_agent="", requested=self._requested, note=self.notes.append
        )
        self.loop.watch(port, port.read)

    def _requested(self, request: Any, transaction: Any) -> Any:
        self.asked.append(request)
        return self.answer(request, transaction)

    def _received(self, data: bytes, source: tuple[str, int]) -> None:
        if self.transactions.repeats(data):
            return
        read = screen(data, source)
        if isinstance(read, Message):
            self.transactions.take(read, data, source)

    def say(self, data: bytes, number: str = "1") -> list[str]:
        """Send a message, and return what comes back at once."""
        port = str(self.phone.getsockname()[1]).encode()
        self.phone.sendto(
            data.replace(b"{port}", port).replace(b"{n}", number.encode()), ("127.0.0.1", self.port)
        )
        return self.heard()

    def heard(self) -> list[str]:
        heard: list[str] = []
        for _ in range(5):
            self.loop.turn(0.02)
            while True:
                try:
                    heard.append(self.phone.recv(65_535).decode())
                except BlockingIOError:
                    break
        return heard

    def close(self) -> None:
        self.transactions.shutdown()
        self.phone.close()
        self.loop.close()


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.close()


# -- lengths and letters ------------------------------------------------------------------------------


def request_with(body: str) -> Any:
    return SipRequest(
        method="INFO",
        ruri=SipURL("sip:a@127.0.0.1"),
        fr0m=SipFrom(address=SipAddress(url=SipURL("sip:b@127.0.0.1"))),
        cseq=1,
        body=body_of(body, "text/plain"),
    )


def test_content_length_counts_bytes_going_out():
    text = request_with("话务员").localStr((("127.0.0.1", 5060), "udp"))

    assert "\r\nContent-Length: 9\r\n" in text
    assert "Content-Length: 3" in stock(
        "from sippy.SipRequest import SipRequest; from sippy.SipURL import SipURL\n"
        "from sippy.MsgBody import MsgBody\n"
        "r = SipRequest(method='INFO', ruri=SipURL('sip:a@127.0.0.1'), cseq=1, body=MsgBody('话务员'))\n"
        "print(r.localStr((('127.0.0.1', 5060), 'udp')))"
    )


@pytest.mark.parametrize("coding", ["utf-8", "gbk"])
def test_content_length_counts_bytes_coming_in(bench: Bench, coding: str):
    bench.say(invite(body="工号:八零一".encode(coding), more="Subject: x"))

    assert [str(each.getBody()) for each in bench.asked] == ["工号:八零一"]


def test_a_chinese_name_goes_out_in_quotes():
    address = SipAddress(name="张三", url=SipURL("sip:1@h"), hadbrace=True)

    assert str(address) == '"张三" <sip:1@h>'
    assert str(SipAddress(name="Zhang", url=SipURL("sip:1@h"), hadbrace=True)) == "Zhang <sip:1@h>"


# -- addresses ----------------------------------------------------------------------------------------


def test_a_tel_uri_stays_one():
    url = SipURL("tel:+8610010;phone-context=+86")

    assert (str(url), str(url.getCopy()), url.username) == (
        "tel:+8610010;phone-context=+86",
        "tel:+8610010;phone-context=+86",
        "+8610010",
    )
    assert "tel: scheme is not supported" in stock("from sippy.SipURL import SipURL; SipURL('tel:+8610010')")


def test_a_scheme_survives_copying():
    assert str(SipURL("sips:a@h").getCopy()) == "sips:a@h"
    assert stock("from sippy.SipURL import SipURL; print(SipURL('sips:a@h').getCopy())").strip() == "sip:a@h"


def test_a_response_has_the_from_of_its_request(bench: Bench):
    bench.answer = lambda request, _transaction: request.genResponse(200, "OK")

    (answer,) = bench.say(message(from_="From: <tel:+8613800001111;x=Y>;tag=f{n};Z=1"))

    assert "\r\nFrom: <tel:+8613800001111;x=Y>;tag=f1;Z=1\r\n" in answer


# -- calls that wait ----------------------------------------------------------------------------------


def test_a_cancelled_call_is_told_and_has_one_tag(bench: Bench):
    cancelled = []
    kept = []

    def ring(request: Any, transaction: Any) -> None:
        kept.append(Invited(bench.transactions, request, transaction, "ours", lambda: cancelled.append(True)))
        kept[0].answer(180, "Ringing")

    bench.answer = ring
    (ringing,) = bench.say(invite())
    answers = bench.say(message("CANCEL"))

    assert cancelled == [True]
    assert sorted(each.split("\r\n")[0] for each in answers) == [
        "SIP/2.0 200 OK",
        "SIP/2.0 487 Request Terminated",
    ]
    assert all(";tag=ours\r\n" in each for each in [ringing, *(each for each in answers if " 487 " in each)])
    assert not kept[0].open


def test_a_handler_that_fails_is_answered_500(bench: Bench):
    def fail(_request: Any, _transaction: Any) -> None:
        raise RuntimeError("boom")

    bench.answer = fail

    assert [each.split("\r\n")[0] for each in bench.say(invite())] == ["SIP/2.0 500 Server Internal Error"]
    assert [each.split("\r\n")[0] for each in bench.say(message(), "2")] == [
        "SIP/2.0 500 Server Internal Error"
    ]
    assert bench.notes == ["a request was not worked on: RuntimeError('boom')"] * 2


def test_what_only_sippy_cannot_read_is_said():
    bench = Bench()
    broken = Message("OPTIONS sip:a@b SIP/2.0\r\nVia: x\r\nFrom: x\r\nTo: x\r\nCSeq: x\r\n\r\n", "OPTIONS")

    assert bench.transactions.take(broken, b"x", ("127.0.0.1", 5070)) == "KeyError"
    bench.close()


def test_parse_errors_are_not_printed(bench: Bench, capfd: pytest.CaptureFixture[str]):
    from sippy import SipTransactionManager, SipURL

    SipURL.SipURL("sip:a@h:")
    try:
        raise ValueError("13800001111")
    except ValueError:
        SipTransactionManager.dump_exception("can't parse SIP request", extra="INVITE sip:13800001111")

    assert capfd.readouterr() == ("", "")
    assert bench.notes == ["can't parse SIP request: ValueError"]


# -- acknowledgements ---------------------------------------------------------------------------------


def invited(bench: Bench) -> str:
    """Send an INVITE of ours to the telephone; return what it receives."""
    port = bench.phone.getsockname()[1]
    request = SipRequest(
        method="INVITE",
        ruri=SipURL(f"sip:8001@127.0.0.1:{port}"),
        fr0m=SipFrom(address=SipAddress(url=SipURL("sip:b@127.0.0.1"))),
        cseq=1,
        target=(("127.0.0.1", port), "udp"),
        body=MsgBody("v=0\r\n"),
    )
    request.appendHeader(SipHeader("Contact: <sip:b@127.0.0.1>"))
    bench.transactions.ask(request, lambda response, transaction: bench.asked.append((response, transaction)))
    return bench.heard()[0]


def response(request: str, status: str, *headers: str) -> bytes:
    names = ("Via:", "From:", "To:", "Call-ID:", "CSeq:")
    lines = [each for each in request.split("\r\n") if each.startswith(names)]
    lines = [f"{each};tag=t1" if each.startswith("To:") else each for each in lines]
    return "\r\n".join([f"SIP/2.0 {status}", *lines, *headers, "Content-Length: 0", "", ""]).encode()


def test_a_refusal_is_acknowledged_where_the_invite_went(bench: Bench):
    sent = invited(bench)

    (ack,) = bench.say(response(sent, "302 Moved", "Contact: <sip:elsewhere@192.0.2.1:9>"))

    assert ack.startswith(f"ACK sip:8001@127.0.0.1:{bench.phone.getsockname()[1]} SIP/2.0")


def test_an_answer_is_acknowledged_by_the_way_of_its_dialog(bench: Bench):
    sent = invited(bench)
    assert bench.say(response(sent, "200 OK", "Contact: <sip:x@192.0.2.1:9>")) == []
    (_, transaction) = bench.asked[-1]
    address = bench.phone.getsockname()

    bench.transactions.acknowledge(transaction, SipURL("sip:x@192.0.2.1:9"), [], (address, "udp"))

    (ack,) = bench.heard()
    assert ack.startswith("ACK sip:x@192.0.2.1:9 SIP/2.0")
    assert bench.say(response(sent, "200 OK", "Contact: <sip:x@192.0.2.1:9>")) == [ack]  # it was lost


def test_what_is_cancelled_is_over_soon(bench: Bench):
    invited(bench)
    (transaction,) = bench.transactions.tclient.values()
    bench.transactions.give_up(transaction)

    assert transaction.teB.ival == 32.0


# -- ports --------------------------------------------------------------------------------------------


def test_a_port_is_bound_alone(bench: Bench):
    with pytest.raises(OSError, match="Address already in use"):
        Port("127.0.0.1", bench.port, lambda *_: None)

    assert "bound twice" in stock(
        "from sippy.Udp_server import Udp_server, Udp_server_opts\n"
        "one = Udp_server({}, Udp_server_opts(('127.0.0.1', 0), None))\n"
        "Udp_server({}, Udp_server_opts(one.uopts.laddress, None))\n"
        "print('bound twice', flush=True)\n"
        "import os; os._exit(0)"
    )


def test_names_are_looked_up_beside():
    heard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    heard.bind(("127.0.0.1", 0))
    heard.settimeout(10)
    port = Port("127.0.0.1", 0, lambda *_: None)

    port.send_to("hello", ("localhost", heard.getsockname()[1]))
    assert heard.recv(100) == b"hello"
    port.send_to("again", ("localhost", heard.getsockname()[1]))
    assert heard.recv(100) == b"again"
    port.send_to("nowhere", ("127.0.0.1", 99_999_999))
    port.send_to("nowhere", ("", 5060))
    port.send_to("nowhere", ("host", None))  # type: ignore[arg-type]

    assert port.unsent == 1
    port.shutdown()
    heard.close()


def test_the_loop_survives_its_handlers():
    notes: list[str] = []
    loop = Loop(notes.append)
    calls: list[int] = []

    def fail() -> None:
        raise RuntimeError("boom")

    loop.soon(fail)
    loop.soon(lambda: calls.append(1))
    loop.later(0.0, lambda: calls.append(2))
    loop.turn()
    loop.soon(loop.stop)
    loop.run()

    assert (notes, calls) == (["a handler failed: RuntimeError('boom')"], [2, 1])
    loop.close()
