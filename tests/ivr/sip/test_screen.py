"""What is refused before the SIP stack sees it, and how."""

from __future__ import annotations

import re
import time

import pytest

from ivr.sip.screen import Fault, Message, reply_to, screen
from ivr.sip.words import METHODS
from tests.ivr.sip.torture import ALL, INVALID, SILENT, VALID, Torture, invite, message

pytestmark = pytest.mark.unit

SOURCE = ("127.0.0.1", 5070)


def seen(data: bytes) -> Message | Fault | None:
    return screen(data.replace(b"{port}", b"5070").replace(b"{n}", b"1"), SOURCE)


def test_rfc_4475_is_covered():
    assert len(ALL) >= 60
    assert len({each.says for each in [*VALID, *INVALID] if each.says}) >= 35


@pytest.mark.parametrize("torture", INVALID, ids=lambda each: each.name)
def test_what_is_wrong_is_answered_as_the_rfc_says(torture: Torture):
    fault = screen(torture.made(5070, 1), SOURCE)

    assert isinstance(fault, Fault)
    assert fault.code == torture.code
    assert fault.answer.startswith(f"SIP/2.0 {torture.code} ")
    assert torture.holds in fault.answer
    assert fault.answer.endswith("\r\nContent-Length: 0\r\n\r\n")
    assert fault.address == SOURCE


@pytest.mark.parametrize("torture", VALID, ids=lambda each: each.name)
def test_what_is_right_passes(torture: Torture):
    passed = screen(torture.made(5070, 1), SOURCE)

    if torture.code == 501:
        assert isinstance(passed, Fault) and passed.code == 501
    else:
        assert isinstance(passed, Message) and passed.method in METHODS


@pytest.mark.parametrize("torture", SILENT, ids=lambda each: each.name)
def test_what_is_never_answered(torture: Torture):
    passed = screen(torture.made(5070, 1), SOURCE)

    assert not isinstance(passed, Fault) or passed.answer == ""


def test_a_refusal_echoes_what_it_refuses():
    fault = seen(
        message(hops="Max-Forwards: 0", via="Via: SIP/2.0/UDP 10.1.1.1:7000;rport;branch=z9hG4bK{n}")
    )

    assert isinstance(fault, Fault)
    assert re.sub(r"tag=[0-9a-f]{16}", "tag=MADE", fault.answer) == (
        "SIP/2.0 483 Too Many Hops\r\n"
        "Via: SIP/2.0/UDP 10.1.1.1:7000;rport=5070;branch=z9hG4bK1;received=127.0.0.1\r\n"
        "From: <sip:13800001111@caller.example>;tag=f1\r\n"
        "To: <sip:110@service.example>;tag=MADE\r\n"
        "Call-ID: torture-1@caller.example\r\nCSeq: 7 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    )
    assert not fault.offence


def test_a_refusal_is_the_same_when_the_request_comes_again():
    assert seen(message(hops="Max-Forwards: 0")) == seen(message(hops="Max-Forwards: 0"))


def test_a_message_is_put_in_order():
    passed = seen(
        b"OPTIONS sip:110@127.0.0.1 SIP/2.0\r\nv: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK1\r\n"
        b"f: <sip:a@b>;tag=1\r\nt :\r\n\t<sip:c@d>\r\ni: 1\r\nCSEQ: 1 OPTIONS\r\nl: 3\r\n\r\nabcdef"
    )

    assert isinstance(passed, Message)
    assert passed.text == (
        "OPTIONS sip:110@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK1\r\n"
        "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n"
        "Content-Length: 3\r\n\r\nabc"
    )
    assert passed.begins


def test_bodies_are_cut_by_bytes_and_read_as_what_they_are():
    kind = "Content-Type: application/json"
    passed = [
        seen(
            message(
                "INFO",
                kind=kind,
                body="工号".encode(coding) + b"rest",
                length="6" if coding == "utf-8" else "4",
            )
        )
        for coding in ("utf-8", "gbk")
    ]

    assert [each.body for each in passed if isinstance(each, Message)] == ["工号", "工号"]


@pytest.mark.parametrize(
    ("via", "address"),
    [
        ("SIP/2.0/UDP 10.1.1.1:7000;branch=z9hG4bK1", ("127.0.0.1", 7000)),
        ("SIP/2.0/UDP 10.1.1.1;branch=z9hG4bK1", ("127.0.0.1", 5060)),
        ("SIP/2.0/UDP 10.1.1.1:7000;branch=z9hG4bK1;rport", ("127.0.0.1", 5070)),
        ("nonsense", ("127.0.0.1", 5070)),
    ],
)
def test_where_an_answer_goes(via: str, address: tuple[str, int]):
    assert reply_to({"via": [via]}, SOURCE) == address


def test_in_a_call_an_unknown_method_is_405():
    fault = seen(message("FROBNICATE", to="To: <sip:110@service.example>;tag=ours"))

    assert isinstance(fault, Fault) and (fault.code, fault.offence) == (405, False)


@pytest.mark.parametrize(
    "text",
    [
        message(to="To: " + '"' * 8000),
        message(to="To: " + " " * 16000),
        message(to="To: " + "a " * 8000),
        message(to="To: " + "<" * 8000),
        message(via="Via: SIP/2.0/UDP h" + ";a" * 8000),
        message(via="Via: " + "SIP/2.0/UDP h," * 1000),
        message(contact="Contact: " + ',"' * 4000),
        message(line="OPTIONS sip:" + "a" * 15000 + " SIP/2.0"),
        message(more="Supported:" + " " * 15000 + "x"),
        invite(more="Accept: " + "," * 8000),
        b"OPTIONS " + b" " * 15000 + b"SIP/2.0\r\n\r\n",
        b"\r\n " * 5000,
    ],
)
def test_nothing_takes_long_to_read(text: bytes):
    begin = time.process_time()
    seen(text)

    assert time.process_time() - begin < 0.5  # a search that goes wild takes minutes
