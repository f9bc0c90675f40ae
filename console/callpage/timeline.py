"""What lies on the time axis of a call: findings, silences, overlaps, and what is masked, layer by layer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from analytics.conversation.definitions import LONG_SILENCE_MS, SHORT_SILENCE_MS
from analytics.conversation.part import common, conversation_of, length_outside, merged
from analytics.conversation.timing import holds_of
from calls.records import CallEvent, EventKind, Finding, Recording, Role, Transcript
from console.callpage.passages import TINTS, tint
from console.callpage.sound import Span

#: In the order of the legend: evidence by its tint, then what the clock says, then what is masked.
LAYERS = (*TINTS, "silence", "long-silence", "overlap", "personal", "masked")


@dataclass(frozen=True, slots=True)
class Layer:
    """Spans of one kind, in seconds, in order of time; ``key`` is one of :data:`LAYERS`."""

    key: str
    spans: tuple[Span, ...]

    @property
    def written(self) -> str:
        """The spans for the page's script: ``"3.20,6.10 9.60,13.40"``."""
        return " ".join(f"{start:.2f},{end:.2f}" for start, end in self.spans)


def layers(
    transcript: Transcript | None,
    findings: Iterable[Finding] = (),
    events: Sequence[CallEvent] = (),
    personal: Iterable[Span] = (),
    recording: Recording | None = None,
) -> tuple[Layer, ...]:
    """Return the layers of a call that hold anything.

    Parameters
    ----------
    transcript : Transcript or None
    findings : iterable of Finding, optional
        Their evidence is shown.
    events : sequence of CallEvent, optional
        All of the call's: they tell when the agent answered and when the caller was on hold.
    personal : iterable of (float, float), optional
        When personal data are said.
    recording : Recording, optional
        Tells what was written as silence.

    Returns
    -------
    tuple of Layer
        Silences and overlaps are those that :class:`calls.records.CallMetrics` counts: of the conversation,
        not of the menus before it. Two findings of a tint that cite the same time are one span.
    """
    found: dict[str, list[Span]] = {key: [] for key in LAYERS}
    for finding in findings:
        found[tint(finding)] += [(each.start, each.end) for each in finding.evidence if each.end > each.start]
    if transcript is not None:
        _listen(found, transcript, events)
    found["personal"] += personal
    if recording is not None:
        found["masked"] += recording.masked
    return tuple(Layer(key, tuple(sorted({*spans}))) for key, spans in found.items() if spans)


def _listen(found: dict[str, list[Span]], transcript: Transcript, events: Sequence[CallEvent]) -> None:
    """Add silences and overlaps."""
    answered = next((each.at for each in events if each.kind is EventKind.CONNECT), None)
    conversation = conversation_of(transcript, answered)
    if conversation.no_times:
        return
    held = holds_of(events, conversation.end, "agent")
    outside = merged(sorted([*held, *conversation.prompts]))
    for (_, start), (end, _) in pairwise(merged((each.start, each.end) for each in conversation.said)):
        silent = length_outside(start, end, outside)
        if silent > SHORT_SILENCE_MS:
            found["long-silence" if silent > LONG_SILENCE_MS else "silence"].append((start / 1e3, end / 1e3))
    if not conversation.no_roles:
        talk = [
            merged((each.start, each.end) for each in conversation.of(role))
            for role in (Role.AGENT, Role.CALLER)
        ]
        found["overlap"] += [(start / 1e3, end / 1e3) for start, end in common(*talk)]
