"""Nodes that ask the caller for something: menus, entered values, confirmations, the survey."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from calls.document import Location, Section
from ivr.flow.node import Node, Spoken, Way
from ivr.flow.words import HotKey, Key, Keys, Phrase, Seconds, Series, Share, Terminator, Variable, Words
from ivr.pattern import check, matches
from ivr.values import LENGTHS, ValueKind

Reason = Literal["no_input", "no_match"]
REASONS: tuple[Reason, ...] = ("no_input", "no_match")


class Retries(Section):
    """What happens when an input fails, counted per reason and visit to the node.

    Parameters
    ----------
    prompts : tuple of texts
        Said after the first, second, … failure before the question is asked again; the last one
        serves all further failures.
    max : int
        The failure with which the dialog stops asking (FreeSWITCH ``max-failures`` and
        ``max-timeouts``, 3 each).
    next : str
        Where it goes then.
    """

    prompts: tuple[Words, ...] = ()
    max: int = Field(3, ge=1, le=10)
    next: str


class InputNode(Node):
    """What all inputs share: a question, and what to do without a usable answer.

    Parameters
    ----------
    prompt, again : texts
        The question, and its form for every repetition: one text, or several of which the first
        repetition has the first and the last serves for ever after (FreeSWITCH ``greet-long`` and
        ``greet-short``, VoiceXML ``prompt count``). Default: the same.
    barge_in : {true, false, "digits", "speech"}
        What stops the prompt (jambonz ``dtmfBargein`` and ``bargein``: both). Keys that do not stop
        it wait for its end; speech that does not is not heard.
    flush : bool, optional
        Forget keys that were pressed before this node was reached. Default: where a secret is asked
        for, or consent that is always wanted.
    first_input_seconds : float
        Silence after the prompt's end that counts as no input (5 s, as Twilio ``Gather``).
    inter_digit_seconds : float
        Longest pause between two digits (3 s, VoiceXML ``interdigittimeout`` on most platforms);
        it ends an entry only once that has its least length.
    min_confidence : float
        Speech recognised with less confidence is no match (VoiceXML ``confidencelevel``, 0.5).
    hot_keys : dict, optional
        Replaces the flow's for this node.
    no_input, no_match : Retries, optional
        Replace the flow's defaults.
    """

    prompt: Words
    again: Series = ()
    barge_in: Literal[True, False, "digits", "speech"] = True
    flush: bool | None = None
    first_input_seconds: Seconds = 5.0
    inter_digit_seconds: Seconds = 3.0
    min_confidence: Share = 0.5
    hot_keys: dict[Key, HotKey] | None = None
    no_input: Retries | None = None
    no_match: Retries | None = None

    @cached_property
    def phrases(self) -> tuple[str, ...]:
        """Everything that can be said here as a whole phrase."""
        return ()

    @cached_property
    def keys_taken(self) -> frozenset[str]:
        """Keys with which an answer can begin: they are not hot keys here."""
        return frozenset()

    @cached_property
    def answers(self) -> frozenset[str]:
        """Whole key sequences that are answers here."""
        return self.keys_taken

    @property
    def flushes(self) -> bool:
        """Whether keys pressed ahead are forgotten on the way in."""
        return bool(self.flush)

    def stopped_by(self, what: Literal["digits", "speech"]) -> bool:
        """Return whether ``what`` stops the prompt."""
        return self.barge_in is True or self.barge_in == what

    def ways(self) -> Iterator[Way]:
        """Yield every field that names another node."""
        yield from super().ways()
        for reason in REASONS:
            retries: Retries | None = getattr(self, reason)
            if retries is not None:
                yield Way((reason, "next"), reason.replace("_", "-"), retries.next)

    def texts(self) -> Iterator[Spoken]:
        """Yield every text that it can say."""
        yield from super().texts()
        for index, words in enumerate(self.again):
            yield Spoken(("again", index), words)
        for reason in REASONS:
            retries: Retries | None = getattr(self, reason)
            for index, words in enumerate(retries.prompts if retries is not None else ()):
                yield Spoken((reason, "prompts", index), words)


class Answer(Section):
    """Something that can be pressed, said, or both."""

    digits: Keys | None = None
    phrases: tuple[Phrase, ...] = ()

    @model_validator(mode="after")
    def _can_be_given(self) -> Answer:
        if self.digits is None and not self.phrases:
            raise ValueError("an answer needs digits or phrases")
        return self

    def is_given_by(self, answer: str) -> bool:
        """Return whether the keys or the phrase ``answer`` mean this."""
        return answer == self.digits or answer in self.phrases


class Choice(Answer):
    """One answer to a menu; ``value`` is what the menu's variable is set to."""

    value: str | None = None
    next: str

    @property
    def meaning(self) -> str:
        """The value it stands for: by default its first phrase, else its digits."""
        return self.value or next(iter(self.phrases), self.digits or "")


