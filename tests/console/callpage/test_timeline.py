from __future__ import annotations

import pytest

from calls.records import CallEvent, EventKind, Evidence, Finding, Recording, Role, Transcript, Utterance
from console.callpage.timeline import Layer, layers

pytestmark = pytest.mark.unit


def transcript(*said: tuple[Role, float, float], **changes: object) -> Transcript:
    utterances = tuple(
        Utterance(number=number, role=role, start=start, end=end, text="好的")
        for number, (role, start, end) in enumerate(said)
    )
    return Transcript(call_id="c", recogniser="r", model="m", utterances=utterances, **changes)  # type: ignore[arg-type]


def finding(kind: str, label: str, *spans: tuple[float, float]) -> Finding:
    evidence = tuple(Evidence(utterance=0, start=start, end=end, text="好") for start, end in spans)
    return Finding(
        id=f"{kind}-{label}", call_id="c", kind=kind, label=label, probability=0.9, evidence=evidence
    )


def test_a_call_of_which_nothing_is_known_has_no_layers() -> None:
    assert layers(None) == ()


def test_evidence_lies_on_the_layer_of_its_tint_each_time_once() -> None:
    found = [
        finding("complaint", "重大", (9.0, 10.0), (3.0, 4.0)),
        finding("cause", "delay", (3.0, 4.0)),
        finding("sentiment", "negative", (9.0, 12.0)),
        finding("rule", "closing", (15.0, 16.0)),
        finding("topic", "refund", (5.0, 5.0)),  # written words have no time
        finding("complaint", "none", (1.0, 2.0)),
    ]

    assert layers(None, found) == (
        Layer("trouble", ((3.0, 4.0), (9.0, 10.0))),
        Layer("mood", ((9.0, 12.0),)),
        Layer("rule", ((15.0, 16.0),)),
        Layer("calm", ((1.0, 2.0),)),
    )


def test_silences_and_overlaps_of_the_parties_are_seen_not_those_of_the_menu() -> None:
    said = transcript(
        (Role.SYSTEM, 0.0, 2.0),
        (Role.CALLER, 8.0, 9.0),
        (Role.AGENT, 12.0, 14.0),
        (Role.CALLER, 13.5, 15.0),
        (Role.AGENT, 17.0, 18.0),
        (Role.CALLER, 20.5, 21.0),
        (Role.AGENT, 27.0, 28.0),
    )
    connected = CallEvent(call_id="c", at=11.0, kind=EventKind.CONNECT)

    assert layers(said, events=[connected]) == (
        Layer("silence", ((18.0, 20.5),)),
        Layer("long-silence", ((21.0, 27.0),)),
        Layer("overlap", ((13.5, 14.0),)),
    )


def test_hold_is_no_silence() -> None:
    said = transcript((Role.AGENT, 0.0, 1.0), (Role.CALLER, 11.0, 12.0))
    hold = [
        CallEvent(call_id="c", at=at, kind=EventKind.HOLD, data={"by": "agent", "on": on})
        for at, on in ((1.5, True), (10.5, False))
    ]

    assert layers(said, events=hold) == ()
    assert layers(said)[0].key == "long-silence"


def test_where_roles_are_unknown_there_are_silences_but_no_overlaps() -> None:
    said = transcript(
        (Role.UNKNOWN, 0.0, 3.0), (Role.UNKNOWN, 2.0, 4.0), (Role.UNKNOWN, 7.0, 8.0), roles_known=False
    )

    assert layers(said) == (Layer("silence", ((4.0, 7.0),)),)


def test_what_is_masked_and_what_is_personal_are_layers_of_their_own() -> None:
    recording = Recording(call_id="c", uri="u", channels=(Role.CALLER,), masked=((0.0, 6.0),))

    assert layers(None, personal=[(8.0, 9.5)], recording=recording) == (
        Layer("personal", ((8.0, 9.5),)),
        Layer("masked", ((0.0, 6.0),)),
    )


def test_spans_are_written_for_the_script() -> None:
    assert Layer("mood", ((1.0, 2.345), (10.0, 11.5))).written == "1.00,2.35 10.00,11.50"
