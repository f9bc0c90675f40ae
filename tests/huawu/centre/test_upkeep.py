from __future__ import annotations

import math
from signal import SIGINT, SIGKILL, SIGTERM

import pytest

from huawu.centre.upkeep import DRAIN_MARGIN, GRACE, PATIENCE, STEADY, Order, Send, Start, Upkeep

pytestmark = pytest.mark.unit

STAGES = [["media", "sip"], ["engine"], ["console"]]
DRAIN = 60.0


def started(now: float = 0.0) -> Upkeep:
    """A centre that serves since ``now``."""
    upkeep = Upkeep(STAGES, "engine", DRAIN)
    for names in STAGES:
        assert upkeep.orders(now) == [Start(name) for name in names]
        for name in names:
            upkeep.became_ready(name)
    assert (upkeep.serving, upkeep.orders(now), upkeep.next_moment()) == (True, [], math.inf)
    return upkeep


def until(upkeep: Upkeep, end: float) -> list[tuple[float, Order]]:
    """What is ordered up to ``end``, and when."""
    done = []
    while (now := upkeep.next_moment()) <= end:
        done += [(now, order) for order in upkeep.orders(now)]
    return done


def test_a_stage_starts_when_the_one_before_it_is_ready() -> None:
    upkeep = Upkeep(STAGES, "engine", DRAIN)
    assert upkeep.orders(0.0) == [Start("media"), Start("sip")]
    upkeep.became_ready("sip")
    assert (upkeep.orders(1.0), upkeep.unready) == ([], ["media"])
    upkeep.became_ready("media")
    assert (upkeep.orders(2.0), upkeep.unready) == ([Start("engine")], ["engine"])
    assert not upkeep.serving


def test_one_that_dies_is_started_again_alone() -> None:
    upkeep = started()
    pause = upkeep.exited("media", -SIGKILL, 5.0)
    assert (pause, upkeep.serving, upkeep.is_ready("media")) == (0.1, False, False)
    assert upkeep.orders(5.05) == []
    assert until(upkeep, 60.0) == [(5.1, Start("media"))]
    upkeep.became_ready("media")
    assert (upkeep.serving, upkeep.restarts("media"), upkeep.restarts("sip")) == (True, 1, 0)


def test_the_pause_doubles_up_to_ten_seconds_and_is_short_again_after_a_minute() -> None:
    upkeep = started()
    now, pauses = 0.0, []
    for lasts in [1.0] * 9 + [STEADY, 1.0]:
        pause = upkeep.exited("sip", 1, now + lasts)
        assert pause is not None
        pauses.append(pause)
        now = upkeep.next_moment()
        assert upkeep.orders(now) == [Start("sip")]
        upkeep.became_ready("sip")
    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0, 0.1, 0.2]


def test_an_end_that_nobody_asked_for_is_a_death_too() -> None:
    upkeep = started()
    assert upkeep.exited("engine", 0, 1.0) == 0.1


def test_a_wrong_configuration_ends_everything() -> None:
    upkeep = Upkeep(STAGES, "engine", DRAIN)
    upkeep.orders(0.0)
    assert upkeep.exited("sip", 2, 0.3) is None
    assert (upkeep.orders(0.3), upkeep.result) == ([Send("media", SIGTERM)], None)
    upkeep.exited("media", 0, 0.4)
    assert (upkeep.result, upkeep.culprit) == (2, "sip")


def test_a_wrong_configuration_of_the_last_one_ends_the_engine_before_the_others() -> None:
    upkeep = Upkeep(STAGES, "engine", DRAIN)
    for names in STAGES[:2]:
        upkeep.orders(0.0)
        for name in names:
            upkeep.became_ready(name)
    assert upkeep.orders(1.0) == [Start("console")]
    assert upkeep.exited("console", 2, 2.0) is None
    assert upkeep.orders(2.0) == [Send("engine", SIGINT)]
    upkeep.exited("engine", 0, 2.5)
    assert upkeep.orders(2.5) == [Send("media", SIGTERM), Send("sip", SIGTERM)]


def test_what_worked_before_is_tried_again_though_its_configuration_is_wrong_now() -> None:
    upkeep = started()
    assert upkeep.exited("engine", 2, 100.0) == 0.1


def test_one_that_never_gets_ready_ends_everything() -> None:
    upkeep = Upkeep(STAGES, "engine", DRAIN)
    upkeep.orders(0.0)
    upkeep.became_ready("media")
    upkeep.exited("sip", 1, 50.0)
    assert until(upkeep, 100.0) == [(50.1, Start("sip"))]  # which gives it no more time
    assert until(upkeep, PATIENCE) == [(PATIENCE, Send("media", SIGTERM)), (PATIENCE, Send("sip", SIGTERM))]
    for name in ("media", "sip"):
        upkeep.exited(name, 0, PATIENCE + 1)
    assert (upkeep.result, upkeep.culprit) == (1, "sip")


