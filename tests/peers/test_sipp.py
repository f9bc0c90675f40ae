from __future__ import annotations

from pathlib import Path

import pytest

from tests.peers.callee import Callee
from tests.peers.caller import Caller
from tests.peers.capture import Capture
from tests.peers.deadline import PeerError
from tests.peers.digest import holds
from tests.peers.impairment import Impairment
from tests.peers.offer import HOLD, USUAL, Offer
from tests.peers.receiver import Receiver
from tests.peers.rtp import encode, key_tones
from tests.peers.shaper import Shaper
from tests.peers.sipp import Outcome, Sipp

pytestmark = pytest.mark.integration


def call(caller: Caller, callee: Callee, number: str = "110", user: str = "", password: str = "") -> Outcome:
    """Let one call the other, and return what became of the call as the caller saw it."""
    with (
        Sipp(callee) as called,
        Sipp(caller, called.address, number, user=user, password=password) as calling,
    ):
        outcome = calling.succeed()
        called.succeed()
    return outcome


def test_a_call_rings_is_answered_and_ends() -> None:
    outcome = call(
        Caller("rings").invite().ringing().answered().bye(),
        Callee("agent").arrive().ring().answer().expect_bye(),
    )
    assert (outcome.code, outcome.succeeded, outcome.failed) == (0, 1, 0)
    assert len(outcome.response_ms) == 1
    assert [each.first_line for each in outcome.messages] == [each.first_line for each in outcome.messages]


def test_a_test_leads_both_parties() -> None:
    agent = Callee("led agent").arrive().ring().cue("ringing").answer().cue("talking").bye()
    caller = Caller("led caller").invite().answered().expect_bye()
    with Sipp(agent) as called, Sipp(caller, called.address, "110") as calling:
        called.then("ringing")
        assert calling.wait("answered").address[0] == "127.0.0.1"
        called.then("talking")
        calling.succeed()
        called.succeed()


def test_a_call_that_goes_wrong_is_told_with_the_step() -> None:
    with (
        Sipp(Callee("busy").arrive().refuse(486)) as called,
        Sipp(Caller("hopes").invite().answered(), called.address) as calling,
    ):
        with pytest.raises(PeerError, match=r"unexpected message .* received 'SIP/2\.0 486 Busy Here"):
            calling.succeed()
        called.succeed()


def test_a_busy_agent() -> None:
    call(Caller("busy").invite().refused(486), Callee("busy").arrive().refuse(486))


def test_a_caller_gives_up() -> None:
    call(Caller("gives up").invite().ringing().cancel(), Callee("rings").arrive().ring().cancelled())


def test_hold_and_resume_by_either_side() -> None:
    call(
        Caller("holds")
        .invite()
        .answered()
        .reinvite(HOLD, expect="recvonly")
        .reinvite(USUAL, expect="sendrecv")
        .expect_reinvite(Offer(direction="recvonly"), expect="sendonly")
        .bye(),
        Callee("is held")
        .arrive()
        .answer()
        .expect_reinvite(Offer(direction="recvonly"), expect="sendonly")
        .expect_reinvite()
        .reinvite(HOLD, expect="recvonly")
        .expect_bye(),
    )


def test_the_first_offer_may_be_the_callee_s() -> None:
    call(
        Caller("makes no offer").invite(None).answered(answer=USUAL).bye(),
        Callee("offers").arrive().answer().expect_bye(),
    )


def test_a_late_acknowledgement() -> None:
    outcome = call(
        Caller("is late").invite().answered(ack_after_ms=1200).bye(),
        Callee("waits").arrive().answer().expect_bye(),
    )
    assert len(outcome.received("SIP/2.0 200")) >= 3  # the answer came again, and that to BYE


def test_a_line_that_says_everything_twice_makes_one_call() -> None:
    agent = Callee("hears it twice").arrive().answer().expect_bye()
    caller = Caller("says it once").invite().answered().bye()
    with Sipp(agent) as called, Shaper((called.host, called.port), Impairment(duplicates=1)) as line:
        with Sipp(caller, f"127.0.0.1:{line.port}", "110") as calling:
            calling.succeed()
        outcome = called.succeed()
    assert [len(outcome.received(method)) for method in ("INVITE", "ACK", "BYE")] >= [2, 1, 1]


def test_a_bye_whose_answer_is_late_is_sent_again() -> None:
    outcome = call(
        Caller("hangs up").invite().answered().bye(),
        Callee("is slow").arrive().answer().expect_bye(reply_after_ms=1200),
    )
    assert outcome.retransmissions >= 1


def test_keys_by_info() -> None:
    agent = Callee("hears keys").arrive().answer().expect_info("Signal=5").expect_info("^7").expect_bye()
    call(Caller("presses").invite().answered().info("5").info("7", relay=False).bye(), agent)


