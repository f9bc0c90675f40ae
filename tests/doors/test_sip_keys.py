"""Keys of real telephones, pressed in every way that there is, and what becomes of the call."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest

from calls.records import EventKind, Outcome
from tests.doors.running import Kept, RunningCentre, about, caller, prompt
from tests.peers import hearing
from tests.peers.baresip import Baresip
from tests.peers.caller import Caller
from tests.peers.capture import Capture
from tests.peers.impairment import Impairment
from tests.peers.offer import Offer
from tests.peers.rtp import key_tones

pytestmark = [pytest.mark.integration, pytest.mark.slow]

PHONE = "13812345678"


def two_menus(centre: RunningCentre, who: Caller, silence: bool = True) -> Kept:
    """Press 3 in the main menu and 4 in the next by the steps of ``who``, and hear that it was so."""
    with centre.line(who, "1001", silence=silence) as line:
        for node, cue in (("main_menu", "first"), ("shop_menu", "second"), ("offers", "end")):
            line.hear(f"main/{node}")
            line.then(cue)
        return line.over()


def by_telephone_events(centre: RunningCentre) -> Kept:
    with tempfile.TemporaryDirectory() as folder:
        keys = [Capture().keys(key).write(Path(folder, key)) for key in "34"]
        who = caller("RFC 4733").invite().answered()
        for key, cue in zip(keys, ("first", "second"), strict=True):
            who.cue(cue).play(key)
        return two_menus(centre, who.cue("end").bye(), silence=False)


def by_sipp_itself(centre: RunningCentre) -> Kept:
    who = caller("play_dtmf").invite(Offer(event_type=96)).answered()
    who.cue("first").dtmf("3").cue("second").dtmf("4").cue("end").bye()
    return two_menus(centre, who, silence=False)


def by_info(centre: RunningCentre) -> Kept:
    who = caller("INFO").invite(Offer(event_type=None)).answered()
    return two_menus(centre, who.cue("first").info("3").cue("second").info("4", relay=False).cue("end").bye())


def by_tones(centre: RunningCentre) -> Kept:
    with tempfile.TemporaryDirectory() as folder:
        keys = [Capture().sound(key_tones(key)).silence(100).write(Path(folder, key)) for key in "34"]
        who = caller("tones").invite(Offer(event_type=None)).answered()
        for key, cue in zip(keys, ("first", "second"), strict=True):
            who.cue(cue).play(key)
        return two_menus(centre, who.cue("end").bye(), silence=False)


def by_baresip(centre: RunningCentre) -> Kept:
    number = caller("baresip").number
    with Baresip(number) as telephone:
        telephone.call(f"sip:1001@{centre.address}")
        telephone.wait_to_hear(prompt("main/main_menu"))
        telephone.press("3")
        telephone.wait_to_hear(prompt("main/shop_menu"))
        telephone.press("4")
        telephone.wait_to_hear(prompt("main/offers"))
        telephone.hang_up()
        telephone.wait("CALL_CLOSED")
    return centre.kept(number)


THERE_AND_BACK = "1*2*3*4*1*2*3*4*"


def on_a_bad_line(centre: RunningCentre) -> Kept:
    who = caller("bad line").invite().answered().cue("pressed").bye()
    spoilt = Impairment(loss=0.05, duplicates=0.05, reordered=0.05, jitter_ms=50, seed=4)
    with centre.line(who, "1001", line=spoilt) as line:
        line.hear("main/main_menu")
        line.ear.press(THERE_AND_BACK, tone_ms=100, pause_ms=100).wait()
        line.hear("main/main_menu")
        line.then("pressed")
        return line.over()


MENUS = ["welcome", "main_menu", "shop_menu", "offers"]


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(each, marks=about(each), id=each.__name__)
        for each in (by_telephone_events, by_sipp_itself, by_info, by_tones, by_baresip)
    ],
)
def test_a_key_counts_once_however_it_is_pressed(way: object, kept: Kept) -> None:
    assert (kept.keys, kept.nodes) == ("34", MENUS)
    assert (kept.call.door, kept.call.flow, kept.call.hangup_cause) == ("sip", "main", "caller")
    assert kept.call.outcome in (Outcome.ABANDONED, Outcome.CONTAINED)
    right = kept.sound[:, 1]
    begins = {each.node: each.at for each in kept.of(EventKind.PROMPT)}
    for node in MENUS:
        found = hearing.find(prompt(f"main/{node}"), right, 0.4)
        assert found is not None and abs(found.start - begins[node]) < 0.5, node


@about(by_tones)
def test_tones_are_heard_on_the_caller_s_channel(kept: Kept) -> None:
    (end,) = [each.at for each in kept.of(EventKind.NODE) if each.node == "shop_menu"]
    found = hearing.find(key_tones("3"), kept.sound[:, 0], 0.08)
    assert found is not None and found.start < end


@about(on_a_bad_line)
def test_loss_jitter_and_duplicates_change_no_key(kept: Kept) -> None:
    assert kept.keys == THERE_AND_BACK


def barging_in(centre: RunningCentre) -> Kept:
    who = caller("barges in").invite().answered().cue("menu").info("4").cue("next").bye()
    with centre.line(who, "1001") as line:
        line.hear("main/main_menu")
        line.then("menu")
        began = line.hear("main/complaint_menu")
        sound, origin = line.ear.sound()
        # nothing of the menu is heard any more: what comes is the beginning of the next prompt
        rest = prompt("main/main_menu")[-8000:]
        assert hearing.find(rest, sound[round((began - origin) * 8000) :], 0.5) is None
        line.then("next")
        return line.over()


@about(barging_in)
def test_a_key_silences_the_prompt(kept: Kept) -> None:
    (barge,) = kept.of(EventKind.BARGE_IN)
    assert (barge.node, barge.data) == ("main_menu", {"by": "digit"})
    assert hearing.find(prompt("main/main_menu")[-8000:], kept.sound[:, 1], 0.5) is None


def typing_ahead(centre: RunningCentre) -> Kept:
    who = caller("knows the way").invite().answered().cue("end").bye()
    with centre.line(who, "1001") as line:
        line.ear.wait_for_sound()
        line.ear.press(f"11{PHONE}#", tone_ms=60, pause_ms=60).wait()
        line.hear("main/anything_else", 40)
        line.then("end")
        return line.over()


@about(typing_ahead)
def test_keys_pressed_in_the_greeting_lead_through_three_nodes(kept: Kept) -> None:
    assert kept.nodes == ["welcome", "main_menu", "telecom_menu", "bill_phone", "bill_sent", "anything_else"]
    assert kept.keys == "11" + "." * len(PHONE)
    right = kept.sound[:, 1]
    assert hearing.find(prompt("main/welcome"), right) is not None
    for node in ("main_menu", "telecom_menu", "bill_phone"):
        assert hearing.find(prompt(f"main/{node}"), right) is None, node


def speaking(centre: RunningCentre) -> Kept:
    """Say something while the notice is played, and after it."""
    chance = np.random.default_rng(1)
    before, after = ((chance.normal(size=12_000) * 3000).astype(np.int16) for _ in range(2))
    who = caller("speaks").invite().answered().cue("end").bye()
    with centre.line(who, "1001") as line:
        line.ear.wait_for_sound()
        line.ear.say(before).wait()
        line.hear("main/main_menu")
        line.ear.say(after).wait()
        line.then("end")
        kept = line.over()
    left = kept.sound[:, 0]
    assert hearing.find(before, left, 0.3) is None
    assert hearing.find(after, left, 0.3) is not None
    return kept


@about(speaking)
def test_a_caller_is_recorded_from_the_end_of_the_notice_on(kept: Kept) -> None:
    (menu,) = [each.at for each in kept.of(EventKind.NODE) if each.node == "main_menu"]
    assert kept.recording is not None
    ((start, end),) = kept.recording.masked
    assert start == 0 and abs(end - menu) < 0.2
    assert not hearing.audible(kept.sound[: round(end * 8000), 0]).any()
