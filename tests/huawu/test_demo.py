from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from sqlalchemy.engine import make_url

from analytics.judge import Judge
from calls.errors import HuawuError
from calls.recordings import RecordingFolder
from calls.records import (
    Call,
    CallEvent,
    CallMetrics,
    CallRisk,
    Finding,
    Outcome,
    Recording,
    Review,
    SampleDraw,
    SamplePlan,
    Transcript,
)
from calls.store import Store
from huawu import places
from huawu.demo import Demo, DemoResult
from huawu.pipeline import judge_calls, transcribe_call
from huawu.scoring import best
from huawu.summary import print_summary
from speech.models import find_model
from speech.recogniser import load

pytestmark = pytest.mark.integration

KINDS = ("topic", "complaint", "sentiment")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoResult:
    """Eight calls through the whole house."""
    out = tmp_path_factory.mktemp("demo")
    return Demo(out, model=None, seed=5, console=Console(quiet=True)).run(8)


@pytest.fixture
def demo_store(demo: DemoResult) -> Iterator[Store]:
    with Store.open(demo.database) as opened:
        yield opened


def test_every_call_went_the_whole_way(demo: DemoResult, demo_store: Store) -> None:
    calls = demo_store.find(Call)

    assert len(calls) == len(demo.played) == 8
    for call in calls:
        assert call.ended_at is not None
        assert call.outcome not in (None, Outcome.INTERRUPTED)
        (recording,) = demo_store.find(Recording, call_id=call.id)
        assert recording.sha256 and not recording.flags
        assert len(demo_store.find(Transcript, call_id=call.id)) == 1
        assert {each.kind for each in demo_store.find(Finding, call_id=call.id)} >= {"complaint", "sentiment"}


def test_the_sample_is_stored_with_its_probabilities(demo: DemoResult, demo_store: Store) -> None:
    (plan,) = demo_store.find(SamplePlan)
    draws = demo_store.find(SampleDraw, plan_id=plan.id, order_by="position")

    assert (plan.frame_size, plan.budget, plan.seed) == (8, 2, 5)
    assert [each.part for each in draws] == ["risk", "random"]
    assert [each.inclusion_probability for each in draws] == [1.0, pytest.approx(1 / 7)]


def findings_of(store: Store, call_id: str) -> list[tuple[str, str]]:
    found = store.find(Finding, call_id=call_id)
    return [(kind, each.label) for kind in KINDS if (each := best(found, kind)) is not None]


def test_findings_follow_the_sound_and_not_the_script(demo: DemoResult, demo_store: Store) -> None:
    levels = {call.id: dict(findings_of(demo_store, call.id))["complaint"] for _, _, call in demo.played}
    angry = next(call_id for call_id, level in levels.items() if level != "none")
    calm = next(call_id for call_id, level in levels.items() if level == "none")
    before = {each: findings_of(demo_store, each) for each in (angry, calm)}
    (first,), (second,) = (demo_store.find(Recording, call_id=each) for each in (angry, calm))
    folder, model = RecordingFolder(demo.recordings), load(find_model())
    judge = Judge.load(places.cache("judges"))

    demo_store.add(replace(first, uri=second.uri), replace(second, uri=first.uri))
    for call_id in (angry, calm):
        judge_calls(demo_store, judge, [transcribe_call(demo_store, folder, model, call_id)])
    after = {each: findings_of(demo_store, each) for each in (angry, calm)}
    demo_store.add(first, second)
    for call_id in (angry, calm):
        judge_calls(demo_store, judge, [transcribe_call(demo_store, folder, model, call_id)])

    assert after[angry] == before[calm]
    assert after[calm] == before[angry]
    assert {each: findings_of(demo_store, each) for each in (angry, calm)} == before


