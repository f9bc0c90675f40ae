"""Offers of all kinds of telephones, what is agreed on, and what is answered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ivr.sip.sdp import Agreed, Negotiation, NotAcceptable, parse

pytestmark = pytest.mark.unit

PLAIN = Agreed("10.0.0.7", 4000, 8, 101, 20, "sendrecv")


def offered(*lines: str, head: str = "c=IN IP4 10.0.0.7") -> str:
    return "\r\n".join(["v=0", "o=- 1 1 IN IP4 10.0.0.7", "s=-", head, "t=0 0", *lines, ""])


def phone(*lines: str, formats: str = "8 0 101") -> str:
    return offered(f"m=audio 4000 RTP/AVP {formats}", "a=rtpmap:101 telephone-event/8000", *lines)


def ours() -> Negotiation:
    return Negotiation("10.0.0.1", 30000, 77)


def agreed(offer: str, direction: str = "sendrecv") -> Agreed | None:
    leg = ours()
    leg.answer(offer, direction)  # type: ignore[arg-type]
    return leg.agreed


def test_a_plain_offer_is_answered():
    leg = ours()

    assert leg.answer(phone()) == (
        "v=0\r\no=huawu 77 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\n"
        "m=audio 30000 RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\n"
        "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
    )
    assert leg.agreed == PLAIN


@pytest.mark.parametrize(
    ("offer", "differs"),
    [
        (phone(formats="0 8 101"), {}),  # A-law is wanted wherever it is to be had
        (phone(formats="0"), {"payload_type": 0, "event_type": None}),
        (phone(formats="18 3 0 101"), {"payload_type": 0}),
        (phone("a=rtpmap:8 G729/8000"), {"payload_type": 0}),
        (phone("a=rtpmap:8 pcma/8000/1"), {}),
        (phone("a=rtpmap:96 telephone-event/8000", formats="8 96"), {"event_type": 96}),
        (phone("a=rtpmap:96 telephone-event/48000", formats="8 96"), {"event_type": None}),
        (phone("a=ptime:30"), {"ptime": 30}),
        (phone("a=ptime:20.0"), {}),
        (phone("a=ptime:5"), {"ptime": 10}),
        (phone("a=ptime:200"), {"ptime": 60}),
        (phone("a=ptime:35", "a=maxptime:20"), {}),
        (phone("a=ptime:none"), {}),
        (phone("a=ptime:0"), {}),
        (phone("c=IN IP4 10.0.0.9/127"), {"host": "10.0.0.9"}),
        (phone("a=sendonly"), {"direction": "recvonly"}),
        (phone("a=recvonly"), {"direction": "sendonly"}),
        (phone("a=inactive"), {"direction": "inactive"}),
        (phone("c=IN IP4 0.0.0.0"), {"host": "0.0.0.0", "direction": "recvonly"}),
        (phone("c=IN IP4 0.0.0.0", "a=recvonly"), {"host": "0.0.0.0", "direction": "inactive"}),
        (phone("q=what is this", "a", "=", "m"), {}),
        (phone().replace("\r\n", "\n"), {}),
        (phone().replace("\r\n", "\r"), {}),
        (phone().replace("m=audio", "  m=Audio").replace("RTP/AVP", "rtp/avp"), {}),
    ],
)
def test_what_offers_come_to(offer: str, differs: dict[str, object]):
    assert agreed(offer) == replace(PLAIN, **differs)


@pytest.mark.parametrize(
    ("theirs", "wanted", "is_"),
    [
        ("sendrecv", "sendonly", "sendonly"),
        ("sendrecv", "inactive", "inactive"),
        ("sendonly", "sendonly", "inactive"),
        ("recvonly", "sendonly", "sendonly"),
        ("inactive", "sendrecv", "inactive"),
    ],
)
def test_a_direction_is_what_both_want(theirs: str, wanted: str, is_: str):
    assert agreed(phone(f"a={theirs}"), wanted) == replace(PLAIN, direction=is_)


def test_a_direction_of_the_whole_session_holds_for_its_streams():
    offer = offered("m=audio 4000 RTP/AVP 8", head="c=IN IP4 10.0.0.7\r\na=sendonly\r\na=ptime:40")

    assert agreed(offer) == Agreed("10.0.0.7", 4000, 8, None, 40, "recvonly")


def test_other_streams_are_refused_in_their_place():
    leg = ours()
    offer = offered(
        "m=video 5000 RTP/AVP 96 97",
        "m=audio 4000 RTP/SAVP 8",
        "m=audio 4002 RTP/AVP 8",
        "m=image 0 udptl t38",
    )

    answer = leg.answer(offer)

    assert [line for line in answer.splitlines() if line.startswith("m=")] == [
        "m=video 0 RTP/AVP 96 97",
        "m=audio 0 RTP/SAVP 8",
        "m=audio 30000 RTP/AVP 8",
        "m=image 0 UDPTL t38",
    ]
    assert leg.agreed == Agreed("10.0.0.7", 4002, 8, None, 20, "sendrecv")
    assert [line.split()[:2] for line in leg.offer("sendonly").splitlines() if line.startswith("m=")] == [
        ["m=video", "0"],
        ["m=audio", "0"],
        ["m=audio", "30000"],
        ["m=image", "0"],
    ]


@pytest.mark.parametrize(
    ("offer", "code"),
    [
        (offered("m=audio 4000 RTP/AVP 18"), 488),
        (offered("m=audio 0 RTP/AVP 8"), 488),
        (offered("m=video 4000 RTP/AVP 8"), 488),
        (offered("m=audio 4000 RTP/SAVP 8"), 488),
        (offered("m=audio 4000 RTP/AVP 8", head="c=IN IP6 fe80::1"), 488),
        (offered("m=audio 4000 RTP/AVP 8", head="c=IN IP4 239.1.1.1/127"), 488),
        (offered("m=audio 4000 RTP/AVP 8", head="c=IN IP4 255.255.255.255"), 488),
        (offered("m=audio 4000 RTP/AVP 8", head="c=IN IP4 phone.example"), 488),
        (offered("m=audio 4000 RTP/AVP 8", head="b=AS:64"), 488),
        (offered("m=audio xyz RTP/AVP 8"), 400),
        (offered("m=audio 70000 RTP/AVP 8"), 400),
        (offered("m=audio"), 400),
        (offered(), 400),
        (offered(*["m=audio 4000 RTP/AVP 8"] * 17), 400),
        (phone() + "a=x\r\n" * 10_000, 400),
        ("hello", 400),
        ("", 400),
    ],
)
def test_what_cannot_be_agreed_on_changes_nothing(offer: str, code: int):
    leg = ours()
    leg.answer(phone())

    with pytest.raises(NotAcceptable) as refused:
        leg.answer(offer)

    assert (refused.value.code, leg.agreed) == (code, PLAIN)


def test_the_version_counts_changes_only():
    leg = ours()

    texts = [leg.answer(phone()), leg.answer(phone()), leg.answer(phone("a=sendonly")), leg.answer(phone())]

    assert [text.split("\r\n")[1].split()[1:3] for text in texts] == [
        ["77", "1"],
        ["77", "1"],
        ["77", "2"],
        ["77", "3"],
    ]


def test_our_offer_is_taken():
    leg = ours()

    assert leg.offer() == (
        "v=0\r\no=huawu 77 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\n"
        "m=audio 30000 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
        "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
    )
    assert leg.accept(phone(formats="0 8 101")) == replace(PLAIN, payload_type=0)  # what it will send
    assert leg.accept(phone(formats="8 101")) == PLAIN  # the 200 after a 183


def test_a_hold_by_us_and_its_end():
    leg = ours()
    leg.answer(phone("a=rtpmap:96 telephone-event/8000", formats="0 96"))

    hold = leg.offer("sendonly")

    assert ["m=audio 30000 RTP/AVP 0 8 96", "a=sendonly"] == [
        line for line in hold.splitlines() if line.startswith(("m=", "a=send"))
    ]
    assert leg.accept(phone("a=recvonly", formats="0")).direction == "sendonly"
    assert leg.offer().split("\r\n")[1] == "o=huawu 77 3 IN IP4 10.0.0.1"
    assert leg.accept(phone(formats="0")).direction == "sendrecv"


def test_an_answer_that_refuses_leaves_what_was_agreed():
    leg = ours()
    leg.answer(phone())
    leg.offer("inactive")

    with pytest.raises(NotAcceptable):
        leg.accept(offered("m=audio 0 RTP/AVP 8"))

    assert leg.agreed == PLAIN


def test_an_answer_without_an_offer_is_none():
    with pytest.raises(NotAcceptable, match="without an offer"):
        ours().accept(phone())


def test_an_ip6_address_is_written_as_one():
    leg = Negotiation("2001:db8::1", 30000, 1)

    answer = leg.answer(offered("m=audio 4000 RTP/AVP 8", head="c=IN IP6 2001:db8::7"))

    assert "c=IN IP6 2001:db8::1\r\n" in answer
    assert leg.agreed == Agreed("2001:db8::7", 4000, 8, None, 20, "sendrecv")


def test_a_stream_says_what_it_offers():
    (stream,) = parse(phone(formats="0 8 101"))

    assert (stream.payload_types, stream.event_type, stream.usable) == ([8, 0], 101, True)
