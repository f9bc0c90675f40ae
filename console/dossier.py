"""Everything the desk knows of one call, gathered for its page."""

from __future__ import annotations

from dataclasses import dataclass

from calls.records import (
    Call,
    CallEvent,
    Finding,
    Recording,
    Review,
    SampleDraw,
    Transcript,
    Utterance,
)
from calls.store import Store
from console.listing import agent_names
from console.passages import Passage, passages
from console.worklist import Worklist
from speech.models import BUILTIN_NAME

_KINDS = ("complaint", "abuse", "sentiment", "topic")


@dataclass(frozen=True, slots=True)
class Line:
    """An utterance and its passages."""

    utterance: Utterance
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """One call with its recording, words, judgements, path and place in the sample."""

    call: Call
    agent: str
    recording: Recording | None
    transcript: Transcript | None
    lines: tuple[Line, ...]
    findings: tuple[Finding, ...]
    events: tuple[CallEvent, ...]
    reviews: tuple[Review, ...]
    worklist: Worklist | None
    draw: SampleDraw | None

    @property
    def by_demo_model(self) -> bool:
        """Whether the words come from the model that only understands synthetic speech."""
        return self.transcript is not None and self.transcript.model == BUILTIN_NAME


def gather(store: Store, call_id: str, worklist: Worklist | None) -> Dossier:
    """Collect what is known of a call.

    Parameters
    ----------
    store : Store
        Where to look.
    call_id : str
        The call.
    worklist : Worklist or None
        The sample that the reviewer works on.

    Raises
    ------
    calls.errors.NotFound
        There is no such call.
    """
    call = store.get(Call, call_id)
    recordings = store.find(Recording, call_id=call_id, order_by="-id", limit=1)
    transcripts = store.find(Transcript, call_id=call_id, order_by=("-created_at", "-id"), limit=1)
    findings = sorted(store.find(Finding, call_id=call_id), key=_rank)
    transcript = transcripts[0] if transcripts else None
    place = worklist.position(call_id) if worklist else None
    return Dossier(
        call=call,
        agent=agent_names(store, [call]).get(call.agent_id or "", ""),
        recording=recordings[0] if recordings else None,
        transcript=transcript,
        lines=tuple(
            Line(each, passages(each, findings)) for each in (transcript.utterances if transcript else ())
        ),
        findings=tuple(findings),
        events=tuple(store.find(CallEvent, call_id=call_id, order_by=("at", "id"))),
        reviews=tuple(store.find(Review, call_id=call_id, order_by=("-created_at", "-id"))),
        worklist=worklist,
        draw=worklist.draws[place] if worklist and place is not None else None,
    )


def _rank(finding: Finding) -> tuple[int, float, str]:
    kind = _KINDS.index(finding.kind) if finding.kind in _KINDS else len(_KINDS)
    return kind, -finding.probability, finding.id
