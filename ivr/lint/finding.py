"""What the linter says: rules with a code and a severity, and findings with a place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple


class Severity(StrEnum):
    """How bad it is: a fault, a likely fault, or something to know."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    def is_at_least(self, other: Severity) -> bool:
        """Return whether this is as bad as ``other``, or worse."""
        order = list(Severity)
        return order.index(self) <= order.index(other)


class Rule(NamedTuple):
    """Something that the linter looks for; ``docs/lint.md`` explains each."""

    code: str
    severity: Severity
    summary: str


_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO

#: Every rule by its code. Codes are stable: people write them into their own checks.
RULES: dict[str, Rule] = {
    rule.code: rule
    for rule in (
        # what does not even load
        Rule("invalid", _E, "the file is no flow"),
        # ways through the flow
        Rule("unreachable", _W, "no call can come to a node"),
        Rule("dead-end", _E, "from a node no call can end"),
        Rule("endless-loop", _E, "nodes that go round without asking the caller"),
        Rule("waiting-loop", _W, "a round of waiting that the caller cannot leave"),
        Rule("retry-loop", _E, "a caller who fails goes round for ever"),
        Rule("no-way-out", _W, "no answer leads out, only failing does"),
        Rule("unlimited-guesses", _W, "a secret may be tried as often as the caller likes"),
        Rule("abrupt-end", _W, "a caller who failed is cut off without a word"),
        Rule("return-without-caller", _W, "a return in a flow that nothing enters"),
        Rule("return-ends-call", _W, "a return that hangs up because goto names no next"),
        Rule("max-hops", _W, "more nodes on one way than a call may enter"),
        Rule("no-human", _W, "no way to a person anywhere"),
        Rule("never-taken", _W, "a branch or share that can never be taken"),
        Rule("no-difference", _W, "a decision of which every way leads to the same node"),
        Rule("flow-circle", _W, "flows that enter each other in a circle"),
        # variables
        Rule("maybe-unset", _W, "a variable is read that may have no value"),
        Rule("calculated-text", _W, "a calculation with a variable that begins as an empty text"),
        Rule("text-not-formula", _W, "a formula that is kept as a text"),
        Rule("unconfirmed", _E, "something irreversible is done without asking"),
        Rule("confirm-skipped", _W, "something irreversible behind a confirmation that may be skipped"),
        Rule("caller-chosen-number", _W, "the caller decides which number is dialled"),
        # what is said
        Rule("missing-text", _E, "a prompt is missing in a language"),
        Rule("unused-language", _W, "a language that is never spoken"),
        Rule("wrong-language", _W, "a prompt that is not in its language"),
        Rule("unreadable-text", _E, "a prompt or phrase that no voice can say"),
        Rule("long-prompt", _W, "a prompt over 12 seconds"),
        Rule("several-questions", _W, "a prompt that asks for more than one thing"),
        Rule("unit-twice", _W, "a unit after a value that is spoken with its unit"),
        Rule("late-comfort", _W, "a comfort that comes after the longest wait"),
        Rule("unsaid-prompt", _W, "a prompt for a failure that never happens"),
        Rule("silent-wait", _W, "the caller waits for a web service in silence"),
        # keys
        Rule("many-choices", _W, "a menu of more than five choices"),
        Rule("overlapping-digits", _W, "a choice whose digits begin another's"),
        Rule("hot-key-shadowed", _W, "a hot key that means something else here"),
        Rule("unnamed-key", _W, "a key that the prompt does not name"),
        Rule("key-without-choice", _W, "a prompt that names a key which does nothing"),
        Rule("swapped-key", _W, "a prompt that says of a key what another one means"),
        Rule("other-terminator", _W, "a prompt that ends the entry with a key that does not"),
        Rule("wrong-length", _W, "a prompt that asks for another length than is taken"),
        Rule("impossible-value", _E, "no value can be entered"),
        Rule("hasty-timer", _W, "less time to answer than people need"),
        # phrases
        Rule("same-phrase", _E, "two choices with the same phrase"),
        Rule("overlapping-phrases", _W, "a phrase that begins another choice's"),
        Rule("contained-phrase", _I, "a phrase within another choice's"),
        Rule("homophones", _E, "phrases of two choices that sound the same"),
        Rule("near-homophones", _W, "phrases of two choices that many speakers say alike"),
        Rule("unheard-phrase", _E, "a phrase that the model cannot hear"),
        Rule("spelt-phrase", _I, "a word that the model hears character by character"),
        # recording and secrets
        Rule("no-notice", _E, "recording or hand-off without the recording notice"),
        Rule("notice-unsaid", _W, "a recording notice that does not speak of recording"),
        Rule("notice-unmarked", _W, "a recording notice that is not marked as one"),
        Rule("secret-unmarked", _W, "a password is asked for without secret: true"),
        Rule("spoken-secret", _W, "a secret is to be said aloud"),
        Rule("secret-in-clear", _W, "a secret is sent without encryption"),
        # web services and hours
        Rule("repeated-change", _W, "a change that may be made twice"),
        Rule("ignored-error", _W, "a failed change goes on as a successful one"),
        Rule("no-calendar", _I, "hours that know no public holidays"),
        Rule("holiday-never", _W, "a way for holidays that is never taken"),
        Rule("past-override", _I, "a dated exception that is over"),
        Rule("calendar-ends", _W, "a calendar that does not know the year"),
        Rule("unused-schedule", _W, "hours that no node asks for"),
    )
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found.

    Parameters
    ----------
    file : Path
        The flow file.
    line : int
        Counted from 1.
    field : str
        The path to the field: ``nodes.menu.choices.1.phrases.0``; empty for the whole file.
    rule : Rule
        What was looked for.
    message : str
        What is wrong, in one sentence.
    hint : str
        The way out.
    """

    file: Path
    line: int
    field: str
    rule: Rule
    message: str
    hint: str = ""

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return self.rule.severity

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}: {self.field}: " if self.field else f"{self.file}:{self.line}: "
        way_out = f" → {self.hint}" if self.hint else ""
        return f"{place}{self.severity}: {self.message} [{self.rule.code}]{way_out}"

    def as_json(self) -> dict[str, str | int]:
        """Return it as plain values."""
        return {
            "file": str(self.file),
            "line": self.line,
            "field": self.field,
            "rule": self.rule.code,
            "severity": self.severity.value,
            "message": self.message,
            "hint": self.hint,
        }