def test_processing_again_leaves_one_set_of_results(demo: DemoResult, demo_store: Store) -> None:
    call_id = demo.played[0][2].id
    before = findings_of(demo_store, call_id)
    demo_store.add(Review(call_id=call_id, reviewer="陈", complaint=False))

    transcript = transcribe_call(demo_store, RecordingFolder(demo.recordings), load(find_model()), call_id)
    judge_calls(demo_store, Judge.load(places.cache("judges")), [transcript])

    assert len(demo_store.find(Transcript, call_id=call_id)) == 1
    assert findings_of(demo_store, call_id) == before
    assert demo_store.count(Review, call_id=call_id) == 1


class Outside(HTMLParser):
    """Collects what a page would load from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [f"{tag} {name}={value}" for name, value in attrs if name in ("src", "href", "srcset")]


def test_the_report_needs_nothing_else(demo: DemoResult) -> None:
    page = demo.report.read_text(encoding="utf-8")
    outside = Outside()
    outside.feed(page)

    assert outside.loads == []
    assert "<script" not in page
    assert page.count("<svg") == 6
    assert all(scenario.title in page for scenario, _, _ in demo.played)
    assert "所有声音都是合成的" in page


def test_the_summary_says_that_the_voices_are_synthetic(demo: DemoResult) -> None:
    shown = StringIO()
    print_summary(demo, Console(file=shown, width=140))

    assert "All voices here are synthetic" in shown.getvalue()
    assert "QA sample: 2 of 8 calls" in shown.getvalue()
    assert str(demo.report) in shown.getvalue()


def test_the_same_seed_gives_the_same_calls(demo: DemoResult, tmp_path: Path) -> None:
    again = Demo(tmp_path / "again", model=None, seed=5, console=Console(quiet=True)).run(3)

    def heard(result: DemoResult, number: int) -> list[str]:
        call = result.played[number][2]
        return [each.text for each in result.transcripts[call.id].utterances]

    assert [heard(again, number) for number in range(3)] == [heard(demo, number) for number in range(3)]


def test_an_earlier_run_is_moved_aside(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("earlier")
    (tmp_path / "notes.txt").write_text("mine")

    Demo(tmp_path, model=None, seed=1, console=Console(quiet=True)).run(1)

    (earlier,) = tmp_path.glob("earlier-*/report.html")
    assert earlier.read_text() == "earlier"
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert "huawu" in (tmp_path / "report.html").read_text(encoding="utf-8")


LOSES_A_RECORDING = """
import sys
import huawu.demo
play, played = huawu.demo.play_call, []
def losing(*args, folder, **kwargs):
    done = play(*args, folder=folder, **kwargs)
    played.append(done)
    if len(played) == 2:
        (file,) = folder.root.rglob(f"{done.call_id}.wav")
        file.write_bytes(b"")
    return done
huawu.demo.play_call = losing
from huawu.cli import main
sys.argv = ["huawu", "demo", "--calls", "3", "--quiet", "--out", sys.argv[1]]
main()
"""


def test_a_recording_that_cannot_be_read_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOSES_A_RECORDING, str(tmp_path)], capture_output=True, text=True, timeout=120
    )

    assert done.returncode == 1, done.stderr
    assert done.stdout.count("failed ") == 1 and ".wav is empty" in done.stdout
    assert (tmp_path / "report.html").is_file()
    with Store.open(tmp_path / "huawu.db") as store:
        assert (store.count(Call), store.count(Transcript)) == (3, 2)


INTERRUPTED_AT_THE_THIRD_CALL = """
import os, signal, sys
import huawu.demo
play, played = huawu.demo.play_call, []
def interrupt(*args, **kwargs):
    played.append(1)
    if len(played) == 3:
        os.kill(os.getpid(), signal.SIGINT)
    return play(*args, **kwargs)
