"""The real process: an engine at its socket, parties at its ports."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from calls.errors import LinkError
from calls.recordings import wav_header
from ivr.media.rtcp import Block, middle, ntp_time, packed_report, parse_report
from ivr.media.rtp import packed
from ivr.wire import media
from ivr.wire.ring import SoundRing
from speech.g711 import alaw_decode, alaw_encode, ulaw_decode, ulaw_encode
from speech.keytones import key_tones
from tests.ivr.media.rig import Rig, holds, noise

pytestmark = pytest.mark.integration

SILENT = b"\xd5" * 160


@pytest.fixture(params=["auto", "epoll"])
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    with Rig(network=request.param) as made:
        yield made


def frames(sound: bytes) -> list[bytes]:
    return [sound[at : at + 160] for at in range(0, len(sound), 160)]


def sides(path: Path) -> tuple[bytes, bytes]:
    data = path.read_bytes()[len(wav_header(2, 0)) :]
    return data[0::2], data[1::2]


# What a party hears


def test_a_party_hears_silence_then_a_sound_and_its_end_is_told(rig: Rig) -> None:
    party = rig.leg()
    assert party.packet().payload == SILENT
    sound = noise(0.1)
    rig.say(media.Play("a", 1, rig.sound("s", sound)))
    heard = party.hear_until(sound[-160:])
    assert heard[-5:] == frames(sound)
    assert set(heard[:-5]) <= {SILENT}
    assert rig.wait(media.PlayEnded) == media.PlayEnded("a", 1)
    party.hear_until(SILENT)


def test_packets_are_numbered_and_the_first_is_marked(rig: Rig) -> None:
    party = rig.leg(ready=False)
    packets = [party.packet() for _ in range(10)]
    first = packets[0]
    assert [packet.marker for packet in packets] == [True] + [False] * 9
    assert [packet.sequence - first.sequence & 0xFFFF for packet in packets] == list(range(10))
    assert [packet.timestamp - first.timestamp & 0xFFFFFFFF for packet in packets] == list(
        range(0, 1600, 160)
    )
    assert {(packet.payload_type, packet.source) for packet in packets} == {(8, first.source)}


def test_a_sound_stops_with_the_next_frame_and_has_no_end_to_tell(rig: Rig) -> None:
    party = rig.leg()
    sound = noise(0.2)
    rig.say(media.Play("a", 1, rig.sound("s", sound), loop=True))
    party.hear_until(sound[:160])
    rig.say(media.StopPlaying("a"))
    party.hear_until(SILENT)
    assert {party.packet().payload for _ in range(20)} == {SILENT}
    assert rig.told(media.PlayEnded) == []


def test_a_sound_that_cannot_be_read_is_told_by_each_play(rig: Rig) -> None:
    rig.leg()
    rig.say(media.LoadSound("s", str(rig.folder / "missing")), media.Play("a", 1, "s"))
    failed = rig.wait(media.PlayFailed)
    assert (failed.leg, failed.play) == ("a", 1)
    assert "missing: No such file" in failed.reason
    rig.say(media.Play("a", 3, "s"), media.Play("a", 4, "never"))
    assert rig.wait(media.PlayFailed).play == 3
    assert rig.wait(media.PlayFailed) == media.PlayFailed("a", 4, "sound never was never loaded")


def test_a_stream_is_heard_as_it_is_fed(rig: Rig) -> None:
    party = rig.leg()
    sound = noise(0.3)
    rig.say(media.PlayStream("a", 5))
    for at in range(0, len(sound), 700):
        rig.say(media.Feed("a", 5, sound[at : at + 700], last=at + 700 >= len(sound)))
    assert party.hear_until(sound[-160:])[-15:] == frames(sound)
    assert rig.wait(media.PlayEnded) == media.PlayEnded("a", 5)


@pytest.mark.parametrize("ptime", [10, 30, 60])
def test_packets_have_the_length_that_the_party_wants(rig: Rig, ptime: int) -> None:
    party = rig.leg(ptime=ptime)
    sound = noise(0.6)
    rig.say(media.Play("a", 1, rig.sound("s", sound)))
    heard = b""
    stamps = []
    while sound not in heard:
        packet = party.packet()
        assert len(packet.payload) == 8 * ptime
        stamps.append(packet.timestamp)
        heard += packet.payload
    steps = {after - before & 0xFFFFFFFF for before, after in pairwise(stamps)}
    assert steps == {8 * ptime}


def test_a_party_on_hold_hears_and_one_that_holds_us_does_not(rig: Rig) -> None:
    party = rig.leg()
    host, port = party.address
    rig.say(media.ConnectLeg("a", host, port, event_type=101, direction="recvonly"))
    while not party.quiet(0.1):
        party.packet()
    rig.say(media.ConnectLeg("a", host, port, event_type=101, direction="sendonly"))
    party.packet()
    party.press("1")
    party.hear(3)
    rig.say(media.ConnectLeg("a", host, port, event_type=101, direction="sendrecv"))
    party.hear(3)
    party.press("2")
    assert rig.wait(media.DigitPressed).key == "2"


# Keys


def test_a_key_as_an_event_is_told_once(rig: Rig) -> None:
    party = rig.leg()
    party.send(SILENT)
    for key in "15#":
        party.press(key)
    pressed = [rig.wait(media.DigitPressed) for _ in range(3)]
    assert [(each.leg, each.key, each.how) for each in pressed] == [("a", key, "event") for key in "15#"]
    assert [rig.wait(media.DigitReleased).seconds for _ in range(3)] == [0.06] * 3
    party.send(SILENT)
    rig.wait(media.MediaHealth)
    assert rig.told(media.DigitPressed) == []


def test_a_key_as_a_tone_is_told_where_there_are_no_events(rig: Rig) -> None:
    party = rig.leg(event_type=None)
    party.talk(alaw_encode(key_tones("159", on=0.06, off=0.08)))
    pressed = [rig.wait(media.DigitPressed) for _ in range(3)]
    assert [(each.key, each.how) for each in pressed] == [("1", "tone"), ("5", "tone"), ("9", "tone")]
    assert [rig.wait(media.DigitReleased).key for _ in range(3)] == ["1", "5", "9"]


def test_a_key_as_both_is_told_as_an_event_only(rig: Rig) -> None:
    party = rig.leg()
    party.press("4")
    party.talk(alaw_encode(key_tones("4", on=0.1, off=0.3)))
    assert rig.wait(media.DigitPressed).how == "event"
    rig.wait(media.MediaHealth)
    assert rig.told(media.DigitPressed) == []


def test_keys_are_sent_as_events_or_as_tones(rig: Rig) -> None:
    one, other = rig.leg("a"), rig.leg("b", event_type=None)
    rig.say(media.SendDigits("a", "42"), media.SendDigits("b", "42"))
    events = []
    while len(events) < 14:
        packet = one.packet()
        if packet.payload_type == 101:
            events.append(packet)
    assert [packet.payload[0] for packet in events] == [4] * 7 + [2] * 7
    assert [packet.payload[1] >> 7 for packet in events] == [0, 0, 0, 0, 1, 1, 1] * 2
    assert [packet.marker for packet in events] == ([True] + [False] * 6) * 2
    tones = alaw_encode(key_tones("42"))
    heard = other.hear_until(tones[160 * 14 : 160 * 15])
    assert tones[: 160 * 15] in b"".join(heard)


# Two legs


def test_bridged_parties_hear_each_other_whatever_law_they_speak(rig: Rig) -> None:
    one, other = rig.leg("a"), rig.leg("b", payload_type=0)
    rig.say(media.Bridge("a", "b"))
    sound = noise(0.4, seed=2)
    back = ulaw_encode(alaw_decode(noise(0.4, seed=3)))
    one.talk(sound)
    other.talk(back, kind=0)
    wanted = ulaw_encode(alaw_decode(sound))
    assert holds(b"".join(other.hear_until(wanted[-160:])), wanted)
    wanted = alaw_encode(ulaw_decode(back))
    assert holds(b"".join(one.hear_until(wanted[-160:])), wanted)
    rig.say(media.Unbridge("b"))
    one.hear_until(SILENT)


def test_a_key_of_one_party_reaches_the_other_and_the_engine(rig: Rig) -> None:
    one, other = rig.leg("a"), rig.leg("b", event_type=96)
    rig.say(media.Bridge("a", "b"))
    one.send(SILENT)
    one.press("8")
    assert rig.wait(media.DigitPressed).leg == "a"
    packet = other.packet()
    while packet.payload_type != 96:
        packet = other.packet()
    assert (packet.marker, packet.payload[0]) == (True, 8)
    while not packet.payload[1] & 0x80:
        packet = other.packet()
    assert int.from_bytes(packet.payload[2:], "big") == 480


# Recordings


def test_a_recording_has_the_party_left_and_what_it_heard_right(rig: Rig) -> None:
    party = rig.leg()
    path = rig.folder / "records" / "a.wav"
    rig.say(media.StartRecording("a", str(path), silent=False))
    said, sound = noise(0.6, seed=4), noise(0.4, seed=5)
    rig.say(media.Play("a", 1, rig.sound("s", sound)))
    party.talk(said)
    rig.wait(media.PlayEnded)
    party.hear(40)
    rig.say(media.CloseLeg("a"))
    closed = rig.wait(media.LegClosed)
    left, right = sides(path)
    assert holds(left, said)
    assert sound in right
    assert closed.recorded
    assert closed.recorded.seconds == len(left) / 8000
    assert (closed.recorded.masked, closed.recorded.flags) == ((), ())
    assert 0 <= closed.seconds - closed.recorded.seconds < 0.5
    assert closed.quality.packets == 30
    assert closed.quality.lost == 0


def test_what_is_masked_is_silence_and_its_spans_are_told(rig: Rig) -> None:
    party = rig.leg()
    path = rig.folder / "a.wav"
    rig.say(media.StartRecording("a", str(path)))
    parts = [noise(0.4, seed=6 + part) for part in range(3)]
    party.talk(parts[0] + SILENT * 12)
    rig.say(media.Silence("a", False))
    party.talk(parts[1] + SILENT * 12)
    rig.say(media.Silence("a", True))
    party.talk(parts[2])
    rig.say(media.CloseLeg("a"))
    closed = rig.wait(media.LegClosed)
    left, _ = sides(path)
    assert closed.recorded
    (first, begin), (end, last) = closed.recorded.masked
    assert (first, last) == (0.0, closed.recorded.seconds)
    assert holds(left[round(begin * 8000) : round(end * 8000)], parts[1])
    assert set(left[: round(begin * 8000)] + left[round(end * 8000) :]) == {0xD5}


def test_a_message_is_kept_and_played_back(rig: Rig) -> None:
    party = rig.leg()
    said = noise(0.6, seed=9)
    rig.say(media.PlayMessage("a", 1))
    assert rig.wait(media.PlayFailed) == media.PlayFailed("a", 1, "no message was kept")
    rig.say(media.StartMessage("a"))
    party.talk(said + SILENT * 12)
    rig.say(media.StopMessage("a"), media.PlayMessage("a", 2))
    assert holds(b"".join(party.hear_until(said[-160:])), said)
    assert rig.wait(media.PlayEnded) == media.PlayEnded("a", 2)


def test_the_sound_of_a_party_is_in_the_ring(rig: Rig) -> None:
    party = rig.leg()
    ring = SoundRing.open(rig.ring)
    since = int(ring.counters[party.slot])
    said = noise(0.6, seed=10)
    party.talk(said + SILENT * 12)
    sound, missed = ring.read(party.slot, since)
    assert missed == 0
    assert holds(sound.tobytes(), said)


def test_a_recording_that_cannot_be_made_is_told_and_the_call_goes_on(rig: Rig) -> None:
    party = rig.leg()
    (rig.folder / "a.wav").write_bytes(b"")
    rig.say(media.StartRecording("a", str(rig.folder / "a.wav")))
    assert rig.wait(media.RecordingFailed).leg == "a"
    party.hear(30)
    rig.say(media.CloseLeg("a"))
    assert rig.wait(media.LegClosed).recorded is None


# Where packets come from


def test_a_party_is_answered_where_it_sends_from_and_garbage_is_nobody(rig: Rig) -> None:
    rig.say(media.OpenLeg("a"))
    opened = rig.wait(media.LegOpened)
    elsewhere = rig.party(opened)
    rig.say(media.ConnectLeg("a", "127.0.0.1", 9, event_type=101))
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as stranger:
        stranger.bind(("127.0.0.1", 0))
        for garbage in (b"", b"x" * 172, packed(97, 1, 1, 1, SILENT), packed(8, 1, 1, 1, b"short")):
            stranger.sendto(garbage, ("127.0.0.1", opened.port))
        while elsewhere.quiet(0.02):
            elsewhere.send(SILENT)
        assert len(elsewhere.hear(5)) == 800
        stranger.sendto(packed(8, 1, 1, 1, SILENT), ("127.0.0.1", opened.port))
        elsewhere.hear(10)
        stranger.setblocking(False)
        with pytest.raises(BlockingIOError):
            stranger.recv(100)


def test_after_another_offer_the_party_may_be_elsewhere(rig: Rig) -> None:
    party = rig.leg()
    party.send(SILENT)
    party.hear(5)
    rig.say(media.OpenLeg("b"))
    moved = rig.party(media.LegOpened("a", party._there[1], party.slot))
    host, port = moved.address
    rig.say(media.ConnectLeg("a", host, port, event_type=101))
    moved.hear(3)
    moved.press("6")
    assert rig.wait(media.DigitPressed).key == "6"


def test_a_party_that_fell_silent_may_come_back_from_another_address(rig: Rig) -> None:
    party = rig.leg()
    party.send(SILENT)
    moved = rig.party(media.LegOpened("a", party._there[1], party.slot))
    while moved.quiet(0.25):
        moved.send(SILENT)
    assert len(moved.hear(3)) == 480


def test_a_stream_with_another_source_takes_over_with_its_second_packet(rig: Rig) -> None:
    party = rig.leg()
    ring = SoundRing.open(rig.ring)
    party.talk(noise(0.2, seed=11))
    since = int(ring.counters[party.slot])
    party.source, party.timestamp, party.sequence = 0xBEEF, 5, 9000
    said = noise(0.5, seed=12)
    party.talk(said + SILENT * 12)
    assert holds(ring.read(party.slot, since)[0].tobytes(), said[160:])


def test_a_party_that_is_gone_disturbs_nobody(rig: Rig) -> None:
    party, other = rig.leg("a"), rig.leg("b")
    party.send(SILENT)
    party.hear(3)
    party.close()
    other.hear(60)
    rig.say(media.CloseLeg("a"))
    assert rig.wait(media.LegClosed).leg == "a"


def test_where_nothing_comes_it_is_told_once() -> None:
    with Rig(rtp_timeout_seconds=0.5) as rig:
        party, held = rig.leg("a"), rig.leg("b", direction="sendonly")
        rig.leg("c", ready=False, direction="recvonly")  # it holds us, and need not send music
        party.send(SILENT)
        told = rig.wait(media.MediaTimeout)
        assert told.leg == "a"
        assert told.seconds >= 0.5
        held.hear(60)
        assert rig.told(media.MediaTimeout) == []


def test_reports_are_sent_and_understood(rig: Rig) -> None:
    party = rig.leg()
    ours = party.packet().source
    party.talk(SILENT * 10)
    rig.say(media.ConnectLeg("a", *party.address, event_type=101))
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as control:
        control.settimeout(20)
        control.bind(("127.0.0.1", 0))
        asked = middle(ntp_time(0.0))
        block = Block(ours, lost=5, highest=1, last=asked, since=1)
        data = packed_report(party.source, "them", sent=(ntp_time(1.0), 0, 10, 1600), block=block)
        control.sendto(data, ("127.0.0.1", party._there[1] + 1))
        report = parse_report(control.recv(2000))
        assert report
        assert report.source == ours
        assert report.ntp is not None
        (said,) = report.blocks
        assert (said.source, said.lost, said.last) == (party.source, 0, middle(ntp_time(1.0)))
        rig.say(media.CloseLeg("a"))
        quality = rig.wait(media.LegClosed).quality
        assert quality.far_lost_percent == round(500 / quality.sent, 3)
        last = parse_report(control.recv(2000))
        while last and not last.bye:
            last = parse_report(control.recv(2000))
        assert last
        assert (last.source, last.bye) == (ours, True)


# Room, and ends


def test_legs_for_which_there_is_no_room_are_refused() -> None:
    with Rig(slots=2, port_min=28_200, port_max=28_203) as rig:
        rig.leg("a"), rig.leg("b")
        rig.say(media.OpenLeg("c"), media.OpenLeg("a"))
        assert rig.wait(media.LegRefused) == media.LegRefused("c", "all 2 slots are taken")
        assert rig.wait(media.LegRefused) == media.LegRefused("a", "a leg of this name is open")
        rig.say(media.CloseLeg("a"), media.OpenLeg("c"))
        rig.wait(media.LegClosed)
        assert rig.wait(media.LegOpened).leg == "c"


def test_commands_for_legs_that_are_over_are_ignored(rig: Rig) -> None:
    rig.leg("b")
    rig.say(
        *(media.ConnectLeg("x", "127.0.0.1", 9), media.Play("x", 1, "s"), media.PlayStream("x", 1)),
        *(
            media.Feed("x", 1, b""),
            media.StopPlaying("x"),
            media.SendDigits("x", "1"),
            media.Bridge("x", "b"),
        ),
        *(media.Bridge("b", "b"), media.Unbridge("x"), media.Unbridge("b"), media.Silence("x", True)),
        *(media.StartRecording("x", "x"), media.StartMessage("x"), media.StopMessage("x")),
        *(media.PlayMessage("x", 1), media.CloseLeg("x"), media.CloseLeg("b")),
    )
    assert rig.wait(media.LegClosed).leg == "b"
    assert rig.wait(media.MediaHealth).legs == 0


def test_a_leg_needs_four_descriptors_at_most_and_gives_them_back(rig: Rig) -> None:
    rig.wait(media.MediaHealth)
    before = rig.descriptors()
    for number in range(20):
        rig.leg(str(number)).press("1")
        rig.say(media.StartRecording(str(number), str(rig.folder / f"{number}.wav")))
    for _ in range(20):
        rig.wait(media.DigitPressed)
    rig.wait(media.MediaHealth)
    assert 20 * 2 < rig.descriptors() - before <= 20 * 4
    rig.say(*(media.CloseLeg(str(number)) for number in range(20)))
    for _ in range(20):
        rig.wait(media.LegClosed)
    assert rig.descriptors() == before


def test_the_log_names_the_way_to_the_network(rig: Rig, request: pytest.FixtureRequest) -> None:
    rig.leg()
    ready = next(line for line in rig.stop().splitlines() if "media process is ready" in line)
    asked = request.node.callspec.params["rig"]
    assert "epoll" in ready or (asked == "auto" and "uring" in ready)


def test_the_clock_tells_how_it_keeps_time(rig: Rig) -> None:
    rig.leg().hear(10)
    health = rig.wait(media.MediaHealth, where=lambda event: event.legs == 1 and event.late_ms_max > 0)
    assert health.late_ms_p99 <= health.late_ms_max
    assert health.scheduling in ("fifo", "nice -10", "normal")
    assert health.dropped == 0


def test_when_the_engine_goes_everything_ends_and_the_next_one_is_served(rig: Rig) -> None:
    party = rig.leg()
    rig.say(media.StartRecording("a", str(rig.folder / "a.wav"), silent=False))
    said = noise(0.3)
    party.talk(said + SILENT * 12)
    rig.link.close()
    rig.link = rig.connect()
    while not party.quiet(0.2):
        party.packet()
    again = rig.leg("a")
    again.hear(5)
    assert holds(sides(rig.folder / "a.wav")[0], said)
    assert rig.told(media.LegClosed) == []


def test_an_engine_that_comes_takes_the_place_of_the_one_before(rig: Rig) -> None:
    rig.leg()
    former, rig.link = rig.link, rig.connect()
    assert len(rig.leg().hear(5)) == 800
    with pytest.raises(LinkError):
        while True:
            former.receive()
    former.close()


def test_when_it_is_told_to_end_recordings_are_complete(rig: Rig) -> None:
    party = rig.leg()
    path = rig.folder / "a.wav"
    rig.say(media.StartRecording("a", str(path), silent=False))
    said = noise(0.3)
    party.talk(said + SILENT * 12)
    log = rig.stop()
    assert rig.process.returncode == 0, log
    assert holds(sides(path)[0], said)
    size = path.stat().st_size - len(wav_header(2, 0))
    assert path.read_bytes()[: len(wav_header(2, 0))] == wav_header(2, size // 2)
    assert not (rig.folder / "media.sock").exists()
    assert "Traceback" not in log


def test_after_a_kill_a_recording_lacks_its_last_second_at_most(rig: Rig) -> None:
    party = rig.leg()
    path = rig.folder / "a.wav"
    rig.say(media.StartRecording("a", str(path), silent=False))
    said = noise(2.5)
    party.talk(said)
    os.kill(rig.process.pid, signal.SIGKILL)
    rig.process.communicate()
    rig.log = ""
    left, _ = sides(path)
    assert len(left) >= 8000 * 1.4
    assert holds(left, said[: 160 * 60])
    head = path.read_bytes()[: len(wav_header(2, 0))]
    assert head == wav_header(2, len(left))


def test_a_stranger_at_the_port_gives_way_to_the_party(rig: Rig) -> None:
    rig.say(media.OpenLeg("a"))
    opened = rig.wait(media.LegOpened)
    stranger, party = rig.party(opened), rig.party(opened)
    party.source = 0xBEEF
    rig.say(media.ConnectLeg("a", *party.address, event_type=101))
    party.packet()
    while stranger.quiet(0.02):
        stranger.send(SILENT)
    while not party.quiet(0.1):
        party.packet()
    party.send(SILENT)
    party.hear(10)
    party.press("5")
    stranger.press("7")
    assert rig.wait(media.DigitPressed).key == "5"
    party.hear(5)
    assert rig.told(media.DigitPressed) == []


def test_a_party_behind_a_translator_that_falls_silent_is_heard_at_once_again(rig: Rig) -> None:
    rig.say(media.OpenLeg("a"))
    opened = rig.wait(media.LegOpened)
    party = rig.party(opened)
    rig.say(media.ConnectLeg("a", "127.0.0.1", 9, event_type=101))
    while party.quiet(0.02):
        party.send(SILENT)
    for _ in range(200):  # until its address is certain, and then until it is not
        party.send(SILENT)
        party.packet()
    party.hear(180)
    party.press("9")
    assert rig.wait(media.DigitPressed).key == "9"
