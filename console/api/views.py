"""What the API answers. All of it goes through the same rights, scopes and masks as the desk's pages."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Response, current_app, jsonify, request

from calls.masking import masked_number
from calls.records import (
    Call,
    CallMetrics,
    CallRisk,
    Case,
    Finding,
    Outcome,
    Recording,
    Review,
    Role,
    SampleDraw,
    SamplePlan,
    Transcript,
    new_id,
)
from calls.store import Span
from console.access import entry, may, note, the_user, visible
from console.api import intake
from console.api.endpoint import Endpoint, Refused, read
from console.api.models import (
    CallFacts,
    CallOut,
    CallPage,
    CallsQuery,
    CallSummary,
    CaseList,
    CaseOut,
    CasesQuery,
    Drawn,
    DrawnList,
    FindingOut,
    ReasonOut,
    ReviewIn,
    ReviewOut,
    RiskOut,
    SampleList,
    SampleOut,
    TranscriptOut,
    Uploaded,
    UtteranceOut,
)
from console.callpage.personal import Veil, joined
from console.callpage.recordings import audio
from console.clock import the_time
from console.desk import the_desk
from console.rights import Right
from console.work.calibrations import open_for
from console.work.reviews import give, veil_of
from console.work.scorecards import the_scorecards
from console.work.verdict import Verdict, VerdictError

_SAMPLES = 50


def openapi() -> Response:
    """Return the document that describes the API."""
    return jsonify(current_app.extensions["openapi"])


def list_calls(query: CallsQuery) -> CallPage:
    """Return the calls that match, in descending order of their ids: these sort by creation, unless given."""
    store = the_desk().store
    where: dict[str, Any] = dict(visible(store))
    if query.agent is not None:
        where["agent_id"] = query.agent if query.agent in where.get("agent_id", [query.agent]) else []
    if query.queue is not None:
        where["queue_id"] = query.queue
    if query.outcome is not None:
        where["outcome"] = query.outcome
    where["started_at"] = Span(query.first, query.end)
    if query.after is not None:
        where["id"] = Span(None, query.after)
    calls = store.find(Call, order_by="-id", limit=query.limit + 1, **where)
    page = calls[: query.limit]
    return CallPage(
        calls=[CallSummary(**_summary(each)) for each in page],
        next=page[-1].id if len(calls) > query.limit else None,
    )


def show_call(call_id: str) -> CallOut:
    """Return a call with what is known of it."""
    store, call = the_desk().store, _known(call_id)
    note("call.view", call_id=call.id, via="api")
    veil = veil_of(store, call)
    risks = store.find(CallRisk, call_id=call.id, order_by="-created_at", limit=1)
    metrics = store.find(CallMetrics, call_id=call.id, order_by="-created_at", limit=1)
    reviews: list[Review] = []
    # whoever is to rate the call for a calibration does that blind
    if may(Right.VERDICTS) and open_for(store, call.id, the_user().id) is None:
        reviews = store.find(Review, call_id=call.id, order_by=("created_at", "id"))
    return CallOut(
        **_summary(call),
        recordings=[each.id for each in store.find(Recording, call_id=call.id)],
        transcribed=store.count(Transcript, call_id=call.id) > 0,
        findings=[_finding(each, veil) for each in store.find(Finding, call_id=call.id)],
        risk=_risk(risks, veil),
        metrics=metrics[0].values if metrics else {},
        reviews=[_review(each, veil) for each in reviews],
    )


def show_transcript(call_id: str) -> TranscriptOut:
    """Return the words of a call."""
    store, call = the_desk().store, _known(call_id)
    found = store.find(Transcript, call_id=call.id, order_by=("-created_at", "-id"), limit=1)
    if not found:
        raise Refused(404, "the call has no transcript yet")
    note("call.view", call_id=call.id, via="api")
    veil = veil_of(store, call)
    return TranscriptOut(
        recogniser=found[0].recogniser,
        model=found[0].model,
        roles_known=found[0].roles_known,
        masked=veil.hide,
        utterances=[
            UtteranceOut(
                number=each.number,
                role=each.role,
                start=each.start,
                end=each.end,
                text=joined(veil.utterance(each.number, each.text)),
            )
            for each in found[0].utterances
        ],
    )


def play_recording(recording_id: str) -> Response:
    """Return a recording as WAV, or a range of its bytes; personal data are silent as on the desk."""
    answer = audio(recording_id)
    note("recording.play", subject=recording_id, via="api")
    return answer


def review_call(call_id: str, body: ReviewIn) -> ReviewOut:
    """Judge a call."""
    store, call = the_desk().store, _known(call_id)
    verdict = Verdict(
        complaint={None: "", True: "yes", False: "no"}[body.complaint],
        severity=body.severity or "",
        topic=body.topic or "",
        sentiment=body.sentiment or "",
        comment=body.comment,
        reviewer=the_user().id,
        review_id=new_id(),
        plan_id=body.plan or "",
    )
    if body.plan and not store.count(SampleDraw, plan_id=body.plan, call_id=call.id):
        raise Refused(422, "plan: the call was not drawn by it", field="plan")
    try:
        given = give(store, the_scorecards(), call, verdict, the_user(), the_time())
    except VerdictError as problem:
        raise Refused(422, f"{problem.field}: {problem.key}", field=problem.field) from None
    return _review(given, veil_of(store, call))


def upload_call() -> Uploaded:
    """Bring a recording in: part ``recording`` the file, part ``about`` what is known of the call."""
    sent = request.files.get("recording")
    if sent is None or not sent.filename:
        raise Refused(422, "recording: the file is missing", field="recording", hint="multipart/form-data")
    facts = _facts(request.form.get("about", "{}"))
    desk, now = the_desk(), the_time()
    call_id = facts.id or new_id()
    if desk.store.count(Call, id=call_id):
        raise Refused(409, f"id: the call {call_id} exists already", field="id")
    started = facts.started_at or now
    with tempfile.TemporaryDirectory(prefix="huawu-") as folder:
        file = Path(folder) / "recording"
        sent.save(file)
        roles = [Role(each) for each in facts.channels]
        made = intake.take_in(file, desk.recordings.root, call_id, roles, started)
        recording = desk.recordings.settle(made)
    call = Call(
        id=call_id,
        door="upload",
        direction=facts.direction,
        caller=facts.caller,
        callee=facts.callee,
        started_at=started,
        answered_at=started,
        ended_at=_after(started, recording.seconds),
        outcome=Outcome.HANDED_OFF if facts.agent else None,
        agent_id=facts.agent,
        queue_id=facts.queue,
    )
    desk.store.add(call, recording, entry("call.upload", call_id=call.id))
    desk.recordings.seal(recording)
    return Uploaded(call=call.id, recording=recording.id, seconds=recording.seconds, layout=recording.layout)


def list_samples() -> SampleList:
    """Return the QA samples."""
    store = the_desk().store
    plans = store.find(SamplePlan, order_by=("-created_at", "-id"), limit=_SAMPLES)
    return SampleList(samples=[_sample(each) for each in plans])


def show_sample(sample_id: str) -> DrawnList:
    """Return the calls of a sample that the user sees."""
    store = the_desk().store
    if not store.count(SamplePlan, id=sample_id):
        raise Refused(404, f"there is no sample {sample_id}")
    draws = store.find(SampleDraw, plan_id=sample_id, order_by=("position", "id"))
    seen = store.values(Call, "id", id=[each.call_id for each in draws], **visible(store))
    done = store.values(Review, "call_id", plan_id=sample_id)
    return DrawnList(
        calls=[
            Drawn(
                call=each.call_id,
                position=each.position,
                part=each.part,
                inclusion_probability=each.inclusion_probability,
                risk=each.risk,
                reviewed=each.call_id in done,
            )
            for each in draws
            if each.call_id in seen
        ]
    )


def list_cases(query: CasesQuery) -> CaseList:
    """Return the complaint cases of the calls that the user sees."""
    store = the_desk().store
    where: dict[str, Any] = {} if query.state is None else {"state": query.state}
    scope = visible(store)
    if scope:
        where["call_id"] = list(store.values(Call, "id", **scope))
    cases = store.find(Case, order_by=("-created_at", "-id"), limit=query.limit, **where)
    return CaseList(
        cases=[
            CaseOut(
                id=each.id,
                call=each.call_id,
                level=each.level,
                owner=each.owner,
                department=each.department,
                cause=each.cause,
                state=each.state,
                deadline=each.deadline,
                closed_at=each.closed_at,
                created_at=each.created_at,
            )
            for each in cases
        ]
    )


def _known(call_id: str) -> Call:
    store = the_desk().store
    found = store.find(Call, id=call_id, **visible(store))
    if not found:
        raise Refused(404, f"there is no call {call_id[:64]}")
    return found[0]


def _number(address: str) -> str:
    return address if may(Right.PERSONAL) else masked_number(address)


def _summary(call: Call) -> dict[str, Any]:
    return {
        "id": call.id,
        "door": call.door,
        "direction": call.direction,
        "caller": _number(call.caller),
        "callee": _number(call.callee),
        "started_at": call.started_at,
        "answered_at": call.answered_at,
        "ended_at": call.ended_at,
        "flow": call.flow,
        "outcome": call.outcome,
        "agent": call.agent_id,
        "queue": call.queue_id,
    }


def _finding(finding: Finding, veil: Veil) -> FindingOut:
    return FindingOut(
        kind=finding.kind,
        label=finding.label,
        probability=finding.probability,
        model=finding.model,
        evidence=[
            {
                "utterance": each.utterance,
                "start": each.start,
                "end": each.end,
                "text": joined(veil.evidence(each)),
            }
            for each in finding.evidence
        ],
    )


def _risk(risks: Sequence[CallRisk], veil: Veil) -> RiskOut | None:
    if not risks:
        return None
    risk = risks[0]
    reasons = [
        ReasonOut(words=joined(veil.text(each.words, each.evidence)), share=each.share)
        for each in risk.reasons
    ]
    return RiskOut(probability=risk.probability, base=risk.base, reasons=reasons, model=risk.model)


def _review(review: Review, veil: Veil) -> ReviewOut:
    return ReviewOut(
        id=review.id,
        reviewer=review.reviewer,
        complaint=review.complaint,
        severity=review.severity,
        topic=review.topic,
        sentiment=review.sentiment,
        score=review.score,
        fatal=review.fatal,
        comment=veil.plain(review.comment),
        replaces=review.replaces,
        created_at=review.created_at,
    )


def _sample(plan: SamplePlan) -> SampleOut:
    store = the_desk().store
    return SampleOut(
        id=plan.id,
        name=plan.name,
        frame_size=plan.frame_size,
        budget=plan.budget,
        risk_share=plan.risk_share,
        drawn=store.count(SampleDraw, plan_id=plan.id),
        reviewed=len(store.values(Review, "call_id", plan_id=plan.id)),
        created_at=plan.created_at,
    )


def _facts(text: str) -> CallFacts:
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        raise Refused(400, "about: no JSON", field="about") from None
    facts = read(CallFacts, given, "about")
    assert isinstance(facts, CallFacts)
    unknown = [each for each in facts.channels if each not in ("caller", "agent")]
    if unknown:
        raise Refused(422, f"channels: {unknown[0]!r} is nobody", field="channels", hint="caller and agent")
    return facts


def _after(started: datetime, seconds: float) -> datetime:
    return started + timedelta(seconds=seconds)


#: All of them.
ENDPOINTS = (
    Endpoint(method="GET", path="/v1/openapi.json", right=None, summary="This document.", view=openapi),
    Endpoint(
        method="GET",
        path="/v1/calls",
        right=Right.CALLS,
        summary="Calls, the last made first.",
        view=list_calls,
        query=CallsQuery,
        answer=CallPage,
    ),
    Endpoint(
        method="POST",
        path="/v1/calls",
        right=Right.UPLOAD,
        summary="Bring a recording in; it is transcribed and judged by the next batch.",
        view=upload_call,
        form=True,
        answer=Uploaded,
        status=201,
        refusals=(409, 413),
    ),
    Endpoint(
        method="GET",
        path="/v1/calls/{call_id}",
        right=Right.CALLS,
        summary="One call with findings, risk, metrics and reviews.",
        view=show_call,
        answer=CallOut,
        refusals=(404,),
    ),
    Endpoint(
        method="GET",
        path="/v1/calls/{call_id}/transcript",
        right=Right.CALLS,
        summary="The words of a call.",
        view=show_transcript,
        answer=TranscriptOut,
        refusals=(404,),
    ),
    Endpoint(
        method="POST",
        path="/v1/calls/{call_id}/reviews",
        right=Right.REVIEW,
        summary="Judge a call.",
        view=review_call,
        body=ReviewIn,
        answer=ReviewOut,
        status=201,
        refusals=(404,),
    ),
    Endpoint(
        method="GET",
        path="/v1/recordings/{recording_id}/audio",
        right=Right.HEAR,
        summary="The sound of a call as WAV; takes Range.",
        view=play_recording,
        media="audio/wav",
        refusals=(404, 416),
    ),
    Endpoint(
        method="GET",
        path="/v1/samples",
        right=Right.VERDICTS,
        summary="QA samples, newest first.",
        view=list_samples,
        answer=SampleList,
    ),
    Endpoint(
        method="GET",
        path="/v1/samples/{sample_id}/calls",
        right=Right.VERDICTS,
        summary="The calls of a sample in their order.",
        view=show_sample,
        answer=DrawnList,
        refusals=(404,),
    ),
    Endpoint(
        method="GET",
        path="/v1/cases",
        right=Right.CASES,
        summary="Complaint cases, newest first.",
        view=list_cases,
        query=CasesQuery,
        answer=CaseList,
    ),
)