def test_a_transfer_is_followed_to_its_end() -> None:
    call(
        Caller("is sent on").invite().answered().expect_refer(notify=(100, 180, 200)).expect_bye(),
        Callee("sends on").arrive().answer().refer("sip:801@127.0.0.1", notified=(100, 180, 200)).bye(),
    )


def test_two_offers_that_cross_are_both_refused() -> None:
    call(
        Caller("offers").invite().answered().glare(HOLD).bye(),
        Callee("offers, too").arrive().answer().crossed(HOLD).expect_bye(),
    )


@pytest.mark.parametrize("code", [401, 407])
@pytest.mark.parametrize("password", ["secret", "guessed"])
def test_a_challenge_tells_who_knows_the_password(code: int, password: str) -> None:
    trunk = Callee("trunk").arrive().challenge(code).ring().answer().expect_bye()
    caller = Caller("knows it").invite().challenged(code=code).answered().bye()
    with (
        Sipp(trunk) as called,
        Sipp(caller, called.address, "110", user="u801", password=password) as calling,
    ):
        (header,) = called.wait("credentials").words
        assert holds(header, "INVITE", "u801", "secret") == (password == "secret")
        calling.succeed()
        called.succeed()


def test_a_request_outside_any_call() -> None:
    call(Caller("pings").ask("OPTIONS"), Callee("is there").reply_to("OPTIONS"))


def test_a_tel_uri() -> None:
    outcome = call(
        Caller("dials a number", uri="tel:+861012345").invite().answered().bye(),
        Callee("has it").arrive().answer().expect_bye(),
    )
    assert outcome.sent("INVITE")[0].first_line == "INVITE tel:+861012345 SIP/2.0"


def test_what_a_caller_plays_is_heard_as_if_the_receiver_had_said_it(tmp_path: Path) -> None:
    words = Capture().silence(100).keys("5").sound(key_tones("7")).nothing(60).write(tmp_path / "words.pcap")
    with Receiver() as ear, Receiver() as mouth:
        agent = Callee("listens").arrive().answer().expect_bye()
        caller = Caller("plays").invite().answered().cue("connected").play(words).cue("played").bye()
        with (
            Sipp(agent, media=(ear.host, ear.port)) as called,
            Sipp(caller, called.address, media=(mouth.host, mouth.port)) as calling,
        ):
            assert calling.wait("answered").address == (ear.host, ear.port)
            calling.then("connected")
            ear.wait_to_hear(key_tones("7"))
            (key,) = ear.keys()
            calling.then("played")
            calling.succeed()
        assert {each.source for each in ear.arrivals()} == {(mouth.host, mouth.port)}
    assert (key.key, key.milliseconds, key.packets, key.ends) == ("5", 100.0, 8, 3)


def test_sipp_s_own_keys() -> None:
    with Receiver(event_type=96) as ear:
        agent = Callee("listens").arrive().answer(Offer(event_type=96)).expect_bye()
        caller = Caller("dials").invite(Offer(event_type=96)).answered().dtmf("59").cue("dialled").bye()
        with Sipp(agent, media=(ear.host, ear.port)) as called, Sipp(caller, called.address) as calling:
            keys = ear.wait_for_keys("59")
            calling.then("dialled")
            calling.succeed()
    assert [(each.key, each.milliseconds) for each in keys] == [("5", 200.0), ("9", 200.0)]


def test_a_stream_is_heard(tmp_path: Path) -> None:
    (tmp_path / "tones.alaw").write_bytes(encode(key_tones("147")))
    with Receiver() as ear:
        agent = Callee("listens").arrive().answer().expect_bye()
        caller = Caller("streams").invite(Offer(streamed=True)).answered()
        caller = caller.stream(tmp_path / "tones.alaw").cue("streaming").bye()
        with Sipp(agent, media=(ear.host, ear.port)) as called, Sipp(caller, called.address) as calling:
            ear.wait_to_hear(key_tones("147"))
            calling.then("streaming")
            calling.succeed()


def test_many_calls_at_once() -> None:
    agent = Callee("agents").arrive().answer().expect_bye()
    caller = Caller("callers").invite().answered().pause(300).bye()
    with Sipp(agent, calls=60) as called, Sipp(caller, called.address, calls=60, rate=200) as calling:
        outcome = calling.succeed()
    assert (outcome.succeeded, len(outcome.response_ms)) == (60, 60)


@pytest.mark.parametrize(("password", "told"), [("secret", "registered"), ("guessed", "denied")])
def test_a_registrar(password: str, told: str) -> None:
    final = 200 if told == "registered" else 403
    caller = Caller("registers")
    caller.ask("REGISTER", 401, extra='auth="true"').ask("REGISTER", final, ("[authentication]",))
    with Sipp(Callee("registrar").register("u801", "secret")) as called:
        with Sipp(caller, called.address, "u801", user="u801", password=password) as calling:
            called.wait(told)
            calling.succeed()
        called.succeed()
