"""How right the demo was: the only place that reads what the scenarios really said and meant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from calls.records import Finding, Role, Transcript, Utterance
from ivr.call import PlayedCall
from ivr.doors.timeline import SpokenLine
from ivr.script import Scenario
from speech.error_rate import CharacterErrors, character_error_rate, pooled
from speech.reading import spoken


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judged label beside the script's."""

    truth: str
    found: str

    @property
    def right(self) -> bool:
        """Whether they agree."""
        return self.truth == self.found


@dataclass(frozen=True, slots=True)
class CallScore:
    """One call: its character errors and its findings beside the script's truth."""

    scenario: Scenario
    errors: CharacterErrors
    topic: Verdict
    complaint: Verdict
    sentiment: Verdict


@dataclass(slots=True)
class DemoScore:
    """All calls together."""

    calls: list[CallScore] = field(default_factory=list)

    def error_rate(self, *, heldout: bool | None = None) -> float | None:
        """Return errors ÷ reference characters, of one part of the scenarios or of all.

        ``None`` where nothing was said.
        """
        chosen = pooled(
            each.errors for each in self.calls if heldout is None or each.scenario.heldout == heldout
        )
        return chosen.rate if chosen.reference_length else None

    def agreement(self, kind: str) -> tuple[int, int]:
        """Return how many calls were judged as the script says, and of how many."""
        verdicts: list[Verdict] = [getattr(each, kind) for each in self.calls]
        return sum(each.right for each in verdicts), len(verdicts)

    def confusion(self) -> Counter[tuple[str, str]]:
        """Return (severity in the script, severity found) → calls."""
        return Counter((each.complaint.truth, each.complaint.found) for each in self.calls)


def best(findings: Iterable[Finding], kind: str) -> Finding | None:
    """Return the most probable finding of a kind."""
    return max(
        (each for each in findings if each.kind == kind), key=lambda each: each.probability, default=None
    )


def score_call(
    scenario: Scenario, played: PlayedCall, transcript: Transcript, findings: list[Finding]
) -> CallScore:
    """Compare what was recognised and found with what the scenario says.

    Character errors count the lines of caller and agent, channel by channel. The menu's prompts are
    left out, since nobody judges them, and so are lines that were cut off, since nobody knows how much
    of them was said. A topic is right if it is one of the scenario's;
    where nothing is said there is none to find.
    """
    cut = [line for line in played.spoken if line.cut]
    parts = []
    for role in (Role.CALLER, Role.AGENT):
        said = "".join(spoken(line.text) for line in played.spoken if line.role is role and not line.cut)
        heard = "".join(
            each.text
            for each in transcript.utterances
            if each.role is role and not any(line.role is role and overlap(line, each) for line in cut)
        )
        parts.append(character_error_rate(said, heard))
    truth = scenario.truth
    topic = best(findings, "topic")
    found_topic = topic.label if topic else "none"
    true_topics = truth.topics or ("none",)
    complaint = best(findings, "complaint")
    sentiment = best(findings, "sentiment")
    return CallScore(
        scenario=scenario,
        errors=pooled(parts),
        topic=Verdict(found_topic if found_topic in true_topics else "/".join(true_topics), found_topic),
        complaint=Verdict(truth.complaint, complaint.label if complaint else "none"),
        sentiment=Verdict(truth.sentiment, sentiment.label if sentiment else "neutral"),
    )


def overlap(line: SpokenLine, heard: Utterance) -> bool:
    """Tell whether an utterance was heard while a line was spoken."""
    return heard.start < line.end and line.start < heard.end
