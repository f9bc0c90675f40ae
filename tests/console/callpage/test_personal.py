from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from calls.records import Call, Evidence, Recording, Role, Transcript, Utterance
from calls.store import Store
from console.callpage.personal import PersonalData, PersonalMemory, Piece, Veil
from console.callpage.sound import Span
from tests.console.callpage_scene import NAME, NUMBER, SAID, SILENT, cite, utterances

pytestmark = pytest.mark.unit

HIDDEN_NAME, HIDDEN_NUMBER = "▇" * len(NAME), "▇" * len(NUMBER)


@pytest.fixture(scope="module")
def said() -> tuple[Utterance, ...]:
    return utterances()


@pytest.fixture(scope="module")
def data(said: tuple[Utterance, ...]) -> PersonalData:
    return PersonalData.of(said)


@pytest.fixture
def veil(data: PersonalData, said: tuple[Utterance, ...]) -> Veil:
    return Veil(data, said, hide=True)


def rounded(spans: tuple[Span, ...] | None) -> tuple[Span, ...]:
    assert spans is not None
    return tuple((round(start, 3), round(end, 3)) for start, end in spans)


def joined(pieces: list[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def test_name_and_number_are_found_with_the_time_in_which_they_are_said(data: PersonalData) -> None:
    text = SAID[1][2]
    name, number = text.index(NAME), text.index(NUMBER)

    assert data.within(1) == ((name, name + len(NAME)), (number, number + len(NUMBER)))
    assert data.within(3) == ()
    assert rounded(data.seconds()) == SILENT


def test_without_times_nobody_knows_what_to_silence() -> None:
    written = Utterance(number=0, role=Role.CALLER, start=0, end=0, text=SAID[1][2])

    assert PersonalData.of([written]).seconds() is None
    assert PersonalData.of([replace(written, text="我要投诉")]).seconds() == ()


def test_what_was_said_is_hidden_character_by_character(veil: Veil) -> None:
    assert veil.utterance(1, SAID[1][2]) == [
        Piece("我叫"),
        Piece(HIDDEN_NAME, True),
        Piece("我的手机号是"),
        Piece(HIDDEN_NUMBER, True),
    ]


def test_whoever_may_see_it_sees_it_marked(data: PersonalData, said: tuple[Utterance, ...]) -> None:
    seen = Veil(data, said, hide=False)

    assert seen.utterance(1, SAID[1][2])[1] == Piece(NAME, True)
    assert seen.plain(f"他叫{NAME}") == f"他叫{NAME}"


def test_evidence_that_cuts_a_number_hides_its_part_of_it(veil: Veil) -> None:
    assert joined(veil.evidence(cite(1, 8, 16))) == "机号是" + "▇" * 5


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"客户说“{NUMBER[:5]}”", f"客户说“{'▇' * 5}”"),
        (f"来电人{NAME}要求退款", f"来电人{HIDDEN_NAME}要求退款"),
        ("请回电13912345678", "请回电" + "▇" * 11),
        ("没有致歉", "没有致歉"),
        ("", ""),
    ],
)
def test_other_texts_about_the_call_give_nothing_away(veil: Veil, text: str, shown: str) -> None:
    assert veil.plain(text) == shown


def test_a_text_that_quotes_evidence_hides_what_the_evidence_hides(veil: Veil) -> None:
    short = cite(1, 11, 13)  # 幺三: too little to be known by itself

    assert joined(veil.text(f"客户说“{short.text}”", [short])) == "客户说“▇▇”"


def test_evidence_that_does_not_fit_the_transcript_is_looked_through_by_itself(veil: Veil) -> None:
    stray = Evidence(utterance=9, start=0, end=1, text=f"我叫{NAME}", span=(0, 5))

    assert joined(veil.evidence(stray)) == f"我叫{HIDDEN_NAME}"


def transcript(said: tuple[Utterance, ...], **changes: object) -> Transcript:
    made: dict[str, object] = {"id": "t", "call_id": "c", "recogniser": "r", "model": "m", "utterances": said}
    return Transcript(**{**made, **changes})  # type: ignore[arg-type]


def test_a_transcript_is_looked_through_once_and_again_when_it_changes(
    tmp_path: Path, said: tuple[Utterance, ...]
) -> None:
    with Store.open(tmp_path / "desk.db") as store:
        memory = PersonalMemory()
        first = transcript(said)

        assert memory.of_transcript(store, first) is memory.of_transcript(store, replace(first))
        changed = replace(first, utterances=said[3:])
        assert memory.of_transcript(store, changed).spans == ()


def test_a_recording_is_masked_by_its_latest_transcript(tmp_path: Path, said: tuple[Utterance, ...]) -> None:
    recording = Recording(id="r", call_id="c", uri="c.wav", channels=(Role.CALLER, Role.AGENT))
    with Store.open(tmp_path / "desk.db") as store:
        memory = PersonalMemory()
        store.add(Call(id="c", door="script"), recording)
        assert memory.of_recording(store, recording) is None

        store.add(transcript(said, id="t0", recording_id="another"))
        assert memory.of_recording(store, recording) is None
        store.add(transcript(said, id="t1", recording_id="r"))
        found = memory.of_recording(store, recording)
        assert found is not None
        assert rounded(found.seconds()) == SILENT
        assert memory.of_recording(store, recording) is found

        # transcribed again: the one of before is gone
        store.replace(Transcript, {"call_id": "c"}, transcript(said[3:], id="t2", recording_id="r"))
        store.add(transcript(said[3:], id="t3", recording_id="another"))
        again = memory.of_recording(store, recording)
        assert again is not None
        assert again.spans == ()