def test_one_that_hangs_after_a_restart_is_started_once_more() -> None:
    upkeep = started()
    upkeep.exited("engine", 1, 0.0)
    assert until(upkeep, 1000.0) == [(0.1, Start("engine")), (0.1 + PATIENCE, Send("engine", SIGKILL))]
    assert upkeep.exited("engine", -SIGKILL, 121.0) == 0.1  # it ran for longer than a minute
    assert until(upkeep, 122.0) == [(121.1, Start("engine"))]


def test_stopping_lets_the_engine_finish_then_ends_the_others() -> None:
    upkeep = started()
    upkeep.asked_to_stop(10.0)
    assert until(upkeep, 50.0) == [(10.0, Send("engine", SIGTERM))]
    assert upkeep.exited("engine", 0, 55.0) is None
    others = [Send(name, SIGTERM) for name in ("media", "sip", "console")]
    assert (upkeep.orders(55.0), upkeep.result) == (others, None)
    for name in ("media", "sip", "console"):
        assert upkeep.exited(name, 0, 55.2) is None
    assert (upkeep.result, upkeep.next_moment()) == (0, math.inf)


def test_others_are_kept_running_while_the_engine_finishes() -> None:
    upkeep = started()
    upkeep.asked_to_stop(10.0)
    upkeep.orders(10.0)
    assert upkeep.exited("media", -SIGKILL, 20.0) == 0.1
    assert until(upkeep, 30.0) == [(20.1, Start("media"))]


def test_an_engine_that_does_not_finish_is_ended() -> None:
    upkeep = started()
    upkeep.asked_to_stop(0.0)
    last = DRAIN + DRAIN_MARGIN
    assert until(upkeep, 1000.0) == [
        (0.0, Send("engine", SIGTERM)),
        (last, Send("engine", SIGINT)),
        (last + GRACE, Send("engine", SIGKILL)),
    ]


def test_one_that_does_not_end_is_killed() -> None:
    upkeep = started()
    upkeep.asked_to_stop(0.0)
    upkeep.orders(0.0)
    for name in ("engine", "media", "sip"):
        upkeep.exited(name, 0, 1.0)
    assert until(upkeep, 1000.0) == [(1.0, Send("console", SIGTERM)), (1.0 + GRACE, Send("console", SIGKILL))]


def test_a_second_wish_ends_the_calls_and_a_third_the_processes() -> None:
    upkeep = started()
    upkeep.asked_to_stop(0.0)
    upkeep.orders(0.0)
    upkeep.asked_to_stop(5.0)
    assert until(upkeep, 6.0) == [(5.0, Send("engine", SIGINT))]
    upkeep.asked_to_stop(7.0)
    assert until(upkeep, 8.0) == [
        (7.0, Send(name, SIGKILL)) for name in ("media", "sip", "engine", "console")
    ]
    assert upkeep.result is None
    for name in ("media", "sip", "engine", "console"):
        upkeep.exited(name, -SIGKILL, 7.0)
    assert upkeep.result == 0


def test_stopping_where_the_engine_is_dead_or_not_started_yet() -> None:
    upkeep = started()
    upkeep.exited("engine", 1, 1.0)
    upkeep.asked_to_stop(1.0)
    assert until(upkeep, 2.0) == [(1.0, Send(name, SIGTERM)) for name in ("media", "sip", "console")]
    upkeep = Upkeep(STAGES, "engine", DRAIN)
    upkeep.orders(0.0)
    upkeep.asked_to_stop(0.1)
    assert upkeep.orders(0.1) == [Send("media", SIGTERM), Send("sip", SIGTERM)]


def test_one_that_hangs_is_killed_and_started_again() -> None:
    upkeep = started()
    assert upkeep.hangs("media", 5.0)
    assert not upkeep.hangs("media", 5.0)  # it is being ended already
    assert upkeep.orders(5.0) == [Send("media", SIGKILL)]
    assert upkeep.exited("media", -SIGKILL, 6.0) == 0.1
    assert not upkeep.hangs("media", 6.0)
    assert until(upkeep, 7.0) == [(6.1, Start("media"))]


def test_one_that_is_not_known_does_not_hang_and_at_the_end_none_does() -> None:
    upkeep = started()
    assert not upkeep.hangs("nobody", 5.0)
    upkeep.asked_to_stop(6.0)
    assert not upkeep.hangs("media", 7.0)
