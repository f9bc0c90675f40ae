"""Everything the desk knows of one call, gathered for its page, as the present user may see it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from analytics.rules.ruleset import RuleSet
from calls.records import (
    Agent,
    Calibration,
    Call,
    CallEvent,
    CallMetrics,
    CallRisk,
    Case,
    Finding,
    Queue,
    Recording,
    Review,
    SampleDraw,
    Survey,
    Transcript,
    Utterance,
)
from calls.store import Store
from console.access import may, the_user, visible
from console.callpage.history import History, history
from console.callpage.journey import Step, steps
from console.callpage.judgement import Judged, judged
from console.callpage.measures import FeelingLine, Measures, feelings, measures
from console.callpage.passages import Passage, passages, word_times
from console.callpage.personal import MEMORY, PersonalData, Piece, Veil
from console.callpage.risk import RiskBars, reason_words, risk_bars
from console.callpage.timeline import Layer, layers
from console.names import user_names
from console.rights import Right
from console.work.calibrations import open_for, verdicts_among
from console.work.scorecards import Facts
from console.work.worklist import Worklist
from speech.hotwords import HotWords
from speech.models import BUILTIN_NAME
from speech.readable import readable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Line:
    """An utterance, its passages, and when its words begin (:func:`console.callpage.passages.word_times`)."""

    utterance: Utterance
    passages: tuple[Passage, ...]
    times: str


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A review with its reviewer's name, and its comment as it may be shown."""

    review: Review
    by: str
    comment: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """One call with its recording, words, judgements, path, people and place in the sample.

    ``agent`` and ``queue`` are names, ``team`` that of the agent. Of the ``findings``, gravest kinds first,
    ``judged`` shows all but the rules that the call breaks, and ``broken`` those. ``heard`` says whether the
    user may hear the recording: without the right to personal data, only what can be masked, so not before
    there is a transcript. ``veil`` shows texts about the call as the user may see them.

    ``case`` is that of the complaint. While the user has yet to rate the call blind, for the calibration
    ``to_rate``, there are neither it nor ``reviews``. ``made``, all reviews, and ``facts`` are for the form
    and not for showing.
    """

    call: Call
    agent: str
    team: str
    queue: str
    recording: Recording | None
    heard: bool
    transcript: Transcript | None
    lines: tuple[Line, ...]
    veil: Veil
    layers: tuple[Layer, ...]
    findings: tuple[Finding, ...]
    judged: tuple[Judged, ...]
    broken: tuple[Judged, ...]
    risk: RiskBars | None
    measures: Measures | None
    feelings: tuple[FeelingLine, ...]
    steps: tuple[Step, ...]
    survey: Survey | None
    history: History
    reviews: tuple[Reviewed, ...]
    case: Case | None
    to_rate: Calibration | None
    made: tuple[Review, ...]
    facts: Facts
    worklist: Worklist | None
    draw: SampleDraw | None
    reasons: tuple[tuple[Piece, ...], ...]

    @property
    def by_demo_model(self) -> bool:
        """Whether the words come from the model that only understands synthetic speech."""
        return self.transcript is not None and self.transcript.model == BUILTIN_NAME

    @property
    def personal(self) -> bool:
        """Whether personal data were found in what was said."""
        return bool(self.veil.data.spans)

    @property
    def edited(self) -> bool:
        """Whether the transcript is not shown just as it was recognised."""
        return any(part.said is not None for line in self.lines for part in line.passages)

    @property
    def summary(self) -> tuple[Judged, ...]:
        """The likeliest finding of each kind."""
        kinds: dict[str, Judged] = {}
        for each in self.judged:
            kinds.setdefault(each.finding.kind, each)
        return tuple(kinds.values())