huawu.demo.play_call = interrupt
from huawu.cli import main
sys.argv = ["huawu", "demo", "--out", sys.argv[1]]
main()
"""


def test_interrupting_keeps_the_calls_that_were_made(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_AT_THE_THIRD_CALL, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode == 130, done.stderr
    assert "interrupted: what was finished is kept" in done.stderr
    assert "Traceback" not in done.stderr
    with Store.open(tmp_path / "huawu.db") as store:
        finished = [each for each in store.find(Call) if each.outcome is not Outcome.INTERRUPTED]
        assert len(finished) == 2
        assert store.count(Call, ended_at=None) == 0
        assert all(each.sha256 for each in store.find(Recording))


def test_more_calls_than_scenarios_vary_voices_and_noise() -> None:
    demo = Demo(Path("unused"), model=None, seed=3, console=Console(quiet=True))
    from ivr.script import load_scenarios
    from speech.resources import resource

    scenarios = load_scenarios(resource("prompts", "scenarios"))
    chosen = list(demo._choose(scenarios, 2 * len(scenarios)))
    first, again = chosen[: len(scenarios)], chosen[len(scenarios) :]

    assert first == scenarios
    assert [each.id for each in again] != [each.id for each in first]
    assert len({each.id for each in chosen}) == len(chosen)
    assert [each.truth for each in again] == [each.truth for each in first]
    assert any(a.caller.snr_db != b.caller.snr_db for a, b in zip(first, again, strict=True))
    assert np.all([10 <= each.caller.snr_db <= 30 for each in again if each.caller.snr_db is not None])


def test_the_findings_of_a_call_say_where(demo: DemoResult, demo_store: Store) -> None:
    for _, _, call in demo.played:
        said = demo.transcripts[call.id].utterances
        for finding in demo_store.find(Finding, call_id=call.id):
            for each in finding.evidence:
                if finding.kind == "rule" and each.span is None:
                    continue  # a silence, or an utterance without words
                assert each.span is not None
                start, end = each.span
                assert each.text and said[each.utterance].text[start:end] == each.text


def stored(store: Store, call_id: str) -> dict[str, object]:
    """What a database holds of a call, ids and clocks left out."""
    (recording,) = store.find(Recording, call_id=call_id)
    (transcript,) = store.find(Transcript, call_id=call_id)
    (metrics,) = store.find(CallMetrics, call_id=call_id)
    (risk,) = store.find(CallRisk, call_id=call_id)
    return {
        "sound": (recording.seconds, recording.sha256, recording.masked),
        "said": transcript.utterances,
        "found": sorted(
            (each.kind, each.label, round(each.probability, 9), each.evidence, each.model)
            for each in store.find(Finding, call_id=call_id)
        ),
        "measured": metrics.values,
        # how many calls are judged together decides about the last digits
        "risk": (
            *(round(value, 9) for value in (risk.probability, risk.base)),
            [(each.words, round(each.share, 9), each.evidence) for each in risk.reasons],
        ),
        "events": [
            (each.at, each.kind, each.node, each.data)
            for each in store.find(CallEvent, call_id=call_id, order_by=("at", "id"))
        ],
    }


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_on_postgresql_it_plays_hears_and_finds_the_same(
    demo: DemoResult, demo_store: Store, database: str, tmp_path: Path
) -> None:
    console = Console(quiet=True)
    other = Demo(tmp_path / "out", model=None, seed=5, console=console, database=database).run(4)

    assert other.score.calls == demo.score.calls[:4]
    with Store.open(database) as there:
        for (_, _, one), (_, _, two) in zip(demo.played[:4], other.played, strict=True):
            assert stored(there, two.id) == stored(demo_store, one.id)
        assert there.find(SampleDraw) == other.draws != []
    assert sorted(each.name for each in (tmp_path / "out").iterdir()) == ["recordings", "report.html"]
    password = make_url(database).password
    assert password and password not in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    with pytest.raises(HuawuError, match="holds calls already → name an empty database"):
        Demo(tmp_path / "out", model=None, seed=5, console=console, database=database).run(1)
    assert (tmp_path / "out" / "report.html").is_file()
