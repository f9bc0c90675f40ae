"""What was said in one call, ready to be indexed: by who said it, and apart what holds personal data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.redaction.redactor import HIDDEN, personal_spans
from analytics.search.entries import Said, utterances
from analytics.search.query import Speaker
from calls.records import Role

SPOKEN = (Speaker.CALLER, Speaker.AGENT, Speaker.OTHER)


@dataclass(frozen=True, slots=True)
class Passages:
    """Stretches of speech of one call.

    ``open`` may be found by everybody: personal data are left out, and part what stands around them.
    ``personal`` are the whole utterances that hold such data: found only by who may see them.
    """

    open: dict[Speaker, list[str]]
    personal: dict[Speaker, list[str]]


def speaker_of(role: Role) -> Speaker:
    """Return as whose words those of a role are found."""
    return {Role.CALLER: Speaker.CALLER, Role.AGENT: Speaker.AGENT}.get(role, Speaker.OTHER)


def passages(said: Sequence[Said]) -> Passages:
    """Return the stretches of speech of a call."""
    shown = masked(said)
    made = Passages({each: [] for each in SPOKEN}, {each: [] for each in SPOKEN})
    for each in said:
        speaker = speaker_of(each.role)
        if each.number in shown:
            made.personal[speaker].append(each.text)
            made.open[speaker] += [part for part in shown[each.number].split(HIDDEN) if part]
        else:
            made.open[speaker].append(each.text)
    return made


def masked(said: Sequence[Said]) -> dict[int, str]:
    """Return number → text with its personal data hidden, for the utterances that hold any."""
    texts = {each.number: each.text for each in said}
    hidden: dict[int, str] = {}
    for span in personal_spans(utterances(said)):
        text = hidden.get(span.utterance, texts[span.utterance])
        hidden[span.utterance] = text[: span.start] + HIDDEN * (span.end - span.start) + text[span.end :]
    return hidden
