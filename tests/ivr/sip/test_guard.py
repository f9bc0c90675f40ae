"""Who may talk to us, how much, and whom we may call."""

from __future__ import annotations

import pytest

from ivr.sip.guard import SOURCES, Guard, Networks, Target, TargetRules, Throttle, is_scanner, target_of

pytestmark = pytest.mark.unit


def guard(*, allowed=("10.0.0.0/8",), trusted=(), rate=10.0, ban_after=3) -> Guard:
    return Guard(
        Networks(allowed),
        Networks(trusted),
        rate=rate,
        ban_after=ban_after,
        ban_window=60.0,
        ban_seconds=600.0,
    )


def test_only_listed_networks_are_listened_to():
    networks = Networks(["10.0.0.0/8", "192.0.2.7", "fd00::/8"])

    assert [
        source in networks
        for source in ("10.9.9.9", "192.0.2.7", "192.0.2.8", "[fd00::1]", "2001:db8::1", "nonsense")
    ] == [True, True, False, True, False, False]
    networks.add("192.0.2.8")
    assert "192.0.2.8" in networks


def test_requests_are_counted_for_each_source():
    it = guard(rate=2.0)

    assert [it.permits("10.0.0.1", 0.0) for _ in range(5)] == [True, True, True, True, False]
    assert it.permits("10.0.0.2", 0.0)
    assert [it.permits("10.0.0.1", 1.0) for _ in range(3)] == [True, True, False]


def test_datagrams_have_a_limit_of_their_own():
    it = guard(rate=1.0)

    assert sum(it.admits("10.0.0.1", 0.0) for _ in range(200)) == 80
    assert sum(it.admits("10.0.0.1", 1.0) for _ in range(200)) == 40
    assert not it.admits("192.0.2.1", 0.0)


def test_a_source_that_offends_is_banned_for_a_while():
    it = guard()

    assert [it.offends("10.0.0.1", at) for at in (0.0, 1.0, 2.0)] == [False, False, True]
    assert [it.admits("10.0.0.1", at) for at in (3.0, 601.0, 603.0)] == [False, False, True]
    assert it.admits("10.0.0.2", 3.0)


def test_old_offences_are_forgotten():
    it = guard()

    assert not any(it.offends("10.0.0.1", at) for at in (0.0, 50.0, 61.0, 111.0))


def test_a_grave_offence_is_enough_and_the_trusted_are_never_banned():
    it = guard(trusted=("10.0.0.9",))

    assert it.offends("10.0.0.1", 0.0, gravely=True)
    assert not any(it.offends("10.0.0.9", 0.0, gravely=True) for _ in range(100))


def test_what_is_remembered_is_bounded():
    it = guard(allowed=("0.0.0.0/0",))

    for number in range(SOURCES + 100):
        it.admits(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", float(number))

    assert len(it._sources) == len(it.allowed._known) == SOURCES


def test_scanners_are_known_by_name():
    assert [is_scanner(each) for each in ("friendly-scanner", " SIPVicious/0.3", "Yealink T46", "")] == [
        True,
        True,
        False,
        False,
    ]


def test_one_line_a_minute():
    throttle = Throttle(60.0)

    assert [throttle.lets("a", at) for at in (0.0, 1.0, 2.0, 60.0, 61.0, 120.0)] == [
        0,
        None,
        None,
        2,
        None,
        1,
    ]
    assert throttle.lets("b", 1.0) == 0


def test_many_sources_do_not_flood_the_log():
    throttle = Throttle(60.0, most=3)

    assert sum(throttle.lets(str(source), 0.0) is not None for source in range(100)) == 3
    assert throttle.lets("99", 60.0) == 1


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("sip:8001@10.0.0.5", Target("8001", "10.0.0.5")),
        ("sip:8001@PBX.example:5080", Target("8001", "pbx.example", 5080)),
        ("sip:8001@pbx.example;user=phone", Target("8001", "pbx.example")),
        ("sip:8001;phone-context=x@pbx.example", Target("8001", "pbx.example")),
        ("sip:8001@pbx.example?Replaces=abc", Target("8001", "pbx.example")),
        ("sip:pbx.example", Target("", "pbx.example")),
        ("tel:+86-10-1234.5678", Target("+861012345678", "trunk.example")),
        ("sip:8001@10.0.0.5;maddr=192.0.2.1", None),
        ("sip:8001@good.example@evil.example", None),
        ("sip:8001%40good.example@evil.example", None),
        ("sip:8001@good.example:0", None),
        ("sip:8001@good.example:99999", None),
        ("sip:80 01@good.example", None),
        ("sip:8001@good.example\r\nX: y", None),
        ("sips:8001@good.example", None),
        ("http://good.example", None),
        ("tel:pizza", None),
        ("", None),
    ],
)
def test_whom_a_uri_names(text: str, target: Target | None):
    assert target_of(text, "trunk.example") == target


def test_a_target_is_written_as_it_was_checked():
    assert [target_of(each).uri for each in ("sip:8001@H.example:5080;x=y", "sip:h.example")] == [  # type: ignore[union-attr]
        "sip:8001@h.example:5080",
        "sip:h.example",
    ]
    assert target_of("tel:10086") is None


def test_only_listed_targets_are_called():
    rules = TargetRules(["8???@*", "+8610*@trunk.example"], 100)

    assert [
        rules.covers(Target(*each))
        for each in (
            ("8001", "any.example"),
            ("80011", "any.example"),
            ("+86101234", "trunk.example"),
            ("+86101234", "trunk.example.evil.example"),
            ("+85212345678", "trunk.example"),
            ("", "any.example"),
        )
    ] == [True, False, True, False, False, False]
    assert not TargetRules([], 100).covers(Target("8001", "any.example"))


def test_an_hour_has_so_many_calls():
    rules = TargetRules(["*@*"], 2)
    target = Target("8001", "h")

    assert [rules.allows(target, at) for at in (0.0, 10.0, 20.0, 3601.0, 3602.0)] == [
        "yes",
        "yes",
        "too many",
        "yes",
        "too many",
    ]
    assert TargetRules(["8*@h"], 2).allows(Target("9", "h"), 0.0) == "not allowed"