class MenuNode(InputNode):
    """Ask for one of several choices, pressed or spoken; ``variable`` keeps which one it was."""

    type: Literal["menu"]
    choices: tuple[Choice, ...] = Field(min_length=1)
    variable: Variable | None = None

    @cached_property
    def phrases(self) -> tuple[str, ...]:
        """Everything that can be said here."""
        return tuple(phrase for choice in self.choices for phrase in choice.phrases)

    @cached_property
    def keys_taken(self) -> frozenset[str]:
        """Keys with which an answer can begin."""
        return frozenset(digits[0] for digits in self.answers)

    @cached_property
    def answers(self) -> frozenset[str]:
        """Whole key sequences that are answers here."""
        return frozenset(choice.digits for choice in self.choices if choice.digits)

    def ways(self) -> Iterator[Way]:
        """Yield every field that names another node."""
        for index, choice in enumerate(self.choices):
            label = " ".join(part for part in (choice.digits, *choice.phrases[:1]) if part)
            yield Way(("choices", index, "next"), label, choice.next)
        yield from super().ways()

    def writes(self) -> Iterator[str]:
        """Yield every variable that it sets."""
        if self.variable is not None:
            yield self.variable


class CollectNode(InputNode):
    """Ask for a value, pressed or (``spoken``) said.

    It is kept as ``variable``, and its last four characters as ``<variable>_last4``, which is what
    prompts should read back.

    Parameters
    ----------
    kind : str
        ``digits``; ``phone`` (mobile or fixed line); ``id_card`` (18 places with check digit, ``*`` for
        X); ``bank_card`` (Luhn); ``order`` (what ``pattern`` says); ``amount`` (yuan, ``*`` as decimal
        point); ``date`` (eight digits). See :mod:`ivr.values`.
    pattern : str, optional
        A regular expression for the whole value.
    min_length, max_length : int, optional
        In keys; the kind's own by default.
    terminator : {"#", "*"} or None
        Ends the entry early (VoiceXML ``termchar``); it is never part of the value.
    secret : bool
        The value is written nowhere: the caller's channel is silence from the question until one second
        after the answer, and traces carry only how many keys were pressed. No prompt may say it.
    """

    type: Literal["collect"]
    variable: Variable
    kind: ValueKind = "digits"
    spoken: bool = False
    secret: bool = False
    min_length: int | None = Field(None, ge=1, le=32)
    max_length: int | None = Field(None, ge=1, le=32)
    pattern: str | None = None
    terminator: Terminator | None = "#"
    next: str

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            check(pattern)
        return pattern

    @model_validator(mode="after")
    def _can_be_entered(self) -> CollectNode:
        if self.shortest > self.longest:
            raise ValueError(f"min_length {self.shortest} is over max_length {self.longest}")
        if self.terminator == "*" and self.kind in ("id_card", "amount"):
            raise ValueError(f"terminator '*' is part of a value of kind {self.kind!r}")
        if self.kind == "order" and self.pattern is None:
            raise ValueError("kind 'order' needs a pattern")
        return self

    @property
    def shortest(self) -> int:
        """Least number of keys."""
        return self.min_length or LENGTHS[self.kind][0]

    @property
    def longest(self) -> int:
        """Greatest number of keys."""
        return self.max_length or LENGTHS[self.kind][1]

    @cached_property
    def keys_taken(self) -> frozenset[str]:
        """Keys with which an answer can begin."""
        star = "*" if self.kind in ("id_card", "amount") else ""
        return frozenset("0123456789" + star + (self.terminator or ""))

    @property
    def flushes(self) -> bool:
        """Whether keys pressed ahead are forgotten on the way in."""
        return self.secret if self.flush is None else self.flush

    @property
    def is_secret(self) -> bool:
        """Whether what the caller enters here may be written nowhere."""
        return self.secret

    def fits(self, value: str) -> bool:
        """Return whether a value of this kind has what ``pattern`` asks for.

        Raises
        ------
        PatternTimeout
            The pattern takes too long to tell.
        """
        return self.pattern is None or matches(self.pattern, value)

    def writes(self) -> Iterator[str]:
        """Yield every variable that it sets."""
        yield self.variable
        if not self.secret:
            yield f"{self.variable}_last4"


