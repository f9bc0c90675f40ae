"""Calls by real telephones through the flows that ship with huawu, until every kind of node was met."""

from __future__ import annotations

import numpy as np
import pytest

from calls.records import Callback, EventKind, Outcome
from tests.doors.conftest import Calls, Journey
from tests.doors.running import NUMBERS, PATIENCE, Kept, RunningCentre, about, caller, kinds
from tests.doors.test_sip_agents import dialled, leave_message, leaving_a_message, on_channel, pieces
from tests.peers.deadline import until

pytestmark = [pytest.mark.integration, pytest.mark.slow]

MESSAGE = (np.random.default_rng(9).normal(size=12_000) * 3000).astype(np.int16)


def reporting(centre: RunningCentre) -> Kept:
    """Report noise to the city's hotline: confirm it, tell the story, hear it again, send it."""
    who = caller("reports").invite().answered().cue("told").bye()
    with centre.line(who, "1003") as line:
        for key, node in (("1", "main_menu"), ("1", "district_menu"), ("1", "category_menu")):
            line.hear(f"hotline/{node}")
            line.ear.press(key).wait()
        centre.wait_for_event(who.number, EventKind.PROMPT, "category_check")
        line.ear.press("1").wait()
        line.hear("hotline/story")
        leave_message(line, MESSAGE)
        line.hear("hotline/story-review")
        line.ear.press("1").wait()
        until(  # what was said is played
            lambda: any(line.ear.heard(piece) for piece in pieces(MESSAGE)), PATIENCE, "the message is played"
        )
        line.hear("hotline/story-review")
        line.ear.press("#").wait()
        line.hear("hotline/case_not_opened")
        line.then("told")
        return line.over()


@about(reporting)
def test_a_report_is_confirmed_told_and_sent(kept: Kept) -> None:
    assert kept.nodes == [
        *("welcome", "main_menu", "report", "district_menu", "category_menu", "category_check"),
        *("story", "case_opened", "case_not_opened"),
    ]
    assert on_channel(kept, 0, MESSAGE)
    assert on_channel(kept, 1, MESSAGE)


def asking_for_a_call_back(centre: RunningCentre) -> Kept:
    """Ask the shop for somebody: at whatever hour, one is the key for being called back."""
    who = caller("wants to be called").invite().answered().expect_bye(timeout=90_000)
    with centre.line(who, "1002") as line:
        line.hear("express/main_menu")
        line.ear.press("1").wait()
        line.hear("express/order_number")
        line.ear.press("0").wait()  # no key here: the first of an order number
        line.ear.press("#").wait()
        centre.wait_for_event(who.number, EventKind.NO_MATCH, "order_number")
        line.ear.press("202611280001").wait()
        centre.wait_for_event(who.number, EventKind.PROMPT, "closed_menu", "busy_menu")
        line.ear.press("1").wait()
        line.hear("express/callback_kept")
        return line.over(60)


@about(asking_for_a_call_back)
def test_a_caller_is_to_be_called_back(kept: Kept, centre: RunningCentre) -> None:
    (callback,) = centre.store.find(Callback, call_id=kept.call.id)
    assert (callback.number, callback.queue_id) == (kept.call.caller, "general")
    assert kept.nodes[:4] == ["welcome", "main_menu", "task_status", "order_number"]
    assert {"order", "system_down", "to_agent", "callback"} <= set(kept.nodes)
    assert kept.nodes[-2:] == ["goodbye", "end"]


def changing_the_language(centre: RunningCentre) -> Kept:
    who = caller("speaks English").invite().answered().cue("end").bye()
    with centre.line(who, "1004") as line:
        line.hear("telecom/main_menu")
        line.ear.press("9").wait()
        line.hear("telecom/main_menu@en")
        line.ear.press("9").wait()
        line.hear("telecom/main_menu")
        line.then("end")
        return line.over()


@about(changing_the_language)
def test_the_menu_speaks_both_languages(kept: Kept) -> None:
    assert kept.nodes[:2] == ["dialled", "greeting"]
    assert kept.nodes[2] in ("welcome_warm", "welcome_short")
    assert kept.nodes[3:] == [
        *("known_caller", "look_up", "unknown_caller", "main_menu"),
        *("other_language", "to_english", "main_menu"),
        *("other_language", "to_chinese", "main_menu"),
    ]


def complaining_in_the_survey(centre: RunningCentre) -> Kept:
    who = caller("is not content").invite().answered().expect_bye(timeout=90_000)
    with centre.line(who, "1005") as line:
        line.hear("survey/ask")
        line.ear.press("1").wait()
        line.hear("survey/sorry")
        line.ear.press("1").wait()
        line.hear("voicemail/tell")
        line.hear("voicemail/message")
        leave_message(line, MESSAGE)
        line.hear("voicemail/message-review")
        line.ear.press("#").wait()
        line.hear("voicemail/kept")
        return line.over(60)


@about(complaining_in_the_survey)
def test_a_low_mark_leads_to_a_message(kept: Kept) -> None:
    assert [each.score for each in kept.surveys] == [1]
    assert kept.nodes[:5] == ["fresh", "ask", "weigh", "sorry", "reason"]
    assert kept.call.outcome == Outcome.VOICEMAIL
    assert on_channel(kept, 0, MESSAGE)


JOURNEYS = (
    *(reporting, asking_for_a_call_back, changing_the_language, complaining_in_the_survey),
    *(dialled, leaving_a_message),
)


@pytest.mark.parametrize("made", [pytest.param(JOURNEYS, marks=[about(each) for each in JOURNEYS], id="all")])
def test_every_kind_of_node_was_met(made: tuple[Journey, ...], calls: Calls) -> None:
    met = set[str]()
    for journey in made:
        kept = calls.kept(journey)
        known = kinds(kept.call.flow)
        met |= {known[node] for node in kept.nodes}
    assert met == set().union(*(kinds(flow).values() for flow in NUMBERS.values()))
