"""The demo: every room of the house with real parts, on calls that we wrote ourselves."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from analytics.judge import Judge, Judgement
from analytics.sampling.drawing import Candidate, draw
from analytics.sampling.frame import words_of
from analytics.sampling.plan import SamplingPlan
from calls.errors import AudioError, HuawuError
from calls.recordings import RecordingFolder
from calls.records import Agent, Call, Recording, SampleDraw, SamplePlan, Transcript, utc_now
from calls.recovery import recover
from calls.store import Store
from huawu import places, report
from huawu.pipeline import judge_calls, transcribe_call
from huawu.rehearsal.rehearsal import Rehearsal
from huawu.scoring import DemoScore, score_call
from huawu.variation import varied
from ivr.call import PlayedCall, play_call
from ivr.flow import load_flow
from ivr.script import Scenario, load_scenarios
from speech.models import BUILTIN, ModelFolder, find_model
from speech.prompts import PromptLibrary
from speech.recogniser import VoskModel, load
from speech.resources import resource
from speech.voices import Speaker

#: Share of the calls that the demo's sample holds, and of that, the part drawn by risk.
SAMPLE_SHARE = 0.25
RISK_SHARE = 0.5
#: The calls arrive this far apart, the last one now.
CALL_INTERVAL = timedelta(minutes=7)

#: Scenarios that come over real telephone lines: speech and keys, an agent, keys ahead, gone in a prompt.
BY_TELEPHONE = frozenset({"01-bill-by-phone", "10-track-parcel", "24-type-ahead", "25-hangs-up-in-prompt"})

#: What a run leaves in its folder.
LEFT_BEHIND = ("sip.log", "huawu.db", "huawu.db-wal", "huawu.db-shm", "recordings", "report.html")


#: A scenario, what was truly said in its call, and the call's record.
Played = tuple[Scenario, PlayedCall, Call]


@dataclass(slots=True)
class DemoResult:
    """What the demo leaves behind, for the summary and the report."""

    out: Path
    model: ModelFolder
    #: Where the calls are stored, and how that is written down: a URL without its password.
    database: str = ""
    shown_database: str = ""
    played: list[Played] = field(default_factory=list)
    transcripts: dict[str, Transcript] = field(default_factory=dict)
    judgements: dict[str, Judgement] = field(default_factory=dict)
    failed: list[tuple[Scenario, HuawuError]] = field(default_factory=list)
    #: Why no call came over SIP, where some should have.
    no_telephone: str = ""
    score: DemoScore = field(default_factory=DemoScore)
    plan: SamplePlan | None = None
    draws: list[SampleDraw] = field(default_factory=list)
    risks: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    audio_seconds: float = 0.0

    @staticmethod
    def call_seconds(call: Call) -> float:
        """Length of a finished call in seconds."""
        return (call.ended_at - call.started_at).total_seconds() if call.ended_at else 0.0

    @property
    def report(self) -> Path:
        """The page that shows all of it."""
        return self.out / "report.html"

    @property
    def recordings(self) -> Path:
        """Where the sound of the calls lies."""
        return self.out / "recordings"


class Demo:
    """One run of the demo.

    Parameters
    ----------
    out : Path
        Folder for database, recordings and report. What an earlier run left there is moved aside.
    model : str or None
        As for ``find_model``; the built-in model by default, whatever else is installed.
    seed : int
        Fixes noise, variations and the sample.
    console : Console
        Shows progress.
    telephone : bool or None
        Whether the scenarios of :data:`BY_TELEPHONE` come over SIP and RTP on loopback, which takes their
        real time; by default they do where each scenario is played once.
    database : str, optional
        Where the calls are stored, a file or a URL; by default a file in ``out``. It holds no call yet.
    """

    def __init__(
        self,
        out: Path,
        *,
        model: str | None,
        seed: int,
        console: Console,
        telephone: bool | None = None,
        database: str = "",
    ) -> None:
        self._database = database or str(out / "huawu.db")
        self._telephone = telephone
        self._out = out
        self._model = model
        self._seed = seed
        self._console = console

    def run(self, count: int | None = None) -> DemoResult:
        """Play ``count`` calls (by default each scenario once) and return what came of them.

        Raises
        ------
        HuawuError
            The folder cannot be written, another demo is writing into it, or the database holds calls.
        """
        with _taken(self._out):
            return self._run(count)

    def _run(self, count: int | None) -> DemoResult:
        result = DemoResult(self._out, find_model(self._model or BUILTIN), self._database)
        scenarios = load_scenarios(resource("prompts", "scenarios"))
        chosen = list(self._choose(scenarios, count or len(scenarios)))
        if result.database != str(self._out / "huawu.db"):
            with Store.open(result.database) as store:
                if store.count(Call):
                    raise HuawuError(f"--db: {store.name} holds calls already", "name an empty database")
        set_aside(self._out)
        with timed(result, "load"):
            model = load(result.model)
            judge = Judge.load(places.cache("judges"))
        folder = RecordingFolder(result.recordings)
        with Store.open(result.database) as store:
            result.shown_database = store.name
            try:
                by_telephone = self._by_telephone(chosen, count)
                with Speaker() as speaker, ExitStack() as beside:
                    calls = None
                    if by_telephone:
                        rehearsal = Rehearsal(by_telephone, store, speaker, self._seed)
                        pool = beside.enter_context(ThreadPoolExecutor(1))
                        beside.callback(rehearsal.stop)
                        calls = pool.submit(rehearsal.run, *self._places(result))
                    with timed(result, "calls"):
                        scripted = [each for each in chosen if each not in by_telephone]
                        self._play(result, scripted, store, folder, model, speaker)
                    with timed(result, "transcribe"):
                        self._process(result, result.played, store, folder, model, judge)
                    if calls is not None:
                        with timed(result, "telephone"):
                            late = self._await(result, calls, by_telephone, store, folder, model, speaker)
                            self._process(result, late, store, folder, model, judge)
                order = {each.id: place for place, each in enumerate(chosen)}
                result.played.sort(key=lambda each: order[each[0].id])
            except KeyboardInterrupt:
                recover(store, folder)
                raise
            if not result.played:
                raise result.failed[0][1]
            with timed(result, "sample"):
                self._sample(result, store)
            for scenario, played, call in result.played:
                findings = result.judgements[call.id].findings
                result.score.calls.append(score_call(scenario, played, result.transcripts[call.id], findings))
        with timed(result, "report"):
            report.write(result)
        return result

    def _by_telephone(self, chosen: list[Scenario], count: int | None) -> list[Scenario]:
        """Return the scenarios that come over SIP."""
        wanted = self._telephone if self._telephone is not None else count is None
        return [each for each in chosen if each.id in BY_TELEPHONE] if wanted else []

    def _places(self, result: DemoResult) -> tuple[str, Path, Path, Path]:
        return (
            result.database,
            result.recordings,
            resource("prompts", "flows", "main.yaml"),
            self._out / "sip.log",
        )

    def _await(
        self,
        result: DemoResult,
        calls: Future[list[tuple[Scenario, PlayedCall]]],
        by_telephone: list[Scenario],
        store: Store,
        folder: RecordingFolder,
        model: VoskModel,
        speaker: Speaker,
    ) -> list[Played]:
        """Return the calls that came over SIP; where there is no line they are played without one."""
        before = len(result.played)
        with self._console.status("calls over SIP are being made, in their real time"):
            try:
                made = calls.result()
            except (HuawuError, ImportError) as error:
                result.no_telephone = str(error)
                self._play(result, by_telephone, store, folder, model, speaker)
            else:
                result.played += [(each, done, store.get(Call, done.call_id)) for each, done in made]
        return result.played[before:]

    def _choose(self, scenarios: list[Scenario], count: int) -> Iterator[Scenario]:
        """Each scenario as written first; after that with other voices, numbers and noise."""
        chance = np.random.default_rng([self._seed, 1])
        for number in range(count):
            scenario = scenarios[number % len(scenarios)]
            yield scenario if number < len(scenarios) else varied(scenario, number, chance)

    def _play(
        self,
        result: DemoResult,
        scenarios: list[Scenario],
        store: Store,
        folder: RecordingFolder,
        model: VoskModel,
        speaker: Speaker,
    ) -> None:
        flow = load_flow(resource("prompts", "flows", "main.yaml"))
        with self._progress("playing calls", len(scenarios)) as step:
            prompts = PromptLibrary([resource("prompts")], places.cache("prompts"), speaker)
            agents = {each.agent.id: each.agent for each in scenarios if each.agent}
            store.ensure(*(Agent(id=key, name=each.name, team=each.team) for key, each in agents.items()))
            for number, scenario in enumerate(scenarios):
                played = play_call(
                    scenario,
                    flow,
                    store=store,
                    folder=folder,
                    model=model,
                    prompts=prompts,
                    speaker=speaker,
                    rng=np.random.default_rng([self._seed, 2, number]),
                    started=utc_now() - (len(scenarios) - number) * CALL_INTERVAL,
                )
                call = store.get(Call, played.call_id)
                result.played.append((scenario, played, call))
                step()

    def _process(
        self,
        result: DemoResult,
        calls: list[Played],
        store: Store,
        folder: RecordingFolder,
        model: VoskModel,
        judge: Judge,
    ) -> None:
        heard = [each for each in result.played if each not in calls]
        ids = []
        with self._progress("transcribing and judging", len(calls)) as step:
            for scenario, played, call in calls:
                try:
                    result.transcripts[call.id] = transcribe_call(store, folder, model, call.id)
                except AudioError as error:
                    result.failed.append((scenario, error))
                else:
                    heard.append((scenario, played, call))
                    ids.append(call.id)
                step()
            judged = judge_calls(store, judge, [result.transcripts[each] for each in ids])
            result.judgements.update(zip(ids, judged, strict=True))
        result.played = heard
        recordings = store.find(Recording, call_id=[call.id for _, _, call in result.played])
        result.audio_seconds = sum(each.seconds for each in recordings)

    def _sample(self, result: DemoResult, store: Store) -> None:
        frame = []
        for call_id, judgement in result.judgements.items():
            risk = judgement.risk
            result.risks[call_id] = risk.probability
            frame.append(Candidate(call_id, risk.probability, words_of(risk)))
        budget = max(1, round(len(frame) * SAMPLE_SHARE))
        plan = SamplingPlan(name="demo", budget=budget, risk_share=RISK_SHARE, seed=self._seed)
        result.plan, result.draws = draw(frame, plan)
        store.add(result.plan, *result.draws)

    @contextmanager
    def _progress(self, title: str, total: int) -> Iterator[Callable[[], None]]:
        columns = (
            TextColumn("{task.description:<26}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self._console) as progress:
            task = progress.add_task(title, total=total)
            yield lambda: progress.advance(task)


@contextmanager
def _taken(out: Path) -> Iterator[None]:
    """Make the folder and hold it: a second demo would move the database away from under the first."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        folder = os.open(out, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise HuawuError(f"--out {out}: {error.strerror}", "name another folder") from None
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HuawuError(
                f"--out {out}: another demo is writing into it", "wait for it to end, or name another folder"
            ) from None
        yield
    finally:
        os.close(folder)


@contextmanager
def timed(result: DemoResult, stage: str) -> Iterator[None]:
    """Note how many seconds a stage took."""
    begun = time.perf_counter()
    yield
    result.seconds[stage] = time.perf_counter() - begun


def set_aside(out: Path) -> None:
    """Move what an earlier demo left in ``out`` into ``out/earlier-…``: nothing is overwritten."""
    left = [each for each in LEFT_BEHIND if (out / each).exists()]
    if left:
        earlier = out / f"earlier-{utc_now():%Y%m%d-%H%M%S}"
        earlier.mkdir()
        for each in left:
            (out / each).rename(earlier / each)