YES = Answer(digits="1", phrases=("对", "对的", "是的", "正确", "没错"))
NO = Answer(digits="2", phrases=("不对", "不是", "错了", "重新输入"))


class ConfirmNode(InputNode):
    """Read a spoken value back before it is used.

    What was keyed, or recognised with high confidence, is taken as it is; what was recognised with low
    confidence counts as a no-match of the node that asked; what lies between is read back (the mid
    range of FreeSWITCH ``confirm-macro`` and of pipelines in the field).

    Parameters
    ----------
    variable : str
        What to confirm.
    sure_above, unsure_below : float
        From this confidence on nothing is asked; below that one the value is dropped. The defaults are
        measured (docs/speech-menus.md).
    always : bool
        Ask in every case, keyed values included: for what cannot be undone. Keys pressed before the
        question are no consent to it: they are forgotten unless ``flush`` says otherwise.
    yes, no : Answer
        Confirm, refuse.
    next : str
        With a confirmed value.
    retry : str
        The node that asks for the value: where a refusal leads.
    attempts : int
        The refusal with which the dialog gives up (FreeSWITCH ``confirm-attempts``, 3).
    give_up : str
        Where it goes then.
    """

    type: Literal["confirm"]
    variable: Variable
    sure_above: Share = 0.95
    unsure_below: Share = 0.5
    always: bool = False
    yes: Answer = YES
    no: Answer = NO
    next: str
    retry: str
    attempts: int = Field(3, ge=1, le=10)
    give_up: str

    @model_validator(mode="after")
    def _limits_are_in_order(self) -> ConfirmNode:
        if self.unsure_below > self.sure_above:
            raise ValueError(f"unsure_below {self.unsure_below} is over sure_above {self.sure_above}")
        return self

    @cached_property
    def phrases(self) -> tuple[str, ...]:
        """Everything that can be said here."""
        return (*self.yes.phrases, *self.no.phrases)

    @property
    def flushes(self) -> bool:
        """Whether keys pressed ahead are forgotten on the way in."""
        return self.always if self.flush is None else self.flush

    @cached_property
    def keys_taken(self) -> frozenset[str]:
        """Keys with which an answer can begin."""
        return frozenset(digits[0] for digits in self.answers)

    @cached_property
    def answers(self) -> frozenset[str]:
        """Whole key sequences that are answers here."""
        return frozenset(answer.digits for answer in (self.yes, self.no) if answer.digits)

    def ways(self) -> Iterator[Way]:
        """Yield every field that names another node."""
        yield Way(("next",), "confirmed", self.next)
        yield Way(("retry",), "refused", self.retry)
        yield Way(("give_up",), "gave up", self.give_up)
        yield from (way for way in super().ways() if way.location != ("next",))

    def reads(self) -> Iterator[tuple[Location, str]]:
        """Yield every variable that it needs."""
        yield ("variable",), self.variable
        yield from super().reads()


#: How the five marks are said.
MARKS: dict[str, tuple[str, ...]] = {
    "5": ("非常满意", "很满意", "五分"),
    "4": ("满意", "四分"),
    "3": ("一般", "三分"),
    "2": ("不满意", "两分", "二分"),
    "1": ("非常不满意", "很不满意", "一分"),
}


class SurveyNode(InputNode):
    """Ask how satisfied the caller is, 1 (worst) to 5 (best), by key or voice.

    The mark is stored with the call and its agent. A caller who does not answer is let go: by default
    the second failure leads to ``next`` as an answer does. ``variable`` keeps the mark.
    """

    type: Literal["survey"]
    marks: dict[Annotated[str, Field(pattern=r"^[1-5]$")], tuple[Phrase, ...]] = Field(
        default_factory=lambda: dict(MARKS)
    )
    variable: Variable | None = None
    next: str

    @cached_property
    def phrases(self) -> tuple[str, ...]:
        """Everything that can be said here."""
        return tuple(phrase for phrases in self.marks.values() for phrase in phrases)

    @cached_property
    def keys_taken(self) -> frozenset[str]:
        """Keys with which an answer can begin."""
        return frozenset("12345")

    def mark(self, answer: str) -> int | None:
        """Return the mark that keys or a phrase mean."""
        for mark, phrases in self.marks.items():
            if answer in phrases:
                return int(mark)
        return int(answer) if answer in self.keys_taken else None

    def writes(self) -> Iterator[str]:
        """Yield every variable that it sets."""
        if self.variable is not None:
            yield self.variable


AnyInput = MenuNode | CollectNode | ConfirmNode | SurveyNode