def gather(
    store: Store,
    call: Call,
    worklist: Worklist | None,
    rules: RuleSet | None = None,
    hot_words: HotWords | None = None,
) -> Dossier:
    """Collect what is known of a call that the present user may see.

    Parameters
    ----------
    store : Store
        Where to look.
    call : Call
        The call.
    worklist : Worklist or None
        The sample that the reviewer works on.
    rules : RuleSet, optional
        The quality rules in use, for their names.
    hot_words : HotWords, optional
        What the transcript is corrected by where it is shown.
    """
    recording = _latest(store.find(Recording, call_id=call.id, order_by="-id", limit=1))
    newest = ("-created_at", "-id")
    transcript = _latest(store.find(Transcript, call_id=call.id, order_by=newest, limit=1))
    said = transcript.utterances if transcript else ()
    personal = MEMORY.of_transcript(store, transcript) if transcript else PersonalData()
    veil = Veil(personal, said, hide=not may(Right.PERSONAL))
    silent = personal.seconds()
    events = store.find(CallEvent, call_id=call.id, order_by=("at", "id"))
    found = store.find(Finding, call_id=call.id)
    shown, broken = judged(found, veil, rules)
    findings = tuple(each.finding for each in (*shown, *broken))
    metrics = _latest(store.find(CallMetrics, call_id=call.id, order_by=newest, limit=1))
    risk = draw = None
    made: list[Review] = []
    to_rate = open_for(store, call.id, the_user().id)
    if may(Right.VERDICTS):
        risk = _latest(store.find(CallRisk, call_id=call.id, order_by=newest, limit=1))
        made = store.find(Review, call_id=call.id, order_by=newest)
        place = worklist.position(call.id) if worklist else None
        draw = worklist.draws[place] if worklist and place is not None else None
    reviews = [] if to_rate else verdicts_among(made)
    names = user_names(store, [each.reviewer for each in reviews])
    agent = _latest(store.find(Agent, id=call.agent_id)) if call.agent_id else None
    queue = _latest(store.find(Queue, id=call.queue_id)) if call.queue_id else None
    return Dossier(
        call=call,
        agent=(agent.name if agent else "") or call.agent_id or "",
        team=agent.team if agent else "",
        queue=(queue.name if queue else "") or call.queue_id or "",
        recording=recording,
        heard=may(Right.HEAR) and (not veil.hide or (transcript is not None and silent is not None)),
        transcript=transcript,
        lines=_lines(said, findings, veil, hot_words),
        veil=veil,
        layers=layers(transcript, findings, events, silent or (), recording),
        findings=findings,
        judged=shown,
        broken=broken,
        risk=risk_bars(risk, veil, reason_words) if risk else None,
        measures=measures(metrics) if metrics else None,
        feelings=feelings(metrics),
        steps=steps(events),
        survey=_latest(store.find(Survey, call_id=call.id, order_by="-id", limit=1)),
        history=history(store, call, visible(store)),
        reviews=tuple(
            Reviewed(each, names[each.reviewer], tuple(veil.text(each.comment))) for each in reviews
        ),
        case=_latest(store.find(Case, call_id=call.id)) if may(Right.CASES) and not to_rate else None,
        to_rate=to_rate,
        made=tuple(made),
        facts=Facts(events, found, agent.team if agent else ""),
        worklist=worklist if may(Right.VERDICTS) else None,
        draw=draw,
        reasons=_reasons(draw, risk, veil),
    )


def _latest(found: list[T]) -> T | None:
    return found[0] if found else None


def _lines(
    said: Sequence[Utterance], findings: Sequence[Finding], veil: Veil, hot_words: HotWords | None
) -> tuple[Line, ...]:
    """Return each utterance as it is read, cut by the findings that cite it."""
    citing: defaultdict[int, list[Finding]] = defaultdict(list)
    for finding in findings:
        for number in {each.utterance for each in finding.evidence}:
            citing[number].append(finding)
    return tuple(
        Line(
            each,
            passages(
                each,
                citing[each.number],
                veil.utterance(each.number, each.text),
                readable(each, hot_words),
            ),
            word_times(each),
        )
        for each in said
    )


def _reasons(draw: SampleDraw | None, risk: CallRisk | None, veil: Veil) -> tuple[tuple[Piece, ...], ...]:
    """Return why a call was drawn; the evidence of the risk tells what the reasons quote."""
    if draw is None:
        return ()
    quoted = {each.words: each.evidence for each in (risk.reasons if risk else ())}
    return tuple(tuple(veil.text(reason_words(words), quoted.get(words, ()))) for words in draw.reasons)
